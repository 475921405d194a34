//! A raw TLS connection to a mail port: lines out, literal lines in.

#![allow(dead_code, reason = "each test file uses its own part of it")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use sandbox::Sandbox;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

pub struct Raw {
    stream: Box<dyn Both>,
    buffer: Vec<u8>,
}

fn connector(sandbox: &Sandbox) -> tokio_rustls::TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(sandbox.ca_pem.as_bytes()).expect("a certificate");
    roots.add(ca).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tokio_rustls::TlsConnector::from(Arc::new(config))
}

impl Raw {
    pub async fn tls(sandbox: &Sandbox, address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let stream = connector(sandbox)
            .connect(name, stream)
            .await
            .expect("a handshake");
        Self {
            stream: Box::new(stream),
            buffer: Vec::new(),
        }
    }

    /// Plain, up to and with STARTTLS.
    pub async fn starttls(sandbox: &Sandbox, address: &str) -> (Self, Vec<String>) {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let mut plain = Plain {
            stream,
            buffer: Vec::new(),
        };
        let mut said = vec![plain.line().await];
        plain.send("EHLO client.example").await;
        loop {
            let line = plain.line().await;
            let last = line.as_bytes().get(3) == Some(&b' ');
            said.push(line);
            if last {
                break;
            }
        }
        plain.send("STARTTLS").await;
        said.push(plain.line().await);
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let stream = connector(sandbox)
            .connect(name, plain.stream)
            .await
            .expect("a handshake");
        (
            Self {
                stream: Box::new(stream),
                buffer: Vec::new(),
            },
            said,
        )
    }

    pub async fn send(&mut self, line: &str) {
        self.stream
            .write_all(format!("{line}\r\n").as_bytes())
            .await
            .expect("sent");
        self.stream.flush().await.expect("flushed");
    }

    /// The next line without its end; empty at the end of the connection.
    pub async fn line(&mut self) -> String {
        read_line(&mut self.stream, &mut self.buffer).await
    }

    /// Whatever comes until the connection ends.
    pub async fn rest(&mut self) -> String {
        let mut piece = [0_u8; 4096];
        while let Ok(read) = self.stream.read(&mut piece).await {
            if read == 0 {
                break;
            }
            self.buffer.extend_from_slice(&piece[..read]);
        }
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    /// Sends a tagged IMAP command: all lines up to the tagged one.
    pub async fn command(&mut self, command: &str) -> Vec<String> {
        self.send(command).await;
        let tag = format!("{} ", command.split(' ').next().unwrap_or_default());
        self.until(&tag).await
    }

    pub async fn until(&mut self, start: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut self.stream, &mut self.buffer).await {
            let end = line.starts_with(start);
            lines.push(line);
            if end {
                break;
            }
        }
        lines
    }

    /// Sends an SMTP command: all lines of the reply.
    pub async fn reply(&mut self, command: &str) -> Vec<String> {
        self.send(command).await;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            let end = line.as_bytes().get(3) != Some(&b'-');
            lines.push(line);
            if end {
                return lines;
            }
        }
    }
}

struct Plain {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Plain {
    async fn send(&mut self, line: &str) {
        self.stream
            .write_all(format!("{line}\r\n").as_bytes())
            .await
            .expect("sent");
    }
    async fn line(&mut self) -> String {
        read_line(&mut self.stream, &mut self.buffer).await
    }
}

async fn read_line<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> String {
    next_line(stream, buffer).await.unwrap_or_default()
}

/// `None` at the end of the connection.
async fn next_line<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Option<String> {
    let mut piece = [0_u8; 4096];
    loop {
        if let Some(end) = buffer.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            let line = line.strip_suffix(b"\r\n").unwrap_or(&line);
            return Some(String::from_utf8_lossy(line).into_owned());
        }
        // A test that waits for a line which never comes fails instead of hanging.
        let read =
            tokio::time::timeout(std::time::Duration::from_secs(20), stream.read(&mut piece));
        match read.await.expect("a line within 20 s") {
            Ok(0) | Err(_) => return None,
            Ok(read) => buffer.extend_from_slice(&piece[..read]),
        }
    }
}

pub fn xoauth2(user: &str, token: &str) -> String {
    STANDARD.encode(format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}"))
}
