//! A sitting: one authorization request on its way through the provider's pages.

use crate::ProviderKind;
use crate::oauth::Fields;

/// What is asked of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Consent,
    /// Microsoft: consent of an administrator for the whole tenant.
    AdminConsent,
}

/// A valid authorization request: its client and redirect URI are known ones.
#[derive(Clone, Debug)]
pub(crate) struct Sitting {
    pub(crate) provider: ProviderKind,
    pub(crate) purpose: Purpose,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) prompt: Vec<String>,
    pub(crate) login_hint: Option<String>,
    /// Google: `access_type=offline`; Microsoft: scope `offline_access`.
    pub(crate) offline: bool,
    /// Tenant part of the path (Microsoft), else empty.
    pub(crate) tenant: String,
    /// Chosen so far.
    pub(crate) account: Option<String>,
    /// Went past "unverified app".
    pub(crate) proceeded: bool,
}

impl Sitting {
    pub(crate) fn read(
        provider: ProviderKind,
        purpose: Purpose,
        tenant: String,
        fields: &Fields,
    ) -> Self {
        let scopes: Vec<String> = fields
            .get("scope")
            .unwrap_or_default()
            .split_whitespace()
            .map(|scope| full_scope(provider, scope))
            .collect();
        let offline = match provider {
            ProviderKind::Google => fields.get("access_type") == Some("offline"),
            ProviderKind::Microsoft => scopes.iter().any(|s| s == "offline_access"),
        };
        let owned = |name: &str| fields.get(name).map(str::to_owned);
        Self {
            provider,
            purpose,
            client_id: owned("client_id").unwrap_or_default(),
            redirect_uri: owned("redirect_uri").unwrap_or_default(),
            state: owned("state"),
            scopes,
            nonce: owned("nonce"),
            challenge: owned("code_challenge"),
            prompt: fields
                .get("prompt")
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            login_hint: owned("login_hint"),
            offline,
            tenant,
            account: None,
            proceeded: false,
        }
    }

    pub(crate) fn prompts(&self, what: &str) -> bool {
        self.prompt.iter().any(|p| p == what)
    }

    /// The redirect URI with these pairs added to its query.
    pub(crate) fn back(&self, pairs: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs {
            query.append_pair(name, value);
        }
        let joint = if self.redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        // Spaces travel as %20, as in the providers' own redirects.
        format!(
            "{}{joint}{}",
            self.redirect_uri,
            query.finish().replace('+', "%20")
        )
    }
}

/// The name under which the provider keeps a scope: Google rewrites `email` and `profile`;
/// at Microsoft a bare permission belongs to Graph (providers.md 5.3).
pub(crate) fn full_scope(provider: ProviderKind, scope: &str) -> String {
    match (provider, scope) {
        (ProviderKind::Google, "email" | "profile") => {
            format!("https://www.googleapis.com/auth/userinfo.{scope}")
        }
        (ProviderKind::Microsoft, "openid" | "profile" | "email" | "offline_access") => {
            scope.to_owned()
        }
        (ProviderKind::Microsoft, bare) if !bare.contains("://") => {
            format!("https://graph.microsoft.com/{bare}")
        }
        (_, scope) => scope.to_owned(),
    }
}

/// Is it about who somebody is (and so without a tick box)?
pub(crate) fn is_identity(scope: &str) -> bool {
    matches!(scope, "openid" | "profile" | "email" | "offline_access")
        || scope.starts_with("https://www.googleapis.com/auth/userinfo.")
}
