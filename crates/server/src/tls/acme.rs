//! A certificate from an authority, ordered and renewed by ourselves (ACME, RFC 8555).
//!
//!     open   what the folder holds, or a certificate for the time being: the door can be opened
//!     begin  plain HTTP (`plain`); then, for ever (`keeper`):
//!              the lock is another process's -> its files and its status are followed
//!              not yet due (`plan`)          -> sleep, at most a minute: clocks are set, machines suspended
//!              due -> order (`order`) -> kept in the folder, shown from the next handshake on
//!                                     -> trouble (`trouble`): told, a pause, the other challenge next
//!
//! What always holds: the certificate that is shown goes on until a better one is there. One process of a
//! folder orders. A failure is told once in the log, and stands in the status (`status`) until it is over.

mod challenges;
mod folder;
mod http;
mod keeper;
mod order;
mod plain;
mod plan;
mod status;
#[cfg(test)]
mod tests;
pub mod trouble;

use std::sync::{Arc, Mutex};

use anyhow::Result;
use rustls::server::ResolvesServerCert;
use store::World;

pub use challenges::Challenges;
pub use status::{AcmeStatus, Board};

use super::files::Files;
use super::self_signed;
use crate::config::{Challenge, Config};
use folder::Folder;
use http::Http;
use keeper::Keeper;
use order::{Desk, Way};

/// All of it; clones are the same.
#[derive(Clone)]
pub struct Acme(Arc<Keeper>);

impl Acme {
    /// Errors: the folder or `[acme] ca_file` cannot be used.
    pub fn open(config: &Config, world: World) -> Result<Acme> {
        let acme = &config.acme;
        let domain = acme.domain(&config.server.public_url)?;
        let folder = Folder::open(&acme.folder)?;
        let first = self_signed::for_the_time_being(&domain)?;
        let files = Arc::new(Files::expect(folder.certificate(&domain), first));
        let proxy = config.proxy()?;
        let http = Http::new(proxy.as_ref(), acme.ca_file.as_deref(), world.clone())?;
        let mut status = AcmeStatus::written(config)
            .filter(|before| before.domain == domain)
            .unwrap_or_default();
        let moved = !status.directory_url.is_empty() && status.directory_url != acme.directory_url;
        status.domain.clone_from(&domain);
        if status.directory_url.is_empty() {
            status.directory_url.clone_from(&acme.directory_url);
        }
        let ways = match acme.challenge {
            Challenge::Http01 => vec![Way::Http01],
            Challenge::TlsAlpn01 => vec![Way::TlsAlpn01],
            Challenge::Auto if acme.http_listen.is_empty() => vec![Way::TlsAlpn01],
            Challenge::Auto if config.server.listen.ends_with(":443") => {
                vec![Way::TlsAlpn01, Way::Http01]
            }
            Challenge::Auto => vec![Way::Http01, Way::TlsAlpn01],
        };
        Ok(Acme(Arc::new(Keeper {
            board: Board::new(&acme.folder, status),
            desk: Desk {
                domain,
                directory_url: acme.directory_url.clone(),
                contact: acme.contact.clone(),
                folder,
                http,
                challenges: Arc::new(Challenges::default()),
            },
            ways,
            http_listen: acme.http_listen.clone(),
            public_url: config.server.public_url.clone(),
            files,
            world,
            moved,
            plain: Mutex::new(false),
        })))
    }

    /// Begins to order. The listener must be there: the authority may look at once.
    pub fn begin(&self) {
        tokio::spawn(self.0.clone().run());
    }

    /// Shows the certificate.
    pub fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        self.0.files.clone()
    }

    /// Challenges that stand.
    pub fn challenges(&self) -> &Challenges {
        &self.0.desk.challenges
    }

    /// How it stands.
    pub fn board(&self) -> Board {
        self.0.board.clone()
    }
}
