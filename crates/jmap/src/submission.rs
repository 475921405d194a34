//! Email submissions (RFC 8621, 7): orders to send, carried out by `sync`.

pub mod changes;
mod envelope;
pub mod get;
pub mod set;
