//! A certificate authority of one test, and who trusts it.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// The names a test server answers to. 127.0.0.2 is there because Dovecot takes
/// 127.0.0.1 to itself for a safe line (facts: real servers).
pub const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "127.0.0.2"];

/// A certificate and its key, both in PEM.
#[derive(Debug)]
pub struct Issued {
    pub certificate_pem: String,
    pub key_pem: String,
}

/// A certificate authority made on the spot.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl Default for Authority {
    fn default() -> Self {
        Authority::new()
    }
}

impl Authority {
    /// # Panics
    /// When the machine gives no randomness.
    #[must_use]
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
        params
            .distinguished_name
            .push(DnType::CommonName, "Tegata tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("the authority is sound");
        Authority { issuer }
    }

    /// The authority's certificate, for whoever shall trust it.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server certificate for `names` (DNS names and IP addresses).
    ///
    /// # Panics
    /// When a name is neither.
    #[must_use]
    pub fn issue(&self, names: &[&str]) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).expect("names of a certificate");
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params
            .signed_by(&key, &self.issuer)
            .expect("our own authority signs");
        Issued {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// A TLS client that trusts this authority and no other.
    ///
    /// # Panics
    /// Never in practice: ring knows the protocol versions that we ask for.
    #[must_use]
    pub fn client_config(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.issuer.der().clone())
            .expect("our own certificate is well formed");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}
