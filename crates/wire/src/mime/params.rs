//! Content-Type and Content-Disposition: the value and its parameters (RFC 2045 section 5.1, RFC 2231).
//!
//! Parameter values stay octets until one is asked for: continuations may cut a character or a JIS shift state, so they
//! are joined first. Encoded words in a quoted name (against RFC 2047, but what most Japanese mailers send) are read.

use super::{address, charset, transfer, words};

const MAX_PARAMS: usize = 200;

/// A field with parameters; names and value are lower case.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) value: String,
    params: Vec<(String, Vec<u8>)>,
}

pub(super) fn parse(field: &[u8]) -> Content {
    let mut pieces = pieces(field).into_iter();
    let value = pieces.next().map(words::text).unwrap_or_default();
    let value = value
        .split_ascii_whitespace()
        .collect::<String>()
        .to_ascii_lowercase();
    let params = pieces
        .filter_map(|piece| {
            let equals = piece.iter().position(|byte| *byte == b'=')?;
            let name = std::str::from_utf8(piece.get(..equals)?)
                .ok()?
                .trim()
                .to_ascii_lowercase();
            let value = piece.get(equals + 1..)?.trim_ascii();
            let value = match value.strip_prefix(b"\"") {
                Some(inner) => address::unescape(inner.strip_suffix(b"\"").unwrap_or(inner)),
                None => value.to_vec(),
            };
            (!name.is_empty() && name.len() <= 100).then_some((name, value))
        })
        .take(MAX_PARAMS)
        .collect();
    Content {
        value: value.chars().take(200).collect(),
        params,
    }
}

/// Cuts at semicolons outside of quotes, comments and JIS runs.
fn pieces(field: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let (mut start, mut at, mut quoted) = (0, 0, false);
    while let Some(&byte) = field.get(at) {
        match byte {
            0x1B => {
                at += words::jis_run(field.get(at..).unwrap_or_default());
                continue;
            }
            b'\\' if quoted && field.get(at.wrapping_sub(1)).is_none_or(|b| *b < 0x81) => at += 1,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                pieces.push(field.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
        if pieces.len() > MAX_PARAMS {
            return pieces;
        }
    }
    pieces.push(field.get(start..).unwrap_or_default());
    pieces
}

impl Content {
    /// The octets of a plain parameter, as needed for boundaries.
    pub(super) fn octets(&self, name: &str) -> Option<&[u8]> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_slice())
    }

    /// The text of a parameter: RFC 2231 before RFC 2047 before raw octets.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let plain = self.octets(name).map(words::text);
        let text = match self.extended(name) {
            Some((text, false)) => Some(text),
            Some((text, true)) => plain.or(Some(text)),
            None => plain,
        };
        text.map(|text| text.trim().chars().take(1_000).collect())
            .filter(|text: &String| !text.is_empty())
    }

    /// `name*`, `name*0`, `name*1*` …: the joined value, and whether it could not be read well.
    fn extended(&self, name: &str) -> Option<(String, bool)> {
        let mut segments: Vec<(u32, bool, &[u8])> = self
            .params
            .iter()
            .filter_map(|(key, value)| {
                let rest = key.strip_prefix(name)?.strip_prefix('*')?;
                let (number, encoded) = match rest.strip_suffix('*') {
                    Some(number) => (number, true),
                    None => (rest, rest.is_empty()),
                };
                let number = if number.is_empty() {
                    0
                } else {
                    number.parse().ok()?
                };
                Some((number, encoded, value.as_slice()))
            })
            .collect();
        segments.sort_by_key(|(number, _, _)| *number);
        let (_, encoded_first, first) = *segments.first()?;
        let mut label = None;
        let mut octets = Vec::new();
        for (index, (_, encoded, value)) in segments.iter().enumerate() {
            let mut value = *value;
            if index == 0
                && encoded_first
                && let Some((charset, rest)) = charset_and_rest(first)
            {
                label = Some(charset);
                value = rest;
            }
            if *encoded {
                percent_decode(value, &mut octets);
            } else {
                octets.extend_from_slice(value);
            }
        }
        if segments.iter().any(|(_, encoded, _)| *encoded) {
            let read = charset::decode(&octets, label.as_deref());
            let text = read.text.chars().filter(|c| !c.is_control()).collect();
            Some((text, read.problem))
        } else {
            Some((words::text(&octets), false))
        }
    }
}

/// `charset'language'rest`.
fn charset_and_rest(value: &[u8]) -> Option<(String, &[u8])> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let charset = std::str::from_utf8(parts.next()?).ok()?.to_owned();
    parts.next()?;
    Some((charset, parts.next()?))
}

fn percent_decode(value: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return,
            [b'%', high, low, after @ ..] if transfer::hex_pair(*high, *low).is_some() => {
                out.extend(transfer::hex_pair(*high, *low));
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}
