//! Sealing of secrets at rest: XChaCha20-Poly1305 under a key ring.
//!
//!     seal -> under the key that the database names (its `key_proof`), else the newest of the file
//!     open -> under any key of the ring; a key that is not known has the key file read again
//!     end of a transaction that sealed -> `settle`: nothing stays under a key that was just rotated away
//!
//! A sealed value is bound to its table, row and column: copied to another row it does not open. The key
//! ring is a file of its own (`[secrets] key_file`, mode 0600), never part of the database nor of a
//! backup. Keys are numbered; a newer one that the database does not name yet opens and does not seal, so
//! that the file can be copied to every machine first.
//!
//!     sealed = 1 | key number (u32, big endian) | nonce (24) | ciphertext and tag

mod file;
mod lost;
mod places;
mod rotate;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub(crate) use lost::look;
pub use lost::{Accepted, accept, lost};
pub(crate) use places::survey_in;
pub use places::{SEALED, Sealed, Survey, Without, survey, unreadable};
pub(crate) use rotate::settle;
pub use rotate::{Rotated, add_key, drop_key, rotate};

use crate::error::{Error, Result};
use crate::world::World;
use file::Stamp;

const VERSION: u8 = 1;
const HEAD: usize = 1 + 4 + 24;

/// Where a sealed value stands; part of what the seal covers.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table's name.
    pub table: &'static str,
    /// The column's name.
    pub column: &'static str,
    /// The row's id.
    pub row: &'a [u8; 16],
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}\0{}\0", self.table, self.column).into_bytes();
        bytes.extend_from_slice(self.row);
        bytes
    }
}

/// A numbered key.
#[derive(Clone)]
pub(crate) struct Key {
    number: u32,
    bytes: Zeroizing<[u8; 32]>,
}

impl Key {
    /// A short name by which two files can be compared; says nothing of the key.
    fn fingerprint(&self) -> String {
        let hash = blake3::derive_key("tegata 2026 key fingerprint", &self.bytes[..]);
        crate::base32(&hash[..5])
    }
}

/// What was sealed in a transaction: table, column of the seal, row, key.
#[derive(Clone)]
pub(crate) struct Stood {
    table: &'static str,
    column: &'static str,
    row: [u8; 16],
    number: u32,
}

/// The keys. Clones are one ring.
#[derive(Clone)]
pub struct KeyRing {
    ring: Arc<Ring>,
    /// What was sealed through this handle.
    stood: Arc<Mutex<Vec<Stood>>>,
}

struct Ring {
    /// `None` for a ring that lives in memory only.
    path: Option<PathBuf>,
    keys: RwLock<(Stamp, Vec<Key>)>,
    /// The number of the key that seals.
    sealing: AtomicU32,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing({:?})", self.numbers())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KeyRing {
    fn of(path: Option<PathBuf>, stamp: Stamp, keys: Vec<Key>) -> KeyRing {
        let newest = keys.iter().map(|key| key.number).max().unwrap_or(0);
        KeyRing {
            ring: Arc::new(Ring {
                path,
                keys: RwLock::new((stamp, keys)),
                sealing: AtomicU32::new(newest),
            }),
            stood: Arc::default(),
        }
    }

    /// A ring with one new key, in memory.
    pub fn generate(world: &World) -> KeyRing {
        KeyRing::of(None, Stamp::default(), vec![file::new_key(1, world)])
    }

    /// A ring that opens nothing.
    pub(crate) fn empty() -> KeyRing {
        KeyRing::of(None, Stamp::default(), Vec::new())
    }

    /// Reads the key file; `None` where there is none.
    ///
    /// Errors: the file's own, and [`Error::Config`] when it is not a key file.
    pub fn load(path: &Path) -> Result<Option<KeyRing>> {
        Ok(file::read(path)?.map(|(stamp, keys)| KeyRing::of(Some(path.to_owned()), stamp, keys)))
    }

