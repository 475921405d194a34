//! APPEND (transcripts.md A6, B6).

use time::OffsetDateTime;

use super::news::Allowed;
use super::session::Session;
use super::store::canonical;
use super::{utf7, words};
use crate::ProviderKind;

/// Exchange takes no longer lines (providers.md 10.3).
const LONGEST_LINE: usize = 998;

pub(crate) fn append(
    session: &mut Session,
    tag: &str,
    name: &str,
    flags: &[String],
    date: Option<OffsetDateTime>,
    message: &[u8],
) {
    let google = session.provider == ProviderKind::Google;
    if !google
        && message
            .split(|b| *b == b'\n')
            .any(|line| line.len() > LONGEST_LINE + 1)
    {
        session.bad(tag, "BAD Command Error. 10");
        return;
    }
    let address = session.address();
    let now = session.world.now();
    let date = date.map_or(now, OffsetDateTime::unix_timestamp);
    let flags: Vec<String> = flags.iter().map(|f| canonical(f)).collect();
    let decoded = utf7::decode(name);
    let added = {
        let mut books = session.world.books();
        books.mailbox(&address).and_then(|mailbox| {
            let at = mailbox.find(&decoded)?;
            let (_, uid) = mailbox.add(at, message, date, &flags)?;
            Some((mailbox.folder(at)?.uidvalidity, uid))
        })
    };
    let Some((uidvalidity, uid)) = added else {
        let said = words::no_target(session.provider, &decoded);
        session.tagged(tag, &said);
        return;
    };
    session.world.announce();
    session.news(Allowed::NoExpunge);
    let code = format!("[APPENDUID {uidvalidity} {uid}]");
    session.tagged(
        tag,
        &if google {
            format!("OK {code} (Success)")
        } else {
            format!("OK {code} APPEND completed.")
        },
    );
}
