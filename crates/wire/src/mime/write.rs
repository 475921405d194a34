//! Drafts to mails: UTF-8, CRLF, nothing above 7 bits, no line too long.
//!
//! The same draft and the same chance give the same octets. Chance is handed in for the boundaries; Message-ID and date are
//! the draft's own. Nothing of this machine (host name, clock) gets into a mail.

mod body;
mod header;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::{Address, DateTime};
use body::Entity;

/// A mail that is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub from: Vec<Address>,
    pub sender: Option<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub subject: String,
    /// Ids without angle brackets.
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub date: DateTime,
    /// Without angle brackets; no field is written where it is empty. See [`new_message_id`].
    pub message_id: String,
    pub text: Option<String>,
    pub html: Option<String>,
    pub attachments: Vec<Attachment>,
    /// More fields: name and text. Names that this module writes itself, or that are none, are left out.
    pub extra: Vec<(String, String)>,
}

/// A file of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    pub name: Option<String>,
    /// "application/pdf"; what is no type becomes application/octet-stream.
    pub content_type: String,
    pub bytes: Vec<u8>,
    /// Content-ID without angle brackets.
    pub cid: Option<String>,
    /// Shown inside the HTML (with a `cid`) instead of below it.
    pub inline: bool,
}

const OWN_FIELDS: [&str; 14] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "in-reply-to",
    "references",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

/// A new Message-ID without angle brackets: the chance in hexadecimal, at the domain of the sender.
pub fn new_message_id(chance: &[u8; 16], domain: &str) -> String {
    let domain: String = domain
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c))
        .take(200)
        .collect();
    let domain = if domain.is_empty() {
        "invalid".to_owned()
    } else {
        domain
    };
    format!("{}@{domain}", hex(chance))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Draft {
    /// The mail with its Bcc field, as it lies in Drafts and Sent.
    pub fn to_bytes(&self, chance: &[u8; 16]) -> Vec<u8> {
        self.write(chance, true)
    }

    /// The mail as it goes out: without Bcc.
    pub fn for_submission(&self, chance: &[u8; 16]) -> Vec<u8> {
        self.write(chance, false)
    }

    /// To, Cc and Bcc, each address once.
    pub fn recipients(&self) -> Vec<&Address> {
        let mut seen = HashSet::new();
        let all = self.to.iter().chain(&self.cc).chain(&self.bcc);
        all.filter(|address| !address.email.is_empty() && seen.insert(address.email.to_lowercase()))
            .collect()
    }

    /// Addresses that cannot be written into a mail, and are left out of it: refuse the draft for them.
    pub fn unsendable(&self) -> Vec<&Address> {
        let all = self.from.iter().chain(&self.sender).chain(&self.reply_to);
        let all = all.chain(&self.to).chain(&self.cc).chain(&self.bcc);
        all.filter(|address| !header::is_sendable(&address.email))
            .collect()
    }

    fn write(&self, chance: &[u8; 16], with_bcc: bool) -> Vec<u8> {
        let mut out = Vec::new();
        header::push_tokens(&mut out, "Date", self.date.to_rfc5322().split(' '));
        header::push_addresses(&mut out, "From", &self.from);
        header::push_addresses(&mut out, "Sender", self.sender.as_slice());
        header::push_addresses(&mut out, "Reply-To", &self.reply_to);
        header::push_addresses(&mut out, "To", &self.to);
        header::push_addresses(&mut out, "Cc", &self.cc);
        if with_bcc {
            header::push_addresses(&mut out, "Bcc", &self.bcc);
        }
        header::push_text(&mut out, "Subject", &self.subject);
        header::push_ids(
            &mut out,
            "Message-ID",
            std::slice::from_ref(&self.message_id),
        );
        header::push_ids(&mut out, "In-Reply-To", &self.in_reply_to);
        header::push_ids(&mut out, "References", &self.references);
        for (name, text) in &self.extra {
            let own = OWN_FIELDS
                .iter()
                .any(|field| name.eq_ignore_ascii_case(field));
            if header::is_field_name(name) && !own {
                header::push_text(&mut out, name, text);
            }
        }
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
        let content = self.content(chance);
        out.extend_from_slice(&content.fields);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&content.body);
        if !out.ends_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
        }
        out
    }

    /// mixed( alternative( text, related( html, pictures ) ), files ), each level only where it is needed.
    fn content(&self, chance: &[u8; 16]) -> Entity {
        let (inside, below): (Vec<&Attachment>, Vec<&Attachment>) =
            self.attachments.iter().partition(|attachment| {
                attachment.inline && attachment.cid.is_some() && self.html.is_some()
            });
        let html = self.html.as_ref().map(|html| {
            let mut parts = vec![text_part("html", html)];
            parts.extend(inside.iter().map(|attachment| attachment.part()));
            join("related", &boundary(chance, 3), parts)
        });
        let mut bodies = Vec::new();
        if self.text.is_some() || html.is_none() {
            bodies.push(text_part("plain", self.text.as_deref().unwrap_or_default()));
        }
        bodies.extend(html);
        let mut parts = vec![join("alternative", &boundary(chance, 2), bodies)];
        parts.extend(below.iter().map(|attachment| attachment.part()));
        join("mixed", &boundary(chance, 1), parts)
    }
}

