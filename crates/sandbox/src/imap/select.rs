//! SELECT, EXAMINE, CLOSE, and what makes, removes and renames folders (transcripts.md A3, A6, B3).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::news::seen;
use super::session::{Selected, Session};
use super::{utf7, words};
use crate::ProviderKind;
use crate::mailbox::Role;

pub(crate) fn select(session: &mut Session, tag: &str, name: &str, read_only: bool) {
    let google = session.provider == ProviderKind::Google;
    let address = session.address();
    let decoded = utf7::decode(name);
    let was_selected = session.selected.take().is_some();
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    let at = books.mailbox(&address).and_then(|m| {
        m.find(&decoded)
            .filter(|at| m.folder(*at).is_some_and(|f| f.role != Role::Parent))
    });
    let (Some(at), Some(mailbox)) = (at, books.mailbox(&address)) else {
        let said = words::no_folder(session.provider, &decoded, was_selected);
        session.tagged(tag, &said);
        return;
    };
    let Some(folder) = mailbox.folder(at) else {
        return;
    };
    let view: Vec<_> = folder.entries.iter().map(|e| seen(e, mailbox)).collect();
    let (exists, uidvalidity, uidnext) = (view.len(), folder.uidvalidity, folder.uidnext);
    let shown = folder.name.clone();
    let recent = view.iter().filter(|row| row.recent).count();
    let first_unseen = view.iter().position(|row| {
        mailbox
            .messages
            .get(&row.message)
            .is_some_and(|m| !m.flags.contains("\\Seen"))
    });
    let modseq = mailbox.modseq;
    let keywords: String = mailbox.keywords.iter().map(|k| format!(" {k}")).collect();
    if google {
        let flags = format!(
            "\\Answered \\Flagged \\Draft \\Deleted \\Seen $Phishing $NotPhishing{keywords}"
        );
        session.put(&format!("* FLAGS ({flags})"));
        let permanent = if read_only {
            String::new()
        } else {
            format!("{flags} \\*")
        };
        session.put(&format!(
            "* OK [PERMANENTFLAGS ({permanent})] Flags permitted."
        ));
        session.put(&format!("* OK [UIDVALIDITY {uidvalidity}] UIDs valid."));
        session.put(&format!("* {exists} EXISTS"));
        session.put("* 0 RECENT");
        session.put(&format!("* OK [UIDNEXT {uidnext}] Predicted next UID."));
        // Neither text nor a space after the bracket.
        session.put(&format!("* OK [HIGHESTMODSEQ {modseq}]"));
        let mode = if read_only { "READ-ONLY" } else { "READ-WRITE" };
        session.tagged(tag, &format!("OK [{mode}] {shown} selected. (Success)"));
    } else {
        let flags = "\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent";
        session.put(&format!("* {exists} EXISTS"));
        session.put(&format!("* {recent} RECENT"));
        session.put(&format!("* FLAGS ({flags})"));
        let permanent = if read_only { "" } else { flags };
        session.put(&format!(
            "* OK [PERMANENTFLAGS ({permanent})] Permanent flags"
        ));
        if let Some(first) = first_unseen {
            session.put(&format!(
                "* OK [UNSEEN {}] Is the first unseen message",
                first + 1
            ));
        }
        session.put(&format!(
            "* OK [UIDVALIDITY {uidvalidity}] UIDVALIDITY value"
        ));
        session.put(&format!(
            "* OK [UIDNEXT {uidnext}] The next unique identifier value"
        ));
        let (mode, word) = if read_only {
            ("READ-ONLY", "EXAMINE")
        } else {
            ("READ-WRITE", "SELECT")
        };
        session.tagged(tag, &format!("OK [{mode}] {word} completed."));
    }
    if !read_only && let Some(folder) = mailbox.folders.get_mut(at) {
        for entry in &mut folder.entries {
            entry.recent = false;
        }
    }
    session.selected = Some(Selected {
        name: shown,
        uidvalidity,
        read_only,
        view,
        late: BTreeSet::new(),
    });
}

/// CLOSE expunges in silence, UNSELECT does not.
pub(crate) fn close(session: &mut Session, tag: &str, expunge: bool) {
    let Some(selected) = session.selected.take() else {
        session.not_selected(tag, "CLOSE");
        return;
    };
    if expunge && !selected.read_only {
        let address = session.address();
        let mut books = session.world.books();
        if let Some(mailbox) = books.mailbox(&address)
            && let Some(at) = mailbox.find(&selected.name)
        {
            let gone: Vec<u32> = mailbox
                .folder(at)
                .map(|f| {
                    f.entries
                        .iter()
                        .filter(|e| e.deleted)
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
    }
    session.done(tag, if expunge { "CLOSE" } else { "UNSELECT" });
}

pub(crate) fn create(session: &mut Session, tag: &str, name: &str) {
    let google = session.provider == ProviderKind::Google;
    let name = utf7::decode(name);
    let name = name.trim_end_matches('/');
    if google && (name.trim() != name || name.contains("  ")) {
        session.tagged(
            tag,
            "NO [CANNOT] Folder contains excess whitespace (Failure)",
        );
        return;
    }
    if !google && matches!(name, "Files" | "Recoverable Items") {
        session.tagged(tag, "NO Folder name is reserved");
        return;
    }
    let address = session.address();
    let made = session
        .world
        .books()
        .mailbox(&address)
        .is_some_and(|m| m.create(name));
    if made {
        session.done(tag, "CREATE");
    } else if google {
        session.tagged(
            tag,
            "NO [ALREADYEXISTS] Folder name conflicts with existing folder name. (Failure)",
        );
    } else {
        session.tagged(tag, "NO Mailbox already exists.");
    }
}

pub(crate) fn delete(session: &mut Session, tag: &str, name: &str) {
    let name = utf7::decode(name);
    let address = session.address();
    let gone = session
        .world
        .books()
        .mailbox(&address)
        .is_some_and(|m| m.find(&name).is_some_and(|at| m.delete(at)));
    session.world.announce();
    if gone {
        session.done(tag, "DELETE");
    } else {
        let said = words::no_folder(session.provider, &name, false);
        session.tagged(tag, &said);
    }
}

pub(crate) fn rename(session: &mut Session, tag: &str, from: &str, to: &str) {
    let (from, to) = (utf7::decode(from), utf7::decode(to));
    let address = session.address();
    let renamed = session
        .world
        .books()
        .mailbox(&address)
        .is_some_and(|m| m.find(&from).is_some_and(|at| m.rename(at, &to)));
    if renamed {
        session.done(tag, "RENAME");
    } else {
        let said = words::no_folder(session.provider, &from, false);
        session.tagged(tag, &said);
    }
}

pub(crate) fn subscribe(session: &mut Session, tag: &str, name: &str, wanted: bool) {
    let name = utf7::decode(name);
    let address = session.address();
    if let Some(mailbox) = session.world.books().mailbox(&address)
        && let Some(at) = mailbox.find(&name)
        && let Some(folder) = mailbox.folders.get_mut(at)
    {
        folder.subscribed = wanted;
    }
    session.done(tag, if wanted { "SUBSCRIBE" } else { "UNSUBSCRIBE" });
}
