//! Bodies on the way out: lines of at most 998 octets, transfer encodings, multiparts.

use base64::{Engine, engine::general_purpose::STANDARD};

/// RFC 5322 section 2.1.1.
const MAX_LINE: usize = 998;

/// A finished part: its own header fields and its encoded body, without a last line end.
pub(super) struct Entity {
    pub(super) fields: Vec<u8>,
    pub(super) body: Vec<u8>,
}

/// Text with CRLF line ends, and how it may be written.
pub(super) fn encode_text(text: &str) -> (&'static str, Vec<u8>) {
    let lines = text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "")
        .replace('\n', "\r\n");
    let bytes = lines.as_bytes();
    // "From " and a lone dot at a line's start are what old relays change.
    let risky = lines
        .split("\r\n")
        .any(|line| line.len() > 200 || line.starts_with("From ") || line == ".");
    let wide = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    if wide == 0 && !risky {
        return ("7bit", lines.into_bytes());
    }
    if wide * 4 > bytes.len() {
        return ("base64", base64_lines(bytes));
    }
    ("quoted-printable", quoted_printable(&lines))
}

/// How octets of any kind may be written; text of an attachment keeps its own line ends.
pub(super) fn encode_octets(octets: &[u8]) -> (&'static str, Vec<u8>) {
    ("base64", base64_lines(octets))
}

/// A message inside a message may only be written as it is (RFC 2046 section 5.2.1).
pub(super) fn encode_message(octets: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let fits = octets.is_ascii()
        && !octets.contains(&0)
        && octets
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() <= MAX_LINE);
    fits.then(|| ("7bit", with_crlf(octets)))
}

fn with_crlf(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 40);
    let mut before = 0;
    for &byte in octets {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out
}

fn base64_lines(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() / 3 * 4 + octets.len() / 28 + 8);
    for (index, line) in octets.chunks(57).enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
    }
    out
}

fn quoted_printable(lines: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len() + lines.len() / 4);
    for (index, line) in lines.split("\r\n").enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\r\n");
        }
        let mut column = 0;
        for (at, byte) in line.bytes().enumerate() {
            let last = at + 1 == line.len();
            // The first octet of a line may look like "From " or a lone dot to old relays.
            let risky_start = at == 0 && (byte == b'F' || byte == b'.');
            let plain = (byte.is_ascii_graphic() && byte != b'=' && !risky_start)
                || (matches!(byte, b' ' | b'\t') && !last);
            let width = if plain { 1 } else { 3 };
            if column + width > 75 {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if plain {
                out.push(byte);
            } else {
                out.extend_from_slice(format!("={byte:02X}").as_bytes());
            }
            column += width;
        }
    }
    out
}

/// Joins parts under a multipart of the given subtype.
pub(super) fn multipart(subtype: &str, boundary: &str, parts: Vec<Entity>) -> Entity {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(&part.fields);
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&part.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--").as_bytes());
    let fields =
        format!("Content-Type: multipart/{subtype};\r\n boundary=\"{boundary}\"\r\n").into_bytes();
    Entity { fields, body }
}
