//! A server for tests that follows a script of literal lines, over TCP or TLS.
//!
//! `S: text` sends a line, `S~ text` sends without a line end (`\r\n` written in it is one), `C: text` reads a line
//! that must be equal (a `*` at its end stands for any rest), `C# n` reads n octets, `TLS` begins TLS, `WAIT` stays
//! silent until the client leaves.
//! At the end of the script the connection is closed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Stream, Target, Timeouts, Tls};

const PATIENCE: Duration = Duration::from_secs(8);

/// A running server. `done` gives all lines it read, or panics with what it did not expect.
pub(crate) struct Script {
    pub(crate) target: Target,
    server: JoinHandle<Vec<String>>,
}

impl Script {
    /// Starts a server on a free port of this machine.
    pub(crate) async fn start(script: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let script = script.to_owned();
        let server = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.expect("a client");
            // Lines go out one by one; held back they would cost each test 40 ms a line.
            tcp.set_nodelay(true).expect("a socket");
            // A script and a client that wait for each other are a bug of the test: say so instead of hanging.
            let played = timeout(PATIENCE, play(Box::new(tcp), &script)).await;
            played.expect("the script came to its end")
        });
        let target = Target {
            host: "localhost".to_owned(),
            port,
            tls: Tls::Off,
            ca_file: None,
            proxy: None,
            allow_private_addresses: true,
            tap: None,
        };
        Self { target, server }
    }

    /// The lines the client sent.
    pub(crate) async fn done(self) -> Vec<String> {
        self.server.await.expect("the script was followed")
    }

    /// The same where the client is expected to leave early.
    pub(crate) fn abandon(self) {
        self.server.abort();
    }
}

/// Limits for tests that wait for a time-out on purpose.
pub(crate) fn hasty() -> Timeouts {
    let short = Duration::from_millis(60);
    Timeouts {
        connect: Duration::from_secs(5),
        tls: short,
        login: short,
        command: short,
        whole: short,
        message: short,
    }
}

pub(crate) fn testdata(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/net/testdata")
        .join(name)
}

async fn play(mut stream: Stream, script: &str) -> Vec<String> {
    let mut heard = Vec::new();
    for step in script
        .lines()
        .map(str::trim_start)
        .filter(|l| !l.is_empty())
    {
        if let Some(line) = step.strip_prefix("S: ").or((step == "S:").then_some("")) {
            // A client that left early is what some tests are about.
            let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
        } else if let Some(piece) = step.strip_prefix("S~ ") {
            let _ = stream
                .write_all(piece.replace("\\r\\n", "\r\n").as_bytes())
                .await;
        } else if let Some(wanted) = step.strip_prefix("C: ").or((step == "C:").then_some("")) {
            let Some(line) = read_line(&mut stream).await else {
                return heard;
            };
            let fits = wanted
                .strip_suffix('*')
                .map_or(line == wanted, |head| line.starts_with(head));
            assert!(fits, "wanted {wanted:?}, got {line:?}");
            heard.push(line);
        } else if let Some(count) = step.strip_prefix("C# ") {
            let mut octets = vec![0; count.trim().parse().expect("a number")];
            stream
                .read_exact(&mut octets)
                .await
                .expect("the announced octets");
            heard.push(String::from_utf8_lossy(&octets).into_owned());
        } else if step == "TLS" {
            let _ = stream.flush().await;
            match acceptor().accept(stream).await {
                Ok(tls) => stream = Box::new(tls),
                Err(_) => return heard,
            }
        } else if step == "WAIT" {
            let _ = stream.flush().await;
            let mut one = [0];
            while matches!(stream.read(&mut one).await, Ok(n) if n > 0) {}
            return heard;
        } else {
            panic!("no step of a script: {step}");
        }
    }
    let _ = stream.shutdown().await;
    heard
}

async fn read_line(stream: &mut Stream) -> Option<String> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await {
            Ok(b'\n') => break,
            Ok(octet) => line.push(octet),
            Err(_) => return None,
        }
    }
    let line = String::from_utf8_lossy(&line).into_owned();
    Some(line.strip_suffix('\r').expect("CRLF").to_owned())
}

fn acceptor() -> tokio_rustls::TlsAcceptor {
    let pem = std::fs::read(testdata("server.pem")).expect("a certificate");
    let chain: Result<Vec<_>, _> = rustls_pemfile::certs(&mut pem.as_slice()).collect();
    let key = std::fs::read(testdata("server.key")).expect("a key");
    let key = rustls_pemfile::private_key(&mut key.as_slice())
        .expect("PEM")
        .expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(chain.expect("PEM"), key)
        .expect("a fitting key");
    Arc::new(config).into()
}
