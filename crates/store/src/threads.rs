//! Which emails belong to one conversation.
//!
//! Gmail says so itself (X-GM-THRID). Elsewhere a thread is known by the Message-IDs of its emails and of
//! those they refer to (RFC 5322, 3.6.4). An email that refers to two threads makes them one; the emails
//! that move are announced.

use crate::args;
use crate::changes::{self, Change, Kind};
use crate::error::Result;
use crate::id::{AccountId, EmailId, ThreadId};
use crate::tx::Tx;

/// At most so many references count, the newest: a hostile header names thousands.
const MAX_REFERENCES: usize = 60;

/// What tells an email's thread.
#[derive(Debug, Clone, Default)]
pub struct Clues<'a> {
    /// X-GM-THRID, where given.
    pub gm_thrid: Option<u64>,
    /// Its own Message-ID.
    pub message_id: Option<&'a str>,
    /// In-Reply-To and References.
    pub references: Vec<&'a str>,
}

/// Finds or makes the thread of a new email, and files its clues.
pub async fn of_new_email(tx: &mut Tx, account: AccountId, clues: &Clues<'_>) -> Result<ThreadId> {
    let keys = keys(clues);
    let found = match clues.gm_thrid {
        // Gmail's own id wins; before it has been seen, a mail sent from here may wait under its Message-ID.
        Some(_) => match lookup(tx, account, &keys[..1]).await? {
            found if found.is_empty() => lookup(tx, account, &keys[1..keys.len().min(2)]).await?,
            found => found,
        },
        None => lookup(tx, account, &keys).await?,
    };
    let thread = match found.first() {
        Some(first) => {
            for other in found.iter().skip(1) {
                merge(tx, account, *other, *first).await?;
            }
            changes::record(tx, account, Kind::Thread, first.0, Change::Updated).await?;
            *first
        }
        None => {
            let thread = ThreadId(tx.world().id());
            changes::record(tx, account, Kind::Thread, thread.0, Change::Created).await?;
            thread
        }
    };
    for key in keys {
        tx.execute(
            "INSERT INTO thread_ids (account_id, key, thread_id) VALUES ($1, $2, $3) ON CONFLICT (account_id, key) DO NOTHING",
            args![account, key, thread],
        )
        .await?;
    }
    Ok(thread)
}

/// At most so many characters of a Message-ID count: an index of PostgreSQL holds no longer ones.
pub(crate) const MAX_MESSAGE_ID: usize = 400;

/// A Message-ID as it is looked up by.
pub(crate) fn cut(message_id: &str) -> String {
    message_id.chars().take(MAX_MESSAGE_ID).collect()
}

/// Gmail tells the thread of an email that was written here: what has come of that thread and what will
/// come is one with it.
pub(crate) async fn told_by_gmail(
    tx: &mut Tx,
    account: AccountId,
    thread: ThreadId,
    gm_thrid: u64,
) -> Result<()> {
    let key = format!("g:{gm_thrid}");
    match lookup(tx, account, std::slice::from_ref(&key))
        .await?
        .first()
    {
        Some(known) if *known == thread => Ok(()),
        Some(known) => {
            merge(tx, account, thread, *known).await?;
            changes::record(tx, account, Kind::Thread, known.0, Change::Updated).await
        }
        None => {
            tx.execute(
                "INSERT INTO thread_ids (account_id, key, thread_id) VALUES ($1, $2, $3)",
                args![account, key, thread],
            )
            .await?;
            Ok(())
        }
    }
}

fn keys(clues: &Clues<'_>) -> Vec<String> {
    let mut keys = Vec::new();
    if let Some(thrid) = clues.gm_thrid {
        keys.push(format!("g:{thrid}"));
    }
    let newest = clues.references.len().saturating_sub(MAX_REFERENCES);
    for id in clues.message_id.iter().chain(&clues.references[newest..]) {
        let key = format!("m:{}", cut(id));
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

async fn lookup(tx: &mut Tx, account: AccountId, keys: &[String]) -> Result<Vec<ThreadId>> {
    let mut found = Vec::new();
    for key in keys {
        let row = tx
            .row(
                "SELECT thread_id FROM thread_ids WHERE account_id = $1 AND key = $2",
                args![account, key],
            )
            .await?;
        if let Some(row) = row {
            let thread: ThreadId = row.get(0)?;
            if !found.contains(&thread) {
                found.push(thread);
            }
        }
    }
    // The oldest keeps its id.
    found.sort();
    Ok(found)
}

async fn merge(tx: &mut Tx, account: AccountId, from: ThreadId, into: ThreadId) -> Result<()> {
    let moved = tx
        .rows(
            "UPDATE emails SET thread_id = $3 WHERE account_id = $1 AND thread_id = $2 RETURNING id",
            args![account, from, into],
        )
        .await?;
    for row in moved {
        changes::record(
            tx,
            account,
            Kind::Email,
            row.get::<EmailId>(0)?.0,
            Change::Updated,
        )
        .await?;
    }
    tx.execute(
        "UPDATE thread_ids SET thread_id = $3 WHERE account_id = $1 AND thread_id = $2",
        args![account, from, into],
    )
    .await?;
    tx.execute(
        "UPDATE submissions SET thread_id = $3 WHERE account_id = $1 AND thread_id = $2",
        args![account, from, into],
    )
    .await?;
    changes::record(tx, account, Kind::Thread, from.0, Change::Destroyed).await
}

/// The emails of a thread, oldest first (RFC 8621, 3). `None` when there is no such thread.
pub async fn emails(
    tx: &mut Tx,
    account: AccountId,
    thread: ThreadId,
) -> Result<Option<Vec<EmailId>>> {
    let rows = tx
        .rows(
            "SELECT id FROM emails WHERE account_id = $1 AND thread_id = $2 ORDER BY seq",
            args![account, thread],
        )
        .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    rows.iter()
        .map(|row| row.get(0))
        .collect::<Result<Vec<_>>>()
        .map(Some)
}

/// The account's threads, at most `limit` of them, in the order of their ids.
pub async fn all(tx: &mut Tx, account: AccountId, limit: usize) -> Result<Vec<ThreadId>> {
    let rows = tx
        .rows(
            "SELECT DISTINCT thread_id FROM emails WHERE account_id = $1 ORDER BY thread_id LIMIT $2",
            args![account, limit as i64],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// An email has gone: its thread is smaller, or gone with it.
pub async fn email_left(tx: &mut Tx, account: AccountId, thread: ThreadId) -> Result<()> {
    let left = tx
        .number(
            "SELECT COUNT(*) FROM emails WHERE account_id = $1 AND thread_id = $2",
            args![account, thread],
        )
        .await?;
    let change = if left == 0 {
        Change::Destroyed
    } else {
        Change::Updated
    };
    if left == 0 {
        tx.execute(
            "DELETE FROM thread_ids WHERE account_id = $1 AND thread_id = $2",
            args![account, thread],
        )
        .await?;
    }
    changes::record(tx, account, Kind::Thread, thread.0, change).await
}
