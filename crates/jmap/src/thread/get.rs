//! Thread/get (RFC 8621, 3.1).

use serde_json::{Value, json};
use store::changes::{self, Kind};
use store::{ThreadId, threads};

use crate::error::Result;
use crate::limits::OBJECTS_IN_GET;
use crate::list;
use crate::request::Context;
use crate::types::{Args, Object};

/// The answer; the emails of a thread are in the order of their time received.
pub async fn get(context: &Context<'_>, mut args: Args) -> Result<Value> {
    let get = list::get(context, &mut args).await?;
    args.finish()?;
    get.check_properties(&["id", "emailIds"])?;
    let account = get.account;
    let (wanted, mut not_found) = get
        .parsed::<ThreadId>()
        .map_or((None, Vec::new()), |(ids, bad)| (Some(ids), bad));
    let (state, found) = context
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let state = changes::state(tx, account, Kind::Thread).await?;
                let ids = match wanted {
                    Some(ids) => ids,
                    None => threads::all(tx, account, OBJECTS_IN_GET + 1).await?,
                };
                let mut found = Vec::with_capacity(ids.len());
                for id in ids {
                    found.push((id, threads::emails(tx, account, id).await?));
                }
                Ok::<_, store::Error>((state, found))
            })
        })
        .await?;
    if found.len() > OBJECTS_IN_GET {
        return Err(list::too_many());
    }
    let mut shown = Vec::new();
    for (id, emails) in found {
        match emails {
            Some(emails) => {
                let pairs = [
                    ("id".to_owned(), json!(id)),
                    ("emailIds".to_owned(), json!(emails)),
                ];
                shown.push(get.cut(Object::from_iter(pairs)));
            }
            None => not_found.push(id.to_string()),
        }
    }
    Ok(list::answer(account, state, shown, not_found))
}
