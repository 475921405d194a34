//! STORE and EXPUNGE; at Gmail `\Deleted` expunges at once (transcripts.md A5, B5).

use std::collections::BTreeSet;
use std::sync::Arc;

use wire::imap::SequenceSet;
use wire::imap::command::{StoreChange, StoreItem, StoreMode};

use super::fetch::{labels, named};
use super::news::{Allowed, flags};
use super::session::{Seen, Session};
use super::{utf7, words};
use crate::ProviderKind;
use crate::mailbox::Mailbox;

pub(crate) fn store(
    session: &mut Session,
    tag: &str,
    uid: bool,
    set: &SequenceSet,
    unchanged_since: Option<u64>,
    change: &StoreChange,
) {
    let google = session.provider == ProviderKind::Google;
    let Some(read_only) = session.selected.as_ref().map(|s| s.read_only) else {
        session.not_selected(tag, "STORE");
        return;
    };
    let foreign = matches!(change.what, StoreItem::GmLabels(_)) || unchanged_since.is_some();
    if !google && (foreign || read_only) {
        session.bad(
            tag,
            if foreign {
                "BAD Command Argument Error. 11"
            } else {
                words::BAD_STATE
            },
        );
        return;
    }
    if google && read_only {
        session.tagged(tag, "NO [READ-ONLY] Folder is read-only (Failure)");
        return;
    }
    session.condstore |= unchanged_since.is_some();
    let rows = named(session, uid, set);
    let mut modified = Vec::new();
    for (number, row) in &rows {
        if let Some(since) = unchanged_since
            && current_modseq(session, row) > since
        {
            let named = if uid {
                row.uid
            } else {
                u32::try_from(*number).unwrap_or(0)
            };
            modified.push(named);
            continue;
        }
        store_one(session, *number, row, uid, change);
    }
    session.world.announce();
    let expunges = google && deletes(change);
    session.news(if uid || expunges {
        Allowed::All
    } else {
        Allowed::NoExpunge
    });
    if modified.is_empty() {
        session.done(tag, "STORE");
    } else {
        session.tagged(
            tag,
            &format!("OK [MODIFIED {}] Success", words::set(&modified)),
        );
    }
}

fn current_modseq(session: &Session, row: &Seen) -> u64 {
    let address = session.address();
    let mut books = session.world.books();
    let mailbox = books.mailbox(&address);
    mailbox
        .and_then(|m| m.messages.get(&row.message))
        .map_or(0, |m| m.modseq)
}

fn deletes(change: &StoreChange) -> bool {
    match &change.what {
        StoreItem::Flags(flags) => {
            change.mode != StoreMode::Remove
                && flags.iter().any(|f| f.eq_ignore_ascii_case("\\Deleted"))
        }
        StoreItem::GmLabels(_) => false,
    }
}

fn store_one(session: &mut Session, number: usize, row: &Seen, uid: bool, change: &StoreChange) {
    let google = session.provider == ProviderKind::Google;
    let address = session.address();
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    let manner = session.manner(&books);
    let Some(selected) = &session.selected else {
        return;
    };
    let name = selected.name.clone();
    let Some(mailbox) = books.mailbox(&address) else {
        return;
    };
    let Some(at) = mailbox.find(&name) else {
        return;
    };
    let said = match &change.what {
        StoreItem::Flags(given) => {
            set_flags(mailbox, at, row, change.mode, given);
            let Some(message) = mailbox.messages.get(&row.message) else {
                return;
            };
            let deleted = mailbox
                .folder(at)
                .and_then(|f| f.entry(row.uid))
                .is_some_and(|e| e.deleted);
            format!("FLAGS {}", flags(message, deleted, row.recent, google))
        }
        StoreItem::GmLabels(given) => {
            set_labels(mailbox, &name, row, change.mode, given);
            let at = mailbox.find(&name).unwrap_or(at);
            // What the client sent is echoed; the whole list is what the documentation shows.
            format!(
                "X-GM-LABELS ({})",
                labels(&mailbox.labels(row.message, at), manner)
            )
        }
    };
    let modseq = mailbox.messages.get(&row.message).map_or(0, |m| m.modseq);
    // Auto-expunge, Gmail's default: inside the STORE, and by the news that follow.
    let gone = google && deletes(change);
    if gone && let Some(at) = mailbox.find(&name) {
        mailbox.remove(at, row.uid);
    }
    drop(books);
    if let Some(known) = session
        .selected
        .as_mut()
        .and_then(|s| s.view.get_mut(number.saturating_sub(1)))
    {
        known.modseq = modseq;
    }
    if gone {
        return;
    }
    let tail = if uid {
        format!(" UID {}", row.uid)
    } else {
        String::new()
    };
    match (google && session.condstore, change.silent) {
        (true, true) => {
            session.put(&format!(
                "* {number} FETCH (UID {} MODSEQ ({modseq}))",
                row.uid
            ));
        }
        (true, false) => {
            session.put(&format!(
                "* {number} FETCH (UID {} MODSEQ ({modseq}) {said})",
                row.uid
            ));
        }
        (false, true) => {}
        (false, false) => session.put(&format!("* {number} FETCH ({said}{tail})")),
    }
}

