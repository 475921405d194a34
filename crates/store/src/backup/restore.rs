//! The way back: into an empty database of either kind.
//!
//!     head -> schema of that version -> one transaction: rows, blobs, totals compared, search index, keys tried
//!          -> commit -> the schema's newer versions
//!
//! What always holds: nothing is committed before the last chunk was read and everything was there; blobs that
//! were written for a restore that failed are taken away again. Two things differ from what was backed up, on
//! purpose: every mailbox's change log begins anew (a browser that saw newer changes must not take the old
//! numbers for them), and a mail whose time to go has come is looked for in Sent before it is sent.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use wire::mime::Message;

use super::record::{Reader, Record};
use super::stream::Opener;
use super::tables::{Kind, schema, tables};
use super::{FORMAT, Head, Progress, Summary, Table, Told, Totals};
use crate::blobs::Blobs;
use crate::db::{Db, Value};
use crate::error::{Error, Result};
use crate::id::{AccountId, BlobId};
use crate::seal::{self, KeyRing};
use crate::tx::Tx;
use crate::world::World;
use crate::{args, search};

/// Values of one statement.
const MOST_VALUES: usize = 900;
/// Rows of one statement.
const MOST_ROWS: usize = 50;
/// No browser has seen a change number this far above the backup's.
const LEAP: i64 = 1 << 24;

/// Where it is restored to.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// `sqlite:PATH` or `postgres://…`
    pub database: &'a str,
    /// `file:PATH`
    pub blobs: &'a str,
    /// Must be there, with the key that was in use.
    pub key_file: &'a Path,
    /// Whether what is there may be replaced.
    pub replace: bool,
}

fn refused<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::Backup(text.into()))
}

/// The records behind a good head.
fn begin<R: Read>(key_file: &Path, source: R) -> Result<(KeyRing, Reader<Opener<R>>, Head)> {
    let Some(keys) = KeyRing::load(key_file)? else {
        return refused(format!(
            "the key file {} is not there: a backup never holds it; put the copy there that was kept apart",
            key_file.display()
        ));
    };
    let opener = Opener::new(source, &keys).map_err(|error| Error::Backup(error.to_string()))?;
    let mut reader = Reader::new(opener);
    let Record::Head(head) = reader.next()? else {
        return refused("the backup does not begin with its head");
    };
    let newest = Db::newest_schema();
    if head.format > FORMAT || head.schema > newest {
        return refused(format!(
            "the backup was made by Tegata {}, whose database (version {}) is newer than this program's (version {newest}): \
             restore it with that version",
            head.program, head.schema
        ));
    }
    Ok((keys, reader, head))
}

/// Reads a whole backup and restores nothing: whether it could be read on the day of need.
///
/// Errors: [`Error::Backup`] says what is the matter.
pub fn verify<R: Read>(key_file: &Path, source: R, mut told: Told) -> Result<Summary> {
    let (_, mut reader, head) = begin(key_file, source)?;
    let (mut totals, mut progress) = (Totals::default(), Progress::default());
    for table in &head.tables {
        totals.tables.insert(table.name.clone(), 0);
    }
    loop {
        match reader.next()? {
            Record::Rows(table, rows) => {
                let name = &head.tables[table].name;
                *totals.tables.entry(name.clone()).or_default() += rows.len() as u64;
                progress.rows += rows.len() as u64;
            }
            Record::Blob(id, packed) => {
                crate::blobs::whole(id, &packed)?;
                totals.blobs += 1;
                totals.blob_octets += packed.len() as u64;
                (progress.blobs, progress.octets) = (totals.blobs, totals.blob_octets);
            }
            Record::End(said) => {
                compare(&mut totals, said)?;
                reader.at_end()?;
                return Ok(Summary {
                    head,
                    totals,
                    unclear: 0,
                });
            }
            Record::Head(_) => return refused("the backup has two heads"),
        }
        told(progress);
    }
}

fn compare(counted: &mut Totals, said: Totals) -> Result<()> {
    counted.missing_blobs.clone_from(&said.missing_blobs);
    if *counted == said {
        Ok(())
    } else {
        refused("the backup does not hold as much as it says")
    }
}

