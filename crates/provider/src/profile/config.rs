//! `[providers.NAME]` of the configuration, and what becomes of it.
//!
//! A section named `google` or `microsoft` overrides single values of the built-in one; any
//! other name needs `kind`. A section of kind `google` or `microsoft` under a new name starts
//! from the built-in values, so that a sovereign cloud stands beside the worldwide one.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use url::{Host, Url};

use super::{HostPort, Kind, MailScopes, ProviderProfile, Tls};
use crate::{google, microsoft};

/// One section as it is written. Every key may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderOverride {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// An empty string means that there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imap: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imap_tls: Option<Tls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_tls: Option<Tls>,
    /// Relative paths are made absolute by whoever reads the configuration file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_private_addresses: Option<bool>,
}

/// A section that cannot be used; the text names section and key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[providers.{name}] {key}: {problem}")]
pub struct ProfileError {
    pub name: String,
    pub key: &'static str,
    pub problem: String,
}

/// All providers of this installation by name; `google` and `microsoft` are always among them.
pub fn all(
    sections: &BTreeMap<String, ProviderOverride>,
) -> Result<BTreeMap<String, ProviderProfile>, ProfileError> {
    let mut profiles = BTreeMap::from([
        (google::NAME.to_owned(), google::profile()),
        (microsoft::NAME.to_owned(), microsoft::profile()),
    ]);
    for (name, section) in sections {
        profiles.insert(name.clone(), section.build(name)?);
    }
    Ok(profiles)
}

impl ProviderOverride {
    fn build(&self, name: &str) -> Result<ProviderProfile, ProfileError> {
        let wrong = |key, problem: &str| ProfileError {
            name: name.to_owned(),
            key,
            problem: problem.to_owned(),
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
            return Err(wrong(
                "name",
                "use a-z, 0-9, - and _, at most 40 characters",
            ));
        }
        let built_in = match name {
            google::NAME => Some(Kind::Google),
            microsoft::NAME => Some(Kind::Microsoft),
            _ => None,
        };
        let kind = match (built_in, self.kind) {
            (Some(built_in), Some(kind)) if kind != built_in => {
                return Err(wrong("kind", "this name belongs to the built-in provider"));
            }
            (_, Some(kind)) | (Some(kind), None) => kind,
            (None, None) => return Err(wrong("kind", "google, microsoft or generic is needed")),
        };
        let mut profile = match kind {
            Kind::Google => google::profile(),
            Kind::Microsoft => microsoft::profile(),
            Kind::Generic => self.generic(name)?,
        };
        name.clone_into(&mut profile.name);
        self.set_addresses(&mut profile);
        self.set_servers(&mut profile, name)?;
        if let Some(label) = &self.label {
            label.clone_into(&mut profile.label);
        }
        if let Some(scopes) = &self.scopes {
            profile.scopes.clone_from(scopes);
            profile.mail_scopes = mail_scopes(kind, scopes);
        }
        if self.ca_file.is_some() {
            profile.ca_file.clone_from(&self.ca_file);
        }
        profile.allow_private_addresses = self.allow_private_addresses.unwrap_or(false);
        profile.wants_tenant = [&profile.authorization_url, &profile.token_url]
            .iter()
            .any(|url| url.contains("{tenant}"));
        check(&profile).map_err(|(key, problem)| wrong(key, problem))?;
        Ok(profile)
    }

    /// A generic provider has no value to fall back on: what it cannot do without is asked for.
    fn generic(&self, name: &str) -> Result<ProviderProfile, ProfileError> {
        let needed = |key, value: &Option<String>| {
            value.clone().ok_or_else(|| ProfileError {
                name: name.to_owned(),
                key,
                problem: "a generic provider needs it".to_owned(),
            })
        };
        needed("imap", &self.imap)?;
        needed("smtp", &self.smtp)?;
        Ok(ProviderProfile {
            kind: Kind::Generic,
            label: name.to_owned(),
            authorization_url: needed("authorization_url", &self.authorization_url)?,
            token_url: needed("token_url", &self.token_url)?,
            revocation_url: None,
            issuer: needed("issuer", &self.issuer)?,
            admin_consent_url: None,
            scopes: ["openid", "email", "offline_access"]
                .map(str::to_owned)
                .to_vec(),
            mail_scopes: MailScopes::default(),
            ..google::profile()
        })
    }

