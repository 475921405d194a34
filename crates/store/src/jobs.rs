//! Work for the workers: written by a door in the commit of what it belongs to, claimed by one worker.
//!
//! What always holds: a job is claimed by compare-and-set with a lease; one whose worker died is claimed
//! again when the lease has ended.

use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::JobId;
use crate::tx::Tx;
use crate::world::Millis;

/// The kind of job that checks one account; its subject is the account.
pub const ACCOUNT_CHECK: &str = "account-check";

/// A claimed piece of work.
#[derive(Debug, Clone)]
pub struct Job {
    /// Names the row.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// With what.
    pub subject: [u8; 16],
    /// JSON the kind knows.
    pub detail: String,
    /// How often it was claimed.
    pub attempts: i64,
    /// When it was ordered.
    pub created_at: Millis,
}

/// Orders a piece of work.
pub async fn add(
    tx: &mut Tx,
    kind: &str,
    subject: [u8; 16],
    detail: &str,
    run_at: Millis,
) -> Result<JobId> {
    let id = JobId(tx.world().id());
    let now = tx.now();
    tx.execute(
        "INSERT INTO jobs (id, kind, subject_id, detail, run_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![id, kind, subject.to_vec(), detail, run_at, now],
    )
    .await?;
    tx.announce(Announcement::Jobs);
    Ok(id)
}

/// Orders a piece of work, unless the same is ordered already.
pub async fn add_once(tx: &mut Tx, kind: &str, subject: [u8; 16], run_at: Millis) -> Result<JobId> {
    add_once_with(tx, kind, subject, "{}", run_at).await
}

/// The same for work with a detail: only one with the same detail is the same.
pub async fn add_once_with(
    tx: &mut Tx,
    kind: &str,
    subject: [u8; 16],
    detail: &str,
    run_at: Millis,
) -> Result<JobId> {
    let waiting = tx
        .row(
            "SELECT id FROM jobs WHERE kind = $1 AND subject_id = $2 AND detail = $3 AND done_at IS NULL \
             AND lease_owner IS NULL ORDER BY run_at LIMIT 1",
            args![kind, subject.to_vec(), detail],
        )
        .await?;
    match waiting {
        Some(row) => {
            let id: JobId = row.get(0)?;
            tx.execute(
                "UPDATE jobs SET run_at = $2 WHERE id = $1 AND run_at > $2",
                args![id, run_at],
            )
            .await?;
            tx.announce(Announcement::Jobs);
            Ok(id)
        }
        None => add(tx, kind, subject, detail, run_at).await,
    }
}

/// One that is at work right now, with the same detail: whoever wants the same follows it.
pub async fn under_way(
    tx: &mut Tx,
    kind: &str,
    subject: [u8; 16],
    detail: &str,
) -> Result<Option<JobId>> {
    let now = tx.now();
    let row = tx
        .row(
            "SELECT id FROM jobs WHERE kind = $1 AND subject_id = $2 AND detail = $3 AND done_at IS NULL \
             AND lease_until > $4 LIMIT 1",
            args![kind, subject.to_vec(), detail, now],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Claims the next job that is due.
pub async fn claim(tx: &mut Tx, owner: &str, lease: Millis) -> Result<Option<Job>> {
    let now = tx.now();
    let skip = if tx.is_sqlite() {
        ""
    } else {
        "FOR UPDATE SKIP LOCKED"
    };
    let rows = tx
        .rows(
            format!(
                "UPDATE jobs SET lease_owner = $1, lease_until = $2, attempts = attempts + 1 WHERE id = \
                 (SELECT id FROM jobs WHERE done_at IS NULL AND run_at <= $3 AND (lease_until IS NULL OR lease_until <= $3) \
                 ORDER BY run_at LIMIT 1 {skip}) RETURNING id, kind, subject_id, detail, attempts, created_at"
            ),
            args![owner, now + lease, now],
        )
        .await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let subject: Vec<u8> = row.get(2)?;
    Ok(Some(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        subject: subject.as_slice().try_into().unwrap_or_default(),
        detail: row.get(3)?,
        attempts: row.get(4)?,
        created_at: row.get(5)?,
    }))
}

/// Ends a job with its result.
pub async fn done(tx: &mut Tx, id: JobId, result: &str) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE jobs SET done_at = $2, result = $3, lease_owner = NULL WHERE id = $1",
        args![id, now, result],
    )
    .await?;
    tx.execute(
        "DELETE FROM jobs WHERE done_at < $1",
        args![now - 7 * 24 * 3600 * 1000],
    )
    .await?;
    tx.announce(Announcement::Jobs);
    Ok(())
}

/// Puts a job off.
pub async fn later(tx: &mut Tx, id: JobId, run_at: Millis) -> Result<()> {
    tx.execute(
        "UPDATE jobs SET run_at = $2, lease_owner = NULL, lease_until = NULL WHERE id = $1",
        args![id, run_at],
    )
    .await?;
    Ok(())
}

/// Writes down how far a running job is, for those who follow it.
pub async fn progress(tx: &mut Tx, id: JobId, result: &str) -> Result<()> {
    tx.execute(
        "UPDATE jobs SET result = $2 WHERE id = $1",
        args![id, result],
    )
    .await?;
    tx.announce(Announcement::Jobs);
    Ok(())
}

/// A job's result so far, and whether it has ended.
pub async fn result(tx: &mut Tx, id: JobId) -> Result<Option<(Option<String>, bool)>> {
    let row = tx
        .row("SELECT result, done_at FROM jobs WHERE id = $1", args![id])
        .await?;
    row.map(|row| Ok((row.get(0)?, row.get::<Option<i64>>(1)?.is_some())))
        .transpose()
}

/// When the next job is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Millis>> {
    let row = tx
        .row("SELECT MIN(CASE WHEN lease_until > run_at THEN lease_until ELSE run_at END) FROM jobs WHERE done_at IS NULL", args![])
        .await?;
    row.map_or(Ok(None), |row| row.get(0))
}
