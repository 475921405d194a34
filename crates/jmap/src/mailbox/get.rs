//! Mailbox/get (RFC 8621, 2.1).

use serde_json::Value;
use store::FolderId;
use store::changes::{self, Kind};
use store::folders;

use crate::error::Result;
use crate::limits::OBJECTS_IN_GET;
use crate::list;
use crate::mailbox::{PROPERTIES, counts_of, show};
use crate::request::Context;
use crate::types::Args;

/// The answer.
pub async fn get(context: &Context<'_>, mut args: Args) -> Result<Value> {
    let get = list::get(context, &mut args).await?;
    args.finish()?;
    get.check_properties(PROPERTIES)?;
    let account = get.account;
    let (state, folders, counts) = context
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let state = changes::state(tx, account, Kind::Mailbox).await?;
                Ok::<_, store::Error>((
                    state,
                    folders::list(tx, account).await?,
                    folders::counts(tx, account).await?,
                ))
            })
        })
        .await?;
    let mut shown = Vec::new();
    let mut not_found = Vec::new();
    match get.parsed::<FolderId>() {
        None if folders.len() > OBJECTS_IN_GET => return Err(list::too_many()),
        None => shown.extend(folders.iter()),
        Some((ids, bad)) => {
            not_found = bad;
            for id in ids {
                match folders.iter().find(|folder| folder.id == id) {
                    Some(folder) => shown.push(folder),
                    None => not_found.push(id.to_string()),
                }
            }
        }
    }
    let list = shown
        .into_iter()
        .map(|folder| get.cut(show(folder, counts_of(&counts, folder.id), get.rights)))
        .collect();
    Ok(list::answer(account, state, list, not_found))
}
