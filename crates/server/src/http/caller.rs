//! Who makes the request, and from where.
//!
//! A cookie or a Bearer token becomes an [`access::Caller`] in the request's extensions. Writes by cookie
//! must carry `X-CSRF-Token`; beside it `Sec-Fetch-Site` is believed where a browser sends it. The client's
//! address comes from the connection; `X-Forwarded-For` counts only from a trusted proxy, read from its end.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use access::Caller;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use provider::advice::Language;
use store::audit::Actor;

use super::Web;
use super::problem::{LANGUAGE, Problem};

/// The session cookie's name.
pub const COOKIE: &str = "tegata_session";

/// Below the public address: what a reconnect link opens.
const BY_LINK: &str = "/api/reconnect/";

/// Where a request came from.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client's address.
    pub address: String,
    /// The browser's own words.
    pub user_agent: String,
}

/// Finds out who makes the request.
pub async fn identify(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or_else(Language::default, Language::from_accept);
    let client = Client {
        address: client_address(&request, web.trusted_proxies())
            .map(|address| address.to_string())
            .unwrap_or_default(),
        user_agent: headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    };
    // What a reconnect link opens is nobody's: who is signed in here besides neither helps nor hinders.
    let by_link = request.uri().path().starts_with(BY_LINK);
    let found = match (bearer(headers), cookie(headers)) {
        _ if by_link => Ok(None),
        (Some(token), _) => access::by_token(web.store(), &token).await,
        (None, Some(cookie)) => access::by_cookie(web.store(), &cookie).await,
        (None, None) => Ok(None),
    };
    let caller = match found {
        Ok(caller) => caller,
        Err(error) => {
            return LANGUAGE
                .scope(accepted, async { Problem::from(error).into_response() })
                .await;
        }
    };
    let language = caller
        .as_ref()
        .and_then(|caller| caller.user.language.as_deref())
        .and_then(Language::from_tag)
        .unwrap_or(accepted);
    let writes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let from_our_page = match &caller {
        Some(caller) => csrf_ok(caller, request.headers()),
        None => !(by_link && from_elsewhere(request.headers())),
    };
    if writes && !from_our_page {
        let refused = || {
            Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "この操作はこの画面から送られたものではありません。ページを読み込み直してください。",
                "This did not come from our own page. Load the page again and repeat it.",
            )
        };
        return LANGUAGE
            .scope(language, async { refused().into_response() })
            .await;
    }
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    request.extensions_mut().insert(client);
    LANGUAGE.scope(language, next.run(request)).await
}

/// Whether the browser tells that a page of another site asks.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
}

fn csrf_ok(caller: &Caller, headers: &HeaderMap) -> bool {
    let shown = headers
        .get("x-csrf-token")
        .and_then(|value| value.to_str().ok());
    caller.csrf_ok(shown) && !(from_elsewhere(headers) && caller.session.is_some())
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

/// The session cookie's value.
pub fn cookie(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, COOKIE)
}

/// The value of the cookie of this name.
pub fn cookie_of(headers: &HeaderMap, wanted: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == wanted && !value.is_empty()).then(|| value.to_owned())
        })
}

fn client_address(request: &Request, trusted: &[ipnet::IpNet]) -> Option<IpAddr> {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()?
        .0
        .ip()
        .to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return Some(peer);
    }
    let chain: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    // From the end: each entry was written by the proxy behind it, the first ones by whoever liked to.
    chain
        .iter()
        .rev()
        .map_while(|entry| entry.trim().parse::<IpAddr>().ok())
        .find(|address| !is_trusted(address))
        .or(Some(peer))
}

/// Somebody who is signed in.
pub struct SignedIn(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .map(SignedIn)
            .ok_or_else(Problem::signed_out)
    }
}

