//! `[acme] folder`: what outlives a restart.
//!
//!     lock             held by the process that orders; another one only reads
//!     account.json     the account and its key, at one directory (mode 0600)
//!     NAME.pem         certificate chain and key, together, so that they always fit (mode 0600)
//!     status.json      the status, for programs beside the server

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use instant_acme::AccountCredentials;
use secrecy::{ExposeSecret, SecretString};

use crate::tls::private::write_private;

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

/// Held as long as this is kept; the system gives it back when the process ends, however it ends.
pub(super) struct Lock(#[expect(dead_code, reason = "the lock is the open file")] File);

impl Folder {
    /// Makes it, for us alone.
    pub(super) fn open(path: &Path) -> Result<Folder> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("[acme] folder: cannot make {}", path.display()))?;
        Ok(Folder(path.to_owned()))
    }

    /// `None` while another process orders.
    pub(super) fn try_lock(&self) -> Option<Lock> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.0.join("lock"))
            .ok()?;
        file.try_lock().ok()?;
        Some(Lock(file))
    }

    /// Where the certificate for a name is.
    pub(super) fn certificate(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.pem"))
    }

    /// Keeps a certificate with its key.
    pub(super) fn keep(&self, name: &str, chain_pem: &str, key_pem: &SecretString) -> Result<()> {
        let text = format!("{}\n{}", chain_pem.trim_end(), key_pem.expose_secret());
        write_private(&self.certificate(name), &text)
    }

    /// The account at a directory, if we have one there.
    pub(super) fn account(&self, directory_url: &str) -> Option<AccountCredentials> {
        let text = std::fs::read_to_string(self.account_file()).ok()?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        if value["directory"] != directory_url {
            return None;
        }
        serde_json::from_str(&text).ok()
    }

    /// Keeps the account.
    pub(super) fn keep_account(&self, account: &AccountCredentials) -> Result<()> {
        write_private(&self.account_file(), &serde_json::to_string(account)?)
    }

    /// Forgets an account that the authority does not know any more.
    pub(super) fn forget_account(&self) {
        let _ = std::fs::remove_file(self.account_file());
    }

    fn account_file(&self) -> PathBuf {
        self.0.join("account.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_orders_and_the_next_one_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::open(&folder.path().join("a/b")).unwrap();
        let lock = folder.try_lock().unwrap();
        assert!(folder.try_lock().is_none());
        drop(lock);
        assert!(folder.try_lock().is_some());
    }

    #[test]
    fn the_key_is_readable_for_us_alone() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("acme")).unwrap();
        let file = folder.certificate("a.example.jp");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        folder
            .keep("a.example.jp", "chain\n", &"key\n".into())
            .unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "chain\nkey\n");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }
}