    fn set_addresses(&self, profile: &mut ProviderProfile) {
        if let Some(url) = &self.authorization_url {
            url.clone_into(&mut profile.authorization_url);
            // A moved login host (sovereign cloud, sandbox) takes its issuer and its admin
            // consent along, unless they are given.
            if profile.kind == Kind::Microsoft {
                let base = microsoft::login_base(url);
                profile.admin_consent_url =
                    base.map(|base| format!("{base}/{{tenant}}/v2.0/adminconsent"));
                if let Some(base) = base {
                    profile.issuer = format!("{base}/{{tenant}}/v2.0");
                }
            }
        }
        if let Some(url) = &self.token_url {
            url.clone_into(&mut profile.token_url);
        }
        if let Some(url) = &self.revocation_url {
            profile.revocation_url = Some(url.clone()).filter(|url| !url.is_empty());
        }
        if let Some(issuer) = &self.issuer {
            issuer.clone_into(&mut profile.issuer);
        }
    }

    fn set_servers(&self, profile: &mut ProviderProfile, name: &str) -> Result<(), ProfileError> {
        let parse = |key, text: &str| {
            text.parse::<HostPort>().map_err(|problem| ProfileError {
                name: name.to_owned(),
                key,
                problem,
            })
        };
        if let Some(imap) = &self.imap {
            profile.imap = parse("imap", imap)?;
            profile.imap_tls = Tls::Implicit;
            if profile.imap.port == 143 {
                profile.imap_tls = Tls::StartTls;
            }
        }
        if let Some(smtp) = &self.smtp {
            profile.smtp = parse("smtp", smtp)?;
            profile.smtp_tls = Tls::StartTls;
            if profile.smtp.port == 465 {
                profile.smtp_tls = Tls::Implicit;
            }
        }
        profile.imap_tls = self.imap_tls.unwrap_or(profile.imap_tls);
        profile.smtp_tls = self.smtp_tls.unwrap_or(profile.smtp_tls);
        Ok(())
    }
}

/// Which of the configured scopes open mail. Microsoft's are found by the permission's name,
/// because a sovereign cloud has its own resource host.
fn mail_scopes(kind: Kind, scopes: &[String]) -> MailScopes {
    let ending = |end: &str| {
        let end = end.to_ascii_lowercase();
        scopes
            .iter()
            .find(|scope| scope.to_ascii_lowercase().ends_with(&end))
            .cloned()
    };
    match kind {
        Kind::Google => MailScopes {
            imap: Some(google::MAIL_SCOPE.to_owned()),
            smtp: Some(google::MAIL_SCOPE.to_owned()),
        },
        Kind::Microsoft => MailScopes {
            imap: ending("/IMAP.AccessAsUser.All"),
            smtp: ending("/SMTP.Send"),
        },
        Kind::Generic => MailScopes::default(),
    }
}

/// Key and reason of the first value that cannot work.
fn check(profile: &ProviderProfile) -> Result<(), (&'static str, &'static str)> {
    let addresses = [
        ("authorization_url", Some(&profile.authorization_url)),
        ("token_url", Some(&profile.token_url)),
        ("revocation_url", profile.revocation_url.as_ref()),
        ("issuer", Some(&profile.issuer)),
    ];
    for (key, address) in addresses {
        let Some(address) = address else { continue };
        let filled = super::fill_tenant(address, None);
        let Ok(url) = Url::parse(&filled) else {
            return Err((key, "is not an address (https://...)"));
        };
        // `http` hands code and secret to everybody on the way: only for own machines.
        let local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => return Err((key, "has no host")),
        };
        let plain_allowed = local || profile.allow_private_addresses;
        if url.scheme() != "https" && !(url.scheme() == "http" && plain_allowed) {
            return Err((key, "must begin with https://"));
        }
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err((key, "must have no user name and no #"));
        }
    }
    if profile.scopes.is_empty() {
        return Err(("scopes", "must not be empty"));
    }
    if profile
        .scopes
        .iter()
        .any(|s| s.is_empty() || s.contains(char::is_whitespace))
    {
        return Err(("scopes", "one scope per entry, without blanks"));
    }
    Ok(())
}
