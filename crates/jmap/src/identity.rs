//! Identities (RFC 8621, 6): as whom one may send. `get` works for whoever may read, also without the right
//! to send: some clients go offline otherwise.

pub mod changes;
pub mod get;
