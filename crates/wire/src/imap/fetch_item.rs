//! What a FETCH command can ask for. Written by `commands`, read by `command_parser`.

use std::fmt;

/// One item of a FETCH. `Display` writes it as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchItem {
    Uid,
    Flags,
    InternalDate,
    Rfc822Size,
    ModSeq,
    /// `X-GM-MSGID`, the message's identity in every Gmail folder.
    GmMsgId,
    GmThrId,
    GmLabels,
    Envelope,
    /// `BODY` without a section: the structure without extension data.
    Body,
    BodyStructure,
    /// `BODY[section]<origin.length>`; `peek` leaves `\Seen` alone. The section is upper case, e.g. ``,
    /// `HEADER`, `1.2.MIME`, `HEADER.FIELDS (SUBJECT)`.
    Section {
        peek: bool,
        section: String,
        partial: Option<(u32, u32)>,
    },
    /// `RFC822`, which is `BODY[]`.
    Rfc822,
    /// `RFC822.HEADER`, which is `BODY.PEEK[HEADER]`.
    Rfc822Header,
    Rfc822Text,
    /// A name this parser does not know, upper case.
    Other(String),
}

impl FetchItem {
    /// `BODY.PEEK[]`, the whole message.
    pub fn whole() -> Self {
        Self::Section {
            peek: true,
            section: String::new(),
            partial: None,
        }
    }

    /// `BODY.PEEK[HEADER]`.
    pub fn header() -> Self {
        Self::Section {
            peek: true,
            section: "HEADER".to_owned(),
            partial: None,
        }
    }
}

impl fmt::Display for FetchItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uid => "UID",
            Self::Flags => "FLAGS",
            Self::InternalDate => "INTERNALDATE",
            Self::Rfc822Size => "RFC822.SIZE",
            Self::ModSeq => "MODSEQ",
            Self::GmMsgId => "X-GM-MSGID",
            Self::GmThrId => "X-GM-THRID",
            Self::GmLabels => "X-GM-LABELS",
            Self::Envelope => "ENVELOPE",
            Self::Body => "BODY",
            Self::BodyStructure => "BODYSTRUCTURE",
            Self::Rfc822 => "RFC822",
            Self::Rfc822Header => "RFC822.HEADER",
            Self::Rfc822Text => "RFC822.TEXT",
            Self::Other(name) => name,
            Self::Section {
                peek,
                section,
                partial,
            } => {
                write!(f, "BODY{}[{section}]", if *peek { ".PEEK" } else { "" })?;
                return match partial {
                    Some((origin, length)) => write!(f, "<{origin}.{length}>"),
                    None => Ok(()),
                };
            }
        })
    }
}
