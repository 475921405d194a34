//! `/api/accounts`: connected mailboxes and their states. Administrators see the state of all, never mail.

mod add;
mod check;
mod submissions;

use access::Caller;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::tokens::{self, Answered};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use store::accounts::{self, Account, Rights};
use store::api_tokens::Scope;
use store::credentials::{self, Access};
use store::grants::Grant;
use store::traffic::{self, Traffic};
use store::{AccountId, EmailId, audit, folders, grants, intervals, users};

use super::Web;
use super::caller::{Body, Client, Myself, Query, SignedIn, actor};
use super::problem::{Problem, language};
use crate::{endings, json};

pub use add::add;
pub use check::check;
pub use submissions::submissions;

#[derive(Deserialize)]
pub struct Options {
    all: Option<String>,
}

/// `GET /api/accounts[?all=1]`
pub async fn list(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    Query(options): Query<Options>,
) -> Result<Json<Value>, Problem> {
    let all = options.all.is_some_and(|value| value != "0");
    if all && !caller.is_administrator() {
        return Err(Problem::forbidden());
    }
    let user = caller.user.id;
    let (found, known) = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let list = if all {
                    accounts::all(tx)
                        .await?
                        .into_iter()
                        .map(|account| (account, None))
                        .collect()
                } else {
                    accounts::of_user(tx, user)
                        .await?
                        .into_iter()
                        .map(|(account, rights)| (account, Some(rights)))
                        .collect::<Vec<_>>()
                };
                let mut found = Vec::new();
                for (account, rights) in list {
                    let grant = grants::find(tx, account.grant_id).await?;
                    let owner = users::find(tx, account.owner_id).await?;
                    let today = traffic::today(tx, account.id).await?;
                    found.push((account, rights, grant, owner, today));
                }
                Ok((found, endings::known(tx).await?))
            })
        })
        .await?;
    let items: Vec<Value> = found
        .iter()
        .map(|(account, rights, grant, owner, today)| {
            let mut item = json::account(account, grant.as_ref(), web.store().now(), language());
            item["budget"] = budget(&web, account, *today);
            if grant.is_some() {
                item["grant"]["acts"] = json::acts(account, grant.as_ref(), user);
            }
            known.mark(web.providers(), &mut item, grant.as_ref());
            if let Some(owner) = owner {
                item["owner"] = json!({ "id": owner.id, "login": owner.login, "name": owner.name });
            }
            if let Some(rights) = rights {
                item["rights"] = rights_json(*rights);
            }
            item
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

/// What the account's talk with its provider took today.
pub fn budget(web: &Web, account: &Account, today: Option<Traffic>) -> Value {
    let profile = web.providers().profile(&account.provider).ok();
    json::budget(
        today,
        profile.map(|profile| profile.kind),
        web.store().now(),
    )
}

fn rights_json(rights: Rights) -> Value {
    json!({ "read": rights.read, "send": rights.send, "manage": rights.manage })
}

pub(super) struct Seen {
    pub(super) account: Account,
    pub(super) grant: Option<Grant>,
    pub(super) rights: Option<Rights>,
}

/// An account that the caller may see: as a member, or as an administrator.
pub(super) async fn load(web: &Web, caller: &Caller, id: &str) -> Result<Seen, Problem> {
    let id: AccountId = id.parse().map_err(|_| Problem::not_found())?;
    let user = caller.user.id;
    let found = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(account) = accounts::find(tx, id).await? else {
                    return Ok(None);
                };
                let rights = accounts::rights(tx, id, user).await?;
                let grant = grants::find(tx, account.grant_id).await?;
                Ok(Some(Seen {
                    account,
                    grant,
                    rights,
                }))
            })
        })
        .await?;
    found
        .filter(|seen| seen.rights.is_some() || caller.is_administrator())
        .ok_or_else(Problem::not_found)
}

