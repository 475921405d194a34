//! SMTP submission (RFC 5321, 4954, 6409) without any socket: replies, commands, AUTH, and what a refusal means.

pub mod auth;
pub mod classify;
pub mod extensions;
pub mod message;
pub mod reply;

pub use auth::{Auth, AuthStep};
pub use classify::{Phase, classify};
pub use extensions::Extensions;
pub use reply::{Reply, ReplyError, ReplyReader};
