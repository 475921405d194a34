//! People, apps and tenants of the two providers, and what a new sandbox is seeded with.

use serde::{Deserialize, Serialize};

/// Which of the two providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    Google,
    Microsoft,
}

impl ProviderKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
        }
    }
}

/// Client ID of the seeded Google app.
pub const GOOGLE_CLIENT_ID: &str =
    "1234567890-sandbox0sandbox0sandbox0sandbox00.apps.googleusercontent.com";
/// Client secret of the seeded Google app.
pub const GOOGLE_CLIENT_SECRET: &str = "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";
/// Application (client) ID of the seeded Microsoft app, a multi-tenant one.
pub const MICROSOFT_CLIENT_ID: &str = "11112222-bbbb-4333-8ccc-4444dddd5555";
/// Client secret value of the seeded Microsoft app.
pub const MICROSOFT_CLIENT_SECRET: &str = "sbx8Q~SandboxSandboxSandboxSandboxSandbo";
/// Directory (tenant) ID of the seeded tenant; `contoso.example` is its verified domain.
pub const MICROSOFT_TENANT_ID: &str = "aaaabbbb-0000-4ccc-8ddd-2222eeee3333";
/// The tenant of personal Microsoft accounts (providers.md 5.2).
pub const PERSONAL_TENANT_ID: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// A mailbox with or without somebody who signs in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) provider: ProviderKind,
    pub(crate) address: String,
    pub(crate) name: String,
    /// Google: `sub`, 21 digits. Microsoft: `oid`.
    pub(crate) subject: String,
    /// Microsoft: `tid`. Google: the Workspace domain (`hd`), if any.
    pub(crate) tenant: Option<String>,
    pub(crate) imap: bool,
    pub(crate) smtp: bool,
    /// Addresses of mailboxes that this person may open and send as.
    pub(crate) rights: Vec<String>,
    /// A mailbox without sign-in.
    pub(crate) shared: bool,
    /// May consent for the whole tenant.
    pub(crate) admin: bool,
}

/// A person to be added (control API: `POST /people`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    pub provider: ProviderKind,
    pub address: String,
    pub name: String,
    /// Google: Workspace domain. Microsoft: tenant GUID; default is the seeded tenant.
    #[serde(default)]
    pub tenant: Option<String>,
    #[serde(default = "yes")]
    pub imap: bool,
    #[serde(default = "yes")]
    pub smtp: bool,
    #[serde(default)]
    pub rights: Vec<String>,
    #[serde(default)]
    pub shared: bool,
    #[serde(default)]
    pub admin: bool,
    /// Folder names in Japanese.
    #[serde(default)]
    pub japanese: bool,
}

impl NewPerson {
    pub fn new(provider: ProviderKind, address: &str, name: &str) -> Self {
        Self {
            provider,
            address: address.to_owned(),
            name: name.to_owned(),
            tenant: None,
            imap: true,
            smtp: true,
            rights: Vec::new(),
            shared: false,
            admin: false,
            japanese: false,
        }
    }
}

fn yes() -> bool {
    true
}

/// Who may use a Google app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    #[default]
    External,
    /// Only people of the app's own Workspace domain (`NewApp::tenant`).
    Internal,
    /// Only `test_users`; grants live seven days.
    Testing,
}

/// An OAuth app to be added or, with the client ID of an existing one, put in its place
/// (control API: `POST /apps`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    pub provider: ProviderKind,
    pub client_id: String,
    /// Valid secrets; two at a time are allowed at both providers.
    pub secrets: Vec<String>,
    #[serde(default)]
    pub expired_secrets: Vec<String>,
    #[serde(default = "app_name")]
    pub name: String,
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    #[serde(default)]
    pub audience: Audience,
    #[serde(default)]
    pub test_users: Vec<String>,
    /// Google: "Google hasn't verified this app" is shown.
    #[serde(default)]
    pub unverified: bool,
    /// Google: `deleted_client`.
    #[serde(default)]
    pub deleted: bool,
    /// Microsoft: GUID of the only tenant it serves; `None` is multi-tenant. Google: own domain.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Microsoft: members cannot consent before an administrator has ("Need admin approval").
    #[serde(default)]
    pub needs_admin: bool,
    /// Microsoft: application permissions that were consented to (`IMAP.AccessAsApp`, `SMTP.SendAsApp`).
    #[serde(default)]
    pub app_roles: Vec<String>,
    /// Microsoft: `New-ServicePrincipal` was run in Exchange with the right object id.
    #[serde(default)]
    pub service_principal: bool,
    /// Microsoft: mailboxes with `Add-MailboxPermission` for the service principal.
    #[serde(default)]
    pub app_mailboxes: Vec<String>,
}

fn app_name() -> String {
    "Tegata".to_owned()
}

impl NewApp {
    pub fn new(provider: ProviderKind, client_id: &str, secret: &str) -> Self {
        Self {
            provider,
            client_id: client_id.to_owned(),
            secrets: vec![secret.to_owned()],
            expired_secrets: Vec::new(),
            name: app_name(),
            redirect_uris: Vec::new(),
            audience: Audience::External,
            test_users: Vec::new(),
            unverified: false,
            deleted: false,
            tenant: None,
            needs_admin: false,
            app_roles: Vec::new(),
            service_principal: false,
            app_mailboxes: Vec::new(),
        }
    }
}

/// The people of a new sandbox. Example addresses only.
pub(crate) fn seeded_people() -> Vec<NewPerson> {
    use ProviderKind::{Google, Microsoft};
    vec![
        NewPerson::new(Google, "alice@example.com", "Alice Example"),
        NewPerson::new(Google, "bob@example.com", "Bob Example"),
        NewPerson {
            japanese: true,
            tenant: Some("example.jp".to_owned()),
            ..NewPerson::new(Google, "hanako@example.jp", "佐藤花子")
        },
        NewPerson {
            japanese: true,
            ..NewPerson::new(Microsoft, "ichiro@contoso.example", "鈴木一郎")
        },
        NewPerson {
            rights: vec!["info@contoso.example".to_owned()],
            admin: true,
            ..NewPerson::new(Microsoft, "carol@contoso.example", "Carol Example")
        },
        NewPerson {
            shared: true,
            smtp: false,
            ..NewPerson::new(Microsoft, "info@contoso.example", "Contoso Information")
        },
    ]
}

/// The two apps of a new sandbox.
pub(crate) fn seeded_apps(redirect_uris: &[String]) -> Vec<NewApp> {
    vec![
        NewApp {
            unverified: true,
            redirect_uris: redirect_uris.to_vec(),
            ..NewApp::new(ProviderKind::Google, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)
        },
        NewApp {
            redirect_uris: redirect_uris.to_vec(),
            ..NewApp::new(
                ProviderKind::Microsoft,
                MICROSOFT_CLIENT_ID,
                MICROSOFT_CLIENT_SECRET,
            )
        },
    ]
}
