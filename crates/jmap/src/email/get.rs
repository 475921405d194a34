//! Email/get (RFC 8621, 4.2).

use std::collections::HashMap;

use serde_json::Value;
use store::EmailId;
use store::changes::{self, Kind};
use store::emails::{self, Email, query};

use super::properties::Wanted;
use super::show::show;
use crate::error::{MethodError, Result};
use crate::limits::OBJECTS_IN_GET;
use crate::list;
use crate::request::Context;
use crate::types::Args;

/// Octets of body values in one answer: beyond them the client asks for fewer emails.
const MOST_OCTETS: usize = 256 << 20;

/// The answer.
pub async fn get(context: &Context<'_>, mut args: Args) -> Result<Value> {
    let mut get = list::get(context, &mut args).await?;
    let wanted = Wanted::take(get.properties.take(), &mut args)?;
    args.finish()?;
    let account = get.account;
    let parsed = get.parsed::<EmailId>();
    let (ids, mut not_found) = parsed.map_or((None, Vec::new()), |(ids, bad)| (Some(ids), bad));
    let (state, ids, found) = context
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let state = changes::state(tx, account, Kind::Email).await?;
                let ids = match ids {
                    Some(ids) => ids,
                    None => all(tx, account).await?,
                };
                let found = if ids.len() > OBJECTS_IN_GET {
                    Vec::new()
                } else {
                    emails::find_many(tx, account, &ids).await?
                };
                Ok::<_, store::Error>((state, ids, found))
            })
        })
        .await?;
    if ids.len() > OBJECTS_IN_GET {
        return Err(list::too_many());
    }
    let found: HashMap<EmailId, Email> = found.into_iter().map(|email| (email.id, email)).collect();
    let mut shown = Vec::new();
    let mut octets = 0;
    for id in ids {
        let Some(email) = found.get(&id) else {
            not_found.push(id.to_string());
            continue;
        };
        let raw = if wanted.needs_bytes() {
            context
                .store()
                .blobs()
                .get(email.blob_id)
                .await
                .map_err(MethodError::from)?
                .unwrap_or_default()
        } else {
            Default::default()
        };
        octets += raw.len();
        if octets > MOST_OCTETS {
            return Err(MethodError::new("requestTooLarge")
                .because("ask for fewer emails, or for shorter body values"));
        }
        shown.push(show(email, &raw, &wanted));
    }
    Ok(list::answer(account, state, shown, not_found))
}

async fn all(tx: &mut store::Tx, account: store::AccountId) -> store::Result<Vec<EmailId>> {
    let query = query::Query {
        filter: None,
        sort: Vec::new(),
        collapse_threads: false,
        from: query::From::Position(0),
        limit: OBJECTS_IN_GET as i64 + 1,
        total: false,
    };
    Ok(query::query(tx, account, &query)
        .await?
        .map(|page| page.ids)
        .unwrap_or_default())
}
