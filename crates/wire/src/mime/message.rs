//! What a mail is once it has been read: the types that the store keeps as JSON and JMAP shows.
//!
//! They hold offsets into the raw message, never copies of bodies, so the JSON stays small and the bytes have one home.
//! Empty and absent members are left out of the JSON.

use serde::{Deserialize, Serialize};

use super::DateTime;

/// A mail as its reader understood it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub headers: Headers,
    /// The root of the tree of parts (JMAP `bodyStructure`).
    pub structure: Part,
    /// Part ids to show for plain text, by RFC 8621 section 4.1.4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text_body: Vec<String>,
    /// Part ids to show for HTML.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub html_body: Vec<String>,
    /// Part ids of everything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// Whether a person would say that something is attached; pictures inside the text do not count.
    #[serde(default)]
    pub has_attachment: bool,
    /// At most 256 characters of the text, white space folded.
    #[serde(default)]
    pub preview: String,
    /// A bound of the reader (parts, nesting) was hit: something is left out of `structure`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// The header fields that lists, threads and search need. Ids are without angle brackets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sender: Vec<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub message_id: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_reply_to: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<DateTime>,
    /// Addresses beyond the bound of a header, over all headers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub addresses_left_out: u64,
}

/// One address; `email` is as written, and empty where the header gave only a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    #[serde(default)]
    pub name: Option<String>,
    pub email: String,
}

impl Address {
    /// An address with a display name.
    pub fn named(name: impl Into<String>, email: impl Into<String>) -> Address {
        Address {
            name: Some(name.into()),
            email: email.into(),
        }
    }

    /// An address alone.
    pub fn bare(email: impl Into<String>) -> Address {
        Address {
            name: None,
            email: email.into(),
        }
    }
}

/// Addresses of one group; `name` is `None` for those outside of groups (JMAP EmailAddressGroup).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressGroup {
    pub name: Option<String>,
    pub addresses: Vec<Address>,
}

/// Octets of the raw message, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// The octets that this span names; empty where `raw` is not the message it was made from.
    pub fn of<'a>(&self, raw: &'a [u8]) -> &'a [u8] {
        raw.get(self.start..self.end).unwrap_or_default()
    }

    /// Number of octets.
    pub fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One body part (JMAP EmailBodyPart, RFC 8621 section 4.1.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// "1", "1.2", …; `None` for a multipart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_id: Option<String>,
    /// Lower case, without parameters: "text/plain".
    pub content_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// Lower case: "attachment", "inline", …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// Content-ID without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub language: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Octets after transfer decoding; 0 for a multipart.
    #[serde(default)]
    pub size: usize,
    /// The part's header fields in the raw message.
    pub header: Span,
    /// The part's encoded body in the raw message.
    pub body: Span,
    #[serde(default)]
    pub transfer_encoding: TransferEncoding,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_parts: Vec<Part>,
}

/// How a body is written in the message (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferEncoding {
    /// 7bit, 8bit, binary or none given.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
    /// A name nobody knows: the octets are handed on as they are.
    Unknown,
}

impl Part {
    /// Whether its type is `multipart/*`.
    pub fn is_multipart(&self) -> bool {
        self.content_type.starts_with("multipart/")
    }
}

impl Message {
    /// The part with this id.
    pub fn part(&self, id: &str) -> Option<&Part> {
        self.parts()
            .into_iter()
            .find(|part| part.part_id.as_deref() == Some(id))
    }

    /// All parts, depth first, multiparts included.
    pub fn parts(&self) -> Vec<&Part> {
        let mut found = Vec::new();
        let mut waiting = vec![&self.structure];
        while let Some(part) = waiting.pop() {
            found.push(part);
            waiting.extend(part.sub_parts.iter().rev());
        }
        found
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference to skip_serializing_if"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
