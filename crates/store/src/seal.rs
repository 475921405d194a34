//! Sealing of secrets at rest: XChaCha20-Poly1305 under a key ring.
//!
//! A sealed value is bound to its table, row and column: copied to another row it does not open. The key
//! ring is a file of its own (`[secrets] key_file`, mode 0600), never part of the database nor of a
//! backup. Its last key seals; every key in it opens, so that keys can be changed.
//!
//!     sealed = 1 | key number (u32, big endian) | nonce (24) | ciphertext and tag

use std::path::Path;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::world::World;

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

/// The keys, newest last.
#[derive(Clone)]
pub struct KeyRing(Arc<Vec<(u32, Zeroizing<[u8; 32]>)>>);

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing({} keys)", self.0.len())
    }
}

impl KeyRing {
    /// A ring with one new key.
    pub fn generate(world: &World) -> KeyRing {
        KeyRing(Arc::new(vec![(1, Zeroizing::new(world.random()))]))
    }

    /// Reads the key file, or makes it (mode 0600) where there is none.
    ///
    /// Errors: the file's own, and [`Error::Config`] when it is not a key file or others may read it.
    pub fn load_or_create(path: &Path, world: &World) -> Result<KeyRing> {
        match std::fs::read_to_string(path) {
            Ok(text) => KeyRing::parse(&Zeroizing::new(text), path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let ring = KeyRing::generate(world);
                ring.save(path)?;
                Ok(ring)
            }
            Err(error) => Err(Error::io(path, error)),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<KeyRing> {
        let broken = |line: usize| {
            Error::Config(format!(
                "{}, line {line}: expected `NUMBER BASE64-OF-32-BYTES`",
                path.display()
            ))
        };
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (number, key) = line.split_once(' ').ok_or_else(|| broken(index + 1))?;
            let number: u32 = number.parse().map_err(|_| broken(index + 1))?;
            let bytes = decode_base64(key.trim()).ok_or_else(|| broken(index + 1))?;
            let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| broken(index + 1))?;
            keys.push((number, Zeroizing::new(key)));
        }
        if keys.is_empty() {
            return Err(Error::Config(format!("{} holds no key", path.display())));
        }
        Ok(KeyRing(Arc::new(keys)))
    }

    fn save(&self, path: &Path) -> Result<()> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        }
        let mut text = Zeroizing::new(String::from(
            "# Tegata's key ring. Whoever has this file and the database has every token in it.\n\
             # Keep a copy apart from the backups: without it the mailboxes must be connected again.\n",
        ));
        for (number, key) in self.0.iter() {
            text.push_str(&format!("{number} {}\n", encode_base64(&key[..])));
        }
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| Error::io(path, error))
    }

    /// Seals a secret for its place.
    pub fn seal(&self, world: &World, place: Place<'_>, secret: &SecretString) -> Vec<u8> {
        let (number, key) = self.0.last().expect("a key ring is never empty");
        let nonce: [u8; 24] = world.random();
        let cipher = XChaCha20Poly1305::new((&**key).into());
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &place.bytes(),
        };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a value in memory can be sealed");
        let mut bytes = Vec::with_capacity(HEAD + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&number.to_be_bytes());
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
        if sealed.len() < HEAD || sealed[0] != VERSION {
            return Err(refused());
        }
        let number = u32::from_be_bytes(sealed[1..5].try_into().map_err(|_| refused())?);
        let nonce: [u8; 24] = sealed[5..HEAD].try_into().map_err(|_| refused())?;
        let (_, key) = self
            .0
            .iter()
            .find(|(known, _)| *known == number)
            .ok_or_else(refused)?;
        let cipher = XChaCha20Poly1305::new((&**key).into());
        let payload = Payload {
            msg: &sealed[HEAD..],
            aad: &place.bytes(),
        };
        let plain = Zeroizing::new(
            cipher
                .decrypt(&XNonce::from(nonce), payload)
                .map_err(|_| refused())?,
        );
        let text = std::str::from_utf8(&plain).map_err(|_| refused())?;
        Ok(SecretString::from(text.to_owned()))
    }
}

fn encode_base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()
        .map(Zeroizing::new)
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
