//! One-time links: to set the first password, or a new one. Only the hash of the link's token is kept;
//! a link that was used is gone, and a new one for the same person replaces the old.

use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{InvitationId, UserId};
use crate::tx::Tx;
use crate::world::Millis;

/// A link is good for a week.
pub const LIFE: Millis = 7 * 24 * 3600 * 1000;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A new person sets the first password.
    Invite,
    /// A known person sets a new one.
    Reset,
}

impl Kind {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Invite => "invite",
            Kind::Reset => "reset",
        }
    }
}

/// An open link.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Names the row.
    pub id: InvitationId,
    /// For whom.
    pub user_id: UserId,
    /// What for.
    pub kind: Kind,
    /// When it was made.
    pub created_at: Millis,
    /// Until when it works.
    pub expires_at: Millis,
}

const COLUMNS: &str = "id, user_id, kind, created_at, expires_at";

fn read(row: &Row) -> Result<Invitation> {
    let kind = match row.get::<String>(2)?.as_str() {
        "invite" => Kind::Invite,
        "reset" => Kind::Reset,
        _ => {
            return Err(Error::Row {
                column: "invitations.kind".into(),
            });
        }
    };
    Ok(Invitation {
        id: row.get(0)?,
        user_id: row.get(1)?,
        kind,
        created_at: row.get(3)?,
        expires_at: row.get(4)?,
    })
}

/// Makes a link for a person; an older one stops working.
pub async fn add(tx: &mut Tx, user: UserId, kind: Kind, token_hash: &[u8]) -> Result<Invitation> {
    tx.execute("DELETE FROM invitations WHERE user_id = $1", args![user])
        .await?;
    let id = InvitationId(tx.world().id());
    let now = tx.now();
    tx.execute(
        "INSERT INTO invitations (id, user_id, kind, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![id, user, kind.word(), token_hash, now, now + LIFE],
    )
    .await?;
    Ok(Invitation {
        id,
        user_id: user,
        kind,
        created_at: now,
        expires_at: now + LIFE,
    })
}

/// The link that a token belongs to, if it still works.
pub async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Invitation>> {
    let now = tx.now();
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM invitations WHERE token_hash = $1 AND expires_at > $2"),
            args![token_hash, now],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Uses a link up; `false` when somebody was quicker.
pub async fn redeem(tx: &mut Tx, id: InvitationId) -> Result<bool> {
    Ok(tx
        .execute("DELETE FROM invitations WHERE id = $1", args![id])
        .await?
        > 0)
}

/// All open links, newest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Invitation>> {
    let now = tx.now();
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM invitations WHERE expires_at > $1 ORDER BY created_at DESC LIMIT 5000"),
            args![now],
        )
        .await?;
    rows.iter().map(read).collect()
}
