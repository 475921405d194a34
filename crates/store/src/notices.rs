//! Notices: what people are told by mail, once for each occasion.
//!
//!     add (unique: kind, subject, occasion, person) -> waiting
//!     waiting -> queued (a submission of the system mailbox, in the same commit) -> sent
//!             -> undeliverable (why, next try)       -> queued …
//!     no longer true -> withdrawn;  true again -> waiting
//!
//! What always holds: of one occasion a person gets at most one mail. Every step is a compare-and-set on the
//! state, so several nodes may do the same work; a notice that was sent is never taken up again.

use std::collections::BTreeMap;

use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{AccountId, NoticeId, SubmissionId, UserId};
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::world::Millis;

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A client secret's date comes near. The subject is the credential.
    SecretEnds,
    /// A grant will end by itself. The subject is the grant, or the credential whose grants all will.
    GrantEnds,
    /// A person must consent again. The subject is the grant.
    GrantDied,
    /// The provider refused one secret and took the other. The subject is the credential.
    SecretSwitched,
    /// The provider refuses ID or secret. The subject is the credential.
    CredentialBroken,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 5] = [
        Kind::SecretEnds,
        Kind::GrantEnds,
        Kind::GrantDied,
        Kind::SecretSwitched,
        Kind::CredentialBroken,
    ];

    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Kind::SecretEnds => "secret-ends",
            Kind::GrantEnds => "grant-ends",
            Kind::GrantDied => "grant-died",
            Kind::SecretSwitched => "secret-switched",
            Kind::CredentialBroken => "credential-broken",
        }
    }

    fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// To be sent.
    Waiting,
    /// A submission of the system mailbox carries it.
    Queued,
    /// It has gone.
    Sent,
    /// There was nothing to send it with, nowhere to send it to, or it was refused.
    Undeliverable,
    /// It was no longer true before it went.
    Withdrawn,
}

impl Status {
    /// All states.
    pub const ALL: [Status; 5] = [
        Status::Waiting,
        Status::Queued,
        Status::Sent,
        Status::Undeliverable,
        Status::Withdrawn,
    ];

    /// The word in the row.
    pub fn word(self) -> &'static str {
        match self {
            Status::Waiting => "waiting",
            Status::Queued => "queued",
            Status::Sent => "sent",
            Status::Undeliverable => "undeliverable",
            Status::Withdrawn => "withdrawn",
        }
    }

    /// The word in the API, where a mail on its way still waits.
    pub fn shown(self) -> &'static str {
        match self {
            Status::Queued => Status::Waiting.word(),
            other => other.word(),
        }
    }

    fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// A notice that is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// What it tells.
    pub kind: Kind,
    /// Of what: the id of a credential or a grant.
    pub subject_id: [u8; 16],
    /// Which of its occasions: the time of a death, a date and a number of days.
    pub occasion: String,
    /// Whom.
    pub user_id: UserId,
    /// Why, as the catalogue knows it.
    pub cause: Option<Cause>,
    /// What its words need besides.
    pub values: BTreeMap<String, String>,
}

/// A notice.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Ordered by time.
    pub id: NoticeId,
    /// What was wished for.
    pub of: New,
    /// Where it is.
    pub status: Status,
    /// Why nothing could be sent.
    pub why: Option<Cause>,
    /// Where it went, or is to go.
    pub address: String,
    /// The mailbox that sends it.
    pub account_id: Option<AccountId>,
    /// By which submission.
    pub submission_id: Option<SubmissionId>,
    /// Tries that failed.
    pub attempts: i64,
    /// When it is tried next.
    pub run_at: Millis,
    /// When it was first wished for.
    pub created_at: Millis,
    /// When it went.
    pub sent_at: Option<Millis>,
}

const COLUMNS: &str = "id, kind, subject_id, occasion, user_id, cause, detail, status, why, address, account_id, \
                       submission_id, attempts, run_at, created_at, sent_at";

fn read(row: &Row) -> Result<Notice> {
    let odd = |column: &str| Error::Row {
        column: column.to_owned(),
    };
    let subject: Vec<u8> = row.get(2)?;
    Ok(Notice {
        id: row.get(0)?,
        of: New {
            kind: Kind::parse(&row.get::<String>(1)?).ok_or_else(|| odd("notices.kind"))?,
            subject_id: subject
                .as_slice()
                .try_into()
                .map_err(|_| odd("notices.subject_id"))?,
            occasion: row.get(3)?,
            user_id: row.get(4)?,
            cause: Cause::from_column(row.get(5)?),
            values: serde_json::from_str(&row.get::<String>(6)?)
                .map_err(|_| odd("notices.detail"))?,
        },
        status: Status::parse(&row.get::<String>(7)?).ok_or_else(|| odd("notices.status"))?,
        why: Cause::from_column(row.get(8)?),
        address: row.get(9)?,
        account_id: row.get(10)?,
        submission_id: row.get(11)?,
        attempts: row.get(12)?,
        run_at: row.get(13)?,
        created_at: row.get(14)?,
        sent_at: row.get(15)?,
    })
}

