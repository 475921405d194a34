//! What a folder gained, lost and changed since the last look.
//!
//!     SELECT -> the UIDs there -> gone: copies removed
//!                              -> known: flags compared
//!                              -> new: a row each first, bodies only for those not known by another name
//!            -> position moved, after everything before it is stored
//!
//! What always holds: emails commit in batches; a batch that fails is repeated one by one, so that an odd mail
//! stands alone: kept raw, marked, and in nobody's way. What was asked for and not sent is never stored as empty.

use std::collections::{BTreeMap, HashMap};

use provider::Providers;
use store::accounts::{self, Account};
use store::emails::{self, NewEmail, Place};
use store::folders::{self, Folder};
use store::intervals::Side;
use store::{AccountId, EmailId, Millis};
use wire::imap::{Fetch, FetchItem, SearchKey, SequenceSet};

use crate::imap::{Connection, ImapError};
use crate::session::NoSession;

/// The newest so many messages of each folder are brought here.
pub const NEWEST: usize = 500;
/// Messages that are fetched, and committed, together.
const BATCH: usize = 25;

/// What a pull brought.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pulled {
    /// New emails.
    pub added: usize,
    /// Copies that are gone.
    pub gone: usize,
    /// Messages that the server listed and did not send.
    pub not_sent: usize,
}

/// Takes over the server's list of folders.
pub async fn take_over_folders(
    providers: &Providers,
    account: &Account,
    connection: &mut Connection,
) -> Result<Vec<Folder>, NoSession> {
    let entries = connection.list_folders().await?;
    let gmail = connection.capabilities().has("X-GM-EXT-1");
    let listed = crate::folders::keep(&entries, gmail);
    let (id, dialect) = (account.id, if gmail { "labels" } else { "folders" });
    let known_dialect = account.dialect == dialect;
    let folders = providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                folders::take_over(tx, id, &listed).await?;
                if !known_dialect {
                    accounts::set_dialect(tx, id, dialect).await?;
                }
                folders::list(tx, id).await
            })
        })
        .await?;
    Ok(folders)
}

