//! Another key: added to the file, made the one that seals, everything sealed anew, the old one dropped.
//!
//!     add_key: key file <- a new key, which opens and does not seal yet   (copy the file to all machines)
//!     rotate:  database's proof <- sealed with it: from this commit on it seals, everywhere
//!              all sealed values, in batches, each only where it still is what was read
//!     drop_key: only a key by which nothing is sealed
//!
//! What always holds: a value is never sealed with a key that the file does not hold yet. A transaction that
//! sealed looks at the proof before it commits (`settle`), behind a lock that the change of the proof takes
//! too, and seals anew what it sealed with the old key: so after the last pass nothing is. A token that is
//! renewed meanwhile is not overwritten. A rotation that was broken off is finished by the next one.

use serde_json::json;

use super::lost::proof;
use super::{Key, KeyRing, PROOF, SEALED, file, number_of, places, survey};
use crate::announcements::Announcement;
use crate::audit::{self, Actor};
use crate::error::{Error, Result};
use crate::tx::Tx;
use crate::{Store, args, base32};

/// Values sealed anew in one commit.
const BATCH: i64 = 100;
/// PostgreSQL: the lock around the proof.
const LOCK: i64 = 0x7465_6761_7461;

/// Takes the lock around the proof, for the rest of the transaction. SQLite has one writer anyway.
async fn lock(tx: &mut Tx, how: &str) -> Result<()> {
    if !tx.is_sqlite() {
        tx.rows(format!("SELECT CAST({how}($1) AS TEXT)"), args![LOCK])
            .await?;
    }
    Ok(())
}

/// Before the commit: what this transaction sealed is sealed with the key that the database names.
pub(crate) async fn settle(tx: &mut Tx) -> Result<()> {
    let stood = tx.keys.take_stood();
    if stood.iter().all(|stood| stood.table == "meta") {
        return Ok(());
    }
    lock(tx, "pg_advisory_xact_lock_shared").await?;
    let Some(number) = proof(tx).await?.as_deref().and_then(number_of) else {
        return Ok(());
    };
    if stood.iter().all(|stood| stood.number == number) {
        return Ok(());
    }
    let keys = tx.keys.clone();
    if !keys.seal_with(number) {
        // The value is kept all the same: it may be the only refresh token that lives.
        tracing::error!(
            key = number,
            "the database is sealed with a key that this machine's key file does not hold: copy the key file from where \
             `tegata keys rotate` ran"
        );
        return Ok(());
    }
    for stood in stood {
        let columns = SEALED
            .iter()
            .filter(|sealed| sealed.table == stood.table && sealed.seals_as == stood.column);
        for sealed in columns {
            let (table, column) = (sealed.table, sealed.column);
            let row = tx
                .row(
                    format!("SELECT {column} FROM {table} WHERE id = $1"),
                    args![stood.row.to_vec()],
                )
                .await?;
            let bytes = match row {
                Some(row) => row.get::<Option<Vec<u8>>>(0)?,
                None => None,
            };
            if let Some(bytes) = bytes {
                reseal(tx, &keys, sealed, &stood.row, &bytes, number).await?;
            }
        }
    }
    // What was just sealed is sealed right.
    keys.take_stood();
    Ok(())
}

/// Seals a value anew if it is another key's and still what was read; `None` when it cannot be opened.
async fn reseal(
    tx: &mut Tx,
    keys: &KeyRing,
    sealed: &places::Sealed,
    row: &[u8; 16],
    bytes: &[u8],
    number: u32,
) -> Result<Option<bool>> {
    if number_of(bytes) == Some(number) {
        return Ok(Some(false));
    }
    let (Ok(secret), Some(key)) = (keys.open(sealed.place(row), bytes), keys.key(number)) else {
        return Ok(None);
    };
    let world = tx.world.clone();
    let fresh = keys.seal_under(&key, &world, sealed.place(row), &secret);
    let (table, column) = (sealed.table, sealed.column);
    let done = tx
        .execute(
            format!("UPDATE {table} SET {column} = $3 WHERE id = $1 AND {column} = $2"),
            args![row.to_vec(), bytes, fresh],
        )
        .await?;
    Ok(Some(done > 0))
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The key that seals now.
    pub number: u32,
    /// Whether it was made by this rotation.
    pub added: bool,
    /// Values sealed anew.
    pub resealed: u64,
    /// Values that no key of the file opens; they are as they were.
    pub unreadable: u64,
}

