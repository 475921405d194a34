//! Making a backup, beside whoever works on the store.
//!
//! One snapshot carries everything: rows first, then the blobs that its rows name. A blob is durable before the
//! commit that names it, so each of them is there; one that is not all the same is told. Memory: a row, a batch
//! of rows, a blob. The snapshot stands until the end, so SQLite's write-ahead log grows meanwhile.

use std::io::Write;

use super::record::Writer;
use super::stream::Sealer;
use super::tables::{schema, tables};
use super::{FORMAT, Head, Progress, Summary, Told, Totals};
use crate::args;
use crate::error::{Error, Result};
use crate::id::BlobId;
use crate::tx::Tx;
use crate::{Store, blobs::Blobs};

/// Writes everything into `out`, sealed. Blocks the thread while it writes.
///
/// Errors: the database's, the file's; what was written until then is no backup and says so when it is read.
pub async fn make<W: Write + Send + 'static>(
    store: &Store,
    out: W,
    mut told: Told,
) -> Result<(W, Summary)> {
    let blobs = store.blobs().clone();
    let sealer = Sealer::new(out, store.keys(), store.world())
        .map_err(|error| Error::Backup(format!("the backup could not be written: {error}")))?;
    store
        .read(move |tx| {
            Box::pin(async move {
                let mut writer = Writer::new(sealer);
                let summary = write(tx, &blobs, &mut writer, &mut told).await?;
                let out = writer.out.finish().map_err(|error| {
                    Error::Backup(format!("the backup could not be written: {error}"))
                })?;
                Ok((out, summary))
            })
        })
        .await
}

pub(super) async fn write<W: Write + Send>(
    tx: &mut Tx,
    blobs: &Blobs,
    writer: &mut Writer<Sealer<W>>,
    told: &mut Told,
) -> Result<Summary> {
    let head = Head {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: tx.now(),
        schema: schema(tx).await?.unwrap_or(0),
        database: if tx.is_sqlite() { "sqlite" } else { "postgres" }.to_owned(),
        tables: tables(tx).await?,
    };
    writer.head(&head)?;
    let mut totals = Totals::default();
    let mut progress = Progress::default();
    for (index, table) in head.tables.iter().enumerate() {
        let sql = format!("SELECT {} FROM \"{}\"", table.list(), table.name);
        let mut count = 0;
        tx.open
            .each(sql, &mut |row| {
                count += 1;
                progress.rows += 1;
                if progress.rows % 500 == 0 {
                    told(progress);
                }
                writer.row(index, &row.into_values())
            })
            .await?;
        writer.end_rows()?;
        totals.tables.insert(table.name.clone(), count);
    }
    let mut after = Vec::new();
    loop {
        let page = tx
            .rows(
                "SELECT DISTINCT id FROM blobs WHERE id > $1 ORDER BY id LIMIT 500",
                args![after],
            )
            .await?;
        let ids = page
            .iter()
            .map(|row| row.get::<BlobId>(0))
            .collect::<Result<Vec<_>>>()?;
        let Some(last) = ids.last() else { break };
        after = last.0.to_vec();
        for id in ids {
            match blobs.packed(id).await {
                Ok(Some(packed)) => {
                    totals.blobs += 1;
                    totals.blob_octets += packed.len() as u64;
                    writer.blob(id, &packed)?;
                }
                Ok(None) | Err(Error::Blob { .. }) => totals.missing_blobs.push(id.to_string()),
                Err(error) => return Err(error),
            }
            progress.blobs = totals.blobs;
            progress.octets = totals.blob_octets;
            told(progress);
        }
    }
    writer.end(&totals)?;
    Ok(Summary {
        head,
        totals,
        unclear: 0,
    })
}
