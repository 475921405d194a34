//! FETCH (transcripts.md A4, B4).
//!
//! Gmail has a fixed order of items, Exchange keeps the one that was asked. Rows are made and sent
//! in portions, so that a large answer holds neither the lock nor the memory.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncWrite};
use wire::imap::{FetchItem, SequenceSet};

use super::envelope::{Manner, envelope};
use super::line::Line;
use super::mime;
use super::news::{Allowed, flags};
use super::section::{write_bytes, write_section};
use super::session::{Seen, Session};
use super::structure::structure;
use super::{After, utf7, words};
use crate::ProviderKind;
use crate::faults::FaultKind;
use crate::mailbox::{Mailbox, Message};

/// Rows and octets of one portion.
const ROWS: usize = 100;
const OCTETS: usize = 1 << 20;
/// Announced by the fault `huge_literal`.
const HUGE: u64 = 5 << 30;

pub(crate) struct Asked {
    pub(crate) uid: bool,
    pub(crate) set: SequenceSet,
    pub(crate) items: Vec<FetchItem>,
    pub(crate) changed_since: Option<u64>,
}

/// Rows of the view that a set names: (sequence number, row). `*` is the last one that can be seen.
pub(crate) fn named(session: &Session, uid: bool, set: &SequenceSet) -> Vec<(usize, Seen)> {
    let Some(selected) = &session.selected else {
        return Vec::new();
    };
    let visible = |row: &Seen| !selected.late.contains(&row.uid);
    let largest = if uid {
        selected
            .view
            .iter()
            .rev()
            .find(|r| visible(r))
            .map_or(0, |r| r.uid)
    } else {
        let count = selected
            .view
            .iter()
            .rposition(visible)
            .map_or(0, |at| at + 1);
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    selected
        .view
        .iter()
        .enumerate()
        .filter(|(_, row)| visible(row))
        .filter(|(at, row)| {
            let number = if uid {
                row.uid
            } else {
                u32::try_from(at + 1).unwrap_or(u32::MAX)
            };
            set.contains(number, largest)
        })
        .map(|(at, row)| (at + 1, *row))
        .collect()
}

pub(crate) async fn fetch<S>(
    session: &mut Session,
    line: &mut Line<S>,
    tag: &str,
    asked: Asked,
) -> Result<After>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let google = session.provider == ProviderKind::Google;
    if session.selected.is_none() {
        session.not_selected(tag, "FETCH");
        return Ok(After::GoOn);
    }
    if let Some(FetchItem::Other(_)) = asked
        .items
        .iter()
        .find(|i| matches!(i, FetchItem::Other(_)))
    {
        return Ok(refuse(session, tag));
    }
    let extension = |i: &FetchItem| {
        matches!(
            i,
            FetchItem::ModSeq | FetchItem::GmMsgId | FetchItem::GmThrId | FetchItem::GmLabels
        )
    };
    if !google && (asked.changed_since.is_some() || asked.items.iter().any(extension)) {
        return Ok(refuse(session, tag));
    }
    if asked.changed_since.is_some() || asked.items.contains(&FetchItem::ModSeq) {
        session.condstore = true;
    }
    // Exchange tells its news before the lines of the command.
    if !google && asked.uid {
        session.news(Allowed::Late);
    }
    let rows = named(session, asked.uid, &asked.set);
    let mut rows = rows.as_slice();
    while !rows.is_empty() {
        let taken = portion(session, &asked, rows);
        rows = rows.get(taken.max(1)..).unwrap_or_default();
        let out = std::mem::take(&mut session.out);
        line.send(&out).await?;
        if session.over {
            return Ok(After::Close);
        }
    }
    // "By default for the first fetch": the next one sees what was late.
    session.show_late();
    if google {
        session.news(if asked.uid {
            Allowed::All
        } else {
            Allowed::NoExpunge
        });
    }
    if std::mem::take(&mut session.long_line) {
        line.send(format!("* OK {}\r\n", "x".repeat(10 << 20)).as_bytes())
            .await?;
    }
    if session.over {
        return Ok(After::Close);
    }
    session.done(tag, "FETCH");
    Ok(After::GoOn)
}

fn refuse(session: &mut Session, tag: &str) -> After {
    match session.provider {
        ProviderKind::Google => session.bad(tag, "BAD Could not parse command"),
        ProviderKind::Microsoft => session.bad(tag, "BAD Command Argument Error. 11"),
    }
}

