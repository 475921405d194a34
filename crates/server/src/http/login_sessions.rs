//! `/api/login-sessions`: where one is signed in.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use store::{LoginSessionId, login_sessions};

use super::Web;
use super::caller::Myself;
use super::problem::Problem;
use crate::json;

/// `GET /api/login-sessions`
pub async fn list(State(web): State<Web>, Myself(caller): Myself) -> Result<Json<Value>, Problem> {
    let user = caller.user.id;
    let sessions = web
        .store()
        .read(move |tx| Box::pin(async move { login_sessions::list(tx, user).await }))
        .await?;
    let current = caller.session.map(|session| session.id);
    let items: Vec<Value> = sessions
        .iter()
        .map(|session| json::login_session(session, Some(session.id) == current))
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

/// `DELETE /api/login-sessions/{id}`
pub async fn end(
    State(web): State<Web>,
    Myself(caller): Myself,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: LoginSessionId = id.parse().map_err(|_| Problem::not_found())?;
    let user = caller.user.id;
    let ended = web
        .store()
        .write(move |tx| Box::pin(async move { login_sessions::end(tx, user, id).await }))
        .await?;
    if ended {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}
