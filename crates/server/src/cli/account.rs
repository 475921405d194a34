//! `tegata account`

use anyhow::{Result, bail};
use clap::Subcommand;
use provider::advice::Language;
use serde_json::json;
use store::{accounts, audit, grants};

use super::{operator, print_items};
use crate::config::Config;
use crate::json;
use crate::serve::{open_store, providers};

#[derive(Subcommand)]
pub enum Command {
    /// List connected mailboxes and their states
    List {
        #[arg(long)]
        json: bool,
    },
    /// Show one mailbox
    Show {
        address: String,
        #[arg(long)]
        json: bool,
    },
    /// Disconnect a mailbox: its mail here goes, the mailbox at the provider is untouched
    Disconnect { address: String },
}

pub async fn run(config: &Config, command: Command) -> Result<()> {
    let store = open_store(config).await?;
    let read = |address: Option<String>| {
        let store = store.clone();
        async move {
            store
                .read(move |tx| {
                    Box::pin(async move {
                        let found = match &address {
                            Some(address) => accounts::by_address(tx, address).await?,
                            None => accounts::all(tx).await?,
                        };
                        let mut items = Vec::new();
                        for account in found {
                            let grant = grants::find(tx, account.grant_id).await?;
                            items.push((account, grant));
                        }
                        Ok(items)
                    })
                })
                .await
        }
    };
    match command {
        Command::List { json } => {
            let found = read(None).await?;
            let items: Vec<_> = found
                .iter()
                .map(|(account, grant)| {
                    json::account(account, grant.as_ref(), store.now(), Language::En)
                })
                .collect();
            print_items(
                json,
                &items,
                &[
                    "id",
                    "mailbox_address",
                    "provider",
                    "grant.status",
                    "sync.status",
                    "send.status",
                    "sync.last_received_at",
                ],
            );
        }
        Command::Show { address, json } => {
            let found = read(Some(address.clone())).await?;
            if found.is_empty() {
                bail!("no mailbox {address} is connected");
            }
            for (account, grant) in &found {
                let item = json::account(account, grant.as_ref(), store.now(), Language::En);
                if json {
                    println!("{item}")
                } else {
                    println!("{}", serde_json::to_string_pretty(&item)?)
                }
            }
        }
        Command::Disconnect { address } => {
            let found = read(Some(address.clone())).await?;
            let [(account, _)] = found.as_slice() else {
                bail!(
                    "{} mailboxes have the address {address}; only one can be disconnected this way",
                    found.len()
                );
            };
            let id = account.id;
            store
                .write(move |tx| {
                    Box::pin(async move {
                        accounts::remove(tx, id).await?;
                        audit::add(
                            tx,
                            &operator(),
                            "account.disconnected",
                            id,
                            json!({ "mailbox": address }),
                        )
                        .await
                    })
                })
                .await?;
            // A running server gives the grant up at the provider; without one, the next start does.
            provider::tokens::end_given_up(&providers(config, store.clone())?).await?;
        }
    }
    store.close().await;
    Ok(())
}
