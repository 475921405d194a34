//! How a provider describes itself (OpenID Connect Discovery 1.0, section 4).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Site;
use super::microsoft::say;
use super::token_microsoft::error_body;

pub(crate) async fn google(State(site): State<Site>) -> Json<Value> {
    let origin = &site.origin;
    Json(json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/o/oauth2/v2/auth"),
        "token_endpoint": format!("{origin}/token"),
        "revocation_endpoint": format!("{origin}/revoke"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["plain", "S256"],
    }))
}

pub(crate) async fn microsoft(State(site): State<Site>, Path(tenant): Path<String>) -> Response {
    let origin = &site.origin;
    let mut books = site.world.books();
    let many = matches!(tenant.as_str(), "common" | "organizations" | "consumers");
    let id = books.tenant_id(&tenant);
    if !many && id.is_none() {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        );
        let said = say(&mut books, site.world.now(), 90002, &text);
        let body = error_body(&site, "invalid_tenant", &said, &[]);
        let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        return (StatusCode::BAD_REQUEST, kind, body).into_response();
    }
    let issuer = id.as_deref().unwrap_or("{tenantid}");
    let document = json!({
        "issuer": format!("{origin}/{issuer}/v2.0"),
        "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
        "response_types_supported": ["code"],
    });
    Json(document).into_response()
}