    /// Reads the key file, or makes it (mode 0600) where there is none. Of two who make it at once one does.
    ///
    /// Errors: the file's own, and [`Error::Config`] when it is not a key file.
    pub fn load_or_create(path: &Path, world: &World) -> Result<KeyRing> {
        if KeyRing::load(path)?.is_none() {
            file::create(path, &[file::new_key(1, world)])?;
        }
        KeyRing::load(path)?
            .ok_or_else(|| Error::Config(format!("{} went away again", path.display())))
    }

    /// The numbers of the keys, in the file's order.
    pub fn numbers(&self) -> Vec<u32> {
        let keys = self
            .ring
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        keys.1.iter().map(|key| key.number).collect()
    }

    /// Number and fingerprint of each key.
    pub fn fingerprints(&self) -> Vec<(u32, String)> {
        let keys = self
            .ring
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        keys.1
            .iter()
            .map(|key| (key.number, key.fingerprint()))
            .collect()
    }

    /// The number of the key that seals.
    pub fn sealing(&self) -> u32 {
        self.ring.sealing.load(Ordering::SeqCst)
    }

    /// Where the keys are kept.
    pub fn path(&self) -> Option<&Path> {
        self.ring.path.as_deref()
    }

    /// Seals with this key from now on, if it is in the ring.
    pub(crate) fn seal_with(&self, number: u32) -> bool {
        let known = self.key(number).is_some();
        if known {
            self.ring.sealing.store(number, Ordering::SeqCst);
        }
        known
    }

    /// A key by its number; the file is read again where it is not known and the file has changed.
    pub(crate) fn key(&self, number: u32) -> Option<Key> {
        let find = || {
            let keys = self
                .ring
                .keys
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            keys.1.iter().find(|key| key.number == number).cloned()
        };
        find().or_else(|| {
            self.reload();
            find()
        })
    }

    /// Takes over the file as it is now. One that cannot be read leaves the ring as it is.
    pub(crate) fn reload(&self) {
        let Some(path) = &self.ring.path else { return };
        let known = {
            let keys = self
                .ring
                .keys
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            keys.0
        };
        if Stamp::of(path) == known {
            return;
        }
        match file::read(path) {
            Ok(Some((stamp, keys))) => {
                let mut known = self
                    .ring
                    .keys
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                // What this process knows it keeps: a key that was dropped opens what nobody sealed anew.
                let mut all = keys;
                for old in &known.1 {
                    if !all.iter().any(|key| key.number == old.number) {
                        all.push(old.clone());
                    }
                }
                *known = (stamp, all);
            }
            Ok(None) => tracing::warn!(file = %path.display(), "the key file is gone"),
            Err(error) => tracing::warn!(%error, "the key file could not be read again"),
        }
    }

    /// The same ring for one transaction, which remembers what was sealed.
    pub(crate) fn for_transaction(&self) -> KeyRing {
        KeyRing {
            ring: self.ring.clone(),
            stood: Arc::default(),
        }
    }

    /// What was sealed through this handle since it was last asked.
    pub(crate) fn take_stood(&self) -> Vec<Stood> {
        std::mem::take(&mut locked(&self.stood))
    }

    /// Seals a secret for its place.
    pub fn seal(&self, world: &World, place: Place<'_>, secret: &SecretString) -> Vec<u8> {
        debug_assert!(
            place.table == "meta" || places::known(place.table, place.column),
            "{}.{} is not in SEALED: a rotation of keys would forget it",
            place.table,
            place.column
        );
        let key = self.key(self.sealing()).expect("the sealing key is known");
        let sealed = self.seal_under(&key, world, place, secret);
        locked(&self.stood).push(Stood {
            table: place.table,
            column: place.column,
            row: *place.row,
            number: key.number,
        });
        sealed
    }

