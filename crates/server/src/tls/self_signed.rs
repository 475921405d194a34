//! Certificates that we sign ourselves: for trying out, and until a real one has come.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::private::write_private;
use crate::config::Config;

/// Shows one certificate, whatever is asked.
#[derive(Debug)]
pub(super) struct Fixed(pub(super) Arc<CertifiedKey>);

impl ResolvesServerCert for Fixed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// A certificate for the public address, by an authority that is made once and kept beside the key ring.
pub(super) fn by_own_authority(config: &Config) -> Result<Arc<CertifiedKey>> {
    let folder = config.secrets.key_file.parent().unwrap_or(Path::new("."));
    let (authority_file, key_file) = (folder.join("tegata-ca.pem"), folder.join("tegata-ca.key"));
    let mut params = rcgen::CertificateParams::new(Vec::new())?;
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    params.distinguished_name.push(
        rcgen::DnType::CommonName,
        "Tegata, own certificate authority",
    );
    let authority_key = match std::fs::read_to_string(&key_file) {
        Ok(pem) => rcgen::KeyPair::from_pem(&pem)
            .with_context(|| format!("{} is no key", key_file.display()))?,
        Err(_) => {
            let key = rcgen::KeyPair::generate()?;
            write_private(&key_file, &key.serialize_pem())?;
            key
        }
    };
    let authority_pem = match std::fs::read_to_string(&authority_file) {
        Ok(pem) => pem,
        Err(_) => {
            let pem = params.self_signed(&authority_key)?.pem();
            std::fs::write(&authority_file, &pem)
                .with_context(|| format!("cannot write {}", authority_file.display()))?;
            pem
        }
    };
    let host = url::Url::parse(&config.server.public_url)?
        .host_str()
        .unwrap_or("localhost")
        .to_owned();
    let names = vec![host, "localhost".to_owned(), "127.0.0.1".to_owned()];
    let issuer = rcgen::Issuer::new(params, authority_key);
    let key = rcgen::KeyPair::generate()?;
    let leaf = rcgen::CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    eprintln!(
        "TLS is self-signed. Browsers trust it once this authority is imported ({}):\n{authority_pem}",
        authority_file.display()
    );
    together(leaf.der().clone(), &key)
}

/// A certificate that nobody trusts, so that the door can be opened while the real one is on its way.
pub(super) fn for_the_time_being(name: &str) -> Result<Arc<CertifiedKey>> {
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()])?;
    params.distinguished_name.push(
        rcgen::DnType::CommonName,
        "Tegata, waiting for its certificate",
    );
    let key = rcgen::KeyPair::generate()?;
    let leaf = params.self_signed(&key)?;
    together(leaf.der().clone(), &key)
}

/// A certificate with the key it was made with. That they fit is not looked at: whoever looks reads the
/// certificate too, and knows nothing of the extension of a challenge.
pub(super) fn together(
    certificate: CertificateDer<'static>,
    key: &rcgen::KeyPair,
) -> Result<Arc<CertifiedKey>> {
    let private =
        PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| anyhow!("{error}"))?;
    let signer = rustls::crypto::ring::sign::any_supported_type(&private)?;
    Ok(Arc::new(CertifiedKey::new(vec![certificate], signer)))
}
