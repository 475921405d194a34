//! `/api/credentials`: OAuth apps, for administrators; members read which there are.

use access::Caller;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::credentials::{self as ours, Input};
use provider::redirect_uri;
use serde::Deserialize;
use serde_json::{Value, json};
use store::CredentialId;
use store::credentials::{self, Credential, NextChange};

use super::Web;
use super::caller::{Administrator, Body, Client, Query, SignedIn, actor};
use super::problem::{Problem, language};
use super::steps;
use crate::{endings, json};

/// `GET /api/providers`
pub async fn providers(State(web): State<Web>, _: SignedIn) -> Json<Value> {
    let items: Vec<Value> = web
        .providers()
        .profiles()
        .values()
        .map(|profile| {
            json!({ "name": profile.name, "kind": profile.kind, "label": profile.label, "wants_tenant": profile.wants_tenant })
        })
        .collect();
    Json(json!({ "items": items, "next": null }))
}

/// A credential with what is counted about it.
pub(super) struct Known {
    pub(super) credential: Credential,
    in_use_by: usize,
    people_consented: i64,
}

fn show(web: &Web, known: &Known) -> Value {
    let credential = &known.credential;
    let uri = redirect_uri::uri(
        web.providers().public_url(),
        &credential.fields.redirect_path,
    );
    let mut item = json::credential(credential, &uri, known.in_use_by, language());
    item["people_consented"] = json!(known.people_consented);
    item
}

fn etag(credential: &Credential) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", credential.version))
        .unwrap_or(HeaderValue::from_static("\"\""))
}

pub(super) fn answer(web: &Web, status: StatusCode, known: &Known) -> Response {
    let mut response = (status, Json(show(web, known))).into_response();
    response
        .headers_mut()
        .insert(header::ETAG, etag(&known.credential));
    response
}

async fn count(tx: &mut store::Tx, credential: Credential) -> store::Result<Known> {
    let in_use_by = credentials::in_use_by(tx, credential.id).await?.len();
    let people_consented = credentials::people_consented(tx, credential.id).await?;
    Ok(Known {
        credential,
        in_use_by,
        people_consented,
    })
}

pub(super) async fn load(web: &Web, id: CredentialId) -> Result<Known, Problem> {
    let found = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(credential) = credentials::find(tx, id).await? else {
                    return Ok(None);
                };
                count(tx, credential).await.map(Some)
            })
        })
        .await?;
    found.ok_or_else(Problem::not_found)
}

/// What a member may know: which credentials there are to connect with.
fn brief(credential: &Credential) -> Value {
    let fields = &credential.fields;
    json!({ "id": credential.id, "provider": fields.provider, "name": fields.name, "access": fields.access.word() })
}

fn sees_all(caller: &Caller) -> bool {
    caller.is_administrator()
}

/// `GET /api/credentials`
pub async fn list(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Value>, Problem> {
    let found = web
        .store()
        .read(|tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for credential in credentials::list(tx).await? {
                    found.push(count(tx, credential).await?);
                }
                Ok(found)
            })
        })
        .await?;
    let items: Vec<Value> = found
        .iter()
        .map(|known| {
            if sees_all(&caller) {
                show(&web, known)
            } else {
                brief(&known.credential)
            }
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

/// `GET /api/credentials/{id}`
pub async fn find(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let known = load(&web, id).await?;
    if !sees_all(&caller) {
        return Ok(Json(brief(&known.credential)).into_response());
    }
    // An app in testing is told on its page: everybody would have to reconnect each week.
    let (providers, credential) = (web.providers().clone(), known.credential.clone());
    let testing = web
        .store()
        .read(move |tx| {
            Box::pin(async move { endings::testing_case(tx, &providers, &credential).await })
        })
        .await?;
    let mut item = show(&web, &known);
    item["warning"] = json!(testing.map(|case| case.advise(language())));
    let mut response = Json(item).into_response();
    response
        .headers_mut()
        .insert(header::ETAG, etag(&known.credential));
    Ok(response)
}

#[derive(Deserialize)]
pub struct Options {
    dry_run: Option<String>,
}

impl Options {
    /// `?dry_run=1`: judge only, as the form does before its confirmation screen.
    fn dry_run(&self) -> bool {
        self.dry_run
            .as_deref()
            .is_some_and(|value| value != "0" && value != "false")
    }
}

async fn all(web: &Web) -> Result<Vec<Credential>, Problem> {
    Ok(web
        .store()
        .read(|tx| Box::pin(async move { credentials::list(tx).await }))
        .await?)
}

fn judged(prepared: &ours::Prepared, web: &Web) -> Json<Value> {
    let fields = &prepared.fields;
    let next_hint = match &prepared.next {
        NextChange::Set { hint, .. } => Some(hint),
        _ => None,
    };
    Json(json!({
        "warnings": prepared.warnings,
        "normalized": {
            "provider": fields.provider, "name": fields.name, "client_id": fields.client_id, "note": fields.note,
            "tenant": fields.tenant, "secret_hint": fields.secret_hint, "secret_ends_on": fields.secret_ends_on,
            "next_secret_hint": next_hint, "redirect_path": fields.redirect_path, "access": fields.access.word(),
            "allowed_addresses": fields.allowed_addresses,
            "redirect_uri": redirect_uri::uri(web.providers().public_url(), &fields.redirect_path),
        },
    }))
}

/// `POST /api/credentials`
pub async fn add(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Query(options): Query<Options>,
    Body(input): Body<Input>,
) -> Result<Response, Problem> {
    let others = all(&web).await?;
    let prepared = ours::prepare(web.providers(), &input, None, &others, language())
        .map_err(Problem::fields)?;
    if options.dry_run() {
        return Ok(judged(&prepared, &web).into_response());
    }
    let actor = actor(&caller, &client);
    let id = web
        .store()
        .write(move |tx| Box::pin(async move { ours::add(tx, &actor, &prepared).await }))
        .await?;
    let known = load(&web, id).await?;
    Ok(answer(&web, StatusCode::CREATED, &known))
}

pub(super) fn changed_meanwhile() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "changed-meanwhile",
        "ほかの管理者が先に変更したため、保存していません。",
        "Somebody else changed it first, so nothing was stored.",
    )
    .detail(
        "ページを読み込み直して内容を確認し、もう一度変更してください。",
        "Load the page again, look at what it says now, and repeat your change.",
    )
}

