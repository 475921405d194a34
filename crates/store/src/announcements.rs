//! Who wants to know that something changed is told after the commit.
//!
//!     write transaction -> commit -> local listeners (a broadcast channel)
//!                                 -> other processes (PostgreSQL: NOTIFY; SQLite: they see data_version)
//!
//! An announcement says where to look, never what is there. A lost one costs nothing but time: whoever
//! listens also looks by itself from time to time.

use std::str::FromStr;

use crate::id::{AccountId, ConnectId, GrantId};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// An account's change log grew.
    Account(AccountId),
    /// Accounts came, went, or changed their state.
    Accounts,
    /// A grant has another token or state.
    Grant(GrantId),
    /// A consent round trip went on.
    Connect(ConnectId),
    /// There is work in the table of jobs.
    Jobs,
    /// There is something to send.
    Submissions,
    /// There is a wish to carry out.
    Intents(AccountId),
    /// Another process changed something, and it is not known what: look at everything.
    Anything,
}

impl std::fmt::Display for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Announcement::Account(id) => write!(f, "account {id}"),
            Announcement::Accounts => write!(f, "accounts"),
            Announcement::Grant(id) => write!(f, "grant {id}"),
            Announcement::Connect(id) => write!(f, "connect {id}"),
            Announcement::Jobs => write!(f, "jobs"),
            Announcement::Submissions => write!(f, "submissions"),
            Announcement::Intents(id) => write!(f, "intents {id}"),
            Announcement::Anything => write!(f, "anything"),
        }
    }
}

impl FromStr for Announcement {
    type Err = ();
    /// Reads what another process sent; what a newer version says is `Anything`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (word, id) = text.split_once(' ').unwrap_or((text, ""));
        Ok(match word {
            "account" => id
                .parse()
                .map_or(Announcement::Anything, Announcement::Account),
            "accounts" => Announcement::Accounts,
            "grant" => id
                .parse()
                .map_or(Announcement::Anything, Announcement::Grant),
            "connect" => id
                .parse()
                .map_or(Announcement::Anything, Announcement::Connect),
            "jobs" => Announcement::Jobs,
            "submissions" => Announcement::Submissions,
            "intents" => id
                .parse()
                .map_or(Announcement::Anything, Announcement::Intents),
            _ => Announcement::Anything,
        })
    }
}
