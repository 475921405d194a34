//! Which properties of emails and of their parts are wanted (RFC 8621, 4.2).

use super::headers::{self, HeaderProperty};
use crate::error::{MethodError, Result};
use crate::types::Args;

const ALL: &[&str] = &[
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
    "bodyStructure",
    "headers",
];
/// What comes where nothing is asked for.
const DEFAULT: usize = 24;

const PART_ALL: &[&str] = &[
    "partId",
    "blobId",
    "size",
    "name",
    "type",
    "charset",
    "disposition",
    "cid",
    "language",
    "location",
    "headers",
    "subParts",
];
const PART_DEFAULT: usize = 10;

/// At most so many properties in one call.
const MOST: usize = 300;

/// A list of properties, those of the header apart.
#[derive(Debug, Default)]
pub struct Names {
    plain: Vec<String>,
    /// `header:…`
    pub headers: Vec<HeaderProperty>,
}

impl Names {
    fn read(given: Option<Vec<String>>, all: &[&str], default: usize) -> Result<Names> {
        let Some(given) = given else {
            let plain = all
                .iter()
                .take(default)
                .map(|name| (*name).to_owned())
                .collect();
            return Ok(Names {
                plain,
                headers: Vec::new(),
            });
        };
        if given.len() > MOST {
            return Err(MethodError::invalid("too many properties"));
        }
        let mut names = Names::default();
        for name in given {
            if all.contains(&name.as_str()) {
                names.plain.push(name);
            } else if let Some(header) = headers::parse(&name) {
                names.headers.push(header);
            } else {
                return Err(MethodError::invalid(format!("there is no property {name}")));
            }
        }
        Ok(names)
    }

    /// Whether a property is wanted.
    pub fn has(&self, name: &str) -> bool {
        self.plain.iter().any(|plain| plain == name)
    }
}

/// All that an Email/get may ask for.
#[derive(Debug)]
pub struct Wanted {
    /// Of emails.
    pub email: Names,
    /// Of parts.
    pub part: Names,
    /// Values of the parts of `textBody`.
    pub text_values: bool,
    /// Values of the parts of `htmlBody`.
    pub html_values: bool,
    /// Values of all text parts.
    pub all_values: bool,
    /// Longest value in octets; 0 for any length.
    pub most_octets: usize,
}

impl Wanted {
    /// Takes the arguments that only Email/get has.
    pub fn take(properties: Option<Vec<String>>, args: &mut Args) -> Result<Wanted> {
        Ok(Wanted {
            email: Names::read(properties, ALL, DEFAULT)?,
            part: Names::read(args.strings("bodyProperties")?, PART_ALL, PART_DEFAULT)?,
            text_values: args.boolean("fetchTextBodyValues")?,
            html_values: args.boolean("fetchHTMLBodyValues")?,
            all_values: args.boolean("fetchAllBodyValues")?,
            most_octets: usize::try_from(args.unsigned("maxBodyValueBytes")?.unwrap_or(0))
                .unwrap_or(0),
        })
    }

    /// Whether any part is shown.
    fn parts(&self) -> bool {
        ["bodyStructure", "textBody", "htmlBody", "attachments"]
            .iter()
            .any(|name| self.email.has(name))
    }

    /// Whether body values are shown.
    pub fn values(&self) -> bool {
        self.email.has("bodyValues") && (self.text_values || self.html_values || self.all_values)
    }

    /// Whether the raw bytes are needed, or the row is enough.
    pub fn needs_bytes(&self) -> bool {
        let part_headers = self.part.has("headers") || !self.part.headers.is_empty();
        self.email.has("headers")
            || !self.email.headers.is_empty()
            || (self.parts() && part_headers)
            || self.values()
    }
}
