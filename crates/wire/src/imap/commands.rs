//! What our client says to a server, as bytes.
//!
//! A [`Request`] becomes a few [`Step`]s: send this, wait for the server's `+`, send the message. Arguments are
//! quoted or sent as literals by need; CR, LF and NUL in an argument are an error, so no argument can become a
//! second command. The whole line is also kept below no limit here: UID sets are split by the caller
//! ([`super::SequenceSet::split`]).

mod write;

use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use super::capabilities::Capabilities;
use super::command::{StoreChange, StoreItem, StoreMode};
use super::fetch_item::FetchItem;
use super::search_key::SearchKey;
use super::sequence::SequenceSet;
use write::Writer;

/// What a client sends to end IDLE.
pub const DONE: &[u8] = b"DONE\r\n";

/// How the server takes literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralMode {
    /// Wait for `+` before every literal.
    Wait,
    /// `LITERAL-`: up to 4096 octets need no waiting (Gmail).
    Minus,
    /// `LITERAL+` (Exchange).
    Plus,
}

impl LiteralMode {
    pub fn of(capabilities: &Capabilities) -> Self {
        if capabilities.has("LITERAL+") {
            Self::Plus
        } else if capabilities.has("LITERAL-") {
            Self::Minus
        } else {
            Self::Wait
        }
    }
}

/// One thing to do on the socket. `Debug` shows lengths only, because a step may hold a token.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    Send(Vec<u8>),
    /// Read responses until a continuation comes; a tagged answer instead is a refusal.
    AwaitContinuation,
    /// Send the message of an APPEND: exactly the announced octets.
    Message,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Send(bytes) => write!(f, "Send({} octets)", bytes.len()),
            Self::AwaitContinuation => f.write_str("AwaitContinuation"),
            Self::Message => f.write_str("Message"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be sent: {why}")]
pub struct UnfitArgument {
    pub what: &'static str,
    pub why: &'static str,
}

/// The commands of our client. Folder names and labels are wire names.
#[derive(Debug, Clone)]
pub enum Request<'a> {
    Capability,
    Noop,
    Logout,
    StartTls,
    Idle,
    Namespace,
    Unselect,
    /// An empty list is sent as NIL: Exchange refuses `()`.
    Id(&'a [(&'a str, &'a str)]),
    Enable(&'a str),
    /// With `initial` in one line (SASL-IR), without it after the server's `+`.
    Authenticate {
        mechanism: &'a str,
        initial: Option<&'a SecretString>,
    },
    List {
        reference: &'a str,
        pattern: &'a str,
        special_use: bool,
        status: &'a [&'a str],
    },
    Status {
        folder: &'a str,
        items: &'a [&'a str],
    },
    Select {
        folder: &'a str,
        condstore: bool,
        read_only: bool,
    },
    Create {
        folder: &'a str,
    },
    UidFetch {
        uids: &'a SequenceSet,
        items: &'a [FetchItem],
        changed_since: Option<u64>,
    },
    UidStore {
        uids: &'a SequenceSet,
        change: &'a StoreChange,
    },
    /// `all_as_set` asks for ESEARCH (`RETURN (ALL)`).
    UidSearch {
        key: &'a SearchKey,
        all_as_set: bool,
    },
    UidCopy {
        uids: &'a SequenceSet,
        folder: &'a str,
    },
    UidMove {
        uids: &'a SequenceSet,
        folder: &'a str,
    },
    UidExpunge {
        uids: &'a SequenceSet,
    },
    /// `size` is the message's exact number of octets.
    Append {
        folder: &'a str,
        flags: &'a [String],
        date: Option<OffsetDateTime>,
        size: u64,
    },
}

