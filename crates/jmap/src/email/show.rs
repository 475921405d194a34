//! An email as JMAP shows it (RFC 8621, 4.1): from its row, and from its bytes where header fields or body
//! values are wanted.

use serde_json::{Map, Value, json};
use store::emails::Email;
use wire::mime::{
    Address, DateTime, HeaderValue, Message, Part, header_fields, header_values, part_text,
};

use super::headers::HeaderProperty;
use super::properties::Wanted;
use crate::types::{Object, write_utc_date};

/// The email; `raw` is empty where the wanted properties need no bytes.
pub fn show(email: &Email, raw: &[u8], wanted: &Wanted) -> Value {
    let headers = &email.message.headers;
    let mut shown = Object::new();
    let mut put = |name: &str, value: &dyn Fn() -> Value| {
        if name == "id" || wanted.email.has(name) {
            shown.insert(name.to_owned(), value());
        }
    };
    put("id", &|| json!(email.id));
    put("blobId", &|| json!(email.blob_id.to_string()));
    put("threadId", &|| json!(email.thread_id));
    put("mailboxIds", &|| {
        set(email.folders.iter().map(ToString::to_string))
    });
    put("keywords", &|| set(email.keywords.iter().cloned()));
    put("size", &|| json!(email.size));
    put("receivedAt", &|| json!(write_utc_date(email.received_at)));
    put("messageId", &|| texts(&headers.message_id));
    put("inReplyTo", &|| texts(&headers.in_reply_to));
    put("references", &|| texts(&headers.references));
    put("sender", &|| addresses(&headers.sender));
    put("from", &|| addresses(&headers.from));
    put("to", &|| addresses(&headers.to));
    put("cc", &|| addresses(&headers.cc));
    put("bcc", &|| addresses(&headers.bcc));
    put("replyTo", &|| addresses(&headers.reply_to));
    put("subject", &|| json!(headers.subject));
    put("sentAt", &|| json!(headers.date.map(DateTime::to_rfc3339)));
    put("hasAttachment", &|| json!(email.message.has_attachment));
    put("preview", &|| json!(email.message.preview));
    put("headers", &|| fields(raw));
    put("bodyStructure", &|| {
        part(&email.message.structure, email, raw, wanted, 0)
    });
    put("textBody", &|| {
        parts(&email.message.text_body, email, raw, wanted)
    });
    put("htmlBody", &|| {
        parts(&email.message.html_body, email, raw, wanted)
    });
    put("attachments", &|| {
        parts(&email.message.attachments, email, raw, wanted)
    });
    put("bodyValues", &|| body_values(&email.message, raw, wanted));
    for header in &wanted.email.headers {
        shown.insert(header.key.clone(), header_value(raw, header));
    }
    Value::Object(shown)
}

fn set(names: impl Iterator<Item = String>) -> Value {
    Value::Object(names.map(|name| (name, Value::Bool(true))).collect())
}

fn texts(list: &[String]) -> Value {
    if list.is_empty() {
        Value::Null
    } else {
        json!(list)
    }
}

fn addresses(list: &[Address]) -> Value {
    if list.is_empty() {
        Value::Null
    } else {
        json!(list)
    }
}

fn fields(block: &[u8]) -> Value {
    header_fields(block)
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

fn header_value(block: &[u8], header: &HeaderProperty) -> Value {
    let values = header_values(block, &header.name, header.form);
    match header.all {
        true => values.iter().map(HeaderValue::to_json).collect(),
        false => values.last().map(HeaderValue::to_json).unwrap_or_default(),
    }
}

fn parts(ids: &[String], email: &Email, raw: &[u8], wanted: &Wanted) -> Value {
    ids.iter()
        .filter_map(|id| email.message.part(id))
        .map(|found| part(found, email, raw, wanted, usize::MAX))
        .collect()
}

/// A part; `depth` is `usize::MAX` where parts below are not shown. The reader of mails bounds the nesting.
fn part(part: &Part, email: &Email, raw: &[u8], wanted: &Wanted, depth: usize) -> Value {
    let is_text = part.content_type.starts_with("text/");
    let mut shown = Object::new();
    let mut put = |name: &str, value: Value| {
        if wanted.part.has(name) {
            shown.insert(name.to_owned(), value);
        }
    };
    put("partId", json!(part.part_id));
    put(
        "blobId",
        json!(
            part.part_id
                .as_ref()
                .map(|id| format!("{}-{id}", email.blob_id))
        ),
    );
    put("size", json!(part.size));
    put("name", json!(part.name));
    put("type", json!(part.content_type));
    // RFC 2045, 5.2: text without a charset is US-ASCII.
    put(
        "charset",
        if is_text {
            json!(part.charset.as_deref().unwrap_or("us-ascii"))
        } else {
            json!(part.charset)
        },
    );
    put("disposition", json!(part.disposition));
    put("cid", json!(part.cid));
    put("language", texts(&part.language));
    put("location", json!(part.location));
    let block = part.header.of(raw);
    if wanted.part.has("headers") {
        shown.insert("headers".to_owned(), fields(block));
    }
    for header in &wanted.part.headers {
        shown.insert(header.key.clone(), header_value(block, header));
    }
    if depth != usize::MAX && part.is_multipart() {
        let below = part
            .sub_parts
            .iter()
            .map(|below| self::part(below, email, raw, wanted, depth + 1))
            .collect();
        shown.insert("subParts".to_owned(), below);
    } else if wanted.part.has("subParts") {
        shown.insert("subParts".to_owned(), Value::Null);
    }
    Value::Object(shown)
}

fn body_values(message: &Message, raw: &[u8], wanted: &Wanted) -> Value {
    let mut ids: Vec<&str> = Vec::new();
    if wanted.text_values {
        ids.extend(message.text_body.iter().map(String::as_str));
    }
    if wanted.html_values {
        ids.extend(message.html_body.iter().map(String::as_str));
    }
    let all = message.parts();
    if wanted.all_values {
        ids.extend(all.iter().filter_map(|part| part.part_id.as_deref()));
    }
    let mut values = Map::new();
    for id in ids {
        let Some(part) = all.iter().find(|part| part.part_id.as_deref() == Some(id)) else {
            continue;
        };
        if part.content_type.starts_with("text/") && !values.contains_key(id) {
            values.insert(id.to_owned(), body_value(raw, part, wanted.most_octets));
        }
    }
    Value::Object(values)
}

fn body_value(raw: &[u8], part: &Part, most: usize) -> Value {
    let (mut text, problem) = part_text(raw, part);
    let truncated = most > 0 && text.len() > most;
    if truncated {
        text.truncate(cut(&text, most, part.content_type == "text/html"));
    }
    json!({ "value": text, "isEncodingProblem": problem, "isTruncated": truncated })
}

/// Where to cut: not inside a character, nor inside an HTML tag (RFC 8621, 4.2).
fn cut(text: &str, most: usize, html: bool) -> usize {
    let end = text.floor_char_boundary(most);
    if !html {
        return end;
    }
    let kept = text.get(..end).unwrap_or_default();
    match (kept.rfind('<'), kept.rfind('>')) {
        (Some(open), close) if close.is_none_or(|close| close < open) => open,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_neither_inside_a_character_nor_inside_a_tag() {
        assert_eq!(cut("会議です", 4, false), 3);
        assert_eq!(cut("<p>Hi</p><a href=\"x\">", 12, true), 9);
        assert_eq!(cut("<p>Hi there", 6, true), 6);
    }
}