/// Brings one folder up to date. The folder is selected afterwards.
pub async fn pull(
    providers: &Providers,
    account: &Account,
    connection: &mut Connection,
    folder: &Folder,
) -> Result<Pulled, NoSession> {
    let gmail = connection.capabilities().has("X-GM-EXT-1");
    let condstore = connection.capabilities().has("CONDSTORE");
    let name = String::from_utf8_lossy(&folder.listed.wire_name).into_owned();
    let selected = connection.select(&name, condstore).await?;
    let uidvalidity = i64::from(selected.uidvalidity);
    let store = providers.store();
    let (id, folder_id) = (account.id, folder.id);
    if folder.uidvalidity.is_some_and(|known| known != uidvalidity) {
        // The UIDs mean other messages now. The emails stay and are matched again by what they are.
        tracing::info!(account.id = %id, folder.name = %folder.listed.path, "UIDVALIDITY changed; matching again");
        store
            .write(move |tx| Box::pin(async move { emails::folder_gone(tx, id, folder_id).await }))
            .await?;
    }
    let known: BTreeMap<i64, (EmailId, String)> = store
        .read(move |tx| {
            Box::pin(async move { emails::copies::of_folder(tx, id, folder_id, uidvalidity).await })
        })
        .await?
        .into_iter()
        .map(|(uid, email, flags)| (uid, (email, flags)))
        .collect();
    let there: Vec<i64> = if selected.exists == 0 {
        Vec::new()
    } else {
        connection
            .search(&SearchKey::All)
            .await?
            .into_iter()
            .map(i64::from)
            .collect()
    };
    let mut pulled = Pulled {
        gone: remove_gone(providers, id, folder, uidvalidity, &known, &there).await?,
        ..Pulled::default()
    };
    let wanted = wanted(
        &there,
        &known,
        folder
            .uidnext
            .filter(|_| folder.uidvalidity == Some(uidvalidity)),
    );
    let rows = look(connection, &wanted, gmail).await?;
    let mut missing: Vec<(i64, Row)> = Vec::new();
    let mut joined: Vec<(i64, Row)> = Vec::new();
    let mut changed: Vec<(i64, Vec<String>)> = Vec::new();
    let by_gmail = known_by_gmail(providers, id, &rows).await?;
    for (uid, row) in rows {
        match known.get(&uid) {
            Some((_, flags)) => {
                if *flags != emails::keywords::to_column(&row.keywords) {
                    changed.push((uid, row.keywords));
                }
            }
            None if row.gm_msgid.is_some_and(|gm| by_gmail.contains_key(&gm)) => {
                joined.push((uid, row))
            }
            None => missing.push((uid, row)),
        }
    }
    note_known(
        providers,
        id,
        folder,
        uidvalidity,
        changed,
        joined,
        &by_gmail,
    )
    .await?;
    // Newest first: that is what a person wants to see.
    missing.sort_by_key(|(uid, _)| std::cmp::Reverse(*uid));
    for batch in missing.chunks(BATCH) {
        let fetched = fetch_bodies(connection, batch).await?;
        pulled.not_sent += batch.len() - fetched.len();
        pulled.added += keep_batch(providers, account, folder, uidvalidity, batch, fetched).await?;
    }
    let uidnext = there.iter().max().copied().unwrap_or(0) + 1;
    let (modseq, exists) = (
        selected
            .highestmodseq
            .and_then(|value| i64::try_from(value).ok()),
        i64::from(selected.exists),
    );
    let inbox = folder.listed.role.as_deref() == Some("inbox");
    store
        .write(move |tx| {
            Box::pin(async move {
                folders::set_position(
                    tx,
                    id,
                    folder_id,
                    uidvalidity,
                    uidnext,
                    modseq,
                    Some(exists),
                )
                .await?;
                if pulled.added > 0 && inbox {
                    accounts::touched(tx, id, Side::Sync).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(pulled)
}

/// The UIDs to look at: the newest, and everything that came since the last position.
fn wanted(
    there: &[i64],
    known: &BTreeMap<i64, (EmailId, String)>,
    uidnext: Option<i64>,
) -> Vec<u32> {
    let mut sorted: Vec<i64> = there.to_vec();
    sorted.sort_unstable();
    let newest_from = sorted.len().saturating_sub(NEWEST);
    let mut wanted: Vec<u32> = sorted
        .iter()
        .enumerate()
        .filter(|(index, uid)| {
            *index >= newest_from
                || known.contains_key(uid)
                || uidnext.is_some_and(|next| **uid >= next)
        })
        .filter_map(|(_, uid)| u32::try_from(*uid).ok())
        .collect();
    wanted.dedup();
    wanted
}

async fn remove_gone(
    providers: &Providers,
    id: AccountId,
    folder: &Folder,
    uidvalidity: i64,
    known: &BTreeMap<i64, (EmailId, String)>,
    there: &[i64],
) -> Result<usize, NoSession> {
    let there: std::collections::HashSet<i64> = there.iter().copied().collect();
    let gone: Vec<i64> = known
        .keys()
        .filter(|uid| !there.contains(uid))
        .copied()
        .collect();
    let count = gone.len();
    let folder = folder.id;
    for part in gone.chunks(200) {
        let part = part.to_vec();
        providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    for uid in part {
                        emails::copy_gone(
                            tx,
                            id,
                            Place {
                                folder,
                                uidvalidity,
                                uid,
                            },
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await?;
    }
    Ok(count)
}

/// What a first look tells of a message.
#[derive(Debug, Clone)]
struct Row {
    keywords: Vec<String>,
    received_at: Option<Millis>,
    gm_msgid: Option<u64>,
    gm_thrid: Option<u64>,
}

async fn look(
    connection: &mut Connection,
    uids: &[u32],
    gmail: bool,
) -> Result<Vec<(i64, Row)>, ImapError> {
    if uids.is_empty() {
        return Ok(Vec::new());
    }
    let mut items = vec![FetchItem::Uid, FetchItem::Flags, FetchItem::InternalDate];
    if gmail {
        items.extend([FetchItem::GmMsgId, FetchItem::GmThrId, FetchItem::GmLabels]);
    }
    let asked: std::collections::HashSet<u32> = uids.iter().copied().collect();
    let fetched = connection
        .fetch_all(&SequenceSet::of(uids.iter().copied()), &items, None)
        .await?;
    let mut rows: BTreeMap<i64, Row> = BTreeMap::new();
    for row in fetched {
        let fetch = row.fetch;
        // Rows of other messages come too, and so do rows with less than was asked for: those say nothing.
        let Some(uid) = fetch.uid.filter(|uid| asked.contains(uid)) else {
            continue;
        };
        let Some(flags) = &fetch.flags else { continue };
        rows.insert(i64::from(uid), read_row(&fetch, flags));
    }
    Ok(rows.into_iter().collect())
}

fn read_row(fetch: &Fetch, flags: &[String]) -> Row {
    let mut keywords: Vec<String> = flags
        .iter()
        .filter_map(|flag| emails::keywords::of_flag(flag))
        .collect();
    if fetch
        .gm_labels
        .iter()
        .flatten()
        .any(|label| label.eq_ignore_ascii_case("\\Important"))
    {
        keywords.push("$important".to_owned());
    }
    keywords.sort();
    keywords.dedup();
    Row {
        keywords,
        received_at: fetch
            .internal_date
            .map(|date| date.unix_timestamp().saturating_mul(1000)),
        gm_msgid: fetch.gm_msgid,
        gm_thrid: fetch.gm_thrid,
    }
}

async fn known_by_gmail(
    providers: &Providers,
    id: AccountId,
    rows: &[(i64, Row)],
) -> Result<HashMap<u64, EmailId>, NoSession> {
    let wanted: Vec<u64> = rows.iter().filter_map(|(_, row)| row.gm_msgid).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let mut found = HashMap::new();
                for gm in wanted {
                    if let Some(email) = emails::by_gm_msgid(tx, id, gm).await? {
                        found.insert(gm, email);
                    }
                }
                Ok(found)
            })
        })
        .await?;
    Ok(found)
}

/// Flags that changed, and further copies of emails that are known: no body is needed for either.
async fn note_known(
    providers: &Providers,
    id: AccountId,
    folder: &Folder,
    uidvalidity: i64,
    changed: Vec<(i64, Vec<String>)>,
    joined: Vec<(i64, Row)>,
    by_gmail: &HashMap<u64, EmailId>,
) -> Result<(), NoSession> {
    let folder = folder.id;
    let joined: Vec<(i64, EmailId, Vec<String>)> = joined
        .into_iter()
        .filter_map(|(uid, row)| Some((uid, *by_gmail.get(&row.gm_msgid?)?, row.keywords)))
        .collect();
    for part in changed.chunks(200) {
        let part = part.to_vec();
        providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    for (uid, keywords) in part {
                        emails::keywords::observed(
                            tx,
                            id,
                            Place {
                                folder,
                                uidvalidity,
                                uid,
                            },
                            &keywords,
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await?;
    }
    for part in joined.chunks(200) {
        let part = part.to_vec();
        providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    for (uid, email, keywords) in part {
                        emails::copies::add(
                            tx,
                            id,
                            email,
                            Place {
                                folder,
                                uidvalidity,
                                uid,
                            },
                            &keywords,
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await?;
    }
    Ok(())
}

async fn fetch_bodies(
    connection: &mut Connection,
    batch: &[(i64, Row)],
) -> Result<HashMap<i64, Vec<u8>>, ImapError> {
    let uids: Vec<u32> = batch
        .iter()
        .filter_map(|(uid, _)| u32::try_from(*uid).ok())
        .collect();
    let mut bodies = HashMap::new();
    let set = SequenceSet::of(uids.iter().copied());
    let items = [FetchItem::Uid, FetchItem::whole()];
    let mut run = connection.fetch(&set, &items, None);
    while let Some(mut row) = run.next().await? {
        let (uid, body) = (row.fetch.uid, row.take_body(""));
        if let (Some(uid), Some(body)) = (uid, body) {
            let bytes = body.into_bytes().await.map_err(ImapError::Spill)?;
            bodies.insert(i64::from(uid), bytes);
        }
    }
    Ok(bodies)
}

async fn keep_batch(
    providers: &Providers,
    account: &Account,
    folder: &Folder,
    uidvalidity: i64,
    batch: &[(i64, Row)],
    mut bodies: HashMap<i64, Vec<u8>>,
) -> Result<usize, NoSession> {
    let mut ready = Vec::new();
    for (uid, row) in batch {
        let place = Place {
            folder: folder.id,
            uidvalidity,
            uid: *uid,
        };
        let (raw, odd) = match bodies.remove(uid) {
            Some(raw) => (raw, None),
            // Exchange lists messages that it cannot convert. The line goes on; what is known of it is shown.
            None => (
                Vec::new(),
                Some("the server listed this message and did not send it".to_owned()),
            ),
        };
        ready.push((place, prepare(providers, row, raw, odd).await?));
    }
    let (id, count) = (account.id, ready.len());
    let ready = std::sync::Arc::new(ready);
    let all = ready.clone();
    let added = providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let mut added = 0;
                for (place, email) in all.iter() {
                    added += usize::from(emails::add(tx, id, email, Some(*place)).await?.is_new);
                }
                Ok(added)
            })
        })
        .await;
    match added {
        Ok(added) => Ok(added),
        Err(error) if error.is_passing() => Err(error.into()),
        Err(error) => {
            tracing::warn!(account.id = %id, %error, count, "a batch of mail failed; trying one by one");
            let mut added = 0;
            for index in 0..count {
                let one = ready.clone();
                let result = providers
                    .store()
                    .write(move |tx| {
                        Box::pin(async move {
                            let (place, email) = &one[index];
                            emails::add(tx, id, email, Some(*place)).await
                        })
                    })
                    .await;
                match result {
                    Ok(done) => added += usize::from(done.is_new),
                    Err(error) if error.is_passing() => return Err(error.into()),
                    Err(error) => {
                        let (place, email) = &ready[index];
                        keep_raw(providers, id, *place, email, &error.to_string()).await?;
                        added += 1;
                    }
                }
            }
            Ok(added)
        }
    }
}

/// An email that cannot be stored as it is understood: kept with its bytes alone, and marked.
async fn keep_raw(
    providers: &Providers,
    id: AccountId,
    place: Place,
    email: &NewEmail,
    why: &str,
) -> Result<(), NoSession> {
    tracing::warn!(account.id = %id, blob = %email.blob_id, why, "an odd mail is kept raw");
    let bare = NewEmail {
        blob_id: email.blob_id,
        size: email.size,
        received_at: email.received_at,
        message: wire::mime::read(b""),
        search_text: String::new(),
        keywords: email.keywords.clone(),
        gm_msgid: email.gm_msgid,
        gm_thrid: None,
        folders: Vec::new(),
        odd: Some(why.to_owned()),
    };
    providers
        .store()
        .write(move |tx| Box::pin(async move { emails::add(tx, id, &bare, Some(place)).await }))
        .await?;
    Ok(())
}

/// Keeps the bytes and reads the mail, off the async threads.
async fn prepare(
    providers: &Providers,
    row: &Row,
    raw: Vec<u8>,
    odd: Option<String>,
) -> Result<NewEmail, NoSession> {
    let blob_id = providers.store().blobs().put(&raw).await?;
    let size = raw.len();
    let read = tokio::task::spawn_blocking(move || {
        let message = wire::mime::read(&raw);
        let text = wire::mime::search_text(&raw, &message);
        (message, text)
    })
    .await;
    // The reader is bounded and tested against hostile mail; should it fall over all the same, the mail is kept raw.
    let (message, search_text, odd) = match read {
        Ok((message, text)) => (message, text, odd),
        Err(_) => (
            wire::mime::read(b""),
            String::new(),
            Some("this mail could not be read".to_owned()),
        ),
    };
    let received_at = row
        .received_at
        .or_else(|| {
            message
                .headers
                .date
                .map(|date| date.unix.saturating_mul(1000))
        })
        .unwrap_or_else(|| providers.store().now());
    Ok(NewEmail {
        blob_id,
        size,
        received_at,
        message,
        search_text,
        keywords: row.keywords.clone(),
        gm_msgid: row.gm_msgid,
        gm_thrid: row.gm_thrid,
        folders: Vec::new(),
        odd,
    })
}
