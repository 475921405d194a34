//! OK, NO, BAD, BYE and PREAUTH with their response codes (RFC 9051, 7.1; RFC 5530; UIDPLUS; CONDSTORE).

use super::capabilities::Capabilities;
use super::cursor::{Cursor, ParseError};
use super::sequence::SequenceSet;

/// Longest text that is kept of a line, in octets.
const TEXT_LIMIT: usize = 8 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusKind {
    Ok,
    No,
    Bad,
    PreAuth,
    Bye,
}

/// A status line. `tag` is `None` for an untagged one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub tag: Option<String>,
    pub kind: StatusKind,
    pub code: Option<Code>,
    /// What stands after the code. May be empty, may be in any language; octets that are no UTF-8 are replaced.
    pub text: String,
}

/// A response code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    Alert,
    AlreadyExists,
    AppendUid {
        uidvalidity: u32,
        uids: SequenceSet,
    },
    AuthenticationFailed,
    AuthorizationFailed,
    BadCharset,
    Cannot,
    Capability(Capabilities),
    ClientBug,
    Closed,
    ContactAdmin,
    /// Both sets have the same length and pair up by position; Exchange sends empty ones.
    CopyUid {
        uidvalidity: u32,
        source: SequenceSet,
        copies: SequenceSet,
    },
    Corruption,
    Expired,
    ExpungeIssued,
    HighestModSeq(u64),
    InUse,
    Limit,
    NoModSeq,
    NonExistent,
    NoPerm,
    OverQuota,
    Parse,
    PermanentFlags(Vec<String>),
    PrivacyRequired,
    ReadOnly,
    ReadWrite,
    ServerBug,
    TooBig,
    TryCreate,
    UidNext(u32),
    UidNotSticky,
    UidValidity(u32),
    Unavailable,
    Unseen(u32),
    /// Gmail's `[WEBALERT url]`.
    WebAlert(String),
    /// A code not listed here, or a known one with arguments that make no sense.
    Other {
        name: String,
        arguments: String,
    },
}

impl Status {
    /// `[THROTTLED]` at the end of Gmail's completions: the command worked, the account is slowed down.
    pub fn is_throttled(&self) -> bool {
        self.text.trim_end().ends_with("[THROTTLED]")
    }
}

/// Reads `OK`, `NO` and so on when one stands here; the cursor then is behind it.
pub(super) fn kind(c: &mut Cursor) -> Option<StatusKind> {
    [
        ("OK", StatusKind::Ok),
        ("NO", StatusKind::No),
        ("BAD", StatusKind::Bad),
        ("BYE", StatusKind::Bye),
        ("PREAUTH", StatusKind::PreAuth),
    ]
    .into_iter()
    .find_map(|(word, kind)| c.eat_word(word).then_some(kind))
}

/// Reads the code and the text behind the kind.
pub(super) fn code_and_text(c: &mut Cursor) -> (Option<Code>, String) {
    c.eat_spaces();
    let start = c.at();
    let mut code = None;
    if c.eat(b'[') {
        match read_code(c) {
            Ok(read) => code = Some(read),
            // A bracket that never closes is part of the text.
            Err(_) => c.rewind(start),
        }
    }
    c.eat_spaces();
    (code, text(c.rest()))
}

/// Outside octets as text of bounded length.
pub(super) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.get(..TEXT_LIMIT).unwrap_or(octets)).into_owned()
}

/// From behind `[` to behind `]`.
fn read_code(c: &mut Cursor) -> Result<Code, ParseError> {
    let start = c.at();
    let name = c.take_while(|b| !matches!(b, b' ' | b']'));
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    if name == "PERMANENTFLAGS" {
        let at = c.at();
        if let Ok(flags) = permanent_flags(c) {
            return Ok(Code::PermanentFlags(flags));
        }
        c.rewind(at);
    }
    let arguments = c.take_until(b']', "the end of a code")?;
    if name.is_empty() {
        return Err(ParseError {
            at: start,
            what: "a code",
        });
    }
    let arguments = arguments.strip_prefix(b" ").unwrap_or(arguments);
    Ok(known(&name, arguments).unwrap_or_else(|| Code::Other {
        name,
        arguments: text(arguments),
    }))
}

fn permanent_flags(c: &mut Cursor) -> Result<Vec<String>, ParseError> {
    c.space()?;
    let flags = flag_list(c)?;
    c.eat_spaces();
    c.expect(b']', "the end of a code")?;
    Ok(flags)
}

/// `(\Seen $Done)`.
pub(super) fn flag_list(c: &mut Cursor) -> Result<Vec<String>, ParseError> {
    c.expect(b'(', "a list of flags")?;
    let mut flags = Vec::new();
    loop {
        c.eat_spaces();
        if c.eat(b')') {
            return Ok(flags);
        }
        flags.push(c.flag()?);
    }
}

fn known(name: &str, arguments: &[u8]) -> Option<Code> {
    let text = std::str::from_utf8(arguments).ok()?;
    let number = || text.trim().parse::<u32>().ok();
    Some(match name {
        "ALERT" => Code::Alert,
        "ALREADYEXISTS" => Code::AlreadyExists,
        "APPENDUID" => {
            let (uidvalidity, uids) = text.trim().split_once(' ')?;
            let uids = SequenceSet::parse(uids.trim().as_bytes()).ok()?;
            Code::AppendUid {
                uidvalidity: uidvalidity.parse().ok()?,
                uids,
            }
        }
        "AUTHENTICATIONFAILED" => Code::AuthenticationFailed,
        "AUTHORIZATIONFAILED" => Code::AuthorizationFailed,
        "BADCHARSET" => Code::BadCharset,
        "CANNOT" => Code::Cannot,
        "CAPABILITY" => Code::Capability(Capabilities::of(text.split_ascii_whitespace())),
        "CLIENTBUG" => Code::ClientBug,
        "CLOSED" => Code::Closed,
        "CONTACTADMIN" => Code::ContactAdmin,
        "COPYUID" => {
            let mut parts = text.split_ascii_whitespace();
            let uidvalidity = parts.next()?.parse().ok()?;
            let mut set = || SequenceSet::parse(parts.next().unwrap_or_default().as_bytes()).ok();
            Code::CopyUid {
                uidvalidity,
                source: set()?,
                copies: set()?,
            }
        }
        "CORRUPTION" => Code::Corruption,
        "EXPIRED" => Code::Expired,
        "EXPUNGEISSUED" => Code::ExpungeIssued,
        "HIGHESTMODSEQ" => Code::HighestModSeq(text.trim().parse().ok()?),
        "INUSE" => Code::InUse,
        "LIMIT" => Code::Limit,
        "NOMODSEQ" => Code::NoModSeq,
        "NONEXISTENT" => Code::NonExistent,
        "NOPERM" => Code::NoPerm,
        "OVERQUOTA" => Code::OverQuota,
        "PARSE" => Code::Parse,
        "PRIVACYREQUIRED" => Code::PrivacyRequired,
        "READ-ONLY" => Code::ReadOnly,
        "READ-WRITE" => Code::ReadWrite,
        "SERVERBUG" => Code::ServerBug,
        "TOOBIG" => Code::TooBig,
        "TRYCREATE" => Code::TryCreate,
        "UIDNEXT" => Code::UidNext(number()?),
        "UIDNOTSTICKY" => Code::UidNotSticky,
        "UIDVALIDITY" => Code::UidValidity(number()?),
        "UNAVAILABLE" => Code::Unavailable,
        "UNSEEN" => Code::Unseen(number()?),
        "WEBALERT" => Code::WebAlert(text.trim().to_owned()),
        _ => return None,
    })
}
