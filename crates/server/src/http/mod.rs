//! The HTTP side: JSON for sign-in, people, credentials, connecting, accounts and audit; the callback; the
//! web app. All below the path of `public_url`.
//!
//!     request -> client address -> caller (cookie or Bearer, CSRF on writes) -> handler -> problem+json or JSON

pub mod account_import;
pub mod accounts;
pub mod api_tokens;
pub mod audit;
pub mod callback;
pub mod caller;
pub mod connect;
pub mod credentials;
pub mod endings;
pub mod guides;
pub mod health;
pub mod invitations;
pub mod login_sessions;
pub mod next_secret;
pub mod notices;
pub mod page_errors;
pub mod problem;
pub mod protocol_log;
pub mod reach;
pub mod reconnect;
pub mod reconnects;
pub mod self_check;
pub mod sign_in;
pub mod steps;
pub mod system_mailbox;
pub mod users;
pub mod web;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{delete, get, post, put};
use ipnet::IpNet;
use provider::Providers;
use store::Store;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

/// What handlers share.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    providers: Providers,
    base_path: String,
    trusted_proxies: Vec<IpNet>,
    secure_cookie: bool,
    configuration: serde_json::Value,
}

impl Web {
    /// `base_path` is the path of the public address, without a slash at its end; `configuration` is what of it
    /// may stand in a support bundle.
    pub fn new(
        providers: Providers,
        base_path: String,
        trusted_proxies: Vec<IpNet>,
        configuration: serde_json::Value,
    ) -> Web {
        let secure_cookie = providers.public_url().starts_with("https:");
        Web(Arc::new(Inner {
            providers,
            base_path,
            trusted_proxies,
            secure_cookie,
            configuration,
        }))
    }
    /// Providers and what belongs to them.
    pub fn providers(&self) -> &Providers {
        &self.0.providers
    }
    /// The store.
    pub fn store(&self) -> &Store {
        self.0.providers.store()
    }
    /// Empty, or `/gsession`.
    pub fn base_path(&self) -> &str {
        &self.0.base_path
    }
    /// Proxies whose word counts.
    pub fn trusted_proxies(&self) -> &[IpNet] {
        &self.0.trusted_proxies
    }
    /// What of the configuration may stand in a support bundle.
    pub fn configuration(&self) -> &serde_json::Value {
        &self.0.configuration
    }
    /// Whether cookies are for https only.
    pub fn secure_cookie(&self) -> bool {
        self.0.secure_cookie
    }
}