fn file_of(keys: &KeyRing) -> Result<&std::path::Path> {
    keys.path()
        .ok_or_else(|| Error::Config("this key ring has no file".into()))
}

/// The keys of the file, the number that the database names, the highest number that stands anywhere.
async fn standing(store: &Store) -> Result<(Vec<Key>, u32, u32)> {
    let path = file_of(store.keys())?;
    let (_, keys) = file::read(path)?
        .ok_or_else(|| Error::Config(format!("{} is not there", path.display())))?;
    store.keys().reload();
    let (named, counted) = store
        .read(|tx| {
            Box::pin(async move {
                let named = match proof(tx).await? {
                    Some(sealed) => {
                        let ring = tx.keys.clone();
                        ring.open(PROOF, &sealed).map_err(|_| {
                            Error::Config(
                                "another machine has rotated the keys: copy its key file here first".into(),
                            )
                        })?;
                        number_of(&sealed).unwrap_or(0)
                    }
                    None => 0,
                };
                Ok((named, survey(tx).await?))
            })
        })
        .await?;
    let highest = keys
        .iter()
        .map(|key| key.number)
        .chain(counted.iter().map(|found| found.number))
        .chain([named])
        .max()
        .unwrap_or(0);
    Ok((keys, named, highest))
}

/// Adds a key to the file, which opens and does not seal yet; its number.
///
/// Errors: [`Error::Config`] when one is waiting already, or another command holds the file.
pub async fn add_key(store: &Store, actor: &Actor) -> Result<u32> {
    let path = file_of(store.keys())?.to_owned();
    let _held = file::hold(&path)?;
    let (mut keys, named, highest) = standing(store).await?;
    if let Some(waiting) = keys
        .iter()
        .map(|key| key.number)
        .filter(|n| *n > named)
        .max()
    {
        return Err(Error::Config(format!(
            "key {waiting} is in the file and waits already: `tegata keys rotate` takes it into use"
        )));
    }
    let number = highest.saturating_add(1);
    keys.push(file::new_key(number, store.world()));
    file::replace(&path, &keys)?;
    store.keys().reload();
    note(store, actor, "keys.added", number, json!({})).await?;
    Ok(number)
}

async fn note(
    store: &Store,
    actor: &Actor,
    action: &'static str,
    number: u32,
    detail: serde_json::Value,
) -> Result<()> {
    let actor = actor.clone();
    store
        .write(move |tx| {
            Box::pin(
                async move { audit::add(tx, &actor, action, number.to_string(), detail).await },
            )
        })
        .await
}

