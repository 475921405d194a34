//! Header fields in the forms that JMAP clients may ask for: `header:NAME:asForm` (RFC 8621 section 4.1.2 and 4.1.3).

use serde_json::{Value, json};

use super::{
    Address, AddressGroup, DateTime, Span, address, charset, fields, read::MAX_ADDRESSES, words,
};

/// Ids and URLs kept of one field.
const MAX_IDS: usize = 1_000;

/// How a field is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderForm {
    Raw,
    Text,
    Addresses,
    GroupedAddresses,
    MessageIds,
    Date,
    Urls,
}

impl HeaderForm {
    /// Reads JMAP's name of a form, such as "asAddresses"; case matters.
    pub fn parse(name: &str) -> Option<HeaderForm> {
        Some(match name {
            "asRaw" => HeaderForm::Raw,
            "asText" => HeaderForm::Text,
            "asAddresses" => HeaderForm::Addresses,
            "asGroupedAddresses" => HeaderForm::GroupedAddresses,
            "asMessageIds" => HeaderForm::MessageIds,
            "asDate" => HeaderForm::Date,
            "asURLs" => HeaderForm::Urls,
            _ => return None,
        })
    }
}

/// One field's value in one form. `None` inside: the value is not of that form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// Raw and Text.
    Text(String),
    Addresses(Vec<Address>),
    GroupedAddresses(Vec<AddressGroup>),
    MessageIds(Option<Vec<String>>),
    Date(Option<DateTime>),
    Urls(Option<Vec<String>>),
}

impl HeaderValue {
    /// The JSON that JMAP sends for it.
    pub fn to_json(&self) -> Value {
        match self {
            HeaderValue::Text(text) => json!(text),
            HeaderValue::Addresses(addresses) => json!(addresses),
            HeaderValue::GroupedAddresses(groups) => json!(groups),
            HeaderValue::MessageIds(list) | HeaderValue::Urls(list) => json!(list),
            HeaderValue::Date(date) => json!(date.map(DateTime::to_rfc3339)),
        }
    }
}

/// All fields named `name` (case does not matter) at the start of `block`, in order.
/// `block` is a whole message or a part's header (`part.header.of(raw)`).
pub fn header_values(block: &[u8], name: &str, form: HeaderForm) -> Vec<HeaderValue> {
    let cut = fields::split(
        block,
        Span {
            start: 0,
            end: block.len(),
        },
    );
    cut.all(name).map(|value| in_form(value, form)).collect()
}

/// All fields at the start of `block`: name as written, value in raw form.
pub fn header_fields(block: &[u8]) -> Vec<(String, String)> {
    let cut = fields::split(
        block,
        Span {
            start: 0,
            end: block.len(),
        },
    );
    cut.fields
        .iter()
        .map(|field| (field.name.to_owned(), raw_text(field.value)))
        .collect()
}

fn raw_text(value: &[u8]) -> String {
    charset::decode(value, None).text.replace('\0', "")
}

fn in_form(value: &[u8], form: HeaderForm) -> HeaderValue {
    match form {
        // Raw JIS keeps its escapes; only 8-bit text is made readable.
        HeaderForm::Raw if value.is_ascii() => {
            HeaderValue::Text(String::from_utf8_lossy(value).replace('\0', ""))
        }
        HeaderForm::Raw => HeaderValue::Text(raw_text(value)),
        HeaderForm::Text => HeaderValue::Text(words::text(value)),
        HeaderForm::Addresses => {
            HeaderValue::Addresses(address::parse(value, MAX_ADDRESSES).flat())
        }
        HeaderForm::GroupedAddresses => {
            HeaderValue::GroupedAddresses(address::parse(value, MAX_ADDRESSES).groups)
        }
        HeaderForm::MessageIds => HeaderValue::MessageIds(some(message_ids(value))),
        HeaderForm::Date => HeaderValue::Date(DateTime::parse(&words::text(value))),
        HeaderForm::Urls => HeaderValue::Urls(some(in_brackets(&words::text(value), |_| true))),
    }
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

/// The ids of Message-ID, In-Reply-To and References, without brackets. Where a sender left the brackets out, each word
/// with an `@` is taken for one.
pub(super) fn message_ids(value: &[u8]) -> Vec<String> {
    let text = words::text(value);
    let ids = in_brackets(&text, |id| !id.is_empty());
    if !ids.is_empty() {
        return ids;
    }
    text.split_whitespace()
        .filter(|word| word.contains('@'))
        .take(MAX_IDS)
        .map(cut)
        .collect()
}

fn cut(id: &str) -> String {
    id.chars().take(1_000).collect()
}

fn in_brackets(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((id, next)) = after.split_once('>') else {
            break;
        };
        // Folding inside of an id is white space that does not belong to it.
        let id: String = id.split_whitespace().collect();
        if wanted(&id) && found.len() < MAX_IDS {
            found.push(cut(&id));
        }
        rest = next;
    }
    found
}
