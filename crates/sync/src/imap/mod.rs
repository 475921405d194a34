//! One IMAP connection of an account: open, log in, and the commands replication needs.
//!
//! Octets come in through `wire`'s reader; this module only moves them, keeps the time and pairs answers with
//! commands. What always holds: a command that did not end in its tagged answer (error, time-out, dropped future)
//! leaves the connection unusable, and no error carries a token.

mod append;
mod body;
mod connection;
mod error;
mod exchange;
mod fetch;
mod folder;
mod idle;
mod login;
mod message;

pub use append::Appended;
pub use body::{Body, BodyLimits};
pub use connection::{Connection, Limits, News};
pub use error::ImapError;
pub use fetch::{FetchRun, Fetched};
pub use folder::{FolderLine, Selected};
pub use idle::IdleEnd;
pub use message::Moved;

#[cfg(test)]
mod tests;
