//! A backup: one sealed stream with everything in it, and the way back.
//!
//!     make:    one snapshot -> head, rows of all tables, blobs they name, totals -> records -> sealed chunks
//!     restore: sealed chunks -> records -> an empty database of either kind, and blobs -> one commit
//!
//! What always holds: the stream is sealed under a key of the ring and never holds one; a stream that is cut,
//! damaged or put together in another order restores nothing; tables and columns are taken from the schema
//! itself, so that no new one is forgotten. The search index is not in it: it is made anew from the mails.

mod make;
mod record;
mod restore;
mod stream;
mod tables;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use make::make;
pub use restore::{Target, restore, verify};
pub use stream::MAGIC;
pub use tables::{Column, Kind, LEFT_OUT, Table, tables};

/// The version of the records inside.
pub(crate) const FORMAT: u32 = 1;

/// What a backup says of itself, first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// Of the records.
    pub format: u32,
    /// The program that made it.
    pub program: String,
    /// Milliseconds since 1970.
    pub made_at: i64,
    /// The newest migration of its database.
    pub schema: i64,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// The tables, in the order of their numbers.
    pub tables: Vec<Table>,
}

/// What a backup holds; told last, and compared on the way back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Rows of each table.
    pub tables: BTreeMap<String, u64>,
    /// Blobs.
    pub blobs: u64,
    /// Their octets, packed.
    pub blob_octets: u64,
    /// Blobs that a row names and that were not there, or broken.
    pub missing_blobs: Vec<String>,
}

impl Totals {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.values().sum()
    }
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Summary {
    /// What the backup says of itself.
    pub head: Head,
    /// What is in it.
    pub totals: Totals,
    /// Mails that were to be sent when it was made and whose time has come: looked for in Sent first.
    pub unclear: u64,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Rows so far.
    pub rows: u64,
    /// Blobs so far.
    pub blobs: u64,
    /// Their octets.
    pub octets: u64,
    /// Emails in the search index again (restore).
    pub indexed: u64,
}

/// Told now and then.
pub type Told = Box<dyn FnMut(Progress) + Send>;
