//! Header blocks cut into fields, with their places in the message.
//!
//! A line that is neither a field nor a continuation ends the block: mails without the blank line keep their text that way.

use super::Span;

/// Fields beyond this number are not looked at.
const MAX_FIELDS: usize = 10_000;
const MAX_NAME: usize = 200;

/// One field: its name as written, and the octets after the colon without the last line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a [u8],
}

/// A header block: `header` is its octets, `body_start` where the body begins.
pub(super) struct Block<'a> {
    pub(super) fields: Vec<Field<'a>>,
    pub(super) header: Span,
    pub(super) body_start: usize,
}

impl<'a> Block<'a> {
    /// The value of the first field with this name.
    pub(super) fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|f| f.value)
    }
}

/// Length of the line at the start of `rest`, its line end included.
fn line_length(rest: &[u8]) -> usize {
    rest.iter()
        .position(|byte| *byte == b'\n')
        .map_or(rest.len(), |at| at + 1)
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The name of the field that begins here, and the offset of what follows its colon.
fn field_start(line: &[u8]) -> Option<(&str, usize)> {
    let colon = line.iter().take(MAX_NAME).position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(line.get(..colon)?)
        .ok()?
        .trim_end_matches([' ', '\t']);
    let good = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    good.then_some((name, colon + 1))
}

/// Cuts the header block at the start of `span`.
pub(super) fn split(raw: &[u8], span: Span) -> Block<'_> {
    let bytes = span.of(raw);
    let mut fields = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    // The envelope line of an mbox is no field.
    if bytes.starts_with(b"From ") || bytes.starts_with(b">From ") {
        at = line_length(bytes);
    }
    let (header_end, body_start) = loop {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            break (at, at);
        }
        let length = line_length(rest);
        let line = without_line_end(rest.get(..length).unwrap_or_default());
        if line.is_empty() {
            break (at, at + length);
        }
        let continues = open.is_some() && matches!(line, [b' ' | b'\t', ..]);
        if !continues {
            let Some((name, value)) = field_start(line) else {
                // Only white space: many mailers take that for the blank line.
                let blank = line.iter().all(u8::is_ascii_whitespace);
                break (at, if blank { at + length } else { at });
            };
            close(&mut fields, bytes, open, at);
            open = Some((name, at + value));
        }
        at += length;
    };
    close(&mut fields, bytes, open, header_end);
    Block {
        fields,
        header: Span {
            start: span.start,
            end: span.start + header_end,
        },
        body_start: span.start + body_start,
    }
}

fn close<'a>(
    fields: &mut Vec<Field<'a>>,
    bytes: &'a [u8],
    open: Option<(&'a str, usize)>,
    end: usize,
) {
    if let Some((name, start)) = open
        && fields.len() < MAX_FIELDS
    {
        let value = without_line_end(bytes.get(start..end).unwrap_or_default());
        fields.push(Field { name, value });
    }
}

/// The message without its Bcc fields: what may leave the house (RFC 5322 section 3.6.3).
pub fn without_bcc(raw: &[u8]) -> Vec<u8> {
    let block = split(
        raw,
        Span {
            start: 0,
            end: raw.len(),
        },
    );
    let header = block.header.of(raw);
    let mut out = Vec::with_capacity(raw.len());
    let mut dropping = false;
    let mut at = 0;
    while at < header.len() {
        let rest = header.get(at..).unwrap_or_default();
        let line = rest.get(..line_length(rest)).unwrap_or_default();
        if !matches!(line, [b' ' | b'\t', ..]) {
            dropping = field_start(line).is_some_and(|(name, _)| {
                name.eq_ignore_ascii_case("bcc") || name.eq_ignore_ascii_case("resent-bcc")
            });
        }
        if !dropping {
            out.extend_from_slice(line);
        }
        at += line.len();
    }
    out.extend_from_slice(raw.get(block.header.end..).unwrap_or_default());
    out
}
