//! A key file that is lost, or another one than the database was sealed with.
//!
//!     Store::open -> `look`: does the ring open all that is sealed here?  no -> what is and is not readable, and the cure
//!     `tegata keys accept-loss` -> `accept`: a new key; what is lost is marked so that everybody sees what to do
//!
//! What always holds: no key file is made beside a database that holds sealed values, and nothing is given up
//! but by a person's order.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;
use serde_json::json;

use super::places::{Without, told, unreadable};
use super::{KeyRing, PROOF, file, number_of, survey};
use crate::audit::{self, Actor};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::id::{CredentialId, GrantId};
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::world::World;
use crate::{args, base32, credentials, from_base32, grants};

/// The proof of the key ring, sealed; `None` in a database that is new.
pub(super) async fn proof(tx: &mut Tx) -> Result<Option<Vec<u8>>> {
    let row = tx
        .row("SELECT value FROM meta WHERE key = 'key_proof'", args![])
        .await?;
    row.map(|row| Ok(from_base32(&row.get::<String>(0)?).unwrap_or_default()))
        .transpose()
}

/// Whether the ring opens what is sealed in the database; sets the key that seals.
///
/// Errors: [`Error::Config`] with what is and is not readable, and the cure.
pub(crate) async fn look(
    db: &Db,
    world: &World,
    keys: Option<&KeyRing>,
    path: &Path,
) -> Result<()> {
    match lost(db, world, keys, path).await? {
        Some(text) => Err(Error::Config(text)),
        None => Ok(()),
    }
}

/// What [`look`] finds, in words; `None` when nothing is lost.
pub async fn lost(
    db: &Db,
    world: &World,
    keys: Option<&KeyRing>,
    path: &Path,
) -> Result<Option<String>> {
    // Without a file nothing opens, and a ring that holds nothing says so best.
    let ring = keys.cloned().unwrap_or_else(KeyRing::empty);
    let mut tx = Tx::over(db.begin(false).await?, world.clone(), ring.clone());
    let counted = survey(&mut tx).await?;
    let proof = proof(&mut tx).await?;
    if proof.is_none() && counted.is_empty() {
        return Ok(None);
    }
    let number = proof.as_deref().and_then(number_of);
    let proven = match &proof {
        Some(sealed) => ring.open(PROOF, sealed).is_ok(),
        None => keys.is_some(),
    };
    let held = ring.numbers();
    // A value that was damaged is the check's to name; here the question is whether the keys are the right ones.
    let strange = counted
        .iter()
        .any(|found| found.number > 0 && !held.contains(&found.number));
    if proven && !strange {
        if let Some(number) = number {
            ring.seal_with(number);
        }
        return Ok(None);
    }
    let gone = unreadable(&mut tx, &ring).await?;
    let mut counts = BTreeMap::new();
    for (sealed, _) in &gone {
        *counts.entry(sealed.words).or_insert(0) += 1;
    }
    let all: i64 = counted.iter().map(|found| found.count).sum();
    let mut wanted: Vec<u32> = counted
        .iter()
        .map(|found| found.number)
        .chain(number)
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let list = |numbers: &[u32]| {
        let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
        words.join(", ")
    };
    let state = if keys.is_none() {
        format!("the key file {} is not there", path.display())
    } else {
        format!(
            "the key file {} does not belong to this database: it holds key {}",
            path.display(),
            list(&held)
        )
    };
    let what = if gone.is_empty() {
        "it was begun with another key".to_owned()
    } else {
        format!(
            "{} of {all} sealed values cannot be read: {}",
            gone.len(),
            told(&counts)
        )
    };
    Ok(Some(format!(
        "{state}, and the database was sealed with key {}; {what}. Readable without it: people, settings, and all \
         mail. Nothing was changed and no new key was made. Put the right key file there (the copy that is kept apart \
         from the backups) and start again. If it is lost for good, `tegata keys accept-loss` makes a new key: client \
         secrets have to be entered again and people have to connect again; their mail stays",
        list(&wanted)
    )))
}

/// What was given up.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The new key's number.
    pub number: u32,
    /// What was lost, with how many.
    pub lost: Vec<(String, i64)>,
}

