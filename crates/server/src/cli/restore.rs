//! `tegata restore --from FILE`: a backup into an empty database, of either kind, on any machine.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::json;
use store::backup::{self, Target};
use store::{World, audit, check};

use super::backup::{missing, to_json, told};
use super::operator;
use crate::config::Config;
use crate::json::time;
use crate::serve::open_store;

#[derive(clap::Args)]
pub struct Args {
    /// Where from: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Delete what the database holds; without this it has to be empty
    #[arg(long, conflicts_with = "only_verify")]
    replace: bool,
    /// Read all of it with the key file and restore nothing
    #[arg(long)]
    only_verify: bool,
    /// Print what was in it as JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let source: Box<dyn Read + Send> = if args.from.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let file = File::open(&args.from)
            .with_context(|| format!("cannot read {}", args.from.display()))?;
        Box::new(file)
    };
    let key_file = &config.secrets.key_file;
    if args.only_verify {
        let summary =
            backup::verify(key_file, source, told()).map_err(|error| anyhow::anyhow!("{error}"))?;
        if args.json {
            println!("{}", to_json(&summary));
        } else {
            println!(
                "The backup of {} is whole and opens with this key file: {} rows, {} mails and files. Nothing was restored.",
                time(summary.head.made_at),
                summary.totals.rows(),
                summary.totals.blobs
            );
        }
        return missing(&summary);
    }
    let target = Target {
        database: &config.store.database,
        blobs: &config.store.blobs,
        key_file,
        replace: args.replace,
    };
    let summary = backup::restore(&target, source, World::real(), told())
        .await
        .map_err(|error| anyhow::anyhow!("{error}. Nothing was restored"))?;
    let store = open_store(config).await?;
    let detail = json!({ "made_at": time(summary.head.made_at), "rows": summary.totals.rows() });
    store
        .write(move |tx| {
            Box::pin(async move {
                audit::add(tx, &operator(), "backup.restored", "backup", detail).await
            })
        })
        .await?;
    eprintln!("restored; reading everything once more");
    let findings = check::run(&store).await?;
    store.close().await;
    if args.json {
        let mut text = to_json(&summary);
        text["unclear_submissions"] = json!(summary.unclear);
        text["findings"] = json!(findings);
        println!("{text}");
    } else {
        println!(
            "{} rows and {} mails and files are back, as they were at {}. People and permissions are those of that moment: \
             stop the old server for good before this one serves.",
            summary.totals.rows(),
            summary.totals.blobs,
            time(summary.head.made_at)
        );
        if summary.unclear > 0 {
            println!(
                "{} mails were about to be sent then: each is looked for in Sent first, and sent only if it is not there.",
                summary.unclear
            );
        }
    }
    let done = missing(&summary)?;
    if !findings.is_empty() {
        bail!(
            "it is restored, and the check finds what was wrong already when the backup was made:\n{}",
            findings.join("\n")
        );
    }
    Ok(done)
}
