//! `/api/tokens`: keys for programs. A key's value is shown once, when it is made.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use store::api_tokens::{self, Scope};
use store::{ApiTokenId, audit};

use super::Web;
use super::caller::{Body, Client, Myself, actor};
use super::problem::Problem;
use crate::json;

/// What every key's value begins with, so that one that leaked is recognised.
pub const PREFIX: &str = "tgt_";

/// `GET /api/tokens`
pub async fn list(State(web): State<Web>, Myself(caller): Myself) -> Result<Json<Value>, Problem> {
    let user = caller.user.id;
    let tokens = web
        .store()
        .read(move |tx| Box::pin(async move { api_tokens::list(tx, user).await }))
        .await?;
    Ok(Json(
        json!({ "items": tokens.iter().map(json::api_token).collect::<Vec<_>>(), "next": null }),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    name: String,
    scopes: Vec<Scope>,
    expires_on: Option<String>,
}

/// `POST /api/tokens`
pub async fn add(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Body(sent): Body<New>,
) -> Result<Response, Problem> {
    let name = sent.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Problem::field(
            "name",
            "100 文字以内の名前を入力してください。",
            "Enter a name of up to 100 characters.",
        ));
    }
    if sent.scopes.is_empty() {
        return Err(Problem::field(
            "scopes",
            "用途を 1 つ以上選択してください。",
            "Choose what the token is for.",
        ));
    }
    let expires_at = match sent.expires_on.as_deref().filter(|date| !date.is_empty()) {
        None => None,
        Some(date) => Some(
            end_of_day(date)
                .filter(|end| *end > web.store().now())
                .ok_or_else(|| {
                    Problem::field(
                        "expires_on",
                        "今日以降の日付を 2027-03-31 の形式で入力してください。",
                        "Enter a date from today on, as 2027-03-31.",
                    )
                })?,
        ),
    };
    let value = access::new_secret(web.store().world(), PREFIX);
    let hash = access::fingerprint(value.expose_secret());
    let actor = actor(&caller, &client);
    let token = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let token =
                    api_tokens::add(tx, caller.user.id, &name, &sent.scopes, &hash, expires_at)
                        .await?;
                audit::add(
                    tx,
                    &actor,
                    "api_token.added",
                    token.id,
                    json!({ "name": name, "scopes": sent.scopes }),
                )
                .await?;
                Ok(token)
            })
        })
        .await?;
    let mut answer = json::api_token(&token);
    answer["token"] = json!(value.expose_secret());
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn end_of_day(date: &str) -> Option<i64> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let date = time::Date::parse(date, format).ok()?;
    Some((date.midnight().assume_utc().unix_timestamp() + 24 * 3600) * 1000)
}

/// `DELETE /api/tokens/{id}`
pub async fn revoke(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: ApiTokenId = id.parse().map_err(|_| Problem::not_found())?;
    let actor = actor(&caller, &client);
    let gone = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let gone = api_tokens::revoke(tx, caller.user.id, id).await?;
                if gone {
                    audit::add(tx, &actor, "api_token.revoked", id, json!({})).await?;
                }
                Ok(gone)
            })
        })
        .await?;
    if gone {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}
