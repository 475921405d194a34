//! Challenges that stand, and what is answered to the authority when it looks.
//!
//!     order -> put_http, put_tls -> Standing ... dropped: taken down
//!     port 80  -> answer_http(token) -> key authorization        (RFC 8555, 8.3)
//!     port 443 -> answer_tls(hello)  -> a handshake of its own   (RFC 8737, 3)
//!
//! What always holds: `acme-tls/1` is spoken only while a challenge of that name stands, and nothing is
//! answered to a token that is not ours.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Result;
use rustls::ServerConfig;
use rustls::server::ClientHello;

use crate::tls::self_signed::{Fixed, together};

const ACME_TLS: &[u8] = b"acme-tls/1";

/// All that stand.
#[derive(Debug, Default)]
pub struct Challenges {
    /// Token and key authorization.
    http: RwLock<HashMap<String, String>>,
    /// Name and the handshake that shows its certificate.
    tls: RwLock<HashMap<String, Arc<ServerConfig>>>,
}

/// One that stands until this is dropped.
pub(super) struct Standing {
    challenges: Arc<Challenges>,
    token: Option<String>,
    name: Option<String>,
}

impl Challenges {
    pub(super) fn put_http(self: &Arc<Self>, token: &str, key_authorization: &str) -> Standing {
        let mut http = self.http.write().unwrap_or_else(PoisonError::into_inner);
        http.insert(token.to_owned(), key_authorization.to_owned());
        Standing {
            challenges: self.clone(),
            token: Some(token.to_owned()),
            name: None,
        }
    }

    /// `digest` is the SHA-256 of the key authorization.
    pub(super) fn put_tls(self: &Arc<Self>, name: &str, digest: &[u8]) -> Result<Standing> {
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()])?;
        let proof = rcgen::CustomExtension::new_acme_identifier(digest);
        params.custom_extensions.push(proof);
        let key = rcgen::KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let shown = together(certificate.der().clone(), &key)?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Fixed(shown)));
        config.alpn_protocols = vec![ACME_TLS.to_vec()];
        let mut tls = self.tls.write().unwrap_or_else(PoisonError::into_inner);
        tls.insert(name.to_owned(), Arc::new(config));
        Ok(Standing {
            challenges: self.clone(),
            token: None,
            name: Some(name.to_owned()),
        })
    }

    /// The body of `/.well-known/acme-challenge/TOKEN`.
    pub(super) fn answer_http(&self, token: &str) -> Option<String> {
        let http = self.http.read().unwrap_or_else(PoisonError::into_inner);
        http.get(token).cloned()
    }

    /// How to shake hands, where it is the authority that looks: it offers `acme-tls/1` and nothing else.
    pub(in crate::tls) fn answer_tls(&self, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
        let mut offered = hello.alpn()?;
        if offered.next() != Some(ACME_TLS) || offered.next().is_some() {
            return None;
        }
        let tls = self.tls.read().unwrap_or_else(PoisonError::into_inner);
        tls.get(hello.server_name()?).cloned()
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            let mut http = (self.challenges.http.write()).unwrap_or_else(PoisonError::into_inner);
            http.remove(token);
        }
        if let Some(name) = &self.name {
            let mut tls = (self.challenges.tls.write()).unwrap_or_else(PoisonError::into_inner);
            tls.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_answered_while_it_stands() {
        let challenges = Arc::new(Challenges::default());
        let standing = challenges.put_http("token", "token.thumb");
        assert_eq!(challenges.answer_http("token").unwrap(), "token.thumb");
        assert_eq!(challenges.answer_http("other"), None);
        drop(standing);
        assert_eq!(challenges.answer_http("token"), None);
    }

    #[test]
    fn a_handshake_stands_as_long_as_its_challenge() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let challenges = Arc::new(Challenges::default());
        let standing = challenges.put_tls("a.example.jp", &[7; 32]).unwrap();
        let config = challenges.tls.read().unwrap()["a.example.jp"].clone();
        assert_eq!(config.alpn_protocols, [ACME_TLS]);
        drop(standing);
        assert!(challenges.tls.read().unwrap().is_empty());
    }
}
