//! LIST, LSUB, XLIST and STATUS (transcripts.md A2, A3, B2, B3).

use std::sync::Arc;

use wire::imap::command::{List, ListKind};

use super::session::Session;
use super::{utf7, words};
use crate::ProviderKind;
use crate::mailbox::{Folder, Mailbox, Role};

/// A folder's name as it goes over the wire.
pub(crate) fn wire_name(name: &str, provider: ProviderKind, utf8: bool) -> String {
    let name = if utf8 {
        name.to_owned()
    } else {
        utf7::encode(name)
    };
    match provider {
        // A label that begins with `+` comes as an atom.
        ProviderKind::Google if name.starts_with('+') && !name.contains(' ') => name,
        ProviderKind::Google => {
            format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
        }
        ProviderKind::Microsoft if name.contains('"') => format!("{{{}}}\r\n{name}", name.len()),
        ProviderKind::Microsoft if name.contains([' ', '(', ')']) => format!("\"{name}\""),
        ProviderKind::Microsoft => name,
    }
}

pub(crate) fn list(session: &mut Session, tag: &str, list: &List) {
    let google = session.provider == ProviderKind::Google;
    let extended = !list.select.is_empty() || !list.returns.is_empty() || list.status.is_some();
    if !google && (extended || list.kind == ListKind::Xlist) {
        session.bad(tag, "BAD Command Argument Error. 12");
        return;
    }
    let name = match list.kind {
        ListKind::List => "LIST",
        ListKind::Lsub => "LSUB",
        ListKind::Xlist => "XLIST",
    };
    if list.patterns.iter().all(String::is_empty) {
        let root = if google {
            "* LIST (\\Noselect) \"/\" \"/\""
        } else {
            "* LIST (\\Noselect \\HasChildren) \"/\" \"\""
        };
        session.put(root);
        session.done(tag, name);
        return;
    }
    let address = session.address();
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    let Some(mailbox) = books.mailbox(&address) else {
        return;
    };
    for folder in &mailbox.folders {
        let wire = utf7::encode(&folder.name);
        let wanted = list.patterns.iter().any(|pattern| {
            let full = format!("{}{pattern}", list.reference);
            matches(full.as_bytes(), wire.as_bytes())
                || matches(full.as_bytes(), folder.name.as_bytes())
        });
        let subscribed_only =
            list.kind == ListKind::Lsub || list.select.iter().any(|s| s == "SUBSCRIBED");
        let special_only = list.select.iter().any(|s| s == "SPECIAL-USE");
        if !wanted
            || (subscribed_only && !folder.subscribed)
            || (special_only && folder.role.attribute().is_none())
        {
            continue;
        }
        let attributes = match list.kind {
            ListKind::Xlist => old_attributes(mailbox, folder),
            _ if google => {
                let subscribed = folder.subscribed
                    && (subscribed_only || list.returns.iter().any(|r| r == "SUBSCRIBED"))
                    && list.kind != ListKind::Lsub;
                let missing = extended || list.kind == ListKind::Lsub;
                google_attributes(mailbox, folder, missing, subscribed)
            }
            _ => exchange_attributes(mailbox, folder),
        };
        let shown = match (list.kind, folder.role) {
            // XLIST shows the inbox under its localised name.
            (ListKind::Xlist, Role::Inbox) => "\"Inbox\"".to_owned(),
            _ => wire_name(&folder.name, session.provider, session.utf8),
        };
        session.put(&format!("* {name} ({attributes}) \"/\" {shown}"));
        if let Some(items) = &list.status
            && folder.role != Role::Parent
        {
            let said = status_items(mailbox, folder, items, true);
            session.put(&format!("* STATUS {shown} ({said})"));
        }
    }
    drop(books);
    session.done(tag, name);
}

fn has_children(mailbox: &Mailbox, folder: &Folder) -> bool {
    let below = format!("{}/", folder.name);
    mailbox.folders.iter().any(|f| f.name.starts_with(&below))
}

/// In alphabetical order, as Gmail has them.
fn google_attributes(
    mailbox: &Mailbox,
    folder: &Folder,
    missing: bool,
    subscribed: bool,
) -> String {
    let children = if has_children(mailbox, folder) {
        "\\HasChildren"
    } else {
        "\\HasNoChildren"
    };
    let mut list = vec![children];
    list.extend(folder.role.attribute());
    if folder.role == Role::Parent {
        list.push(if missing {
            "\\NonExistent"
        } else {
            "\\Noselect"
        });
    }
    if subscribed {
        list.push("\\Subscribed");
    }
    list.sort_unstable();
    list.join(" ")
}

fn old_attributes(mailbox: &Mailbox, folder: &Folder) -> String {
    let children = if has_children(mailbox, folder) {
        "\\HasChildren"
    } else {
        "\\HasNoChildren"
    };
    match folder.role {
        Role::Parent => "\\Noselect \\HasChildren".to_owned(),
        Role::Inbox => format!("{children} \\Inbox"),
        Role::All => format!("{children} \\AllMail"),
        Role::Junk => format!("{children} \\Spam"),
        Role::Flagged => format!("{children} \\Starred"),
        role => role
            .attribute()
            .map_or_else(|| children.to_owned(), |a| format!("{children} {a}")),
    }
}

