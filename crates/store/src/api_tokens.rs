//! Keys for programs: named, scoped, with an end if wanted. Only the hash of the value is kept.

use serde::{Deserialize, Serialize};

use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{ApiTokenId, UserId};
use crate::tx::Tx;
use crate::world::Millis;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The person's mail, by JMAP.
    Mail,
    /// Fresh access tokens of the person's accounts.
    Token,
    /// All of `/api` that the person may do.
    Admin,
}

/// A key for a program.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// Names the row.
    pub id: ApiTokenId,
    /// Whose rights it has.
    pub user_id: UserId,
    /// What it is for, in the person's words.
    pub name: String,
    /// What it opens.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends by itself.
    pub expires_at: Option<Millis>,
    /// Last use, to the minute.
    pub last_used_at: Option<Millis>,
}

const COLUMNS: &str = "id, user_id, name, scopes, created_at, expires_at, last_used_at";

fn read(row: &Row) -> Result<ApiToken> {
    Ok(ApiToken {
        id: row.get(0)?,
        user_id: row.get(1)?,
        name: row.get(2)?,
        scopes: serde_json::from_str(&row.get::<String>(3)?).map_err(|_| Error::Row {
            column: "api_tokens.scopes".into(),
        })?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_at: row.get(6)?,
    })
}

/// Adds a key.
pub async fn add(
    tx: &mut Tx,
    user: UserId,
    name: &str,
    scopes: &[Scope],
    token_hash: &[u8],
    expires_at: Option<Millis>,
) -> Result<ApiToken> {
    let id = ApiTokenId(tx.world().id());
    let now = tx.now();
    let words = serde_json::to_string(scopes).unwrap_or_else(|_| "[]".into());
    tx.execute(
        "INSERT INTO api_tokens (id, user_id, name, token_hash, scopes, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, user, name, token_hash, words, now, expires_at],
    )
    .await?;
    Ok(ApiToken {
        id,
        user_id: user,
        name: name.to_owned(),
        scopes: scopes.to_vec(),
        created_at: now,
        expires_at,
        last_used_at: None,
    })
}

/// The key that a value belongs to, if it has not ended.
pub async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<ApiToken>> {
    let now = tx.now();
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM api_tokens WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > $2)"),
            args![token_hash, now],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Notes a use. Called at most once a minute.
pub async fn used(tx: &mut Tx, id: ApiTokenId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1",
        args![id, now],
    )
    .await?;
    Ok(())
}

/// A person's keys, newest first; ended ones too, so that one sees why a program stopped.
pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<ApiToken>> {
    let rows = tx
        .rows(format!("SELECT {COLUMNS} FROM api_tokens WHERE user_id = $1 ORDER BY created_at DESC LIMIT 500"), args![user])
        .await?;
    rows.iter().map(read).collect()
}

/// Takes a key back; `false` when there is none.
pub async fn revoke(tx: &mut Tx, user: UserId, id: ApiTokenId) -> Result<bool> {
    Ok(tx
        .execute(
            "DELETE FROM api_tokens WHERE id = $1 AND user_id = $2",
            args![id, user],
        )
        .await?
        > 0)
}
