//! A new email: everything it needs in one transaction.
//!
//! A copy that arrives is matched before a row is made: by Gmail's id, else by Message-ID against an email
//! that has no copy yet (sent from here, its copy in Sent turns up) or that has the same bytes (the same
//! mail in a second folder).

use wire::mime::Message;

use crate::args;
use crate::changes::{self, Change, Kind};
use crate::error::Result;
use crate::id::{AccountId, BlobId, EmailId, FolderId, ThreadId};
use crate::search;
use crate::threads::{self, Clues};
use crate::tx::Tx;
use crate::world::Millis;
use crate::{blobs, emails};

/// A place upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which folder.
    pub folder: FolderId,
    /// Its UIDVALIDITY.
    pub uidvalidity: i64,
    /// The message's UID there.
    pub uid: i64,
}

/// What is known of a new email.
pub struct NewEmail {
    /// Kept by `Blobs::put`.
    pub blob_id: BlobId,
    /// Octets of the raw mail.
    pub size: usize,
    /// INTERNALDATE, or now for what is written here.
    pub received_at: Millis,
    /// As `wire::mime::read` understood it.
    pub message: Message,
    /// Words to be found by.
    pub search_text: String,
    /// JMAP keywords.
    pub keywords: Vec<String>,
    /// Gmail's id of the message.
    pub gm_msgid: Option<u64>,
    /// Gmail's id of the thread.
    pub gm_thrid: Option<u64>,
    /// Local folders, for what has no place upstream yet.
    pub folders: Vec<FolderId>,
    /// What is odd about it.
    pub odd: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// The email.
    pub id: EmailId,
    /// Its conversation.
    pub thread_id: ThreadId,
    /// Whether a row was made, or a known email got another copy.
    pub is_new: bool,
}

/// Adds an email, or another copy of a known one.
pub async fn add(
    tx: &mut Tx,
    account: AccountId,
    new: &NewEmail,
    place: Option<Place>,
) -> Result<Added> {
    changes::hold(tx, account).await?;
    if let Some(place) = place {
        if let Some(id) = emails::copies::at(tx, account, place).await? {
            return known(tx, account, id).await;
        }
        if let Some(id) = same_email(tx, account, new, place).await? {
            emails::copies::add(tx, account, id, place, &new.keywords).await?;
            return known(tx, account, id).await;
        }
    }
    let id = EmailId(tx.world().id());
    let headers = &new.message.headers;
    let message_id = headers.message_id.first().map(String::as_str);
    let references = headers
        .references
        .iter()
        .chain(&headers.in_reply_to)
        .map(String::as_str)
        .collect();
    let clues = Clues {
        gm_thrid: new.gm_thrid,
        message_id,
        references,
    };
    let thread_id = threads::of_new_email(tx, account, &clues).await?;
    let seq = free_seq(tx, new.received_at).await?;
    blobs::allow(tx, account, new.blob_id, new.size, "message/rfc822").await?;
    let message = serde_json::to_string(&new.message).unwrap_or_else(|_| "{}".into());
    tx.execute(
        "INSERT INTO emails (account_id, id, seq, thread_id, blob_id, size, received_at, sent_at, message_id, gm_msgid, subject, \
         from_text, to_text, preview, has_attachment, keywords, message, odd) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        args![
            account, id, seq, thread_id, new.blob_id, new.size as i64, new.received_at,
            headers.date.map(|date| date.unix.saturating_mul(1000)),
            message_id.map(threads::cut), new.gm_msgid.map(|id| id.to_string()), subject_text(headers.subject.as_deref().unwrap_or_default()),
            address_text(&headers.from), address_text(&headers.to), &new.message.preview, new.message.has_attachment,
            emails::keywords::to_column(&new.keywords), message, new.odd.clone()
        ],
    )
    .await?;
    search::index(tx, account, seq, &new.message, &new.search_text).await?;
    for folder in &new.folders {
        emails::copies::put_into(tx, account, id, seq, *folder).await?;
    }
    if let Some(place) = place {
        emails::copies::add(tx, account, id, place, &new.keywords).await?;
    }
    changes::record(tx, account, Kind::Email, id.0, Change::Created).await?;
    Ok(Added {
        id,
        thread_id,
        is_new: true,
    })
}

async fn known(tx: &mut Tx, account: AccountId, id: EmailId) -> Result<Added> {
    let row = tx
        .row(
            "SELECT thread_id FROM emails WHERE account_id = $1 AND id = $2",
            args![account, id],
        )
        .await?;
    let thread_id = row
        .map(|row| row.get(0))
        .transpose()?
        .unwrap_or(ThreadId([0; 16]));
    Ok(Added {
        id,
        thread_id,
        is_new: false,
    })
}

