//! Content-Transfer-Encoding undone (RFC 2045 section 6), as tolerant as senders are careless.

use super::{Part, TransferEncoding};

/// The body of a part as its sender meant it: transfer-decoded octets.
pub fn part_bytes(raw: &[u8], part: &Part) -> Vec<u8> {
    decode(part.body.of(raw), part.transfer_encoding)
}

/// Reads the value of a Content-Transfer-Encoding field.
pub(super) fn encoding_named(value: &str) -> TransferEncoding {
    let name = value
        .split([';', '(', ' ', '\t'])
        .find(|word| !word.is_empty())
        .unwrap_or_default();
    match name.trim_matches(['"', '\'']).to_ascii_lowercase().as_str() {
        "" | "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" | "utf-8" => TransferEncoding::Identity,
        "base64" | "base-64" => TransferEncoding::Base64,
        "quoted-printable" | "quoted_printable" => TransferEncoding::QuotedPrintable,
        "x-uuencode" | "uuencode" | "x-uue" | "uue" => TransferEncoding::Uuencode,
        _ => TransferEncoding::Unknown,
    }
}

pub(super) fn decode(body: &[u8], encoding: TransferEncoding) -> Vec<u8> {
    match encoding {
        TransferEncoding::Identity | TransferEncoding::Unknown => body.to_vec(),
        TransferEncoding::Base64 => base64(body),
        TransferEncoding::QuotedPrintable => quoted_printable(body),
        TransferEncoding::Uuencode => uuencode(body),
    }
}

/// The length of what [`decode`] gives.
pub(super) fn decoded_len(body: &[u8], encoding: TransferEncoding) -> usize {
    match encoding {
        TransferEncoding::Identity | TransferEncoding::Unknown => body.len(),
        _ => decode(body, encoding).len(),
    }
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Base64 that ignores everything outside of its alphabet, and goes on after padding: some senders put several encoded
/// pieces one after the other.
pub(super) fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0u8);
    for &byte in body {
        match sextet(byte) {
            Some(value) => {
                bits = bits << 6 | value;
                count += 1;
                if count == 4 {
                    out.extend_from_slice(bits.to_be_bytes().get(1..).unwrap_or_default());
                    (bits, count) = (0, 0);
                }
            }
            None if byte == b'=' => {
                flush_sextets(&mut out, bits, count);
                (bits, count) = (0, 0);
            }
            None => {}
        }
    }
    flush_sextets(&mut out, bits, count);
    out
}

fn flush_sextets(out: &mut Vec<u8>, bits: u32, count: u8) {
    // Two sextets hold one octet, three hold two; one alone holds none.
    let whole = bits << (6 * (4 - u32::from(count.min(4))));
    let octets = usize::from(count.saturating_sub(1));
    out.extend(whole.to_be_bytes().iter().skip(1).take(octets));
}

pub(super) fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        rest = match rest {
            [] => return out,
            [b'=', high, low, after @ ..] if hex_pair(*high, *low).is_some() => {
                out.extend(hex_pair(*high, *low));
                after
            }
            [b'=', after @ ..] => match soft_break(after) {
                Some(next) => next,
                None => {
                    out.push(b'=');
                    after
                }
            },
            // White space before a line end was added on the way (RFC 2045 section 6.7, rule 3).
            [b' ' | b'\t', ..] => {
                let blanks = rest
                    .iter()
                    .take_while(|b| matches!(b, b' ' | b'\t'))
                    .count();
                let (run, after) = rest.split_at(blanks);
                if !matches!(after, [b'\n', ..] | [b'\r', b'\n', ..] | []) {
                    out.extend_from_slice(run);
                }
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

/// What follows a soft line break whose `=` has been read.
fn soft_break(after: &[u8]) -> Option<&[u8]> {
    // Only so many blanks are looked at: a body of "=     =     " must not cost its square.
    let blanks = after
        .iter()
        .take(80)
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    match after.get(blanks..)? {
        [b'\r', b'\n', next @ ..] | [b'\n', next @ ..] => Some(next),
        [] => Some(&[]),
        _ => None,
    }
}

fn uuencode(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"begin ") || line == b"end" {
            continue;
        }
        let Some((&first, data)) = line.split_first() else {
            continue;
        };
        let length = usize::from(first.wrapping_sub(b' ') & 0x3F);
        let mut octets = Vec::with_capacity(length + 3);
        for four in data.chunks(4) {
            let bits = (0..4).fold(0u32, |bits, at| {
                let byte = four.get(at).copied().unwrap_or(b' ');
                bits << 6 | u32::from(byte.wrapping_sub(b' ') & 0x3F)
            });
            octets.extend_from_slice(bits.to_be_bytes().get(1..).unwrap_or_default());
        }
        octets.truncate(length);
        out.extend_from_slice(&octets);
    }
    out
}
