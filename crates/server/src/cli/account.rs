//! `tegata account`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use provider::advice::Language;
use provider::app_only::{self, NewMailbox, NotAdded};
use secrecy::ExposeSecret;
use serde_json::json;
use store::{
    AccountId, CredentialId, Store, accounts, audit, credentials, grants, protocol_log, settings,
    users,
};

use super::{operator, person, print_items};
use crate::config::Config;
use crate::notices::mailbox;
use crate::serve::{open_store, providers};
use crate::{import, json};

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
    /// Add mailboxes by an app-only credential, without anybody's consent
    Add {
        /// Its id; `tegata credential list` shows it
        #[arg(long, value_name = "ID")]
        credential: String,
        /// Login of who will read them; else the user whose address it is
        #[arg(long, value_name = "LOGIN")]
        owner: Option<String>,
        /// Addresses from the credential's list
        #[arg(required = true)]
        addresses: Vec<String>,
    },
    /// Bring accounts in from a CSV file (as GroupSession writes them); people authorise them afterwards
    Import {
        file: PathBuf,
        /// Judge only
        #[arg(long)]
        dry_run: bool,
        /// Replace what is known of the same account
        #[arg(long)]
        overwrite: bool,
        #[arg(long)]
        json: bool,
    },
    /// Write down the talk with a mailbox's servers, masked; without an option: print what was written
    Log {
        address: String,
        /// On for so many minutes (5 to 1440)
        #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(i64).range(5..=1440))]
        on: Option<i64>,
        /// Off, and erase it
        #[arg(long, conflicts_with = "on")]
        off: bool,
    },
    /// Show which mailboxes ran without a pause for the last days, which did not, and why
    Reach {
        /// How many days back
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=400))]
        days: i64,
        #[arg(long)]
        json: bool,
    },
    /// Choose the mailbox that sends notices; without an argument: show which does
    SystemMailbox {
        address: Option<String>,
        /// None sends them
        #[arg(long, conflicts_with = "address")]
        none: bool,
    },
    /// Disconnect a mailbox: its mail here goes, the mailbox at the provider is untouched
    Disconnect { address: String },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let store = open_store(config).await?;
    let command = match command {
        Command::Add {
            credential,
            owner,
            addresses,
        } => {
            add(config, &store, &credential, owner, addresses).await?;
            store.close().await;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Import {
            file,
            dry_run,
            overwrite,
            json,
        } => {
            let options = import::Options { dry_run, overwrite };
            let code = bring_in(config, &store, &file, options, json).await?;
            store.close().await;
            return Ok(code);
        }
        Command::Reach { days, json } => {
            reach(&store, days, json).await?;
            store.close().await;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Log { address, on, off } => {
            log(&store, address, on, off).await?;
            store.close().await;
            return Ok(ExitCode::SUCCESS);
        }
        Command::SystemMailbox { address, none } => {
            let code = system_mailbox(config, &store, address, none).await?;
            store.close().await;
            return Ok(code);
        }
        other => other,
    };
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
        Command::Add { .. }
        | Command::Import { .. }
        | Command::Log { .. }
        | Command::Reach { .. }
        | Command::SystemMailbox { .. } => {}
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn add(
    config: &Config,
    store: &Store,
    credential: &str,
    owner: Option<String>,
    addresses: Vec<String>,
) -> Result<()> {
    let id: CredentialId = credential
        .parse()
        .with_context(|| format!("{credential:?} is no credential id"))?;
    let providers = providers(config, store.clone())?;
    for address in addresses {
        let owner = match &owner {
            Some(login) => person(store, login).await?,
            None => {
                let people = store
                    .read(|tx| Box::pin(async move { users::list(tx).await }))
                    .await?;
                let theirs = people
                    .into_iter()
                    .find(|user| user.address.eq_ignore_ascii_case(&address));
                theirs.with_context(|| {
                    format!("no user has the address {address}; name who will read it with --owner")
                })?
            }
        };
        let (known, mailbox) = (providers.clone(), address.clone());
        let added = store
            .try_write(move |tx| {
                Box::pin(async move {
                    let Some(credential) = credentials::find(tx, id).await? else {
                        anyhow::bail!("there is no such credential");
                    };
                    let profile = known.profile(&credential.fields.provider)?;
                    let new = NewMailbox {
                        credential: &credential,
                        owner: &owner,
                        address: &mailbox,
                        name: "",
                    };
                    Ok(app_only::add_mailbox(tx, &operator(), profile, &new).await?)
                })
            })
            .await?;
        match added {
            Ok(id) => println!("{id}"),
            Err(NotAdded::Delegated) => bail!("with this credential people connect for themselves"),
            Err(NotAdded::Address) => bail!("{address} is no mail address"),
            Err(NotAdded::NotListed) => bail!(
                "{address} is not on the credential's list; \
                 `tegata credential edit {credential} --allowed-address …` changes it"
            ),
        }
    }
    Ok(())
}

async fn bring_in(
    config: &Config,
    store: &Store,
    file: &Path,
    options: import::Options,
    json: bool,
) -> Result<ExitCode> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let providers = providers(config, store.clone())?;
    let outcome = import::import(&providers, operator(), &bytes, options, Language::En).await?;
    for remark in &outcome.warnings {
        eprintln!(
            "warning: line {} {}: {}",
            remark.line, remark.field, remark.message
        );
    }
    if !outcome.errors.is_empty() {
        for remark in &outcome.errors {
            eprintln!("line {} {}: {}", remark.line, remark.field, remark.message);
        }
        eprintln!("nothing was stored");
        return Ok(ExitCode::FAILURE);
    }
    let public_url = &config.server.public_url;
    let invitations: Vec<_> = outcome
        .links
        .iter()
        .map(|link| {
            let url = format!("{public_url}/invitation#{}", link.token.expose_secret());
            json!({ "login": link.user.login, "name": link.user.name, "address": link.user.address, "url": url })
        })
        .collect();
    if json {
        println!(
            "{}",
            json!({
                "dry_run": options.dry_run, "lines": outcome.lines, "added": outcome.added, "changed": outcome.changed,
                "unchanged": outcome.unchanged, "invited": outcome.invited, "invitations": invitations,
            })
        );
    } else {
        let would = if options.dry_run { "would be " } else { "" };
        println!(
            "{} lines: {} {would}added, {} {would}changed, {} unchanged, {} people {would}invited",
            outcome.lines, outcome.added, outcome.changed, outcome.unchanged, outcome.invited
        );
        print_items(false, &invitations, &["login", "address", "url"]);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the report of reach; as JSON one line for each mailbox.
async fn reach(store: &Store, days: i64, json: bool) -> Result<()> {
    let report = crate::reach::report(store, days, None, None, usize::MAX).await?;
    let now = report.window.until;
    let items: Vec<_> = report
        .lines
        .iter()
        .map(|line| crate::reach::line_json(line, now, Language::En))
        .collect();
    if !json {
        println!(
            "{} of {} mailboxes ran without a pause in the last {days} days",
            report.sum.unbroken, report.sum.total
        );
    }
    print_items(
        json,
        &items,
        &[
            "mailbox_address",
            "unbroken",
            "receiving",
            "seconds_out",
            "since",
        ],
    );
    if !json {
        for item in items.iter().filter(|item| item["unbroken"] == false) {
            println!();
            println!("{}", item["mailbox_address"].as_str().unwrap_or_default());
            for pause in item["pauses"].as_array().into_iter().flatten() {
                println!(
                    "  {}  {} s  {} {}  {}",
                    pause["since"].as_str().unwrap_or_default(),
                    pause["seconds"],
                    pause["side"].as_str().unwrap_or_default(),
                    pause["status"].as_str().unwrap_or_default(),
                    pause["advice"]["cause"].as_str().unwrap_or_default(),
                );
            }
        }
    }
    Ok(())
}

async fn log(store: &Store, address: String, on: Option<i64>, off: bool) -> Result<()> {
    let wanted = address.clone();
    let found = store
        .read(move |tx| Box::pin(async move { accounts::by_address(tx, &wanted).await }))
        .await?;
    if found.is_empty() {
        bail!("no mailbox {address} is connected");
    }
    for account in found {
        let id = account.id;
        let lines = store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(minutes) = on {
                        let until = tx.now() + minutes * 60_000;
                        protocol_log::switch_on(tx, id, until).await?;
                        let detail = json!({ "minutes": minutes });
                        audit::add(tx, &operator(), "account.protocol_log_on", id, detail).await?;
                        return Ok(Vec::new());
                    }
                    if off {
                        protocol_log::erase(tx, id).await?;
                        let action = "account.protocol_log_erased";
                        audit::add(tx, &operator(), action, id, json!({})).await?;
                        return Ok(Vec::new());
                    }
                    protocol_log::lines(tx, id).await
                })
            })
            .await?;
        for line in lines {
            println!("{} {}", json::time_with_millis(line.at), line.text);
        }
    }
    Ok(())
}

