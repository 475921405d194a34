//! The commands of an IMAP client, as a server sees them.

use std::fmt;

use time::OffsetDateTime;

use super::fetch_item::FetchItem;
use super::search_key::SearchKey;
use super::sequence::SequenceSet;

/// A tagged command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub tag: String,
    pub body: CommandBody,
}

/// Mailbox names are as on the wire (modified UTF-7, or UTF-8 after ENABLE); `utf7::decode` reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandBody {
    Capability,
    Noop,
    Logout,
    Check,
    Close,
    Unselect,
    Idle,
    Namespace,
    StartTls,
    /// `ID NIL` and `ID ()` give an empty list.
    Id(Vec<(String, Option<String>)>),
    Enable(Vec<String>),
    Compress(String),
    /// `initial` is the base64 of SASL-IR; `=` stands for an empty one.
    Authenticate {
        mechanism: String,
        initial: Option<Unprinted>,
    },
    Login {
        user: String,
        password: Unprinted,
    },
    Select {
        mailbox: String,
        condstore: bool,
        read_only: bool,
    },
    Create {
        mailbox: String,
    },
    Delete {
        mailbox: String,
    },
    Rename {
        from: String,
        to: String,
    },
    Subscribe {
        mailbox: String,
    },
    Unsubscribe {
        mailbox: String,
    },
    List(List),
    /// Items in upper case, in the order asked.
    Status {
        mailbox: String,
        items: Vec<String>,
    },
    Append {
        mailbox: String,
        flags: Vec<String>,
        date: Option<OffsetDateTime>,
        message: Vec<u8>,
    },
    /// `uids` is set for UID EXPUNGE.
    Expunge {
        uids: Option<SequenceSet>,
    },
    /// `options`: the RETURN words in upper case, `None` without RETURN (then SEARCH, not ESEARCH, answers).
    Search {
        uid: bool,
        options: Option<Vec<String>>,
        charset: Option<String>,
        key: SearchKey,
    },
    /// The macros ALL, FAST and FULL are already spelled out. `changed_since` is the CONDSTORE modifier.
    Fetch {
        uid: bool,
        set: SequenceSet,
        items: Vec<FetchItem>,
        changed_since: Option<u64>,
    },
    Store {
        uid: bool,
        set: SequenceSet,
        unchanged_since: Option<u64>,
        change: StoreChange,
    },
    Copy {
        uid: bool,
        set: SequenceSet,
        mailbox: String,
    },
    Move {
        uid: bool,
        set: SequenceSet,
        mailbox: String,
    },
    GetQuotaRoot {
        mailbox: String,
    },
    GetQuota {
        root: String,
    },
}

/// LIST, LSUB and XLIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub kind: ListKind,
    /// Selection options in upper case, e.g. `SPECIAL-USE`, `SUBSCRIBED`.
    pub select: Vec<String>,
    pub reference: String,
    pub patterns: Vec<String>,
    /// Return options in upper case without STATUS.
    pub returns: Vec<String>,
    /// The items of `RETURN (STATUS (...))`.
    pub status: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    List,
    Lsub,
    Xlist,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreChange {
    pub mode: StoreMode,
    pub silent: bool,
    pub what: StoreItem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreMode {
    Add,
    Remove,
    Replace,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreItem {
    Flags(Vec<String>),
    /// `X-GM-LABELS`; a NIL element is `None`.
    GmLabels(Vec<Option<String>>),
}

/// A secret of a command. It has no `Display`, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Unprinted(String);

impl Unprinted {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself: for comparing, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unprinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[not printed]")
    }
}
