//! TLS of our own door: certificate and key from files (read again when they change), or self-signed with an
//! authority of our own that is printed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::{Config, Tls};

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// What the listener needs; `None` for plain HTTP.
pub fn server_config(config: &Config) -> Result<Option<Arc<ServerConfig>>> {
    let resolver: Arc<dyn ResolvesServerCert> = match config.server.tls {
        Tls::Off => return Ok(None),
        Tls::Files => {
            let missing =
                || anyhow!("[server] tls = \"files\" needs tls_cert_file and tls_key_file");
            let certificate = config.server.tls_cert_file.clone().ok_or_else(missing)?;
            let key = config.server.tls_key_file.clone().ok_or_else(missing)?;
            let files = Arc::new(Files::load(certificate, key)?);
            tokio::spawn(files.clone().follow());
            files
        }
        Tls::SelfSigned => Arc::new(Fixed(self_signed(config)?)),
    };
    let mut tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(Arc::new(tls)))
}

#[derive(Debug)]
struct Fixed(Arc<CertifiedKey>);

impl ResolvesServerCert for Fixed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<(Arc<CertifiedKey>, [Option<SystemTime>; 2])>,
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.read().ok().map(|current| current.0.clone())
    }
}

impl Files {
    fn load(certificate: PathBuf, key: PathBuf) -> Result<Files> {
        let times = [changed(&certificate), changed(&key)];
        let current = RwLock::new((read(&certificate, &key)?, times));
        Ok(Files {
            certificate,
            key,
            current,
        })
    }

    /// Reads the files again when they changed. A pair that does not fit is told and the old one goes on.
    async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    fn look(&self) {
        let times = [changed(&self.certificate), changed(&self.key)];
        if self.current.read().is_ok_and(|current| current.1 == times) {
            return;
        }
        match read(&self.certificate, &self.key) {
            Ok(fresh) => {
                if let Ok(mut current) = self.current.write() {
                    *current = (fresh, times);
                }
                tracing::info!("the TLS certificate was read again");
            }
            Err(error) => tracing::warn!(
                "the changed TLS certificate cannot be used, the old one goes on: {error:#}"
            ),
        }
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>> {
    let pem = std::fs::read(certificate)
        .with_context(|| format!("cannot read {}", certificate.display()))?;
    let chain: Vec<CertificateDer<'static>> = rustls_pemfile::certs(&mut pem.as_slice())
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} is no PEM certificate", certificate.display()))?;
    let pem = std::fs::read(key).with_context(|| format!("cannot read {}", key.display()))?;
    let private = rustls_pemfile::private_key(&mut pem.as_slice())
        .ok()
        .flatten()
        .ok_or_else(|| anyhow!("{} holds no private key", key.display()))?;
    certified(chain, private)
        .with_context(|| format!("{} and {}", certificate.display(), key.display()))
}

fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<CertifiedKey>> {
    let signer = rustls::crypto::ring::sign::any_supported_type(&key)
        .context("the private key is of no known kind")?;
    let certified = CertifiedKey::new(chain, signer);
    certified
        .keys_match()
        .context("the private key does not belong to the certificate")?;
    Ok(Arc::new(certified))
}

/// A certificate for the public address, by an authority that is made once and kept beside the key ring.
fn self_signed(config: &Config) -> Result<Arc<CertifiedKey>> {
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
    let private =
        PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| anyhow!("{error}"))?;
    certified(vec![leaf.der().clone()], private)
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (certificate, key) = (
            folder.join(format!("{name}.pem")),
            folder.join(format!("{name}.key")),
        );
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        (certificate, key)
    }

    #[test]
    fn changed_files_are_read_again_and_a_pair_that_does_not_fit_is_not_taken() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = pair(folder.path(), "a");
        let files = Files::load(certificate.clone(), key.clone()).unwrap();
        let shown = |files: &Files| files.current.read().unwrap().0.cert[0].clone();
        let first = shown(&files);
        let (other, other_key) = pair(folder.path(), "b");
        std::fs::copy(&other, &certificate).unwrap();
        files.look();
        assert_eq!(
            shown(&files),
            first,
            "the key of the first belongs to another certificate"
        );
        std::fs::copy(&other_key, &key).unwrap();
        files.look();
        assert_ne!(shown(&files), first);
    }
}
