//! HTTP CONNECT (RFC 9110, 9.3.6) with optional basic authentication.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::NetError;

/// Longest answer of a proxy, in octets.
const ANSWER_LIMIT: usize = 16 * 1024;

/// Asks the proxy for a tunnel; when this returns the stream speaks to the target. The caller limits the time.
pub(super) async fn connect_through(
    tcp: &mut TcpStream,
    proxy: &Url,
    host: &str,
    port: u16,
) -> Result<(), NetError> {
    let refused = |said: String| NetError::new("net-proxy-refused", said);
    if host.is_empty() || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(refused(
            "the host name has a character that no host name has".to_owned(),
        ));
    }
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if !proxy.username().is_empty() {
        let user = decoded(proxy.username());
        let password = decoded(proxy.password().unwrap_or_default());
        let pair = STANDARD.encode([&user[..], b":", &password[..]].concat());
        request.push_str(&format!("Proxy-Authorization: Basic {pair}\r\n"));
    }
    request.push_str("\r\n");
    tcp.write_all(request.as_bytes())
        .await
        .map_err(|e| refused(e.to_string()))?;

    // Octet by octet: what follows the empty line belongs to the server behind the proxy.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") && !answer.ends_with(b"\n\n") {
        if answer.len() >= ANSWER_LIMIT {
            return Err(refused("the proxy's answer does not end".to_owned()));
        }
        match tcp.read_u8().await {
            Ok(octet) => answer.push(octet),
            Err(e) => return Err(refused(format!("the proxy closed the connection: {e}"))),
        }
    }
    let first = answer.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(first).trim().to_owned();
    let status = line
        .strip_prefix("HTTP/1.")
        .and_then(|l| l.split(' ').nth(1))
        .map(str::to_owned);
    match status.as_deref() {
        Some(code) if code.len() == 3 && code.starts_with('2') => Ok(()),
        Some("407") => Err(NetError::new("net-proxy-auth", line)),
        _ => Err(refused(line)),
    }
}

/// Percent-decoding of a URL's user and password.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        if octet == b'%' {
            let rest = octets.clone();
            if let (Some(high), Some(low)) = (hex(octets.next()), hex(octets.next())) {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                continue;
            }
            octets = rest;
        }
        out.push(octet);
    }
    out
}
