//! News of the selected folder: what differs between it and the session's view.
//!
//! EXPUNGE lines come first, each with the number it has at that moment, then EXISTS, then changed
//! flags. Exchange sends RECENT before EXISTS, and what it announces in IDLE cannot be fetched at
//! once.

use std::sync::Arc;

use super::session::{Seen, Session};
use crate::ProviderKind;
use crate::mailbox::{Entry, Mailbox, Message};

/// What may be told now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    All,
    /// All, and Exchange's new messages stay hidden from the next FETCH.
    Late,
    /// No EXPUNGE: numbers must not move under a command that uses them (RFC 3501, 7.4.1).
    NoExpunge,
}

/// Flags as they are written. The order is the one of the servers' own FLAGS lines.
pub(crate) fn flags(message: &Message, deleted: bool, recent: bool, google: bool) -> String {
    let mut list: Vec<&str> = Vec::new();
    for known in ["\\Seen", "\\Answered", "\\Flagged"] {
        if message.flags.contains(known) {
            list.push(known);
        }
    }
    if deleted {
        list.push("\\Deleted");
    }
    for flag in &message.flags {
        if !list.contains(&flag.as_str()) {
            list.push(flag);
        }
    }
    if recent && !google {
        list.push("\\Recent");
    }
    format!("({})", list.join(" "))
}

pub(crate) fn seen(entry: &Entry, mailbox: &Mailbox) -> Seen {
    let modseq = mailbox.messages.get(&entry.message).map_or(0, |m| m.modseq);
    Seen {
        uid: entry.uid,
        message: entry.message,
        modseq,
        recent: entry.recent,
    }
}

impl Session {
    /// Tells what is new.
    pub(crate) fn news(&mut self, allowed: Allowed) {
        let google = self.provider == ProviderKind::Google;
        let address = self.address();
        let world = Arc::clone(&self.world);
        let mut books = world.books();
        let odd = self.manner(&books).odd;
        let Some(mut selected) = self.selected.take() else {
            return;
        };
        let Some(mailbox) = books.mailbox(&address) else {
            return;
        };
        let folder = mailbox
            .find(&selected.name)
            .and_then(|at| mailbox.folder(at));
        let Some(folder) = folder.filter(|f| f.uidvalidity == selected.uidvalidity) else {
            // The folder is gone or renumbered: the session cannot go on with it.
            self.put(if google {
                "* BYE System error"
            } else {
                "* BYE Connection is closed. 13"
            });
            self.over = true;
            return;
        };
        let before = selected.view.len();
        if allowed != Allowed::NoExpunge {
            let mut at = 0;
            while let Some(row) = selected.view.get(at) {
                if folder.entry(row.uid).is_some() {
                    at += 1;
                    continue;
                }
                selected.late.remove(&row.uid);
                selected.view.remove(at);
                self.put(&format!("* {} EXPUNGE", at + 1));
            }
        }
        let shrunk = selected.view.len() < before;
        let known = selected.view.last().map_or(0, |row| row.uid);
        let start = folder.entries.partition_point(|e| e.uid <= known);
        let fresh = folder.entries.get(start..).unwrap_or_default();
        for entry in fresh {
            selected.view.push(seen(entry, mailbox));
            if !google && odd && allowed == Allowed::Late {
                selected.late.insert(entry.uid);
            }
        }
        let count = selected.view.len();
        if !fresh.is_empty() {
            if !google {
                let recent = selected.view.iter().filter(|row| row.recent).count();
                self.put(&format!("* {recent} RECENT"));
            }
            self.put(&format!("* {count} EXISTS"));
        } else if shrunk && google {
            self.put(&format!("* {count} EXISTS"));
        }
        for (at, row) in selected.view.iter_mut().enumerate() {
            let Some(message) = mailbox.messages.get(&row.message) else {
                continue;
            };
            if message.modseq <= row.modseq {
                continue;
            }
            row.modseq = message.modseq;
            let deleted = folder.entry(row.uid).is_some_and(|e| e.deleted);
            let flags = flags(message, deleted, row.recent, google);
            let (number, uid, modseq) = (at + 1, row.uid, message.modseq);
            self.put(&match (google, self.condstore) {
                (true, true) => {
                    format!("* {number} FETCH (UID {uid} MODSEQ ({modseq}) FLAGS {flags})")
                }
                (true, false) => format!("* {number} FETCH (UID {uid} FLAGS {flags})"),
                (false, _) => format!("* {number} FETCH (FLAGS {flags})"),
            });
        }
        self.selected = Some(selected);
    }

    /// What was announced can be fetched from now on.
    pub(crate) fn show_late(&mut self) {
        if let Some(selected) = &mut self.selected {
            selected.late.clear();
        }
    }
}
