//! A connection to a provider's IMAP or SMTP host: name → address → (proxy) → TCP → TLS.
//!
//! Every step has a time limit and a cause of its own, so that a check can say which one failed. Private addresses
//! are refused unless the provider's settings allow them, after the name was resolved, and it is the checked address
//! that is connected to.

mod address;
mod proxy;
#[cfg(test)]
pub(crate) mod script;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;
use wire::outcome::{Outcome, Verdict};

pub use address::is_private;

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// With the first octet (993, 465).
    Implicit,
    /// After STARTTLS (143, 587). Nothing secret is sent before it, and a server without it is refused.
    StartTls,
    /// Never: only for a provider on this machine.
    Off,
}

/// Where to connect and how.
#[derive(Clone)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// PEM file with certificates that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// HTTP proxy for CONNECT; user and password may stand in the URL.
    pub proxy: Option<Url>,
    pub allow_private_addresses: bool,
    /// Counts and writes down what goes over the connection, where it belongs to an account.
    pub tap: Option<std::sync::Arc<store::taps::Tap>>,
}

/// Time limits (facts/providers.md, 9).
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Name, proxy and TCP.
    pub connect: Duration,
    pub tls: Duration,
    /// From the greeting to the end of AUTHENTICATE.
    pub login: Duration,
    /// Silence within a command.
    pub command: Duration,
    /// A whole command, however lively.
    pub whole: Duration,
    /// The reply to a message that was sent whole (RFC 5321, 4.5.3.2.6).
    pub message: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            connect: s(30),
            tls: s(30),
            login: s(90),
            command: s(120),
            whole: s(3600),
            message: s(600),
        }
    }
}

/// A failed connection: the cause and what was said, if anything was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause_id}: {said}")]
pub struct NetError {
    /// `net-…` or `starttls-missing`.
    pub cause_id: &'static str,
    /// Words of the proxy, the TLS library or the system; never a secret.
    pub said: String,
}

impl NetError {
    pub(crate) fn new(cause_id: &'static str, said: impl Into<String>) -> Self {
        Self {
            cause_id,
            said: said.into(),
        }
    }

    /// What to do: network trouble passes, settings and certificates need a person.
    pub fn verdict(&self) -> Verdict {
        let outcome = match self.cause_id {
            "net-private-address"
            | "net-proxy-auth"
            | "net-tls-untrusted"
            | "net-tls-wrong-name"
            | "net-ca-file"
            | "starttls-missing" => Outcome::NeedsPerson,
            _ => Outcome::Later {
                after: Duration::from_secs(60),
            },
        };
        Verdict {
            outcome,
            cause_id: self.cause_id,
            refresh_first: false,
        }
    }
}

/// Octets both ways: TCP, TLS over it, or TLS through a proxy.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

pub type Stream = Box<dyn Duplex>;

/// Connects. With [`Tls::Implicit`] the stream is encrypted, otherwise see [`start_tls`].
pub async fn connect(target: &Target, limits: &Timeouts) -> Result<Stream, NetError> {
    let late = |_| {
        NetError::new(
            "net-connect-timeout",
            format!("{}:{}", target.host, target.port),
        )
    };
    let stream = timeout(limits.connect, open(target, limits))
        .await
        .map_err(late)??;
    match target.tls {
        Tls::Implicit => start_tls(stream, target, limits).await,
        Tls::StartTls | Tls::Off => Ok(stream),
    }
}

/// Puts TLS on a stream; the certificate must be for `target.host`.
pub async fn start_tls(
    stream: Stream,
    target: &Target,
    limits: &Timeouts,
) -> Result<Stream, NetError> {
    let ca_file = target.ca_file.as_deref();
    let (stream, _) = tls::wrap(stream, &target.host, ca_file, limits.tls).await?;
    Ok(stream)
}

/// Connects with TLS from the first octet, and gives the server's certificate (DER) with the stream.
pub async fn connect_and_look(
    target: &Target,
    limits: &Timeouts,
) -> Result<(Stream, Option<Vec<u8>>), NetError> {
    let plain = Target {
        tls: Tls::Off,
        ..target.clone()
    };
    let stream = connect(&plain, limits).await?;
    let ca_file = target.ca_file.as_deref();
    let (stream, certificate) = tls::wrap(stream, &target.host, ca_file, limits.tls).await?;
    Ok((stream, certificate.map(|der| der.to_vec())))
}

async fn open(target: &Target, limits: &Timeouts) -> Result<Stream, NetError> {
    let Some(proxy) = &target.proxy else {
        let addresses = resolve(&target.host, target.port).await?;
        let tcp = dial(allowed(addresses, target)?, limits).await?;
        return Ok(Box::new(tcp));
    };
    // The proxy resolves the name, so only an address in the settings can be checked here.
    if let Ok(ip) = target.host.trim_matches(['[', ']']).parse::<IpAddr>() {
        allowed(vec![SocketAddr::new(ip, target.port)], target)?;
    }
    let host = proxy
        .host_str()
        .ok_or_else(|| NetError::new("net-proxy-refused", "no host in the proxy URL"))?;
    let port = proxy.port_or_known_default().unwrap_or(8080);
    let mut tcp = dial(resolve(host.trim_matches(['[', ']']), port).await?, limits).await?;
    proxy::connect_through(&mut tcp, proxy, &target.host, target.port).await?;
    Ok(Box::new(tcp))
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
    let host = host.trim_matches(['[', ']']);
    let unknown = |said: String| NetError::new("net-name-not-found", said);
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|e| unknown(format!("{host}: {e}")))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        Err(unknown(host.to_owned()))
    } else {
        Ok(found)
    }
}

/// The addresses that may be connected to.
fn allowed(addresses: Vec<SocketAddr>, target: &Target) -> Result<Vec<SocketAddr>, NetError> {
    if target.allow_private_addresses {
        return Ok(addresses);
    }
    let (private, public): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|a| is_private(a.ip()));
    match (public.is_empty(), private.first()) {
        (true, Some(address)) => Err(NetError::new(
            "net-private-address",
            format!("{} is {}", target.host, address.ip()),
        )),
        _ => Ok(public),
    }
}

/// The first address that answers. Each gets its share of the time, so that a dead IPv6 route costs not all of it.
async fn dial(addresses: Vec<SocketAddr>, limits: &Timeouts) -> Result<TcpStream, NetError> {
    let until = Instant::now() + limits.connect;
    let share = limits.connect / u32::try_from(addresses.len().clamp(1, 4)).unwrap_or(4);
    let mut last = NetError::new("net-connect-timeout", "no address answered");
    for address in addresses {
        let deadline = until.min(Instant::now() + share);
        match timeout_at(deadline, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Commands are small and answered at once: waiting for more to send only costs time.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
            Ok(Err(e)) => last = NetError::new("net-connect-refused", format!("{address}: {e}")),
            Err(_) => last = NetError::new("net-connect-timeout", address.to_string()),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests;
