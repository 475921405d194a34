//! The untagged data responses except FETCH. Each function starts at the space behind the response's name.

use super::cursor::{Cursor, ParseError, Text};
use super::sequence::SequenceSet;
use super::status::flag_list;

/// One folder. `name` is the wire form; `utf7::decode` reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// With backslash, case as sent, e.g. `\HasNoChildren`, `\Sent`.
    pub attributes: Vec<String>,
    /// `None` for NIL: the folder cannot have children.
    pub delimiter: Option<char>,
    pub name: String,
}

impl ListEntry {
    /// Whether an attribute (any case, with backslash) is there.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes
            .iter()
            .any(|a| a.eq_ignore_ascii_case(attribute))
    }

    /// INBOX in any writing (Exchange says `Inbox`).
    pub fn is_inbox(&self) -> bool {
        self.name.eq_ignore_ascii_case("INBOX")
    }

    /// Whether the folder can be opened at all.
    pub fn is_selectable(&self) -> bool {
        !self.has("\\Noselect") && !self.has("\\NonExistent")
    }
}

/// The numbers of a STATUS answer; what was not sent is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailboxStatus {
    pub mailbox: String,
    pub messages: Option<u32>,
    pub recent: Option<u32>,
    pub uidnext: Option<u32>,
    pub uidvalidity: Option<u32>,
    pub unseen: Option<u32>,
    pub highestmodseq: Option<u64>,
    /// Octets.
    pub size: Option<u64>,
}

/// Hits of SEARCH or ESEARCH.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchResult {
    /// SEARCH: the hits in the server's order (not sorted for X-GM-RAW).
    pub hits: Vec<u32>,
    /// ESEARCH with ALL.
    pub all: Option<SequenceSet>,
    pub count: Option<u32>,
    pub min: Option<u32>,
    pub max: Option<u32>,
    pub modseq: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    pub root: String,
    /// Name (e.g. `STORAGE`), used, limit; STORAGE counts units of 1024 octets.
    pub resources: Vec<(String, u64, u64)>,
}

/// Prefix and delimiter of each namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespace {
    pub personal: Vec<(String, Option<char>)>,
    pub others: Vec<(String, Option<char>)>,
    pub shared: Vec<(String, Option<char>)>,
}

fn string_of(c: &Cursor, text: Text) -> Result<String, ParseError> {
    match text {
        Text::Bytes(bytes) => String::from_utf8(bytes).or_else(|_| c.fail("UTF-8")),
        Text::Streamed { .. } => c.fail("a string of usual length"),
    }
}

/// A name: string, or everything up to the next space (Exchange sends TABs and more in atoms).
fn name(c: &mut Cursor) -> Result<String, ParseError> {
    if matches!(c.peek(), Some(b'"' | b'{')) {
        let text = c.string()?;
        return string_of(c, text);
    }
    let at = c.at();
    let bytes = c.take_while(|b| b != b' ');
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(ParseError { at, what: "a name" }),
    }
}

fn delimiter(c: &mut Cursor) -> Result<Option<char>, ParseError> {
    Ok(match c.nstring()? {
        None => None,
        Some(text) => string_of(c, text)?.chars().next(),
    })
}

pub(super) fn list(c: &mut Cursor) -> Result<ListEntry, ParseError> {
    c.space()?;
    let attributes = flag_list(c)?;
    c.space()?;
    let delimiter = delimiter(c)?;
    c.space()?;
    let at = c.at();
    let quoted = matches!(c.peek(), Some(b'"' | b'{'));
    let mut name = name(c)?;
    c.eat_spaces();
    if c.peek() == Some(b'(') {
        // Extended data, e.g. ("CHILDINFO" ("SUBSCRIBED")).
        c.raw_value()?;
    } else if !quoted && !c.at_end() {
        // An unquoted name with a space in it: all of the line is the name.
        c.rewind(at);
        let all = c.take_while(|_| true);
        name = String::from_utf8(all.to_vec()).map_err(|_| ParseError {
            at,
            what: "a name in UTF-8",
        })?;
    }
    Ok(ListEntry {
        attributes,
        delimiter,
        name,
    })
}

pub(super) fn mailbox_status(c: &mut Cursor) -> Result<MailboxStatus, ParseError> {
    c.space()?;
    let mut out = MailboxStatus {
        mailbox: name(c)?,
        ..MailboxStatus::default()
    };
    c.space()?;
    c.expect(b'(', "the numbers of a STATUS")?;
    loop {
        c.eat_spaces();
        if c.eat(b')') {
            return Ok(out);
        }
        let item = c.atom()?.to_ascii_uppercase();
        c.space()?;
        match item.as_str() {
            "MESSAGES" => out.messages = Some(c.number32()?),
            "RECENT" => out.recent = Some(c.number32()?),
            "UIDNEXT" => out.uidnext = Some(c.number32()?),
            "UIDVALIDITY" => out.uidvalidity = Some(c.number32()?),
            "UNSEEN" => out.unseen = Some(c.number32()?),
            "HIGHESTMODSEQ" => out.highestmodseq = Some(c.number()?),
            "SIZE" => out.size = Some(c.number()?),
            _ => drop(c.raw_value()?),
        }
    }
}

