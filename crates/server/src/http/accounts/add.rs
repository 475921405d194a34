//! `POST /api/accounts`: a mailbox that an administrator adds, by an app-only credential.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provider::app_only::{self, NewMailbox, NotAdded};
use serde::Deserialize;
use store::users::{self, User};
use store::{CredentialId, UserId, credentials};

use super::load;
use crate::http::Web;
use crate::http::caller::{Administrator, Body, Client, actor};
use crate::http::problem::{Problem, language};
use crate::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    credential_id: CredentialId,
    mailbox_address: String,
    /// Who will read it; else the user whose address it is, else the caller.
    owner_id: Option<UserId>,
    #[serde(default)]
    name: String,
}

fn refusal(refused: NotAdded) -> Problem {
    match refused {
        NotAdded::Delegated => Problem::field(
            "credential_id",
            "この認証情報では、利用者が自分で接続します (委任されたアクセス許可)。",
            "With this credential people connect for themselves (delegated access).",
        ),
        NotAdded::Address => Problem::field(
            "mailbox_address",
            "メールアドレスを name@example.jp の形式で入力してください (256 文字以内)。",
            "Enter a mail address such as name@example.jp, up to 256 characters.",
        ),
        NotAdded::NotListed => Problem::field(
            "mailbox_address",
            "このアドレスは、認証情報で許可されたアドレスの一覧にありません。先に一覧へ追加してください。",
            "This address is not on the credential's list of allowed addresses. Add it there first.",
        ),
    }
}

/// `POST /api/accounts`
pub async fn add(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Body(new): Body<New>,
) -> Result<Response, Problem> {
    let actor = actor(&caller, &client);
    let providers = web.providers().clone();
    let me = caller.user.clone();
    if new.name.chars().count() > 200 {
        return Err(Problem::field(
            "name",
            "200 文字以内で入力してください。",
            "Use at most 200 characters.",
        ));
    }
    let account = web
        .store()
        .try_write(move |tx| {
            Box::pin(async move {
                let Some(credential) = credentials::find(tx, new.credential_id).await? else {
                    return Err(Problem::field(
                        "credential_id",
                        "この認証情報は登録されていません。",
                        "There is no such credential.",
                    ));
                };
                let profile = providers.profile(&credential.fields.provider)?;
                let owner = owner(tx, &new, me).await?;
                let mailbox = NewMailbox {
                    credential: &credential,
                    owner: &owner,
                    address: &new.mailbox_address,
                    name: new.name.trim(),
                };
                app_only::add_mailbox(tx, &actor, profile, &mailbox)
                    .await?
                    .map_err(refusal)
            })
        })
        .await?;
    let seen = load(&web, &caller, &account.to_string()).await?;
    let now = web.store().now();
    let item = json::account(&seen.account, seen.grant.as_ref(), now, language());
    Ok((StatusCode::CREATED, Json(item)).into_response())
}

async fn owner(tx: &mut store::Tx, new: &New, me: User) -> Result<User, Problem> {
    let Some(id) = new.owner_id else {
        let people = users::list(tx).await?;
        let theirs = people.into_iter().find(|user| {
            user.address
                .eq_ignore_ascii_case(new.mailbox_address.trim())
        });
        return Ok(theirs.unwrap_or(me));
    };
    users::find(tx, id).await?.ok_or_else(|| {
        Problem::field(
            "owner_id",
            "この利用者は登録されていません。",
            "There is no such user.",
        )
    })
}