/// Writes rows until the portion is full: how many were dealt with.
fn portion(session: &mut Session, asked: &Asked, rows: &[(usize, Seen)]) -> usize {
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    let manner = session.manner(&books);
    let google = manner.provider == ProviderKind::Google;
    let address = session.address();
    let Some(selected) = session.selected.take() else {
        return rows.len();
    };
    let rows = rows.get(..rows.len().min(ROWS)).unwrap_or(rows);
    let with_body = asked.items.iter().any(is_body);
    let sets_seen = !selected.read_only && asked.items.iter().any(marks_seen);
    let mut labels: HashMap<u64, Vec<String>> = HashMap::new();
    let mut done = 0;
    let mut changed = false;
    for (number, row) in rows {
        done += 1;
        let unreadable = with_body
            && !google
            && session
                .strikes(&mut books, FaultKind::UnreadableMessage)
                .is_some();
        let huge = with_body
            && session
                .strikes(&mut books, FaultKind::HugeLiteral)
                .is_some();
        let Some(mailbox) = books.mailbox(&address) else {
            break;
        };
        let Some(at) = mailbox.find(&selected.name) else {
            break;
        };
        if labels.is_empty() && asked.items.contains(&FetchItem::GmLabels) {
            labels = rows
                .iter()
                .map(|(_, row)| (row.message, mailbox.labels(row.message, at)))
                .collect();
        }
        let Some(message) = mailbox.messages.get(&row.message) else {
            continue;
        };
        if asked
            .changed_since
            .is_some_and(|since| message.modseq <= since)
        {
            continue;
        }
        if unreadable {
            // With PEEK the line is just missing; without it a substitute comes.
            if sets_seen {
                session.raw(&substitute(*number, row));
            }
            continue;
        }
        if huge {
            session.raw(&format!(
                "* {number} FETCH (UID {} BODY[] {{{HUGE}}}\r\n",
                row.uid
            ));
            session.raw(&"x".repeat(64 << 10));
            session.over = true;
            break;
        }
        let newly_seen = sets_seen && !message.flags.contains("\\Seen");
        if newly_seen {
            let mut flags = message.flags.clone();
            flags.insert("\\Seen".to_owned());
            mailbox.set_flags(row.message, &flags);
            changed = true;
        }
        let own = labels
            .get(&row.message)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let shown = Shown {
            number: *number,
            row,
            at,
            labels: own,
            newly_seen,
        };
        write_row(
            &mut session.out,
            mailbox,
            &shown,
            asked,
            manner,
            session.condstore,
        );
        if session.out.len() > OCTETS {
            break;
        }
    }
    drop(books);
    session.selected = Some(selected);
    if changed {
        session.world.announce();
    }
    done
}

fn substitute(number: usize, row: &Seen) -> String {
    let text = format!(
        "From: Microsoft Exchange Server 2010\r\nSubject: Retrieval using the IMAP4 protocol failed \
         for the following message: {}\r\n\r\n",
        row.uid
    );
    format!(
        "* {number} FETCH (UID {} BODY[] {{{}}}\r\n{text})\r\n",
        row.uid,
        text.len()
    )
}

fn is_body(item: &FetchItem) -> bool {
    matches!(
        item,
        FetchItem::Section { .. }
            | FetchItem::Rfc822
            | FetchItem::Rfc822Header
            | FetchItem::Rfc822Text
    )
}

fn marks_seen(item: &FetchItem) -> bool {
    matches!(
        item,
        FetchItem::Section { peek: false, .. } | FetchItem::Rfc822 | FetchItem::Rfc822Text
    )
}

struct Shown<'a> {
    number: usize,
    row: &'a Seen,
    at: usize,
    labels: &'a [String],
    newly_seen: bool,
}

/// Gmail's order of items.
fn rank(item: &FetchItem) -> u8 {
    match item {
        FetchItem::GmThrId => 0,
        FetchItem::GmMsgId => 1,
        FetchItem::GmLabels => 2,
        FetchItem::Uid => 3,
        FetchItem::Rfc822Size => 4,
        FetchItem::ModSeq => 5,
        FetchItem::InternalDate => 6,
        FetchItem::Flags => 7,
        FetchItem::Envelope => 8,
        FetchItem::Body | FetchItem::BodyStructure => 9,
        _ => 10,
    }
}