pub(super) fn search(c: &mut Cursor) -> Result<SearchResult, ParseError> {
    let mut out = SearchResult::default();
    loop {
        c.eat_spaces();
        if c.at_end() {
            return Ok(out);
        }
        if c.eat(b'(') {
            if !c.eat_word("MODSEQ") {
                return c.fail("MODSEQ");
            }
            c.space()?;
            out.modseq = Some(c.number()?);
            c.expect(b')', "the end of MODSEQ")?;
        } else {
            out.hits.push(c.number32()?);
        }
    }
}

pub(super) fn esearch(c: &mut Cursor) -> Result<SearchResult, ParseError> {
    let mut out = SearchResult::default();
    c.eat_spaces();
    if c.peek() == Some(b'(') {
        c.raw_value()?;
        c.eat_spaces();
    }
    if c.eat_word("UID") {
        c.eat_spaces();
    }
    while !c.at_end() {
        let item = c.atom()?.to_ascii_uppercase();
        c.space()?;
        match item.as_str() {
            "ALL" => {
                let at = c.at();
                let set = SequenceSet::parse(c.take_while(|b| b != b' '));
                out.all = Some(set.map_err(|e| ParseError { at, ..e })?);
            }
            "COUNT" => out.count = Some(c.number32()?),
            "MIN" => out.min = Some(c.number32()?),
            "MAX" => out.max = Some(c.number32()?),
            "MODSEQ" => out.modseq = Some(c.number()?),
            _ => drop(c.raw_value()?),
        }
        c.eat_spaces();
    }
    Ok(out)
}

pub(super) fn id(c: &mut Cursor) -> Result<Vec<(String, Option<String>)>, ParseError> {
    c.space()?;
    let mut out = Vec::new();
    if c.eat_word("NIL") {
        return Ok(out);
    }
    c.expect(b'(', "the pairs of an ID")?;
    loop {
        c.eat_spaces();
        if c.eat(b')') {
            return Ok(out);
        }
        let key = c.string()?;
        let key = string_of(c, key)?;
        c.space()?;
        let value = match c.nstring()? {
            None => None,
            Some(text) => Some(string_of(c, text)?),
        };
        out.push((key, value));
    }
}

pub(super) fn quota(c: &mut Cursor) -> Result<Quota, ParseError> {
    c.space()?;
    let root = name(c)?;
    c.space()?;
    c.expect(b'(', "the resources of a QUOTA")?;
    let mut resources = Vec::new();
    loop {
        c.eat_spaces();
        if c.eat(b')') {
            return Ok(Quota { root, resources });
        }
        let resource = c.atom()?.to_ascii_uppercase();
        c.space()?;
        let used = c.number()?;
        c.space()?;
        resources.push((resource, used, c.number()?));
    }
}

pub(super) fn quota_root(c: &mut Cursor) -> Result<(String, Vec<String>), ParseError> {
    c.space()?;
    let mailbox = name(c)?;
    let mut roots = Vec::new();
    loop {
        c.eat_spaces();
        if c.at_end() {
            return Ok((mailbox, roots));
        }
        roots.push(name(c)?);
    }
}

pub(super) fn namespace(c: &mut Cursor) -> Result<Namespace, ParseError> {
    Ok(Namespace {
        personal: namespaces(c)?,
        others: namespaces(c)?,
        shared: namespaces(c)?,
    })
}

/// `NIL` or `((prefix delimiter ...) ...)`.
fn namespaces(c: &mut Cursor) -> Result<Vec<(String, Option<char>)>, ParseError> {
    c.space()?;
    let mut out = Vec::new();
    if c.eat_word("NIL") {
        return Ok(out);
    }
    c.expect(b'(', "a list of namespaces")?;
    loop {
        c.eat_spaces();
        if c.eat(b')') {
            return Ok(out);
        }
        c.expect(b'(', "a namespace")?;
        let prefix = c.string()?;
        let prefix = string_of(c, prefix)?;
        c.space()?;
        let delimiter = delimiter(c)?;
        c.eat_spaces();
        // Extensions of a namespace are read over.
        while !c.eat(b')') {
            c.raw_value()?;
            c.eat_spaces();
        }
        out.push((prefix, delimiter));
    }
}