/// An administrator, by a cookie or by a key with the scope `admin`.
pub struct Administrator(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let SignedIn(caller) = SignedIn::from_request_parts(parts, state).await?;
        if caller.is_administrator() {
            Ok(Administrator(caller))
        } else {
            Err(Problem::forbidden())
        }
    }
}

/// A person at the person's own things: by a cookie, or by a key with the scope `admin`.
pub struct Myself(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Myself {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let SignedIn(caller) = SignedIn::from_request_parts(parts, state).await?;
        if caller.may(store::api_tokens::Scope::Admin) {
            Ok(Myself(caller))
        } else {
            Err(Problem::forbidden())
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let found = parts.extensions.get::<Client>().cloned();
        Ok(found.unwrap_or(Client {
            address: String::new(),
            user_agent: String::new(),
        }))
    }
}

/// The caller as the audit log names it.
pub fn actor(caller: &Caller, client: &Client) -> Actor {
    let name = match &caller.token {
        Some(token) => format!("{} ({})", caller.user.login, token.name),
        None => caller.user.login.clone(),
    };
    Actor {
        name,
        remote_address: client.address.clone(),
    }
}

/// Of a body this much is taken.
const MOST: usize = 2 << 20;
/// A larger one is read up to here all the same: who hangs up on a sender takes the answer away too.
const DRAINED: usize = 32 << 20;
/// A body may take this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A JSON body; what is none is told in a sentence.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let bytes = tokio::time::timeout(PATIENCE, read(request.into_body(), MOST))
            .await
            .map_err(|_| unreadable(StatusCode::REQUEST_TIMEOUT, String::new()))??;
        if kind != "application/json" {
            return Err(unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, kind));
        }
        match axum::Json::<T>::from_bytes(&bytes) {
            Ok(axum::Json(value)) => Ok(Body(value)),
            Err(rejection) => Err(unreadable(rejection.status(), rejection.body_text())),
        }
    }
}

/// A JSON body that may be left out: then it is the default.
pub struct Optional<T>(pub T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned + Default> FromRequest<S> for Optional<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let empty = hyper::body::Body::size_hint(request.body()).exact() == Some(0);
        if empty {
            return Ok(Optional(T::default()));
        }
        let Body(value) = Body::<T>::from_request(request, state).await?;
        Ok(Optional(value))
    }
}

/// A body of any kind, up to `MOST` octets.
pub struct Raw<const MOST: usize>(pub Vec<u8>);

impl<S: Send + Sync, const MOST: usize> FromRequest<S> for Raw<MOST> {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        tokio::time::timeout(PATIENCE, read(request.into_body(), MOST))
            .await
            .map_err(|_| unreadable(StatusCode::REQUEST_TIMEOUT, String::new()))?
            .map(Raw)
    }
}

async fn read(body: axum::body::Body, most: usize) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|error| unreadable(StatusCode::BAD_REQUEST, error.to_string()))?;
        length += chunk.len();
        if length <= most {
            bytes.extend_from_slice(&chunk);
        } else if length > DRAINED {
            break;
        }
    }
    if length > most {
        return Err(unreadable(StatusCode::PAYLOAD_TOO_LARGE, String::new()));
    }
    Ok(bytes)
}

/// The query of an address; what cannot be read is told in a sentence.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => Err(unreadable(rejection.status(), rejection.body_text())),
        }
    }
}

fn unreadable(status: StatusCode, words: String) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            status,
            "too-large",
            "送信されたデータが大きすぎます。",
            "The request is too large.",
        ),
        StatusCode::REQUEST_TIMEOUT => Problem::new(
            status,
            "too-slow",
            "送信に時間がかかりすぎました。もう一度お試しください。",
            "The request took too long to arrive. Try again.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            status,
            "bad-request",
            "JSON 形式で送信してください (Content-Type: application/json)。",
            "Send JSON (Content-Type: application/json).",
        ),
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-request",
            "リクエストの形式が正しくありません。",
            "The request could not be read.",
        )
        .detail(words.clone(), words),
    }
}
