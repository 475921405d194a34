//! Our door as the world sees it: TLS under the public name, whatever the port.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(super) const DOMAIN: &str = "mail.example.jp";
const BODY: &str = r#"{"login":"nobody","password":"wrong password"}"#;

/// Where to knock, and whom to believe.
pub(super) struct Door {
    port: u16,
    config: ClientConfig,
}

impl Door {
    pub(super) fn new(port: u16, root_pem: &str) -> Door {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = RootCertStore::empty();
        for root in rustls_pemfile::certs(&mut root_pem.as_bytes()) {
            roots.add(root.expect("PEM")).expect("a root");
        }
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Door { port, config }
    }

    /// For the certificate of the time being.
    pub(super) fn trusting_all(port: u16) -> Door {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth();
        Door { port, config }
    }

    async fn shake(&self, alpn: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config = self.config.clone();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let name = ServerName::try_from(DOMAIN).expect("a name");
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    /// Whether a handshake with this protocol works.
    pub(super) async fn speaks(&self, alpn: &str) -> bool {
        self.shake(alpn).await.is_ok()
    }

    /// What a new connection is shown, when it is believed.
    pub(super) async fn certificate(&self) -> Option<CertificateDer<'static>> {
        Some(shown(&self.shake("http/1.1").await.ok()?))
    }

    /// The status of a request of its own connection.
    pub(super) async fn get(&self, path: &str) -> u16 {
        let mut stream = self.shake("http/1.1").await.expect("a handshake");
        ask(&mut stream, path).await
    }
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let chain = stream.get_ref().1.peer_certificates();
    chain.expect("a chain")[0].clone().into_owned()
}

/// A request whose second half is long in coming.
pub(super) struct Slow {
    stream: TlsStream<TcpStream>,
    pub(super) certificate: CertificateDer<'static>,
}

impl Slow {
    pub(super) async fn begin(door: &Door, path: &str) -> Slow {
        let mut stream = door.shake("http/1.1").await.expect("a handshake");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {DOMAIN}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
            BODY.len(),
            &BODY[..10]
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("the line is open");
        let certificate = shown(&stream);
        Slow {
            stream,
            certificate,
        }
    }

    /// Sends the rest: the status.
    pub(super) async fn end(&mut self) -> u16 {
        let rest = &BODY.as_bytes()[10..];
        self.stream.write_all(rest).await.expect("the line is open");
        answered(&mut self.stream).await
    }

    /// Another request on the same connection.
    pub(super) async fn get(&mut self, path: &str) -> u16 {
        ask(&mut self.stream, path).await
    }
}

async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> u16 {
    let head = format!("GET {path} HTTP/1.1\r\nhost: {DOMAIN}\r\n\r\n");
    stream
        .write_all(head.as_bytes())
        .await
        .expect("the line is open");
    answered(stream).await
}

/// Reads one answer with its body.
async fn answered(stream: &mut TlsStream<TcpStream>) -> u16 {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return code(head);
            }
        }
        let read = stream.read_buf(&mut bytes).await.expect("an answer");
        assert!(read > 0, "the line was closed after {text:?}");
    }
}

fn code(head: &str) -> u16 {
    let word = head.split(' ').nth(1).expect("a status line");
    word.parse().expect("a status")
}

/// A request by plain HTTP: status and Location.
pub(super) async fn plain(port: u16, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("it listens");
    let head = format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\n\r\n");
    stream
        .write_all(head.as_bytes())
        .await
        .expect("the line is open");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    let mut lines = text.lines();
    let location = lines.find_map(|line| line.strip_prefix("location: "));
    (code(&text), location.unwrap_or_default().to_owned())
}

/// Somebody else's web server: its port. It knows no page.
pub(super) async fn stranger() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes).await;
            let answer =
                "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\nconnection: close\r\n\r\nnope\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    port
}

#[derive(Debug)]
struct Anybody;

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
