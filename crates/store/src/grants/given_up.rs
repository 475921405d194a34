//! The end of a grant, by a person's order: given up here, then revoked at the provider and forgotten.

use super::{Status, set_status};
use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::GrantId;
use crate::tx::Tx;

/// Gives a grant up if no account uses it any more: a person disconnected the last one. It is revoked and
/// forgotten by the keeper of grants.
pub async fn give_up_unused(tx: &mut Tx, id: GrantId) -> Result<()> {
    let accounts = tx
        .number(
            "SELECT COUNT(*) FROM accounts WHERE grant_id = $1",
            args![id],
        )
        .await?;
    if accounts == 0 {
        set_status(tx, id, Status::Revoked, None, None).await?;
    }
    Ok(())
}

/// Grants that were given up and that no account uses.
pub async fn given_up(tx: &mut Tx) -> Result<Vec<GrantId>> {
    let rows = tx
        .rows(
            "SELECT g.id FROM grants g WHERE g.status = 'revoked' AND NOT EXISTS \
             (SELECT 1 FROM accounts a WHERE a.grant_id = g.id) LIMIT 20",
            args![],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Takes a grant away that was given up, unless somebody consented again meanwhile.
pub async fn remove_given_up(tx: &mut Tx, id: GrantId) -> Result<()> {
    tx.execute(
        "DELETE FROM grants WHERE id = $1 AND status = 'revoked' AND NOT EXISTS \
         (SELECT 1 FROM accounts a WHERE a.grant_id = $1)",
        args![id],
    )
    .await?;
    tx.announce(Announcement::Accounts);
    Ok(())
}
