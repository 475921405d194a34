//! Google's revocation: all grants of that person in that project end (providers.md 4.7).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::token_reply::{Reply, indented_object};
use super::{Fields, Site};
use crate::grants::End;

pub(crate) async fn revoke(State(site): State<Site>, body: Bytes) -> Response {
    let fields = Fields::parse(&body);
    let token = fields.get("token").unwrap_or_default();
    let reply = {
        let mut books = site.world.books();
        books.counts.revocations += 1;
        let number = books
            .grants
            .refresh
            .get(token)
            .copied()
            .or_else(|| books.grants.access.get(token).and_then(|t| t.grant));
        let grant = number.and_then(|n| books.grants.grants.get(&n)).cloned();
        match grant {
            Some(grant) if grant.ended.is_none() => {
                books
                    .grants
                    .end_all(&grant.client_id, &grant.address, End::Revoked);
                Reply::json(StatusCode::OK, "{}".to_owned())
            }
            // Also for one that is dead already; RFC 7009 would say 200.
            _ => Reply::json(
                StatusCode::BAD_REQUEST,
                indented_object(&[
                    ("error", json!("invalid_token")),
                    ("error_description", json!("Token expired or revoked")),
                ]),
            ),
        }
    };
    site.world.announce();
    reply.send(site.provider).await
}
