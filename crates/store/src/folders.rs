//! Folders upstream, which are Mailboxes in JMAP: one row is both.
//!
//! A folder's id is made once and stays over a renaming. Its position (`uidvalidity`, `uidnext`) moves only
//! after the mail before it has been stored. A folder that is gone upstream keeps its row, marked, so that
//! its id does not come back with another meaning.

use crate::args;
use crate::changes::{self, Change, Kind};
use crate::db::Row;
use crate::error::Result;
use crate::id::{AccountId, FolderId};
use crate::tx::Tx;
use crate::world::Millis;

/// A folder as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Last part of the name, decoded.
    pub name: String,
    /// The whole name, decoded.
    pub path: String,
    /// The whole name as it stands on the wire.
    pub wire_name: Vec<u8>,
    /// Between the parts of a name; may be empty.
    pub delimiter: String,
    /// JMAP role: inbox, sent, drafts, trash, junk, archive, all.
    pub role: Option<String>,
    /// Whether it can hold mail.
    pub selectable: bool,
}

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Also the JMAP Mailbox id.
    pub id: FolderId,
    /// As listed.
    pub listed: Listed,
    /// The folder above.
    pub parent_id: Option<FolderId>,
    /// Order in lists.
    pub sort_order: i64,
    /// Whether people want to see it.
    pub subscribed: bool,
    /// UIDVALIDITY (RFC 9051, 2.3.1.1) of the position.
    pub uidvalidity: Option<i64>,
    /// The first UID that has not been pulled.
    pub uidnext: Option<i64>,
    /// HIGHESTMODSEQ of the position, where offered.
    pub highestmodseq: Option<i64>,
    /// How many messages the server has in it.
    pub messages_there: Option<i64>,
    /// When it was last pulled.
    pub pulled_at: Option<Millis>,
}

/// What a Mailbox counts (RFC 8621, 2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Emails in it.
    pub total_emails: i64,
    /// Of them without `$seen` and `$draft`.
    pub unread_emails: i64,
    /// Threads with an email in it.
    pub total_threads: i64,
    /// Of them with an unread email in it.
    pub unread_threads: i64,
}

const COLUMNS: &str = "id, name, path, wire_name, delimiter, role, selectable, parent_id, sort_order, subscribed, \
                       uidvalidity, uidnext, highestmodseq, messages_there, pulled_at";

fn read(row: &Row) -> Result<Folder> {
    Ok(Folder {
        id: row.get(0)?,
        listed: Listed {
            name: row.get(1)?,
            path: row.get(2)?,
            wire_name: row.get(3)?,
            delimiter: row.get(4)?,
            role: row.get(5)?,
            selectable: row.get(6)?,
        },
        parent_id: row.get(7)?,
        sort_order: row.get(8)?,
        subscribed: row.get(9)?,
        uidvalidity: row.get(10)?,
        uidnext: row.get(11)?,
        highestmodseq: row.get(12)?,
        messages_there: row.get(13)?,
        pulled_at: row.get(14)?,
    })
}

/// The account's folders that exist upstream, in the order of lists.
pub async fn list(tx: &mut Tx, account: AccountId) -> Result<Vec<Folder>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM folders WHERE account_id = $1 AND gone = 0 ORDER BY sort_order, path"),
            args![account],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Looks a folder up.
pub async fn find(tx: &mut Tx, account: AccountId, id: FolderId) -> Result<Option<Folder>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM folders WHERE account_id = $1 AND id = $2 AND gone = 0"),
            args![account, id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// The folder that has a role.
pub async fn by_role(tx: &mut Tx, account: AccountId, role: &str) -> Result<Option<Folder>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM folders WHERE account_id = $1 AND role = $2 AND gone = 0 ORDER BY path LIMIT 1"),
            args![account, role],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Emails and threads of every folder, counted in this snapshot.
pub async fn counts(tx: &mut Tx, account: AccountId) -> Result<Vec<(FolderId, Counts)>> {
    let unread = "e.keywords NOT LIKE '% $seen %' AND e.keywords NOT LIKE '% $draft %'";
    let rows = tx
        .rows(
            format!(
                "SELECT f.folder_id, COUNT(*), COUNT(CASE WHEN {unread} THEN 1 END), COUNT(DISTINCT e.thread_id), \
                 COUNT(DISTINCT CASE WHEN {unread} THEN e.thread_id END) \
                 FROM email_folders f JOIN emails e ON e.account_id = f.account_id AND e.id = f.email_id \
                 WHERE f.account_id = $1 GROUP BY f.folder_id"
            ),
            args![account],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let counts = Counts {
                total_emails: row.get(1)?,
                unread_emails: row.get(2)?,
                total_threads: row.get(3)?,
                unread_threads: row.get(4)?,
            };
            Ok((row.get(0)?, counts))
        })
        .collect()
}

