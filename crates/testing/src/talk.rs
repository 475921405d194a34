//! A conversation with a server, line by line, as one would have it by hand.
//!
//! IMAP and SMTP tests of our own clients need a second opinion that shares no
//! code with them: this knows lines, TLS and the XOAUTH2 string, and nothing else.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::Authority;

/// How long one line may take.
const PATIENCE: Duration = Duration::from_secs(20);

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// One open connection. Every failure is a panic that shows what was heard.
pub struct Talk {
    stream: BufStream<Box<dyn Line>>,
}

impl std::fmt::Debug for Talk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Talk")
    }
}

impl Talk {
    /// Connects without TLS. `address` is like `127.0.0.1:143`.
    ///
    /// # Panics
    /// When nobody listens there.
    pub async fn plain(address: &str) -> Talk {
        Talk::over(Box::new(connected(address).await))
    }

    /// Connects with TLS from the first byte, trusting `authority` only.
    ///
    /// # Panics
    /// When nobody listens there, or with another certificate.
    pub async fn tls(address: &str, authority: &Authority) -> Talk {
        encrypted(Box::new(connected(address).await), authority).await
    }

    /// Goes on with TLS, after the server agreed to STARTTLS.
    ///
    /// # Panics
    /// When the server speaks no TLS, or with another certificate.
    pub async fn into_tls(self, authority: &Authority) -> Talk {
        encrypted(self.stream.into_inner(), authority).await
    }

    fn over(stream: Box<dyn Line>) -> Talk {
        Talk {
            stream: BufStream::new(stream),
        }
    }

    /// Says one line; the line end is added.
    ///
    /// # Panics
    /// When the server hung up.
    pub async fn say(&mut self, line: &str) {
        let bytes = format!("{line}\r\n");
        self.stream
            .write_all(bytes.as_bytes())
            .await
            .and(self.stream.flush().await)
            .unwrap_or_else(|e| panic!("the server hung up before {line:?}: {e}"));
    }

    /// Hears one line, without its line end.
    ///
    /// # Panics
    /// When none comes within 20 seconds, or the server hung up.
    pub async fn hear(&mut self) -> String {
        let mut line = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_until(b'\n', &mut line))
            .await
            .expect("the server says something within 20 seconds")
            .expect("the connection holds");
        assert!(read > 0, "the server hung up where a line should have come");
        let text = String::from_utf8_lossy(&line);
        text.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Hears lines up to and with the first that begins with `end` (as `a1 ` or `250 `).
    ///
    /// # Panics
    /// As [`Talk::hear`]; the lines heard so far are shown.
    pub async fn hear_until(&mut self, end: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.hear().await;
            let last = line.starts_with(end);
            eprintln!("heard: {line}");
            lines.push(line);
            if last {
                return lines;
            }
        }
    }

    /// Says an IMAP command under `tag` and hears everything up to its answer.
    ///
    /// # Panics
    /// As [`Talk::hear`].
    pub async fn command(&mut self, tag: &str, command: &str) -> Vec<String> {
        self.say(&format!("{tag} {command}")).await;
        self.hear_until(&format!("{tag} ")).await
    }
}

/// The XOAUTH2 string, in base64: `user=` and `auth=Bearer `, each ended by a ^A, and one more.
#[must_use]
pub fn xoauth2(user: &str, token: &str) -> String {
    STANDARD.encode(format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}"))
}

/// What a base64 challenge says.
///
/// # Panics
/// When it is not base64 of UTF-8.
#[must_use]
pub fn challenge(base64: &str) -> String {
    let bytes = STANDARD.decode(base64.trim()).expect("base64");
    String::from_utf8(bytes).expect("UTF-8")
}

async fn connected(address: &str) -> TcpStream {
    TcpStream::connect(address)
        .await
        .unwrap_or_else(|e| panic!("nobody listens at {address}: {e}"))
}

async fn encrypted(stream: Box<dyn Line>, authority: &Authority) -> Talk {
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(authority.client_config())
        .connect(name, stream)
        .await
        .expect("the server shows a certificate of this authority");
    Talk::over(Box::new(stream))
}
