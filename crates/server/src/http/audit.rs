//! `/api/audit`: who did what, for administrators; newest first.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AuditId, audit};

use super::Web;
use super::caller::{Administrator, Query};
use super::problem::Problem;
use crate::json;

#[derive(Deserialize)]
pub struct Page {
    cursor: Option<String>,
    limit: Option<i64>,
}

/// `GET /api/audit`
pub async fn list(
    State(web): State<Web>,
    _: Administrator,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let before = match page.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => Some(
            cursor
                .parse::<AuditId>()
                .map_err(|_| Problem::not_found())?,
        ),
    };
    let limit = page.limit.unwrap_or(50).clamp(1, 500);
    let entries = web
        .store()
        .read(move |tx| Box::pin(async move { audit::list(tx, before, limit + 1).await }))
        .await?;
    let more = entries.len() as i64 > limit;
    let shown = &entries[..entries.len().min(limit as usize)];
    let items: Vec<Value> = shown
        .iter()
        .map(|entry| {
            json!({
                "id": entry.id, "at": json::time(entry.at), "actor": entry.actor, "action": entry.action,
                "subject": entry.subject, "detail": entry.detail, "remote_address": entry.remote_address,
            })
        })
        .collect();
    let next = shown.last().filter(|_| more).map(|entry| entry.id);
    Ok(Json(json!({ "items": items, "next": next })))
}
