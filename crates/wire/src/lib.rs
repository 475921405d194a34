//! wire

pub mod mime;
pub mod oauth;
pub mod imap;
pub mod outcome;
pub mod sasl;
pub mod smtp;
