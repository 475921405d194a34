//! Accounts that were brought in by a list and wait for their person's consent (未認証, G-112).
//!
//! A row goes away by itself when the account is connected; it never holds a password.

use crate::announcements::Announcement;
use crate::args;
use crate::db::Row;
use crate::error::Result;
use crate::id::{CredentialId, PendingAccountId, UserId};
use crate::tx::Tx;
use crate::world::Millis;

/// What a list says of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPending {
    /// Who will authorise it.
    pub user_id: UserId,
    /// By which OAuth app.
    pub credential_id: CredentialId,
    /// アカウントID of the system it comes from; empty where there is none.
    pub key: String,
    /// アカウント名.
    pub name: String,
    /// Who signs in at the provider.
    pub address: String,
    /// Which mailbox; the same unless shared.
    pub mailbox_address: String,
    /// 備考.
    pub note: String,
}

/// An account that waits.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Names the row.
    pub id: PendingAccountId,
    /// What was brought in.
    pub of: NewPending,
    /// When.
    pub created_at: Millis,
}

const COLUMNS: &str = "p.id, p.user_id, p.credential_id, p.key, p.name, p.address, p.mailbox_address, p.note, p.created_at";

fn read(row: &Row) -> Result<Pending> {
    Ok(Pending {
        id: row.get(0)?,
        of: NewPending {
            user_id: row.get(1)?,
            credential_id: row.get(2)?,
            key: row.get(3)?,
            name: row.get(4)?,
            address: row.get(5)?,
            mailbox_address: row.get(6)?,
            note: row.get(7)?,
        },
        created_at: row.get(8)?,
    })
}

/// Keeps an account to come, or replaces what was known of the same mailbox of the same person.
pub async fn put(tx: &mut Tx, new: &NewPending) -> Result<()> {
    let id = PendingAccountId(tx.world().id());
    let now = tx.now();
    tx.execute(
        "INSERT INTO pending_accounts (id, user_id, credential_id, key, name, address, mailbox_address, note, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_id, mailbox_address) DO UPDATE SET \
         credential_id = excluded.credential_id, key = excluded.key, name = excluded.name, address = excluded.address, \
         note = excluded.note",
        args![
            id, new.user_id, new.credential_id, &new.key, &new.name, &new.address, &new.mailbox_address, &new.note, now
        ],
    )
    .await?;
    tx.announce(Announcement::Accounts);
    Ok(())
}

/// All that wait, or those of one person.
pub async fn list(tx: &mut Tx, user: Option<UserId>) -> Result<Vec<Pending>> {
    let rows = match user {
        Some(user) => {
            tx.rows(
                format!("SELECT {COLUMNS} FROM pending_accounts p WHERE p.user_id = $1 ORDER BY p.mailbox_address"),
                args![user],
            )
            .await?
        }
        None => {
            tx.rows(
                format!("SELECT {COLUMNS} FROM pending_accounts p ORDER BY p.mailbox_address, p.id"),
                args![],
            )
            .await?
        }
    };
    rows.iter().map(read).collect()
}

/// Looks one up.
pub async fn find(tx: &mut Tx, id: PendingAccountId) -> Result<Option<Pending>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM pending_accounts p WHERE p.id = $1"),
            args![id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Takes one away.
pub async fn remove(tx: &mut Tx, id: PendingAccountId) -> Result<()> {
    tx.execute("DELETE FROM pending_accounts WHERE id = $1", args![id])
        .await?;
    tx.announce(Announcement::Accounts);
    Ok(())
}

/// The mailbox is connected: nobody has to wait for it any more. Answers the name that it was to have.
pub(crate) async fn fulfilled(
    tx: &mut Tx,
    user: UserId,
    addresses: [&str; 2],
) -> Result<Option<String>> {
    let rows = tx
        .rows(
            "DELETE FROM pending_accounts WHERE user_id = $1 AND LOWER(mailbox_address) IN (LOWER($2), LOWER($3)) RETURNING name",
            args![user, addresses[0], addresses[1]],
        )
        .await?;
    let names: Result<Vec<String>> = rows.iter().map(|row| row.get(0)).collect();
    Ok(names?.into_iter().find(|name| !name.is_empty()))
}
