//! `tegata keys`: the keys that seal secrets in the database. All of it works beside a running server.
//!
//!     one machine:       rotate -> drop OLD
//!     several machines:  add -> copy the key file to all of them -> rotate -> drop OLD -> copy again

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;
use store::World;
use store::db::Db;
use store::seal::{self, KeyRing};

use super::{Meter, operator};
use crate::config::Config;
use crate::serve::open_store;

#[derive(Subcommand)]
pub enum Command {
    /// Show the keys, which one seals, and how much each has sealed
    List {
        #[arg(long)]
        json: bool,
    },
    /// Add a key that opens and does not seal yet, to be copied to other machines before `rotate`
    Add,
    /// Take a new key into use and seal everything anew, beside the running server
    Rotate {
        /// On PostgreSQL: no other machine works on this database, so a key may be made and used at once
        #[arg(long)]
        only_this_machine: bool,
        #[arg(long)]
        json: bool,
    },
    /// Take a key out of the file, if nothing is sealed with it
    Drop { number: u32 },
    /// The key file is lost for good: make a new key and mark what has to be entered or allowed again
    AcceptLoss {
        /// Do it; without this only what is lost is told
        #[arg(long)]
        yes: bool,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    match command {
        Command::List { json } => list(config, json).await,
        Command::Add => {
            let store = open_store(config).await?;
            let number = seal::add_key(&store, &operator()).await?;
            store.close().await;
            println!(
                "Key {number} is in {} and waits. Copy the file to every machine that works on this database, then \
                 run `tegata keys rotate` on one of them.",
                config.secrets.key_file.display()
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Rotate {
            only_this_machine,
            json,
        } => rotate(config, only_this_machine, json).await,
        Command::Drop { number } => {
            let store = open_store(config).await?;
            seal::drop_key(&store, number, &operator()).await?;
            store.close().await;
            println!(
                "Key {number} is gone from the file. Backups that were made while it was in use can be restored only with \
                 a copy of the file that holds it."
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::AcceptLoss { yes } => accept_loss(config, yes).await,
    }
}

async fn list(config: &Config, as_json: bool) -> Result<ExitCode> {
    let path = &config.secrets.key_file;
    let (store, trouble) = match open_store(config).await {
        Ok(store) => (Some(store), None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    let ring = match &store {
        Some(store) => Some(store.keys().clone()),
        None => KeyRing::load(path)?,
    };
    let counted = match &store {
        Some(store) => {
            store
                .read(|tx| Box::pin(async move { seal::survey(tx).await }))
                .await?
        }
        None => Vec::new(),
    };
    let sealing = store.as_ref().map(|store| store.keys().sealing());
    let mut items = Vec::new();
    for (number, fingerprint) in ring.map(|ring| ring.fingerprints()).unwrap_or_default() {
        let sealed: i64 = counted
            .iter()
            .filter(|found| found.number == number)
            .map(|found| found.count)
            .sum();
        let status = match sealing {
            None => "unknown",
            Some(sealing) if number == sealing => "seals",
            Some(sealing) if number > sealing => "waits",
            Some(_) => "opens",
        };
        items.push(json!({ "number": number, "status": status, "fingerprint": fingerprint, "sealed": sealed }));
    }
    if as_json {
        println!(
            "{}",
            json!({ "key_file": path.display().to_string(), "items": items, "trouble": trouble })
        );
    } else {
        for item in &items {
            println!(
                "key {}  {}  fingerprint {}  {} values",
                item["number"],
                item["status"].as_str().unwrap_or_default(),
                item["fingerprint"].as_str().unwrap_or_default(),
                item["sealed"]
            );
        }
    }
    if let Some(store) = store {
        store.close().await;
    }
    match trouble {
        None => Ok(ExitCode::SUCCESS),
        Some(_) if as_json => Ok(ExitCode::FAILURE),
        Some(trouble) => bail!("{trouble}"),
    }
}

async fn rotate(config: &Config, only_this_machine: bool, as_json: bool) -> Result<ExitCode> {
    let store = open_store(config).await?;
    let may_add = only_this_machine || config.store.database.starts_with("sqlite:");
    let mut meter = Meter::new();
    let done = seal::rotate(&store, &operator(), may_add, move |count| {
        meter.tell(|| format!("{count} values sealed anew"));
    })
    .await?;
    let old: Vec<u32> = store
        .keys()
        .numbers()
        .into_iter()
        .filter(|number| *number != done.number)
        .collect();
    store.close().await;
    if as_json {
        println!(
            "{}",
            json!({ "key": done.number, "added": done.added, "resealed": done.resealed,
                    "unreadable": done.unreadable, "old_keys": old })
        );
    } else {
        println!(
            "Key {} seals now; {} values were sealed anew. Copy {} to its safe place again.",
            done.number,
            done.resealed,
            config.secrets.key_file.display()
        );
        for number in old {
            println!(
                "Key {number} is still in the file: `tegata keys drop {number}` takes it out."
            );
        }
    }
    if done.unreadable > 0 {
        bail!(
            "{} values cannot be opened with any key of the file; `tegata check` names them",
            done.unreadable
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn accept_loss(config: &Config, yes: bool) -> Result<ExitCode> {
    let (world, path) = (World::real(), &config.secrets.key_file);
    let db = Db::open(&config.store.database).await?;
    let ring = KeyRing::load(path)?;
    let lost = seal::lost(&db, &world, ring.as_ref(), path).await?;
    let Some(lost) = lost else {
        db.close().await;
        println!("Nothing is lost: the key file opens everything in this database.");
        return Ok(ExitCode::SUCCESS);
    };
    if !yes {
        db.close().await;
        bail!("{lost}. With --yes this is done now; make a copy of the database first");
    }
    let done = seal::accept(&db, &world, path, &operator()).await?;
    db.close().await;
    for (what, count) in &done.lost {
        println!("lost: {count} {what}");
    }
    println!(
        "Key {} is in {} and seals now. Keep a copy apart from the backups. Enter the client secrets anew; the people see \
         that they have to connect again.",
        done.number,
        path.display()
    );
    Ok(ExitCode::SUCCESS)
}
