//! The octets of a message on their way in: in memory while small, in a file above that.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncWriteExt as _;

/// Sizes in octets.
#[derive(Debug, Clone)]
pub struct BodyLimits {
    /// Up to here a body stays in memory.
    pub memory: usize,
    /// Above this a body is refused (`ImapError::TooLarge`).
    pub most: u64,
    /// Where larger bodies are spilled to; must exist.
    pub spill_dir: PathBuf,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            memory: 1024 * 1024,
            most: 100 * 1024 * 1024,
            spill_dir: std::env::temp_dir(),
        }
    }
}

/// A body that has arrived whole.
#[derive(Debug)]
pub enum Body {
    Memory(Vec<u8>),
    File(SpillFile),
}

/// A file that goes away with this value.
#[derive(Debug)]
pub struct SpillFile {
    path: PathBuf,
    len: u64,
}

impl SpillFile {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Body {
    /// Octets.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(file) => file.len,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it in memory; for a message this is at most `BodyLimits::most`.
    pub async fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory(bytes) => Ok(bytes),
            Self::File(file) => tokio::fs::read(&file.path).await,
        }
    }
}

/// A body while it arrives.
pub(super) enum BodyWriter {
    Memory(Vec<u8>),
    File {
        file: tokio::fs::File,
        spill: SpillFile,
    },
}

impl BodyWriter {
    pub(super) async fn begin(announced: u64, limits: &BodyLimits) -> io::Result<Self> {
        match usize::try_from(announced) {
            Ok(len) if len <= limits.memory => Ok(Self::Memory(Vec::with_capacity(len))),
            _ => {
                let path = limits.spill_dir.join(fresh_name());
                let mut options = tokio::fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                options.mode(0o600);
                let file = options.open(&path).await?;
                Ok(Self::File {
                    file,
                    spill: SpillFile { path, len: 0 },
                })
            }
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory(buffer) => buffer.extend_from_slice(bytes),
            Self::File { file, spill } => {
                file.write_all(bytes).await?;
                spill.len += bytes.len() as u64;
            }
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> io::Result<Body> {
        match self {
            Self::Memory(buffer) => Ok(Body::Memory(buffer)),
            Self::File { mut file, spill } => {
                file.flush().await?;
                Ok(Body::File(spill))
            }
        }
    }
}

/// A name no other file of this folder has: process, and a number that only grows. `create_new` catches what a
/// former process with the same number left.
fn fresh_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let started = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |d| d.as_nanos());
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("tegata-{}-{started}-{number}.spill", std::process::id())
}
