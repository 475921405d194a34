//! The OAuth servers: one HTTP server per provider, each with its own paths and wording.
//!
//! A request for authorization becomes a [`sitting::Sitting`]; its pages are plain forms that post to
//! `/decide` until the sitting ends in a redirect or an error page. The token endpoint turns codes
//! and refresh tokens into access tokens. What a provider shows on its own page instead of
//! redirecting (wrong redirect URI, unknown client, ...) is shown here too.

mod authorize;
mod decide;
mod discovery;
mod google;
mod id_token;
mod introspect;
mod microsoft;
mod pages;
mod revoke;
pub(crate) mod sitting;
mod token;
mod token_google;
mod token_microsoft;
mod token_reply;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use crate::ProviderKind;
use crate::world::World;

/// One provider's HTTP server.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) world: Arc<World>,
    pub(crate) provider: ProviderKind,
    /// `http://127.0.0.1:port`, without a final slash.
    pub(crate) origin: String,
}

/// All paths of a provider.
pub(crate) fn router(site: Site) -> Router {
    let paths = match site.provider {
        ProviderKind::Google => Router::new()
            .route("/o/oauth2/v2/auth", get(authorize::google))
            .route("/.well-known/openid-configuration", get(discovery::google))
            .route("/token", post(token::google))
            .route("/revoke", post(revoke::revoke)),
        ProviderKind::Microsoft => Router::new()
            .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::microsoft))
            .route("/{tenant}/v2.0/adminconsent", get(authorize::admin_consent))
            .route("/{tenant}/adminconsent", get(authorize::admin_consent))
            .route(
                "/{tenant}/v2.0/.well-known/openid-configuration",
                get(discovery::microsoft),
            )
            .route("/{tenant}/oauth2/v2.0/token", post(token::microsoft)),
    };
    paths
        .route("/decide", post(decide::decide))
        .route("/introspect", post(introspect::introspect))
        .with_state(site)
}

/// What a step of a sitting ends in.
pub(crate) enum Answer {
    /// A page; `error` is the provider's code where it is an error page.
    Page { status: StatusCode, html: String },
    /// Back to the client.
    Redirect(String),
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self {
            Self::Page { status, html } => (status, Html(html)).into_response(),
            Self::Redirect(to) => match HeaderValue::from_str(&to) {
                Ok(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
                Err(_) => StatusCode::BAD_REQUEST.into_response(),
            },
        };
        let headers = response.headers_mut();
        // The providers cut `window.opener` of the page that opened the pop-up.
        headers.insert(
            "cross-origin-opener-policy",
            HeaderValue::from_static("same-origin"),
        );
        headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// Does the reader prefer Japanese? Decided by the first language named.
pub(crate) fn japanese(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("ja"))
}

/// The pairs of a query or a form.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }
    /// The first value of that name; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
            .filter(|v| !v.is_empty())
    }
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, v)| v.clone())
            .collect()
    }
}