async fn same_email(
    tx: &mut Tx,
    account: AccountId,
    new: &NewEmail,
    place: Place,
) -> Result<Option<EmailId>> {
    if let Some(gm_msgid) = new.gm_msgid
        && let Some(id) = emails::by_gm_msgid(tx, account, gm_msgid).await?
    {
        return Ok(Some(id));
    }
    // The bytes of a sent mail's copy may differ (Exchange rebuilds it), so for that the id alone decides, in
    // the folder where the email waits for its copy: a mail elsewhere that borrows the id is another mail.
    // Gmail has one message for all its folders.
    let waits = "NOT EXISTS (SELECT 1 FROM copies c WHERE c.account_id = e.account_id AND c.email_id = e.id)";
    let row = match new.message.headers.message_id.first() {
        Some(message_id) => {
            tx.row(
                format!(
                    "SELECT e.id, e.gm_msgid, e.thread_id FROM emails e WHERE e.account_id = $1 AND e.message_id = $2 \
                     AND (e.blob_id = $3 OR ({waits} AND ($5 = 1 OR EXISTS (SELECT 1 FROM email_folders f \
                     WHERE f.account_id = e.account_id AND f.email_id = e.id AND f.folder_id = $4)))) ORDER BY e.seq LIMIT 1"
                ),
                args![
                    account,
                    threads::cut(message_id),
                    new.blob_id,
                    place.folder,
                    new.gm_msgid.is_some()
                ],
            )
            .await?
        }
        // Without a Message-ID the bytes decide, for an email whose copies a new UIDVALIDITY made void.
        None => {
            tx.row(
                format!(
                    "SELECT e.id, e.gm_msgid, e.thread_id FROM emails e WHERE e.account_id = $1 AND e.blob_id = $2 \
                     AND e.message_id IS NULL AND {waits} ORDER BY e.seq LIMIT 1"
                ),
                args![account, new.blob_id],
            )
            .await?
        }
    };
    let Some(row) = row else { return Ok(None) };
    let id: EmailId = row.get(0)?;
    let known_as: Option<String> = row.get(1)?;
    match (new.gm_msgid, known_as) {
        // Gmail says that they are two.
        (Some(here), Some(there)) if here.to_string() != there => return Ok(None),
        (Some(here), None) => {
            tx.execute(
                "UPDATE emails SET gm_msgid = $3 WHERE account_id = $1 AND id = $2",
                args![account, id, here.to_string()],
            )
            .await?;
            if let Some(gm_thrid) = new.gm_thrid {
                threads::told_by_gmail(tx, account, row.get(2)?, gm_thrid).await?;
            }
        }
        _ => {}
    }
    Ok(Some(id))
}

/// A row number that orders by time received: milliseconds above, 20 bits of chance below.
async fn free_seq(tx: &mut Tx, received_at: Millis) -> Result<i64> {
    let time = received_at.clamp(0, (1 << 42) - 1) << 20;
    loop {
        let low = i64::from(u32::from_le_bytes(tx.world().random()) >> 12);
        let taken = tx
            .number(
                "SELECT COUNT(*) FROM emails WHERE seq = $1",
                args![time | low],
            )
            .await?;
        if taken == 0 {
            return Ok(time | low);
        }
    }
}

/// For sorting: the first address's name, else the address itself.
fn address_text(addresses: &[wire::mime::Address]) -> String {
    addresses.first().map_or_else(String::new, |address| {
        let text = address
            .name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(&address.email);
        text.chars().take(200).collect::<String>().to_lowercase()
    })
}

/// For sorting: the subject without "Re:", "Fwd:" and list labels at its beginning (as RFC 5256, 2.1, wants
/// it, in spirit), in lower case.
fn subject_text(subject: &str) -> String {
    let folded = subject.chars().take(300).collect::<String>().to_lowercase();
    let mut rest = folded.trim();
    loop {
        let label = rest
            .strip_prefix('[')
            .and_then(|inner| inner.split_once(']'))
            .map(|(_, after)| after.trim_start());
        let prefix = ["re:", "fw:", "fwd:", "re：", "fw：", "返信:", "転送:"]
            .iter()
            .find_map(|word| rest.strip_prefix(word));
        match prefix
            .map(str::trim_start)
            .or(label)
            .filter(|left| !left.is_empty())
        {
            Some(left) => rest = left,
            None => return rest.to_owned(),
        }
    }
}
