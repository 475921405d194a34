//! One `* n FETCH (...)` answer.
//!
//! Servers choose their own order, add items nobody asked for and leave out items that were asked for. So every item
//! is an `Option`: `None` means "was not sent", which is never the same as empty.

use time::OffsetDateTime;

use super::command_parser::date_time;
use super::cursor::{Cursor, ParseError, Text};
use super::status::flag_list;

/// What a server told about one message. `seq` is its message sequence number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetch {
    pub seq: u32,
    pub uid: Option<u32>,
    pub flags: Option<Vec<String>>,
    pub internal_date: Option<OffsetDateTime>,
    /// An estimate on Exchange: the length of the body is the truth.
    pub rfc822_size: Option<u64>,
    pub modseq: Option<u64>,
    pub gm_msgid: Option<u64>,
    pub gm_thrid: Option<u64>,
    /// Labels in wire form (modified UTF-7; `\Inbox` for system labels). NIL elements are left out, and so is
    /// the label of the selected folder itself (Gmail does that).
    pub gm_labels: Option<Vec<String>>,
    /// Raw, because servers send it wrongly in many ways; the message itself is the truth.
    pub envelope: Option<Vec<u8>>,
    /// `BODY` or `BODYSTRUCTURE`, raw for the same reason.
    pub bodystructure: Option<Vec<u8>>,
    pub bodies: Vec<FetchBody>,
    /// Items that are not known here: name in upper case, raw value.
    pub others: Vec<(String, Vec<u8>)>,
}

/// `BODY[section]<origin>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchBody {
    /// Upper case, empty for the whole message.
    pub section: String,
    pub origin: Option<u32>,
    pub data: FetchData,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchData {
    /// The server has nothing there (a part that does not exist, a message it cannot convert).
    Nil,
    Bytes(Vec<u8>),
    /// The `index`th streamed literal of this response, `len` octets.
    Streamed {
        index: usize,
        len: u64,
    },
}

impl Fetch {
    /// The data of `BODY[section]` from its beginning.
    pub fn body(&self, section: &str) -> Option<&FetchData> {
        let wanted =
            |b: &&FetchBody| b.section.eq_ignore_ascii_case(section) && b.origin.unwrap_or(0) == 0;
        self.bodies.iter().find(wanted).map(|b| &b.data)
    }
}

/// Reads from behind `FETCH`.
pub(super) fn parse(seq: u32, c: &mut Cursor) -> Result<Fetch, ParseError> {
    let mut fetch = Fetch {
        seq,
        ..Fetch::default()
    };
    c.eat_spaces();
    c.expect(b'(', "the items of a FETCH")?;
    loop {
        c.eat_spaces();
        if c.eat(b')') {
            break;
        }
        item(c, &mut fetch)?;
    }
    c.eat_spaces();
    c.expect_end()?;
    Ok(fetch)
}

fn item(c: &mut Cursor, fetch: &mut Fetch) -> Result<(), ParseError> {
    let name = c.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if name.is_empty() {
        return c.fail("the name of an item");
    }
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    match name.as_str() {
        "BODY" if c.peek() == Some(b'[') => return section(c, fetch),
        "RFC822" => return body(c, fetch, "", None),
        "RFC822.HEADER" => return body(c, fetch, "HEADER", None),
        "RFC822.TEXT" => return body(c, fetch, "TEXT", None),
        _ => {}
    }
    if c.eat(b'[') {
        // BINARY[1], PREVIEW[...] and the like.
        c.take_until(b']', "the end of a section")?;
        if c.eat(b'<') {
            c.take_until(b'>', "the end of an origin")?;
        }
    }
    c.space()?;
    match name.as_str() {
        "UID" => fetch.uid = Some(c.number32()?),
        "FLAGS" => fetch.flags = Some(flag_list(c)?),
        "INTERNALDATE" => {
            let raw = c.raw_value()?;
            match std::str::from_utf8(raw)
                .ok()
                .and_then(|t| date_time(t.trim_matches('"')))
            {
                Some(date) => fetch.internal_date = Some(date),
                None => fetch.others.push((name, raw.to_vec())),
            }
        }
        "RFC822.SIZE" => fetch.rfc822_size = Some(c.number()?),
        "MODSEQ" => {
            c.expect(b'(', "a mod-sequence")?;
            c.eat_spaces();
            fetch.modseq = Some(c.number()?);
            c.eat_spaces();
            c.expect(b')', "the end of a mod-sequence")?;
        }
        "X-GM-MSGID" => fetch.gm_msgid = Some(c.number()?),
        "X-GM-THRID" => fetch.gm_thrid = Some(c.number()?),
        "X-GM-LABELS" => fetch.gm_labels = Some(labels(c)?),
        "ENVELOPE" => fetch.envelope = Some(c.raw_value()?.to_vec()),
        "BODY" | "BODYSTRUCTURE" => fetch.bodystructure = Some(c.raw_value()?.to_vec()),
        _ => {
            let raw = c.raw_value()?.to_vec();
            fetch.others.push((name, raw));
        }
    }
    Ok(())
}

/// `[section]<origin>` and its data; the cursor stands at `[`.
fn section(c: &mut Cursor, fetch: &mut Fetch) -> Result<(), ParseError> {
    c.expect(b'[', "a section")?;
    let start = c.at();
    loop {
        match c.peek() {
            // A field name may be quoted and then hold a bracket.
            Some(b'"') => drop(c.quoted()?),
            Some(b']') | None => break,
            Some(_) => drop(c.take_while(|b| !matches!(b, b'"' | b']'))),
        }
    }
    let section = String::from_utf8_lossy(c.since(start)).to_ascii_uppercase();
    c.expect(b']', "the end of a section")?;
    let mut origin = None;
    if c.eat(b'<') {
        origin = Some(c.number32()?);
        c.expect(b'>', "the end of an origin")?;
    }
    body(c, fetch, &section, origin)
}

fn body(
    c: &mut Cursor,
    fetch: &mut Fetch,
    section: &str,
    origin: Option<u32>,
) -> Result<(), ParseError> {
    c.space()?;
    let data = match c.nstring()? {
        None => FetchData::Nil,
        Some(Text::Bytes(bytes)) => FetchData::Bytes(bytes),
        Some(Text::Streamed { index, len }) => FetchData::Streamed { index, len },
    };
    fetch.bodies.push(FetchBody {
        section: section.to_owned(),
        origin,
        data,
    });
    Ok(())
}

fn labels(c: &mut Cursor) -> Result<Vec<String>, ParseError> {
    c.expect(b'(', "a list of labels")?;
    let mut out = Vec::new();
    loop {
        c.eat_spaces();
        match c.peek() {
            Some(b')') => {
                c.eat(b')');
                return Ok(out);
            }
            Some(b'"' | b'{') => {
                let at = c.at();
                let Text::Bytes(bytes) = c.string()? else {
                    return Err(ParseError {
                        at,
                        what: "a label of usual length",
                    });
                };
                out.push(String::from_utf8(bytes).map_err(|_| ParseError {
                    at,
                    what: "a label in UTF-8",
                })?);
            }
            Some(b'\\') => out.push(c.flag()?),
            _ if c.eat_word("NIL") => {}
            _ => out.push(c.atom()?),
        }
    }
}
