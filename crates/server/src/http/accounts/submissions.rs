//! `GET /api/accounts/{id}/submissions`: mails that wait or were refused, with the cause and its cure. JMAP's
//! EmailSubmission has the provider's reply alone.

use axum::Json;
use axum::extract::{Path, State};
use provider::cause::to_case;
use serde_json::{Value, json};
use store::submissions::{self, Status};

use super::load;
use crate::http::Web;
use crate::http::caller::Myself;
use crate::http::problem::{Problem, language};
use crate::json::time;

/// The newest so many are looked at.
const MOST: i64 = 200;

pub async fn submissions(
    State(web): State<Web>,
    Myself(caller): Myself,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let seen = load(&web, &caller, &id).await?;
    // Mail is its readers' alone, whoever administers.
    if !seen.rights.is_some_and(|rights| rights.read) {
        return Err(Problem::forbidden());
    }
    let id = seen.account.id;
    let found = web
        .store()
        .read(move |tx| Box::pin(async move { submissions::list(tx, id, MOST).await }))
        .await?;
    let language = language();
    let items: Vec<Value> = found
        .iter()
        .filter(|one| !matches!(one.status, Status::Sent | Status::Canceled))
        .map(|one| {
            let advice = one.cause.as_ref().map(|cause| to_case(cause).advise(language));
            json!({
                "id": one.id, "email_id": one.email_id, "status": one.status.word(), "send_at": time(one.send_at),
                "attempts": one.attempts, "advice": advice,
            })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}
