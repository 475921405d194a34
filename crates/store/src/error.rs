//! What can go wrong in the store.

use std::path::Path;

/// A store's refusal. Absence is no error: lookups give an `Option`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database said no, or is not there.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database's schema: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row holds something that makes no sense there.
    #[error("a row has a value that makes no sense in column {column}")]
    Row {
        /// The column's name.
        column: String,
    },
    /// A sealed value cannot be opened: another key file, or somebody changed the row.
    #[error("a sealed value in {place} cannot be opened: is this the right key file?")]
    Sealed {
        /// Table and column.
        place: String,
    },
    /// A blob is missing or broken.
    #[error("blob {id}: {reason}")]
    Blob {
        /// Which.
        id: String,
        /// What is the matter.
        reason: String,
    },
    /// A backup cannot be read, or cannot be restored here.
    #[error("{0}")]
    Backup(String),
    /// A setting cannot work.
    #[error("{0}")]
    Config(String),
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: String,
        /// The system's words.
        error: std::io::Error,
    },
    /// The task that carried the transaction was lost.
    #[error("a transaction was broken off")]
    BrokenOff,
}

impl Error {
    /// A file's error with its path.
    pub fn io(path: &Path, error: std::io::Error) -> Error {
        Error::File {
            path: path.display().to_string(),
            error,
        }
    }

    /// Whether the same might work in a while: the database is away, locked or full.
    pub fn is_passing(&self) -> bool {
        match self {
            Error::Database(
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed,
            ) => true,
            Error::Database(sqlx::Error::Database(error)) => {
                // SQLite: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN; PostgreSQL: classes 08, 53, 57, and 40,
                // a transaction that lost against another one.
                let code = error.code().unwrap_or_default().into_owned();
                let sqlite = code.parse::<i64>().ok().map(|code| code & 0xff);
                matches!(sqlite, Some(5 | 6 | 8 | 10 | 13 | 14)) && code.len() < 5
                    || ["08", "40", "53", "57"]
                        .iter()
                        .any(|class| code.len() == 5 && code.starts_with(class))
            }
            Error::File { .. } | Error::BrokenOff => true,
            _ => false,
        }
    }

    /// Whether a UNIQUE rule was hit.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// The store's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
