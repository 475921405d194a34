//! Header fields on the way out: folded lines of ASCII, encoded words (RFC 2047), parameters (RFC 2231).
//!
//! Every value passes [`flat`] first: no text that a person or a client hands in can end its line and begin another field.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::mime::Address;

/// Where lines are folded (RFC 5322 section 2.1.1).
const LINE: usize = 76;
/// Octets of text in one encoded word: 75 characters hold 45, and a word must end with a whole character.
const WORD_OCTETS: usize = 45;

/// Without line ends and other control characters.
pub(super) fn flat(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Whether a name may stand before a colon (RFC 5322 section 3.6.8).
pub(super) fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 76
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b':')
}

/// A field whose tokens may be folded between each other; tokens themselves are never cut.
pub(super) fn push_tokens<'a>(
    out: &mut Vec<u8>,
    name: &str,
    tokens: impl IntoIterator<Item = &'a str>,
) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    let mut column = name.len() + 1;
    for (index, token) in tokens.into_iter().enumerate() {
        if index > 0 && column + 1 + token.len() > LINE {
            out.extend_from_slice(b"\r\n ");
            column = 1 + token.len();
        } else {
            out.push(b' ');
            column += 1 + token.len();
        }
        out.extend_from_slice(token.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// An unstructured field.
pub(super) fn push_text(out: &mut Vec<u8>, name: &str, text: &str) {
    let text = flat(text);
    let tokens = text_tokens(&text);
    push_tokens(out, name, tokens.iter().map(String::as_str));
}

/// ASCII words as they are; anything else, and what could be taken for an encoded word, as encoded words.
fn text_tokens(text: &str) -> Vec<String> {
    let plain =
        text.is_ascii() && !text.contains("=?") && text.split(' ').all(|word| word.len() < 900);
    if plain {
        text.split(' ').map(str::to_owned).collect()
    } else {
        encoded_words(text)
    }
}

fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        if piece.len() + c.len_utf8() > WORD_OCTETS {
            words.push(encoded_word(&piece));
            piece.clear();
        }
        piece.push(c);
    }
    if !piece.is_empty() {
        words.push(encoded_word(&piece));
    }
    words
}

fn encoded_word(piece: &str) -> String {
    format!("=?UTF-8?B?{}?=", STANDARD.encode(piece))
}

/// An address field; nothing is written for an empty list.
pub(super) fn push_addresses(out: &mut Vec<u8>, name: &str, addresses: &[Address]) {
    let usable: Vec<&Address> = addresses
        .iter()
        .filter(|address| is_sendable(&address.email))
        .collect();
    let mut tokens = Vec::new();
    for (index, address) in usable.iter().enumerate() {
        let mut own = address_tokens(address);
        if index + 1 < usable.len()
            && let Some(last) = own.last_mut()
        {
            last.push(',');
        }
        tokens.extend(own);
    }
    if !tokens.is_empty() {
        push_tokens(out, name, tokens.iter().map(String::as_str));
    }
}

fn address_tokens(address: &Address) -> Vec<String> {
    let email = clean_email(&address.email);
    let name = address
        .name
        .as_deref()
        .map(flat)
        .filter(|name| !name.is_empty());
    let Some(name) = name else { return vec![email] };
    let mut tokens = if !name.is_ascii() || name.contains("=?") || name.len() > 200 {
        encoded_words(&name)
    } else if name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&b))
    {
        name.split_ascii_whitespace().map(str::to_owned).collect()
    } else {
        vec![format!(
            "\"{}\"",
            name.replace('\\', "\\\\").replace('"', "\\\"")
        )]
    };
    tokens.push(format!("<{email}>"));
    tokens
}

/// An address can hold neither white space nor what would end it; a domain in other letters goes as A-labels.
pub(super) fn clean_email(email: &str) -> String {
    let clean: String = email
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace() && !"<>,;".contains(*c))
        .collect();
    match clean.rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => match url::Host::parse(domain) {
            Ok(host) => format!("{local}@{host}"),
            Err(_) => clean,
        },
        _ => clean,
    }
}

/// Whether mail can go there without SMTPUTF8: ASCII before the `@`, something behind it.
pub(super) fn is_sendable(email: &str) -> bool {
    clean_email(email).is_ascii()
        && email
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

/// Ids in angle brackets; characters that cannot be in one are dropped.
pub(super) fn push_ids(out: &mut Vec<u8>, name: &str, ids: &[String]) {
    let tokens: Vec<String> = ids
        .iter()
        .map(|id| {
            id.chars()
                .filter(|c| c.is_ascii_graphic() && !"<>".contains(*c))
                .collect::<String>()
        })
        .filter(|id| !id.is_empty() && id.len() < 900)
        .map(|id| format!("<{id}>"))
        .collect();
    if !tokens.is_empty() {
        push_tokens(out, name, tokens.iter().map(String::as_str));
    }
}

/// A parameter: quoted where ASCII, by RFC 2231 where not, in pieces where long.
pub(super) fn parameter(name: &str, value: &str) -> Vec<String> {
    let value = flat(value);
    if value.is_ascii() && value.len() <= 60 {
        return vec![format!(
            "{name}=\"{}\"",
            value.replace('\\', "\\\\").replace('"', "\\\"")
        )];
    }
    let encoded = percent_encoded(&value);
    if encoded.len() <= 50 {
        return vec![format!("{name}*=UTF-8''{encoded}")];
    }
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for octet in octets_of(&encoded) {
        if piece.len() + octet.len() > 50 {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push_str(octet);
    }
    pieces.push(piece);
    let numbered = pieces.into_iter().enumerate();
    numbered
        .map(|(index, piece)| match index {
            0 => format!("{name}*0*=UTF-8''{piece}"),
            _ => format!("{name}*{index}*={piece}"),
        })
        .collect()
}

fn percent_encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Cuts percent-encoded text into its octets, so that no escape is torn.
fn octets_of(encoded: &str) -> impl Iterator<Item = &str> {
    let mut rest = encoded;
    std::iter::from_fn(move || {
        let length = if rest.starts_with('%') { 3 } else { 1 };
        let (octet, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(octet)
    })
}

/// The old way to name a file, for mailers that do not read RFC 2231: encoded words in a quoted `name`.
pub(super) fn old_name(value: &str) -> Vec<String> {
    let value = flat(value);
    if value.is_ascii() {
        return parameter("name", &value);
    }
    let words = encoded_words(&value);
    let last = words.len().saturating_sub(1);
    words
        .into_iter()
        .enumerate()
        .map(|(index, word)| {
            let open = if index == 0 { "name=\"" } else { "" };
            let close = if index == last { "\"" } else { "" };
            format!("{open}{word}{close}")
        })
        .collect()
}
