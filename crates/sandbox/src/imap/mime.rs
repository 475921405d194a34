//! As much of MIME as FETCH needs: header fields as they stand, parts with their byte ranges.
//!
//! Nothing is decoded: both servers hand encoded words through as they are. Nesting and the number
//! of parts are bounded; what lies deeper is one leaf.

use std::ops::Range;

const DEEPEST: usize = 12;
const MOST_PARTS: usize = 500;

/// A header field: name as written, value with folds kept.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    /// The whole field with its line ends.
    pub(crate) whole: &'a [u8],
}

/// Where the header ends: after the blank line.
pub(crate) fn body_start(raw: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|r| !r.is_empty()) {
        let line = rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(rest.len(), |n| n + 1);
        let text = rest.get(..line).unwrap_or_default();
        at += line;
        if text == b"\r\n" || text == b"\n" {
            return at;
        }
    }
    raw.len()
}

/// The fields of the header at the beginning of `raw`.
pub(crate) fn headers(raw: &[u8]) -> Vec<Field<'_>> {
    let head = raw.get(..body_start(raw)).unwrap_or_default();
    let mut fields = Vec::new();
    let mut at = 0;
    while at < head.len() {
        let mut end = at;
        loop {
            let rest = head.get(end..).unwrap_or_default();
            end += rest
                .iter()
                .position(|b| *b == b'\n')
                .map_or(rest.len(), |n| n + 1);
            if !matches!(head.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let whole = head.get(at..end).unwrap_or_default();
        at = end;
        if let Some(colon) = whole.iter().position(|b| *b == b':') {
            fields.push(Field {
                name: whole.get(..colon).unwrap_or_default().trim_ascii(),
                value: whole.get(colon + 1..).unwrap_or_default(),
                whole,
            });
        }
    }
    fields
}

/// The unfolded value of a field; 8-bit octets are read as UTF-8 where they are, else replaced.
pub(crate) fn value(fields: &[Field<'_>], name: &str) -> Option<String> {
    let field = fields
        .iter()
        .find(|f| f.name.eq_ignore_ascii_case(name.as_bytes()))?;
    let text = String::from_utf8_lossy(field.value);
    Some(text.replace("\r\n", "").replace('\n', "").trim().to_owned())
}

/// A Content-Type or Content-Disposition: first word and parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) word: String,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Typed {
    pub(crate) fn parse(text: &str) -> Self {
        let mut pieces = split_unquoted(text, ';').into_iter();
        let word = pieces.next().unwrap_or_default().trim().to_owned();
        let parameters = pieces
            .filter_map(|piece| {
                let (name, value) = piece.split_once('=')?;
                let value = value.trim();
                let value = match value.strip_prefix('"') {
                    Some(rest) => rest.strip_suffix('"').unwrap_or(rest).replace("\\\"", "\""),
                    None => value
                        .split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                };
                Some((name.trim().to_owned(), value))
            })
            .take(50)
            .collect();
        Self { word, parameters }
    }
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
}

pub(crate) fn split_unquoted(text: &str, at: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && !escaped;
        if c == at && !quoted {
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

/// A part of a message and where it lies in it.
pub(crate) struct Part {
    pub(crate) header: Range<usize>,
    pub(crate) body: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) content_type: Typed,
}

pub(crate) enum Kind {
    Leaf,
    Multipart(Vec<Part>),
    /// message/rfc822
    Message(Box<Part>),
}

/// The tree of a whole message.
pub(crate) fn parse(raw: &[u8]) -> Part {
    let mut left = MOST_PARTS;
    part(raw, 0..raw.len(), 0, &mut left)
}

fn part(raw: &[u8], range: Range<usize>, depth: usize, left: &mut usize) -> Part {
    let piece = raw.get(range.clone()).unwrap_or_default();
    let start = range.start + body_start(piece);
    let fields = headers(piece);
    let content_type = value(&fields, "Content-Type").map_or_else(
        || Typed {
            word: "text/plain".to_owned(),
            parameters: Vec::new(),
        },
        |text| Typed::parse(&text),
    );
    let body = start..range.end;
    let word = content_type.word.to_ascii_lowercase();
    *left = left.saturating_sub(1);
    let kind = if depth >= DEEPEST || *left == 0 {
        Kind::Leaf
    } else if word.starts_with("multipart/") {
        let boundary = content_type.parameter("boundary").unwrap_or_default();
        let ranges = split_at_boundary(raw, body.clone(), boundary);
        Kind::Multipart(
            ranges
                .into_iter()
                .map(|r| part(raw, r, depth + 1, left))
                .collect(),
        )
    } else if word == "message/rfc822" {
        Kind::Message(Box::new(part(raw, body.clone(), depth + 1, left)))
    } else {
        Kind::Leaf
    };
    Part {
        header: range.start..start,
        body,
        kind,
        content_type,
    }
}

fn split_at_boundary(raw: &[u8], body: Range<usize>, boundary: &str) -> Vec<Range<usize>> {
    let open = format!("--{boundary}");
    let close = format!("--{boundary}--");
    let mut ranges = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = body.start;
    while at < body.end && ranges.len() < MOST_PARTS {
        let rest = raw.get(at..body.end).unwrap_or_default();
        let length = rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(rest.len(), |n| n + 1);
        let line = rest.get(..length).unwrap_or_default().trim_ascii_end();
        let closes = line == close.as_bytes();
        if !boundary.is_empty() && (closes || line == open.as_bytes()) {
            if let Some(start) = start {
                // The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1).
                let mut end = at;
                if raw.get(end.wrapping_sub(1)) == Some(&b'\n') && end > start {
                    end -= 1;
                }
                if raw.get(end.wrapping_sub(1)) == Some(&b'\r') && end > start {
                    end -= 1;
                }
                ranges.push(start..end);
            }
            start = (!closes).then_some(at + length);
            if closes {
                break;
            }
        }
        at += length;
    }
    if let Some(start) = start.filter(|s| *s < body.end) {
        ranges.push(start..body.end);
    }
    ranges
}

/// The part of a section path: `1.2`; `None` if there is none. An empty path is the message itself.
pub(crate) fn find<'a>(root: &'a Part, path: &[u32]) -> Option<&'a Part> {
    let mut part = root;
    let mut first = true;
    for number in path {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        // Below a message/rfc822 the numbers count the parts of the message inside.
        if let (Kind::Message(inner), false) = (&part.kind, first) {
            part = inner;
        }
        part = match &part.kind {
            Kind::Multipart(parts) => parts.get(index)?,
            _ if index == 0 => part,
            _ => return None,
        };
        first = false;
    }
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\npreamble\r\n--x\r\n\r\nfirst\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>\r\n--x--\r\nafter\r\n";

    #[test]
    fn parts_lie_between_their_boundaries_without_the_last_line_end() {
        let root = parse(MAIL);
        let first = find(&root, &[1]).unwrap();
        assert_eq!(&MAIL[first.body.clone()], b"first");
        let second = find(&root, &[2]).unwrap();
        assert_eq!(
            &MAIL[second.header.clone()],
            b"Content-Type: text/html\r\n\r\n"
        );
        assert_eq!(&MAIL[second.body.clone()], b"<p>");
        assert!(find(&root, &[3]).is_none());
    }

    #[test]
    fn a_quoted_parameter_keeps_its_semicolon() {
        let typed = Typed::parse("text/plain; name=\"a;b.txt\"; charset=utf-8");
        assert_eq!(typed.parameter("name"), Some("a;b.txt"));
        assert_eq!(typed.parameter("Charset"), Some("utf-8"));
    }
}
