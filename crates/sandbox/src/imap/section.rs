//! The octets of BODY[section] and how they are written (RFC 3501, 6.4.5).

use super::envelope::Manner;
use super::mime::{self, Kind};
use crate::ProviderKind;

pub(crate) fn write_section(
    out: &mut Vec<u8>,
    raw: &[u8],
    section: &str,
    partial: Option<(u32, u32)>,
    manner: Manner,
) {
    let content = section_bytes(raw, section);
    let label = match partial {
        Some((origin, _)) => format!("BODY[{section}]<{origin}>"),
        None => format!("BODY[{section}]"),
    };
    let content = content.map(|bytes| match partial {
        None => bytes,
        Some((origin, length)) => {
            let from = usize::try_from(origin)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            let to = from
                .saturating_add(usize::try_from(length).unwrap_or(usize::MAX))
                .min(bytes.len());
            bytes.get(from..to).unwrap_or_default().to_vec()
        }
    });
    write_bytes(out, &label, content.as_deref(), manner);
}

pub(crate) fn write_bytes(out: &mut Vec<u8>, label: &str, content: Option<&[u8]>, manner: Manner) {
    out.extend_from_slice(label.as_bytes());
    out.push(b' ');
    let Some(content) = content else {
        out.extend_from_slice(b"NIL");
        return;
    };
    // A short body may come as a quoted string (transcripts.md A4).
    let quotable = content.len() <= 40
        && content
            .iter()
            .all(|b| (32..127).contains(b) && !matches!(*b, b'"' | b'\\'));
    if quotable && manner.odd && manner.provider == ProviderKind::Google {
        out.push(b'"');
        out.extend_from_slice(content);
        out.push(b'"');
        return;
    }
    out.extend_from_slice(format!("{{{}}}\r\n", content.len()).as_bytes());
    out.extend_from_slice(content);
}

/// The octets of a section; `None` if there is no such part.
fn section_bytes(raw: &[u8], section: &str) -> Option<Vec<u8>> {
    let mut path = Vec::new();
    let mut rest = section;
    while let Some(digits) = rest.split(['.', ' ']).next().filter(|d| !d.is_empty()) {
        let Ok(number) = digits.parse::<u32>() else {
            break;
        };
        path.push(number);
        rest = rest.get(digits.len()..).unwrap_or_default();
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    if path.is_empty() {
        return of_message(raw, 0..raw.len(), rest);
    }
    let root = mime::parse(raw);
    let part = mime::find(&root, &path)?;
    let is_root = part.header.start == 0 && part.body.end == raw.len();
    match rest {
        "" => raw.get(part.body.clone()).map(<[u8]>::to_vec),
        "MIME" => raw.get(part.header.clone()).map(<[u8]>::to_vec),
        rest => match &part.kind {
            Kind::Message(inner) => of_message(raw, inner.header.start..inner.body.end, rest),
            _ if is_root => of_message(raw, 0..raw.len(), rest),
            _ => None,
        },
    }
}

fn of_message(raw: &[u8], range: std::ops::Range<usize>, what: &str) -> Option<Vec<u8>> {
    let message = raw.get(range)?;
    let start = mime::body_start(message);
    match what {
        "" => return Some(message.to_vec()),
        "HEADER" => return message.get(..start).map(<[u8]>::to_vec),
        "TEXT" => return message.get(start..).map(<[u8]>::to_vec),
        _ => {}
    }
    let (not, names) = match what.strip_prefix("HEADER.FIELDS.NOT") {
        Some(names) => (true, names),
        None => (false, what.strip_prefix("HEADER.FIELDS")?),
    };
    let names: Vec<&str> = names
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')')
        .split_whitespace()
        .map(|n| n.trim_matches('"'))
        .collect();
    let mut out = Vec::new();
    for field in mime::headers(message) {
        let named = names
            .iter()
            .any(|n| field.name.eq_ignore_ascii_case(n.as_bytes()));
        if named != not {
            out.extend_from_slice(field.whole);
        }
    }
    out.extend_from_slice(b"\r\n");
    Some(out)
}
