//! Foo/changes (RFC 8620, 5.2), the same for every type: the log's answer, with ids as texts.

use serde_json::{Value, json};
use store::changes::{self, Kind, Point};

use crate::error::{MethodError, Result};
use crate::request::Context;
use crate::types::Args;

/// The answer for one type; `show` writes its ids.
pub async fn answer(
    context: &Context<'_>,
    mut args: Args,
    kind: Kind,
    show: fn([u8; 16]) -> String,
) -> Result<Value> {
    let (account, _) = context.account(&mut args).await?;
    let since = args.required_string("sinceState")?;
    let most = match args.unsigned("maxChanges")? {
        Some(0) => return Err(MethodError::invalid("maxChanges must be more than 0")),
        most => most.and_then(|most| usize::try_from(most).ok()),
    };
    args.finish()?;
    let cannot = || MethodError::new("cannotCalculateChanges");
    let from: Point = since.parse().map_err(|_| cannot())?;
    let found = context.store().read(move |tx| {
        Box::pin(async move { changes::since(tx, account, kind, from, most).await })
    });
    let found: Option<changes::Since> = found.await?;
    let found = found.ok_or_else(cannot)?;
    let texts = |ids: Vec<[u8; 16]>| ids.into_iter().map(show).collect::<Vec<_>>();
    Ok(json!({
        "accountId": account,
        "oldState": since,
        "newState": found.state.to_string(),
        "hasMoreChanges": found.has_more,
        "created": texts(found.created),
        "updated": texts(found.updated),
        "destroyed": texts(found.destroyed),
    }))
}
