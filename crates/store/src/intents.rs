//! What a person wants to be true upstream and is not yet: written with the visible change, carried out by
//! `sync`, gone when it is true.
//!
//! One email has at most one intent of a kind: a later wish replaces the earlier one and raises its
//! version, so that carrying out the old one does not erase the new.

use crate::announcements::Announcement;
use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{AccountId, EmailId};
use crate::tx::Tx;
use crate::world::Millis;

/// The kinds of wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `\Seen` on or off.
    Seen,
    /// `\Flagged` on or off.
    Flagged,
    /// `\Answered` on or off.
    Answered,
}

impl Kind {
    /// The JMAP keyword (RFC 8621, 4.1.1).
    pub fn keyword(self) -> &'static str {
        match self {
            Kind::Seen => "$seen",
            Kind::Flagged => "$flagged",
            Kind::Answered => "$answered",
        }
    }

    /// The IMAP flag.
    pub fn flag(self) -> &'static str {
        match self {
            Kind::Seen => "\\Seen",
            Kind::Flagged => "\\Flagged",
            Kind::Answered => "\\Answered",
        }
    }

    /// The kind that carries a keyword upstream; `None` for keywords that stay here.
    pub fn of_keyword(keyword: &str) -> Option<Kind> {
        [Kind::Seen, Kind::Flagged, Kind::Answered]
            .into_iter()
            .find(|kind| kind.keyword() == keyword)
    }
}

/// A wish.
#[derive(Debug, Clone)]
pub struct Intent {
    /// For which email.
    pub email_id: EmailId,
    /// What.
    pub kind: Kind,
    /// On or off.
    pub value: bool,
    /// Tries so far.
    pub attempts: i64,
    /// Raised by a later wish.
    pub version: i64,
}

fn read(row: &Row) -> Result<Intent> {
    let kind = Kind::of_keyword(&row.get::<String>(1)?).ok_or_else(|| Error::Row {
        column: "intents.kind".into(),
    })?;
    Ok(Intent {
        email_id: row.get(0)?,
        kind,
        value: row.get(2)?,
        attempts: row.get(3)?,
        version: row.get(4)?,
    })
}

/// Wishes.
pub async fn add(
    tx: &mut Tx,
    account: AccountId,
    email: EmailId,
    kind: Kind,
    value: bool,
) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "INSERT INTO intents (account_id, email_id, kind, value, run_at, created_at) VALUES ($1, $2, $3, $4, $5, $5) \
         ON CONFLICT (account_id, email_id, kind) DO UPDATE SET value = excluded.value, version = intents.version + 1, \
         attempts = 0, run_at = excluded.run_at, last_error = NULL",
        args![account, email, kind.keyword(), value, now],
    )
    .await?;
    tx.announce(Announcement::Intents(account));
    Ok(())
}

/// The account's wishes that are due, oldest first.
pub async fn due(tx: &mut Tx, account: AccountId, limit: i64) -> Result<Vec<Intent>> {
    let now = tx.now();
    let rows = tx
        .rows(
            "SELECT email_id, kind, value, attempts, version FROM intents WHERE account_id = $1 AND run_at <= $2 \
             ORDER BY created_at LIMIT $3",
            args![account, now, limit],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Whether wishes wait for this email: what the server says of its flags is older than what the person wants.
pub async fn of_email(tx: &mut Tx, account: AccountId, email: EmailId) -> Result<Vec<Intent>> {
    let rows = tx
        .rows(
            "SELECT email_id, kind, value, attempts, version FROM intents WHERE account_id = $1 AND email_id = $2",
            args![account, email],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The wish is true upstream. A later wish of the same kind stays.
pub async fn fulfilled(tx: &mut Tx, account: AccountId, intent: &Intent) -> Result<()> {
    tx.execute(
        "DELETE FROM intents WHERE account_id = $1 AND email_id = $2 AND kind = $3 AND version = $4",
        args![account, intent.email_id, intent.kind.keyword(), intent.version],
    )
    .await?;
    Ok(())
}

/// It did not work; tried again at a time.
pub async fn failed(
    tx: &mut Tx,
    account: AccountId,
    intent: &Intent,
    run_at: Millis,
    error: &str,
) -> Result<()> {
    tx.execute(
        "UPDATE intents SET attempts = attempts + 1, run_at = $5, last_error = $6 \
         WHERE account_id = $1 AND email_id = $2 AND kind = $3 AND version = $4",
        args![
            account,
            intent.email_id,
            intent.kind.keyword(),
            intent.version,
            run_at,
            error
        ],
    )
    .await?;
    Ok(())
}
