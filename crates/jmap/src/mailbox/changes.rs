//! Mailbox/changes (RFC 8621, 2.2).

use serde_json::Value;
use store::FolderId;
use store::changes::Kind;

use crate::error::Result;
use crate::request::Context;
use crate::types::Args;

/// The answer. `updatedProperties` is null: the log does not tell counts from names.
pub async fn changes(context: &Context<'_>, args: Args) -> Result<Value> {
    let mut answer =
        crate::changes::answer(context, args, Kind::Mailbox, |id| FolderId(id).to_string()).await?;
    answer["updatedProperties"] = Value::Null;
    Ok(answer)
}
