//! Grants whose end is worth watching, and those that ended: how long they lived tells of the next.

use std::collections::BTreeMap;

use super::{COLUMNS, Grant, read};
use crate::args;
use crate::db::Row;
use crate::error::Result;
use crate::id::{CredentialId, GrantId, UserId};
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::users::{self, User};
use crate::world::Millis;

/// A grant that needed consent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// Which; the same person consents into the same grant again.
    pub grant_id: GrantId,
    /// When.
    pub died_at: Millis,
    /// By which OAuth app.
    pub credential_id: CredentialId,
    /// Microsoft: the tenant.
    pub tenant: String,
    /// Why.
    pub cause: Option<Cause>,
    /// When its consent was given.
    pub consented_at: Millis,
}

fn read_death(row: &Row) -> Result<Death> {
    Ok(Death {
        grant_id: row.get(0)?,
        died_at: row.get(1)?,
        credential_id: row.get(2)?,
        tenant: row.get(3)?,
        cause: Cause::from_column(row.get(4)?),
        consented_at: row.get(5)?,
    })
}

/// Keeps a death; the same one again changes nothing.
pub async fn note_death(tx: &mut Tx, grant: &Grant) -> Result<()> {
    tx.execute(
        "INSERT INTO grant_deaths (grant_id, died_at, credential_id, tenant, cause, consented_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (grant_id, died_at) DO NOTHING",
        args![
            grant.id,
            grant.status_since,
            grant.credential_id,
            &grant.subject.tenant,
            Cause::to_column(grant.cause.as_ref()),
            grant.created_at
        ],
    )
    .await?;
    Ok(())
}

/// Whether this death is kept already.
pub async fn is_death_noted(tx: &mut Tx, grant: &Grant) -> Result<bool> {
    let known = tx
        .number(
            "SELECT COUNT(*) FROM grant_deaths WHERE grant_id = $1 AND died_at = $2",
            args![grant.id, grant.status_since],
        )
        .await?;
    Ok(known > 0)
}

/// The deaths since a time, newest first, at most a thousand.
pub async fn deaths(tx: &mut Tx, since: Millis) -> Result<Vec<Death>> {
    let rows = tx
        .rows(
            "SELECT grant_id, died_at, credential_id, tenant, cause, consented_at FROM grant_deaths WHERE died_at >= $1 \
             ORDER BY died_at DESC LIMIT 1000",
            args![since],
        )
        .await?;
    rows.iter().map(read_death).collect()
}

/// By credential, the latest consent of a grant that still works and has lived longer than `life`: what ended
/// shorter ones is over.
pub async fn outlived(tx: &mut Tx, life: Millis) -> Result<BTreeMap<CredentialId, Millis>> {
    let rows = tx
        .rows(
            "SELECT credential_id, MAX(created_at) FROM grants WHERE status IN ('good', 'refreshing', 'throttled') \
             AND refreshed_at - created_at > $1 GROUP BY credential_id",
            args![life],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

/// The grants in use that ended, will end by themselves as far as is known, or were not refreshed since
/// `idle_since`.
pub async fn to_watch(tx: &mut Tx, idle_since: Millis) -> Result<Vec<Grant>> {
    let rows = tx
        .rows(
            format!(
                "SELECT {COLUMNS} FROM grants WHERE status <> 'revoked' \
                 AND EXISTS (SELECT 1 FROM accounts a WHERE a.grant_id = grants.id) \
                 AND (status = 'needs_consent' OR refresh_ends_at IS NOT NULL OR COALESCE(refreshed_at, created_at) <= $1 \
                 OR EXISTS (SELECT 1 FROM grant_deaths d WHERE d.credential_id = grants.credential_id)) ORDER BY id"
            ),
            args![idle_since],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Who is concerned by a grant: its owner, and whoever reads or manages a mailbox that it opens. Nobody who may
/// not sign in.
pub async fn people_of(tx: &mut Tx, grant: &Grant) -> Result<Vec<User>> {
    let rows = tx
        .rows(
            "SELECT u.id FROM users u WHERE u.status <> 'disabled' AND (u.id = $2 OR EXISTS (SELECT 1 FROM account_members m \
             JOIN accounts a ON a.id = m.account_id WHERE a.grant_id = $1 AND m.user_id = u.id \
             AND (m.may_read = 1 OR m.may_manage = 1))) ORDER BY u.login",
            args![grant.id, grant.user_id],
        )
        .await?;
    let mut people = Vec::new();
    for row in rows {
        let id: UserId = row.get(0)?;
        people.extend(users::find(tx, id).await?);
    }
    Ok(people)
}
