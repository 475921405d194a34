//! Ids: UUIDv7 in 16 bytes, shown as one letter for the kind and 26 characters of base32.
//!
//! The letter makes a pasted id tell what it is (`a…` an account, `e…` an email) and keeps a mailbox
//! id from being used where an email id is meant. The text form fits JMAP's `Id` (RFC 8620, 1.2).

use std::fmt;
use std::str::FromStr;

use crate::db::Value;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Writes bytes as lower-case base32 without padding (RFC 4648, 6).
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[((buffer >> bits) & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[((buffer << (5 - bits)) & 31) as usize]));
    }
    text
}

/// Reads what [`base32`] wrote; `None` for any other text.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)? as u32;
        buffer = (buffer << 5) | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    // What is left over must be zero, or two texts would name one id.
    (buffer == 0).then_some(bytes)
}

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $letter:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Wraps the 16 bytes of a row; `None` when the length is another.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $letter, base32(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let rest = text.strip_prefix($letter).ok_or(NotAnId)?;
                if rest.len() != 26 { return Err(NotAnId); }
                from_base32(rest).and_then(|bytes| Self::from_bytes(&bytes)).ok_or(NotAnId)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl From<$name> for Value {
            fn from(id: $name) -> Value { Value::Blob(id.0.to_vec()) }
        }
        impl From<&$name> for Value {
            fn from(id: &$name) -> Value { Value::Blob(id.0.to_vec()) }
        }
        impl From<Option<$name>> for Value {
            fn from(id: Option<$name>) -> Value {
                id.map_or(Value::NullBlob, |id| Value::Blob(id.0.to_vec()))
            }
        }
        impl crate::db::FromValue for $name {
            fn from_value(value: &Value) -> Option<Self> {
                match value { Value::Blob(bytes) => Self::from_bytes(bytes), _ => None }
            }
        }
    )*};
}

ids! {
    /// A person who signs in here.
    UserId = 'u';
    /// A browser's stay, from sign-in to sign-out.
    LoginSessionId = 'l';
    /// A named key for a program.
    ApiTokenId = 'k';
    /// A one-time link to set a password.
    InvitationId = 'v';
    /// A link with which a person renews one grant.
    ReconnectLinkId = 'r';
    /// An OAuth app registered at a provider.
    CredentialId = 'c';
    /// What one person allowed us at a provider.
    GrantId = 'g';
    /// One connected mailbox; also the JMAP account id.
    AccountId = 'a';
    /// One consent round trip with its checks.
    ConnectId = 'n';
    /// An account that waits for its person's consent.
    PendingAccountId = 'p';
    /// A folder upstream, a Mailbox in JMAP.
    FolderId = 'm';
    /// One message, whatever number of copies it has upstream.
    EmailId = 'e';
    /// A conversation.
    ThreadId = 't';
    /// A name and address to send as.
    IdentityId = 'i';
    /// A mail to send.
    SubmissionId = 's';
    /// A piece of work for the workers.
    JobId = 'j';
    /// An entry of the audit log.
    AuditId = 'd';
    /// Something that a person is told by mail.
    NoticeId = 'o';
}

/// A blob's id: BLAKE3 of its bytes. The letter is `b`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 32]);

impl BlobId {
    /// The id that these bytes have.
    pub fn of(bytes: &[u8]) -> BlobId {
        BlobId(*blake3::hash(bytes).as_bytes())
    }
}
impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", base32(&self.0))
    }
}
impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for BlobId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let rest = text
            .strip_prefix('b')
            .filter(|rest| rest.len() == 52)
            .ok_or(NotAnId)?;
        let bytes = from_base32(rest).ok_or(NotAnId)?;
        bytes.try_into().map(BlobId).map_err(|_| NotAnId)
    }
}
impl From<BlobId> for Value {
    fn from(id: BlobId) -> Value {
        Value::Blob(id.0.to_vec())
    }
}
impl crate::db::FromValue for BlobId {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => bytes.as_slice().try_into().ok().map(BlobId),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = EmailId([7; 16]);
        let text = id.to_string();
        assert_eq!(text.len(), 27);
        assert!(text.starts_with('e'));
        assert_eq!(text.parse::<EmailId>(), Ok(id));
        let blob = BlobId::of(b"hello");
        assert_eq!(blob.to_string().parse::<BlobId>(), Ok(blob));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let text = EmailId([7; 16]).to_string();
        assert_eq!(text.parse::<AccountId>(), Err(NotAnId));
        assert_eq!("".parse::<AccountId>(), Err(NotAnId));
        assert_eq!(format!("{text}a").parse::<EmailId>(), Err(NotAnId));
        assert_eq!(text.to_uppercase().parse::<EmailId>(), Err(NotAnId));
    }
}
