//! COPY and MOVE, and where each provider puts COPYUID (transcripts.md A6, B6).
//!
//! Gmail: in the tagged line also of MOVE, with sets that need not ascend. Exchange: before the
//! EXPUNGE of a MOVE, once without its `* OK`.

use std::sync::Arc;

use wire::imap::SequenceSet;

use super::fetch::named;
use super::news::Allowed;
use super::session::{Seen, Session};
use super::{utf7, words};
use crate::ProviderKind;
use crate::mailbox::Role;

/// UIDVALIDITY of the target, UIDs there and here.
struct Copied {
    uidvalidity: u32,
    from: Vec<u32>,
    to: Vec<u32>,
}

impl Copied {
    fn code(&self) -> String {
        format!(
            "[COPYUID {} {} {}]",
            self.uidvalidity,
            words::set(&self.from),
            words::set(&self.to)
        )
    }
}

pub(crate) fn copy(session: &mut Session, tag: &str, uid: bool, set: &SequenceSet, to: &str) {
    if session.selected.is_none() {
        session.not_selected(tag, "COPY");
        return;
    }
    let rows = named(session, uid, set);
    let Some(copied) = transfer(session, &rows, to, false) else {
        let said = words::no_target(session.provider, &utf7::decode(to));
        session.tagged(tag, &said);
        return;
    };
    session.news(Allowed::NoExpunge);
    match (session.provider, copied.from.is_empty()) {
        (ProviderKind::Google, true) => session.done(tag, "COPY"),
        (ProviderKind::Google, false) => {
            session.tagged(tag, &format!("OK {} (Success)", copied.code()));
        }
        (ProviderKind::Microsoft, true) => session.done(tag, "COPY"),
        (ProviderKind::Microsoft, false) => {
            session.tagged(tag, &format!("OK {} COPY completed.", copied.code()));
        }
    }
}

pub(crate) fn relocate(session: &mut Session, tag: &str, uid: bool, set: &SequenceSet, to: &str) {
    if session.selected.is_none() {
        session.not_selected(tag, "MOVE");
        return;
    }
    let google = session.provider == ProviderKind::Google;
    let rows = named(session, uid, set);
    let Some(copied) = transfer(session, &rows, to, true) else {
        let said = words::no_target(session.provider, &utf7::decode(to));
        session.tagged(tag, &said);
        return;
    };
    if google {
        session.news(Allowed::All);
        if copied.from.is_empty() {
            session.done(tag, "MOVE");
        } else {
            session.tagged(tag, &format!("OK {} (Success)", copied.code()));
        }
        return;
    }
    let odd = {
        let books = session.world.books();
        session.manner(&books).odd
    };
    if odd && !session.bare_copyuid_shown && !copied.from.is_empty() {
        session.bare_copyuid_shown = true;
        session.put(&copied.code());
    } else {
        session.put(&format!("* OK {}", copied.code()));
    }
    session.news(Allowed::All);
    session.done(tag, "MOVE");
}

/// `None`: there is no such folder.
fn transfer(session: &Session, rows: &[(usize, Seen)], to: &str, moves: bool) -> Option<Copied> {
    let name = session.selected.as_ref()?.name.clone();
    let address = session.address();
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    let manner = session.manner(&books);
    let mailbox = books.mailbox(&address)?;
    let from = mailbox.find(&name)?;
    let target = mailbox.find(&utf7::decode(to))?;
    let uidvalidity = mailbox
        .folder(target)
        .filter(|f| f.role != Role::Parent)?
        .uidvalidity;
    let mut pairs = Vec::new();
    // The last one is placed first: that is how sets come about that do not ascend.
    let backwards = manner.odd && manner.provider == ProviderKind::Google;
    let order: Vec<&(usize, Seen)> = if backwards {
        rows.iter().rev().collect()
    } else {
        rows.iter().collect()
    };
    for (_, row) in order {
        let exists = mailbox
            .folder(from)
            .and_then(|f| f.entry(row.uid))
            .is_some();
        let new = match (exists, moves) {
            (false, _) => None,
            (true, true) => mailbox.relocate(from, row.uid, target),
            (true, false) => mailbox.copy(row.message, target),
        };
        pairs.extend(new.map(|new| (row.uid, new)));
    }
    drop(books);
    world.announce();
    pairs.sort_unstable();
    let (from, to) = pairs.into_iter().unzip();
    Some(Copied {
        uidvalidity,
        from,
        to,
    })
}
