//! `/api/reconnects` and `/api/reconnect-links`: who must consent again, and links for them.
//!
//! A link is made only where a consent would mend something. With `send` a message to the person is ordered; it
//! carries a link of its own, and none is shown here. Otherwise, or where no mailbox can send it, the link itself
//! is the answer, to be handed over another way.

use access::reconnect::{self, NoLink};
use axum::Json;
use axum::extract::State;
use provider::cause::to_case;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use store::accounts::{self, Account};
use store::audit::{self, Actor};
use store::grants::{self, Grant};
use store::notices::{self, Kind, Notice, Status};
use store::reconnect_links::{self, ReconnectLink};
use store::users::{self, User};
use store::{AccountId, Announcement, GrantId, Tx};

use super::Web;
use super::caller::{Administrator, Body, Client, Myself, Query, actor};
use super::problem::{Problem, language};
use crate::json::time;
use crate::notices::mailbox;

/// Most links of one request.
const MOST: usize = 500;

#[derive(Deserialize)]
pub struct Page {
    cursor: Option<String>,
    limit: Option<i64>,
}

struct Waits {
    grant: Grant,
    person: Option<User>,
    accounts: Vec<Account>,
    link: Option<ReconnectLink>,
    notice: Option<Notice>,
}

/// What the grant's own person was told last.
async fn newest_notice(tx: &mut Tx, grant: &Grant) -> store::Result<Option<Notice>> {
    let told = notices::of_subject(tx, Kind::GrantDied, grant.id.0).await?;
    Ok(told.into_iter().find(|notice| {
        notice.of.user_id == grant.user_id && notice.created_at >= grant.status_since
    }))
}

/// `GET /api/reconnects?cursor=&limit=`: who must act, a line for each grant.
pub async fn list(
    State(web): State<Web>,
    _: Administrator,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let limit = page.limit.unwrap_or(100).clamp(1, 500);
    let after = cursor::<GrantId>(page.cursor.as_deref())?;
    let mut found = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for id in reconnect_links::waiting(tx, after, limit + 1).await? {
                    let Some(grant) = grants::find(tx, id).await? else {
                        continue;
                    };
                    found.push(Waits {
                        person: users::find(tx, grant.user_id).await?,
                        accounts: accounts::of_grant(tx, id).await?,
                        link: reconnect_links::newest(tx, id).await?,
                        notice: newest_notice(tx, &grant).await?,
                        grant,
                    });
                }
                Ok(found)
            })
        })
        .await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|last| last.grant.id);
    let items: Vec<Value> = found.iter().map(show).collect();
    Ok(Json(json!({ "items": items, "next": next })))
}

/// The id behind which a list goes on.
pub(super) fn cursor<I: std::str::FromStr>(sent: Option<&str>) -> Result<Option<I>, Problem> {
    sent.filter(|text| !text.is_empty())
        .map(str::parse)
        .transpose()
        .map_err(|_| {
            Problem::field(
                "cursor",
                "前の応答の next の値を指定してください。",
                "Use the value of `next` of the answer before.",
            )
        })
}

