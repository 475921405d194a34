//! What the control API tells about the state: counts and times, no secrets worth hiding.

use serde_json::{Map, Value, json};

use crate::world::World;

/// `GET /state`: counts, grants with their refresh requests, tokens, messages in folders.
pub(crate) fn state(world: &World) -> Value {
    let now = world.now();
    let books = world.books();
    let grants: Vec<Value> = books
        .grants
        .grants
        .iter()
        .map(|(number, grant)| {
            let refreshes: Vec<Value> = grant
                .refreshes
                .iter()
                .map(|r| {
                    json!({"opened_ms": r.opened_ms, "closed_ms": r.closed_ms, "granted": r.granted})
                })
                .collect();
            let live = books
                .grants
                .access
                .values()
                .filter(|t| t.grant == Some(*number) && !t.revoked && t.expires_at > now)
                .count();
            json!({
                "id": number,
                "provider": grant.provider,
                "client_id": grant.client_id,
                "address": grant.address,
                "scopes": grant.scopes,
                "issued_at": grant.issued_at,
                "dies_at": grant.dies_at,
                "ended": grant.ended.map(|e| format!("{e:?}").to_ascii_lowercase()),
                "refresh_tokens": grant.refresh_tokens.len(),
                "live_access_tokens": live,
                "refreshes": refreshes,
                "most_refreshes_at_once": most_at_once(&grant.refreshes),
            })
        })
        .collect();
    let mut mailboxes = Map::new();
    for (address, mailbox) in &books.mailboxes {
        let mut folders = Map::new();
        for folder in &mailbox.folders {
            let unseen = folder
                .entries
                .iter()
                .filter_map(|e| mailbox.messages.get(&e.message))
                .filter(|m| !m.flags.contains("\\Seen"))
                .count();
            folders.insert(
                folder.name.clone(),
                json!({
                    "messages": folder.entries.len(),
                    "unseen": unseen,
                    "uidvalidity": folder.uidvalidity,
                    "uidnext": folder.uidnext,
                }),
            );
        }
        mailboxes.insert(
            address.clone(),
            json!({"provider": mailbox.dialect, "folders": folders}),
        );
    }
    let people: Vec<Value> = books
        .people
        .iter()
        .map(|p| json!({"provider": p.provider, "address": p.address, "name": p.name}))
        .collect();
    let counts = &books.counts;
    json!({
        "now": now,
        "people": people,
        "grants": grants,
        "mailboxes": mailboxes,
        "elsewhere": books.elsewhere.len(),
        "faults": books.faults.all(),
        "counts": {
            "authorizations": counts.authorizations,
            "token_requests": counts.token_requests,
            "token_refusals": counts.token_refusals,
            "revocations": counts.revocations,
            "introspections": counts.introspections,
            "imap_logins": counts.imap_logins,
            "smtp_logins": counts.smtp_logins,
            "imap_refusals": counts.imap_refusals,
            "smtp_refusals": counts.smtp_refusals,
            "imap_open": counts.imap_open,
            "submissions": counts.submissions,
        },
    })
}

/// How many refresh requests of a grant were open at the same time, at most.
fn most_at_once(refreshes: &[crate::ledger::Refresh]) -> usize {
    let overlaps = |at: u64| {
        refreshes
            .iter()
            .filter(|r| r.opened_ms <= at && r.closed_ms.is_none_or(|closed| closed > at))
            .count()
    };
    refreshes
        .iter()
        .map(|r| overlaps(r.opened_ms))
        .max()
        .unwrap_or(0)
}

/// `GET /messages`: what lies in a mailbox (or one folder), raw; `address=*` is the mail to others.
pub(crate) fn messages(world: &World, address: &str, only: Option<&str>) -> Value {
    let mut books = world.books();
    if address == "*" {
        let items: Vec<Value> = books
            .elsewhere
            .iter()
            .map(|(to, raw)| json!({"to": to, "raw": String::from_utf8_lossy(raw)}))
            .collect();
        return json!({"items": items});
    }
    let Some(mailbox) = books.mailbox(address) else {
        return json!({"items": []});
    };
    let mut items = Vec::new();
    for (at, folder) in mailbox.folders.iter().enumerate() {
        if only.is_some_and(|name| mailbox.find(name) != Some(at)) {
            continue;
        }
        for entry in &folder.entries {
            let Some(message) = mailbox.messages.get(&entry.message) else {
                continue;
            };
            items.push(json!({
                "folder": folder.name,
                "uid": entry.uid,
                "flags": message.flags,
                "internal_date": message.internal_date,
                "raw": String::from_utf8_lossy(&message.raw),
            }));
        }
    }
    json!({"items": items})
}
