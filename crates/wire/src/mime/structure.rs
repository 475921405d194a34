//! The tree of parts (RFC 2046 section 5.1), found in one scan for lines that begin with two hyphens.
//!
//! Not mail-parser's tree: that one opens attached messages inside each other, and dropping some hundred thousand of them
//! ends the process. Here depth and number of parts are bounded, an attached message is a leaf, and nothing is decoded.
//! Each part's range lies inside its parent's, so an inner multipart that is never closed ends where the outer goes on.

use super::{Part, Span, TransferEncoding, fields, params, transfer, words};

/// serde_json reads 128 levels, and a level of the tree takes two; deeper multiparts stay one attachment.
pub const MAX_DEPTH: usize = 50;
/// Parts beyond this number are left out.
pub const MAX_PARTS: usize = 10_000;
const MAX_DELIMITERS: usize = 1_000_000;

/// The tree of a message; the flag says that a bound left something out.
pub(super) fn tree(raw: &[u8]) -> (Part, bool) {
    let (delimiters, too_many) = delimiter_lines(raw);
    let mut builder = Builder {
        raw,
        delimiters,
        parts: 0,
        truncated: too_many,
    };
    let whole = Span {
        start: 0,
        end: raw.len(),
    };
    let mut root = builder.part(whole, &[], 0, "text/plain");
    if !root.is_multipart() {
        root.part_id = Some("1".to_owned());
    }
    (root, builder.truncated)
}

/// Spans of all lines that could be boundary delimiters, line ends excluded.
fn delimiter_lines(raw: &[u8]) -> (Vec<Span>, bool) {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < raw.len() {
        let rest = raw.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        if rest.starts_with(b"--") && length > 2 {
            if lines.len() == MAX_DELIMITERS {
                return (lines, true);
            }
            lines.push(Span {
                start,
                end: start + length,
            });
        }
        start += length + 1;
    }
    (lines, false)
}

struct Builder<'a> {
    raw: &'a [u8],
    delimiters: Vec<Span>,
    parts: usize,
    truncated: bool,
}

impl Builder<'_> {
    fn part(&mut self, span: Span, path: &[usize], depth: usize, default_type: &str) -> Part {
        self.parts += 1;
        let block = fields::split(self.raw, span);
        let content = block
            .first("content-type")
            .map(params::parse)
            .unwrap_or_default();
        let disposition = block.first("content-disposition").map(params::parse);
        let name = disposition
            .as_ref()
            .and_then(|disposition| disposition.text("filename"))
            .or_else(|| content.text("name"));
        let mut part = Part {
            part_id: part_id(path),
            content_type: type_of(&content.value, default_type),
            charset: content.text("charset"),
            disposition: disposition
                .map(|found| found.value)
                .filter(|value| !value.is_empty()),
            cid: block
                .first("content-id")
                .map(|value| bare_id(&words::text(value)))
                .filter(|id| !id.is_empty()),
            name,
            language: block
                .first("content-language")
                .map(languages)
                .unwrap_or_default(),
            location: block
                .first("content-location")
                .map(|value| words::text(value).split_whitespace().collect::<String>()),
            size: 0,
            header: block.header,
            body: Span {
                start: block.body_start,
                end: span.end.max(block.body_start),
            },
            transfer_encoding: block
                .first("content-transfer-encoding")
                .map(|value| transfer::encoding_named(&words::text(value)))
                .unwrap_or_default(),
            sub_parts: Vec::new(),
        };
        if part.is_multipart() {
            self.fill_multipart(&mut part, content.octets("boundary"), path, depth);
        }
        if !part.is_multipart() {
            part.size = transfer::decoded_len(part.body.of(self.raw), part.transfer_encoding);
        }
        part
    }

    /// Finds the sub-parts; a multipart that is none after all becomes a leaf.
    fn fill_multipart(
        &mut self,
        part: &mut Part,
        boundary: Option<&[u8]>,
        path: &[usize],
        depth: usize,
    ) {
        if depth >= MAX_DEPTH {
            self.truncated = true;
            "application/octet-stream".clone_into(&mut part.content_type);
            part.transfer_encoding = TransferEncoding::Identity;
            return;
        }
        let room = MAX_PARTS.saturating_sub(self.parts);
        let spans = match boundary.filter(|boundary| !boundary.is_empty()) {
            Some(boundary) => self.children(part.body, boundary, room),
            None => None,
        };
        let Some(spans) = spans else {
            // No delimiter at all: its text is shown rather than lost.
            "text/plain".clone_into(&mut part.content_type);
            return;
        };
        part.part_id = None;
        part.transfer_encoding = TransferEncoding::Identity;
        let default_type = if part.content_type == "multipart/digest" {
            "message/rfc822"
        } else {
            "text/plain"
        };
        for (index, span) in spans.into_iter().enumerate() {
            if self.parts >= MAX_PARTS {
                self.truncated = true;
                return;
            }
            let mut path = path.to_vec();
            path.push(index + 1);
            part.sub_parts
                .push(self.part(span, &path, depth + 1, default_type));
        }
    }

    /// The ranges between the delimiter lines of `boundary`; `None` where there is no such line.
    fn children(&mut self, body: Span, boundary: &[u8], room: usize) -> Option<Vec<Span>> {
        let first = self
            .delimiters
            .partition_point(|line| line.start < body.start);
        let mut spans = Vec::new();
        let mut open: Option<usize> = None;
        let mut seen = false;
        for line in self
            .delimiters
            .iter()
            .skip(first)
            .take_while(|line| line.start < body.end)
        {
            let Some(rest) = line.of(self.raw).strip_prefix(b"--") else {
                continue;
            };
            let Some(rest) = rest.strip_prefix(boundary) else {
                continue;
            };
            let rest = rest.trim_ascii_end();
            let closes = rest == b"--";
            if !closes && !rest.is_empty() {
                continue;
            }
            seen = true;
            if let Some(start) = open.take() {
                push_part(&mut spans, self.raw, start, line.start);
            }
            if closes {
                return Some(spans);
            }
            if spans.len() >= room {
                self.truncated = true;
                return Some(spans);
            }
            open = Some((line.end + 1).min(body.end));
        }
        if let Some(start) = open.filter(|start| *start < body.end) {
            spans.push(Span {
                start,
                end: body.end,
            });
        }
        seen.then_some(spans)
    }
}

/// The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
fn push_part(spans: &mut Vec<Span>, raw: &[u8], start: usize, delimiter: usize) {
    let octets = raw.get(start..delimiter).unwrap_or_default();
    let octets = octets.strip_suffix(b"\n").unwrap_or(octets);
    let octets = octets.strip_suffix(b"\r").unwrap_or(octets);
    if delimiter > start {
        spans.push(Span {
            start,
            end: start + octets.len(),
        });
    }
}

fn part_id(path: &[usize]) -> Option<String> {
    let id = path
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(".");
    Some(if id.is_empty() { "1".to_owned() } else { id })
}

/// A type must have two halves of token characters; RFC 2045 section 5.2 gives the default.
fn type_of(value: &str, default: &str) -> String {
    let token = |half: &str| {
        !half.is_empty()
            && half
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    match value.split_once('/') {
        Some((kind, sub)) if token(kind) && token(sub) => value.to_owned(),
        // Old mailers write only "text".
        None if value == "text" => "text/plain".to_owned(),
        None if value.is_empty() => default.to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

fn bare_id(text: &str) -> String {
    text.trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .chars()
        .take(1_000)
        .collect()
}

fn languages(value: &[u8]) -> Vec<String> {
    words::text(value)
        .split(',')
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .take(50)
        .collect()
}
