//! `tegata doctor`: everything that can be checked, from this machine to a mail in Sent.
//!
//! Without an address: the server's own reach, every credential, and the state of every mailbox. With one: the
//! whole chain of that mailbox. It works beside a running server, and without one.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use provider::Providers;
use provider::advice::{Case, Language};
use provider::cause::{Outcome, Step, Told, to_case};
use provider::credentials;
use serde_json::json;
use store::accounts::{self, Account};
use store::{Millis, credentials as stored};

use super::print_items;
use crate::config::{Config, Tls};
use crate::serve::{open_store, providers};
use crate::tls::acme::AcmeStatus;
use crate::tls::private::write_private;
use crate::{endings, health, notices, self_check};

#[derive(clap::Args)]
pub struct Args {
    /// Check this mailbox only, step by step
    address: Option<String>,
    /// Print `{"steps": […]}`
    #[arg(long)]
    json: bool,
    /// With an address: send one mail to the mailbox itself and look for it
    #[arg(long, requires = "address")]
    mail: bool,
    /// In this language (ja or en)
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    language: String,
    /// Write a support bundle: states and causes, without secrets, mail and addresses
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

/// Runs it; exit code 1 where any step fails.
pub async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let language = Language::from_tag(&args.language)
        .with_context(|| format!("{:?} is no language of ours; use ja or en", args.language))?;
    let store = open_store(config).await?;
    let providers = providers(config, store.clone())?;
    if let Some(path) = &args.bundle {
        let bundle = health::bundle(&providers, &config.for_support(), language).await?;
        write_private(path, &serde_json::to_string_pretty(&bundle)?)?;
        eprintln!("Written to {}; read it before you send it.", path.display());
        store.close().await;
        return Ok(ExitCode::SUCCESS);
    }
    let steps = match &args.address {
        Some(address) => of_mailbox(&providers, address, args.mail).await?,
        None => of_all(config, &providers).await?,
    };
    let items: Vec<_> = steps.iter().map(|step| step.to_json(language)).collect();
    if args.json {
        println!("{}", json!({ "steps": items }));
    } else {
        let columns = [
            "outcome",
            "name",
            "subject",
            "provider_said",
            "advice.cause",
            "advice.cure",
        ];
        print_items(false, &items, &columns);
    }
    store.close().await;
    let failed = steps.iter().any(|step| step.outcome == Outcome::Fail);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn of_mailbox(providers: &Providers, address: &str, mail: bool) -> Result<Vec<Step>> {
    let wanted = address.to_owned();
    let found = providers
        .store()
        .read(move |tx| Box::pin(async move { accounts::by_address(tx, &wanted).await }))
        .await?;
    if found.is_empty() {
        bail!("no mailbox {address} is connected; `tegata account list` shows which are");
    }
    let options = sync::checks::Options { mail };
    let mut steps = Vec::new();
    for account in found {
        steps.extend(sync::checks::check_now(providers, account, options, Told::default()).await?);
    }
    Ok(steps)
}

async fn of_all(config: &Config, providers: &Providers) -> Result<Vec<Step>> {
    let acme = match config.server.tls {
        Tls::Acme => AcmeStatus::written(config),
        _ => None,
    };
    let mut steps = self_check::run(providers, acme, None, Told::default()).await;
    let registered = providers
        .store()
        .read(|tx| Box::pin(async move { stored::list(tx).await }))
        .await?;
    for credential in registered {
        match credentials::check(providers, credential.id, Told::default()).await {
            Ok(checked) => steps.extend(checked.unwrap_or_default()),
            Err(provider::Error::NoProvider(name)) => {
                let case = Case::new("provider-not-configured").with("provider", name);
                steps.push(Step::fail("credential", credential.fields.name, 0, case));
            }
            Err(error) => return Err(error.into()),
        }
    }
    for seen in health::accounts(providers).await? {
        steps.push(state_of(&seen));
    }
    steps.extend(endings::check(providers).await?);
    steps.extend(notices::check(providers).await?);
    Ok(steps)
}

/// A mailbox's state as a step: what stops it fails, what waits by itself warns.
fn state_of(seen: &health::Seen) -> Step {
    let subject = seen.account.mailbox_address.clone();
    let causes = [
        seen.grant.as_ref().and_then(|grant| grant.cause.as_ref()),
        seen.account.sync.cause.as_ref(),
        seen.account.send.cause.as_ref(),
    ];
    let case = causes
        .into_iter()
        .flatten()
        .next()
        .map_or_else(|| Case::new("unknown-answer"), to_case);
    // Beside a refusal stand the provider's words; else when the mailbox last received and sent.
    let step = match health::severity(&seen.account, seen.grant.as_ref()) {
        0 => Step::ok("mailbox", subject, 0),
        1 => Step::warn("mailbox", subject, 0, case),
        _ => Step::fail("mailbox", subject, 0, case),
    };
    match step.provider_said {
        None => step.said(&lately(&seen.account)),
        Some(_) => step,
    }
}

/// When the mailbox last received and sent.
fn lately(account: &Account) -> String {
    let told = |time: Option<Millis>| time.map_or_else(|| "never".to_owned(), crate::json::time);
    let lag = account
        .lag
        .map_or(String::new(), |lag| format!(", {lag} s late"));
    format!(
        "received {}{lag}, sent {}",
        told(account.last_received_at),
        told(account.last_sent_at)
    )
}
