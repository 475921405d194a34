//! Email/changes (RFC 8621, 4.3).

use serde_json::Value;
use store::EmailId;
use store::changes::Kind;

use crate::error::Result;
use crate::request::Context;
use crate::types::Args;

/// The answer.
pub async fn changes(context: &Context<'_>, args: Args) -> Result<Value> {
    crate::changes::answer(context, args, Kind::Email, |id| EmailId(id).to_string()).await
}
