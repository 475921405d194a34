//! The connection against scripted servers. Tags are T1, T2, … in the order of the commands.

mod broken;
mod commands;
mod login;

use secrecy::SecretString;
use wire::imap::SequenceSet;

use super::{BodyLimits, Connection, ImapError, Limits};
use crate::net::script::{Script, hasty};

fn token() -> SecretString {
    "ya29.EXAMPLE-token_123".to_owned().into()
}

/// The blob of alice and [`token`], from facts/providers.md 3.1.
const BLOB: &str =
    "dXNlcj1hbGljZUBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LkVYQU1QTEUtdG9rZW5fMTIzAQE=";

fn limits() -> Limits {
    Limits::default()
}

/// Limits for a server that falls silent on purpose.
fn hasty_limits() -> Limits {
    Limits {
        timeouts: hasty(),
        bodies: BodyLimits::default(),
    }
}

/// A connection that has read its greeting; the script goes on from there.
async fn opened(capabilities: &str, script: &str) -> (Connection, Script) {
    let script = Script::start(&format!(
        "S: * OK [CAPABILITY {capabilities}] ready\n{script}"
    ))
    .await;
    let connection = Connection::open(&script.target, limits())
        .await
        .expect("a greeting");
    (connection, script)
}

fn uids(text: &str) -> SequenceSet {
    SequenceSet::parse(text.as_bytes()).expect("a set")
}

fn cause(error: &ImapError) -> &'static str {
    error.verdict().cause_id
}
