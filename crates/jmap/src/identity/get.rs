//! Identity/get (RFC 8621, 6.1).

use serde_json::{Value, json};
use store::IdentityId;
use store::changes::{self, Kind};
use store::identities::{self, Identity};

use crate::error::Result;
use crate::list;
use crate::request::Context;
use crate::types::{Args, Object};

const PROPERTIES: &[&str] = &[
    "id",
    "name",
    "email",
    "replyTo",
    "bcc",
    "textSignature",
    "htmlSignature",
    "mayDelete",
];

/// The answer.
pub async fn get(context: &Context<'_>, mut args: Args) -> Result<Value> {
    let get = list::get(context, &mut args).await?;
    args.finish()?;
    get.check_properties(PROPERTIES)?;
    let account = get.account;
    let (state, all) = context
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let state = changes::state(tx, account, Kind::Identity).await?;
                Ok::<_, store::Error>((state, identities::list(tx, account).await?))
            })
        })
        .await?;
    let mut shown = Vec::new();
    let mut not_found = Vec::new();
    match get.parsed::<IdentityId>() {
        None => shown.extend(all.iter()),
        Some((ids, bad)) => {
            not_found = bad;
            for id in ids {
                match all.iter().find(|identity| identity.id == id) {
                    Some(identity) => shown.push(identity),
                    None => not_found.push(id.to_string()),
                }
            }
        }
    }
    let list = shown
        .into_iter()
        .map(|identity| get.cut(show(identity)))
        .collect();
    Ok(list::answer(account, state, list, not_found))
}

fn show(identity: &Identity) -> Object {
    let pairs = [
        ("id", json!(identity.id)),
        ("name", json!(identity.name)),
        ("email", json!(identity.email)),
        ("replyTo", Value::Null),
        ("bcc", Value::Null),
        ("textSignature", json!("")),
        ("htmlSignature", json!("")),
        ("mayDelete", json!(false)),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
