//! RFC 7662 introspection, for real mail servers (Dovecot) that ask about our tokens. Neither
//! provider has it.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::token_reply::{Reply, object};
use super::{Fields, Site};
use crate::faults::{FaultKind, Scope};

pub(crate) async fn introspect(State(site): State<Site>, body: Bytes) -> Response {
    let fields = Fields::parse(&body);
    let reply = {
        let now = site.world.now();
        let mut books = site.world.books();
        books.counts.introspections += 1;
        let scope = Scope::provider(site.provider);
        if books
            .faults
            .strike(FaultKind::IntrospectionDown, scope)
            .is_some()
        {
            Reply::html(
                StatusCode::SERVICE_UNAVAILABLE,
                "<p>Service Unavailable</p>",
            )
        } else {
            let token = fields.get("token").unwrap_or_default();
            site.world.use_access(&mut books, token);
            let body = match books.grants.valid_access(token, now) {
                Some(token) if token.provider == site.provider => object(&[
                    ("active", json!(true)),
                    ("username", json!(token.address)),
                    ("email", json!(token.address)),
                    ("scope", json!(token.scopes.join(" "))),
                    ("token_type", json!("Bearer")),
                    ("exp", json!(token.expires_at)),
                ]),
                _ => object(&[("active", json!(false))]),
            };
            Reply::json(StatusCode::OK, body)
        }
    };
    reply.send(site.provider).await
}
