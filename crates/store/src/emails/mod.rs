//! Emails: one row a message, whatever number of copies it has upstream.
//!
//!     pull -> blob durable -> add (one transaction: row, thread, mailbox, copy, search, change)
//!     a person's action -> keywords::set (visible change + intent)
//!     the server's news -> keywords::observed, copies gone -> remove
//!
//! What always holds: an email is in at least one folder, has a thread, and its blob may be read by its
//! account; `tegata check` looks for every exception.

mod add;
pub mod copies;
pub mod keywords;
pub mod query;
mod remove;

pub use add::{Added, NewEmail, Place, add};
pub use remove::{copy_gone, empty_gone_folders, folder_gone, move_local, not_found_again, remove};

use wire::mime::Message;

use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{AccountId, BlobId, EmailId, FolderId, ThreadId};
use crate::tx::Tx;
use crate::world::Millis;

/// An email.
#[derive(Debug, Clone)]
pub struct Email {
    /// Stays over moves and renumbering upstream.
    pub id: EmailId,
    /// Its conversation.
    pub thread_id: ThreadId,
    /// Its raw bytes.
    pub blob_id: BlobId,
    /// Their number.
    pub size: i64,
    /// INTERNALDATE upstream.
    pub received_at: Millis,
    /// What its header says.
    pub message: Message,
    /// `$seen`, `$flagged`, …
    pub keywords: Vec<String>,
    /// Where it is.
    pub folders: Vec<FolderId>,
    /// What is odd about it, if it could not be read as a mail.
    pub odd: Option<String>,
}

const COLUMNS: &str = "id, thread_id, blob_id, size, received_at, message, keywords, odd";

fn read(row: &Row) -> Result<Email> {
    Ok(Email {
        id: row.get(0)?,
        thread_id: row.get(1)?,
        blob_id: row.get(2)?,
        size: row.get(3)?,
        received_at: row.get(4)?,
        message: serde_json::from_str(&row.get::<String>(5)?).map_err(|_| Error::Row {
            column: "emails.message".into(),
        })?,
        keywords: keywords::from_column(&row.get::<String>(6)?),
        folders: Vec::new(),
        odd: row.get(7)?,
    })
}

/// Looks an email up, with its folders.
pub async fn find(tx: &mut Tx, account: AccountId, id: EmailId) -> Result<Option<Email>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM emails WHERE account_id = $1 AND id = $2"),
            args![account, id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut email = read(&row)?;
    email.folders = folders_of(tx, account, id).await?;
    Ok(Some(email))
}

/// Looks many emails up at once, with their folders; in no order, without those that do not exist.
pub async fn find_many(tx: &mut Tx, account: AccountId, ids: &[EmailId]) -> Result<Vec<Email>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(500) {
        let mut values = vec![crate::db::Value::from(account)];
        values.extend(some.iter().map(crate::db::Value::from));
        let places: Vec<String> = (2..=values.len())
            .map(|place| format!("${place}"))
            .collect();
        let places = places.join(", ");
        let rows = tx
            .rows(
                format!("SELECT {COLUMNS} FROM emails WHERE account_id = $1 AND id IN ({places})"),
                &values,
            )
            .await?;
        let mut emails = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        let rows = tx
            .rows(
                format!("SELECT email_id, folder_id FROM email_folders WHERE account_id = $1 AND email_id IN ({places}) ORDER BY folder_id"),
                &values,
            )
            .await?;
        let mut folders: std::collections::HashMap<EmailId, Vec<FolderId>> =
            std::collections::HashMap::new();
        for row in rows {
            folders.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        for email in &mut emails {
            email.folders = folders.remove(&email.id).unwrap_or_default();
        }
        found.append(&mut emails);
    }
    Ok(found)
}

/// Whether an email has a place upstream.
pub async fn is_upstream(tx: &mut Tx, account: AccountId, id: EmailId) -> Result<bool> {
    let copies = tx
        .number(
            "SELECT COUNT(*) FROM copies WHERE account_id = $1 AND email_id = $2",
            args![account, id],
        )
        .await?;
    Ok(copies > 0)
}

/// The folders an email is in.
pub async fn folders_of(tx: &mut Tx, account: AccountId, id: EmailId) -> Result<Vec<FolderId>> {
    let rows = tx
        .rows(
            "SELECT folder_id FROM email_folders WHERE account_id = $1 AND email_id = $2 ORDER BY folder_id",
            args![account, id],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The newest email with this Message-ID (without angle brackets).
pub async fn by_message_id(
    tx: &mut Tx,
    account: AccountId,
    message_id: &str,
) -> Result<Option<EmailId>> {
    let row = tx
        .row(
            "SELECT id FROM emails WHERE account_id = $1 AND message_id = $2 ORDER BY seq DESC LIMIT 1",
            args![account, crate::threads::cut(message_id)],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// The email that Gmail knows by this X-GM-MSGID.
pub async fn by_gm_msgid(
    tx: &mut Tx,
    account: AccountId,
    gm_msgid: u64,
) -> Result<Option<EmailId>> {
    let row = tx
        .row(
            "SELECT id FROM emails WHERE account_id = $1 AND gm_msgid = $2",
            args![account, gm_msgid.to_string()],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}
