//! IMAP (RFC 3501, RFC 9051 and the extensions our providers speak) without any socket.
//!
//! Two directions, which share only the tokens:
//! client side: [`commands::Request`] → bytes; bytes → [`reader::ResponseReader`] → [`response::parse`];
//! server side (sandbox, gateway): bytes → [`command_parser::CommandReader`] → [`command_parser::parse_command`].
//!
//! What always holds: nothing here allocates more than the limits given to a reader, no input makes it
//! panic, and what is not understood is kept as raw bytes instead of being dropped.

pub mod capabilities;
pub mod classify;
pub mod command;
pub mod command_parser;
pub mod command_reader;
pub mod commands;
mod cursor;
pub mod fetch;
pub mod fetch_item;
pub mod reader;
pub mod response;
mod response_data;
pub mod search_key;
pub mod sequence;
pub mod status;
pub mod utf7;

pub use capabilities::Capabilities;
pub use commands::{LiteralMode, Request, Step};
pub use cursor::ParseError;
pub use fetch::{Fetch, FetchBody, FetchData};
pub use fetch_item::FetchItem;
pub use reader::{RawResponse, ReadEvent, ReadLimits, ResponseReader};
pub use response::Response;
pub use search_key::SearchKey;
pub use sequence::SequenceSet;
pub use status::{Code, Status, StatusKind};
