//! SEARCH: RETURN options, CHARSET and the keys. Keys nest by NOT, OR and parentheses, to a fixed depth.

use super::super::command::CommandBody;
use super::super::cursor::{Cursor, ParseError};
use super::super::search_key::SearchKey;
use super::args;

const MAX_DEPTH: usize = 32;

pub(super) fn search(c: &mut Cursor, uid: bool) -> Result<CommandBody, ParseError> {
    c.space()?;
    let mut options = None;
    if c.eat_word("RETURN") {
        c.space()?;
        options = Some(args::upper_atoms_in_parens(c)?);
        c.space()?;
    }
    let mut charset = None;
    if c.eat_word("CHARSET") {
        charset = Some(args::astring(c)?.to_ascii_uppercase());
        c.space()?;
    }
    let mut keys = vec![key(c, 0)?];
    while !c.at_end() {
        c.space()?;
        keys.push(key(c, 0)?);
    }
    Ok(CommandBody::Search {
        uid,
        options,
        charset,
        key: together(keys),
    })
}

fn together(mut keys: Vec<SearchKey>) -> SearchKey {
    if keys.len() == 1 {
        keys.remove(0)
    } else {
        SearchKey::And(keys)
    }
}

fn key(c: &mut Cursor, depth: usize) -> Result<SearchKey, ParseError> {
    if depth > MAX_DEPTH {
        return c.fail("fewer nested search keys");
    }
    if c.peek() == Some(b'(') {
        let keys = args::in_parens(c, |c| key(c, depth + 1))?;
        return if keys.is_empty() {
            c.fail("a search key")
        } else {
            Ok(together(keys))
        };
    }
    if c.peek().is_some_and(|b| b.is_ascii_digit() || b == b'*') {
        return args::set_here(c).map(SearchKey::Sequence);
    }
    let at = c.at();
    let name = c.atom()?.to_ascii_uppercase();
    let system = |flag: &str| format!("\\{flag}");
    Ok(match name.as_str() {
        "ALL" => SearchKey::All,
        "ANSWERED" => SearchKey::Flag(system("Answered")),
        "DELETED" => SearchKey::Flag(system("Deleted")),
        "DRAFT" => SearchKey::Flag(system("Draft")),
        "FLAGGED" => SearchKey::Flag(system("Flagged")),
        "SEEN" => SearchKey::Flag(system("Seen")),
        "RECENT" => SearchKey::Flag(system("Recent")),
        "UNANSWERED" => SearchKey::NoFlag(system("Answered")),
        "UNDELETED" => SearchKey::NoFlag(system("Deleted")),
        "UNDRAFT" => SearchKey::NoFlag(system("Draft")),
        "UNFLAGGED" => SearchKey::NoFlag(system("Flagged")),
        "UNSEEN" => SearchKey::NoFlag(system("Seen")),
        "OLD" => SearchKey::NoFlag(system("Recent")),
        "NEW" => SearchKey::And(vec![
            SearchKey::Flag(system("Recent")),
            SearchKey::NoFlag(system("Seen")),
        ]),
        "KEYWORD" => SearchKey::Flag(args::astring(c)?),
        "UNKEYWORD" => SearchKey::NoFlag(args::astring(c)?),
        "NOT" => {
            c.space()?;
            SearchKey::Not(Box::new(key(c, depth + 1)?))
        }
        "OR" => {
            c.space()?;
            let first = key(c, depth + 1)?;
            c.space()?;
            SearchKey::Or(Box::new(first), Box::new(key(c, depth + 1)?))
        }
        "UID" => SearchKey::Uid(args::set(c)?),
        "HEADER" => {
            let name = args::astring(c)?;
            SearchKey::Header(name, args::astring(c)?)
        }
        "SUBJECT" => SearchKey::Field("SUBJECT", args::astring(c)?),
        "FROM" => SearchKey::Field("FROM", args::astring(c)?),
        "TO" => SearchKey::Field("TO", args::astring(c)?),
        "CC" => SearchKey::Field("CC", args::astring(c)?),
        "BCC" => SearchKey::Field("BCC", args::astring(c)?),
        "BODY" => SearchKey::Body(args::astring(c)?),
        "TEXT" => SearchKey::Text(args::astring(c)?),
        "SINCE" => SearchKey::Since(args::date(c)?),
        "BEFORE" => SearchKey::Before(args::date(c)?),
        "ON" => SearchKey::On(args::date(c)?),
        "SENTSINCE" => SearchKey::SentSince(args::date(c)?),
        "SENTBEFORE" => SearchKey::SentBefore(args::date(c)?),
        "SENTON" => SearchKey::SentOn(args::date(c)?),
        "LARGER" => SearchKey::Larger(number(c)?),
        "SMALLER" => SearchKey::Smaller(number(c)?),
        "MODSEQ" => SearchKey::ModSeq(number(c)?),
        "X-GM-RAW" => SearchKey::GmRaw(args::astring(c)?),
        "X-GM-MSGID" => SearchKey::GmMsgId(number(c)?),
        "X-GM-THRID" => SearchKey::GmThrId(number(c)?),
        "X-GM-LABELS" => SearchKey::GmLabels(label(c)?),
        _ => {
            return Err(ParseError {
                at,
                what: "a search key",
            });
        }
    })
}

fn number(c: &mut Cursor) -> Result<u64, ParseError> {
    c.space()?;
    c.number()
}

/// A label may be a system label such as `\Inbox`, unquoted.
fn label(c: &mut Cursor) -> Result<String, ParseError> {
    let at = c.at();
    c.space()?;
    if c.peek() == Some(b'\\') {
        return c.flag();
    }
    c.rewind(at);
    args::astring(c)
}
