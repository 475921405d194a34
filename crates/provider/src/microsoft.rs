//! All we know of Microsoft (told in `docs/providers/microsoft.md`): data first, then manners.
//!
//! Source: facts providers.md section 5. The scope strings name the Outlook resource in full:
//! a bare `IMAP.AccessAsUser.All` would give a Graph token, which IMAP refuses. The person is
//! known by `tid` and `oid`, never by the address. Tokens say the tenant's GUID in their
//! issuer, also where the request went to `/common`.

use crate::profile::{
    ConsentRequest, HostPort, Kind, MailScopes, ProviderProfile, Tls, fill_tenant,
};

pub const NAME: &str = "microsoft";
pub const LABEL: &str = "Microsoft Exchange Online";
pub const AUTHORIZATION_URL: &str =
    "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize";
pub const TOKEN_URL: &str = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token";
pub const ISSUER: &str = "https://login.microsoftonline.com/{tenant}/v2.0";
pub const ADMIN_CONSENT_URL: &str = "https://login.microsoftonline.com/{tenant}/v2.0/adminconsent";
pub const IMAP_SCOPE: &str = "https://outlook.office.com/IMAP.AccessAsUser.All";
pub const SMTP_SCOPE: &str = "https://outlook.office.com/SMTP.Send";
pub const SCOPES: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "offline_access",
    IMAP_SCOPE,
    SMTP_SCOPE,
];
/// The same resource answers to both names (providers.md 5.3).
pub const RESOURCE_HOSTS: [&str; 2] = ["outlook.office.com", "outlook.office365.com"];
pub const IMAP: (&str, u16) = ("outlook.office365.com", 993);
pub const SMTP: (&str, u16) = ("smtp.office365.com", 587);
/// All application permissions for Exchange (providers.md 5.11).
pub const APP_SCOPE: &str = "https://outlook.office365.com/.default";
/// Any work or school account: what the manual's multi-tenant app needs.
pub const DEFAULT_TENANT: &str = "organizations";
/// All personal accounts live in this tenant (providers.md 5.2).
pub const PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// Ends of the templates by which a moved login host (sovereign cloud) is recognised.
const AUTHORIZE_PATH: &str = "/{tenant}/oauth2/v2.0/authorize";

pub fn profile() -> ProviderProfile {
    ProviderProfile {
        name: NAME.to_owned(),
        kind: Kind::Microsoft,
        label: LABEL.to_owned(),
        authorization_url: AUTHORIZATION_URL.to_owned(),
        token_url: TOKEN_URL.to_owned(),
        revocation_url: None,
        issuer: ISSUER.to_owned(),
        admin_consent_url: Some(ADMIN_CONSENT_URL.to_owned()),
        scopes: SCOPES.map(str::to_owned).to_vec(),
        mail_scopes: MailScopes {
            imap: Some(IMAP_SCOPE.to_owned()),
            smtp: Some(SMTP_SCOPE.to_owned()),
        },
        imap: HostPort {
            host: IMAP.0.to_owned(),
            port: IMAP.1,
        },
        smtp: HostPort {
            host: SMTP.0.to_owned(),
            port: SMTP.1,
        },
        imap_tls: Tls::Implicit,
        smtp_tls: Tls::StartTls,
        ca_file: None,
        allow_private_addresses: false,
        wants_tenant: true,
    }
}

/// `prompt=select_account` brings up the choice of account; beside a `login_hint` it must not
/// stand (providers.md 5.4), so after a wrong choice the hint is left out.
pub(crate) fn add_consent_parameters(
    parameters: &mut Vec<(&'static str, String)>,
    request: &ConsentRequest<'_>,
) {
    parameters.push(("response_mode", "query".to_owned()));
    match request.login_hint {
        Some(hint) if !request.choose_account => {
            parameters.push(("login_hint", hint.to_owned()));
        }
        _ => parameters.push(("prompt", "select_account".to_owned())),
    }
}

/// The base of the login host, where an authorization address has Microsoft's usual form.
pub(crate) fn login_base(authorization_url: &str) -> Option<&str> {
    authorization_url.strip_suffix(AUTHORIZE_PATH)
}

/// The tenant that an issuer names, if it has the form of `template`.
pub(crate) fn tenant_of_issuer<'a>(template: &str, iss: &'a str) -> Option<&'a str> {
    let (before, after) = template.split_once("{tenant}")?;
    let tenant = iss.strip_prefix(before)?.strip_suffix(after)?;
    is_guid(tenant).then_some(tenant)
}

/// Whether a token of tenant `tid` may come from a consent for the configured tenant. A
/// verified domain cannot be compared with a GUID; the token came from that domain's own
/// endpoint, which is the proof.
pub(crate) fn tenant_may_be(configured: &str, tid: &str) -> bool {
    let personal = tid.eq_ignore_ascii_case(PERSONAL_TENANT);
    match configured {
        "" | "organizations" => !personal,
        "common" => true,
        "consumers" => personal,
        guid if is_guid(guid) => guid.eq_ignore_ascii_case(tid),
        _domain => true,
    }
}

/// The issuer rule of the ID token: the template filled with the token's own `tid`.
pub(crate) fn issuer_ok(template: &str, iss: &str, tid: &str, configured: &str) -> bool {
    is_guid(tid) && fill_tenant(template, Some(tid)) == iss && tenant_may_be(configured, tid)
}

/// Whether it names one tenant (GUID or domain), not a kind of account.
pub fn is_named_tenant(tenant: &str) -> bool {
    !matches!(tenant, "" | "common" | "organizations" | "consumers")
}

pub(crate) fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5
        && parts
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(part, length)| part.len() == length)
        && parts
            .iter()
            .all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}
