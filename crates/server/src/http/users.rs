//! `/api/users`: people, for administrators.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use store::users::{self, Patch, Role};
use store::{UserId, audit};

use super::Web;
use super::caller::{Administrator, Body, Client, actor};
use super::problem::Problem;
use crate::json;

/// `GET /api/users`
pub async fn list(State(web): State<Web>, _: Administrator) -> Result<Json<Value>, Problem> {
    let people = web
        .store()
        .read(|tx| Box::pin(async move { users::list(tx).await }))
        .await?;
    Ok(Json(
        json!({ "items": people.iter().map(json::user).collect::<Vec<_>>(), "next": null }),
    ))
}

/// `GET /api/users/{id}`
pub async fn find(
    State(web): State<Web>,
    _: Administrator,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id: UserId = id.parse().map_err(|_| Problem::not_found())?;
    let user = web
        .store()
        .read(move |tx| Box::pin(async move { users::find(tx, id).await }))
        .await?;
    user.map(|user| Json(json::user(&user)))
        .ok_or_else(Problem::not_found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    name: Option<String>,
    address: Option<String>,
    role: Option<String>,
    status: Option<String>,
}

/// `PATCH /api/users/{id}`
pub async fn update(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
    Body(sent): Body<UserPatch>,
) -> Result<Json<Value>, Problem> {
    let id: UserId = id.parse().map_err(|_| Problem::not_found())?;
    let role = match sent.role.as_deref() {
        None => None,
        Some(word) => Some(Role::parse(word).ok_or_else(|| {
            Problem::field(
                "role",
                "administrator または member を指定してください。",
                "Use administrator or member.",
            )
        })?),
    };
    let disabled = match sent.status.as_deref() {
        None => None,
        Some("active") => Some(false),
        Some("disabled") => Some(true),
        Some(_) => {
            return Err(Problem::field(
                "status",
                "active または disabled を指定してください。",
                "Use active or disabled.",
            ));
        }
    };
    let told = json!({ "role": sent.role, "status": sent.status, "name": sent.name, "address": sent.address });
    let patch = Patch {
        name: sent.name,
        address: sent.address,
        role,
        disabled,
        language: None,
    };
    let actor = actor(&caller, &client);
    let user = web
        .store()
        .try_write(move |tx| {
            Box::pin(async move {
                let user = users::update(tx, id, patch).await?;
                audit::add(tx, &actor, "user.changed", &user.login, told).await?;
                Ok::<_, users::Refusal>(user)
            })
        })
        .await?;
    Ok(Json(json::user(&user)))
}

/// `DELETE /api/users/{id}`
pub async fn remove(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: UserId = id.parse().map_err(|_| Problem::not_found())?;
    let actor = actor(&caller, &client);
    web.store()
        .try_write(move |tx| {
            Box::pin(async move {
                let user = users::remove(tx, id).await?;
                audit::add(tx, &actor, "user.removed", &user.login, json!({})).await?;
                Ok::<_, users::Refusal>(())
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/users/{id}/reset`
pub async fn reset(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id: UserId = id.parse().map_err(|_| Problem::not_found())?;
    let actor = actor(&caller, &client);
    let link = web
        .store()
        .try_write(move |tx| Box::pin(async move { access::reset(tx, &actor, id).await }))
        .await?;
    Ok(Json(json!({
        "url": invitation_url(&web, link.token.expose_secret()),
        "expires_at": json::time(link.invitation.expires_at),
    })))
}

/// The link that is given to a person. The token is in the fragment: it reaches no log and no referrer.
pub fn invitation_url(web: &Web, token: &str) -> String {
    format!("{}/invitation#{token}", web.providers().public_url())
}
