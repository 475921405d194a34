//! Address lists (RFC 5322 section 3.4), read as senders write them: raw 8-bit names, encoded words inside quotes,
//! semicolons between addresses, names without quotes.
//!
//! One pass over the octets. Structure is found before anything is decoded, so that an encoded comma or angle bracket
//! stays part of a name. Never more than the given number of addresses is kept; the rest is counted.

use super::{Address, AddressGroup, charset, words};

/// Longest display name and longest address that is kept, in characters.
const MAX_NAME: usize = 1_000;
const MAX_EMAIL: usize = 1_000;

/// What an address field held.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) groups: Vec<AddressGroup>,
    pub(super) left_out: u64,
    kept: usize,
}

impl List {
    /// All addresses, groups forgotten.
    pub(super) fn flat(self) -> Vec<Address> {
        self.groups
            .into_iter()
            .flat_map(|group| group.addresses)
            .collect()
    }
}

/// Reads an address list, keeping at most `max` addresses.
pub(super) fn parse(value: &[u8], max: usize) -> List {
    let mut reader = Reader {
        value,
        at: 0,
        max,
        list: List::default(),
        no_close_left: false,
        group: None,
        next: Next::default(),
    };
    reader.run();
    reader.list
}

/// The address that is being read.
#[derive(Default)]
struct Next {
    /// What may become the display name, or the address where no angle bracket comes.
    phrase: Vec<u8>,
    /// Decoded quoted strings and the phrases between them.
    names: Vec<String>,
    /// As `names`, quotes kept: `"john doe"@example.com`.
    literal: String,
    comment: Option<String>,
    angle: Option<String>,
}

struct Reader<'a> {
    value: &'a [u8],
    at: usize,
    max: usize,
    list: List,
    /// No `>` comes any more: not looked for again.
    no_close_left: bool,
    /// The open group's name.
    group: Option<String>,
    next: Next,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.value.get(self.at) {
            match byte {
                0x1B => {
                    let rest = self.value.get(self.at..).unwrap_or_default();
                    let length = words::jis_run(rest);
                    self.next
                        .phrase
                        .extend_from_slice(rest.get(..length).unwrap_or_default());
                    self.at += length;
                    continue;
                }
                b'"' => self.quoted(),
                b'(' => self.comment(),
                b'<' => self.angle(),
                b',' => self.finish_address(),
                b';' => {
                    self.finish_address();
                    self.group = None;
                }
                b':' if self.group.is_none() && !self.next.phrase.contains(&b'@') => {
                    self.open_group()
                }
                _ => self.next.phrase.push(byte),
            }
            self.at += 1;
        }
        self.finish_address();
    }

    /// Index of the closing octet; backslashes are skipped where they are not the second half of a Shift_JIS character.
    fn closing(&self, close: u8, open: Option<u8>) -> (usize, usize) {
        let start = self.at + 1;
        let mut depth = 0usize;
        let mut at = start;
        while let Some(&byte) = self.value.get(at) {
            let after_wide = at > start && self.value.get(at - 1).is_some_and(|b| *b >= 0x81);
            match byte {
                0x1B => {
                    at += words::jis_run(self.value.get(at..).unwrap_or_default());
                    continue;
                }
                b'\\' if !after_wide => at += 1,
                _ if byte == close && depth == 0 => return (start, at),
                _ if byte == close => depth -= 1,
                _ if Some(byte) == open => depth += 1,
                _ => {}
            }
            at += 1;
        }
        (start, self.value.len())
    }

    fn quoted(&mut self) {
        let (start, end) = self.closing(b'"', None);
        self.take_phrase();
        let inner = unescape(self.value.get(start..end).unwrap_or_default());
        let text = words::text(&inner);
        self.next.literal.push_str(&format!("\"{text}\""));
        self.next.names.push(text);
        self.at = end;
    }

    fn comment(&mut self) {
        let (start, end) = self.closing(b')', Some(b'('));
        let inner = unescape(self.value.get(start..end).unwrap_or_default());
        let text = words::text(&inner);
        if !text.is_empty() {
            self.next.comment = Some(text);
        }
        self.at = end;
    }

    fn angle(&mut self) {
        let start = self.at + 1;
        let rest = self.value.get(start..).unwrap_or_default();
        let close = match self.no_close_left {
            true => None,
            false => rest.iter().position(|byte| *byte == b'>'),
        };
        self.no_close_left = close.is_none();
        let length = close
            .or_else(|| rest.iter().position(|byte| *byte == b','))
            .unwrap_or(rest.len());
        let inner = rest.get(..length).unwrap_or_default();
        // An old source route: <@a,@b:user@c>.
        let inner = match inner.iter().rposition(|byte| *byte == b':') {
            Some(colon) if inner.starts_with(b"@") => inner.get(colon + 1..).unwrap_or_default(),
            _ => inner,
        };
        self.next.angle = Some(clean_email(&charset::decode(inner, None).text));
        // Without its bracket the comma still parts two addresses.
        let closed = rest.get(length) == Some(&b'>');
        self.at = start + length - usize::from(!closed);
    }

    fn open_group(&mut self) {
        self.take_phrase();
        let next = std::mem::take(&mut self.next);
        let name = next.names.join(" ");
        self.list.groups.push(AddressGroup {
            name: Some(name.clone()),
            addresses: Vec::new(),
        });
        self.group = Some(name);
    }

    fn take_phrase(&mut self) {
        if !self.next.phrase.is_empty() {
            let text = words::text(&self.next.phrase);
            self.next.phrase.clear();
            if !text.is_empty() {
                self.next.literal.push_str(&text);
                self.next.names.push(text);
            }
        }
    }

    fn finish_address(&mut self) {
        // What is beyond the bound is counted without being decoded.
        if self.list.kept >= self.max {
            let blank = self.next.phrase.iter().all(u8::is_ascii_whitespace);
            if !blank || self.next.angle.is_some() || !self.next.names.is_empty() {
                self.list.left_out += 1;
            }
            self.next = Next::default();
            return;
        }
        self.take_phrase();
        let Some(address) = address_of(std::mem::take(&mut self.next)) else {
            return;
        };
        self.list.kept += 1;
        match self.list.groups.last_mut() {
            Some(last) if last.name.is_some() == self.group.is_some() => {
                last.addresses.push(address)
            }
            _ => self.list.groups.push(AddressGroup {
                name: None,
                addresses: vec![address],
            }),
        }
    }
}

