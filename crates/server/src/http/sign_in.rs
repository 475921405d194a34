//! Signing in and out, and one's own person.

use access::passwords;
use access::sign_in::{Attempt, SignIn};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use store::users::{self, Patch};
use store::{audit, login_sessions};

use super::Web;
use super::caller::{Body, COOKIE, Client, Myself, SignedIn, actor};
use super::problem::Problem;
use crate::json;

#[derive(Deserialize)]
pub struct Credentials {
    login: String,
    password: SecretString,
}

/// `POST /api/sign-in`
pub async fn sign_in(
    State(web): State<Web>,
    client: Client,
    Body(sent): Body<Credentials>,
) -> Result<Response, Problem> {
    let attempt = Attempt {
        login: sent.login,
        password: sent.password,
        remote_address: client.address,
        user_agent: client.user_agent,
    };
    match access::sign_in(web.store(), attempt).await? {
        SignIn::In {
            cookie,
            user,
            session,
        } => Ok(came_in(&web, &cookie, &user, &session)),
        SignIn::Wrong => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong-login",
            "ユーザIDまたはパスワードが正しくありません。",
            "The login or the password is not right.",
        )),
        SignIn::TooMany { retry_after } => Err(too_many(retry_after)),
    }
}

/// Another try makes sense after so many seconds.
pub(super) fn too_many(retry_after: i64) -> Problem {
    let minutes = retry_after.div_euclid(60) + 1;
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-attempts",
        "続けて失敗したため、しばらく受け付けません。",
        "Too many failed attempts.",
    )
    .detail(
        format!("{minutes} 分後にもう一度お試しください。"),
        format!("Try again in {minutes} minutes."),
    )
    .retry_after(retry_after)
}

/// The answer to somebody who came in: the cookie, and what the page needs.
pub fn came_in(
    web: &Web,
    cookie: &SecretString,
    user: &users::User,
    session: &login_sessions::LoginSession,
) -> Response {
    let path = format!("{}/", web.base_path());
    let secure = if web.secure_cookie() { "; Secure" } else { "" };
    let age = login_sessions::LONGEST / 1000;
    let value = format!(
        "{COOKIE}={}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={age}{secure}",
        cookie.expose_secret()
    );
    let body = Json(json!({ "user": json::user(user), "csrf_token": session.csrf_token }));
    let mut response = body.into_response();
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// `POST /api/sign-out`
pub async fn sign_out(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    if let Some(session) = caller.session {
        web.store()
            .write(move |tx| {
                Box::pin(async move { login_sessions::end(tx, session.user_id, session.id).await })
            })
            .await?;
    }
    let gone = format!(
        "{COOKIE}=; Path={}/; HttpOnly; SameSite=Lax; Max-Age=0",
        web.base_path()
    );
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(value) = HeaderValue::from_str(&gone) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// `GET /api/me`
pub async fn me(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
) -> Json<Value> {
    let public_url = web.providers().public_url();
    Json(json!({
        "user": json::user(&caller.user),
        "csrf_token": caller.session.as_ref().map(|session| session.csrf_token.clone()),
        "public_url": public_url,
        "origin_ok": origin_ok(public_url, &headers),
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// Whether the browser opened us under the public address. The callback goes there, and meets no cookie of
/// another name. A browser's `Origin` or `Referer` would do as well; `Host` is there always. The scheme is
/// a proxy's to tell.
pub fn origin_ok(public_url: &str, headers: &HeaderMap) -> bool {
    let Ok(url) = url::Url::parse(public_url) else {
        return false;
    };
    let Some(host) = url.host_str() else {
        return false;
    };
    let wanted = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let opened = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_lowercase();
    let default = format!(
        "{wanted}:{}",
        url.port_or_known_default().unwrap_or_default()
    );
    let scheme_fits = headers
        .get("x-forwarded-proto")
        .and_then(|value| value.to_str().ok())
        .is_none_or(|scheme| scheme.eq_ignore_ascii_case(url.scheme()));
    scheme_fits && (opened == wanted || opened == default)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MyPatch {
    name: Option<String>,
    #[serde(default, with = "double_option")]
    language: Option<Option<String>>,
}

/// Tells "not sent" from `null`.
mod double_option {
    use serde::{Deserialize, Deserializer};
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// `PATCH /api/me`
pub async fn patch_me(
    State(web): State<Web>,
    Myself(caller): Myself,
    Body(sent): Body<MyPatch>,
) -> Result<Json<Value>, Problem> {
    if let Some(Some(language)) = &sent.language
        && !matches!(language.as_str(), "ja" | "en")
    {
        return Err(Problem::field(
            "language",
            "ja または en を指定してください。",
            "Use ja or en.",
        ));
    }
    let patch = Patch {
        name: sent.name,
        language: sent.language,
        ..Patch::default()
    };
    let user = web
        .store()
        .try_write(move |tx| {
            Box::pin(async move { users::update(tx, caller.user.id, patch).await })
        })
        .await?;
    Ok(Json(json!({ "user": json::user(&user) })))
}

#[derive(Deserialize)]
pub struct NewPassword {
    current_password: SecretString,
    new_password: SecretString,
}

/// The problem of a password that cannot be taken.
pub fn weak(weak: passwords::Weak, field: &'static str) -> Problem {
    match weak {
        passwords::Weak::TooShort => Problem::field(
            field,
            "10 文字以上で入力してください。",
            "Use at least 10 characters.",
        ),
        passwords::Weak::TooLong => Problem::field(
            field,
            "256 バイト以内で入力してください。",
            "Use at most 256 bytes.",
        ),
        passwords::Weak::TooPlain => Problem::field(
            field,
            "ユーザIDや同じ文字の繰り返しは使えません。",
            "Do not use your login or one character over and over.",
        ),
    }
}

/// `POST /api/me/password`
pub async fn change_password(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    client: Client,
    Body(sent): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let id = caller.user.id;
    let Some(session) = caller.session.clone() else {
        return Err(Problem::forbidden());
    };
    let (wait, hash) = web
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let wait = access::sign_in::count_own(tx, id).await?;
                Ok((wait, users::password_hash(tx, id).await?))
            })
        })
        .await?;
    if let Some(retry_after) = wait {
        return Err(too_many(retry_after));
    }
    if !passwords::fits(&sent.current_password, hash).await {
        return Err(Problem::field(
            "current_password",
            "現在のパスワードが正しくありません。",
            "This is not your current password.",
        ));
    }
    if let Some(reason) = passwords::judge(&sent.new_password, &caller.user.login) {
        return Err(weak(reason, "new_password"));
    }
    let hash = passwords::hash(web.store().world(), &sent.new_password).await;
    let actor = actor(&caller, &client);
    web.store()
        .write(move |tx| {
            Box::pin(async move {
                access::sign_in::forget_own(tx, id).await?;
                users::set_password(tx, id, &hash).await?;
                login_sessions::end_others(tx, id, Some(session.id)).await?;
                audit::add(
                    tx,
                    &actor,
                    "user.password_set",
                    &caller.user.login,
                    json!({ "by": "self" }),
                )
                .await
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
