//! wire

pub mod imap;
pub mod mask;
pub mod mime;
pub mod oauth;
pub mod outcome;
pub mod sasl;
pub mod smtp;
