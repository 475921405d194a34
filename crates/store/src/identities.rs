//! Names and addresses to send as (RFC 8621, 6). Each account has one, made with it.

use crate::args;
use crate::db::Row;
use crate::error::Result;
use crate::id::{AccountId, IdentityId};
use crate::tx::Tx;

/// A name and address to send as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names the row.
    pub id: IdentityId,
    /// Display name in From; may be empty.
    pub name: String,
    /// Address in From; what the provider lets the person send as.
    pub email: String,
}

fn read(row: &Row) -> Result<Identity> {
    Ok(Identity {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
    })
}

/// All identities of an account.
pub async fn list(tx: &mut Tx, account: AccountId) -> Result<Vec<Identity>> {
    let rows = tx
        .rows(
            "SELECT id, name, email FROM identities WHERE account_id = $1 ORDER BY id",
            args![account],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Looks an identity up.
pub async fn find(tx: &mut Tx, account: AccountId, id: IdentityId) -> Result<Option<Identity>> {
    let row = tx
        .row(
            "SELECT id, name, email FROM identities WHERE account_id = $1 AND id = $2",
            args![account, id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}