fn set_flags(mailbox: &mut Mailbox, at: usize, row: &Seen, mode: StoreMode, given: &[String]) {
    let given: BTreeSet<String> = given.iter().map(|f| canonical(f)).collect();
    let Some(message) = mailbox.messages.get(&row.message) else {
        return;
    };
    let mut flags = message.flags.clone();
    let names_deleted = given.contains("\\Deleted");
    match mode {
        StoreMode::Add => flags.extend(given),
        StoreMode::Remove => flags.retain(|f| !given.contains(f)),
        StoreMode::Replace => flags = given,
    }
    mailbox.set_flags(row.message, &flags);
    match mode {
        StoreMode::Add if names_deleted => mailbox.set_deleted(at, row.uid, true),
        StoreMode::Remove if names_deleted => mailbox.set_deleted(at, row.uid, false),
        StoreMode::Replace => mailbox.set_deleted(at, row.uid, names_deleted),
        _ => {}
    }
}

/// System flags are compared without case.
pub(crate) fn canonical(flag: &str) -> String {
    [
        "\\Seen",
        "\\Answered",
        "\\Flagged",
        "\\Deleted",
        "\\Draft",
        "$MDNSent",
    ]
    .iter()
    .find(|known| known.eq_ignore_ascii_case(flag))
    .map_or_else(|| flag.to_owned(), |known| (*known).to_owned())
}

fn set_labels(
    mailbox: &mut Mailbox,
    seen_in: &str,
    row: &Seen,
    mode: StoreMode,
    given: &[Option<String>],
) {
    let given: Vec<String> = given.iter().flatten().map(|l| utf7::decode(l)).collect();
    if mode == StoreMode::Replace {
        let at = mailbox.find(seen_in).unwrap_or(usize::MAX);
        for label in mailbox.labels(row.message, at) {
            if !given.contains(&label)
                && let Some(folder) = mailbox.label_folder(&label, false)
            {
                mailbox.unlabel(row.message, folder);
            }
        }
    }
    for label in &given {
        let Some(folder) = mailbox.label_folder(label, mode != StoreMode::Remove) else {
            continue;
        };
        if mode == StoreMode::Remove {
            mailbox.unlabel(row.message, folder);
        } else {
            mailbox.place(row.message, folder);
        }
    }
    let modseq = mailbox.next_modseq();
    if let Some(message) = mailbox.messages.get_mut(&row.message) {
        message.modseq = modseq;
    }
}

pub(crate) fn expunge(session: &mut Session, tag: &str, uids: Option<&SequenceSet>) {
    let Some((name, read_only)) = session
        .selected
        .as_ref()
        .map(|s| (s.name.clone(), s.read_only))
    else {
        session.not_selected(tag, "EXPUNGE");
        return;
    };
    if read_only {
        session.bad(tag, words::BAD_STATE);
        return;
    }
    let address = session.address();
    let mut books = session.world.books();
    if let Some(mailbox) = books.mailbox(&address)
        && let Some(at) = mailbox.find(&name)
    {
        let gone: Vec<u32> = mailbox
            .folder(at)
            .map(|f| {
                let largest = f.entries.last().map_or(0, |e| e.uid);
                f.entries
                    .iter()
                    .filter(|e| e.deleted)
                    .filter(|e| uids.is_none_or(|set| set.contains(e.uid, largest)))
                    .map(|e| e.uid)
                    .collect()
            })
            .unwrap_or_default();
        for uid in gone {
            mailbox.remove(at, uid);
        }
    }
    drop(books);
    session.world.announce();
    session.news(Allowed::All);
    session.done(tag, "EXPUNGE");
}
