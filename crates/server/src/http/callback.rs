//! `/common/cmn270.do` and `/common/cm270.do`: where providers send people back.
//!
//! The page loads nothing, keeps no referrer and goes on at once, so that code and state leak nowhere.

use access::Caller;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use provider::advice::{Case, Language};
use provider::consent::{self, Browser, Finished};
use secrecy::ExposeSecret;

use super::Web;
use super::problem::{Problem, language};
use super::reconnect::link_cookie;

/// Takes the provider's answer and goes on to the round trip's page.
pub async fn callback(
    State(web): State<Web>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let session = caller.and_then(|Extension(caller)| caller.session.map(|session| session.id));
    let link_cookie = link_cookie(&headers);
    let browser = Browser {
        session,
        link_cookie: link_cookie.map(|cookie| access::fingerprint(cookie.expose_secret())),
    };
    let query = query.unwrap_or_default();
    if query.len() > 32_768 {
        return page(&web, StatusCode::URI_TOO_LONG, &Case::new("state-unknown"));
    }
    let mut response = match consent::finish(web.providers(), &query, browser).await {
        Ok(Finished::Connect(id)) => {
            Redirect::to(&format!("{}/connect/{id}", web.base_path())).into_response()
        }
        // Whoever came by a link need not be signed in: back to the link's page, without its token.
        Ok(Finished::Reconnect(id)) => {
            Redirect::to(&format!("{}/reconnect?connect={id}", web.base_path())).into_response()
        }
        Ok(Finished::AdminConsent { given: true, .. }) => notice(
            &web,
            StatusCode::OK,
            ["管理者の同意を受け付けました", "Admin consent received"],
            [
                "組織のメンバーは、これから各自のメールボックスを接続できます。この画面は閉じて構いません。",
                "The members of your organisation can connect their mailboxes now. You may close this page.",
            ],
        ),
        Ok(Finished::AdminConsent { case, .. }) => page(
            &web,
            StatusCode::OK,
            case.as_deref().unwrap_or(&Case::new("consent-cancelled")),
        ),
        Ok(Finished::Refused(case)) => page(&web, StatusCode::BAD_REQUEST, &case),
        Err(error) => Problem::from(error).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

fn page(web: &Web, status: StatusCode, case: &Case) -> Response {
    let advice = case.advise(language());
    notice(web, status, [&advice.cause; 2], [&advice.cure; 2])
}

/// A page that loads nothing. What stands in it comes from the catalogue, escaped all the same.
fn notice(web: &Web, status: StatusCode, title: [&str; 2], text: [&str; 2]) -> Response {
    let (at, lang, back) = match language() {
        Language::Ja => (0, "ja", "Tegata に戻る"),
        Language::En => (1, "en", "Back to Tegata"),
    };
    let body = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Tegata</title><style>body{{font:16px/1.75 system-ui,sans-serif;max-width:36em;margin:3em auto;padding:0 1em;\
         background:#fbfaf7;color:#1e2226}}a{{color:#27497a}}@media(prefers-color-scheme:dark){{body{{background:#15171a;\
         color:#e9e6e0}}a{{color:#8db0e6}}}}</style><h1 style=\"font-size:20px\">{}</h1><p>{}</p><p><a href=\"{}/\">{back}</a></p></html>",
        escape(title[at]),
        escape(text[at]),
        web.base_path(),
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (status, headers, body).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
