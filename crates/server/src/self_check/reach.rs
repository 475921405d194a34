//! Our own public address, as a browser finds it: name, certificate, and whether it is us who answer.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use provider::Providers;
use provider::advice::Case;
use provider::cause::{Step, Told};
use store::Millis;
use sync::net::{self, NetError, Stream, Target, Timeouts, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::{PATIENCE, millis};
use crate::json;
use crate::tls::x509;

/// A certificate that ends this soon should have been renewed: Let's Encrypt renews with 30 days left.
const SOON: Millis = 10 * 24 * 3_600_000;

/// The header by which an installation knows itself.
pub const INSTALLATION: &str = "tegata-installation";

pub(super) async fn check(providers: &Providers, told: &mut Told) {
    let public_url = providers.public_url().to_owned();
    let Ok(url) = Url::parse(&public_url) else {
        return;
    };
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let named = resolve(&host, told).await;
    if !named {
        told.tell(Step::skip("own_reach", &public_url));
        return;
    }
    let https = url.scheme() == "https";
    let target = Target {
        host: host.clone(),
        port,
        tls: if https { Tls::Implicit } else { Tls::Off },
        ca_file: None,
        // As our users' browsers: straight, and wherever the name leads.
        proxy: None,
        allow_private_addresses: true,
        tap: None,
    };
    let limits = Timeouts {
        connect: PATIENCE,
        tls: PATIENCE,
        ..Timeouts::default()
    };
    let began = Instant::now();
    let connected = if https {
        net::connect_and_look(&target, &limits).await
    } else {
        net::connect(&target, &limits)
            .await
            .map(|stream| (stream, None))
    };
    let ms = millis(began);
    let facts = |id: &str| Case::new(id).with("uri", &public_url).with("name", &host);
    match connected {
        Ok((stream, certificate)) => {
            if https {
                let ends = certificate
                    .and_then(|der| x509::facts(&der.into()))
                    .map(|facts| facts.not_after);
                told.tell(certificate_step(providers, &host, ms, ends));
            }
            let began = Instant::now();
            let answer = tokio::time::timeout(PATIENCE, ask(stream, &url)).await;
            let answer = answer.unwrap_or_else(|_| Err("no answer in time".to_owned()));
            let mine = providers.store().installation().await.ok();
            let step = match answer {
                Ok(installation) if installation.is_some() && installation == mine => {
                    Step::ok("own_reach", &public_url, millis(began))
                }
                Ok(_) => {
                    let case = facts("own-other-server");
                    Step::fail("own_reach", &public_url, millis(began), case)
                }
                Err(said) => {
                    let case = facts("own-unreachable").said(said);
                    Step::fail("own_reach", &public_url, millis(began), case)
                }
            };
            told.tell(step);
        }
        Err(NetError { cause_id, said }) => {
            let of_certificate = cause_id.starts_with("net-tls");
            let (name, id) = if of_certificate {
                ("own_certificate", "own-certificate-untrusted")
            } else {
                ("own_reach", "own-unreachable")
            };
            told.tell(Step::fail(name, &public_url, ms, facts(id).said(said)));
            if of_certificate {
                told.tell(Step::skip("own_reach", &public_url));
            }
        }
    }
}

/// A certificate that is trusted, and how long yet.
fn certificate_step(providers: &Providers, host: &str, ms: u64, ends: Option<Millis>) -> Step {
    let Some(ends) = ends else {
        return Step::ok("own_certificate", host, ms);
    };
    let day = json::time(ends)[..10].to_owned();
    if ends - providers.store().now() > SOON {
        return Step::ok("own_certificate", host, ms).said(&day);
    }
    let case = Case::new("own-certificate-ends")
        .with("name", host)
        .with("date", day);
    Step::warn("own_certificate", host, ms, case)
}

/// The addresses behind a name, each once; none where it is unknown or takes longer than the patience.
pub async fn addresses(host: &str, patience: Duration) -> Vec<IpAddr> {
    let bare = host.trim_matches(['[', ']']);
    let found = tokio::time::timeout(patience, tokio::net::lookup_host((bare, 443))).await;
    let Ok(Ok(found)) = found else {
        return Vec::new();
    };
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

async fn resolve(host: &str, told: &mut Told) -> bool {
    let began = Instant::now();
    let addresses = addresses(host, Duration::from_secs(5)).await;
    let ms = millis(began);
    if addresses.is_empty() {
        let case = Case::new("own-name-not-found").with("name", host);
        told.tell(Step::fail("dns", host, ms, case));
        return false;
    }
    let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    told.tell(Step::ok("dns", host, ms).said(&addresses.join(", ")));
    true
}

/// Which installation answers at `/readyz`.
async fn ask(mut stream: Stream, url: &Url) -> Result<Option<String>, String> {
    let path = format!("{}/readyz", url.path().trim_end_matches('/'));
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: tegata-self-check\r\nconnection: close\r\n\r\n"
    );
    let words = |error: std::io::Error| error.to_string();
    stream.write_all(request.as_bytes()).await.map_err(words)?;
    stream.flush().await.map_err(words)?;
    let mut answer = Vec::new();
    // Some servers close without TLS's good-bye: what came before it counts.
    let _ = stream.take(16 * 1024).read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    if !text.starts_with("HTTP/1.1 ") {
        return Err("no HTTP answer".to_owned());
    }
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    Ok(head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(INSTALLATION)
            .then(|| value.trim().to_owned())
    }))
}