/// Restores a backup; the key file must be there. Blocks the thread while it reads.
///
/// Errors: [`Error::Backup`] when it is no whole backup, when the key is another, or when the database holds
/// data already. Nothing was restored then.
pub async fn restore<R: Read>(
    target: &Target<'_>,
    source: R,
    world: World,
    mut told: Told,
) -> Result<Summary> {
    let (keys, mut reader, head) = begin(target.key_file, source)?;
    let blobs = Blobs::open(target.blobs)?;
    let db = Db::connect(target.database).await?;
    prepare(&db, &world, &head, target.replace).await?;
    let mut tx = Tx::over(db.begin(true).await?, world, keys);
    let mut fresh = Vec::new();
    let filled = fill(&mut tx, &mut reader, &head, &blobs, &mut fresh, &mut told).await;
    let done = match filled {
        Ok(summary) => tx.open.commit().await.map(|()| summary),
        Err(error) => {
            drop(tx);
            Err(error)
        }
    };
    let summary = match done {
        Ok(summary) => summary,
        Err(error) => {
            for id in fresh {
                let _ = blobs.remove(id).await;
            }
            db.close().await;
            return Err(error);
        }
    };
    db.migrate(None).await?;
    db.close().await;
    Ok(summary)
}

/// Makes the schema what it was where the backup was made, in a database that is empty or may be replaced.
async fn prepare(db: &Db, world: &World, head: &Head, replace: bool) -> Result<()> {
    let mut tx = Tx::over(db.begin(false).await?, world.clone(), KeyRing::empty());
    let version = schema(&mut tx).await?;
    let there = tables(&mut tx).await?;
    let mut occupied = Vec::new();
    for table in there.iter().filter(|table| table.name != "meta") {
        let sql = format!("SELECT 1 FROM \"{}\" LIMIT 1", table.name);
        if version.is_none() || tx.row(sql, args![]).await?.is_some() {
            occupied.push(table.name.clone());
        }
    }
    drop(tx);
    let Some(version) = version else {
        if !occupied.is_empty() {
            return refused(format!(
                "the database holds tables that are not ours ({}): take an empty one",
                occupied.join(", ")
            ));
        }
        return db.migrate(Some(head.schema)).await;
    };
    if !occupied.is_empty() && !replace {
        return refused(format!(
            "the database already holds data ({}): restore into an empty one, or say --replace, which deletes what is there",
            occupied.join(", ")
        ));
    }
    if version < head.schema {
        return db.migrate(Some(head.schema)).await;
    }
    if version == head.schema {
        return Ok(());
    }
    if !occupied.is_empty() {
        return refused(format!(
            "the backup is of an older version ({}) than the database ({version}): restore it into an empty database, where it is \
             brought up to date",
            head.schema
        ));
    }
    // Empty and newer: the tables are made again as the backup knows them. What refers to another goes first.
    let mut tx = Tx::over(db.begin(true).await?, world.clone(), KeyRing::empty());
    let (names, how) = if tx.is_sqlite() {
        (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' \
             AND name NOT LIKE 'email_search@_%' ESCAPE '@' ORDER BY rowid DESC",
            "",
        )
    } else {
        (
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()",
            " CASCADE",
        )
    };
    for row in tx.rows(names, args![]).await? {
        let name: String = row.get(0)?;
        tx.execute(format!("DROP TABLE \"{name}\"{how}"), args![])
            .await?;
    }
    tx.open.commit().await?;
    db.migrate(Some(head.schema)).await
}

async fn fill<R: Read>(
    tx: &mut Tx,
    reader: &mut Reader<Opener<R>>,
    head: &Head,
    blobs: &Blobs,
    fresh: &mut Vec<BlobId>,
    told: &mut Told,
) -> Result<Summary> {
    let here = tables(tx).await?;
    for table in &head.tables {
        let known = here.iter().find(|known| known.name == table.name);
        let fits = known.is_some_and(|known| {
            let has = |column| known.columns.contains(column);
            table.columns.iter().all(has)
        });
        if !fits {
            return refused(format!(
                "the backup's table {} is not known to this version",
                table.name
            ));
        }
    }
    let references = loosen(tx).await?;
    for table in &here {
        tx.execute(format!("DELETE FROM \"{}\"", table.name), args![])
            .await?;
    }
    search::forget_everything(tx).await?;
    let (mut totals, mut progress) = (Totals::default(), Progress::default());
    for table in &head.tables {
        totals.tables.insert(table.name.clone(), 0);
    }
    loop {
        match reader.next()? {
            Record::Rows(index, rows) => {
                let table = &head.tables[index];
                let count = rows.len() as u64;
                insert(tx, table, rows).await?;
                *totals.tables.entry(table.name.clone()).or_default() += count;
                progress.rows += count;
            }
            Record::Blob(id, packed) => {
                totals.blobs += 1;
                totals.blob_octets += packed.len() as u64;
                if blobs.put_packed(id, Bytes::from(packed)).await? {
                    fresh.push(id);
                }
                (progress.blobs, progress.octets) = (totals.blobs, totals.blob_octets);
            }
            Record::End(said) => {
                compare(&mut totals, said)?;
                reader.at_end()?;
                break;
            }
            Record::Head(_) => return refused("the backup has two heads"),
        }
        told(progress);
    }
    index(tx, blobs, &mut progress, told).await?;
    let held = tx.keys.numbers();
    let is_there = |sealed: &seal::Sealed| {
        here.iter().any(|table| {
            table.name == sealed.table && table.columns.iter().any(|c| c.name == sealed.column)
        })
    };
    let missing: Vec<String> = seal::survey_in(tx, is_there)
        .await?
        .iter()
        .filter(|found| found.number > 0 && !held.contains(&found.number))
        .map(|found| format!("{} by key {}", found.count, found.number))
        .collect();
    if !missing.is_empty() {
        return refused(format!(
            "values in the backup are sealed with keys that the key file does not hold ({}): put the key file there that was in \
             use when it was made",
            missing.join(", ")
        ));
    }
    begin_logs_anew(tx).await?;
    let now = tx.now();
    let unclear = tx
        .execute(
            "UPDATE submissions SET status = 'unclear', undo_status = 'final', lease_owner = NULL, lease_until = NULL \
             WHERE status IN ('queued', 'sending') AND send_at <= $1",
            args![now],
        )
        .await?;
    for (table, name, definition) in references {
        tx.execute(
            format!("ALTER TABLE {table} ADD CONSTRAINT \"{name}\" {definition}"),
            args![],
        )
        .await?;
    }
    Ok(Summary {
        head: head.clone(),
        totals,
        unclear,
    })
}

