//! `/api/health` and the support bundle: what runs, what does not, and why.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Web;
use super::caller::Administrator;
use super::problem::{Problem, language};
use crate::health;

/// `GET /api/health`
pub async fn find(State(web): State<Web>, _: Administrator) -> Result<Json<Value>, Problem> {
    Ok(Json(health::report(web.providers(), language()).await?))
}

/// `GET /api/support-bundle`
pub async fn bundle(State(web): State<Web>, _: Administrator) -> Result<Response, Problem> {
    let bundle = health::bundle(web.providers(), web.configuration(), language()).await?;
    let text = serde_json::to_string_pretty(&bundle).unwrap_or_default();
    let day = crate::json::time(web.store().now());
    let file = format!(
        "attachment; filename=\"tegata-support-{}.json\"",
        &day[..10]
    );
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, text).into_response())
}
