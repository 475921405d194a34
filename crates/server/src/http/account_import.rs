//! `/api/accounts/import` and `/api/pending-accounts`: moving in by a list (G-112).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use store::pending_accounts::{self, Pending};
use store::users::User;
use store::{PendingAccountId, audit, credentials, users};

use super::Web;
use super::caller::{Administrator, Client, Myself, Query, Raw, actor};
use super::problem::{Problem, language};
use super::users::invitation_url;
use crate::import::{self, MOST_BYTES, Options, SAMPLE};
use crate::json::time;

#[derive(Deserialize)]
pub struct Wanted {
    dry_run: Option<String>,
    overwrite: Option<String>,
}

fn is_on(value: Option<&str>) -> bool {
    value.is_some_and(|value| value != "0" && value != "false")
}

/// `POST /api/accounts/import?dry_run=1&overwrite=1`
pub async fn import(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Query(wanted): Query<Wanted>,
    Raw(bytes): Raw<MOST_BYTES>,
) -> Result<Response, Problem> {
    let options = Options {
        dry_run: is_on(wanted.dry_run.as_deref()),
        overwrite: is_on(wanted.overwrite.as_deref()),
    };
    let actor = actor(&caller, &client);
    let outcome = import::import(web.providers(), actor, &bytes, options, language()).await?;
    if !outcome.errors.is_empty() {
        let count = outcome.errors.len();
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-lines",
            "取り込めない行があるため、何も保存していません。",
            "Some lines cannot be imported, so nothing was stored.",
        )
        .detail(
            format!("{count} 件のエラーを修正して、もう一度取り込んでください。"),
            format!("Correct the {count} errors below, then import the file again."),
        )
        .with("errors", json!(outcome.errors))
        .with("warnings", json!(outcome.warnings)));
    }
    let invitations: Vec<Value> = outcome
        .links
        .iter()
        .map(|link| {
            json!({
                "login": link.user.login, "name": link.user.name, "address": link.user.address,
                "url": invitation_url(&web, link.token.expose_secret()),
                "expires_at": time(link.invitation.expires_at),
            })
        })
        .collect();
    Ok(Json(json!({
        "dry_run": options.dry_run, "lines": outcome.lines, "added": outcome.added, "changed": outcome.changed,
        "unchanged": outcome.unchanged, "invited": outcome.invited, "warnings": outcome.warnings, "errors": [],
        "invitations": invitations,
    }))
    .into_response())
}

/// `GET /api/accounts/import/sample`
pub async fn sample(_: Administrator) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"tegata-accounts-sample.csv\"",
        ),
    ];
    (headers, SAMPLE).into_response()
}

fn show(pending: &Pending, provider: &str, user: Option<&User>) -> Value {
    let of = &pending.of;
    json!({
        "id": pending.id, "account_id_there": Some(&of.key).filter(|key| !key.is_empty()), "address": of.address,
        "mailbox_address": of.mailbox_address, "name": of.name, "note": of.note, "provider": provider,
        "credential_id": of.credential_id,
        "user": user.map(|user| json!({ "id": user.id, "login": user.login, "name": user.name })),
        "created_at": time(pending.created_at),
    })
}

#[derive(Deserialize)]
pub struct Which {
    all: Option<String>,
}

/// `GET /api/pending-accounts[?all=1]`
pub async fn list(
    State(web): State<Web>,
    Myself(caller): Myself,
    Query(which): Query<Which>,
) -> Result<Json<Value>, Problem> {
    let all = is_on(which.all.as_deref());
    if all && !caller.is_administrator() {
        return Err(Problem::forbidden());
    }
    let user = (!all).then_some(caller.user.id);
    let items = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let people = users::list(tx).await?;
                let known = credentials::list(tx).await?;
                let items: Vec<Value> = pending_accounts::list(tx, user)
                    .await?
                    .iter()
                    .map(|pending| {
                        let provider = known
                            .iter()
                            .find(|credential| credential.id == pending.of.credential_id)
                            .map_or("", |credential| credential.fields.provider.as_str());
                        let person = people.iter().find(|user| user.id == pending.of.user_id);
                        show(pending, provider, person)
                    })
                    .collect();
                Ok(items)
            })
        })
        .await?;
    Ok(Json(json!({ "items": items, "next": null })))
}

/// `DELETE /api/pending-accounts/{id}`: by its person, or an administrator.
pub async fn remove(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: PendingAccountId = id.parse().map_err(|_| Problem::not_found())?;
    let (me, administrator) = (caller.user.id, caller.is_administrator());
    let actor = actor(&caller, &client);
    let gone = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let found = pending_accounts::find(tx, id).await?;
                let Some(found) = found.filter(|found| administrator || found.of.user_id == me)
                else {
                    return Ok(false);
                };
                pending_accounts::remove(tx, id).await?;
                let detail = json!({ "mailbox": found.of.mailbox_address });
                audit::add(tx, &actor, "pending_account.removed", id, detail).await?;
                Ok(true)
            })
        })
        .await?;
    if gone {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}