/// Lets rows come in any order until the end. PostgreSQL's references go and come back, which proves them;
/// SQLite proves them in the commit.
async fn loosen(tx: &mut Tx) -> Result<Vec<(String, String, String)>> {
    if tx.is_sqlite() {
        tx.execute("PRAGMA defer_foreign_keys = ON", args![])
            .await?;
        return Ok(Vec::new());
    }
    let rows = tx
        .rows(
            "SELECT CAST(CAST(conrelid AS regclass) AS TEXT), CAST(conname AS TEXT), pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE contype = 'f' AND connamespace = CAST(current_schema() AS regnamespace)",
            args![],
        )
        .await?;
    let mut references = Vec::new();
    for row in rows {
        let reference: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        tx.execute(
            format!(
                "ALTER TABLE {} DROP CONSTRAINT \"{}\"",
                reference.0, reference.1
            ),
            args![],
        )
        .await?;
        references.push(reference);
    }
    Ok(references)
}

async fn insert(tx: &mut Tx, table: &Table, rows: Vec<Vec<Value>>) -> Result<()> {
    let columns = table.columns.len();
    let most = (MOST_VALUES / columns).clamp(1, MOST_ROWS);
    for batch in rows.chunks(most) {
        // Two texts a table, so that both stay prepared.
        let size = if batch.len() == most { most } else { 1 };
        let marks: Vec<String> = (0..size)
            .map(|row| {
                let marks: Vec<String> = (1..=columns)
                    .map(|column| format!("${}", row * columns + column))
                    .collect();
                format!("({})", marks.join(", "))
            })
            .collect();
        let sql = format!(
            "INSERT INTO \"{}\" ({}) VALUES {}",
            table.name,
            table.list(),
            marks.join(", ")
        );
        for rows in batch.chunks(size) {
            let mut values = Vec::with_capacity(size * columns);
            for row in rows {
                for (value, column) in row.iter().zip(&table.columns) {
                    let Some(value) = typed(value, column.kind) else {
                        return refused(format!(
                            "a value of {}.{} is of another type than its column",
                            table.name, column.name
                        ));
                    };
                    values.push(value);
                }
            }
            tx.execute(sql.clone(), &values).await?;
        }
    }
    Ok(())
}

fn typed(value: &Value, kind: Kind) -> Option<Value> {
    Some(match (value, kind) {
        (Value::NullInt | Value::NullText | Value::NullBlob, Kind::Number) => Value::NullInt,
        (Value::NullInt | Value::NullText | Value::NullBlob, Kind::Text) => Value::NullText,
        (Value::NullInt | Value::NullText | Value::NullBlob, Kind::Octets) => Value::NullBlob,
        (Value::Int(number), Kind::Number) => Value::Int(*number),
        (Value::Text(text), Kind::Text) => Value::from(text.as_str()),
        (Value::Blob(bytes), Kind::Octets) => Value::Blob(bytes.clone()),
        _ => return None,
    })
}

