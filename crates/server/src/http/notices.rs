//! `/api/notices`: what people were told by mail, and what could not be told. Administrators see all, members theirs.

use axum::Json;
use axum::extract::State;
use provider::advice::Language;
use provider::cause::to_case;
use serde::Deserialize;
use serde_json::{Value, json};
use store::notices::{self, Kind, Notice, Status};
use store::users::{self, User};
use store::{CredentialId, GrantId, NoticeId};

use super::Web;
use super::caller::{Query, SignedIn};
use super::problem::{Problem, language};
use crate::endings::addressee;
use crate::json;
use crate::notices::words::{self, Around};

#[derive(Deserialize)]
pub struct Page {
    cursor: Option<String>,
    limit: Option<i64>,
}

/// `GET /api/notices?cursor=&limit=`
pub async fn list(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let before = match page.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => Some(
            cursor
                .parse::<NoticeId>()
                .map_err(|_| Problem::not_found())?,
        ),
    };
    let limit = page.limit.unwrap_or(50).clamp(1, 500);
    let user = (!caller.is_administrator()).then_some(caller.user.id);
    let found = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for notice in notices::list(tx, user, before, limit + 1).await? {
                    let person = users::find(tx, notice.of.user_id).await?;
                    found.push((notice, person));
                }
                Ok(found)
            })
        })
        .await?;
    let more = found.len() as i64 > limit;
    let shown = &found[..found.len().min(limit as usize)];
    let items: Vec<Value> = shown
        .iter()
        .map(|(notice, person)| show(&web, notice, person.as_ref(), language()))
        .collect();
    let next = shown.last().filter(|_| more).map(|(notice, _)| notice.id);
    Ok(Json(json!({ "items": items, "next": next })))
}

fn show(web: &Web, notice: &Notice, person: Option<&User>, language: Language) -> Value {
    let of = &notice.of;
    let subject = match (of.kind, of.values.get("whole_app")) {
        (Kind::GrantDied, _) | (Kind::GrantEnds, None) => GrantId(of.subject_id).to_string(),
        _ => CredentialId(of.subject_id).to_string(),
    };
    let around = Around {
        public_url: web.providers().public_url(),
        ..Around::default()
    };
    let words = words::words(of, language, &around);
    let advice = words::advice(of, language);
    let why = notice
        .why
        .as_ref()
        .filter(|_| notice.status == Status::Undeliverable)
        .map(|why| to_case(why).advise(language));
    json!({
        "id": notice.id, "kind": of.kind.word(), "subject_id": subject, "to": addressee(person, &notice.address),
        "status": notice.status.shown(), "cause_id": of.cause.as_ref().map(|cause| &cause.id),
        "created_at": json::time(notice.created_at), "sent_at": notice.sent_at.map(json::time),
        "link": advice.as_ref().and_then(|advice| advice.card.clone()), "advice": advice,
        "title": words.title, "text": words.text, "undeliverable": why,
    })
}
