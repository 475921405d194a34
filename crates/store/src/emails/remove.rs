//! Emails that go: a copy vanished upstream, a draft was thrown away here.

use super::Place;
use crate::args;
use crate::changes::{self, Change, Kind};
use crate::error::Result;
use crate::id::{AccountId, EmailId, FolderId, ThreadId};
use crate::tx::Tx;
use crate::{emails, search, threads};

/// A copy is gone upstream. The email leaves that folder, and goes altogether with its last folder.
pub async fn copy_gone(tx: &mut Tx, account: AccountId, place: Place) -> Result<()> {
    changes::hold(tx, account).await?;
    let Some(email) = emails::copies::at(tx, account, place).await? else {
        return Ok(());
    };
    tx.execute(
        "DELETE FROM copies WHERE account_id = $1 AND folder_id = $2 AND uidvalidity = $3 AND uid = $4",
        args![account, place.folder, place.uidvalidity, place.uid],
    )
    .await?;
    let others = tx
        .number(
            "SELECT COUNT(*) FROM copies WHERE account_id = $1 AND folder_id = $2 AND email_id = $3",
            args![account, place.folder, email],
        )
        .await?;
    if others == 0 {
        leave(tx, account, email, place.folder).await?;
        if emails::folders_of(tx, account, email).await?.is_empty() {
            remove(tx, account, email).await?;
        }
    }
    Ok(())
}

/// A folder's UIDVALIDITY changed or it is gone: its copies are void. Emails that have no other folder are
/// removed only by a later pull that does not find them again, so that their ids survive.
///
/// Answers the emails that had a copy there, for [`not_found_again`].
pub async fn folder_gone(
    tx: &mut Tx,
    account: AccountId,
    folder: FolderId,
) -> Result<Vec<EmailId>> {
    let rows = tx
        .rows(
            "DELETE FROM copies WHERE account_id = $1 AND folder_id = $2 RETURNING email_id",
            args![account, folder],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Takes out of a folder what had a copy there before its UIDVALIDITY changed and has none after the pull.
pub async fn not_found_again(
    tx: &mut Tx,
    account: AccountId,
    folder: FolderId,
    emails: &[EmailId],
) -> Result<()> {
    for email in emails {
        let there = tx
            .number(
                "SELECT COUNT(*) FROM copies WHERE account_id = $1 AND folder_id = $2 AND email_id = $3",
                args![account, folder, *email],
            )
            .await?;
        if there == 0 {
            leave(tx, account, *email, folder).await?;
            if emails::folders_of(tx, account, *email).await?.is_empty() {
                remove(tx, account, *email).await?;
            }
        }
    }
    Ok(())
}

/// Moves an email between folders here, before its copy upstream is known: a draft becomes a sent mail.
pub async fn move_local(
    tx: &mut Tx,
    account: AccountId,
    email: EmailId,
    folders: &[FolderId],
) -> Result<()> {
    changes::hold(tx, account).await?;
    let now = emails::folders_of(tx, account, email).await?;
    let seq = tx
        .number(
            "SELECT seq FROM emails WHERE account_id = $1 AND id = $2",
            args![account, email],
        )
        .await?;
    for folder in folders {
        emails::copies::put_into(tx, account, email, seq, *folder).await?;
    }
    for folder in now.iter().filter(|folder| !folders.contains(folder)) {
        leave(tx, account, email, *folder).await?;
    }
    Ok(())
}

/// Empties folders that are gone upstream. Called after the other folders have been pulled: what was moved or
/// renamed has its new place by then and keeps its id; what has no other place goes.
pub async fn empty_gone_folders(tx: &mut Tx, account: AccountId) -> Result<()> {
    let rows = tx
        .rows(
            "SELECT f.id, m.email_id FROM folders f JOIN email_folders m ON m.account_id = f.account_id AND m.folder_id = f.id \
             WHERE f.account_id = $1 AND f.gone = 1 LIMIT 5000",
            args![account],
        )
        .await?;
    for row in rows {
        let (folder, email): (FolderId, EmailId) = (row.get(0)?, row.get(1)?);
        tx.execute(
            "DELETE FROM copies WHERE account_id = $1 AND folder_id = $2 AND email_id = $3",
            args![account, folder, email],
        )
        .await?;
        leave(tx, account, email, folder).await?;
        if emails::folders_of(tx, account, email).await?.is_empty() {
            remove(tx, account, email).await?;
        }
    }
    Ok(())
}

async fn leave(tx: &mut Tx, account: AccountId, email: EmailId, folder: FolderId) -> Result<()> {
    tx.execute(
        "DELETE FROM email_folders WHERE account_id = $1 AND folder_id = $2 AND email_id = $3",
        args![account, folder, email],
    )
    .await?;
    changes::record(tx, account, Kind::Mailbox, folder.0, Change::Updated).await?;
    changes::record(tx, account, Kind::Email, email.0, Change::Updated).await
}

/// Takes an email away with all that hangs on it. Its blob stays for as long as a submission needs it.
pub async fn remove(tx: &mut Tx, account: AccountId, email: EmailId) -> Result<bool> {
    changes::hold(tx, account).await?;
    let row = tx
        .row(
            "SELECT seq, thread_id FROM emails WHERE account_id = $1 AND id = $2",
            args![account, email],
        )
        .await?;
    let Some(row) = row else { return Ok(false) };
    let (seq, thread): (i64, ThreadId) = (row.get(0)?, row.get(1)?);
    for folder in emails::folders_of(tx, account, email).await? {
        leave(tx, account, email, folder).await?;
    }
    tx.execute(
        "DELETE FROM copies WHERE account_id = $1 AND email_id = $2",
        args![account, email],
    )
    .await?;
    search::forget(tx, seq).await?;
    tx.execute(
        "DELETE FROM emails WHERE account_id = $1 AND id = $2",
        args![account, email],
    )
    .await?;
    changes::record(tx, account, Kind::Email, email.0, Change::Destroyed).await?;
    threads::email_left(tx, account, thread).await?;
    Ok(true)
}
