//! `tegata credential next-secret`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use provider::Providers;
use provider::advice::Language;
use provider::cause::{Outcome, Told};
use provider::credentials::{self as ours, Input, NotSwitched};
use provider::redirect_uri;
use store::credentials::{self, Credential};
use store::{AccountId, CredentialId, Store};

use super::credential::{find, print_steps, told};
use super::{operator, print_items, read_secret};
use crate::json;

const CHANGED: &str =
    "somebody else changed it first, so nothing was stored; look again and repeat";

#[derive(Subcommand)]
pub enum Command {
    /// Hold the next secret beside the one in use
    Set {
        id: String,
        /// The secret's value, from a file
        #[arg(
            long,
            value_name = "FILE",
            required_unless_present = "secret_stdin",
            conflicts_with = "secret_stdin"
        )]
        secret_file: Option<PathBuf>,
        /// The secret's value, from standard input
        #[arg(long)]
        secret_stdin: bool,
        /// When it ends, YYYY-MM-DD
        #[arg(long, value_name = "DATE")]
        ends_on: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Prove it without a user, then by a refresh of one mailbox's grant
    Check {
        id: String,
        /// On this mailbox (an account id); else on one that works
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Make it the one in use; that one is kept to fall back to
    Switch {
        id: String,
        /// Though it is not proven
        #[arg(long)]
        anyway: bool,
        #[arg(long)]
        json: bool,
    },
    /// Give the next secret up, or the previous one
    Drop {
        id: String,
        /// The one that was in use before the last switch
        #[arg(long)]
        previous: bool,
    },
}

pub async fn run(
    store: &Store,
    providers: &Providers,
    all: &[Credential],
    command: Command,
) -> Result<ExitCode> {
    match command {
        Command::Set {
            id,
            secret_file,
            secret_stdin,
            ends_on,
            json,
        } => {
            let known = find(store, &id).await?;
            let input = Input {
                next_secret: Some(read_secret(secret_file.as_deref(), secret_stdin)?),
                next_secret_ends_on: ends_on,
                ..Input::default()
            };
            change(store, providers, all, &known, &input).await?;
            show(store, providers, known.id, json).await?;
        }
        Command::Check { id, account, json } => {
            let known = find(store, &id).await?;
            let wanted = match account {
                Some(account) => Some(grant(store, known.id, &account).await?),
                None => None,
            };
            let steps = ours::check_next(providers, known.id, wanted, Told::default())
                .await?
                .context(
                    "it holds no next secret; `tegata credential next-secret set` enters one",
                )?;
            print_steps(&steps, json);
            store.close().await;
            let failed = steps.iter().any(|step| step.outcome == Outcome::Fail);
            return Ok(if failed {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            });
        }
        Command::Switch { id, anyway, json } => {
            let known = find(store, &id).await?;
            let done = store
                .write(move |tx| {
                    Box::pin(async move {
                        ours::switch(tx, &operator(), known.id, known.version, anyway).await
                    })
                })
                .await?;
            match done {
                Ok(()) => show(store, providers, known.id, json).await?,
                Err(NotSwitched::NoNext) => {
                    bail!("it holds no next secret; `tegata credential next-secret set` enters one")
                }
                Err(NotSwitched::Unproven) => bail!(
                    "the provider has not taken the next secret yet; run `tegata credential next-secret check {}` \
                     first, or say --anyway",
                    known.id
                ),
                Err(NotSwitched::Changed) => bail!(CHANGED),
            }
        }
        Command::Drop { id, previous } => {
            let known = find(store, &id).await?;
            if previous {
                store
                    .write(move |tx| {
                        Box::pin(
                            async move { ours::drop_previous(tx, &operator(), known.id).await },
                        )
                    })
                    .await?;
            } else {
                let input = Input {
                    next_secret: Some(None),
                    ..Input::default()
                };
                change(store, providers, all, &known, &input).await?;
            }
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn change(
    store: &Store,
    providers: &Providers,
    all: &[Credential],
    known: &Credential,
    input: &Input,
) -> Result<()> {
    let (id, version) = (known.id, known.version);
    let others: Vec<Credential> = all.iter().filter(|one| one.id != id).cloned().collect();
    let prepared = ours::prepare(providers, input, Some(known), &others, Language::En)
        .map_err(|remarks| anyhow::anyhow!(told(&remarks)))?;
    if let Some(same) = ours::same_as_current(store, id, &prepared, Language::En).await? {
        bail!(told(&[same]));
    }
    for warning in &prepared.warnings {
        eprintln!("warning: {}: {}", warning.field, warning.message);
    }
    let done = store
        .write(move |tx| {
            Box::pin(async move { ours::update(tx, &operator(), id, version, &prepared).await })
        })
        .await?;
    if !done {
        bail!(CHANGED);
    }
    Ok(())
}

async fn grant(store: &Store, id: CredentialId, account: &str) -> Result<store::GrantId> {
    let account: AccountId = account.parse().with_context(|| {
        format!("{account:?} is no account id; `tegata account list` shows them")
    })?;
    let found = store
        .read(move |tx| Box::pin(async move { ours::grant_of_account(tx, id, account).await }))
        .await?;
    found.context("this mailbox does not use that credential")
}

async fn show(store: &Store, providers: &Providers, id: CredentialId, json: bool) -> Result<()> {
    let found = store
        .read(move |tx| {
            Box::pin(async move {
                let users = credentials::in_use_by(tx, id).await?.len();
                Ok((credentials::find(tx, id).await?, users))
            })
        })
        .await?;
    let (Some(credential), users) = found else {
        return Ok(());
    };
    let uri = redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path);
    let item = json::credential(&credential, &uri, users, Language::En);
    if json {
        println!("{item}");
    } else {
        let columns = [
            "id",
            "name",
            "status",
            "secret_hint",
            "secret_ends_on",
            "next_secret_hint",
            "next_secret_status",
            "next_secret_ends_on",
            "previous_secret_hint",
        ];
        print_items(false, &[item], &columns);
    }
    Ok(())
}
