//! `tegata credential`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use provider::advice::Language;
use provider::cause::{Outcome, Step, Told};
use provider::credentials::{self as ours, Input, Remark};
use provider::redirect_uri;
use secrecy::SecretString;
use store::credentials::{self, Credential};
use store::{CredentialId, Store};

use super::{next_secret, operator, print_items, read_secret};
use crate::config::Config;
use crate::json;
use crate::serve::{open_store, providers};

#[derive(clap::Args)]
pub struct Fields {
    /// As the console shows it
    #[arg(long)]
    client_id: Option<String>,
    /// Google's downloaded client file, in place of ID and secret
    #[arg(long, value_name = "FILE", conflicts_with = "client_id")]
    client_json: Option<PathBuf>,
    /// The secret's value, from a file
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// The secret's value, from standard input
    #[arg(long)]
    client_secret_stdin: bool,
    /// Free text
    #[arg(long)]
    note: Option<String>,
    /// Tells several credentials apart
    #[arg(long)]
    name: Option<String>,
    /// Microsoft: GUID, verified domain, organizations, common or consumers
    #[arg(long)]
    tenant: Option<String>,
    /// When the secret ends, YYYY-MM-DD
    #[arg(long)]
    secret_ends_on: Option<String>,
    /// /common/cmn270.do or /common/cm270.do
    #[arg(long)]
    redirect_path: Option<String>,
    /// App-only: a mailbox that may be added (can be repeated)
    #[arg(long = "allowed-address", value_name = "ADDRESS")]
    allowed_addresses: Vec<String>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Register an OAuth app
    Add {
        /// google, microsoft, or a name of the configuration
        provider: String,
        /// delegated (each person consents), or app_only (Microsoft: the app opens the listed mailboxes)
        #[arg(long, default_value = "delegated")]
        access: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Change an OAuth app
    Edit {
        id: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// List OAuth apps
    List {
        #[arg(long)]
        json: bool,
    },
    /// Remove an OAuth app that no mailbox uses
    Remove { id: String },
    /// Prove ID and secret without a user
    Check {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Rotate the secret: hold the next one beside it, prove it, switch to it
    #[command(subcommand)]
    NextSecret(next_secret::Command),
}

fn input(provider: Option<String>, fields: Fields) -> Result<Input> {
    let client_secret: Option<SecretString> = read_secret(
        fields.client_secret_file.as_deref(),
        fields.client_secret_stdin,
    )?;
    let client_id = match &fields.client_json {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?,
        ),
        None => fields.client_id,
    };
    Ok(Input {
        provider,
        client_id,
        client_secret,
        note: fields.note,
        name: fields.name,
        tenant: fields.tenant,
        secret_ends_on: fields.secret_ends_on,
        redirect_path: fields.redirect_path,
        next_secret: None,
        next_secret_ends_on: None,
        access: None,
        allowed_addresses: Some(fields.allowed_addresses).filter(|list| !list.is_empty()),
    })
}

pub(super) fn told(remarks: &[Remark]) -> String {
    remarks
        .iter()
        .map(|remark| format!("{}: {}", remark.field, remark.message))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The steps of a check, as a table or as JSON.
pub(super) fn print_steps(steps: &[Step], json: bool) {
    let items: Vec<_> = steps
        .iter()
        .map(|step| step.to_json(Language::En))
        .collect();
    if json {
        println!("{}", serde_json::json!({ "steps": items }));
    } else {
        print_items(
            false,
            &items,
            &["outcome", "name", "subject", "provider_said", "advice.cure"],
        );
    }
}

pub(super) async fn find(store: &Store, id: &str) -> Result<Credential> {
    let id: CredentialId = id.parse().with_context(|| {
        format!("{id:?} is no credential id; `tegata credential list` shows them")
    })?;
    let found = store
        .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
        .await?;
    found.context("there is no such credential")
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let store = open_store(config).await?;
    let providers = providers(config, store.clone())?;
    let all = store
        .read(|tx| Box::pin(async move { credentials::list(tx).await }))
        .await?;
    match command {
        Command::Add {
            provider,
            access,
            fields,
        } => {
            let input = Input {
                access: Some(access),
                ..input(Some(provider), fields)?
            };
            let prepared = ours::prepare(&providers, &input, None, &all, Language::En)
                .map_err(|remarks| anyhow::anyhow!(told(&remarks)))?;
            for warning in &prepared.warnings {
                eprintln!("warning: {}: {}", warning.field, warning.message);
            }
            let uri = redirect_uri::uri(providers.public_url(), &prepared.fields.redirect_path);
            let id = store
                .write(move |tx| {
                    Box::pin(async move { ours::add(tx, &operator(), &prepared).await })
                })
                .await?;
            println!("{id}");
            eprintln!("The redirect URI to register at the provider, byte for byte: {uri}");
        }
        Command::Edit { id, fields } => {
            let known = find(&store, &id).await?;
            let others: Vec<Credential> = all
                .into_iter()
                .filter(|other| other.id != known.id)
                .collect();
            let prepared = ours::prepare(
                &providers,
                &input(None, fields)?,
                Some(&known),
                &others,
                Language::En,
            )
            .map_err(|remarks| anyhow::anyhow!(told(&remarks)))?;
            let done = store
                .write(move |tx| {
                    Box::pin(async move {
                        ours::update(tx, &operator(), known.id, known.version, &prepared).await
                    })
                })
                .await?;
            if !done {
                bail!(
                    "somebody else changed it first, so nothing was stored; look again and repeat"
                );
            }
        }
        Command::List { json } => {
            let mut items = Vec::new();
            for credential in all {
                let id = credential.id;
                let users = store
                    .read(move |tx| Box::pin(async move { credentials::in_use_by(tx, id).await }))
                    .await?
                    .len();
                let uri =
                    redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path);
                items.push(json::credential(&credential, &uri, users, Language::En));
            }
            print_items(
                json,
                &items,
                &[
                    "id",
                    "provider",
                    "name",
                    "client_id",
                    "tenant",
                    "status",
                    "secret_ends_on",
                    "in_use_by",
                ],
            );
        }
        Command::Remove { id } => {
            let credential = find(&store, &id).await?;
            let users = store
                .write(move |tx| {
                    Box::pin(async move { ours::remove(tx, &operator(), credential.id).await })
                })
                .await?;
            if !users.is_empty() {
                bail!(
                    "it is in use by {}; disconnect these mailboxes first",
                    users.join(", ")
                );
            }
        }
        Command::Check { id, json } => {
            let credential = find(&store, &id).await?;
            let steps = ours::check(&providers, credential.id, Told::default())
                .await?
                .context("there is no such credential")?;
            print_steps(&steps, json);
            if steps.iter().any(|step| step.outcome == Outcome::Fail) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::NextSecret(command) => {
            return next_secret::run(&store, &providers, &all, command).await;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