/// Wishes for a notice; `None` where this person was told of this occasion already, or will be. One that was
/// withdrawn comes back.
pub async fn add(tx: &mut Tx, new: &New) -> Result<Option<NoticeId>> {
    let id = NoticeId(tx.world().id());
    let now = tx.now();
    let detail = serde_json::to_string(&new.values).unwrap_or_else(|_| "{}".to_owned());
    let rows = tx
        .rows(
            "INSERT INTO notices (id, kind, subject_id, occasion, user_id, cause, detail, status, run_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8) \
             ON CONFLICT (kind, subject_id, occasion, user_id) DO UPDATE SET status = 'waiting', cause = excluded.cause, \
             detail = excluded.detail, why = NULL, attempts = 0, run_at = excluded.run_at \
             WHERE notices.status = 'withdrawn' RETURNING id",
            args![
                id, new.kind.word(), new.subject_id.to_vec(), &new.occasion, new.user_id,
                Cause::to_column(new.cause.as_ref()), detail, now
            ],
        )
        .await?;
    rows.first().map(|row| row.get(0)).transpose()
}

/// Whether this person was told of this occasion, or will be; one that was withdrawn does not count.
pub async fn is_known(tx: &mut Tx, new: &New) -> Result<bool> {
    let known = tx
        .number(
            "SELECT COUNT(*) FROM notices WHERE kind = $1 AND subject_id = $2 AND occasion = $3 AND user_id = $4 \
             AND status <> 'withdrawn'",
            args![new.kind.word(), new.subject_id.to_vec(), &new.occasion, new.user_id],
        )
        .await?;
    Ok(known > 0)
}

/// Looks a notice up.
pub async fn find(tx: &mut Tx, id: NoticeId) -> Result<Option<Notice>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM notices WHERE id = $1"),
            args![id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Those that have not gone, the oldest first.
pub async fn open(tx: &mut Tx, limit: i64) -> Result<Vec<Notice>> {
    let rows = tx
        .rows(
            format!(
                "SELECT {COLUMNS} FROM notices WHERE status IN ('waiting', 'queued', 'undeliverable') ORDER BY id LIMIT $1"
            ),
            args![limit],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// All, or those of one person, newest first; `before` continues a list.
pub async fn list(
    tx: &mut Tx,
    user: Option<UserId>,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Notice>> {
    let before = before.map_or([0xff; 16], |id| id.0).to_vec();
    let rows = match user {
        Some(user) => {
            let sql = format!(
                "SELECT {COLUMNS} FROM notices WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
            );
            tx.rows(sql, args![user, before, limit]).await?
        }
        None => {
            let sql =
                format!("SELECT {COLUMNS} FROM notices WHERE id < $1 ORDER BY id DESC LIMIT $2");
            tx.rows(sql, args![before, limit]).await?
        }
    };
    rows.iter().map(read).collect()
}

/// Those about one thing, the newest first.
pub async fn of_subject(tx: &mut Tx, kind: Kind, subject: [u8; 16]) -> Result<Vec<Notice>> {
    let rows = tx
        .rows(
            format!(
                "SELECT {COLUMNS} FROM notices WHERE kind = $1 AND subject_id = $2 ORDER BY id DESC LIMIT 200"
            ),
            args![kind.word(), subject.to_vec()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// How many could not be delivered, and are still wished for.
pub async fn undelivered(tx: &mut Tx) -> Result<i64> {
    tx.number(
        "SELECT COUNT(*) FROM notices WHERE status = 'undeliverable'",
        args![],
    )
    .await
}

/// Hands a notice to a submission; `false` when somebody was quicker. The submission is of the same commit.
pub async fn queue(
    tx: &mut Tx,
    id: NoticeId,
    address: &str,
    account: AccountId,
    submission: SubmissionId,
) -> Result<bool> {
    let touched = tx
        .execute(
            "UPDATE notices SET status = 'queued', why = NULL, address = $2, account_id = $3, submission_id = $4 \
             WHERE id = $1 AND status IN ('waiting', 'undeliverable')",
            args![id, address, account, submission],
        )
        .await?;
    Ok(touched > 0)
}

/// Its submission has gone.
pub async fn sent(tx: &mut Tx, id: NoticeId, at: Millis) -> Result<()> {
    tx.execute(
        "UPDATE notices SET status = 'sent', sent_at = $2 WHERE id = $1 AND status = 'queued'",
        args![id, at],
    )
    .await?;
    Ok(())
}

/// It cannot be sent for now; `true` when that is news: it was not so before, or for another cause.
pub async fn undeliverable(
    tx: &mut Tx,
    notice: &Notice,
    why: &Cause,
    failed: bool,
    run_at: Millis,
) -> Result<bool> {
    let touched = tx
        .execute(
            "UPDATE notices SET status = 'undeliverable', why = $3, run_at = $4, attempts = attempts + $5, \
             account_id = NULL, submission_id = NULL WHERE id = $1 AND status = $2",
            args![
                notice.id, notice.status.word(), Cause::to_column(Some(why)), run_at, i64::from(failed)
            ],
        )
        .await?;
    let same = notice.status == Status::Undeliverable
        && notice.why.as_ref().is_some_and(|old| old.id == why.id);
    Ok(touched > 0 && !same)
}

/// The submission that carried it is gone: it waits again.
pub async fn wait_again(tx: &mut Tx, id: NoticeId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE notices SET status = 'waiting', account_id = NULL, submission_id = NULL, run_at = $2 \
         WHERE id = $1 AND status IN ('queued', 'undeliverable')",
        args![id, now],
    )
    .await?;
    Ok(())
}

/// It is no longer true and has not gone.
pub async fn withdraw(tx: &mut Tx, id: NoticeId) -> Result<()> {
    tx.execute(
        "UPDATE notices SET status = 'withdrawn', account_id = NULL, submission_id = NULL \
         WHERE id = $1 AND status IN ('waiting', 'queued', 'undeliverable')",
        args![id],
    )
    .await?;
    Ok(())
}
