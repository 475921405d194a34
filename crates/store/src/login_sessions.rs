//! A browser's stay, from sign-in to sign-out. Only the hash of the cookie's value is kept.

use crate::args;
use crate::db::Row;
use crate::error::Result;
use crate::id::{LoginSessionId, UserId};
use crate::tx::Tx;
use crate::world::Millis;

/// A stay ends this long after it was last seen.
pub const IDLE: Millis = 14 * 24 * 3600 * 1000;
/// And this long after sign-in in any case.
pub const LONGEST: Millis = 60 * 24 * 3600 * 1000;

/// A browser's stay.
#[derive(Debug, Clone)]
pub struct LoginSession {
    /// Names the row.
    pub id: LoginSessionId,
    /// Who.
    pub user_id: UserId,
    /// What writes must carry in `X-CSRF-Token`.
    pub csrf_token: String,
    /// Sign-in.
    pub created_at: Millis,
    /// Last request, to the minute.
    pub last_seen_at: Millis,
    /// The browser's own words.
    pub user_agent: String,
    /// Where it came from.
    pub remote_address: String,
}

const COLUMNS: &str =
    "id, user_id, csrf_token, created_at, last_seen_at, user_agent, remote_address";

fn read(row: &Row) -> Result<LoginSession> {
    Ok(LoginSession {
        id: row.get(0)?,
        user_id: row.get(1)?,
        csrf_token: row.get(2)?,
        created_at: row.get(3)?,
        last_seen_at: row.get(4)?,
        user_agent: row.get(5)?,
        remote_address: row.get(6)?,
    })
}

/// Begins a stay.
pub async fn add(
    tx: &mut Tx,
    user: UserId,
    token_hash: &[u8],
    csrf_token: &str,
    user_agent: &str,
    remote_address: &str,
) -> Result<LoginSessionId> {
    let id = LoginSessionId(tx.world().id());
    let now = tx.now();
    let user_agent: String = user_agent.chars().take(300).collect();
    tx.execute(
        "INSERT INTO login_sessions (id, user_id, token_hash, csrf_token, created_at, last_seen_at, expires_at, \
         user_agent, remote_address) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)",
        args![id, user, token_hash, csrf_token, now, now + IDLE, user_agent, remote_address],
    )
    .await?;
    tx.execute(
        "DELETE FROM login_sessions WHERE expires_at <= $1",
        args![now],
    )
    .await?;
    Ok(id)
}

/// The stay that a cookie belongs to, if it has not ended.
pub async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<LoginSession>> {
    let now = tx.now();
    let row = tx
        .row(
            format!(
                "SELECT {COLUMNS} FROM login_sessions WHERE token_hash = $1 AND expires_at > $2"
            ),
            args![token_hash, now],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Notes that a stay goes on. Called at most once a minute, so that reading costs no write.
pub async fn seen(tx: &mut Tx, session: &LoginSession) -> Result<()> {
    let now = tx.now();
    let ends = (now + IDLE).min(session.created_at + LONGEST);
    tx.execute(
        "UPDATE login_sessions SET last_seen_at = $2, expires_at = $3 WHERE id = $1",
        args![session.id, now, ends],
    )
    .await?;
    Ok(())
}

/// A person's stays, newest first.
pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<LoginSession>> {
    let now = tx.now();
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM login_sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC LIMIT 200"),
            args![user, now],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Ends a stay of this person; `false` when there is none.
pub async fn end(tx: &mut Tx, user: UserId, id: LoginSessionId) -> Result<bool> {
    Ok(tx
        .execute(
            "DELETE FROM login_sessions WHERE id = $1 AND user_id = $2",
            args![id, user],
        )
        .await?
        > 0)
}

/// Ends all stays of this person but one: after a change of password.
pub async fn end_others(tx: &mut Tx, user: UserId, keep: Option<LoginSessionId>) -> Result<()> {
    let keep = keep.map_or([0; 16], |id| id.0).to_vec();
    tx.execute(
        "DELETE FROM login_sessions WHERE user_id = $1 AND id <> $2",
        args![user, keep],
    )
    .await?;
    Ok(())
}
