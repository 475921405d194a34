//! `tegata token ADDRESS`: a fresh access token, the bare value on standard output.

use std::process::ExitCode;

use anyhow::{Result, bail};
use provider::advice::Language;
use provider::cause::to_case;
use provider::tokens::{self, Answered};
use secrecy::ExposeSecret;
use serde_json::json;
use store::credentials::{self, Access};
use store::{accounts, audit, grants};

use super::operator;
use crate::config::Config;
use crate::serve::{open_store, providers};

#[derive(clap::Args)]
pub struct Args {
    /// The mailbox
    address: String,
    /// Print the end of its life too
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, args: Args) -> Result<ExitCode> {
    let store = open_store(config).await?;
    let address = args.address.clone();
    let found = store
        .read(move |tx| Box::pin(async move { accounts::by_address(tx, &address).await }))
        .await?;
    let Some(account) = found.first().cloned() else {
        bail!("no mailbox {} is connected", args.address)
    };
    let providers = providers(config, store.clone())?;
    let grant_id = account.grant_id;
    let credential = store
        .read(move |tx| {
            Box::pin(async move {
                match grants::find(tx, grant_id).await? {
                    Some(grant) => credentials::find(tx, grant.credential_id).await,
                    None => Ok(None),
                }
            })
        })
        .await?;
    if credential.is_some_and(|credential| credential.fields.access == Access::AppOnly) {
        eprintln!(
            "warning: this is the app's own token; it opens every mailbox that the app may open"
        );
    }
    match tokens::fresh_token(&providers, account.grant_id).await? {
        Answered::Fresh(fresh) => {
            let id = account.id;
            store
                .write(move |tx| {
                    Box::pin(async move {
                        audit::add(tx, &operator(), "account.access_token_given", id, json!({}))
                            .await
                    })
                })
                .await?;
            if args.json {
                let answer = json!({ "access_token": fresh.token.expose_secret(), "token_type": "Bearer", "expires_at": crate::json::time(fresh.ends_at) });
                println!("{answer}");
            } else {
                println!("{}", fresh.token.expose_secret());
            }
            store.close().await;
            Ok(ExitCode::SUCCESS)
        }
        Answered::Later(_, cause) | Answered::AppBroken(cause) | Answered::NeedsConsent(cause) => {
            let advice = to_case(&cause).advise(Language::En);
            bail!("{} {}", advice.cause, advice.cure)
        }
    }
}
