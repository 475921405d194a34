//! EmailSubmission/changes (RFC 8621, 7.2).

use serde_json::Value;
use store::SubmissionId;
use store::changes::Kind;

use crate::error::Result;
use crate::request::Context;
use crate::types::Args;

/// The answer.
pub async fn changes(context: &Context<'_>, args: Args) -> Result<Value> {
    crate::changes::answer(context, args, Kind::EmailSubmission, |id| {
        SubmissionId(id).to_string()
    })
    .await
}
