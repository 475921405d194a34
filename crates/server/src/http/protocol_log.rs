//! `/api/accounts/{id}/protocol-log`: the talk with an account's mail servers, while somebody has asked for it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use store::protocol_log::{self, Summary};
use store::{AccountId, audit};

use super::Web;
use super::accounts::manage;
use super::caller::{Body, Client, Myself, actor};
use super::problem::Problem;
use crate::json::{time, time_with_millis};

/// It is on for at least and at most so many minutes.
const MINUTES: std::ops::RangeInclusive<i64> = 5..=1440;

fn show(summary: &Summary) -> Json<Value> {
    Json(json!({
        "until": summary.until.map(time), "lines": summary.lines, "first_at": summary.first_at.map(time),
        "last_at": summary.last_at.map(time),
    }))
}

async fn summary(web: &Web, id: AccountId) -> Result<Json<Value>, Problem> {
    // What is in memory is written first: who looks wants to see what has just happened.
    web.store().flush_taps().await?;
    let summary = web
        .store()
        .read(move |tx| Box::pin(async move { protocol_log::summary(tx, id).await }))
        .await?;
    Ok(show(&summary))
}

/// `GET /api/accounts/{id}/protocol-log`
pub async fn find(
    State(web): State<Web>,
    Myself(caller): Myself,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let seen = manage(&web, &caller, &id).await?;
    summary(&web, seen.account.id).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct On {
    minutes: i64,
}

/// `PUT /api/accounts/{id}/protocol-log`
pub async fn switch_on(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Path(id): Path<String>,
    Body(sent): Body<On>,
) -> Result<Json<Value>, Problem> {
    let seen = manage(&web, &caller, &id).await?;
    if !MINUTES.contains(&sent.minutes) {
        return Err(Problem::field(
            "minutes",
            "5 分から 1440 分 (24 時間) の間で指定してください。",
            "Choose 5 to 1440 minutes (24 hours).",
        ));
    }
    let (id, actor) = (seen.account.id, actor(&caller, &client));
    web.store()
        .write(move |tx| {
            Box::pin(async move {
                let until = tx.now() + sent.minutes * 60_000;
                protocol_log::switch_on(tx, id, until).await?;
                let detail = json!({ "minutes": sent.minutes });
                audit::add(tx, &actor, "account.protocol_log_on", id, detail).await
            })
        })
        .await?;
    summary(&web, id).await
}

/// `DELETE /api/accounts/{id}/protocol-log`: off, and what was kept is erased.
pub async fn erase(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let seen = manage(&web, &caller, &id).await?;
    let (id, actor) = (seen.account.id, actor(&caller, &client));
    web.store()
        .write(move |tx| {
            Box::pin(async move {
                protocol_log::erase(tx, id).await?;
                audit::add(tx, &actor, "account.protocol_log_erased", id, json!({})).await
            })
        })
        .await?;
    web.store().read_log_switches().await?;
    web.store().forget_lines(id);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/accounts/{id}/protocol-log/download`
pub async fn download(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let seen = manage(&web, &caller, &id).await?;
    web.store().flush_taps().await?;
    let id = seen.account.id;
    if seen.rights.is_none() {
        // Names of folders and recipients stand in it: who reads it without being a member is on record.
        let actor = actor(&caller, &client);
        web.store()
            .write(move |tx| {
                Box::pin(async move {
                    audit::add(tx, &actor, "account.protocol_log_read", id, json!({})).await
                })
            })
            .await?;
    }
    let lines = web
        .store()
        .read(move |tx| Box::pin(async move { protocol_log::lines(tx, id).await }))
        .await?;
    let text: String = lines
        .iter()
        .map(|line| format!("{} {}\n", time_with_millis(line.at), line.text))
        .collect();
    let file = format!("attachment; filename=\"tegata-{id}.log\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, text).into_response())
}
