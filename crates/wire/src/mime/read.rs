//! Raw octets in, [`Message`] out. Never fails, whatever the octets.

use super::{
    Address, DateTime, Headers, Message, Part, Span, address, bodies, fields, header_forms,
    structure, text, words,
};

/// Addresses kept of one header; the rest is counted in `addresses_left_out`.
pub const MAX_ADDRESSES: usize = 5_000;
const MAX_SUBJECT: usize = 10_000;

/// Reads a mail. The same octets always give the same answer; time and memory grow with their number alone.
pub fn read(raw: &[u8]) -> Message {
    let (structure, truncated) = structure::tree(raw);
    let bodies = bodies::of(&structure);
    let mut message = Message {
        headers: headers(raw),
        structure,
        text_body: bodies.text,
        html_body: bodies.html,
        attachments: bodies.attachments,
        has_attachment: false,
        preview: String::new(),
        truncated,
    };
    message.has_attachment = message
        .parts()
        .into_iter()
        .filter(|part| {
            part.part_id
                .as_ref()
                .is_some_and(|id| message.attachments.contains(id))
        })
        .take(200)
        .any(is_attachment);
    message.preview = text::preview(raw, &message);
    message
}

/// A picture that the HTML shows is no attachment to its reader.
fn is_attachment(part: &Part) -> bool {
    let shown_inside = part.disposition.as_deref() != Some("attachment")
        && part.cid.is_some()
        && part.content_type.starts_with("image/");
    !shown_inside
}

fn headers(raw: &[u8]) -> Headers {
    let block = fields::split(
        raw,
        Span {
            start: 0,
            end: raw.len(),
        },
    );
    let mut left_out = 0;
    let mut addresses = |name: &str| -> Vec<Address> {
        let mut all = Vec::new();
        // Several To fields are against RFC 5322 and in use; they count as one.
        for value in block.all(name) {
            let list = address::parse(value, MAX_ADDRESSES.saturating_sub(all.len()));
            left_out += list.left_out;
            all.extend(list.flat());
        }
        all
    };
    let (from, to, cc) = (addresses("from"), addresses("to"), addresses("cc"));
    let (bcc, reply_to, sender) = (addresses("bcc"), addresses("reply-to"), addresses("sender"));
    let ids = |name: &str| {
        block
            .first(name)
            .map(header_forms::message_ids)
            .unwrap_or_default()
    };
    Headers {
        from,
        to,
        cc,
        bcc,
        reply_to,
        sender,
        subject: block
            .first("subject")
            .map(|value| words::text(value).chars().take(MAX_SUBJECT).collect()),
        message_id: ids("message-id"),
        in_reply_to: ids("in-reply-to"),
        references: ids("references"),
        date: block
            .first("date")
            .and_then(|value| DateTime::parse(&words::text(value))),
        addresses_left_out: left_out,
    }
}