/// Chooses or shows the system mailbox; exit code 1 where the one that is chosen cannot send.
async fn system_mailbox(
    config: &Config,
    store: &Store,
    address: Option<String>,
    none: bool,
) -> Result<ExitCode> {
    let providers = providers(config, store.clone())?;
    if let Some(address) = &address {
        let wanted = address.clone();
        let found = store
            .read(move |tx| Box::pin(async move { accounts::by_address(tx, &wanted).await }))
            .await?;
        let [account] = found.as_slice() else {
            bail!(
                "{} mailboxes have the address {address}; `tegata account list` shows which there are",
                found.len()
            );
        };
        choose(store, Some(account.id), address).await?;
    } else if none {
        choose(store, None, "").await?;
    }
    let chosen = store
        .read(|tx| Box::pin(async move { mailbox::chosen(tx).await }))
        .await?;
    let shown = chosen
        .as_ref()
        .map_or("(none)", |sender| sender.account.mailbox_address.as_str());
    println!("{shown}");
    match mailbox::trouble(&providers, chosen.as_ref()) {
        Some(case) if !none => {
            let advice = case.advise(Language::En);
            eprintln!("{} {}", advice.cause, advice.cure);
            Ok(ExitCode::FAILURE)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

async fn choose(store: &Store, id: Option<AccountId>, address: &str) -> Result<()> {
    let detail = json!({ "mailbox": Some(address).filter(|address| !address.is_empty()) });
    store
        .write(move |tx| {
            Box::pin(async move {
                settings::set_system_mailbox(tx, id).await?;
                let subject = id.map_or(String::new(), |id| id.to_string());
                audit::add(tx, &operator(), "system_mailbox.set", subject, detail).await
            })
        })
        .await?;
    Ok(())
}