fn exchange_attributes(mailbox: &Mailbox, folder: &Folder) -> String {
    let children = if has_children(mailbox, folder) {
        "\\HasChildren"
    } else {
        "\\HasNoChildren"
    };
    let marked = folder.entries.iter().any(|e| e.recent);
    let mut list = Vec::new();
    if marked {
        list.push("\\Marked");
    }
    list.push(children);
    list.extend(folder.role.attribute());
    list.join(" ")
}

/// `*` and `%` (RFC 3501, 6.3.8); INBOX is matched without case.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    if pattern.eq_ignore_ascii_case(b"INBOX") {
        return name.eq_ignore_ascii_case(b"INBOX");
    }
    // Two-row table instead of recursion: a pattern of many stars costs no more than its length.
    let mut reach = vec![false; name.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    for p in pattern {
        let mut next = vec![false; name.len() + 1];
        let mut open = false;
        for (at, cell) in next.iter_mut().enumerate() {
            let here = reach.get(at).copied().unwrap_or(false);
            let previous = at.checked_sub(1).and_then(|i| name.get(i)).copied();
            *cell = match p {
                b'*' | b'%' => {
                    if *p == b'%' && previous == Some(b'/') {
                        open = false;
                    }
                    open |= here;
                    open
                }
                c => {
                    previous == Some(*c)
                        && at.checked_sub(1).and_then(|i| reach.get(i)) == Some(&true)
                }
            };
        }
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}

pub(crate) fn status(session: &mut Session, tag: &str, name: &str, items: &[String]) {
    let google = session.provider == ProviderKind::Google;
    let address = session.address();
    let decoded = utf7::decode(name);
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    let found = books.mailbox(&address).and_then(|mailbox| {
        let folder = mailbox.folder(mailbox.find(&decoded)?)?;
        (folder.role != Role::Parent).then(|| {
            let said = status_items(mailbox, folder, items, google);
            (
                wire_name(&folder.name, session.provider, session.utf8),
                said,
            )
        })
    });
    drop(books);
    match found {
        Some((shown, said)) => {
            // Exchange ends the line with a space.
            let tail = if google { "" } else { " " };
            session.put(&format!("* STATUS {shown} ({said}){tail}"));
            session.done(tag, "STATUS");
        }
        None => {
            let said = words::no_folder(session.provider, &decoded, false);
            session.tagged(tag, &said);
        }
    }
}

fn status_items(mailbox: &Mailbox, folder: &Folder, items: &[String], sorted: bool) -> String {
    let mut items: Vec<&str> = items.iter().map(String::as_str).collect();
    if sorted {
        items.sort_unstable();
    }
    let unseen = || {
        folder
            .entries
            .iter()
            .filter_map(|e| mailbox.messages.get(&e.message))
            .filter(|m| !m.flags.contains("\\Seen"))
            .count()
    };
    let google = mailbox.dialect == ProviderKind::Google;
    let recent = if google {
        0
    } else {
        folder.entries.iter().filter(|e| e.recent).count()
    };
    let said: Vec<String> = items
        .iter()
        .filter_map(|item| {
            Some(match *item {
                "MESSAGES" => format!("MESSAGES {}", folder.entries.len()),
                "RECENT" => format!("RECENT {recent}"),
                "UIDNEXT" => format!("UIDNEXT {}", folder.uidnext),
                "UIDVALIDITY" => format!("UIDVALIDITY {}", folder.uidvalidity),
                "UNSEEN" => format!("UNSEEN {}", unseen()),
                "HIGHESTMODSEQ" if google => format!("HIGHESTMODSEQ {}", mailbox.modseq),
                _ => return None,
            })
        })
        .collect();
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_sign_stops_at_the_separator() {
        assert!(matches(b"*", b"[Gmail]/All Mail"));
        assert!(!matches(b"%", b"[Gmail]/All Mail"));
        assert!(matches(b"%", b"[Gmail]"));
        assert!(matches(b"[Gmail]/%", b"[Gmail]/All Mail"));
        assert!(matches(b"inbox", b"INBOX"));
        assert!(!matches(b"A*", b"B"));
    }

    #[test]
    fn exchange_quotes_a_name_only_where_it_must() {
        let name = |n| wire_name(n, ProviderKind::Microsoft, false);
        assert_eq!(name("Sent Items"), "\"Sent Items\"");
        assert_eq!(name("Drafts"), "Drafts");
        assert_eq!(name("Hell\"oh"), "{7}\r\nHell\"oh");
        assert_eq!(wire_name("+Folder", ProviderKind::Google, false), "+Folder");
        assert_eq!(wire_name("INBOX", ProviderKind::Google, false), "\"INBOX\"");
    }
}
