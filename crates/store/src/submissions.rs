//! Mails to send (RFC 8621, 7). A submission holds its own bytes, so the draft may go.
//!
//!     queued -> sending (claimed, leased) -> filing -> sent
//!                 |  later: queued again, at a time
//!                 |  unclear end of DATA: unclear -> looked up in Sent -> filing or queued
//!                 +  refused for good: failed, with its cause
//!
//! What always holds: one worker sends a submission at a time; a mail that may have gone out is looked for
//! before it is sent again.

use crate::announcements::Announcement;
use crate::args;
use crate::changes::{self, Change, Kind};
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{AccountId, BlobId, EmailId, IdentityId, SubmissionId, ThreadId, UserId};
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::world::Millis;

/// Where a submission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waits for its time.
    Queued,
    /// Is being handed to the provider.
    Sending,
    /// The connection broke after the end of the mail: it may have gone.
    Unclear,
    /// Has gone; its copy in Sent is being looked for.
    Filing,
    /// Has gone and is in Sent.
    Sent,
    /// Was refused for good.
    Failed,
    /// Was taken back in time.
    Canceled,
}

impl Status {
    /// The word in the row.
    pub fn word(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Sending => "sending",
            Status::Unclear => "unclear",
            Status::Filing => "filing",
            Status::Sent => "sent",
            Status::Failed => "failed",
            Status::Canceled => "canceled",
        }
    }
    fn parse(word: &str) -> Option<Status> {
        use Status::*;
        [Queued, Sending, Unclear, Filing, Sent, Failed, Canceled]
            .into_iter()
            .find(|status| status.word() == word)
    }

    /// JMAP's `undoStatus`.
    pub fn undo_status(self) -> &'static str {
        match self {
            Status::Queued => "pending",
            Status::Canceled => "canceled",
            _ => "final",
        }
    }
}

/// A mail to send.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Whose mailbox.
    pub account_id: AccountId,
    /// Names the row.
    pub id: SubmissionId,
    /// Who sends.
    pub user_id: UserId,
    /// As whom.
    pub identity_id: IdentityId,
    /// The email it was made from.
    pub email_id: EmailId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// The bytes to send, without Bcc.
    pub blob_id: BlobId,
    /// By which the copy in Sent is found.
    pub message_id: String,
    /// JSON: `{"mail_from": address, "rcpt_to": [address]}`.
    pub envelope: String,
    /// When it is to go.
    pub send_at: Millis,
    /// Where it is.
    pub status: Status,
    /// JSON: recipient → `{smtpReply, delivered, displayed}` (RFC 8621, 7).
    pub delivery: String,
    /// Why it waits or failed.
    pub cause: Option<Cause>,
    /// Tries so far.
    pub attempts: i64,
    /// When it is tried next.
    pub run_at: Millis,
    /// When the provider took it.
    pub sent_at: Option<Millis>,
}

const COLUMNS: &str = "account_id, id, user_id, identity_id, email_id, thread_id, blob_id, message_id, envelope, send_at, \
                       status, delivery, cause, attempts, run_at, sent_at";

fn read(row: &Row) -> Result<Submission> {
    Ok(Submission {
        account_id: row.get(0)?,
        id: row.get(1)?,
        user_id: row.get(2)?,
        identity_id: row.get(3)?,
        email_id: row.get(4)?,
        thread_id: row.get(5)?,
        blob_id: row.get(6)?,
        message_id: row.get(7)?,
        envelope: row.get(8)?,
        send_at: row.get(9)?,
        status: Status::parse(&row.get::<String>(10)?).ok_or_else(|| Error::Row {
            column: "submissions.status".into(),
        })?,
        delivery: row.get(11)?,
        cause: Cause::from_column(row.get(12)?),
        attempts: row.get(13)?,
        run_at: row.get(14)?,
        sent_at: row.get(15)?,
    })
}

/// What a new submission needs.
#[derive(Debug, Clone)]
pub struct NewSubmission {
    /// Whose mailbox.
    pub account_id: AccountId,
    /// Who sends.
    pub user_id: UserId,
    /// As whom.
    pub identity_id: IdentityId,
    /// The email it is made from.
    pub email_id: EmailId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// The bytes to send, kept by `Blobs::put`.
    pub blob_id: BlobId,
    /// Their size in octets.
    pub size: usize,
    /// Without angle brackets.
    pub message_id: String,
    /// Sender of the envelope.
    pub mail_from: String,
    /// Recipients of the envelope.
    pub rcpt_to: Vec<String>,
    /// When it is to go.
    pub send_at: Millis,
}

/// Orders a mail to be sent.
pub async fn add(tx: &mut Tx, new: &NewSubmission) -> Result<SubmissionId> {
    let id = SubmissionId(tx.world().id());
    let now = tx.now();
    crate::blobs::allow(tx, new.account_id, new.blob_id, new.size, "message/rfc822").await?;
    let envelope =
        serde_json::json!({ "mail_from": &new.mail_from, "rcpt_to": &new.rcpt_to }).to_string();
    tx.execute(
        "INSERT INTO submissions (account_id, id, user_id, identity_id, email_id, thread_id, blob_id, message_id, envelope, \
         send_at, undo_status, status, run_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', 'queued', $10, $11)",
        args![
            new.account_id, id, new.user_id, new.identity_id, new.email_id, new.thread_id, new.blob_id, &new.message_id,
            envelope, new.send_at, now
        ],
    )
    .await?;
    changes::record(
        tx,
        new.account_id,
        Kind::EmailSubmission,
        id.0,
        Change::Created,
    )
    .await?;
    tx.announce(Announcement::Submissions);
    Ok(id)
}

