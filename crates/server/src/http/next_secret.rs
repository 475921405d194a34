//! `/api/credentials/{id}/next-secret`: the secret that shall become current, proven and switched to; and the
//! previous one, given up. It is entered by `PATCH /api/credentials/{id}`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use provider::advice::Language;
use provider::credentials::{self as ours, NotSwitched, Remark};
use serde::Deserialize;
use store::{AccountId, CredentialId, GrantId};

use super::Web;
use super::caller::{Administrator, Client, Optional, actor};
use super::credentials::{answer, changed_meanwhile, load, unchanged};
use super::problem::{Problem, language};
use super::steps;

fn no_next() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no-next-secret",
        "次のシークレットが登録されていません。",
        "There is no next secret.",
    )
    .detail(
        "プロバイダで新しいシークレットを追加し、その値を「次のシークレット」に入力してください。",
        "Add a new secret at the provider and enter its value as the next secret.",
    )
}

fn unproven() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "next-secret-unproven",
        "次のシークレットは、まだプロバイダで確認されていません。",
        "The provider has not taken the next secret yet.",
    )
    .detail(
        "先に確認を実行してください。確認せずに切り替える場合は、その旨を指定してください ({\"anyway\": true})。",
        "Check it first. To switch without that, say so ({\"anyway\": true}).",
    )
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct CheckInput {
    /// On whose grant it is proven; left out: on one that works.
    account_id: Option<AccountId>,
}

async fn wanted(
    web: &Web,
    id: CredentialId,
    account: Option<AccountId>,
) -> Result<Option<GrantId>, Problem> {
    let Some(account) = account else {
        return Ok(None);
    };
    let grant = web
        .store()
        .read(move |tx| Box::pin(async move { ours::grant_of_account(tx, id, account).await }))
        .await?;
    let message = match language() {
        Language::Ja => "この認証情報を使うメールボックスを指定してください。",
        Language::En => "Choose a mailbox that uses this credential.",
    };
    grant.map(Some).ok_or_else(|| {
        Problem::fields(vec![Remark {
            field: "account_id",
            message: message.to_owned(),
        }])
    })
}

/// `POST /api/credentials/{id}/next-secret/check {account_id?}`
pub async fn check(
    State(web): State<Web>,
    _: Administrator,
    Path(id): Path<String>,
    headers: HeaderMap,
    Optional(input): Optional<CheckInput>,
) -> Result<Response, Problem> {
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found())?;
    let known = load(&web, id).await?.credential;
    if known.next.is_none() {
        return Err(no_next());
    }
    let wanted = wanted(&web, id, input.account_id).await?;
    let providers = web.providers().clone();
    steps::run(&headers, move |told| async move {
        let steps = ours::check_next(&providers, id, wanted, told).await?;
        steps.ok_or_else(no_next)
    })
    .await
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct SwitchInput {
    /// Though it is not proven.
    #[serde(default)]
    anyway: bool,
}

/// `POST /api/credentials/{id}/next-secret/switch {anyway?}` with `If-Match`
pub async fn switch(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
    headers: HeaderMap,
    Optional(input): Optional<SwitchInput>,
) -> Result<Response, Problem> {
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found())?;
    let known = load(&web, id).await?.credential;
    unchanged(&headers, &known)?;
    let actor = actor(&caller, &client);
    let done = web
        .store()
        .write(move |tx| {
            Box::pin(async move { ours::switch(tx, &actor, id, known.version, input.anyway).await })
        })
        .await?;
    match done {
        Ok(()) => Ok(answer(&web, StatusCode::OK, &load(&web, id).await?)),
        Err(NotSwitched::NoNext) => Err(no_next()),
        Err(NotSwitched::Unproven) => Err(unproven()),
        Err(NotSwitched::Changed) => Err(changed_meanwhile()),
    }
}

/// `DELETE /api/credentials/{id}/previous-secret`
pub async fn drop_previous(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found())?;
    load(&web, id).await?;
    let actor = actor(&caller, &client);
    web.store()
        .write(move |tx| Box::pin(async move { ours::drop_previous(tx, &actor, id).await }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