/// The whole site.
pub fn router(web: Web) -> Router {
    let api = Router::new()
        .route("/sign-in", post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/me", get(sign_in::me).patch(sign_in::patch_me))
        .route("/me/password", post(sign_in::change_password))
        .route("/login-sessions", get(login_sessions::list))
        .route("/login-sessions/{id}", delete(login_sessions::end))
        .route("/users", get(users::list))
        .route(
            "/users/{id}",
            get(users::find).patch(users::update).delete(users::remove),
        )
        .route("/users/{id}/reset", post(users::reset))
        .route(
            "/invitations",
            get(invitations::list).post(invitations::add),
        )
        .route("/invitations/look-up", post(invitations::look_up))
        .route("/invitations/redeem", post(invitations::redeem))
        .route("/invitations/{id}", delete(invitations::revoke))
        .route("/reconnect/look-up", post(reconnect::look_up))
        .route("/reconnect/begin", post(reconnect::begin))
        .route("/reconnect/follow", post(reconnect::follow))
        .route("/reach", get(reach::find))
        .route("/reach.csv", get(reach::file))
        .route("/reconnects", get(reconnects::list))
        .route("/reconnect-links", post(reconnects::make))
        .route("/tokens", get(api_tokens::list).post(api_tokens::add))
        .route("/tokens/{id}", delete(api_tokens::revoke))
        .route("/providers", get(credentials::providers))
        .route(
            "/credentials",
            get(credentials::list).post(credentials::add),
        )
        .route(
            "/credentials/{id}",
            get(credentials::find)
                .patch(credentials::update)
                .delete(credentials::remove),
        )
        .route("/credentials/{id}/check", post(credentials::check))
        .route(
            "/credentials/{id}/next-secret/check",
            post(next_secret::check),
        )
        .route(
            "/credentials/{id}/next-secret/switch",
            post(next_secret::switch),
        )
        .route(
            "/credentials/{id}/previous-secret",
            delete(next_secret::drop_previous),
        )
        .route(
            "/credentials/{id}/admin-consent",
            get(connect::admin_consent),
        )
        .route("/connect", post(connect::begin))
        .route("/connect/{id}", get(connect::find))
        .route("/connect/{id}/retry", post(connect::retry))
        .route("/accounts", get(accounts::list).post(accounts::add))
        .route(
            "/accounts/{id}",
            get(accounts::find)
                .patch(accounts::rename)
                .delete(accounts::disconnect),
        )
        .route("/accounts/{id}/check", post(accounts::check))
        .route(
            "/accounts/{id}/access-token",
            get(accounts::access_token).post(accounts::access_token),
        )
        .route(
            "/accounts/{id}/emails/{email}/html",
            get(accounts::email_html),
        )
        .route("/accounts/import", post(account_import::import))
        .route("/accounts/import/sample", get(account_import::sample))
        .route(
            "/accounts/{id}/protocol-log",
            get(protocol_log::find)
                .put(protocol_log::switch_on)
                .delete(protocol_log::erase),
        )
        .route(
            "/accounts/{id}/protocol-log/download",
            get(protocol_log::download),
        )
        .route("/accounts/{id}/submissions", get(accounts::submissions))
        .route(
            "/page-errors",
            get(page_errors::list).post(page_errors::look_up),
        )
        .route("/pending-accounts", get(account_import::list))
        .route("/pending-accounts/{id}", delete(account_import::remove))
        .route(
            "/guides/{provider}",
            get(guides::find)
                .patch(guides::update)
                .delete(guides::forget),
        )
        .route("/guides/{provider}/cards/{card}", put(guides::mark))
        .route("/guides/{provider}/hand-over", get(guides::hand_over::find))
        .route(
            "/guides/{provider}/hand-over.csv",
            get(guides::hand_over::csv),
        )
        .route("/health", get(health::find))
        .route("/support-bundle", get(health::bundle))
        .route(
            "/self-check",
            get(self_check::self_check).post(self_check::live),
        )
        .route("/audit", get(audit::list))
        .route("/endings", get(endings::list))
        .route("/notices", get(notices::list))
        .route(
            "/system-mailbox",
            get(system_mailbox::find).put(system_mailbox::choose),
        )
        .fallback(|| async { problem::Problem::not_found() })
        .method_not_allowed_fallback(|| async { problem::Problem::no_such_method() })
        .layer(header("cache-control", "no-store"));
    let jmap = jmap::router(jmap::JmapState {
        store: web.store().clone(),
        public_url: web.providers().public_url().to_owned(),
    });
    let base = web.base_path().to_owned();
    let site = Router::new()
        .nest("/api", api)
        .nest_service("/jmap", jmap)
        .route("/.well-known/jmap", get(well_known))
        .route("/common/cmn270.do", get(callback::callback))
        .route("/common/cm270.do", get(callback::callback))
        .route("/common/cmn001.do", get(start))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(web::asset)
        .layer(axum::middleware::from_fn_with_state(
            web.clone(),
            caller::identify,
        ));
    let whole = if base.is_empty() {
        site
    } else {
        Router::new()
            .nest(&base, site.clone())
            .route(&format!("{base}/"), get(web::index))
            .route("/.well-known/jmap", get(well_known))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/", get(start))
            .fallback(|| async { problem::Problem::not_found() })
    };
    whole
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "no-referrer"))
        .layer(header(
            "cross-origin-opener-policy",
            "same-origin-allow-popups",
        ))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| problem::Problem::internal().into_response(),
        ))
        .with_state(web)
}

fn header(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

async fn well_known(axum::extract::State(web): axum::extract::State<Web>) -> Redirect {
    Redirect::temporary(&format!("{}/jmap/session", web.providers().public_url()))
}

async fn start(axum::extract::State(web): axum::extract::State<Web>) -> Redirect {
    Redirect::temporary(&format!("{}/", web.base_path()))
}

/// The database answers; and which installation it is: the self-check asks whether its public address leads
/// here. Only below the public path: a proxy that cuts the path off is found out.
async fn ready(axum::extract::State(web): axum::extract::State<Web>) -> impl IntoResponse {
    let answer = web
        .store()
        .read(|tx| Box::pin(async move { store::users::administrators(tx).await }))
        .await;
    let installation = web.store().installation().await.unwrap_or_default();
    let (status, words) = match answer {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database cannot be reached\n",
        ),
    };
    let name = crate::self_check::INSTALLATION;
    (status, [(name, installation)], words)
}
