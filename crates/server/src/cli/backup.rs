//! `tegata backup --to FILE`: everything in one sealed file, made beside the running server.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use serde_json::json;
use store::backup::{self, Progress, Summary, Told};
use store::{Store, audit};

use super::{Meter, operator};
use crate::config::Config;
use crate::json::time;
use crate::serve::open_store;

#[derive(clap::Args)]
pub struct Args {
    /// Where to: a file, put in place when it is complete, or - for standard output
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Print what is in it as JSON (on standard error beside `--to -`)
    #[arg(long)]
    json: bool,
}

/// Counts what goes through.
struct Counted<W>(W, Arc<AtomicU64>);

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

pub async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let stdout = args.to.as_os_str() == "-";
    if stdout && std::io::stdout().is_terminal() {
        bail!("a backup is no text: send standard output to a file or a program");
    }
    if !stdout {
        only_over_a_backup(&args.to)?;
    }
    let store = open_store(config).await?;
    let octets = Arc::new(AtomicU64::new(0));
    let summary = if stdout {
        let out = Counted(std::io::stdout(), octets.clone());
        backup::make(&store, out, told()).await?.1
    } else {
        into_file(&store, &args.to, &octets).await?
    };
    let octets = octets.load(Ordering::Relaxed);
    let detail =
        json!({ "rows": summary.totals.rows(), "blobs": summary.totals.blobs, "octets": octets });
    store
        .write(move |tx| {
            Box::pin(
                async move { audit::add(tx, &operator(), "backup.made", "backup", detail).await },
            )
        })
        .await?;
    store.close().await;
    let line = if args.json {
        let mut json = to_json(&summary);
        json["octets"] = json!(octets);
        json.to_string()
    } else {
        format!(
            "{} rows and {} mails and files are in the backup ({octets} octets), as they were at {}. It can be read only \
             with the key file, which is not in it.",
            summary.totals.rows(),
            summary.totals.blobs,
            time(summary.head.made_at)
        )
    };
    if stdout {
        eprintln!("{line}");
    } else {
        println!("{line}");
    }
    missing(&summary)
}

/// What a backup or a restore did, as JSON.
pub(super) fn to_json(summary: &Summary) -> serde_json::Value {
    json!({
        "made_at": time(summary.head.made_at),
        "program": summary.head.program,
        "schema": summary.head.schema,
        "database": summary.head.database,
        "tables": summary.totals.tables,
        "rows": summary.totals.rows(),
        "blobs": summary.totals.blobs,
        "blob_octets": summary.totals.blob_octets,
        "missing_blobs": summary.totals.missing_blobs,
    })
}

/// Exit code 1 where blobs were missing: the rest is there, but somebody has to look.
pub(super) fn missing(summary: &Summary) -> Result<ExitCode> {
    let missing = &summary.totals.missing_blobs;
    if missing.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!(
        "the backup is complete but for {} mails or files that the database names and that were not on the disk, or broken \
         (`tegata check` tells which): {}",
        missing.len(),
        missing[..missing.len().min(5)].join(", ")
    )
}

/// Tells on standard error how far it is.
pub(super) fn told() -> Told {
    let mut meter = Meter::new();
    Box::new(move |progress: Progress| {
        meter.tell(|| {
            let indexed = match progress.indexed {
                0 => String::new(),
                indexed => format!(", {indexed} mails in the search index"),
            };
            format!(
                "{} rows, {} mails and files, {} MiB{indexed}",
                progress.rows,
                progress.blobs,
                progress.octets >> 20
            )
        });
    })
}

/// A slip of the pen must not cost a file that is something else.
fn only_over_a_backup(path: &Path) -> Result<()> {
    let Ok(file) = File::open(path) else {
        return Ok(());
    };
    let mut start = Vec::new();
    file.take(backup::MAGIC.len() as u64)
        .read_to_end(&mut start)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if start.is_empty() || start == backup::MAGIC {
        return Ok(());
    }
    bail!(
        "{} is there and is no backup of Tegata: choose another name",
        path.display()
    )
}

async fn into_file(store: &Store, path: &Path, octets: &Arc<AtomicU64>) -> Result<Summary> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let name = || format!("cannot write {}", beside.display());
    let _ = std::fs::remove_file(&beside);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .with_context(name)?;
    let made = backup::make(store, Counted(file, octets.clone()), told()).await;
    let put = || -> std::io::Result<()> {
        std::fs::rename(&beside, path)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    let done = match made {
        Ok((Counted(file, _), summary)) => file
            .sync_all()
            .and_then(|()| put())
            .map(|()| summary)
            .with_context(name),
        Err(error) => Err(error.into()),
    };
    if done.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    done
}
