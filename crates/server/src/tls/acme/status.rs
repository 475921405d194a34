//! How it stands with the certificate: for the self-check, for people, for another process on the folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use store::Millis;

use super::trouble::Trouble;
use crate::config::Config;
use crate::tls::private::write_private;

/// How it stands. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcmeStatus {
    /// The name that the certificate is for.
    pub domain: String,
    /// The directory that it came from; before the first one, the one that it is ordered from.
    pub directory_url: String,
    /// Until when the certificate holds; `None` while there is none from the authority.
    pub not_after: Option<Millis>,
    /// How the name was proven last: `http-01` or `tls-alpn-01`.
    pub challenge: Option<String>,
    /// What stands in the way; `None` after an order that went well.
    pub last_error: Option<Trouble>,
    /// When the next order is due; `None` while one runs.
    pub next_try: Option<Millis>,
}

impl AcmeStatus {
    /// As the process that orders wrote it into the folder; `None` before its first word. For programs beside
    /// the server; inside of it there is [`Board`].
    pub fn written(config: &Config) -> Option<AcmeStatus> {
        read(&file(&config.acme.folder))
    }
}

/// Where the status hangs; clones show the same.
#[derive(Debug, Clone)]
pub struct Board(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    status: RwLock<AcmeStatus>,
}

impl Board {
    pub(super) fn new(folder: &Path, status: AcmeStatus) -> Board {
        Board(Arc::new(Inner {
            file: file(folder),
            status: RwLock::new(status),
        }))
    }

    /// The status now.
    pub fn status(&self) -> AcmeStatus {
        let status = self.0.status.read();
        status.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes it, and the file where that is another one than before.
    pub(super) fn change(&self, change: impl FnOnce(&mut AcmeStatus)) {
        let before = self.status();
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return;
        }
        *self
            .0
            .status
            .write()
            .unwrap_or_else(PoisonError::into_inner) = after.clone();
        let text = serde_json::to_string_pretty(&after).unwrap_or_default();
        if let Err(error) = write_private(&self.0.file, &text) {
            tracing::warn!("{error:#}");
        }
    }

    /// Takes what another process wrote.
    pub(super) fn read_again(&self) {
        if let Some(written) = read(&self.0.file) {
            *self
                .0
                .status
                .write()
                .unwrap_or_else(PoisonError::into_inner) = written;
        }
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("status.json")
}

fn read(file: &Path) -> Option<AcmeStatus> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}
