//! The key file: a line a key, `NUMBER BASE64-OF-32-BYTES`.
//!
//! What always holds: the file is complete or not there, also after a crash (written beside, synced, put into
//! place); it stays with its owner, mode 0600; of two who change it one waits for nobody and is told.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Key;
use crate::error::{Error, Result};
use crate::world::World;

/// Tells one state of a file from another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stamp(Option<(u64, u64, i64, i64)>);

impl Stamp {
    pub(super) fn of(path: &Path) -> Stamp {
        Stamp(
            std::fs::metadata(path)
                .ok()
                .map(|meta| (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())),
        )
    }
}

pub(super) fn new_key(number: u32, world: &World) -> Key {
    Key {
        number,
        bytes: Zeroizing::new(world.random()),
    }
}

/// The keys of the file; `None` where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<(Stamp, Vec<Key>)>> {
    // Before the content: a change in between makes the next look read it again.
    let stamp = Stamp::of(path);
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((stamp, parse(&Zeroizing::new(text), path)?))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, error)),
    }
}

fn parse(text: &str, path: &Path) -> Result<Vec<Key>> {
    let broken = |line: usize| {
        Error::Config(format!(
            "{}, line {line}: expected `NUMBER BASE64-OF-32-BYTES`",
            path.display()
        ))
    };
    let mut keys: Vec<Key> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (number, key) = line.split_once(' ').ok_or_else(|| broken(index + 1))?;
        let number: u32 = number.parse().map_err(|_| broken(index + 1))?;
        let bytes = STANDARD
            .decode(key.trim())
            .map(Zeroizing::new)
            .map_err(|_| broken(index + 1))?;
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| broken(index + 1))?;
        if keys.iter().any(|known| known.number == number) {
            return Err(Error::Config(format!(
                "{}, line {}: key {number} is there twice",
                path.display(),
                index + 1
            )));
        }
        keys.push(Key {
            number,
            bytes: Zeroizing::new(key),
        });
    }
    if keys.is_empty() {
        return Err(Error::Config(format!("{} holds no key", path.display())));
    }
    Ok(keys)
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Writes the keys beside the file and syncs them; the path of what was written.
fn write_beside(path: &Path, keys: &[Key]) -> std::io::Result<PathBuf> {
    let mut text = Zeroizing::new(String::from(
        "# Tegata's key ring. Whoever has this file and the database has every token in it.\n\
         # Keep a copy apart from the backups: without it the mailboxes must be connected again.\n",
    ));
    for key in keys {
        text.push_str(&format!(
            "{} {}\n",
            key.number,
            STANDARD.encode(&key.bytes[..])
        ));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let beside = path.with_file_name(name);
    let _ = std::fs::remove_file(&beside);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    // Changed by root, it stays with the user who serves.
    if let Ok(old) = std::fs::metadata(path) {
        let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(beside)
}

/// Makes the file; one that is there meanwhile is left as it is.
pub(super) fn create(path: &Path, keys: &[Key]) -> Result<()> {
    let folder = folder_of(path);
    std::fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    let make = || -> std::io::Result<()> {
        let beside = write_beside(path, keys)?;
        let linked = std::fs::hard_link(&beside, path);
        std::fs::remove_file(&beside)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        File::open(&folder)?.sync_all()
    };
    make().map_err(|error| Error::io(path, error))
}

/// Puts other keys into the file's place.
pub(super) fn replace(path: &Path, keys: &[Key]) -> Result<()> {
    let put = || -> std::io::Result<()> {
        let beside = write_beside(path, keys)?;
        std::fs::rename(&beside, path)?;
        File::open(folder_of(path))?.sync_all()
    };
    put().map_err(|error| Error::io(path, error))
}

/// Holds the key file against other commands, until the value is dropped.
///
/// Errors: [`Error::Config`] when another one holds it.
pub(super) fn hold(path: &Path) -> Result<File> {
    let folder = folder_of(path);
    let file = File::open(&folder).map_err(|error| Error::io(&folder, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Config(format!(
            "another command is changing {} at this moment; wait for its end and look with `tegata keys list`",
            path.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(Error::io(&folder, error)),
    }
}

/// [`hold`], in a folder that may have to be made.
pub(super) fn hold_or_make(path: &Path) -> Result<File> {
    let folder = folder_of(path);
    std::fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    hold(path)
}