/// Looks a submission up.
pub async fn find(tx: &mut Tx, account: AccountId, id: SubmissionId) -> Result<Option<Submission>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM submissions WHERE account_id = $1 AND id = $2"),
            args![account, id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// The newest submissions of an account.
pub async fn list(tx: &mut Tx, account: AccountId, limit: i64) -> Result<Vec<Submission>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM submissions WHERE account_id = $1 ORDER BY send_at DESC, id LIMIT $2"),
            args![account, limit],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Claims the next submission that is due; one whose worker died comes back as `unclear`.
pub async fn claim(tx: &mut Tx, owner: &str, lease: Millis) -> Result<Option<Submission>> {
    let now = tx.now();
    let skip = if tx.is_sqlite() {
        ""
    } else {
        "FOR UPDATE SKIP LOCKED"
    };
    // A worker that died while sending may have sent: its mail is looked for first.
    tx.execute(
        "UPDATE submissions SET status = 'unclear', lease_owner = NULL, run_at = $1 WHERE status = 'sending' AND lease_until <= $1",
        args![now],
    )
    .await?;
    let rows = tx
        .rows(
            format!(
                "UPDATE submissions SET status = CASE WHEN status = 'queued' THEN 'sending' ELSE status END, undo_status = 'final', \
                 lease_owner = $1, lease_until = $2, attempts = attempts + 1 \
                 WHERE (account_id, id) = (SELECT account_id, id FROM submissions WHERE status IN ('queued', 'unclear', 'filing') \
                 AND run_at <= $3 AND (lease_until IS NULL OR lease_until <= $3) ORDER BY run_at LIMIT 1 {skip}) RETURNING {COLUMNS}"
            ),
            args![owner, now + lease, now],
        )
        .await?;
    rows.first().map(read).transpose()
}

/// Holds on to a claim that waited for its turn: `false` when it ran out and somebody else has it now.
pub async fn hold(tx: &mut Tx, submission: &Submission, lease: Millis) -> Result<bool> {
    let now = tx.now();
    // Every claim counts up `attempts`, so they tell one claim from another.
    let touched = tx
        .execute(
            "UPDATE submissions SET lease_until = $5 \
             WHERE account_id = $1 AND id = $2 AND status = $3 AND attempts = $4 AND lease_owner IS NOT NULL",
            args![
                submission.account_id, submission.id, submission.status.word(), submission.attempts, now + lease
            ],
        )
        .await?;
    Ok(touched > 0)
}

/// Notes where a claimed submission got to, and gives the claim back.
pub async fn turn(
    tx: &mut Tx,
    submission: &Submission,
    status: Status,
    run_at: Millis,
    cause: Option<&Cause>,
    delivery: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    let sent_at = matches!(status, Status::Filing | Status::Sent)
        .then_some(submission.sent_at.unwrap_or(now));
    tx.execute(
        "UPDATE submissions SET status = $3, undo_status = $4, run_at = $5, cause = $6, delivery = COALESCE($7, delivery), \
         sent_at = COALESCE($8, sent_at), lease_owner = NULL, lease_until = NULL WHERE account_id = $1 AND id = $2",
        args![
            submission.account_id, submission.id, status.word(), status.undo_status(), run_at, Cause::to_column(cause),
            delivery, sent_at
        ],
    )
    .await?;
    changes::record(
        tx,
        submission.account_id,
        Kind::EmailSubmission,
        submission.id.0,
        Change::Updated,
    )
    .await?;
    tx.announce(Announcement::Submissions);
    Ok(())
}

/// Takes a submission back, if it still waits.
pub async fn cancel(tx: &mut Tx, account: AccountId, id: SubmissionId) -> Result<bool> {
    let touched = tx
        .execute(
            "UPDATE submissions SET status = 'canceled', undo_status = 'canceled' WHERE account_id = $1 AND id = $2 AND status = 'queued'",
            args![account, id],
        )
        .await?;
    if touched > 0 {
        changes::record(tx, account, Kind::EmailSubmission, id.0, Change::Updated).await?;
    }
    Ok(touched > 0)
}

/// Sending works again: what waits for its next try is due now.
pub async fn try_again(tx: &mut Tx, account: AccountId) -> Result<()> {
    let now = tx.now();
    let touched = tx
        .execute(
            "UPDATE submissions SET run_at = $2 WHERE account_id = $1 AND status = 'queued' AND run_at > $2 AND send_at <= $2",
            args![account, now],
        )
        .await?;
    if touched > 0 {
        tx.announce(Announcement::Submissions);
    }
    Ok(())
}

/// When the next submission is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Millis>> {
    let row = tx
        .row(
            "SELECT MIN(CASE WHEN lease_until > run_at THEN lease_until ELSE run_at END) FROM submissions \
             WHERE status IN ('queued', 'unclear', 'filing', 'sending')",
            args![],
        )
        .await?;
    row.map_or(Ok(None), |row| row.get(0))
}