fn show(waits: &Waits) -> Value {
    let mailboxes: Vec<Value> = waits
        .accounts
        .iter()
        .map(|account| json!({ "account_id": account.id, "address": account.mailbox_address }))
        .collect();
    let person = waits.person.as_ref().map(|user| {
        json!({ "id": user.id, "login": user.login, "name": user.name, "address": user.address })
    });
    let link = waits.link.as_ref().map(|link| {
        json!({
            "created_at": time(link.created_at), "expires_at": time(link.expires_at),
            "used_at": link.used_at.map(time),
        })
    });
    let notice = waits.notice.as_ref().map(|notice| {
        json!({
            "status": notice.status.shown(), "at": time(notice.sent_at.unwrap_or(notice.created_at)),
            "to": notice.address,
        })
    });
    let advice = waits.grant.cause.as_ref();
    json!({
        "grant_id": waits.grant.id, "person": person, "consents_as": waits.grant.subject.address,
        "mailboxes": mailboxes, "since": time(waits.grant.status_since),
        "advice": advice.map(|cause| to_case(cause).advise(language())), "notice": notice, "link": link,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    account_ids: Vec<AccountId>,
    #[serde(default)]
    send: bool,
}

/// `POST /api/reconnect-links`: links for one mailbox or for many. Of accounts that are not the caller's to manage
/// nothing is done for any.
pub async fn make(
    State(web): State<Web>,
    Myself(caller): Myself,
    client: Client,
    Body(sent): Body<Wanted>,
) -> Result<Json<Value>, Problem> {
    if sent.account_ids.is_empty() || sent.account_ids.len() > MOST {
        return Err(Problem::field(
            "account_ids",
            "1 件以上 500 件以下のアカウントを指定してください。",
            "Name at least one account and at most 500.",
        ));
    }
    let (user, administrator) = (caller.user.id, caller.is_administrator());
    let wanted = sent.account_ids.clone();
    let allowed = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                for id in wanted {
                    let rights = accounts::rights(tx, id, user).await?;
                    let known = accounts::find(tx, id).await?.is_some();
                    if !known || (rights.is_none() && !administrator) {
                        return Ok(Err(Problem::not_found()));
                    }
                    if !administrator && !rights.is_some_and(|rights| rights.manage) {
                        return Ok(Err(Problem::forbidden()));
                    }
                }
                Ok(Ok(()))
            })
        })
        .await?;
    allowed?;
    let works = if sent.send {
        let chosen = web
            .store()
            .read(|tx| Box::pin(async move { mailbox::chosen(tx).await }))
            .await?;
        mailbox::trouble(web.providers(), chosen.as_ref()).is_none()
    } else {
        false
    };
    let how = match (sent.send, works) {
        (false, _) => How::Show,
        (true, true) => How::Send,
        (true, false) => How::Instead,
    };
    let actor = actor(&caller, &client);
    let mut items = Vec::new();
    for id in sent.account_ids {
        items.push(one(&web, &actor, id, how).await?);
    }
    Ok(Json(json!({ "items": items })))
}

/// How a link reaches its person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Whoever asks hands it over.
    Show,
    /// By a message.
    Send,
    /// It was to be sent, and no mailbox can.
    Instead,
}

/// Orders a message, unless one is on its way to the person already.
async fn order(tx: &mut Tx, actor: &Actor, grant: &Grant, account: &Account) -> store::Result<()> {
    let on_its_way = newest_notice(tx, grant)
        .await?
        .is_some_and(|last| matches!(last.status, Status::Waiting | Status::Queued));
    if !on_its_way {
        let new = crate::notices::asked(tx, grant).await?;
        notices::add(tx, &new).await?;
        tx.announce(Announcement::Submissions);
    }
    let detail = json!({ "mailbox": account.mailbox_address, "person": grant.subject.address });
    audit::add(tx, actor, "reconnect_link.ordered", account.id, detail).await
}

async fn one(web: &Web, actor: &Actor, id: AccountId, how: How) -> Result<Value, Problem> {
    let actor = actor.clone();
    let made = web
        .store()
        .try_write(move |tx| {
            Box::pin(async move {
                let account = accounts::find(tx, id).await?.ok_or(NoLink::NoAccount)?;
                let grant = grants::find(tx, account.grant_id)
                    .await?
                    .ok_or(NoLink::NoAccount)?;
                let owner = users::find(tx, grant.user_id).await?;
                let may_act = owner
                    .as_ref()
                    .is_some_and(|owner| owner.status != users::Status::Disabled);
                let to = owner.map_or_else(String::new, |owner| owner.address);
                let all = accounts::of_grant(tx, grant.id).await?;
                if !may_act || !reconnect::is_needed(&grant, &all) {
                    return Ok((account, to, "not_needed", None));
                }
                // Only a death is told by mail; of whatever else a consent may mend, somebody tells the person.
                if how == How::Send && grant.status == grants::Status::NeedsConsent {
                    order(tx, &actor, &grant, &account).await?;
                    return Ok((account, to, "queued", None));
                }
                let status = match how {
                    How::Instead => "no_system_mailbox",
                    How::Show | How::Send => "not_asked",
                };
                match access::reconnect_link(tx, &actor, id).await {
                    Ok(link) => Ok((account, to, status, Some(link.token))),
                    Err(NoLink::AppOnly | NoLink::Disabled) => {
                        Ok((account, to, "not_needed", None))
                    }
                    Err(other) => Err(other),
                }
            })
        })
        .await;
    let (account, to, status, token) = made.map_err(|error| match error {
        NoLink::Store(error) => error.into(),
        _ => Problem::not_found(),
    })?;
    let url = token.map(|token| reconnect_url(web, token.expose_secret()));
    Ok(json!({
        "account_id": account.id, "mailbox_address": account.mailbox_address, "to": to, "status": status, "url": url,
    }))
}

/// The page of a link.
pub fn reconnect_url(web: &Web, token: &str) -> String {
    format!("{}/reconnect#{token}", web.providers().public_url())
}