/// The caller has seen the credential as it is.
pub(super) fn unchanged(headers: &HeaderMap, known: &Credential) -> Result<(), Problem> {
    let shown = headers.get(header::IF_MATCH).ok_or_else(|| {
        Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match-missing",
            "If-Match ヘッダーが必要です。",
            "The header If-Match is missing: send the ETag of what you read.",
        )
    })?;
    if shown != etag(known) {
        return Err(changed_meanwhile());
    }
    Ok(())
}

/// `PATCH /api/credentials/{id}` with `If-Match`
pub async fn update(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
    Query(options): Query<Options>,
    headers: HeaderMap,
    Body(input): Body<Input>,
) -> Result<Response, Problem> {
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found())?;
    let known = load(&web, id).await?.credential;
    let others: Vec<Credential> = all(&web)
        .await?
        .into_iter()
        .filter(|other| other.id != id)
        .collect();
    let prepared = ours::prepare(web.providers(), &input, Some(&known), &others, language())
        .map_err(Problem::fields)?;
    let same = ours::same_as_current(web.store(), id, &prepared, language()).await?;
    if let Some(remark) = same {
        return Err(Problem::fields(vec![remark]));
    }
    if options.dry_run() {
        return Ok(judged(&prepared, &web).into_response());
    }
    unchanged(&headers, &known)?;
    let actor = actor(&caller, &client);
    let version = known.version;
    let done = web
        .store()
        .write(move |tx| {
            Box::pin(async move { ours::update(tx, &actor, id, version, &prepared).await })
        })
        .await?;
    if !done {
        return Err(changed_meanwhile());
    }
    let known = load(&web, id).await?;
    Ok(answer(&web, StatusCode::OK, &known))
}

/// `DELETE /api/credentials/{id}`
pub async fn remove(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found())?;
    load(&web, id).await?;
    let actor = actor(&caller, &client);
    let users = web
        .store()
        .write(move |tx| Box::pin(async move { ours::remove(tx, &actor, id).await }))
        .await?;
    if users.is_empty() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let names = users.join(", ");
    Err(Problem::new(
        StatusCode::CONFLICT,
        "in-use",
        "この認証情報は使用中のため、削除できません。",
        "This credential is in use and cannot be removed.",
    )
    .detail(
        format!("次のメールボックスが使用しています: {names}。先に接続を解除してください。"),
        format!("These mailboxes use it: {names}. Disconnect them first."),
    )
    .with("accounts", users))
}

/// `POST /api/credentials/{id}/check`
pub async fn check(
    State(web): State<Web>,
    _: Administrator,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found())?;
    load(&web, id).await?;
    let providers = web.providers().clone();
    steps::run(&headers, move |told| async move {
        let steps = ours::check(&providers, id, told).await?;
        steps.ok_or_else(Problem::not_found)
    })
    .await
}
