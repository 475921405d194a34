//! The meaning of one response. Never fails: what cannot be read is kept as [`Response::Unknown`], so that a
//! caller can count it and knows that something was said.

use super::capabilities::Capabilities;
use super::cursor::{Cursor, ParseError};
use super::fetch::{self, Fetch};
use super::reader::RawResponse;
use super::response_data as data;
pub use super::response_data::{ListEntry, MailboxStatus, Namespace, Quota, SearchResult};
use super::sequence::SequenceSet;
use super::status::{self, Status, StatusKind};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// `+ text`: base64 in AUTHENTICATE, words elsewhere.
    Continuation(String),
    /// Tagged or untagged OK, NO, BAD, BYE, PREAUTH.
    Status(Status),
    Capability(Capabilities),
    /// LIST, LSUB or XLIST.
    List(ListEntry),
    MailboxStatus(MailboxStatus),
    /// SEARCH or ESEARCH.
    Search(SearchResult),
    Fetch(Box<Fetch>),
    Exists(u32),
    Recent(u32),
    /// A sequence number.
    Expunge(u32),
    Vanished {
        earlier: bool,
        uids: SequenceSet,
    },
    Flags(Vec<String>),
    Enabled(Vec<String>),
    Id(Vec<(String, Option<String>)>),
    Quota(Quota),
    /// The folder and the names of its quota roots.
    QuotaRoot {
        mailbox: String,
        roots: Vec<String>,
    },
    Namespace(Namespace),
    /// Anything else, also what looked familiar but could not be read.
    Unknown {
        line: Vec<u8>,
        why: ParseError,
    },
}

/// Reads a response. Costs its own length.
pub fn parse(raw: &RawResponse) -> Response {
    let mut cursor = Cursor::tolerant(&raw.line, &raw.streamed);
    read(&mut cursor).unwrap_or_else(|why| Response::Unknown {
        line: raw.line.clone(),
        why,
    })
}

fn read(c: &mut Cursor) -> Result<Response, ParseError> {
    if c.eat(b'+') {
        c.eat_spaces();
        return Ok(Response::Continuation(status::text(c.rest())));
    }
    if c.peek() == Some(b'[') {
        // Exchange forgets the `* OK` before COPYUID.
        return match status::code_and_text(c) {
            (Some(code), text) => Ok(Response::Status(Status {
                tag: None,
                kind: StatusKind::Ok,
                code: Some(code),
                text,
            })),
            (None, _) => c.fail("a response"),
        };
    }
    if c.eat(b'*') {
        c.space()?;
        return untagged(c);
    }
    let tag = c.take_while(|b| b != b' ');
    let tag = String::from_utf8_lossy(tag).into_owned();
    c.space()?;
    match status::kind(c) {
        Some(kind) => Ok(status_line(c, Some(tag), kind)),
        None => c.fail("OK, NO or BAD after a tag"),
    }
}

fn status_line(c: &mut Cursor, tag: Option<String>, kind: StatusKind) -> Response {
    let (code, text) = status::code_and_text(c);
    Response::Status(Status {
        tag,
        kind,
        code,
        text,
    })
}

fn untagged(c: &mut Cursor) -> Result<Response, ParseError> {
    if let Some(kind) = status::kind(c) {
        return Ok(status_line(c, None, kind));
    }
    if c.peek().is_some_and(|b| b.is_ascii_digit()) {
        return numbered(c);
    }
    let word = c.take_while(|b| b.is_ascii_alphanumeric() || b == b'-');
    let word = String::from_utf8_lossy(word).to_ascii_uppercase();
    let response = match word.as_str() {
        "CAPABILITY" => {
            let words = status::text(c.take_while(|_| true));
            Response::Capability(Capabilities::of(words.split_ascii_whitespace()))
        }
        "LIST" | "LSUB" | "XLIST" => Response::List(data::list(c)?),
        "STATUS" => Response::MailboxStatus(data::mailbox_status(c)?),
        "SEARCH" => Response::Search(data::search(c)?),
        "ESEARCH" => Response::Search(data::esearch(c)?),
        "VANISHED" => {
            c.space()?;
            let earlier = c.rest().first() == Some(&b'(');
            if earlier {
                c.raw_value()?;
                c.space()?;
            }
            let at = c.at();
            let set = c.take_while(|b| b != b' ');
            let uids = SequenceSet::parse(set).map_err(|e| ParseError { at, ..e })?;
            Response::Vanished { earlier, uids }
        }
        "FLAGS" => {
            c.space()?;
            Response::Flags(status::flag_list(c)?)
        }
        "ENABLED" => {
            let words = status::text(c.take_while(|_| true));
            Response::Enabled(
                words
                    .split_ascii_whitespace()
                    .map(str::to_ascii_uppercase)
                    .collect(),
            )
        }
        "ID" => Response::Id(data::id(c)?),
        "QUOTA" => Response::Quota(data::quota(c)?),
        "QUOTAROOT" => {
            let (mailbox, roots) = data::quota_root(c)?;
            Response::QuotaRoot { mailbox, roots }
        }
        "NAMESPACE" => Response::Namespace(data::namespace(c)?),
        _ => return c.fail("a response of a known kind"),
    };
    c.eat_spaces();
    c.expect_end()?;
    Ok(response)
}

/// `* n EXISTS` and its kin.
fn numbered(c: &mut Cursor) -> Result<Response, ParseError> {
    let number = c.number32()?;
    c.space()?;
    let word = c.take_while(|b| b.is_ascii_alphabetic());
    let response = match String::from_utf8_lossy(word).to_ascii_uppercase().as_str() {
        "EXISTS" => Response::Exists(number),
        "RECENT" => Response::Recent(number),
        "EXPUNGE" => Response::Expunge(number),
        "FETCH" => return fetch::parse(number, c).map(|f| Response::Fetch(Box::new(f))),
        _ => return c.fail("a response of a known kind"),
    };
    c.eat_spaces();
    c.expect_end()?;
    Ok(response)
}

#[cfg(test)]
mod tests;