fn address_of(next: Next) -> Option<Address> {
    let joined = next.names.join(" ");
    if let Some(email) = next.angle {
        let name = Some(joined)
            .filter(|name| !name.is_empty())
            .or(next.comment);
        if email.is_empty() && name.is_none() {
            return None;
        }
        return Some(Address {
            name: name.map(|name| cut(&name, MAX_NAME)),
            email,
        });
    }
    if next.literal.contains('@')
        || (!joined.is_empty() && !joined.contains(' ') && joined.is_ascii())
    {
        let name = next.comment.map(|name| cut(&name, MAX_NAME));
        return Some(Address {
            name,
            email: clean_email(&next.literal),
        });
    }
    if joined.is_empty() {
        return None;
    }
    Some(Address {
        name: Some(cut(&joined, MAX_NAME)),
        email: String::new(),
    })
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

fn clean_email(text: &str) -> String {
    let quoted = text.trim_start().starts_with('"');
    text.chars()
        .filter(|c| !c.is_control() && (quoted || !c.is_whitespace()))
        .take(MAX_EMAIL)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Takes backslashes away, except where they are the second half of a Shift_JIS character (ソ is 0x83 0x5C).
pub(super) fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut escaped = false;
    let utf8 = std::str::from_utf8(bytes).is_ok();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == 0x1B {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = words::jis_run(rest);
            out.extend_from_slice(rest.get(..length).unwrap_or_default());
            at += length;
            escaped = false;
            continue;
        }
        let after_wide = !utf8 && out.last().is_some_and(|before| *before >= 0x81);
        if byte == b'\\' && !escaped && !after_wide {
            escaped = true;
        } else {
            out.push(byte);
            escaped = false;
        }
        at += 1;
    }
    out
}
