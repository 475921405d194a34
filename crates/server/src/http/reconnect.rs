//! `/api/reconnect`: what a reconnect link opens, for somebody who is not signed in.
//!
//!     look-up -> begin (cookie, the provider's address) -> callback (cookie) -> /reconnect?connect=… -> follow
//!
//! The link is `{public_url}/reconnect#TOKEN`: the token stands behind `#` and in bodies, never in an address that
//! a log keeps. What always holds: these requests are nobody's, whoever is signed in in the same browser
//! ([`super::caller::identify`]); the consent is bound to the browser by a cookie of its own; of a link that is
//! over nothing is told but that it is over.

use access::reconnect::{self, LookedUp, Shown, State as LinkState};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::cause::to_case;
use provider::consent;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use store::connects::{self, STATE_LIFE};
use store::{ConnectId, reconnect_links};

use super::Web;
use super::caller::{Body, Client, cookie_of};
use super::connect::{not_begun, show};
use super::problem::{Problem, language};
use super::sign_in::too_many;
use crate::json::time;

/// The name of the cookie that binds a consent to the browser that began it.
pub const COOKIE: &str = "tegata_reconnect";
/// A round trip is shown by its link this long; it tells of one consent, not of the mailbox later.
const FOLLOWED: store::Millis = 3_600_000;

/// The browser's cookie, as it came.
pub fn link_cookie(headers: &HeaderMap) -> Option<SecretString> {
    cookie_of(headers, COOKIE)
        .filter(|value| value.len() <= 100)
        .map(SecretString::from)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    token: String,
}

async fn shown(web: &Web, client: &Client, token: &str) -> Result<Shown, Problem> {
    match reconnect::look_up(web.store(), token, &client.address).await? {
        LookedUp::Found(shown) => Ok(*shown),
        LookedUp::Unknown => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "no-such-link",
            "このリンクは使えません。",
            "There is no such link.",
        )
        .detail(
            "リンクが途中で切れていないか確認してください。使えない場合は、管理者に新しいリンクを送ってもらってください。",
            "See whether the link was cut off. If it was not, ask an administrator for a new one.",
        )),
        LookedUp::TooMany { retry_after } => Err(too_many(retry_after)),
    }
}

/// `POST /api/reconnect/look-up`: which mailboxes wait for whom. A POST, so that the token stands in no log.
pub async fn look_up(
    State(web): State<Web>,
    client: Client,
    Body(sent): Body<Token>,
) -> Result<Json<Value>, Problem> {
    let shown = shown(&web, &client, &sent.token).await?;
    let state = shown.state.word();
    let expires_at = time(shown.link.expires_at);
    if matches!(shown.state, LinkState::Used | LinkState::Expired) {
        return Ok(Json(json!({
            "mailbox_addresses": [], "address": "", "provider": "", "provider_label": "", "person": "", "state": state,
            "expires_at": expires_at, "advice": null,
        })));
    }
    let mailboxes: Vec<&str> = shown
        .accounts
        .iter()
        .map(|account| account.mailbox_address.as_str())
        .collect();
    let provider = shown
        .accounts
        .first()
        .map(|account| account.provider.as_str())
        .unwrap_or_default();
    let label = web
        .providers()
        .profile(provider)
        .map_or(provider, |profile| profile.label.as_str());
    let cause = shown.grant.cause.as_ref().or_else(|| {
        let mut accounts = shown.accounts.iter();
        accounts.find_map(|account| account.sync.cause.as_ref().or(account.send.cause.as_ref()))
    });
    Ok(Json(json!({
        "mailbox_addresses": mailboxes, "address": shown.grant.subject.address, "provider": provider,
        "provider_label": label, "person": shown.person.name, "state": state, "expires_at": expires_at,
        "advice": cause.map(|cause| to_case(cause).advise(language())),
    })))
}

/// `POST /api/reconnect/begin`: where the person has to go, and the cookie for the way back.
pub async fn begin(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    Body(sent): Body<Token>,
) -> Result<Response, Problem> {
    let shown = shown(&web, &client, &sent.token).await?;
    still_open(shown.state)?;
    let (link, brought) = (shown.link.clone(), link_cookie(&headers));
    let (wait, cookie, hash) = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let wait = reconnect::count_begin(tx, &link).await?;
                let (cookie, hash) = reconnect::browser(tx, brought.as_ref()).await?;
                Ok((wait, cookie, hash))
            })
        })
        .await?;
    if let Some(wait) = wait {
        return Err(too_many(wait));
    }
    let begun = consent::begin_again(web.providers(), &shown.link, hash)
        .await
        .map_err(not_begun)?;
    let body =
        json!({ "connect_id": begun.connect_id, "authorization_url": begun.authorization_url });
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    let secure = if web.secure_cookie() { "; Secure" } else { "" };
    let value = format!(
        "{COOKIE}={}; Path={}/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
        cookie.expose_secret(),
        web.base_path(),
        STATE_LIFE / 1000 + 300,
    );
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

fn still_open(state: LinkState) -> Result<(), Problem> {
    let conflict = |kind, ja, en| Problem::new(StatusCode::CONFLICT, kind, ja, en);
    match state {
        LinkState::Open => Ok(()),
        LinkState::Used => Err(conflict(
            "link-used",
            "このリンクは使用済みです。メールボックスは再接続されています。",
            "This link has been used: the mailbox was reconnected.",
        )
        .detail(
            "また接続できなくなったときは、新しいリンクが届きます。届かない場合は、管理者に依頼してください。",
            "If it ever stops again, a new link comes by mail; if none comes, ask an administrator.",
        )),
        LinkState::Expired => Err(conflict(
            "link-expired",
            "このリンクは有効期限 (14 日) が切れています。",
            "This link has ended: it works for 14 days.",
        )
        .detail(
            "管理者に新しいリンクを送ってもらってください。Tegata にログインできる場合は、画面から再接続することもできます。",
            "Ask an administrator for a new one. Whoever can sign in here reconnects on the page of the account.",
        )),
        LinkState::NotNeeded => Err(conflict(
            "reconnect-not-needed",
            "このメールボックスは接続されています。",
            "This mailbox is connected.",
        )
        .detail(
            "再接続の必要はありません。",
            "There is nothing to reconnect.",
        )),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// May be left out in the browser that began the consent: its cookie says as much.
    token: Option<String>,
    connect_id: String,
}

/// `POST /api/reconnect/follow`: how far a consent of this link is.
pub async fn follow(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    Body(sent): Body<Follow>,
) -> Result<Json<Value>, Problem> {
    let id: ConnectId = sent.connect_id.parse().map_err(|_| Problem::not_found())?;
    let by_token = match &sent.token {
        Some(token) => Some(shown(&web, &client, token).await?.link.id),
        None => None,
    };
    let by_cookie = link_cookie(&headers).map(|cookie| access::fingerprint(cookie.expose_secret()));
    let found = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let tried = reconnect_links::try_of(tx, id).await?;
                let connect = connects::find(tx, id).await?;
                Ok(tried.zip(connect))
            })
        })
        .await?;
    let (tried, connect) = found.ok_or_else(Problem::not_found)?;
    let its_own = match by_token {
        Some(link) => link == tried.link.id,
        None => by_cookie.as_ref() == Some(&tried.browser_hash),
    };
    if !its_own || connect.created_at + FOLLOWED < web.store().now() {
        return Err(Problem::not_found());
    }
    Ok(Json(show(&connect)))
}
