//! Mails: raw octets to meaning ([`read()`]), text to show ([`part_text`], [`sanitize`]), and drafts to octets ([`Draft`]).
//!
//! On the way in nothing fails: a mail is what somebody sent, and it is shown as well as it can be read. Everything is
//! bounded: parts, nesting, addresses, previews. On the way out nothing is guessed: a [`Draft`] becomes a mail that every
//! reader understands, and no text of it can become a header field.
//!
//! Field values go through `words` (encoded words, raw 8-bit text), `address` and `params`; charsets are settled in
//! `charset` alone. `structure` cuts the message into parts by offsets, `bodies` says which parts are the text.

mod address;
mod bodies;
mod charset;
mod date;
mod encode;
mod evidence;
mod fields;
mod header_forms;
mod html;
mod html_text;
mod iso2022;
mod message;
mod params;
mod read;
mod structure;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod tidy;
mod transfer;
mod words;
pub mod write;

pub use charset::{Decoded, decode as decode_charset};
pub use date::DateTime;
pub use encode::{JapaneseCharset, encode_japanese};
pub use fields::without_bcc;
pub use header_forms::{HeaderForm, HeaderValue, header_fields, header_values};
pub use html::{Remote, SanitizeOptions, Sanitized, sanitize};
pub use html_text::html_to_text;
pub use message::{Address, AddressGroup, Headers, Message, Part, Span, TransferEncoding};
pub use read::{MAX_ADDRESSES, read};
pub use structure::{MAX_DEPTH, MAX_PARTS};
pub use text::{PREVIEW_CHARS, SEARCH_BYTES, part_text, search_text};
pub use transfer::part_bytes;
pub use write::{Attachment, Draft, new_message_id};
