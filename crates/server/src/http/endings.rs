//! `/api/endings`: what ends by itself, and when. Administrators see everything, members their own grants.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Web;
use super::caller::{Query, SignedIn};
use super::problem::{Problem, language};
use super::system_mailbox;
use crate::endings::{self, Item, Whose};
use crate::notices::mailbox;

#[derive(Deserialize)]
pub struct Page {
    cursor: Option<String>,
    limit: Option<usize>,
    all: Option<String>,
}

/// Where an item stands in the list.
fn place(item: &Item) -> (i64, String, bool) {
    (item.ending.at, item.id(), item.ending.moves)
}

fn cursor_of(item: &Item) -> String {
    let (at, id, moves) = place(item);
    format!("{at}.{id}.{}", u8::from(moves))
}

fn read_cursor(text: &str) -> Option<(i64, String, bool)> {
    let mut parts = text.splitn(3, '.');
    let at = parts.next()?.parse().ok()?;
    let id = parts.next()?.to_owned();
    Some((at, id, parts.next()? == "1"))
}

/// `GET /api/endings?cursor=&limit=&all=`
pub async fn list(
    State(web): State<Web>,
    SignedIn(caller): SignedIn,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let after = match page.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => Some(read_cursor(cursor).ok_or_else(Problem::not_found)?),
    };
    let limit = page.limit.unwrap_or(50).clamp(1, 500);
    let all = page.all.is_some_and(|value| value != "0");
    let administrator = caller.is_administrator();
    let whose = match administrator {
        true => Whose::All,
        false => Whose::Of(caller.user.id),
    };
    let providers = web.providers().clone();
    let (items, sender) = web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let mut items = endings::calendar(tx, &providers, whose, all).await?;
                if let Some(after) = after {
                    items.retain(|item| place(item) > after);
                }
                let more = items.len() > limit;
                items.truncate(limit);
                let mut shown = Vec::new();
                for item in items {
                    let told = endings::told(tx, &item).await?;
                    shown.push((item, told));
                }
                Ok(((shown, more), mailbox::chosen(tx).await?))
            })
        })
        .await?;
    let (items, more) = items;
    let next = items
        .last()
        .filter(|_| more)
        .map(|(item, _)| cursor_of(item));
    let shown: Vec<Value> = items
        .iter()
        .map(|(item, told)| endings::show(web.providers(), item, told, language()))
        .collect();
    let system_mailbox = match administrator {
        true => system_mailbox::show(sender.as_ref()),
        false => Value::Null,
    };
    Ok(Json(
        json!({ "items": shown, "next": next, "system_mailbox": system_mailbox }),
    ))
}