/// Makes all mails findable, as a pull does it.
async fn index(tx: &mut Tx, blobs: &Blobs, progress: &mut Progress, told: &mut Told) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let page = tx
            .rows(
                "SELECT seq, account_id, blob_id, message, odd FROM emails WHERE seq > $1 ORDER BY seq LIMIT 50",
                args![after],
            )
            .await?;
        if page.is_empty() {
            return Ok(());
        }
        for row in page {
            after = row.get(0)?;
            let account: AccountId = row.get(1)?;
            let message: Option<Message> = serde_json::from_str(&row.get::<String>(3)?).ok();
            let odd: Option<String> = row.get(4)?;
            let raw = match (&message, odd) {
                // An odd mail was kept without being understood.
                (Some(_), None) => blobs.get(row.get(2)?).await?.unwrap_or_default(),
                _ => Bytes::new(),
            };
            let message = message.unwrap_or_else(|| wire::mime::read(b""));
            let read = message.clone();
            // As where it came from: should the reader fall over, the mail is findable by its head.
            let body = tokio::task::spawn_blocking(move || {
                if raw.is_empty() {
                    String::new()
                } else {
                    wire::mime::search_text(&raw, &read)
                }
            })
            .await
            .unwrap_or_default();
            search::index(tx, account, after, &message, &body).await?;
            progress.indexed += 1;
        }
        told(*progress);
    }
}

/// Whoever knows a state of before is told that it is too old.
async fn begin_logs_anew(tx: &mut Tx) -> Result<()> {
    for row in tx.rows("SELECT id, modseq FROM accounts", args![]).await? {
        let account: AccountId = row.get(0)?;
        let floor = row.get::<i64>(1)? + LEAP;
        // One entry a kind at the new beginning: the state that is given out from now on is not below it.
        tx.execute(
            "INSERT INTO changes (account_id, modseq, kind, object_id, change) \
             SELECT c.account_id, $2, c.kind, c.object_id, c.change FROM changes c WHERE c.account_id = $1 \
             AND c.modseq = (SELECT MAX(n.modseq) FROM changes n WHERE n.account_id = c.account_id AND n.kind = c.kind) \
             AND NOT EXISTS (SELECT 1 FROM changes o WHERE o.account_id = c.account_id AND o.kind = c.kind \
             AND o.modseq = c.modseq AND o.object_id < c.object_id)",
            args![account, floor],
        )
        .await?;
        tx.execute(
            "UPDATE accounts SET modseq = $2, log_floor = $2 WHERE id = $1",
            args![account, floor],
        )
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::make;
    use super::super::stream::Sealer;
    use super::*;
    use crate::Store;
    use crate::backup::record::Writer;

    /// A backup as the program of the first schema would have made it.
    async fn of_the_first_schema(folder: &Path, world: &World) -> Vec<u8> {
        let keys = KeyRing::load_or_create(&folder.join("tegata.key"), world).unwrap();
        let database = format!("sqlite:{}/old.db", folder.display());
        let db = Db::connect(&database).await.unwrap();
        db.migrate(Some(1)).await.unwrap();
        let mut tx = Tx::over(db.begin(true).await.unwrap(), world.clone(), keys.clone());
        tx.execute(
            "INSERT INTO users (id, login, role, status, created_at) VALUES ($1, 'alice', 'member', 'disabled', 1)",
            args![vec![1u8; 16]],
        )
        .await
        .unwrap();
        tx.open.commit().await.unwrap();
        let blobs = Blobs::open(&format!("file:{}/old", folder.display())).unwrap();
        let mut writer = Writer::new(Sealer::new(Vec::new(), &keys, world).unwrap());
        let mut tx = Tx::over(db.begin(false).await.unwrap(), world.clone(), keys);
        let mut told: Told = Box::new(|_| {});
        make::write(&mut tx, &blobs, &mut writer, &mut told)
            .await
            .unwrap();
        writer.out.finish().unwrap()
    }

    #[tokio::test]
    async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let (world, _) = World::for_tests(0, 1);
        let backup = of_the_first_schema(folder.path(), &world).await;
        let key_file = folder.path().join("tegata.key");
        let blobs = format!("file:{}/blobs", folder.path().display());
        for (name, opened_before) in [("fresh.db", false), ("opened.db", true)] {
            let database = format!("sqlite:{}/{name}", folder.path().display());
            if opened_before {
                // As when the service was started once before the backup was brought in.
                let store = Store::open(&database, &blobs, &key_file, world.clone()).await;
                store.unwrap().close().await;
            }
            let target = Target {
                database: &database,
                blobs: &blobs,
                key_file: &key_file,
                replace: false,
            };
            let done = restore(&target, backup.as_slice(), world.clone(), Box::new(|_| {})).await;
            assert_eq!(done.unwrap().head.schema, 1);
            let store = Store::open(&database, &blobs, &key_file, world.clone())
                .await
                .unwrap();
            let known = store
                .read(|tx| {
                    Box::pin(async move {
                        let version = schema(tx).await?;
                        Ok((
                            tx.number("SELECT COUNT(*) FROM users", args![]).await?,
                            version,
                        ))
                    })
                })
                .await
                .unwrap();
            assert_eq!(known, (1, Some(Db::newest_schema())), "{name}");
            store.close().await;
        }
    }
}
