//! The text of parts: for showing, for the preview line and for search.

use super::{Message, Part, Span, TransferEncoding, charset, html_text, transfer};

/// Characters of a preview (RFC 8621 section 4.1.4).
pub const PREVIEW_CHARS: usize = 256;
/// Octets of search text.
pub const SEARCH_BYTES: usize = 64 * 1024;
/// Octets of encoded body that are looked at for the preview; HTML has much before its text.
const PREVIEW_TEXT: usize = 16 * 1024;
const PREVIEW_HTML: usize = 256 * 1024;
const SEARCH_BODY: usize = 1024 * 1024;

/// The text of a part with LF line ends, and whether its charset or transfer encoding could not be followed
/// (JMAP `isEncodingProblem`).
pub fn part_text(raw: &[u8], part: &Part) -> (String, bool) {
    let (text, problem) = decoded(raw, part);
    let text = if text.contains(['\r', '\0']) {
        text.replace("\r\n", "\n")
            .replace('\r', "\n")
            .replace('\0', "")
    } else {
        text
    };
    (text, problem)
}

fn decoded(raw: &[u8], part: &Part) -> (String, bool) {
    let bytes = transfer::decode(part.body.of(raw), part.transfer_encoding);
    let inside = match (&part.charset, part.content_type.as_str()) {
        (None, "text/html") => html_text::declared_charset(&bytes),
        _ => None,
    };
    let label = part.charset.as_deref().or(inside.as_deref());
    let read = charset::decode(&bytes, label);
    (
        read.text,
        read.problem || part.transfer_encoding == TransferEncoding::Unknown,
    )
}

/// As readable text: HTML without its tags. Only the first `limit` octets of the encoded body are looked at.
fn readable(raw: &[u8], part: &Part, limit: usize) -> String {
    let end = part.body.end.min(part.body.start.saturating_add(limit));
    let start_only = Part {
        body: Span {
            start: part.body.start,
            end,
        },
        ..part.clone()
    };
    let (text, _) = part_text(raw, &start_only);
    if part.content_type == "text/html" {
        html_text::html_to_text(&text)
    } else {
        text
    }
}

fn body_parts(message: &Message) -> Vec<&Part> {
    let ids = if message.text_body.is_empty() {
        &message.html_body
    } else {
        &message.text_body
    };
    message
        .parts()
        .into_iter()
        .filter(|part| part.content_type.starts_with("text/"))
        .filter(|part| part.part_id.as_ref().is_some_and(|id| ids.contains(id)))
        .take(50)
        .collect()
}

pub(super) fn preview(raw: &[u8], message: &Message) -> String {
    let mut out = String::new();
    for part in body_parts(message) {
        let limit = if part.content_type == "text/html" {
            PREVIEW_HTML
        } else {
            PREVIEW_TEXT
        };
        for word in readable(raw, part, limit).split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
            // One character takes at most four octets.
            if out.len() > PREVIEW_CHARS * 4 {
                break;
            }
        }
        if out.chars().count() >= PREVIEW_CHARS {
            break;
        }
    }
    out.chars()
        .filter(|c| !c.is_control() && *c != '\u{FEFF}')
        .take(PREVIEW_CHARS)
        .collect()
}

/// The words of the bodies and the names of attachments, at most 64 KiB, not folded: for the search index.
pub fn search_text(raw: &[u8], message: &Message) -> String {
    let mut out = String::new();
    for name in message
        .parts()
        .into_iter()
        .filter_map(|part| part.name.as_deref())
        .take(200)
    {
        out.push_str(name);
        out.push('\n');
    }
    for part in body_parts(message) {
        for word in readable(raw, part, SEARCH_BODY).split_whitespace() {
            out.push_str(word);
            out.push(' ');
            if out.len() > SEARCH_BYTES {
                break;
            }
        }
        if out.len() > SEARCH_BYTES {
            break;
        }
    }
    let end = (0..=out.len().min(SEARCH_BYTES))
        .rev()
        .find(|at| out.is_char_boundary(*at))
        .unwrap_or(0);
    out.truncate(end);
    out
}
