//! Identity/changes (RFC 8621, 6.2).

use serde_json::Value;
use store::IdentityId;
use store::changes::Kind;

use crate::error::Result;
use crate::request::Context;
use crate::types::Args;

/// The answer.
pub async fn changes(context: &Context<'_>, args: Args) -> Result<Value> {
    crate::changes::answer(context, args, Kind::Identity, |id| {
        IdentityId(id).to_string()
    })
    .await
}
