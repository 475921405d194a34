//! What a folder gained, lost and changed since the last look.
//!
//!     SELECT -> the UIDs there -> gone: copies removed
//!                              -> known: flags compared
//!                              -> new: a row each first, bodies only for those not known by another name
//!            -> position moved, after everything before it is stored
//!
//! What always holds: emails commit in batches; a batch that fails is repeated one by one, so that an odd mail
//! stands alone: kept raw, marked, and in nobody's way. What was asked for and not sent is never stored as empty.

mod keep;
mod look;

use std::collections::{BTreeMap, HashMap, VecDeque};

use provider::Providers;
use store::accounts::{self, Account, SyncStatus};
use store::emails::{self, Place};
use store::folders::{self, Folder};
use store::intervals::Side;
use store::{AccountId, EmailId, FolderId, Millis};
use wire::imap::SearchKey;

use crate::imap::{Connection, ImapError};
use crate::session::NoSession;
use keep::keep_batch;
use look::{Row, fetch_bodies, look};

/// The newest so many messages of each folder are brought here.
pub const NEWEST: usize = 500;
/// Messages that are fetched, and committed, together.
const BATCH: usize = 25;

/// A message that breaks the session, or is listed and not sent, so often is kept without its bytes.
const MOST_STRIKES: u32 = 3;
/// A batch holds at most so many octets of messages.
const BATCH_OCTETS: u64 = 16 << 20;

/// What an account's sessions remember of messages that stood in the way.
#[derive(Debug, Default)]
pub struct Strikes {
    careful: bool,
    by_uid: HashMap<(FolderId, i64), u32>,
}

impl Strikes {
    fn of(&self, folder: FolderId, uid: i64) -> u32 {
        self.by_uid.get(&(folder, uid)).copied().unwrap_or(0)
    }

    fn add(&mut self, folder: FolderId, uid: i64, error: &ImapError) {
        // What is too large by its own size is not asked for; a larger literal than that may be a slip.
        let sure = matches!(error, ImapError::Refused { .. });
        *self.by_uid.entry((folder, uid)).or_default() += if sure { MOST_STRIKES } else { 1 };
    }
}

/// Messages that are fetched together: few enough, and small enough for memory.
fn batches(missing: Vec<(i64, Row)>, careful: bool) -> VecDeque<Vec<(i64, Row)>> {
    let most = if careful { 1 } else { BATCH };
    let mut batches: VecDeque<Vec<(i64, Row)>> = VecDeque::new();
    let mut octets = 0;
    for (uid, row) in missing {
        let fits = batches
            .back()
            .is_some_and(|batch| batch.len() < most && octets + row.size <= BATCH_OCTETS);
        if !fits {
            batches.push_back(Vec::new());
            octets = 0;
        }
        octets += row.size;
        if let Some(batch) = batches.back_mut() {
            batch.push((uid, row));
        }
    }
    batches
}

/// Exchange announces a message before it gives it: what does not come is asked for once more after a NOOP.
async fn fetch_patiently(
    connection: &mut Connection,
    batch: &[(i64, Row)],
) -> Result<HashMap<i64, Vec<u8>>, ImapError> {
    let mut fetched = fetch_bodies(connection, batch).await?;
    if fetched.len() < batch.len() {
        connection.noop().await?;
        let late: Vec<(i64, Row)> = batch
            .iter()
            .filter(|(uid, _)| !fetched.contains_key(uid))
            .cloned()
            .collect();
        fetched.extend(fetch_bodies(connection, &late).await?);
    }
    Ok(fetched)
}

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
    strikes: &mut Strikes,
) -> Result<Pulled, NoSession> {
    let gmail = connection.capabilities().has("X-GM-EXT-1");
    let condstore = connection.capabilities().has("CONDSTORE");
    let name = String::from_utf8_lossy(&folder.listed.wire_name).into_owned();
    let selected = connection.select(&name, condstore).await?;
    let uidvalidity = i64::from(selected.uidvalidity);
    let store = providers.store();
    let (id, folder_id) = (account.id, folder.id);
    let mut lost = Vec::new();
    if folder.uidvalidity.is_some_and(|known| known != uidvalidity) {
        // The UIDs mean other messages now. The emails stay and are matched again by what they are.
        tracing::info!(account.id = %id, folder.name = %folder.listed.path, "UIDVALIDITY changed; matching again");
        lost = store
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
    let mut newest: Option<Millis> = None;
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
        NEWEST.max(lost.len()),
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
    let mut batches = batches(missing, strikes.careful);
    while let Some(batch) = batches.pop_front() {
        let (hopeless, batch): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|(uid, _)| strikes.of(folder_id, *uid) >= MOST_STRIKES);
        let mut fetched = HashMap::new();
        if !batch.is_empty() {
            match fetch_patiently(connection, &batch).await {
                Ok(bodies) => fetched = bodies,
                Err(error) => {
                    // One message of the batch is in the way: from here on each comes alone, and the one that does it
                    // again is kept without its bytes.
                    strikes.careful = true;
                    if let [(uid, _)] = batch.as_slice() {
                        strikes.add(folder_id, *uid, &error);
                    }
                    if !connection.is_alive() {
                        return Err(error.into());
                    }
                    for one in batch.into_iter().rev() {
                        batches.push_front(vec![one]);
                    }
                    continue;
                }
            }
        }
        let (ready, silent): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|(uid, _)| fetched.contains_key(uid));
        pulled.not_sent += silent.len();
        for (uid, _) in &silent {
            // It may come at the next look; only what never comes is kept without its bytes.
            *strikes.by_uid.entry((folder_id, *uid)).or_default() += 1;
        }
        let ready: Vec<_> = ready.into_iter().chain(hopeless).collect();
        newest = newest.max(ready.iter().filter_map(|(_, row)| row.received_at).max());
        if !ready.is_empty() {
            pulled.added +=
                keep_batch(providers, account, folder, uidvalidity, &ready, fetched).await?;
        }
    }
    strikes.careful = false;
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
                emails::not_found_again(tx, id, folder_id, &lost).await?;
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
                    note_lag(tx, id, newest).await?;
                    accounts::touched(tx, id, Side::Sync).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(pulled)
}

/// How long the newest mail took from the provider's clock to here. Only of a mailbox that is live, and of mail that
/// came since the last one: what is filled or moved here was never late.
async fn note_lag(tx: &mut store::Tx, id: AccountId, newest: Option<Millis>) -> store::Result<()> {
    let Some(account) = accounts::find(tx, id).await? else {
        return Ok(());
    };
    let live = account.sync.status == SyncStatus::Live;
    let is_new = |time: &Millis| {
        account
            .last_received_at
            .is_none_or(|last| *time > last - 60_000)
    };
    if let Some(newest) = newest.filter(|time| live && is_new(time)) {
        let seconds = (tx.now() - newest).max(0) / 1_000;
        accounts::set_lag(tx, id, seconds).await?;
    }
    Ok(())
}

/// The UIDs to look at: the newest, and everything that came since the last position.
fn wanted(
    there: &[i64],
    known: &BTreeMap<i64, (EmailId, String)>,
    uidnext: Option<i64>,
    most: usize,
) -> Vec<u32> {
    let mut sorted: Vec<i64> = there.to_vec();
    sorted.sort_unstable();
    let newest_from = sorted.len().saturating_sub(most);
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