/// Longer names on the wire are left out: an index of PostgreSQL holds no longer ones.
const MAX_NAME: usize = 2000;

fn sort_order(role: Option<&str>) -> i64 {
    match role {
        Some("inbox") => 1,
        Some("drafts") => 2,
        Some("sent") => 3,
        Some("archive") => 4,
        Some("junk") => 5,
        Some("trash") => 6,
        Some("all") => 7,
        _ => 10,
    }
}

/// Takes over the server's list: new folders get ids, known ones keep theirs, missing ones are marked gone.
pub async fn take_over(tx: &mut Tx, account: AccountId, listed: &[Listed]) -> Result<()> {
    changes::hold(tx, account).await?;
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS}, gone FROM folders WHERE account_id = $1"),
            args![account],
        )
        .await?;
    let mut known = Vec::new();
    for row in &rows {
        known.push((read(row)?, row.get::<bool>(15)?));
    }
    let mut by_path = std::collections::HashMap::new();
    let mut taken = Vec::new();
    let mut names = std::collections::HashSet::new();
    for folder in listed {
        // Listed twice, or with a name that no index holds: odd servers do that.
        if folder.wire_name.len() > MAX_NAME || !names.insert(&folder.wire_name) {
            continue;
        }
        let mut folder = folder.clone();
        for text in [&mut folder.name, &mut folder.path, &mut folder.delimiter] {
            // As the database keeps it, or the same list would look changed each time.
            *text = text.replace('\0', "\u{fffd}");
        }
        let found = known
            .iter()
            .find(|(old, _)| old.listed.wire_name == folder.wire_name);
        let id = found.map_or_else(|| FolderId(tx.world().id()), |(old, _)| old.id);
        by_path.entry(folder.path.clone()).or_insert(id);
        taken.push((id, folder));
    }
    for (id, folder) in &taken {
        let id = *id;
        let parent = folder
            .path
            .rsplit_once(folder.delimiter.as_str())
            .filter(|_| !folder.delimiter.is_empty());
        let parent_id = parent.and_then(|(above, _)| by_path.get(above)).copied();
        let order = sort_order(folder.role.as_deref());
        match known.iter().find(|(old, _)| old.id == id) {
            Some((old, false)) if old.listed == *folder && old.parent_id == parent_id => {}
            Some((_, gone)) => {
                tx.execute(
                    "UPDATE folders SET name = $3, path = $4, delimiter = $5, role = $6, selectable = $7, parent_id = $8, \
                     sort_order = $9, gone = 0 WHERE account_id = $1 AND id = $2",
                    args![
                        account, id, &folder.name, &folder.path, &folder.delimiter, folder.role.clone(), folder.selectable,
                        parent_id, order
                    ],
                )
                .await?;
                let change = if *gone {
                    Change::Created
                } else {
                    Change::Updated
                };
                changes::record(tx, account, Kind::Mailbox, id.0, change).await?;
            }
            None => {
                tx.execute(
                    "INSERT INTO folders (account_id, id, name, path, wire_name, delimiter, role, selectable, parent_id, sort_order) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    args![
                        account, id, &folder.name, &folder.path, folder.wire_name.clone(), &folder.delimiter,
                        folder.role.clone(), folder.selectable, parent_id, order
                    ],
                )
                .await?;
                changes::record(tx, account, Kind::Mailbox, id.0, Change::Created).await?;
            }
        }
    }
    for (old, gone) in &known {
        if !gone && !taken.iter().any(|(id, _)| *id == old.id) {
            tx.execute(
                "UPDATE folders SET gone = 1, role = NULL WHERE account_id = $1 AND id = $2",
                args![account, old.id],
            )
            .await?;
            changes::record(tx, account, Kind::Mailbox, old.id.0, Change::Destroyed).await?;
        }
    }
    Ok(())
}

/// Moves a folder's position, after what lies before it has been stored.
pub async fn set_position(
    tx: &mut Tx,
    account: AccountId,
    id: FolderId,
    uidvalidity: i64,
    uidnext: i64,
    highestmodseq: Option<i64>,
    messages_there: Option<i64>,
) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE folders SET uidvalidity = $3, uidnext = $4, highestmodseq = $5, messages_there = $6, pulled_at = $7 \
         WHERE account_id = $1 AND id = $2",
        args![account, id, uidvalidity, uidnext, highestmodseq, messages_there, now],
    )
    .await?;
    Ok(())
}

/// Forgets a folder's position, so that the next pull looks at all of it again.
pub async fn forget_position(tx: &mut Tx, account: AccountId, id: FolderId) -> Result<()> {
    tx.execute(
        "UPDATE folders SET uidnext = NULL, pulled_at = NULL WHERE account_id = $1 AND id = $2",
        args![account, id],
    )
    .await?;
    Ok(())
}
