//! The talk with an account's mail servers, line by line, while somebody has asked for it.
//!
//! Off by default, on until a time, bounded: [`MOST_LINES`] lines an account, the oldest go first. Lines come
//! masked from `sync`: no token, no content of mail.

use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::AccountId;
use crate::tx::Tx;
use crate::world::Millis;

/// So many lines of an account are kept.
pub const MOST_LINES: i64 = 20_000;
/// Lines are kept this long; whoever asked for them has them by then.
const KEPT: Millis = 7 * 24 * 3_600_000;
/// The longest line, in characters.
pub const LONGEST_LINE: usize = 500;

/// A line and when it was spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Millis,
    /// `imap C: a1 SELECT "INBOX"`
    pub text: String,
}

/// What is kept, and until when more comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// On until then; `None` or past: off.
    pub until: Option<Millis>,
    /// How many lines are kept.
    pub lines: i64,
    /// The oldest line's time.
    pub first_at: Option<Millis>,
    /// The newest line's time.
    pub last_at: Option<Millis>,
}

/// Switches the log on until a time.
pub async fn switch_on(tx: &mut Tx, account: AccountId, until: Millis) -> Result<()> {
    tx.execute(
        "UPDATE accounts SET protocol_log_until = $2 WHERE id = $1",
        args![account, until],
    )
    .await?;
    tx.announce(Announcement::Accounts);
    Ok(())
}

/// Switches the log off and erases it.
pub async fn erase(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.execute(
        "UPDATE accounts SET protocol_log_until = NULL WHERE id = $1",
        args![account],
    )
    .await?;
    tx.execute(
        "DELETE FROM protocol_log WHERE account_id = $1",
        args![account],
    )
    .await?;
    tx.announce(Announcement::Accounts);
    Ok(())
}

/// Until when an account's talk is written down; `None` when it is not.
pub async fn until(tx: &mut Tx, account: AccountId) -> Result<Option<Millis>> {
    let now = tx.now();
    let row = tx
        .row(
            "SELECT protocol_log_until FROM accounts WHERE id = $1",
            args![account],
        )
        .await?;
    let until = row.map_or(Ok(None), |row| row.get::<Option<Millis>>(0))?;
    Ok(until.filter(|until| *until > now))
}

/// Appends lines, if the log is (still) on.
pub async fn append(tx: &mut Tx, account: AccountId, lines: &[Line]) -> Result<()> {
    let Some(until) = until(tx, account).await? else {
        return Ok(());
    };
    for line in lines.iter().filter(|line| line.at <= until) {
        let seq = tx
            .number(
                "SELECT COALESCE(MAX(seq), 0) + 1 FROM protocol_log WHERE account_id = $1 AND at = $2",
                args![account, line.at],
            )
            .await?;
        let text: String = line.text.chars().take(LONGEST_LINE).collect();
        tx.execute(
            "INSERT INTO protocol_log (account_id, at, seq, line) VALUES ($1, $2, $3, $4)",
            args![account, line.at, seq, text],
        )
        .await?;
    }
    let before = tx.now() - KEPT;
    tx.execute("DELETE FROM protocol_log WHERE at < $1", args![before])
        .await?;
    tx.execute(
        "DELETE FROM protocol_log WHERE account_id = $1 AND at < \
         (SELECT at FROM protocol_log WHERE account_id = $1 ORDER BY at DESC, seq DESC LIMIT 1 OFFSET $2)",
        args![account, MOST_LINES],
    )
    .await?;
    Ok(())
}

/// What there is.
pub async fn summary(tx: &mut Tx, account: AccountId) -> Result<Summary> {
    let until = until(tx, account).await?;
    let row = tx
        .row(
            "SELECT COUNT(*), MIN(at), MAX(at) FROM protocol_log WHERE account_id = $1",
            args![account],
        )
        .await?;
    Ok(match row {
        None => Summary {
            until,
            ..Summary::default()
        },
        Some(row) => Summary {
            until,
            lines: row.get(0)?,
            first_at: row.get(1)?,
            last_at: row.get(2)?,
        },
    })
}

/// All lines, in order; bounded by what is kept.
pub async fn lines(tx: &mut Tx, account: AccountId) -> Result<Vec<Line>> {
    let rows = tx
        .rows(
            "SELECT at, line FROM protocol_log WHERE account_id = $1 ORDER BY at, seq LIMIT $2",
            args![account, MOST_LINES * 2],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Line {
                at: row.get(0)?,
                text: row.get(1)?,
            })
        })
        .collect()
}