/// Gives up what cannot be opened, by a person's order: makes a new key, empties what is lost, and marks
/// credentials and grants so that everybody is told what to do. The key file keeps the keys that it has.
///
/// Errors: [`Error::Config`] when nothing is lost.
pub async fn accept(db: &Db, world: &World, path: &Path, actor: &Actor) -> Result<Accepted> {
    let old = KeyRing::load(path)?;
    if lost(db, world, old.as_ref(), path).await?.is_none() {
        return Err(Error::Config(
            "nothing is lost: the key file opens everything in this database".into(),
        ));
    }
    let _held = file::hold_or_make(path)?;
    let mut tx = Tx::over(
        db.begin(true).await?,
        world.clone(),
        old.clone().unwrap_or_else(KeyRing::empty),
    );
    let known = old.as_ref().map(KeyRing::numbers).unwrap_or_default();
    let counted = survey(&mut tx).await?;
    let newest = counted
        .iter()
        .map(|found| found.number)
        .chain(known)
        .chain(proof(&mut tx).await?.as_deref().and_then(number_of))
        .max()
        .unwrap_or(0);
    let number = newest.saturating_add(1);
    let mut keys = file::read(path)?.map_or_else(Vec::new, |(_, keys)| keys);
    keys.push(file::new_key(number, world));
    if old.is_some() {
        file::replace(path, &keys)?;
    } else {
        file::create(path, &keys)?;
    }
    tx.keys = KeyRing::load(path)?
        .ok_or_else(|| Error::Config(format!("{} went away again", path.display())))?;
    let mut counts: BTreeMap<[&str; 2], i64> = BTreeMap::new();
    let ring = tx.keys.clone();
    for (sealed, id) in unreadable(&mut tx, &ring).await? {
        *counts.entry(sealed.words).or_insert(0) += 1;
        let (table, column) = (sealed.table, sealed.column);
        match sealed.without {
            Without::Gone => {
                tx.execute(
                    format!("DELETE FROM {table} WHERE id = $1"),
                    args![id.to_vec()],
                )
                .await?;
            }
            Without::Null(also) => {
                tx.execute(
                    format!("UPDATE {table} SET {column} = NULL{also} WHERE id = $1"),
                    args![id.to_vec()],
                )
                .await?;
            }
            Without::Emptied => {
                let nothing = SecretString::from(String::new());
                let bytes = ring.seal(world, sealed.place(&id), &nothing);
                tx.execute(
                    format!("UPDATE {table} SET {column} = $2 WHERE id = $1"),
                    args![id.to_vec(), bytes],
                )
                .await?;
                mark(&mut tx, table, id).await?;
            }
        }
    }
    let sealed = ring.seal(world, PROOF, &"tegata".to_owned().into());
    tx.execute(
        "INSERT INTO meta (key, value) VALUES ('key_proof', $1) ON CONFLICT (key) DO UPDATE SET value = $1",
        args![base32(&sealed)],
    )
    .await?;
    let lost: Vec<(String, i64)> = counts
        .iter()
        .map(|(words, count)| (words[1].to_owned(), *count))
        .collect();
    let detail = json!({ "key": number, "lost": told(&counts) });
    audit::add(
        &mut tx,
        actor,
        "keys.loss_accepted",
        number.to_string(),
        detail,
    )
    .await?;
    tx.open.commit().await?;
    Ok(Accepted { number, lost })
}

/// Says at the row what is to be done.
async fn mark(tx: &mut Tx, table: &str, id: [u8; 16]) -> Result<()> {
    if table == "credentials" {
        let status = credentials::Status::Broken;
        let cause = Cause::new("key-lost-secret");
        return credentials::set_status(tx, CredentialId(id), status, Some(&cause)).await;
    }
    let row = tx
        .row(
            "SELECT g.status, c.access FROM grants g JOIN credentials c ON c.id = g.credential_id WHERE g.id = $1",
            args![id.to_vec()],
        )
        .await?;
    let Some(row) = row else { return Ok(()) };
    let (status, access): (String, String) = (row.get(0)?, row.get(1)?);
    // The app's own access has no refresh token, and a revoked grant needs none.
    if status == "revoked" || access != credentials::Access::Delegated.word() {
        return Ok(());
    }
    let cause = Cause::new("key-lost");
    grants::set_status(
        tx,
        GrantId(id),
        grants::Status::NeedsConsent,
        None,
        Some(&cause),
    )
    .await
}
