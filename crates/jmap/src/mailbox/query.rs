//! Mailbox/query (RFC 8621, 2.3). Folders are few: all of it happens in memory.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::{Value, json};
use store::FolderId;
use store::changes::{self, Kind};
use store::emails::query::Filter;
use store::folders::{self, Folder};

use crate::error::{MethodError, Result};
use crate::list::{self, Comparator};
use crate::request::Context;
use crate::types::Args;

enum Condition {
    Parent(Option<String>),
    Name(String),
    Role(Option<String>),
    HasAnyRole(bool),
    Subscribed(bool),
}

/// The answer.
pub async fn query(context: &Context<'_>, mut args: Args) -> Result<Value> {
    let (account, _) = context.account(&mut args).await?;
    let filter = args
        .value("filter")
        .map(|value| list::filter(value, &mut |name, value| leaf(context, name, value)));
    let filter = filter.transpose()?;
    let sort = list::sort(&mut args)?;
    let window = list::window(context, &mut args)?;
    let (sort_as_tree, filter_as_tree) =
        (args.boolean("sortAsTree")?, args.boolean("filterAsTree")?);
    args.finish()?;
    if let Some(other) = sort
        .iter()
        .find(|by| !["name", "sortOrder", "parentId"].contains(&by.property.as_str()))
    {
        return Err(MethodError::new("unsupportedSort")
            .because(format!("mailboxes are not sorted by {}", other.property)));
    }
    let (state, all) = context
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let state = changes::state(tx, account, Kind::Mailbox).await?;
                Ok::<_, store::Error>((state, folders::list(tx, account).await?))
            })
        })
        .await?;
    let by_id: HashMap<FolderId, &Folder> = all.iter().map(|folder| (folder.id, folder)).collect();
    let holds = |folder: &Folder| filter.as_ref().is_none_or(|filter| matches(filter, folder));
    let mut found: Vec<&Folder> = all
        .iter()
        .filter(|folder| {
            holds(folder)
                && (!filter_as_tree || above(folder, &by_id).iter().all(|parent| holds(parent)))
        })
        .collect();
    found.sort_by(|one, other| match sort_as_tree {
        true => compare_paths(one, other, &by_id, &sort),
        false => compare(one, other, &sort),
    });
    let ids: Vec<FolderId> = found.iter().map(|folder| folder.id).collect();
    let total = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let position = match &window.anchor {
        Some(anchor) => {
            let place = ids.iter().position(|id| id.to_string() == *anchor);
            let place = place.ok_or_else(|| MethodError::new("anchorNotFound"))?;
            i64::try_from(place)
                .unwrap_or(0)
                .saturating_add(window.anchor_offset)
                .max(0)
        }
        None if window.position < 0 => (total.saturating_add(window.position)).max(0),
        None => window.position,
    };
    let from = usize::try_from(position).unwrap_or(usize::MAX);
    let most = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let ids: Vec<FolderId> = ids.into_iter().skip(from).take(most).collect();
    let mut answer = json!({
        "accountId": account, "queryState": state.to_string(), "canCalculateChanges": false, "position": position, "ids": ids,
    });
    if window.total {
        answer["total"] = json!(total);
    }
    if window.limit_is_ours {
        answer["limit"] = json!(window.limit);
    }
    Ok(answer)
}

fn leaf(context: &Context<'_>, name: &str, value: &Value) -> Result<Filter<Condition>> {
    let wrong = || MethodError::invalid(format!("the filter's {name} has the wrong type"));
    let text = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(wrong()),
    };
    Ok(Filter::Is(match name {
        "parentId" => Condition::Parent(text(value)?.map(|id| context.real_id(&id))),
        "name" => Condition::Name(fold(value.as_str().ok_or_else(wrong)?)),
        "role" => Condition::Role(text(value)?),
        "hasAnyRole" => Condition::HasAnyRole(value.as_bool().ok_or_else(wrong)?),
        "isSubscribed" => Condition::Subscribed(value.as_bool().ok_or_else(wrong)?),
        _ => {
            return Err(MethodError::new("unsupportedFilter")
                .because(format!("mailboxes are not filtered by {name}")));
        }
    }))
}

fn matches(filter: &Filter<Condition>, folder: &Folder) -> bool {
    match filter {
        Filter::All(list) => list.iter().all(|filter| matches(filter, folder)),
        Filter::Any(list) => list.iter().any(|filter| matches(filter, folder)),
        Filter::Not(list) => !list.iter().any(|filter| matches(filter, folder)),
        Filter::Is(Condition::Parent(parent)) => {
            folder.parent_id.map(|id| id.to_string()) == *parent
        }
        Filter::Is(Condition::Name(name)) => fold(shown_name(folder)).contains(name),
        Filter::Is(Condition::Role(role)) => folder.listed.role == *role,
        Filter::Is(Condition::HasAnyRole(has)) => folder.listed.role.is_some() == *has,
        Filter::Is(Condition::Subscribed(subscribed)) => folder.subscribed == *subscribed,
    }
}

fn shown_name(folder: &Folder) -> &str {
    if folder.listed.path.eq_ignore_ascii_case("INBOX") {
        "Inbox"
    } else {
        &folder.listed.name
    }
}

fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// The folders above, the nearest first.
fn above<'a>(folder: &Folder, by_id: &HashMap<FolderId, &'a Folder>) -> Vec<&'a Folder> {
    let mut parents: Vec<&Folder> = Vec::new();
    let mut next = folder.parent_id;
    // A ring of parents cannot be, but would not end.
    while let Some(parent) = next
        .and_then(|id| by_id.get(&id))
        .filter(|_| parents.len() < 100)
    {
        parents.push(parent);
        next = parent.parent_id;
    }
    parents
}

fn compare(one: &Folder, other: &Folder, sort: &[Comparator]) -> Ordering {
    for by in sort {
        let order = match by.property.as_str() {
            "name" => fold(shown_name(one)).cmp(&fold(shown_name(other))),
            "parentId" => one.parent_id.cmp(&other.parent_id),
            _ => one.sort_order.cmp(&other.sort_order),
        };
        let order = if by.ascending { order } else { order.reverse() };
        if order.is_ne() {
            return order;
        }
    }
    (one.sort_order, &one.listed.path, one.id).cmp(&(
        other.sort_order,
        &other.listed.path,
        other.id,
    ))
}

/// A folder comes before those below it, siblings in their order.
fn compare_paths(
    one: &Folder,
    other: &Folder,
    by_id: &HashMap<FolderId, &Folder>,
    sort: &[Comparator],
) -> Ordering {
    let (mut first, mut second) = (above(one, by_id), above(other, by_id));
    first.reverse();
    second.reverse();
    first.push(one);
    second.push(other);
    let steps = first
        .iter()
        .zip(&second)
        .find(|(one, other)| one.id != other.id);
    steps.map_or_else(
        || first.len().cmp(&second.len()),
        |(one, other)| compare(one, other, sort),
    )
}
