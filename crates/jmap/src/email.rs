//! Emails (RFC 8621, 4).

pub mod changes;
mod create;
pub mod get;
mod headers;
mod properties;
pub mod query;
pub mod set;
mod show;
mod update;