fn write_row(
    out: &mut Vec<u8>,
    mailbox: &Mailbox,
    shown: &Shown<'_>,
    asked: &Asked,
    manner: Manner,
    condstore: bool,
) {
    let google = manner.provider == ProviderKind::Google;
    let Some(message) = mailbox.messages.get(&shown.row.message) else {
        return;
    };
    let mut items = asked.items.clone();
    if asked.uid && !items.contains(&FetchItem::Uid) {
        items.insert(0, FetchItem::Uid);
    }
    if asked.changed_since.is_some() {
        for item in [FetchItem::Uid, FetchItem::ModSeq] {
            if !items.contains(&item) {
                items.push(item);
            }
        }
    }
    if shown.newly_seen && !items.contains(&FetchItem::Flags) {
        items.push(FetchItem::Flags);
        if condstore && google && !items.contains(&FetchItem::ModSeq) {
            items.push(FetchItem::ModSeq);
        }
    }
    if google {
        items.sort_by_key(rank);
        items.dedup();
    }
    let deleted = mailbox
        .folder(shown.at)
        .and_then(|f| f.entry(shown.row.uid))
        .is_some_and(|e| e.deleted);
    out.extend_from_slice(format!("* {} FETCH (", shown.number).as_bytes());
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        write_item(out, item, message, shown, deleted, manner);
    }
    out.extend_from_slice(b")\r\n");
}

fn write_item(
    out: &mut Vec<u8>,
    item: &FetchItem,
    message: &Message,
    shown: &Shown<'_>,
    deleted: bool,
    manner: Manner,
) {
    let google = manner.provider == ProviderKind::Google;
    let raw: &[u8] = &message.raw;
    let text = match item {
        FetchItem::Uid => format!("UID {}", shown.row.uid),
        FetchItem::Flags => {
            format!(
                "FLAGS {}",
                flags(message, deleted, shown.row.recent, google)
            )
        }
        FetchItem::InternalDate => {
            format!(
                "INTERNALDATE \"{}\"",
                words::internal_date(message.internal_date)
            )
        }
        FetchItem::Rfc822Size => {
            // Exchange estimates: the text is made anew from its store (providers.md 10.3).
            let guess = if google || !manner.odd {
                0
            } else {
                raw.len() / 50 + 17
            };
            format!("RFC822.SIZE {}", raw.len() + guess)
        }
        FetchItem::ModSeq => format!("MODSEQ ({})", message.modseq),
        FetchItem::GmMsgId => format!("X-GM-MSGID {}", shown.row.message),
        FetchItem::GmThrId => format!("X-GM-THRID {}", message.thread),
        FetchItem::GmLabels => format!("X-GM-LABELS ({})", labels(shown.labels, manner)),
        FetchItem::Envelope => format!("ENVELOPE {}", envelope(raw, manner)),
        FetchItem::Body => {
            format!("BODY {}", structure(raw, &mime::parse(raw), manner, false))
        }
        FetchItem::BodyStructure => {
            format!(
                "BODYSTRUCTURE {}",
                structure(raw, &mime::parse(raw), manner, true)
            )
        }
        FetchItem::Section {
            section, partial, ..
        } => {
            return write_section(out, raw, section, *partial, manner);
        }
        FetchItem::Rfc822 => return write_bytes(out, "RFC822", Some(raw), manner),
        FetchItem::Rfc822Header => {
            let head = raw.get(..mime::body_start(raw));
            return write_bytes(out, "RFC822.HEADER", head, manner);
        }
        FetchItem::Rfc822Text => {
            let body = raw.get(mime::body_start(raw)..);
            return write_bytes(out, "RFC822.TEXT", body, manner);
        }
        FetchItem::Other(_) => String::new(),
    };
    out.extend_from_slice(text.as_bytes());
}

/// System labels quoted with a doubled backslash, plain ones as atoms, others quoted.
pub(crate) fn labels(names: &[String], manner: Manner) -> String {
    let mut list: Vec<String> = names
        .iter()
        .map(|name| {
            let wire = utf7::encode(name);
            let atom = !wire.starts_with('\\')
                && wire
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"&-,+./_".contains(&b));
            if atom {
                wire
            } else {
                format!("\"{}\"", wire.replace('\\', "\\\\").replace('"', "\\\""))
            }
        })
        .collect();
    // Seen in the wild: an element NIL behind the star.
    if manner.odd && names.iter().any(|n| n == "\\Starred") {
        list.push("NIL".to_owned());
    }
    list.join(" ")
}
