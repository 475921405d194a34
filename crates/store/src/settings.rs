//! Choices of the administrators that belong to the whole installation.

use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::AccountId;
use crate::tx::Tx;

const SYSTEM_MAILBOX: &str = "system_mailbox";

/// The account that sends notices, where one was chosen and is still there.
pub async fn system_mailbox(tx: &mut Tx) -> Result<Option<AccountId>> {
    let row = tx
        .row(
            "SELECT value FROM meta WHERE key = $1",
            args![SYSTEM_MAILBOX],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Ok(id) = row.get::<String>(0)?.parse::<AccountId>() else {
        return Ok(None);
    };
    let there = tx
        .number("SELECT COUNT(*) FROM accounts WHERE id = $1", args![id])
        .await?;
    Ok((there > 0).then_some(id))
}

/// Chooses the account that sends notices; `None`: none does.
pub async fn set_system_mailbox(tx: &mut Tx, account: Option<AccountId>) -> Result<()> {
    match account {
        Some(id) => {
            tx.execute(
                "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                args![SYSTEM_MAILBOX, id.to_string()],
            )
            .await?;
        }
        None => {
            tx.execute("DELETE FROM meta WHERE key = $1", args![SYSTEM_MAILBOX])
                .await?;
        }
    }
    tx.announce(Announcement::Accounts);
    Ok(())
}
