//! Every state that a grant, a mailbox's receiving or sending side, or Tegata itself was in: from when to when,
//! and why.
//!
//! What always holds: of one subject and side at most one interval is open, and it is the newest.

use serde::{Deserialize, Serialize};

use crate::args;
use crate::db::Row;
use crate::error::Result;
use crate::id::{AccountId, GrantId};
use crate::tx::Tx;
use crate::world::Millis;

/// Why something is in its state: the row of the advice catalogue, and the provider's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The catalogue's row; its meaning never changes.
    pub id: String,
    /// What the provider said, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_said: Option<String>,
    /// What the catalogue's sentences have blanks for.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub values: std::collections::BTreeMap<String, String>,
}

impl Cause {
    /// A cause of our own, without words of a provider.
    pub fn new(id: impl Into<String>) -> Cause {
        Cause {
            id: id.into(),
            provider_said: None,
            values: std::collections::BTreeMap::new(),
        }
    }

    /// With the provider's words, cut to a sane length.
    pub fn said(mut self, words: &str) -> Cause {
        let words: String = words
            .chars()
            .filter(|letter| !letter.is_control() || *letter == '\n')
            .take(2000)
            .collect();
        self.provider_said = (!words.is_empty()).then_some(words);
        self
    }

    /// With a value for a blank of the sentences.
    pub fn with(mut self, name: &str, value: impl ToString) -> Cause {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }

    pub(crate) fn to_column(cause: Option<&Cause>) -> Option<String> {
        cause.and_then(|cause| serde_json::to_string(cause).ok())
    }

    pub(crate) fn from_column(text: Option<String>) -> Option<Cause> {
        text.and_then(|text| serde_json::from_str(&text).ok())
    }
}

/// Which state machine an interval belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The token.
    Grant,
    /// Receiving.
    Sync,
    /// Sending.
    Send,
    /// Tegata itself.
    Service,
}

/// The subject of the intervals in which Tegata itself ran or not.
pub const SERVICE: [u8; 16] = [0; 16];

impl Side {
    /// The word in the row.
    pub fn word(self) -> &'static str {
        match self {
            Side::Grant => "grant",
            Side::Sync => "sync",
            Side::Send => "send",
            Side::Service => "service",
        }
    }
}

/// One stretch of time in one state.
#[derive(Debug, Clone)]
pub struct Interval {
    /// `grant`, `sync`, `send` or `service`.
    pub side: String,
    /// The state's word.
    pub status: String,
    /// From.
    pub since: Millis,
    /// To; `None` for the one that lasts.
    pub ended_at: Option<Millis>,
    /// Why.
    pub cause: Option<Cause>,
}

fn read(row: &Row) -> Result<Interval> {
    Ok(Interval {
        side: row.get(0)?,
        status: row.get(1)?,
        since: row.get(2)?,
        ended_at: row.get(3)?,
        cause: Cause::from_column(row.get(4)?),
    })
}

/// Begins an interval and ends the one before.
pub async fn turn(
    tx: &mut Tx,
    subject: [u8; 16],
    side: Side,
    status: &str,
    cause: Option<&Cause>,
) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE intervals SET ended_at = $3 WHERE subject_id = $1 AND side = $2 AND ended_at IS NULL",
        args![subject.to_vec(), side.word(), now],
    )
    .await?;
    // Two turns within one millisecond: the later one is what lasts.
    tx.execute(
        "INSERT INTO intervals (subject_id, side, since, status, cause) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (subject_id, side, since) DO UPDATE SET status = excluded.status, cause = excluded.cause, ended_at = NULL",
        args![subject.to_vec(), side.word(), now, status, Cause::to_column(cause)],
    )
    .await?;
    Ok(())
}

/// The newest intervals of a subject, newest first.
pub async fn list(tx: &mut Tx, subject: [u8; 16], limit: i64) -> Result<Vec<Interval>> {
    let rows = tx
        .rows(
            "SELECT side, status, since, ended_at, cause FROM intervals WHERE subject_id = $1 ORDER BY since DESC LIMIT $2",
            args![subject.to_vec(), limit],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Writes down afterwards that something was in one state since a time, and is in another from now on.
pub async fn was(
    tx: &mut Tx,
    subject: [u8; 16],
    side: Side,
    (then, now_it_is): (&str, &str),
    since: Millis,
    cause: &Cause,
) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE intervals SET ended_at = $3 WHERE subject_id = $1 AND side = $2 AND ended_at IS NULL",
        args![subject.to_vec(), side.word(), since],
    )
    .await?;
    tx.execute(
        "INSERT INTO intervals (subject_id, side, since, ended_at, status, cause) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (subject_id, side, since) DO UPDATE SET status = excluded.status, cause = excluded.cause, \
         ended_at = excluded.ended_at",
        args![subject.to_vec(), side.word(), since, now, then, Cause::to_column(Some(cause))],
    )
    .await?;
    turn(tx, subject, side, now_it_is, None).await
}

/// The stretches of one mailbox and its grant that did not work and reach behind a time, oldest first; at most a
/// few thousand, the newest.
pub async fn out(
    tx: &mut Tx,
    account: AccountId,
    grant: GrantId,
    after: Millis,
) -> Result<Vec<Interval>> {
    let mut found = Vec::new();
    for (side, subject) in [
        (Side::Sync, account.0),
        (Side::Grant, grant.0),
        // Of a grant that the account has left: `leave_grant`.
        (Side::Grant, account.0),
    ] {
        found.extend(out_of(tx, side, subject, after).await?);
    }
    found.sort_by_key(|interval| interval.since);
    Ok(found)
}

/// The stretches in which Tegata itself did not run and that reach behind a time.
pub async fn out_of_service(tx: &mut Tx, after: Millis) -> Result<Vec<Interval>> {
    out_of(tx, Side::Service, SERVICE, after).await
}

async fn out_of(
    tx: &mut Tx,
    side: Side,
    subject: [u8; 16],
    after: Millis,
) -> Result<Vec<Interval>> {
    // The list of states is the index's own (0005).
    let rows = tx
        .rows(
            "SELECT side, status, since, ended_at, cause FROM intervals WHERE side = $1 AND subject_id = $2 \
             AND status IN ('later', 'blocked', 'throttled', 'app_broken', 'needs_consent', 'revoked', 'stopped') \
             AND (ended_at IS NULL OR ended_at > $3) ORDER BY since DESC LIMIT 3000",
            args![side.word(), subject.to_vec(), after],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// An account goes over to another grant: what it missed by the one it leaves stays its own history, because the
/// old grant is about to be forgotten.
pub async fn leave_grant(tx: &mut Tx, account: AccountId, grant: GrantId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "INSERT INTO intervals (subject_id, side, since, ended_at, status, cause) \
         SELECT $1, side, since, COALESCE(ended_at, $3), status, cause FROM intervals \
         WHERE subject_id = $2 AND side = 'grant' AND status IN ('throttled', 'app_broken', 'needs_consent') \
         ON CONFLICT (subject_id, side, since) DO NOTHING",
        args![account, grant, now],
    )
    .await?;
    Ok(())
}
