//! What one provider is: its addresses, its mail servers, its scopes, its manners.
//!
//! `google` and `microsoft` come from [`crate::google`] and [`crate::microsoft`]; a section
//! `[providers.NAME]` of the configuration overrides single values of them or defines a
//! further provider. Addresses are templates: `{tenant}` becomes the credential's tenant.
//!
//! What always holds: a profile was checked when it was made, so every address parses, is
//! `https` (or `http` where private addresses are allowed), and every mail host has a port.

mod config;
mod identity;
mod scopes;

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

pub use config::{ProfileError, ProviderOverride, all};
pub use identity::{Expected, Identity, IdentityError};
pub use scopes::{Granted, MailScopes};

use crate::{google, microsoft};

/// Whose manners a provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Google,
    Microsoft,
    /// Any other server that speaks OAuth 2.0 with OpenID Connect.
    Generic,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Google => "google",
            Kind::Microsoft => "microsoft",
            Kind::Generic => "generic",
        }
    }
}

/// How a mail connection becomes private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte (ports 993, 465).
    Implicit,
    /// Plain first, then STARTTLS (port 587); never without.
    StartTls,
}

/// A host and its port, written `imap.example.jp:993` (an IPv6 address in brackets).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    pub host: String,
    pub port: u16,
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not of the form host:port");
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let bracketed = bare.len() != host.len();
        let bad = |c: char| c.is_whitespace() || c.is_control() || "/@[]".contains(c);
        if port == 0 || bare.is_empty() || bare.contains(bad) || (bare.contains(':') != bracketed) {
            return Err(wrong());
        }
        Ok(HostPort {
            host: bare.to_owned(),
            port,
        })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// One provider as the rest of the program sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderProfile {
    /// The key in the configuration: `google`, `microsoft` or a name of the administrator's.
    pub name: String,
    pub kind: Kind,
    /// What people read: "Google Mail", "Microsoft Exchange Online".
    pub label: String,
    pub authorization_url: String,
    pub token_url: String,
    /// RFC 7009; Microsoft has none.
    pub revocation_url: Option<String>,
    pub issuer: String,
    pub admin_consent_url: Option<String>,
    /// All that is asked for in a consent.
    pub scopes: Vec<String>,
    pub mail_scopes: MailScopes,
    pub imap: HostPort,
    pub smtp: HostPort,
    pub imap_tls: Tls,
    pub smtp_tls: Tls,
    /// Further certificate authorities (PEM) for this provider only.
    pub ca_file: Option<PathBuf>,
    /// Sandboxes and own servers live on private addresses; Google and Microsoft never do.
    pub allow_private_addresses: bool,
    /// True where an address holds `{tenant}`.
    pub wants_tenant: bool,
}

/// What a consent address is made of. All values are sent form-encoded by the caller.
#[derive(Debug, Clone, Copy)]
pub struct ConsentRequest<'a> {
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    pub state: &'a str,
    /// PKCE, RFC 7636 section 4.2; always S256.
    pub challenge: &'a str,
    pub nonce: &'a str,
    /// The person expected to sign in (for a shared mailbox: the person, not the mailbox).
    pub login_hint: Option<&'a str>,
    /// Ask for the choice of account even though a hint is known: after a wrong choice.
    pub choose_account: bool,
}

impl ProviderProfile {
    pub fn google() -> Self {
        google::profile()
    }

    pub fn microsoft() -> Self {
        microsoft::profile()
    }

    /// What the catalogue's sentences and cards need to know of the provider.
    pub fn facts(&self, case: crate::advice::Case) -> crate::advice::Case {
        case.with("provider", &self.label).with("guide", &self.name)
    }

    /// Where a provider describes itself (OpenID Connect Discovery 1.0, section 4).
    pub fn discovery_url_for(&self, tenant: Option<&str>) -> String {
        let issuer = fill_tenant(&self.issuer, tenant);
        format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        )
    }

    pub fn authorization_url_for(&self, tenant: Option<&str>) -> String {
        fill_tenant(&self.authorization_url, tenant)
    }

    pub fn token_url_for(&self, tenant: Option<&str>) -> String {
        fill_tenant(&self.token_url, tenant)
    }

    /// The link that a tenant's administrator opens (providers.md 5.10). `common` must not
    /// stand for the tenant there, so `organizations` takes its place; personal accounts have
    /// no administrator at all.
    pub fn admin_consent_url_for(
        &self,
        tenant: Option<&str>,
        client_id: &str,
        redirect_uri: &str,
        state: &str,
    ) -> Option<String> {
        let template = self.admin_consent_url.as_deref()?;
        let tenant = match tenant {
            Some("consumers" | microsoft::PERSONAL_TENANT) => return None,
            Some("common") | None => microsoft::DEFAULT_TENANT,
            Some(tenant) => tenant,
        };
        let mut url = url::Url::parse(&fill_tenant(template, Some(tenant))).ok()?;
        url.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", state)
            .append_pair("scope", &self.scopes.join(" "));
        Some(url.into())
    }

    /// The query of the authorization address, in sending order (providers.md 4.3, 5.4).
    pub fn consent_parameters(&self, request: &ConsentRequest<'_>) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("client_id", request.client_id.to_owned()),
            ("redirect_uri", request.redirect_uri.to_owned()),
            ("response_type", "code".to_owned()),
            ("scope", self.scopes.join(" ")),
            ("state", request.state.to_owned()),
            ("nonce", request.nonce.to_owned()),
            ("code_challenge", request.challenge.to_owned()),
            ("code_challenge_method", "S256".to_owned()),
        ];
        match self.kind {
            Kind::Google => google::add_consent_parameters(&mut parameters, request),
            Kind::Microsoft => microsoft::add_consent_parameters(&mut parameters, request),
            Kind::Generic => {
                // OpenID Connect Core section 11: offline_access counts only with a consent.
                if self.scopes.iter().any(|scope| scope == "offline_access") {
                    parameters.push(("prompt", "consent".to_owned()));
                }
                if let Some(hint) = request.login_hint {
                    parameters.push(("login_hint", hint.to_owned()));
                }
            }
        }
        parameters
    }

    /// `scope` of the code exchange; Microsoft wants it, the others do not.
    pub fn exchange_scope(&self) -> Option<String> {
        (self.kind == Kind::Microsoft).then(|| self.scopes.join(" "))
    }

    /// Whether an `iss` in the callback (RFC 9207) may be ours. None is accepted: neither
    /// provider promises to send it (providers.md section 13, item 7).
    pub fn callback_iss_ok(&self, iss: Option<&str>, tenant: Option<&str>) -> bool {
        match iss {
            None => true,
            Some(iss) => match self.kind {
                Kind::Microsoft => {
                    microsoft::tenant_of_issuer(&self.issuer, iss).is_some_and(|of_issuer| {
                        microsoft::tenant_may_be(tenant.unwrap_or_default(), of_issuer)
                    })
                }
                Kind::Google => google::issuer_ok(&self.issuer, iss),
                Kind::Generic => fill_tenant(&self.issuer, tenant) == iss,
            },
        }
    }
}

/// Puts the tenant into a template. Only what a tenant can consist of gets through
/// (letters, digits, `-`, `.`), so that no path can be smuggled in.
pub(crate) fn fill_tenant(template: &str, tenant: Option<&str>) -> String {
    let tenant: String = tenant
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        .collect();
    let usable = tenant.chars().any(|c| c.is_ascii_alphanumeric());
    template.replace(
        "{tenant}",
        if usable {
            &tenant
        } else {
            microsoft::DEFAULT_TENANT
        },
    )
}

#[cfg(test)]
mod tests;