/// Takes the newest key into use and seals everything anew, beside whoever works on the store. Where none is
/// waiting one is made, if `may_add`: that is safe only where no other machine has a key file of its own.
///
/// Errors: [`Error::Config`] when another command holds the file, or a key has to be added first.
pub async fn rotate(
    store: &Store,
    actor: &Actor,
    may_add: bool,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Rotated> {
    let path = file_of(store.keys())?.to_owned();
    let _held = file::hold(&path)?;
    let (mut keys, named, highest) = standing(store).await?;
    let mut number = keys.iter().map(|key| key.number).max().unwrap_or(0);
    let mut added = false;
    // What a rotation left behind that was broken off is finished before another one begins.
    if number <= named && left_over(store, named).await? == 0 {
        if !may_add {
            return Err(Error::Config(
                "several machines may work on this database, each with its own key file: `tegata keys add` first, copy \
                 the key file to all of them, then `tegata keys rotate` (or, where this is the only machine, \
                 `tegata keys rotate --only-this-machine`)"
                    .into(),
            ));
        }
        number = highest.saturating_add(1);
        keys.push(file::new_key(number, store.world()));
        file::replace(&path, &keys)?;
        store.keys().reload();
        added = true;
    }
    if number > named {
        take_into_use(store, number).await?;
    }
    store.keys().seal_with(number);
    let mut resealed = 0;
    let unreadable = loop {
        let (done, unreadable) =
            pass(store, number, &mut |count| progress(resealed + count)).await?;
        resealed += done;
        if done == 0 {
            break unreadable;
        }
    };
    let detail = json!({ "resealed": resealed, "unreadable": unreadable });
    note(store, actor, "keys.rotated", number, detail).await?;
    Ok(Rotated {
        number,
        added,
        resealed,
        unreadable,
    })
}

/// Values that are sealed with another key than `number` and can be opened.
async fn left_over(store: &Store, number: u32) -> Result<i64> {
    let known = store.keys().numbers();
    let counted = store
        .read(|tx| Box::pin(async move { survey(tx).await }))
        .await?;
    Ok(counted
        .iter()
        .filter(|found| found.number != number && known.contains(&found.number))
        .map(|found| found.count)
        .sum())
}

/// The commit from which on `number` seals.
async fn take_into_use(store: &Store, number: u32) -> Result<()> {
    store
        .write(move |tx| {
            Box::pin(async move {
                lock(tx, "pg_advisory_xact_lock").await?;
                let keys = tx.keys.clone();
                let key = keys
                    .key(number)
                    .ok_or_else(|| Error::Config(format!("key {number} is not in the key file")))?;
                let world = tx.world.clone();
                let sealed = keys.seal_under(&key, &world, PROOF, &"tegata".to_owned().into());
                let named = proof(tx).await?.as_deref().and_then(number_of).unwrap_or(0);
                if named >= number {
                    return Err(Error::Config(
                        "somebody else has just rotated the keys; look with `tegata keys list`"
                            .into(),
                    ));
                }
                tx.execute(
                    "UPDATE meta SET value = $1 WHERE key = 'key_proof'",
                    args![base32(&sealed)],
                )
                .await?;
                tx.announce(Announcement::Anything);
                Ok(())
            })
        })
        .await
}

/// Once through everything: how many were sealed anew, how many could not be opened.
async fn pass(
    store: &Store,
    number: u32,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(u64, u64)> {
    let (mut resealed, mut unreadable) = (0, 0);
    for sealed in SEALED {
        let mut after = Vec::new();
        loop {
            let from = after.clone();
            let batch = store
                .write(move |tx| {
                    Box::pin(async move {
                        let page = places::page(tx, sealed, &from, Some(number), BATCH).await?;
                        let keys = tx.keys.clone();
                        let (mut done, mut closed) = (0, 0);
                        for (row, bytes) in &page {
                            match reseal(tx, &keys, sealed, row, bytes, number).await? {
                                // Changed meanwhile: the next pass looks at it again.
                                Some(_) => done += 1,
                                None => closed += 1,
                            }
                        }
                        Ok((page.last().map(|(row, _)| row.to_vec()), done, closed))
                    })
                })
                .await;
            // Lost against another transaction: once more.
            let (last, done, closed) = match batch {
                Err(error) if error.is_passing() => {
                    tracing::debug!(%error, "a batch is sealed anew once more");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
                batch => batch?,
            };
            resealed += done;
            unreadable += closed;
            progress(resealed);
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    Ok((resealed, unreadable))
}

/// Takes a key out of the file, if nothing is sealed with it. Backups that were made with it can be read only
/// with a copy of the file that still holds it.
///
/// Errors: [`Error::Config`] when it is not there, seals, or has sealed something that stands.
pub async fn drop_key(store: &Store, number: u32, actor: &Actor) -> Result<()> {
    let path = file_of(store.keys())?.to_owned();
    let _held = file::hold(&path)?;
    let (mut keys, named, _) = standing(store).await?;
    let refused = |why: String| Err(Error::Config(why));
    if !keys.iter().any(|key| key.number == number) {
        return refused(format!("key {number} is not in {}", path.display()));
    }
    if number == named {
        return refused(format!(
            "key {number} is the one that seals: `tegata keys rotate` takes another one into use"
        ));
    }
    let counted = store
        .read(|tx| Box::pin(async move { survey(tx).await }))
        .await?;
    let held: i64 = counted
        .iter()
        .filter(|found| found.number == number)
        .map(|found| found.count)
        .sum();
    if held > 0 {
        return refused(format!(
            "{held} values are sealed with key {number}: `tegata keys rotate` seals them anew"
        ));
    }
    keys.retain(|key| key.number != number);
    file::replace(&path, &keys)?;
    note(store, actor, "keys.dropped", number, json!({})).await
}