impl Request<'_> {
    /// The steps of this command under `tag`.
    pub fn encode(&self, tag: &str, literals: LiteralMode) -> Result<Vec<Step>, UnfitArgument> {
        let mut w = Writer::new(literals);
        w.atom("the tag", tag)?;
        w.raw(" ");
        match self {
            Self::Capability => w.raw("CAPABILITY"),
            Self::Noop => w.raw("NOOP"),
            Self::Logout => w.raw("LOGOUT"),
            Self::StartTls => w.raw("STARTTLS"),
            Self::Idle => w.raw("IDLE"),
            Self::Namespace => w.raw("NAMESPACE"),
            Self::Unselect => w.raw("UNSELECT"),
            Self::Id([]) => w.raw("ID NIL"),
            Self::Id(pairs) => {
                w.raw("ID (");
                w.separated(pairs, |w, (key, value)| {
                    w.string("an ID field", key)?;
                    w.raw(" ");
                    w.string("an ID value", value)
                })?;
                w.raw(")");
            }
            Self::Enable(what) => {
                w.raw("ENABLE ");
                w.atom("a capability", what)?;
            }
            Self::Authenticate { mechanism, initial } => {
                w.raw("AUTHENTICATE ");
                w.atom("a mechanism", mechanism)?;
                if let Some(initial) = initial {
                    w.raw(" ");
                    w.atom("an initial response", initial.expose_secret())?;
                }
            }
            Self::List {
                reference,
                pattern,
                special_use,
                status,
            } => {
                w.raw("LIST ");
                w.string("a reference", reference)?;
                w.raw(" ");
                w.string("a pattern", pattern)?;
                list_returns(&mut w, *special_use, status)?;
            }
            Self::Status { folder, items } => {
                w.raw("STATUS ");
                w.string("a folder", folder)?;
                w.raw(" (");
                w.separated(items, |w, item| w.atom("a STATUS item", item))?;
                w.raw(")");
            }
            Self::Select {
                folder,
                condstore,
                read_only,
            } => {
                w.raw(if *read_only { "EXAMINE " } else { "SELECT " });
                w.string("a folder", folder)?;
                if *condstore {
                    w.raw(" (CONDSTORE)");
                }
            }
            Self::Create { folder } => {
                w.raw("CREATE ");
                w.string("a folder", folder)?;
            }
            Self::UidFetch {
                uids,
                items,
                changed_since,
            } => {
                w.raw("UID FETCH ");
                w.set(uids)?;
                w.raw(" (");
                if items.is_empty() {
                    return Err(UnfitArgument {
                        what: "an empty list of items",
                        why: "servers refuse it",
                    });
                }
                w.separated(items, |w, item| w.line_part("an item", &item.to_string()))?;
                w.raw(")");
                if let Some(modseq) = changed_since {
                    w.raw(&format!(" (CHANGEDSINCE {modseq})"));
                }
            }
            Self::UidStore { uids, change } => {
                w.raw("UID STORE ");
                w.set(uids)?;
                w.raw(" ");
                store(&mut w, change)?;
            }
            Self::UidSearch { key, all_as_set } => {
                w.raw("UID SEARCH ");
                if *all_as_set {
                    w.raw("RETURN (ALL) ");
                }
                w.search(key)?;
            }
            Self::UidCopy { uids, folder } => uids_to_folder(&mut w, "COPY", uids, folder)?,
            Self::UidMove { uids, folder } => uids_to_folder(&mut w, "MOVE", uids, folder)?,
            Self::UidExpunge { uids } => {
                w.raw("UID EXPUNGE ");
                w.set(uids)?;
            }
            Self::Append {
                folder,
                flags,
                date,
                size,
            } => {
                w.raw("APPEND ");
                w.string("a folder", folder)?;
                w.raw(" ");
                if !flags.is_empty() {
                    w.raw("(");
                    w.separated(flags, |w, flag| w.flag(flag))?;
                    w.raw(") ");
                }
                if let Some(date) = date {
                    w.date_time(*date)?;
                    w.raw(" ");
                }
                w.announce(*size);
                w.step(Step::Message);
            }
        }
        w.raw("\r\n");
        Ok(w.finish())
    }
}

fn list_returns(w: &mut Writer, special_use: bool, status: &[&str]) -> Result<(), UnfitArgument> {
    if !special_use && status.is_empty() {
        return Ok(());
    }
    w.raw(" RETURN (");
    if special_use {
        w.raw("SPECIAL-USE");
    }
    if !status.is_empty() {
        w.raw(if special_use { " STATUS (" } else { "STATUS (" });
        w.separated(status, |w, item| w.atom("a STATUS item", item))?;
        w.raw(")");
    }
    w.raw(")");
    Ok(())
}

fn uids_to_folder(
    w: &mut Writer,
    verb: &str,
    uids: &SequenceSet,
    folder: &str,
) -> Result<(), UnfitArgument> {
    w.raw("UID ");
    w.raw(verb);
    w.raw(" ");
    w.set(uids)?;
    w.raw(" ");
    w.string("a folder", folder)
}

fn store(w: &mut Writer, change: &StoreChange) -> Result<(), UnfitArgument> {
    w.raw(match change.mode {
        StoreMode::Add => "+",
        StoreMode::Remove => "-",
        StoreMode::Replace => "",
    });
    w.raw(match change.what {
        StoreItem::Flags(_) => "FLAGS",
        StoreItem::GmLabels(_) => "X-GM-LABELS",
    });
    w.raw(if change.silent { ".SILENT (" } else { " (" });
    match &change.what {
        StoreItem::Flags(flags) => w.separated(flags, |w, flag| w.flag(flag))?,
        StoreItem::GmLabels(labels) => w.separated(labels, |w, label| match label {
            None => {
                w.raw("NIL");
                Ok(())
            }
            Some(label) if label.starts_with('\\') => w.flag(label),
            Some(label) => w.string("a label", label),
        })?,
    }
    w.raw(")");
    Ok(())
}

#[cfg(test)]
mod tests;
