//! `/api/connect`: a consent round trip, from the click to the finished checks.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provider::consent::{self, Begin, NotBegun};
use serde::Deserialize;
use serde_json::{Value, json};
use store::connects::{self, Connect, Status};
use store::{AccountId, ConnectId, CredentialId, accounts, jobs};

use super::Web;
use super::caller::{Administrator, Body, Myself};
use super::problem::{Problem, language};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    credential_id: CredentialId,
    address: String,
    mailbox_address: Option<String>,
    /// The account that is connected again; it must be the caller's.
    account_id: Option<AccountId>,
    #[serde(default)]
    choose_account: bool,
}

/// `POST /api/connect`
pub async fn begin(
    State(web): State<Web>,
    Myself(caller): Myself,
    Body(sent): Body<New>,
) -> Result<Response, Problem> {
    // The way back must meet the browser that began: a link to a consent that any browser could finish would let
    // somebody have another person's mailbox connected to an account of their own.
    if caller.session.is_none() {
        return Err(Problem::forbidden().detail(
            "メールボックスの接続は、ブラウザでログインして行ってください。",
            "Connect a mailbox in a browser, signed in there: the consent has to come back to it.",
        ));
    }
    if let Some(id) = sent.account_id {
        let found = web
            .store()
            .read(move |tx| Box::pin(async move { accounts::find(tx, id).await }))
            .await?;
        if found.is_none_or(|account| account.owner_id != caller.user.id) {
            return Err(Problem::not_found());
        }
    }
    let begin = Begin {
        user: caller.user,
        session: caller.session.map(|session| session.id),
        credential_id: sent.credential_id,
        address: sent.address,
        mailbox_address: sent.mailbox_address,
        choose_account: sent.choose_account,
    };
    let begun = consent::begin(web.providers(), begin)
        .await
        .map_err(not_begun)?;
    let body =
        json!({ "connect_id": begun.connect_id, "authorization_url": begun.authorization_url });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Why a consent was not begun, in a sentence.
pub(super) fn not_begun(why: NotBegun) -> Problem {
    match why {
        NotBegun::NoCredential => Problem::field(
            "credential_id",
            "この認証情報は登録されていません。",
            "There is no such credential.",
        ),
        NotBegun::AppOnly => Problem::field(
            "credential_id",
            "この認証情報のメールボックスは、管理者が追加します。管理者に依頼してください。",
            "Mailboxes of this credential are added by an administrator. Ask one.",
        ),
        NotBegun::Address(field) => Problem::field(
            field,
            "メールアドレスを name@example.jp の形式で入力してください (256 文字以内)。",
            "Enter a mail address such as name@example.jp, up to 256 characters.",
        ),
        NotBegun::Rule(case) => Problem::new(
            StatusCode::CONFLICT,
            "redirect-rule",
            "公開URLがプロバイダの条件を満たしていません。",
            "The public address breaks a rule of the provider.",
        )
        .advice(&case.advise(language())),
        NotBegun::Failed(error) => error.into(),
    }
}

async fn load(web: &Web, id: &str, user: store::UserId) -> Result<Connect, Problem> {
    let id: ConnectId = id.parse().map_err(|_| Problem::not_found())?;
    let found = web
        .store()
        .read(move |tx| Box::pin(async move { connects::find(tx, id).await }))
        .await?;
    found
        .filter(|connect| connect.user_id == user)
        .ok_or_else(Problem::not_found)
}

/// How far a round trip is.
pub(super) fn show(connect: &Connect) -> Value {
    let language = language();
    let steps: Vec<Value> = consent::steps_of(connect)
        .iter()
        .map(|step| step.to_json(language))
        .collect();
    json!({
        "id": connect.id, "state": connect.status.word(), "steps": steps, "account_id": connect.account_id,
        "address": connect.address, "mailbox_address": connect.mailbox_address,
    })
}

/// `GET /api/connect/{id}`
pub async fn find(
    State(web): State<Web>,
    Myself(caller): Myself,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(show(&load(&web, &id, caller.user.id).await?)))
}

/// `POST /api/connect/{id}/retry`: the checks again, without a new consent.
pub async fn retry(
    State(web): State<Web>,
    Myself(caller): Myself,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let connect = load(&web, &id, caller.user.id).await?;
    if connect.account_id.is_none() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "nothing-to-retry",
            "同意がまだ完了していません。もう一度「接続する」から始めてください。",
            "There is no consent to go on with. Begin again with Connect.",
        ));
    }
    let steps = connect.steps.clone();
    let id = connect.id;
    web.store()
        .write(move |tx| {
            Box::pin(async move {
                connects::update(tx, id, Status::Checking, &steps).await?;
                let now = tx.now();
                jobs::add_once(tx, consent::CHECK_JOB, id.0, now).await
            })
        })
        .await?;
    let connect = load(&web, &id.to_string(), caller.user.id).await?;
    Ok((StatusCode::ACCEPTED, Json(show(&connect))).into_response())
}

/// `GET /api/credentials/{id}/admin-consent`: the link for the tenant's administrator.
pub async fn admin_consent(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found())?;
    let session = caller.session.as_ref().map(|session| session.id);
    match consent::admin_consent(web.providers(), &caller.user, session, id).await? {
        Some(url) => Ok(Json(json!({ "url": url }))),
        None => Err(Problem::not_found()),
    }
}
