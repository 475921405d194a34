//! The session object (RFC 8620, 2): who the caller is, which accounts there are, what this server can do.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use store::BlobId;
use store::accounts::{self, Account, Rights};

use crate::capabilities::{CORE, MAIL, SUBMISSION};
use crate::error::Problem;
use crate::who::Who;
use crate::{Door, SharedDoor, limits};

/// GET /session
pub async fn get(State(door): State<SharedDoor>, Who(caller): Who) -> Result<Response, Problem> {
    let mut session = session(&door, &caller).await?;
    session["state"] = json!(fingerprint(&session));
    Ok((
        [(header::CACHE_CONTROL, "no-cache, no-store")],
        Json(session),
    )
        .into_response())
}

/// `sessionState` of every answer: another text whenever the session object is another.
pub async fn state(door: &Door, caller: &access::Caller) -> store::Result<String> {
    Ok(fingerprint(&session(door, caller).await?))
}

fn fingerprint(session: &Value) -> String {
    BlobId::of(session.to_string().as_bytes())
        .to_string()
        .chars()
        .skip(1)
        .take(16)
        .collect()
}

async fn session(door: &Door, caller: &access::Caller) -> store::Result<Value> {
    let user = caller.user.id;
    let all = door
        .store
        .read(move |tx| Box::pin(async move { accounts::of_user(tx, user).await }))
        .await?;
    let readable: Vec<&(Account, Rights)> = all.iter().filter(|(_, rights)| rights.read).collect();
    let accounts: Map<String, Value> = readable
        .iter()
        .map(|(account, rights)| (account.id.to_string(), one(account, rights, user)))
        .collect();
    let mut primary = Map::new();
    let own = readable
        .iter()
        .find(|(account, _)| account.owner_id == user);
    if let Some((account, _)) = own.or(readable.first()) {
        for capability in [CORE, MAIL, SUBMISSION] {
            primary.insert(capability.to_owned(), json!(account.id));
        }
    }
    let url = format!("{}/jmap", door.public_url);
    Ok(json!({
        "capabilities": {
            CORE: {
                "maxSizeUpload": limits::SIZE_UPLOAD,
                "maxConcurrentUpload": limits::CONCURRENT_UPLOAD,
                "maxSizeRequest": limits::SIZE_REQUEST,
                "maxConcurrentRequests": limits::CONCURRENT_REQUESTS,
                "maxCallsInRequest": limits::CALLS,
                "maxObjectsInGet": limits::OBJECTS_IN_GET,
                "maxObjectsInSet": limits::OBJECTS_IN_SET,
                "collationAlgorithms": ["i;ascii-casemap", "i;unicode-casemap"],
            },
            MAIL: {},
            SUBMISSION: {},
        },
        "accounts": accounts,
        "primaryAccounts": primary,
        "username": caller.user.login,
        "apiUrl": format!("{url}/api"),
        "downloadUrl": format!("{url}/download/{{accountId}}/{{blobId}}/{{name}}?type={{type}}"),
        "uploadUrl": format!("{url}/upload/{{accountId}}/"),
        "eventSourceUrl": format!("{url}/events?types={{types}}&closeafter={{closeafter}}&ping={{ping}}"),
    }))
}

fn one(account: &Account, rights: &Rights, user: store::UserId) -> Value {
    // Exchange keeps a message in one folder, Gmail gives it any number of labels.
    let most_mailboxes = if account.dialect == "folders" {
        json!(1)
    } else {
        Value::Null
    };
    let name = if account.name.is_empty() {
        &account.mailbox_address
    } else {
        &account.name
    };
    let delay = if rights.send { limits::DELAYED_SEND } else { 0 };
    json!({
        "name": name,
        "isPersonal": account.owner_id == user,
        "isReadOnly": false,
        "accountCapabilities": {
            CORE: {},
            MAIL: {
                "maxMailboxesPerEmail": most_mailboxes,
                "maxMailboxDepth": null,
                "maxSizeMailboxName": 255,
                "maxSizeAttachmentsPerEmail": limits::SIZE_ATTACHMENTS,
                "emailQuerySortOptions": [
                    "receivedAt", "sentAt", "size", "from", "to", "subject", "hasKeyword",
                    "allInThreadHaveKeyword", "someInThreadHaveKeyword",
                ],
                "mayCreateTopLevelMailbox": false,
            },
            SUBMISSION: { "maxDelayedSend": delay, "submissionExtensions": { "FUTURERELEASE": [] } },
        },
    })
}
