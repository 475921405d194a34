//! TLS of our own door.
//!
//!     off          none: behind a proxy that does it
//!     files        certificate and key from files, read again when they change
//!     self-signed  an authority of our own that is printed
//!     acme         ordered from a certificate authority and renewed (`acme`)
//!
//! What always holds: the door is open from the first moment on, a certificate is replaced only by one that
//! works, and connections that are open keep the one they began with.

pub mod acme;
mod files;
pub mod private;
mod self_signed;
pub mod x509;

use std::io;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use rustls::ServerConfig;
use rustls::server::{Acceptor, ResolvesServerCert};
use store::World;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{Config, Tls};
use acme::Acme;
use files::Files;

/// Who answers TLS handshakes.
pub struct Door {
    config: Arc<ServerConfig>,
    acme: Option<Acme>,
}

impl Door {
    /// As configured; `None` for plain HTTP.
    ///
    /// Errors: a certificate or key that cannot be used, in a sentence with its file.
    pub fn open(config: &Config, world: &World) -> Result<Option<Door>> {
        let mut acme = None;
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
            Tls::SelfSigned => Arc::new(self_signed::Fixed(self_signed::by_own_authority(config)?)),
            Tls::Acme => {
                let opened = Acme::open(config, world.clone())?;
                let resolver = opened.resolver();
                acme = Some(opened);
                resolver
            }
        };
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(Door {
            config: Arc::new(config),
            acme,
        }))
    }

    /// Lets the work begin that needs the listener to be there.
    pub fn begin(&self) {
        if let Some(acme) = &self.acme {
            acme.begin();
        }
    }

    /// How it stands with the certificate that is ordered; `None` for other kinds of TLS.
    pub fn acme_status(&self) -> Option<acme::Board> {
        self.acme.as_ref().map(Acme::board)
    }

    /// Shakes hands. `None`: it was the authority that looked (RFC 8737, 3), and there is nothing more to say.
    pub async fn accept<S>(&self, stream: S) -> io::Result<Option<TlsStream<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let looked = self
            .acme
            .as_ref()
            .and_then(|acme| acme.challenges().answer_tls(&start.client_hello()));
        match looked {
            Some(config) => {
                let mut stream = start.into_stream(config).await?;
                // It may have hung up by itself.
                let _ = stream.shutdown().await;
                Ok(None)
            }
            None => start.into_stream(self.config.clone()).await.map(Some),
        }
    }
}
