//! The token endpoint, as far as both providers do the same: reading, counting, faults.
//!
//! Faults that make the request fail come before the work, so a throttled refresh rotates nothing;
//! those that damage the answer come after it, so a cut reply has rotated the token.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::token_reply::{Reply, indented_object};
use super::{Fields, Site, microsoft, token_google, token_microsoft};
use crate::ProviderKind;
use crate::faults::{self, FaultKind, Place, Protocol, Scope};
use crate::ledger::Open;
use crate::lines::LineId;
use crate::people::NewApp;
use crate::world::Books;

/// A token request, read.
pub(crate) struct Asked {
    pub(crate) fields: Fields,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    pub(crate) origin_header: bool,
    /// Microsoft: the tenant part of the path.
    pub(crate) tenant: String,
    pub(crate) now: i64,
    /// What the client calls itself (`?by=`).
    by: String,
    line: u64,
}

impl Asked {
    /// The client may name itself in the body or by HTTP Basic (RFC 6749, 2.3.1).
    fn read(headers: &HeaderMap, body: &[u8], tenant: String, now: i64, came: &Came) -> Self {
        let fields = Fields::parse(body);
        let basic = headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Basic "))
            .and_then(|v| STANDARD.decode(v.trim()).ok())
            .and_then(|v| String::from_utf8(v).ok())
            .and_then(|v| v.split_once(':').map(|(a, b)| (unescape(a), unescape(b))));
        let (client_id, client_secret) = match basic {
            Some((id, secret)) => (id, Some(secret)),
            None => (
                fields.get("client_id").unwrap_or_default().to_owned(),
                fields.get("client_secret").map(str::to_owned),
            ),
        };
        let origin_header = headers.contains_key(header::ORIGIN);
        Self {
            fields,
            client_id,
            client_secret,
            origin_header,
            tenant,
            now,
            by: came.by.clone(),
            line: came.line,
        }
    }
}

fn unescape(text: &str) -> String {
    url::form_urlencoded::parse(format!("v={text}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, v)| v.into_owned())
}

/// What a secret is worth.
pub(crate) enum Secret {
    Good,
    Expired,
    Wrong,
}

pub(crate) fn judge_secret(books: &mut Books, app: &NewApp, asked: &Asked) -> Secret {
    let scope = Scope {
        client_id: Some(&app.client_id),
        ..Scope::provider(app.provider)
    };
    if books
        .faults
        .strike(FaultKind::SecretExpired, scope)
        .is_some()
    {
        return Secret::Expired;
    }
    if books.faults.strike(FaultKind::WrongSecret, scope).is_some() {
        return Secret::Wrong;
    }
    let given = asked.client_secret.as_deref().unwrap_or_default();
    if app.secrets.iter().any(|s| s == given) {
        Secret::Good
    } else if app.expired_secrets.iter().any(|s| s == given) {
        Secret::Expired
    } else {
        Secret::Wrong
    }
}

/// How many seconds a new access token lives: `usual`, or what a fault makes of it.
pub(crate) fn life(books: &mut Books, scope: Scope<'_>, usual: i64) -> i64 {
    let fault = books.faults.strike(FaultKind::ShortTokens, scope);
    fault.map_or(usual, |fault| {
        i64::try_from(fault.ms.unwrap_or(60_000) / 1_000).unwrap_or(usual)
    })
}

/// RFC 7636: does the verifier fit the challenge of the request?
pub(crate) fn verifier_fits(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(challenge), Some(verifier)) => {
            (43..=128).contains(&verifier.len())
                && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
        }
    }
}

/// How a request came.
pub(crate) struct Came {
    by: String,
    line: u64,
}

impl Came {
    fn read(query: Option<String>, line: LineId) -> Self {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes());
        Self {
            by: fields.get("by").unwrap_or_default().to_owned(),
            line: line.0,
        }
    }
}

pub(crate) async fn google(
    State(site): State<Site>,
    ConnectInfo(line): ConnectInfo<LineId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let came = Came::read(query, line);
    let asked = Asked::read(&headers, &body, String::new(), site.world.now(), &came);
    answer(&site, asked, token_google::answer).await
}

pub(crate) async fn microsoft(
    State(site): State<Site>,
    Path(tenant): Path<String>,
    ConnectInfo(line): ConnectInfo<LineId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let came = Came::read(query, line);
    let asked = Asked::read(&headers, &body, tenant, site.world.now(), &came);
    answer(&site, asked, token_microsoft::answer).await
}

