//! `[acme]`: where `tls = "acme"` orders its certificate, and how it proves the name.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// How the authority is shown that the name is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Challenge {
    /// TLS-ALPN-01 when we listen on port 443, else HTTP-01; the other one when that fails.
    #[serde(rename = "auto")]
    Auto,
    /// By a file on port 80 (RFC 8555, 8.3).
    #[serde(rename = "http-01")]
    Http01,
    /// By a handshake on port 443 (RFC 8737).
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
}

/// `[acme]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Acme {
    /// The authority's directory (RFC 8555, 7.1.1). Let's Encrypt at first.
    pub directory_url: String,
    /// A mail address that the authority may write to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// PEM: whom the directory's own TLS is believed, for an authority inside the house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How the name is proven.
    pub challenge: Challenge,
    /// Where plain HTTP is answered: challenges, and a redirect to `public_url`. Empty: nowhere.
    pub http_listen: String,
    /// Account key, certificate with key, status.
    pub folder: PathBuf,
}

impl Default for Acme {
    fn default() -> Acme {
        Acme {
            directory_url: "https://acme-v02.api.letsencrypt.org/directory".into(),
            contact: None,
            ca_file: None,
            challenge: Challenge::Auto,
            http_listen: "0.0.0.0:80".into(),
            folder: "data/acme".into(),
        }
    }
}

impl Acme {
    /// The name that the certificate is for.
    ///
    /// Errors: one sentence with the key and what to write instead, where `public_url` can have no
    /// certificate from this authority, or the section does not fit together.
    pub fn domain(&self, public_url: &str) -> Result<String> {
        let directory = Url::parse(&self.directory_url)
            .map_err(|_| anyhow!("[acme] directory_url: {:?} is no URL", self.directory_url))?;
        if directory.scheme() != "https" {
            bail!("[acme] directory_url must begin with https://");
        }
        if self.challenge == Challenge::Http01 && self.http_listen.is_empty() {
            bail!("[acme] challenge = \"http-01\" needs http_listen, such as \"0.0.0.0:80\"");
        }
        if self.contact.as_ref().is_some_and(|it| !it.contains('@')) {
            bail!("[acme] contact must be a mail address, such as \"admin@example.jp\"");
        }
        let url = Url::parse(public_url)?;
        if url.scheme() != "https" {
            bail!(
                "[server] tls = \"acme\" needs a public_url that begins with https://; behind a proxy that does TLS write tls = \"off\""
            );
        }
        let Some(Host::Domain(name)) = url.host() else {
            bail!(
                "[server] tls = \"acme\" needs a public_url with a DNS name; for an IP address write tls = \"self-signed\" or \"files\""
            );
        };
        let name = name.trim_end_matches('.').to_owned();
        // An authority inside the house may know short names and look at other ports.
        if self.ca_file.is_none() {
            if !name.contains('.') {
                bail!(
                    "[server] public_url: no public authority gives a certificate for {name:?}; write the full name, such as \"mail.example.jp\", or tls = \"self-signed\""
                );
            }
            if let Some(port) = url.port() {
                bail!(
                    "[server] public_url: with tls = \"acme\" people reach us on port 443, so leave :{port} away (listen may be another port when 443 is forwarded to it), or write tls = \"files\""
                );
            }
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(acme: &Acme, public_url: &str) -> String {
        acme.domain(public_url).unwrap_err().to_string()
    }

    #[test]
    fn a_public_authority_wants_https_a_full_name_and_port_443() {
        let acme = Acme::default();
        let name = acme.domain("https://mail.example.jp/gsession").unwrap();
        assert_eq!(name, "mail.example.jp");
        assert!(acme.domain("https://mail.example.jp:443").is_ok());
        assert!(refused(&acme, "http://mail.example.jp").contains("https://"));
        assert!(refused(&acme, "https://192.0.2.1").contains("DNS name"));
        assert!(refused(&acme, "https://mail").contains("full name"));
        assert!(refused(&acme, "https://mail.example.jp:8443").contains("leave :8443 away"));
    }

    #[test]
    fn an_authority_inside_the_house_may_know_other_ports_and_short_names() {
        let acme = Acme {
            ca_file: Some("ca.pem".into()),
            ..Acme::default()
        };
        assert_eq!(acme.domain("https://mail:8443/x").unwrap(), "mail");
    }

    #[test]
    fn the_example_beside_the_systemd_unit_is_a_configuration() {
        let text = include_str!("../../../../deploy/tegata.toml.example");
        let folder = std::path::Path::new("/etc/tegata");
        let config = crate::config::Config::from_text(text, folder, std::iter::empty()).unwrap();
        assert_eq!(config.server.tls, crate::config::Tls::Acme);
        let state = std::path::Path::new("/var/lib/tegata/acme");
        assert_eq!(config.acme.folder, state, "the unit lets it write there");
    }

    #[test]
    fn what_does_not_fit_together_is_told_with_its_key() {
        let plain = Acme {
            directory_url: "http://ca.example.jp/dir".into(),
            ..Acme::default()
        };
        assert!(refused(&plain, "https://a.example.jp").contains("directory_url"));
        let nowhere = Acme {
            challenge: Challenge::Http01,
            http_listen: String::new(),
            ..Acme::default()
        };
        assert!(refused(&nowhere, "https://a.example.jp").contains("http_listen"));
        let nobody = Acme {
            contact: Some("admin".into()),
            ..Acme::default()
        };
        assert!(refused(&nobody, "https://a.example.jp").contains("contact"));
    }
}
