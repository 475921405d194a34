//! The arguments of each command. Every function starts at the space before its argument.

use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::super::command::{CommandBody, List, ListKind, StoreChange, StoreItem, StoreMode};
use super::super::cursor::{Cursor, ParseError, Text};
use super::super::fetch_item::FetchItem;
use super::super::sequence::SequenceSet;

/// `date` of SEARCH: ` 1-Feb-2026`, one or two digits.
const DATE: &[FormatItem<'_>] =
    format_description!("[day padding:none]-[month repr:short case_sensitive:false]-[year]");
/// `date-time` of APPEND and INTERNALDATE.
pub(in crate::imap) const DATE_TIME: &[FormatItem<'_>] = format_description!(
    "[day padding:none]-[month repr:short case_sensitive:false]-[year] [hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
);

/// Reads `"17-Oct-2011 14:36:48 +0000"` without its quotes; a day may have one digit and a space.
pub(in crate::imap) fn date_time(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    // `padding:none` wants no leading zero.
    OffsetDateTime::parse(text.strip_prefix('0').unwrap_or(text), DATE_TIME).ok()
}

pub(super) fn date(c: &mut Cursor) -> Result<Date, ParseError> {
    let at = c.at();
    let text = astring(c)?;
    let text = text.trim();
    Date::parse(text.strip_prefix('0').unwrap_or(text), DATE)
        .map_err(|_| ParseError { at, what: "a date" })
}

fn bytes(c: &Cursor, text: Text) -> Result<Vec<u8>, ParseError> {
    match text {
        Text::Bytes(bytes) => Ok(bytes),
        Text::Streamed { .. } => c.fail("a literal in the line"),
    }
}

fn utf8(c: &Cursor, bytes: Vec<u8>) -> Result<String, ParseError> {
    String::from_utf8(bytes).or_else(|_| c.fail("UTF-8"))
}

/// An astring without the space before it.
fn astring_here(c: &mut Cursor) -> Result<String, ParseError> {
    if matches!(c.peek(), Some(b'"' | b'{')) {
        let text = c.string()?;
        let bytes = bytes(c, text)?;
        utf8(c, bytes)
    } else {
        c.atom()
    }
}

pub(super) fn astring(c: &mut Cursor) -> Result<String, ParseError> {
    c.space()?;
    astring_here(c)
}

/// A mailbox name; INBOX in any case becomes `INBOX`.
pub(super) fn mailbox(c: &mut Cursor) -> Result<String, ParseError> {
    let name = astring(c)?;
    Ok(if name.eq_ignore_ascii_case("INBOX") {
        "INBOX".to_owned()
    } else {
        name
    })
}

pub(super) fn set(c: &mut Cursor) -> Result<SequenceSet, ParseError> {
    c.space()?;
    set_here(c)
}

pub(super) fn set_here(c: &mut Cursor) -> Result<SequenceSet, ParseError> {
    let at = c.at();
    let text = c.take_while(|b| b.is_ascii_digit() || matches!(b, b':' | b',' | b'*'));
    match SequenceSet::parse(text) {
        Ok(set) if !set.is_empty() => Ok(set),
        _ => Err(ParseError {
            at,
            what: "a set of numbers",
        }),
    }
}

/// Space-separated atoms up to the end, at least one.
pub(super) fn atoms(c: &mut Cursor) -> Result<Vec<String>, ParseError> {
    let mut out = Vec::new();
    while !c.at_end() {
        c.space()?;
        out.push(c.atom()?.to_ascii_uppercase());
    }
    if out.is_empty() {
        c.fail("a name")
    } else {
        Ok(out)
    }
}

/// `(a b c)`, each read by `one`. May be empty.
pub(super) fn in_parens<T>(
    c: &mut Cursor,
    mut one: impl FnMut(&mut Cursor) -> Result<T, ParseError>,
) -> Result<Vec<T>, ParseError> {
    c.expect(b'(', "an opening parenthesis")?;
    let mut out = Vec::new();
    c.eat_spaces();
    while !c.eat(b')') {
        out.push(one(c)?);
        if c.peek() != Some(b')') {
            c.space()?;
        }
    }
    Ok(out)
}

pub(super) fn upper_atoms_in_parens(c: &mut Cursor) -> Result<Vec<String>, ParseError> {
    in_parens(c, |c| Ok(c.atom()?.to_ascii_uppercase()))
}

pub(super) fn id(c: &mut Cursor) -> Result<CommandBody, ParseError> {
    c.space()?;
    if c.eat_word("NIL") {
        return Ok(CommandBody::Id(Vec::new()));
    }
    let pairs = in_parens(c, |c| {
        let key = astring_here(c)?;
        c.space()?;
        let value = if c.eat_word("NIL") {
            None
        } else {
            Some(astring_here(c)?)
        };
        Ok((key, value))
    })?;
    Ok(CommandBody::Id(pairs))
}

pub(super) fn select(c: &mut Cursor, read_only: bool) -> Result<CommandBody, ParseError> {
    let mailbox = mailbox(c)?;
    let mut condstore = false;
    if !c.at_end() {
        c.space()?;
        let words = upper_atoms_in_parens(c)?;
        condstore = words.iter().any(|w| w == "CONDSTORE");
        if words.iter().any(|w| w != "CONDSTORE") {
            return c.fail("CONDSTORE as the only parameter");
        }
    }
    Ok(CommandBody::Select {
        mailbox,
        condstore,
        read_only,
    })
}

/// Parameters of CREATE, e.g. `(USE (\Archive))`: read over.
pub(super) fn skip_parameters(c: &mut Cursor) -> Result<(), ParseError> {
    if !c.at_end() {
        c.space()?;
        c.raw_value()?;
    }
    Ok(())
}

pub(super) fn list(c: &mut Cursor, name: &str) -> Result<CommandBody, ParseError> {
    let kind = match name {
        "LSUB" => ListKind::Lsub,
        "XLIST" => ListKind::Xlist,
        _ => ListKind::List,
    };
    c.space()?;
    let mut select = Vec::new();
    if c.peek() == Some(b'(') {
        select = upper_atoms_in_parens(c)?;
        c.space()?;
    }
    let reference = astring_here(c)?;
    c.space()?;
    let patterns = if c.peek() == Some(b'(') {
        in_parens(c, astring_here)?
    } else {
        vec![astring_here(c)?]
    };
    let mut returns = Vec::new();
    let mut status = None;
    if !c.at_end() {
        c.space()?;
        if !c.eat_word("RETURN") {
            return c.fail("RETURN");
        }
        c.space()?;
        in_parens(c, |c| {
            let word = c.atom()?.to_ascii_uppercase();
            if word == "STATUS" {
                c.space()?;
                status = Some(upper_atoms_in_parens(c)?);
            } else {
                returns.push(word);
            }
            Ok(())
        })?;
    }
    Ok(CommandBody::List(List {
        kind,
        select,
        reference,
        patterns,
        returns,
        status,
    }))
}

pub(super) fn append(c: &mut Cursor) -> Result<CommandBody, ParseError> {
    let mailbox = mailbox(c)?;
    c.space()?;
    let mut flags = Vec::new();
    if c.peek() == Some(b'(') {
        flags = in_parens(c, |c| c.flag())?;
        c.space()?;
    }
    let mut date = None;
    if c.peek() == Some(b'"') {
        let at = c.at();
        let text = String::from_utf8(c.quoted()?).unwrap_or_default();
        date = Some(date_time(&text).ok_or(ParseError {
            at,
            what: "a date and time",
        })?);
        c.space()?;
    }
    let text = c.literal()?;
    Ok(CommandBody::Append {
        mailbox,
        flags,
        date,
        message: bytes(c, text)?,
    })
}

pub(super) fn fetch(c: &mut Cursor, uid: bool) -> Result<CommandBody, ParseError> {
    let set = set(c)?;
    c.space()?;
    let items = if c.peek() == Some(b'(') {
        let items = in_parens(c, fetch_item)?;
        if items.is_empty() {
            return c.fail("an item to fetch");
        }
        items
    } else if c.eat_word("ALL") {
        vec![
            FetchItem::Flags,
            FetchItem::InternalDate,
            FetchItem::Rfc822Size,
            FetchItem::Envelope,
        ]
    } else if c.eat_word("FAST") {
        vec![
            FetchItem::Flags,
            FetchItem::InternalDate,
            FetchItem::Rfc822Size,
        ]
    } else if c.eat_word("FULL") {
        use FetchItem::{Body, Envelope, Flags, InternalDate, Rfc822Size};
        vec![Flags, InternalDate, Rfc822Size, Envelope, Body]
    } else {
        vec![fetch_item(c)?]
    };
    let mut changed_since = None;
    if !c.at_end() {
        c.space()?;
        changed_since = Some(modifier(c, "CHANGEDSINCE")?);
    }
    Ok(CommandBody::Fetch {
        uid,
        set,
        items,
        changed_since,
    })
}

/// `(NAME number)`.
fn modifier(c: &mut Cursor, name: &str) -> Result<u64, ParseError> {
    c.expect(b'(', "a modifier")?;
    if !c.eat_word(name) {
        return c.fail("a modifier this server knows");
    }
    c.space()?;
    let number = c.number()?;
    c.expect(b')', "the end of the modifier")?;
    Ok(number)
}

fn fetch_item(c: &mut Cursor) -> Result<FetchItem, ParseError> {
    let start = c.at();
    let name = c.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    if matches!(name.as_str(), "BODY" | "BODY.PEEK") && c.eat(b'[') {
        let section = section(c)?;
        let partial = if c.eat(b'<') {
            let origin = c.number32()?;
            c.expect(b'.', "the length of the part")?;
            let length = c.number32()?;
            c.expect(b'>', "the end of the part")?;
            Some((origin, length))
        } else {
            None
        };
        return Ok(FetchItem::Section {
            peek: name == "BODY.PEEK",
            section,
            partial,
        });
    }
    Ok(match name.as_str() {
        "UID" => FetchItem::Uid,
        "FLAGS" => FetchItem::Flags,
        "INTERNALDATE" => FetchItem::InternalDate,
        "RFC822.SIZE" => FetchItem::Rfc822Size,
        "MODSEQ" => FetchItem::ModSeq,
        "X-GM-MSGID" => FetchItem::GmMsgId,
        "X-GM-THRID" => FetchItem::GmThrId,
        "X-GM-LABELS" => FetchItem::GmLabels,
        "ENVELOPE" => FetchItem::Envelope,
        "BODY" => FetchItem::Body,
        "BODYSTRUCTURE" => FetchItem::BodyStructure,
        "RFC822" => FetchItem::Rfc822,
        "RFC822.HEADER" => FetchItem::Rfc822Header,
        "RFC822.TEXT" => FetchItem::Rfc822Text,
        "" => {
            return Err(ParseError {
                at: start,
                what: "an item to fetch",
            });
        }
        _ => FetchItem::Other(name),
    })
}

/// What stands between `BODY[` and `]`, upper case, with the field names of HEADER.FIELDS as one list.
fn section(c: &mut Cursor) -> Result<String, ParseError> {
    let head = c.take_while(|b| b.is_ascii_alphanumeric() || b == b'.');
    let mut out = String::from_utf8_lossy(head).to_ascii_uppercase();
    if c.eat(b' ') {
        let names = in_parens(c, astring_here)?;
        if names.is_empty() || !out.contains("HEADER.FIELDS") {
            return c.fail("field names after HEADER.FIELDS");
        }
        out.push_str(" (");
        out.push_str(&names.join(" ").to_ascii_uppercase());
        out.push(')');
    }
    c.expect(b']', "the end of a section")?;
    Ok(out)
}

pub(super) fn store(c: &mut Cursor, uid: bool) -> Result<CommandBody, ParseError> {
    let set = set(c)?;
    c.space()?;
    let mut unchanged_since = None;
    if c.peek() == Some(b'(') {
        unchanged_since = Some(modifier(c, "UNCHANGEDSINCE")?);
        c.space()?;
    }
    let mode = if c.eat(b'+') {
        StoreMode::Add
    } else if c.eat(b'-') {
        StoreMode::Remove
    } else {
        StoreMode::Replace
    };
    let at = c.at();
    let name = c.atom()?.to_ascii_uppercase();
    let silent = name.ends_with(".SILENT");
    let labels = match name.strip_suffix(".SILENT").unwrap_or(&name) {
        "FLAGS" => false,
        "X-GM-LABELS" => true,
        _ => {
            return Err(ParseError {
                at,
                what: "FLAGS or X-GM-LABELS",
            });
        }
    };
    c.space()?;
    let what = match (labels, c.peek() == Some(b'(')) {
        (true, true) => StoreItem::GmLabels(in_parens(c, label)?),
        (true, false) => StoreItem::GmLabels(bare(c, label)?),
        (false, true) => StoreItem::Flags(in_parens(c, |c| c.flag())?),
        (false, false) => StoreItem::Flags(bare(c, |c| c.flag())?),
    };
    Ok(CommandBody::Store {
        uid,
        set,
        unchanged_since,
        change: StoreChange { mode, silent, what },
    })
}

/// A list without parentheses, up to the end of the line.
fn bare<T>(
    c: &mut Cursor,
    mut one: impl FnMut(&mut Cursor) -> Result<T, ParseError>,
) -> Result<Vec<T>, ParseError> {
    let mut out = vec![one(c)?];
    while !c.at_end() {
        c.space()?;
        out.push(one(c)?);
    }
    Ok(out)
}

fn label(c: &mut Cursor) -> Result<Option<String>, ParseError> {
    if c.eat_word("NIL") {
        return Ok(None);
    }
    if c.peek() == Some(b'\\') {
        c.flag().map(Some)
    } else {
        astring_here(c).map(Some)
    }
}