/// One part needs no multipart.
fn join(subtype: &str, boundary: &str, mut parts: Vec<Entity>) -> Entity {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            body::multipart(subtype, boundary, parts)
        }
    }
}

/// "=_" cannot come up in quoted-printable or base64, and nobody guesses the rest.
fn boundary(chance: &[u8; 16], level: u8) -> String {
    let digest = Sha256::new()
        .chain_update(chance)
        .chain_update([level])
        .finalize();
    format!("=_{}", hex(digest.get(..16).unwrap_or_default()))
}

fn text_part(subtype: &str, text: &str) -> Entity {
    let (encoding, body) = body::encode_text(text);
    let fields = format!(
        "Content-Type: text/{subtype}; charset=UTF-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
    );
    Entity {
        fields: fields.into_bytes(),
        body,
    }
}

impl Attachment {
    fn part(&self) -> Entity {
        let mut content_type = clean_type(&self.content_type);
        let message = content_type == "message/rfc822";
        let (encoding, body) = match body::encode_message(&self.bytes).filter(|_| message) {
            Some(written) => written,
            None => {
                if message {
                    "application/octet-stream".clone_into(&mut content_type);
                }
                body::encode_octets(&self.bytes)
            }
        };
        let mut fields = Vec::new();
        let mut tokens = vec![content_type];
        if let Some(name) = &self.name {
            close_token(&mut tokens);
            tokens.extend(header::old_name(name));
        }
        header::push_tokens(
            &mut fields,
            "Content-Type",
            tokens.iter().map(String::as_str),
        );
        let mut tokens = vec![if self.inline { "inline" } else { "attachment" }.to_owned()];
        for piece in self
            .name
            .iter()
            .flat_map(|name| header::parameter("filename", name))
        {
            close_token(&mut tokens);
            tokens.push(piece);
        }
        header::push_tokens(
            &mut fields,
            "Content-Disposition",
            tokens.iter().map(String::as_str),
        );
        header::push_ids(&mut fields, "Content-ID", self.cid.as_slice());
        header::push_tokens(&mut fields, "Content-Transfer-Encoding", [encoding]);
        Entity { fields, body }
    }
}

/// A semicolon after the last token.
fn close_token(tokens: &mut [String]) {
    if let Some(last) = tokens.last_mut() {
        last.push(';');
    }
}

/// A multipart cannot be attached as a file, and a type is nothing but two tokens.
fn clean_type(content_type: &str) -> String {
    let lower = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let token = |half: &str| {
        !half.is_empty()
            && half
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    match lower.split_once('/') {
        Some((kind, sub))
            if token(kind) && token(sub) && kind != "multipart" && lower.len() < 70 =>
        {
            lower
        }
        _ => "application/octet-stream".to_owned(),
    }
}
