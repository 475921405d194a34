//! An email's places upstream, and the folders it is in because of them.

use super::Place;
use crate::args;
use crate::changes::{self, Change, Kind};
use crate::error::Result;
use crate::id::{AccountId, EmailId, FolderId};
use crate::tx::Tx;

/// The email at a place.
pub async fn at(tx: &mut Tx, account: AccountId, place: Place) -> Result<Option<EmailId>> {
    let row = tx
        .row(
            "SELECT email_id FROM copies WHERE account_id = $1 AND folder_id = $2 AND uidvalidity = $3 AND uid = $4",
            args![account, place.folder, place.uidvalidity, place.uid],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// All places of an email, with what they are called on the wire.
pub async fn of_email(
    tx: &mut Tx,
    account: AccountId,
    email: EmailId,
) -> Result<Vec<(Place, Vec<u8>)>> {
    let rows = tx
        .rows(
            "SELECT c.folder_id, c.uidvalidity, c.uid, f.wire_name FROM copies c \
             JOIN folders f ON f.account_id = c.account_id AND f.id = c.folder_id \
             WHERE c.account_id = $1 AND c.email_id = $2 AND c.uidvalidity = f.uidvalidity AND f.gone = 0 ORDER BY f.sort_order",
            args![account, email],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                Place {
                    folder: row.get(0)?,
                    uidvalidity: row.get(1)?,
                    uid: row.get(2)?,
                },
                row.get(3)?,
            ))
        })
        .collect()
}

/// The UIDs that are known of a folder, with the email and the flags last seen there.
pub async fn of_folder(
    tx: &mut Tx,
    account: AccountId,
    folder: FolderId,
    uidvalidity: i64,
) -> Result<Vec<(i64, EmailId, String)>> {
    let rows = tx
        .rows(
            "SELECT uid, email_id, flags FROM copies WHERE account_id = $1 AND folder_id = $2 AND uidvalidity = $3 ORDER BY uid",
            args![account, folder, uidvalidity],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect()
}

/// Files a copy; the email is in that folder from now on.
pub async fn add(
    tx: &mut Tx,
    account: AccountId,
    email: EmailId,
    place: Place,
    keywords: &[String],
) -> Result<()> {
    tx.execute(
        "INSERT INTO copies (account_id, folder_id, uidvalidity, uid, email_id, flags) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (account_id, folder_id, uidvalidity, uid) DO NOTHING",
        args![account, place.folder, place.uidvalidity, place.uid, email, super::keywords::to_column(keywords)],
    )
    .await?;
    let seq = tx
        .number(
            "SELECT seq FROM emails WHERE account_id = $1 AND id = $2",
            args![account, email],
        )
        .await?;
    put_into(tx, account, email, seq, place.folder).await
}

/// Puts an email into a folder.
pub async fn put_into(
    tx: &mut Tx,
    account: AccountId,
    email: EmailId,
    seq: i64,
    folder: FolderId,
) -> Result<()> {
    let touched = tx
        .execute(
            "INSERT INTO email_folders (account_id, folder_id, email_id, seq) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account_id, folder_id, email_id) DO NOTHING",
            args![account, folder, email, seq],
        )
        .await?;
    if touched > 0 {
        changes::record(tx, account, Kind::Email, email.0, Change::Updated).await?;
        changes::record(tx, account, Kind::Mailbox, folder.0, Change::Updated).await?;
    }
    Ok(())
}

/// The flags last seen at a place, as the column holds them.
pub async fn flags(tx: &mut Tx, account: AccountId, place: Place) -> Result<String> {
    let row = tx
        .row(
            "SELECT flags FROM copies WHERE account_id = $1 AND folder_id = $2 AND uidvalidity = $3 AND uid = $4",
            args![account, place.folder, place.uidvalidity, place.uid],
        )
        .await?;
    row.map_or(Ok(String::from(" ")), |row| row.get(0))
}
