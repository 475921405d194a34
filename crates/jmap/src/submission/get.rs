//! EmailSubmission/get (RFC 8621, 7.1).

use serde_json::{Value, json};
use store::changes::{self, Kind};
use store::submissions::{self, Status, Submission};
use store::{SubmissionId, submissions::find};

use crate::error::Result;
use crate::limits::OBJECTS_IN_GET;
use crate::list;
use crate::request::Context;
use crate::types::{Args, Object, write_utc_date};

const PROPERTIES: &[&str] = &[
    "id",
    "identityId",
    "emailId",
    "threadId",
    "envelope",
    "sendAt",
    "undoStatus",
    "deliveryStatus",
    "dsnBlobIds",
    "mdnBlobIds",
];

/// The answer.
pub async fn get(context: &Context<'_>, mut args: Args) -> Result<Value> {
    let get = list::get(context, &mut args).await?;
    args.finish()?;
    get.check_properties(PROPERTIES)?;
    let account = get.account;
    let (wanted, mut not_found) = get
        .parsed::<SubmissionId>()
        .map_or((None, Vec::new()), |(ids, bad)| (Some(ids), bad));
    let (state, found, missing) = context
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let state = changes::state(tx, account, Kind::EmailSubmission).await?;
                let (mut found, mut missing) = (Vec::new(), Vec::new());
                match wanted {
                    None => {
                        found = submissions::list(tx, account, OBJECTS_IN_GET as i64 + 1).await?
                    }
                    Some(ids) => {
                        for id in ids {
                            match find(tx, account, id).await? {
                                Some(submission) => found.push(submission),
                                None => missing.push(id.to_string()),
                            }
                        }
                    }
                }
                Ok::<_, store::Error>((state, found, missing))
            })
        })
        .await?;
    if found.len() > OBJECTS_IN_GET {
        return Err(list::too_many());
    }
    not_found.extend(missing);
    let list = found
        .iter()
        .map(|submission| get.cut(show(submission)))
        .collect();
    Ok(list::answer(account, state, list, not_found))
}

fn show(submission: &Submission) -> Object {
    let envelope: Value = serde_json::from_str(&submission.envelope).unwrap_or_default();
    let recipients: Vec<&str> = envelope["rcpt_to"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let address = |email: &Value| json!({ "email": email, "parameters": null });
    let shown_envelope = json!({
        "mailFrom": address(&envelope["mail_from"]),
        "rcptTo": recipients.iter().map(|email| address(&json!(email))).collect::<Vec<_>>(),
    });
    let pairs = [
        ("id", json!(submission.id)),
        ("identityId", json!(submission.identity_id)),
        ("emailId", json!(submission.email_id)),
        ("threadId", json!(submission.thread_id)),
        ("envelope", shown_envelope),
        ("sendAt", json!(write_utc_date(submission.send_at))),
        ("undoStatus", json!(submission.status.undo_status())),
        ("deliveryStatus", delivery(submission, &recipients)),
        ("dsnBlobIds", json!([])),
        ("mdnBlobIds", json!([])),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// What became of it for each recipient; null before anything is known. A submission that failed has failed
/// for every recipient of whom nothing else is known, with the provider's words where there are some.
fn delivery(submission: &Submission, recipients: &[&str]) -> Value {
    let known: Value = serde_json::from_str(&submission.delivery).unwrap_or_default();
    let failed = submission.status == Status::Failed;
    if known.as_object().is_none_or(serde_json::Map::is_empty) && !failed {
        return Value::Null;
    }
    let said = submission
        .cause
        .as_ref()
        .and_then(|cause| cause.provider_said.clone());
    let mut shown = Object::new();
    for recipient in recipients {
        let one = &known[recipient];
        let (reply, delivered) = match one.is_object() {
            true => (
                one["smtpReply"].as_str().unwrap_or_default().to_owned(),
                one["delivered"].as_str().unwrap_or("unknown"),
            ),
            false if failed => (
                said.clone()
                    .unwrap_or_else(|| "554 5.0.0 not sent".to_owned()),
                "no",
            ),
            false => continue,
        };
        let displayed = one["displayed"].as_str().unwrap_or("unknown");
        let status = json!({ "smtpReply": reply, "delivered": delivered, "displayed": displayed });
        shown.insert((*recipient).to_owned(), status);
    }
    Value::Object(shown)
}