    fn seal_under(
        &self,
        key: &Key,
        world: &World,
        place: Place<'_>,
        secret: &SecretString,
    ) -> Vec<u8> {
        let nonce: [u8; 24] = world.random();
        let cipher = XChaCha20Poly1305::new((&*key.bytes).into());
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &place.bytes(),
        };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a value in memory can be sealed");
        let mut bytes = Vec::with_capacity(HEAD + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&key.number.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        bytes
    }

    /// Opens what was sealed for the same place.
    ///
    /// Errors: [`Error::Sealed`] names table and column, never the value.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretString> {
        let refused = || Error::Sealed {
            place: format!("{}.{}", place.table, place.column),
        };
        let number = number_of(sealed).ok_or_else(refused)?;
        let nonce: [u8; 24] = sealed[5..HEAD].try_into().map_err(|_| refused())?;
        let key = self.key(number).ok_or_else(refused)?;
        let cipher = XChaCha20Poly1305::new((&*key.bytes).into());
        let payload = Payload {
            msg: &sealed[HEAD..],
            aad: &place.bytes(),
        };
        let plain = Zeroizing::new(
            cipher
                .decrypt(&XNonce::from(nonce), payload)
                .map_err(|_| refused())?,
        );
        // Somebody sealed with a newer key: the keys were rotated.
        self.ring.sealing.fetch_max(number, Ordering::SeqCst);
        let text = std::str::from_utf8(&plain).map_err(|_| refused())?;
        Ok(SecretString::from(text.to_owned()))
    }

    /// A key for one purpose, from the key of this number; `None` where the ring does not have it.
    pub(crate) fn derive(
        &self,
        number: u32,
        salt: &[u8],
        purpose: &[u8],
    ) -> Option<Zeroizing<[u8; 32]>> {
        let key = self.key(number)?;
        let mut derived = Zeroizing::new([0; 32]);
        hkdf::Hkdf::<sha2::Sha256>::new(Some(salt), &key.bytes[..])
            .expand(purpose, &mut derived[..])
            .expect("32 octets can be derived");
        Some(derived)
    }
}

/// The place of the value by which a database knows its key ring (`meta`, `key_proof`).
pub(crate) const PROOF: Place<'static> = Place {
    table: "meta",
    column: "value",
    row: &[0; 16],
};

/// The number of the key that sealed a value; `None` when it is no sealed value.
pub(crate) fn number_of(sealed: &[u8]) -> Option<u32> {
    if sealed.len() < HEAD || sealed[0] != VERSION {
        return None;
    }
    Some(u32::from_be_bytes(sealed[1..5].try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: &[u8; 16]) -> Place<'_> {
        Place {
            table: "grants",
            column: "refresh_token",
            row,
        }
    }

    #[test]
    fn a_sealed_value_opens_only_at_its_place() {
        let (world, _) = World::for_tests(0, 1);
        let ring = KeyRing::generate(&world);
        let secret = SecretString::from("1//refresh");
        let sealed = ring.seal(&world, place(&[1; 16]), &secret);
        assert!(!String::from_utf8_lossy(&sealed).contains("refresh"));
        assert_eq!(
            ring.open(place(&[1; 16]), &sealed).unwrap().expose_secret(),
            "1//refresh"
        );
        assert!(ring.open(place(&[2; 16]), &sealed).is_err());
        let other = Place {
            table: "grants",
            column: "access_token",
            row: &[1; 16],
        };
        assert!(ring.open(other, &sealed).is_err());
        assert!(ring.open(place(&[1; 16]), &sealed[..20]).is_err());
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/tegata.key");
        let (world, _) = World::for_tests(0, 1);
        let ring = KeyRing::load_or_create(&path, &world).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let again = KeyRing::load_or_create(&path, &world).unwrap();
        let sealed = ring.seal(&world, place(&[1; 16]), &SecretString::from("x"));
        assert!(again.open(place(&[1; 16]), &sealed).is_ok());
        std::fs::write(&path, "rubbish").unwrap();
        let error = KeyRing::load_or_create(&path, &world)
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