/// An account that the caller may change.
pub(super) async fn manage(web: &Web, caller: &Caller, id: &str) -> Result<Seen, Problem> {
    let seen = load(web, caller, id).await?;
    if seen.rights.is_some_and(|rights| rights.manage) || caller.is_administrator() {
        Ok(seen)
    } else {
        Err(Problem::forbidden())
    }
}

/// `GET /api/accounts/{id}`
pub async fn find(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let seen = load(&web, &caller, &id).await?;
    let (id, grant_id) = (seen.account.id, seen.account.grant_id);
    let owner_id = seen.account.owner_id;
    let (folders, counts, mut times, of_grant, today, owner, known) = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                Ok((
                    folders::list(tx, id).await?,
                    folders::counts(tx, id).await?,
                    intervals::list(tx, id.0, 60).await?,
                    intervals::list(tx, grant_id.0, 60).await?,
                    traffic::today(tx, id).await?,
                    users::find(tx, owner_id).await?,
                    endings::known(tx).await?,
                ))
            })
        })
        .await?;
    times.extend(of_grant);
    times.sort_by_key(|interval| std::cmp::Reverse(interval.since));
    let mut answer = json::account(
        &seen.account,
        seen.grant.as_ref(),
        web.store().now(),
        language(),
    );
    answer["budget"] = budget(&web, &seen.account, today);
    if seen.grant.is_some() {
        answer["grant"]["acts"] = json::acts(&seen.account, seen.grant.as_ref(), caller.user.id);
    }
    if let Some(owner) = owner {
        answer["owner"] = json!({ "id": owner.id, "login": owner.login, "name": owner.name });
    }
    known.mark(web.providers(), &mut answer, seen.grant.as_ref());
    // Administrators see states, never what people have in their folders.
    let reads = seen.rights.is_some_and(|rights| rights.read);
    answer["folders"] = folders
        .iter()
        .filter(|_| reads)
        .map(|folder| {
            let counts = counts.iter().find(|(id, _)| *id == folder.id).map(|(_, counts)| *counts).unwrap_or_default();
            json!({
                "id": folder.id, "name": folder.listed.name, "role": folder.listed.role, "total": counts.total_emails,
                "unread": counts.unread_emails, "messages_there": folder.messages_there,
                "uidvalidity": folder.uidvalidity, "uidnext": folder.uidnext,
            })
        })
        .collect();
    answer["intervals"] = times
        .iter()
        .map(|interval| json::interval(interval, language()))
        .collect();
    if let Some(rights) = seen.rights {
        answer["rights"] = rights_json(rights);
    }
    Ok(Json(answer))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    name: String,
}

/// `PATCH /api/accounts/{id}`
pub async fn rename(
    State(web): State<Web>,
    Myself(caller): Myself,
    Path(id): Path<String>,
    Body(sent): Body<AccountPatch>,
) -> Result<Json<Value>, Problem> {
    let seen = manage(&web, &caller, &id).await?;
    if sent.name.chars().count() > 200 {
        return Err(Problem::field(
            "name",
            "200 文字以内で入力してください。",
            "Use at most 200 characters.",
        ));
    }
    let id = seen.account.id;
    web.store()
        .write(move |tx| Box::pin(async move { accounts::rename(tx, id, &sent.name).await }))
        .await?;
    let seen = load(&web, &caller, &id.to_string()).await?;
    Ok(Json(json::account(
        &seen.account,
        seen.grant.as_ref(),
        web.store().now(),
        language(),
    )))
}

