//! Email/set (RFC 8621, 4.6).
//!
//!     create  -> bytes durable -> one transaction with all updates and destroys
//!     update  -> keywords: seen at once, an intent for the provider; mailboxes: only of what is not upstream
//!     destroy -> drafts that are not upstream
//!
//! What is not carried out upstream yet is `forbidden`, never half done.

use serde_json::{Value, json};
use store::changes::{self, Kind};
use store::emails::{self, NewEmail};
use store::{AccountId, EmailId, Tx};

use super::{create, update};
use crate::error::{MethodError, Result, SetError};
use crate::request::Context;
use crate::set::{self, Done};
use crate::types::{Args, Object};

/// The answer.
pub async fn set(context: &mut Context<'_>, mut args: Args) -> Result<Value> {
    let (account, _) = context.account(&mut args).await?;
    let wanted = set::wanted(&mut args)?;
    args.finish()?;
    let mut done = Done::default();
    if let Some(state) = &wanted.if_in_state {
        let read = context.store().read(move |tx| {
            Box::pin(async move { changes::state(tx, account, Kind::Email).await })
        });
        if read.await.map_err(MethodError::from)?.to_string() != *state {
            return Err(MethodError::new("stateMismatch"));
        }
    }
    // Before the transaction: bodies are put together and made durable.
    let mut creates: Vec<(String, NewEmail)> = Vec::new();
    for (name, object) in wanted.create {
        match create::prepare(context, account, object).await? {
            Ok(new) => creates.push((name, new)),
            Err(error) => done.refuse_create(&name, error),
        }
    }
    let known = context.created.clone();
    let if_in_state = wanted.if_in_state;
    let (updates, destroys) = (wanted.update, wanted.destroy);
    let (old, new, done, made) = context
        .store()
        .try_write::<_, MethodError, _>(move |tx| {
            Box::pin(async move {
                let old = changes::state(tx, account, Kind::Email).await?;
                if if_in_state.is_some_and(|state| state != old.to_string()) {
                    return Err(MethodError::new("stateMismatch"));
                }
                let mut made: Vec<(String, String)> = Vec::new();
                for (name, new) in creates {
                    let added = emails::add(tx, account, &new, None).await?;
                    made.push((name.clone(), added.id.to_string()));
                    let shown = json!({
                        "id": added.id, "blobId": new.blob_id.to_string(), "threadId": added.thread_id, "size": new.size,
                    });
                    done.created.insert(name, shown);
                }
                let real = |id: &str| -> String {
                    let name = id.strip_prefix('#');
                    let made = name.and_then(|name| made.iter().find(|(known, _)| known == name).map(|(_, id)| id));
                    made.or_else(|| name.and_then(|name| known.get(name))).map_or(id, String::as_str).to_owned()
                };
                let destroys: Vec<String> = destroys.iter().map(|id| real(id)).collect();
                for (name, patch) in updates {
                    let id = real(&name);
                    let end = match destroys.contains(&id) {
                        true => Err(set::will_destroy()),
                        false => one_update(tx, account, &id, patch, &known).await?,
                    };
                    done.end_update(&id, end);
                }
                for id in destroys {
                    let end = destroy(tx, account, &id).await?;
                    done.end_destroy(&id, end);
                }
                let new = changes::state(tx, account, Kind::Email).await?;
                Ok((old, new, done, made))
            })
        })
        .await?;
    context.created.extend(made);
    Ok(done.answer(account, old, new))
}

async fn one_update(
    tx: &mut Tx,
    account: AccountId,
    id: &str,
    patch: Object,
    known: &std::collections::BTreeMap<String, String>,
) -> Result<Result<(), SetError>> {
    let Ok(id) = id.parse::<EmailId>() else {
        return Ok(Err(SetError::new("notFound")));
    };
    match emails::find(tx, account, id).await? {
        Some(email) => update::update(tx, account, &email, patch, known).await,
        None => Ok(Err(SetError::new("notFound"))),
    }
}

async fn destroy(tx: &mut Tx, account: AccountId, id: &str) -> Result<Result<(), SetError>> {
    let not_found = || Ok(Err(SetError::new("notFound")));
    let Ok(id) = id.parse::<EmailId>() else {
        return not_found();
    };
    let Some(email) = emails::find(tx, account, id).await? else {
        return not_found();
    };
    let is_draft = email.keywords.iter().any(|word| word == "$draft");
    if !is_draft || emails::is_upstream(tx, account, id).await? {
        return Ok(Err(SetError::new("forbidden").because(
            "deleting is not carried out yet, except for drafts made here",
        )));
    }
    emails::remove(tx, account, id).await?;
    Ok(Ok(()))
}
