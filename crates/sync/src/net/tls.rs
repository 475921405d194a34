//! TLS by rustls with ring: the system's roots, and those of a CA file for a provider inside the house.

use std::collections::HashMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{NetError, Stream};

/// How long roots are kept before they are read again: reading the system's takes some milliseconds, and a renewed
/// CA file should count without a restart.
const ROOTS_LIVE: Duration = Duration::from_secs(600);

type Configs = HashMap<Option<PathBuf>, (Instant, Arc<ClientConfig>)>;
static CONFIGS: Mutex<Option<Configs>> = Mutex::new(None);

pub(super) async fn wrap(
    stream: Stream,
    host: &str,
    ca_file: Option<&Path>,
    limit: Duration,
) -> Result<(Stream, Option<CertificateDer<'static>>), NetError> {
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|e| NetError::new("net-tls-wrong-name", format!("{host}: {e}")))?;
    let connector = TlsConnector::from(config(ca_file)?);
    match timeout(limit, connector.connect(name, stream)).await {
        Ok(Ok(tls)) => {
            let chain = tls.get_ref().1.peer_certificates();
            let own = chain.and_then(|chain| chain.first()).cloned();
            Ok((Box::new(tls), own.map(CertificateDer::into_owned)))
        }
        Ok(Err(error)) => Err(explained(host, &error)),
        Err(_) => Err(NetError::new("net-tls-timeout", host)),
    }
}

fn explained(host: &str, error: &std::io::Error) -> NetError {
    let inner = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<rustls::Error>());
    let cause_id = match inner {
        Some(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "net-tls-wrong-name",
        Some(rustls::Error::InvalidCertificate(_)) => "net-tls-untrusted",
        _ => "net-tls-failed",
    };
    NetError::new(cause_id, format!("{host}: {error}"))
}

fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, NetError> {
    let key = ca_file.map(Path::to_path_buf);
    let mut configs = CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    let configs = configs.get_or_insert_default();
    if let Some((since, config)) = configs.get(&key)
        && since.elapsed() < ROOTS_LIVE
    {
        return Ok(config.clone());
    }
    let config = Arc::new(build(ca_file)?);
    configs.insert(key, (Instant::now(), config.clone()));
    Ok(config)
}

fn build(ca_file: Option<&Path>) -> Result<ClientConfig, NetError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let failed = |e: &dyn std::fmt::Display| NetError::new("net-tls-failed", e.to_string());
    let extra = match ca_file {
        Some(path) => certificates(path)?,
        None => Vec::new(),
    };
    let verifier: Arc<dyn ServerCertVerifier> =
        match Verifier::new_with_extra_roots(extra.iter().cloned(), provider.clone()) {
            Ok(verifier) => Arc::new(verifier),
            // A container without system roots still reaches the provider of its CA file.
            Err(error) if extra.is_empty() => return Err(failed(&error)),
            Err(_) => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(extra);
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build()
                    .map_err(|e| failed(&e))?
            }
        };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(&e))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, NetError> {
    let wrong = |said: String| NetError::new("net-ca-file", format!("{}: {said}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| wrong(e.to_string()))?;
    let found: Result<Vec<_>, _> = rustls_pemfile::certs(&mut BufReader::new(file)).collect();
    let found = found.map_err(|e| wrong(e.to_string()))?;
    if found.is_empty() {
        Err(wrong("it holds no certificate".to_owned()))
    } else {
        Ok(found)
    }
}
