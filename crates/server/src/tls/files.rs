//! A certificate that is followed in the files it came from.
//!
//!     file changes -> read -> fits together -> the next handshake shows it
//!                          -> does not      -> told, the one of before goes on
//!
//! What always holds: there is a certificate to show from the first moment on. Connections that are open keep
//! the one they began with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(2);

type Times = [Option<SystemTime>; 2];

/// Certificate chain and key, both PEM; one file may hold both.
#[derive(Debug)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<(Arc<CertifiedKey>, Times)>,
    /// The times of files that were told to be of no use.
    told: Mutex<Times>,
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl Files {
    /// From files that must be there.
    pub(super) fn load(certificate: PathBuf, key: PathBuf) -> Result<Files> {
        let times = [changed(&certificate), changed(&key)];
        let current = RwLock::new((read(&certificate, &key)?, times));
        Ok(Files {
            certificate,
            key,
            current,
            told: Mutex::default(),
        })
    }

    /// From one file that may come later; until then `first` is shown.
    pub(super) fn expect(file: PathBuf, first: Arc<CertifiedKey>) -> Files {
        let files = Files {
            certificate: file.clone(),
            key: file,
            current: RwLock::new((first, [None, None])),
            told: Mutex::default(),
        };
        files.look();
        files
    }

    /// What is shown now.
    pub(super) fn current(&self) -> Arc<CertifiedKey> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    /// Reads the files again when they changed. A pair that does not fit is told and the old one goes on.
    pub(super) async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    /// Looks once; `true` when another certificate is shown from now on.
    pub(super) fn look(&self) -> bool {
        let times = [changed(&self.certificate), changed(&self.key)];
        let known = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .1;
        if known == times {
            return false;
        }
        match read(&self.certificate, &self.key) {
            Ok(fresh) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = (fresh, times);
                tracing::info!("the TLS certificate was read again");
                true
            }
            Err(error) => {
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                if *told != times {
                    tracing::warn!(
                        "the changed TLS certificate cannot be used, the old one goes on: {error:#}"
                    );
                }
                *told = times;
                false
            }
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
    let chain =
        chain(&pem).with_context(|| format!("{} is no PEM certificate", certificate.display()))?;
    let pem = std::fs::read(key).with_context(|| format!("cannot read {}", key.display()))?;
    let private = rustls_pemfile::private_key(&mut pem.as_slice())
        .ok()
        .flatten()
        .ok_or_else(|| anyhow!("{} holds no private key", key.display()))?;
    certified(chain, private)
        .with_context(|| format!("{} and {}", certificate.display(), key.display()))
}

/// The certificates of a PEM text, the server's own first.
pub(super) fn chain(pem: &[u8]) -> std::io::Result<Vec<CertificateDer<'static>>> {
    rustls_pemfile::certs(&mut &*pem).collect()
}

/// Chain and key, when they belong together.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn made(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
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
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = made(folder.path(), "a");
        let files = Files::load(certificate.clone(), key.clone()).unwrap();
        let shown = |files: &Files| files.current().cert[0].clone();
        let first = shown(&files);
        let (other, other_key) = made(folder.path(), "b");
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

    #[test]
    fn one_file_with_both_is_taken_when_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = made(folder.path(), "first");
        let first = read(&certificate, &key).unwrap();
        let both = folder.path().join("both.pem");
        let files = Files::expect(both.clone(), first.clone());
        assert!(!files.look(), "nothing came yet");
        assert_eq!(files.current().cert, first.cert);
        let (other, other_key) = made(folder.path(), "b");
        let text = [other, other_key].map(|path| std::fs::read_to_string(path).unwrap());
        std::fs::write(&both, text.concat()).unwrap();
        assert!(files.look());
        assert_ne!(files.current().cert, first.cert);
    }
}
