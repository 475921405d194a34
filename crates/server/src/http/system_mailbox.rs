//! `/api/system-mailbox`: which connected account sends notices. For administrators.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AccountId, accounts, audit, settings};

use super::Web;
use super::caller::{Administrator, Body, Client, actor};
use super::problem::{Problem, language};
use crate::json;
use crate::notices::mailbox::{self, Sender};

/// Accounts that are offered.
const MOST: usize = 1_000;

/// The chosen one, in short.
pub fn show(sender: Option<&Sender>) -> Value {
    sender.map_or(Value::Null, |sender| {
        json!({
            "account_id": sender.account.id, "address": sender.account.mailbox_address, "works": sender.works(),
        })
    })
}

async fn answer(web: &Web) -> Result<Json<Value>, Problem> {
    let (chosen, candidates) = web
        .store()
        .read(|tx| {
            Box::pin(async move {
                let chosen = mailbox::chosen(tx).await?;
                Ok((chosen, mailbox::candidates(tx, MOST).await?))
            })
        })
        .await?;
    let candidates: Vec<Value> = candidates.iter().map(|sender| show(Some(sender))).collect();
    let trouble = mailbox::trouble(web.providers(), chosen.as_ref());
    let send = chosen.as_ref().map(|sender| {
        let (now, grant) = (web.store().now(), sender.grant.as_ref());
        json::account(&sender.account, grant, now, language())["send"].clone()
    });
    Ok(Json(json!({
        "account_id": chosen.as_ref().map(|sender| sender.account.id),
        "address": chosen.as_ref().map(|sender| &sender.account.mailbox_address),
        "send": send, "works": trouble.is_none(),
        "advice": trouble.map(|case| case.advise(language())), "candidates": candidates,
    })))
}

/// `GET /api/system-mailbox`
pub async fn find(State(web): State<Web>, _: Administrator) -> Result<Json<Value>, Problem> {
    answer(&web).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Must be there: `null` chooses none.
    #[serde(deserialize_with = "Option::deserialize")]
    account_id: Option<String>,
}

/// `PUT /api/system-mailbox {account_id}`
pub async fn choose(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Body(sent): Body<Choice>,
) -> Result<Json<Value>, Problem> {
    let unknown = || {
        Problem::field(
            "account_id",
            "接続されたメールボックスを指定してください。",
            "Name a connected mailbox.",
        )
    };
    let wanted = match sent.account_id.as_deref() {
        None => None,
        Some(id) => Some(id.parse::<AccountId>().map_err(|_| unknown())?),
    };
    let actor = actor(&caller, &client);
    let chosen = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let mailbox = match wanted {
                    None => None,
                    Some(id) => match accounts::find(tx, id).await? {
                        None => return Ok(false),
                        Some(account) => Some(account.mailbox_address),
                    },
                };
                settings::set_system_mailbox(tx, wanted).await?;
                let subject = wanted.map_or(String::new(), |id| id.to_string());
                let detail = json!({ "mailbox": mailbox });
                audit::add(tx, &actor, "system_mailbox.set", subject, detail).await?;
                Ok(true)
            })
        })
        .await?;
    if !chosen {
        return Err(unknown());
    }
    answer(&web).await
}
