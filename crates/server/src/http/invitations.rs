//! `/api/invitations`: one-time links, for single people and for lists.

use access::people::{self, Fault, Redeemed};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use provider::advice::Language;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use store::audit::Actor;
use store::users::{self, Refusal, Role};
use store::{InvitationId, audit, invitations};

use super::Web;
use super::caller::{Administrator, Body, Client, actor};
use super::problem::{Problem, language};
use super::sign_in::{came_in, weak};
use super::users::invitation_url;
use crate::json;

/// `GET /api/invitations`
pub async fn list(State(web): State<Web>, _: Administrator) -> Result<Json<Value>, Problem> {
    let items = web
        .store()
        .read(|tx| {
            Box::pin(async move {
                let mut items = Vec::new();
                for open in invitations::list(tx).await? {
                    let Some(user) = users::find(tx, open.user_id).await? else { continue };
                    items.push(json!({
                        "id": open.id, "kind": open.kind.word(), "user": json::user(&user),
                        "created_at": json::time(open.created_at), "expires_at": json::time(open.expires_at),
                    }));
                }
                Ok(items)
            })
        })
        .await?;
    Ok(Json(json!({ "items": items, "next": null })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    login: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    address: String,
    role: Option<String>,
    csv: Option<String>,
}

/// `POST /api/invitations`: one person, or a list `login,name,address`. A list is taken line by line: what is
/// right in it is done, what is not is told with its line.
pub async fn add(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Body(sent): Body<Invite>,
) -> Result<Response, Problem> {
    let role = sent
        .role
        .as_deref()
        .map_or(Some(Role::Member), Role::parse)
        .ok_or_else(|| {
            Problem::field(
                "role",
                "administrator または member を指定してください。",
                "Use administrator or member.",
            )
        })?;
    let actor = actor(&caller, &client);
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    if let Some(csv) = &sent.csv {
        for line in people::read_csv(csv) {
            let line = match line {
                Ok(line) => line,
                Err((number, fault)) => {
                    errors.push(json!({ "line": number, "message": sentence(fault, language()) }));
                    continue;
                }
            };
            match invite(
                &web,
                actor.clone(),
                line.login,
                line.name,
                line.address,
                role,
            )
            .await
            {
                Ok(item) => items.push(item),
                Err(Refusal::LoginTaken) => {
                    errors.push(json!({ "line": line.number, "message": taken(language()) }))
                }
                Err(refusal) => return Err(refusal.into()),
            }
        }
    } else {
        let login = sent.login.unwrap_or_default().trim().to_owned();
        if !people::is_login(&login) {
            return Err(Problem::field(
                "login",
                "空白を含まない 100 文字以内のユーザIDを入力してください。",
                "Enter a login of up to 100 characters without blanks.",
            ));
        }
        items.push(invite(&web, actor, login, sent.name, sent.address, role).await?);
    }
    Ok((
        StatusCode::CREATED,
        Json(json!({ "items": items, "errors": errors })),
    )
        .into_response())
}

async fn invite(
    web: &Web,
    actor: Actor,
    login: String,
    name: String,
    address: String,
    role: Role,
) -> Result<Value, Refusal> {
    let link = web
        .store()
        .try_write(move |tx| {
            Box::pin(async move { access::invite(tx, &actor, &login, &name, &address, role).await })
        })
        .await?;
    Ok(json!({
        "user": json::user(&link.user),
        "url": invitation_url(web, link.token.expose_secret()),
        "expires_at": json::time(link.invitation.expires_at),
    }))
}

fn taken(language: Language) -> &'static str {
    match language {
        Language::Ja => "このユーザIDは既に使われています。",
        Language::En => "Somebody has this login already.",
    }
}

fn sentence(fault: Fault, language: Language) -> &'static str {
    match (fault, language) {
        (Fault::Fields, Language::Ja) => {
            "「ユーザID,氏名,メールアドレス」の 3 項目で入力してください。"
        }
        (Fault::Fields, Language::En) => "Write three fields: login,name,address.",
        (Fault::Login, Language::Ja) => "ユーザIDは空白を含まない 100 文字以内で入力してください。",
        (Fault::Login, Language::En) => "The login needs 1 to 100 characters without blanks.",
        (Fault::Address, Language::Ja) => "メールアドレスに @ がありません。",
        (Fault::Address, Language::En) => "The address has no @.",
        (Fault::Twice, Language::Ja) => "同じユーザIDが前の行にあります。",
        (Fault::Twice, Language::En) => "The same login stands on an earlier line.",
        (Fault::Quote, Language::Ja) => "引用符が閉じられていません。",
        (Fault::Quote, Language::En) => "A quotation mark is not closed.",
    }
}

/// `DELETE /api/invitations/{id}`
pub async fn revoke(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: InvitationId = id.parse().map_err(|_| Problem::not_found())?;
    let actor = actor(&caller, &client);
    let gone = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let gone = invitations::redeem(tx, id).await?;
                if gone {
                    audit::add(tx, &actor, "invitation.revoked", id, json!({})).await?;
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

#[derive(Deserialize)]
pub struct Token {
    token: String,
}

fn no_such_link() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-link",
        "このリンクは使用済みか、有効期限が切れています。",
        "This link has been used or has ended.",
    )
    .detail(
        "管理者に新しいリンクを発行してもらってください。",
        "Ask an administrator for a new one.",
    )
}

/// `POST /api/invitations/look-up`: whose link it is. A POST, so that the token stands in no log of addresses.
pub async fn look_up(
    State(web): State<Web>,
    Body(sent): Body<Token>,
) -> Result<Json<Value>, Problem> {
    let (user, invitation) = people::look_up(web.store(), &sent.token)
        .await?
        .ok_or_else(no_such_link)?;
    Ok(Json(
        json!({ "kind": invitation.kind.word(), "login": user.login, "name": user.name }),
    ))
}

#[derive(Deserialize)]
pub struct Redeem {
    token: String,
    password: SecretString,
}

/// `POST /api/invitations/redeem`
pub async fn redeem(
    State(web): State<Web>,
    client: Client,
    Body(sent): Body<Redeem>,
) -> Result<Response, Problem> {
    let redeemed = access::redeem(
        web.store(),
        &sent.token,
        &sent.password,
        client.user_agent,
        client.address,
    )
    .await?;
    match redeemed {
        Redeemed::In {
            cookie,
            user,
            session,
        } => Ok(came_in(&web, &cookie, &user, &session)),
        Redeemed::NoSuchLink => Err(no_such_link()),
        Redeemed::Weak(reason) => Err(weak(reason, "password")),
    }
}