async fn answer(
    site: &Site,
    asked: Asked,
    work: fn(&mut Books, &Site, &Asked) -> Reply,
) -> Response {
    let (mut reply, open) = {
        let mut books = site.world.books();
        books.counts.token_requests += 1;
        let token = asked.fields.get("refresh_token").unwrap_or_default();
        let open = Open::begin(&site.world, &mut books, token, &asked.by, asked.line);
        let address = open
            .as_ref()
            .and_then(|open| books.grants.grants.get(&open.grant()))
            .map(|g| g.address.clone())
            .or_else(|| {
                let code = asked.fields.get("code")?;
                books.grants.codes.get(code).map(|c| c.address.clone())
            });
        let scope = Scope {
            provider: site.provider,
            address: address.as_deref(),
            client_id: Some(&asked.client_id),
            protocol: Some(Protocol::Token),
        };
        let mut reply = match failing(&mut books, site, scope) {
            Some(reply) => reply,
            None => {
                let reply = work(&mut books, site, &asked);
                damaged(&mut books, scope, reply)
            }
        };
        if let Some(slow) = books.faults.strike(FaultKind::TokenSlow, scope) {
            reply.delay = Duration::from_millis(slow.ms.unwrap_or(5_000));
        }
        if !reply.status.is_success() {
            books.counts.token_refusals += 1;
        }
        if let Some(open) = &open {
            open.worked(&mut books, reply.status.is_success());
        }
        (reply, open)
    };
    // The request is open as long as its answer is held back, or until the client hangs up.
    let delay = std::mem::take(&mut reply.delay);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if let Some(open) = open {
        open.answered(reply.cut.is_none());
    }
    site.world.announce();
    reply.send(site.provider).await
}

fn failing(books: &mut Books, site: &Site, scope: Scope<'_>) -> Option<Reply> {
    if let Some(given) = books.faults.answer(Place::Token, scope) {
        return given_answer(given);
    }
    if let Some(fault) = books.faults.strike(FaultKind::ThrottleToken, scope) {
        let seconds = fault.ms.map_or(60, |ms| ms.div_ceil(1000));
        let body = match site.provider {
            ProviderKind::Google => indented_object(&[
                ("error", json!("rate_limit_exceeded")),
                ("error_description", json!("Rate Limit Exceeded")),
            ]),
            ProviderKind::Microsoft => {
                let said = microsoft::say(
                    books,
                    site.world.now(),
                    90055,
                    "The tenant has been throttled. Please try again later.",
                );
                token_microsoft::error_body(site, "temporarily_unavailable", &said, &[])
            }
        };
        let reply = Reply::json(StatusCode::TOO_MANY_REQUESTS, body);
        return Some(Reply {
            retry_after: Some(seconds),
            ..reply
        });
    }
    if books.faults.strike(FaultKind::Token5xx, scope).is_some() {
        let page = "<html><head><title>503 Service Unavailable</title></head><body>The service is \
                    unavailable.</body></html>";
        return Some(Reply::html(StatusCode::SERVICE_UNAVAILABLE, page));
    }
    if books.faults.strike(FaultKind::TokenHtml, scope).is_some() {
        let page = "<!DOCTYPE html><html lang=\"en\"><title>Sign in</title><p>Sign in to the \
                    network to continue.</p></html>";
        return Some(Reply::html(StatusCode::OK, page));
    }
    if books
        .faults
        .strike(FaultKind::TokenEmpty200, scope)
        .is_some()
    {
        return Some(Reply::json(StatusCode::OK, "{}".to_owned()));
    }
    if books.faults.strike(FaultKind::TokenHuge, scope).is_some() {
        let body = format!("{{\"access_token\":\"{}\"}}", "A".repeat(10 << 20));
        return Some(Reply::json(StatusCode::OK, body));
    }
    None
}

/// An answer of given bytes.
fn given_answer(given: faults::Reply) -> Option<Reply> {
    let faults::Reply::Token {
        status,
        headers,
        body,
    } = given
    else {
        return None;
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = headers
        .iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
        .collect();
    Some(Reply {
        headers,
        ..Reply::json(status, body)
    })
}

fn damaged(books: &mut Books, scope: Scope<'_>, reply: Reply) -> Reply {
    match books.faults.strike(FaultKind::HangUpAfterBytes, scope) {
        Some(fault) => Reply {
            cut: Some(fault.bytes.unwrap_or(0)),
            ..reply
        },
        None => reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_rfc_7636_fits_its_challenge() {
        let challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(verifier_fits(
            challenge,
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        ));
        assert!(!verifier_fits(
            challenge,
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK")
        ));
        assert!(!verifier_fits(challenge, None));
    }
}