/// `DELETE /api/accounts/{id}`: its mail here goes, the mailbox at the provider is untouched. A grant that
/// nothing else uses is given up too.
pub async fn disconnect(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let seen = manage(&web, &caller, &id).await?;
    let (id, mailbox) = (seen.account.id, seen.account.mailbox_address);
    let actor = actor(&caller, &client);
    web.store()
        .write(move |tx| {
            Box::pin(async move {
                accounts::remove(tx, id).await?;
                audit::add(
                    tx,
                    &actor,
                    "account.disconnected",
                    id,
                    json!({ "mailbox": mailbox }),
                )
                .await
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the tokens of this grant are an app's own.
async fn is_app_only(web: &Web, grant: Option<&Grant>) -> Result<bool, Problem> {
    let Some(id) = grant.map(|grant| grant.credential_id) else {
        return Ok(false);
    };
    let credential = web
        .store()
        .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
        .await?;
    Ok(credential.is_some_and(|credential| credential.fields.access == Access::AppOnly))
}

/// `/api/accounts/{id}/access-token`: a fresh access token for a program, by a key with the scope `token`.
pub async fn access_token(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    client: Client,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if !caller
        .token
        .as_ref()
        .is_some_and(|token| token.scopes.contains(&Scope::Token))
    {
        return Err(Problem::forbidden().detail(
            "用途に「アクセストークン」を含む API トークンが必要です。",
            "This takes an API token with the scope `token`.",
        ));
    }
    let seen = load(&web, &caller, &id).await?;
    // The token reads, sends and deletes: it is for who may do all of that.
    let all = |rights: Rights| rights.read && rights.send && rights.manage;
    match seen.rights {
        None => return Err(Problem::not_found()),
        Some(rights) if !all(rights) => return Err(Problem::forbidden()),
        Some(_) => {}
    }
    if is_app_only(&web, seen.grant.as_ref()).await? {
        return Err(Problem::forbidden().detail(
            "アプリケーションのアクセス許可のトークンは、アプリのすべてのメールボックスを開けるため、外には渡しません。",
            "With app-only access the token would open every mailbox of the app, so it stays inside.",
        ));
    }
    let answered = tokens::fresh_token(web.providers(), seen.account.grant_id).await?;
    let fresh = match answered {
        Answered::Fresh(fresh) => fresh,
        Answered::Later(until, cause) => {
            let seconds = ((until - web.store().now()) / 1000).max(1);
            return Err(no_token(&cause).retry_after(seconds));
        }
        Answered::AppBroken(cause) | Answered::NeedsConsent(cause) => return Err(no_token(&cause)),
    };
    let actor = actor(&caller, &client);
    let id = seen.account.id;
    web.store()
        .write(move |tx| {
            Box::pin(async move {
                audit::add(tx, &actor, "account.access_token_given", id, json!({})).await
            })
        })
        .await?;
    let body = json!({
        "access_token": fresh.token.expose_secret(), "token_type": "Bearer", "expires_at": json::time(fresh.ends_at),
        "mailbox_address": seen.account.mailbox_address,
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

fn no_token(cause: &intervals::Cause) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no-token",
        "有効なアクセストークンを取得できません。",
        "There is no access token that works.",
    )
    .advice(&provider::cause::to_case(cause).advise(language()))
}

#[derive(Deserialize)]
pub struct Remote {
    remote: Option<String>,
}

/// `GET /api/accounts/{id}/emails/{email}/html`: the mail's HTML, sanitised.
pub async fn email_html(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    Path((account, email)): Path<(String, String)>,
    Query(options): Query<Remote>,
) -> Result<Response, Problem> {
    if !caller.may(Scope::Mail) {
        return Err(Problem::forbidden());
    }
    let account: AccountId = account.parse().map_err(|_| Problem::not_found())?;
    let email: EmailId = email.parse().map_err(|_| Problem::not_found())?;
    let remote = options.remote.is_some_and(|value| value == "1");
    let found = jmap::html::sanitized(web.store(), &caller.user, account, email, remote).await?;
    let (html, blocked) = found.ok_or_else(Problem::not_found)?;
    Ok((
        [(header::CACHE_CONTROL, "private, no-store")],
        Json(json!({ "html": html, "blocked_remote": blocked })),
    )
        .into_response())
}
