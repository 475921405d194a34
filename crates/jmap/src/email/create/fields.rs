//! The header of a new email: the convenience properties (`from`, `subject`, …) and `header:NAME:asFORM`
//! (RFC 8621, 4.6). No field may be given twice.

use std::collections::HashSet;

use serde_json::Value;
use wire::mime::{Address, DateTime, Draft, HeaderForm, HeaderValue, header_values};

use crate::email::headers::{self, HeaderProperty};
use crate::error::SetError;
use crate::types::date;

fn bad(property: &str, words: &str) -> SetError {
    SetError::properties(&[property], words)
}

/// The field behind a convenience property, and the form of its value.
fn convenience(name: &str) -> Option<(&'static str, HeaderForm)> {
    Some(match name {
        "messageId" => ("message-id", HeaderForm::MessageIds),
        "inReplyTo" => ("in-reply-to", HeaderForm::MessageIds),
        "references" => ("references", HeaderForm::MessageIds),
        "sender" => ("sender", HeaderForm::Addresses),
        "from" => ("from", HeaderForm::Addresses),
        "to" => ("to", HeaderForm::Addresses),
        "cc" => ("cc", HeaderForm::Addresses),
        "bcc" => ("bcc", HeaderForm::Addresses),
        "replyTo" => ("reply-to", HeaderForm::Addresses),
        "subject" => ("subject", HeaderForm::Text),
        "sentAt" => ("date", HeaderForm::Date),
        _ => return None,
    })
}

/// Reads what is left of the object as header fields.
pub fn take(object: crate::types::Object) -> Result<Draft, SetError> {
    let mut draft = Draft::default();
    let mut seen = HashSet::new();
    for (key, value) in object {
        let (name, form, all) = match convenience(&key) {
            Some((name, form)) => (name.to_owned(), form, false),
            None => {
                let HeaderProperty {
                    name, form, all, ..
                } = headers::parse(&key).ok_or_else(|| bad(&key, "there is no such property"))?;
                (name, form, all)
            }
        };
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("content-") || lower == "mime-version" {
            return Err(bad(&key, "this field is the server's"));
        }
        if !seen.insert(lower.clone()) {
            return Err(bad(&key, "this field is given twice"));
        }
        if value.is_null() {
            continue;
        }
        let values = match (all, value) {
            (false, value) => vec![value],
            (true, Value::Array(values)) => values,
            (true, _) => return Err(bad(&key, "with :all the value is a list")),
        };
        for value in values {
            let read = read(&lower, form, &value)
                .ok_or_else(|| bad(&key, "the value has not the form of this property"))?;
            put(&mut draft, &name, &lower, read).map_err(|words| bad(&key, words))?;
        }
    }
    Ok(draft)
}

/// A value in its form; raw and text forms of structured fields are parsed as mail would be.
fn read(name: &str, form: HeaderForm, value: &Value) -> Option<HeaderValue> {
    let structured = match name {
        "from" | "sender" | "reply-to" | "to" | "cc" | "bcc" => Some(HeaderForm::Addresses),
        "message-id" | "in-reply-to" | "references" => Some(HeaderForm::MessageIds),
        "date" => Some(HeaderForm::Date),
        _ => None,
    };
    let texts = |value: &Value| -> Option<Vec<String>> {
        value
            .as_array()?
            .iter()
            .map(|item| item.as_str().map(clean))
            .collect()
    };
    Some(match form {
        HeaderForm::Raw | HeaderForm::Text => {
            let text = value.as_str()?;
            match structured {
                Some(form) => {
                    header_values(format!("X: {}\r\n\r\n", clean(text)).as_bytes(), "x", form)
                        .pop()?
                }
                None => HeaderValue::Text(clean(text)),
            }
        }
        HeaderForm::Addresses => HeaderValue::Addresses(addresses(value)?),
        HeaderForm::GroupedAddresses => {
            let groups = value
                .as_array()?
                .iter()
                .map(|group| addresses(&group["addresses"]))
                .collect::<Option<Vec<_>>>()?;
            HeaderValue::Addresses(groups.into_iter().flatten().collect())
        }
        HeaderForm::MessageIds => HeaderValue::MessageIds(Some(texts(value)?)),
        HeaderForm::Date => HeaderValue::Date(Some(date(value.as_str()?)?)),
        HeaderForm::Urls => HeaderValue::Urls(Some(texts(value)?)),
    })
}

/// Without line ends and other controls: they would begin another field.
fn clean(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    spaced.trim().to_owned()
}

fn addresses(value: &Value) -> Option<Vec<Address>> {
    value
        .as_array()?
        .iter()
        .map(|address| {
            let name = match &address["name"] {
                Value::Null => None,
                Value::String(name) => Some(clean(name)).filter(|name| !name.is_empty()),
                _ => return None,
            };
            let email = clean(address["email"].as_str()?);
            Some(Address { name, email })
        })
        .collect()
}

fn put(draft: &mut Draft, name: &str, lower: &str, value: HeaderValue) -> Result<(), &'static str> {
    match (lower, value) {
        ("from", HeaderValue::Addresses(list)) => draft.from = list,
        ("to", HeaderValue::Addresses(list)) => draft.to = list,
        ("cc", HeaderValue::Addresses(list)) => draft.cc = list,
        ("bcc", HeaderValue::Addresses(list)) => draft.bcc = list,
        ("reply-to", HeaderValue::Addresses(list)) => draft.reply_to = list,
        ("sender", HeaderValue::Addresses(mut list)) => {
            if list.len() > 1 {
                return Err("there is one sender at most");
            }
            draft.sender = list.pop();
        }
        ("message-id", HeaderValue::MessageIds(ids)) => {
            let mut ids = ids.unwrap_or_default();
            if ids.len() != 1 {
                return Err("there is exactly one Message-ID");
            }
            draft.message_id = ids
                .pop()
                .filter(|id| is_id(id))
                .ok_or("this is no Message-ID")?;
        }
        ("in-reply-to", HeaderValue::MessageIds(ids)) => {
            draft.in_reply_to = ids.unwrap_or_default()
        }
        ("references", HeaderValue::MessageIds(ids)) => draft.references = ids.unwrap_or_default(),
        ("date", HeaderValue::Date(Some(date))) => draft.date = date,
        ("subject", HeaderValue::Text(text)) => draft.subject = text,
        ("date", _) => return Err("this is no date"),
        (_, value) => draft.extra.push((name.to_owned(), written(&value))),
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    (3..=900).contains(&id.len())
        && id.contains('@')
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte))
}

/// A value of a field that the writer of mails does not know, as text.
fn written(value: &HeaderValue) -> String {
    let bracketed = |list: &[String], between: &str| {
        list.iter()
            .map(|item| format!("<{item}>"))
            .collect::<Vec<_>>()
            .join(between)
    };
    let address = |address: &Address| match &address.name {
        Some(name) => format!("\"{}\" <{}>", name.replace(['"', '\\'], ""), address.email),
        None => address.email.clone(),
    };
    match value {
        HeaderValue::Text(text) => text.clone(),
        HeaderValue::Addresses(list) => list.iter().map(address).collect::<Vec<_>>().join(", "),
        HeaderValue::GroupedAddresses(_) => String::new(),
        HeaderValue::MessageIds(list) => bracketed(list.as_deref().unwrap_or_default(), " "),
        HeaderValue::Urls(list) => bracketed(list.as_deref().unwrap_or_default(), ", "),
        HeaderValue::Date(date) => date.map(DateTime::to_rfc5322).unwrap_or_default(),
    }
}
