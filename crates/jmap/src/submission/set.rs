//! EmailSubmission/set (RFC 8621, 7.5): an order to send, or to take one back.
//!
//!     draft's bytes -> without Bcc -> blob (durable) -> submission row -> commit -> sync sends
//!     then, where asked for, one Email/set for the emails, answered behind this answer
//!
//! What always holds: a submission has its own bytes, so its email may be changed or destroyed at once.

use serde_json::{Map, Value, json};
use store::changes::{self, Kind};
use store::submissions::{self, NewSubmission, Status};
use store::{AccountId, EmailId, IdentityId, SubmissionId, emails, identities};
use wire::mime::{new_message_id, without_bcc};

use super::envelope;
use crate::email;
use crate::error::{MethodError, Result, SetError};
use crate::request::{Context, Responses};
use crate::set::{self, Done};
use crate::types::{Args, Object, write_utc_date};

/// The answers: this method's, and that of the implicit Email/set.
pub async fn set(context: &mut Context<'_>, mut args: Args) -> Result<Responses> {
    let (account, rights) = context.account(&mut args).await?;
    let wanted = set::wanted(&mut args)?;
    let on_update = args.object("onSuccessUpdateEmail")?;
    let on_destroy = args.strings("onSuccessDestroyEmail")?;
    args.finish()?;
    let if_in_state = wanted.if_in_state.clone();
    let old = context
        .store()
        .read(move |tx| {
            Box::pin(async move { changes::state(tx, account, Kind::EmailSubmission).await })
        })
        .await
        .map_err(MethodError::from)?;
    if if_in_state.is_some_and(|state| state != old.to_string()) {
        return Err(MethodError::new("stateMismatch"));
    }
    let mut done = Done::default();
    // Which email each submission that succeeded is about, by the names a client may use for it.
    let mut succeeded: Vec<(String, EmailId)> = Vec::new();
    for (name, object) in wanted.create {
        if !rights.send {
            done.refuse_create(&name, SetError::new("forbiddenToSend"));
            continue;
        }
        match create(context, account, object).await? {
            Ok((id, email, shown)) => {
                done.created.insert(name.clone(), shown);
                succeeded.push((format!("#{name}"), email));
                succeeded.push((id.to_string(), email));
                context.created.insert(name, id.to_string());
            }
            Err(error) => done.refuse_create(&name, error),
        }
    }
    for (name, patch) in wanted.update {
        let id = context.real_id(&name);
        let end = update(context, account, rights.send, &id, patch).await?;
        if let Ok(email) = end {
            succeeded.extend([(name.clone(), email), (id.clone(), email)]);
        }
        done.end_update(&id, end.map(|_| ()));
    }
    for name in wanted.destroy {
        let id = context.real_id(&name);
        let known = match id.parse::<SubmissionId>() {
            Ok(id) => find(context, account, id).await?.is_some(),
            Err(_) => false,
        };
        let error = match known {
            true => SetError::new("forbidden").because("what was sent stays on record"),
            false => SetError::new("notFound"),
        };
        done.end_destroy(&id, Err(error));
    }
    let new = context
        .store()
        .read(move |tx| {
            Box::pin(async move { changes::state(tx, account, Kind::EmailSubmission).await })
        })
        .await
        .map_err(MethodError::from)?;
    let mut responses = vec![("EmailSubmission/set", done.answer(account, old, new))];
    if on_update.is_some() || on_destroy.is_some() {
        let email_of = |name: &str| {
            let real = context.real_id(name);
            succeeded
                .iter()
                .find(|(known, _)| *known == name || *known == real)
                .map(|(_, email)| email.to_string())
        };
        let update: Map<String, Value> = on_update
            .into_iter()
            .flatten()
            .filter_map(|(name, patch)| Some((email_of(&name)?, patch)))
            .collect();
        let destroy: Vec<String> = on_destroy
            .iter()
            .flatten()
            .filter_map(|name| email_of(name))
            .collect();
        let arguments = [
            ("accountId".to_owned(), json!(account)),
            ("update".to_owned(), Value::Object(update)),
            ("destroy".to_owned(), json!(destroy)),
        ];
        let answer = email::set::set(context, Args::new(Object::from_iter(arguments))).await;
        responses.push(match answer {
            Ok(answer) => ("Email/set", answer),
            Err(error) => ("error", error.to_json()),
        });
    }
    Ok(responses)
}

async fn find(
    context: &Context<'_>,
    account: AccountId,
    id: SubmissionId,
) -> Result<Option<submissions::Submission>> {
    let found = context
        .store()
        .read(move |tx| Box::pin(async move { submissions::find(tx, account, id).await }));
    found.await.map_err(MethodError::from)
}

type Created = (SubmissionId, EmailId, Value);

async fn create(
    context: &Context<'_>,
    account: AccountId,
    object: Object,
) -> Result<Result<Created, SetError>> {
    let known = ["identityId", "emailId", "envelope", "undoStatus"];
    let bad: Vec<&str> = object
        .keys()
        .map(String::as_str)
        .filter(|name| !known.contains(name))
        .collect();
    if !bad.is_empty() {
        return Ok(Err(SetError::properties(
            &bad,
            "only the server sets these",
        )));
    }
    if object
        .get("undoStatus")
        .is_some_and(|status| status != "pending")
    {
        return Ok(Err(SetError::properties(
            &["undoStatus"],
            "a new submission is pending",
        )));
    }
    let id = |name: &str| {
        object
            .get(name)
            .and_then(Value::as_str)
            .map(|id| context.real_id(id))
            .unwrap_or_default()
    };
    let Ok(identity_id) = id("identityId").parse::<IdentityId>() else {
        return Ok(Err(SetError::properties(
            &["identityId"],
            "there is no such identity",
        )));
    };
    let Ok(email_id) = id("emailId").parse::<EmailId>() else {
        return Ok(Err(SetError::properties(
            &["emailId"],
            "there is no such email",
        )));
    };
    let store = context.store();
    let (identity, email) = store
        .read(move |tx| {
            Box::pin(async move {
                let identity = identities::find(tx, account, identity_id).await?;
                Ok::<_, store::Error>((identity, emails::find(tx, account, email_id).await?))
            })
        })
        .await
        .map_err(MethodError::from)?;
    let Some(identity) = identity else {
        return Ok(Err(SetError::properties(
            &["identityId"],
            "there is no such identity",
        )));
    };
    let Some(email) = email else {
        return Ok(Err(SetError::properties(
            &["emailId"],
            "there is no such email",
        )));
    };
    let now = store.now();
    let envelope = match envelope::check(object.get("envelope"), &email.message, &identity, now) {
        Ok(envelope) => envelope,
        Err(error) => return Ok(Err(error)),
    };
    let Some(raw) = store
        .blobs()
        .get(email.blob_id)
        .await
        .map_err(MethodError::from)?
    else {
        return Ok(Err(
            SetError::new("invalidEmail").because("the email's bytes are missing")
        ));
    };
    let mut bytes = without_bcc(&raw);
    let message_id = match email.message.headers.message_id.first() {
        Some(id) => id.clone(),
        None => {
            // Its copy in Sent is found by this id, so there must be one.
            let domain = identity
                .email
                .rsplit_once('@')
                .map_or("", |(_, domain)| domain);
            let id = new_message_id(&store.world().random(), domain);
            let mut with_id = format!("Message-ID: <{id}>\r\n").into_bytes();
            with_id.append(&mut bytes);
            bytes = with_id;
            id
        }
    };
    let blob_id = store.blobs().put(&bytes).await.map_err(MethodError::from)?;
    let send_at = envelope.send_at.unwrap_or(now);
    let new = NewSubmission {
        account_id: account,
        user_id: context.caller.user.id,
        identity_id,
        email_id,
        thread_id: email.thread_id,
        blob_id,
        size: bytes.len(),
        message_id,
        mail_from: envelope.mail_from,
        rcpt_to: envelope.rcpt_to,
        send_at,
    };
    let id = store
        .write(move |tx| Box::pin(async move { submissions::add(tx, &new).await }))
        .await
        .map_err(MethodError::from)?;
    let shown = json!({
        "id": id, "threadId": email.thread_id, "sendAt": write_utc_date(send_at), "undoStatus": "pending",
        "deliveryStatus": null, "dsnBlobIds": [], "mdnBlobIds": [],
    });
    Ok(Ok((id, email_id, shown)))
}

/// Only `undoStatus` can be changed, and only to `canceled`.
async fn update(
    context: &Context<'_>,
    account: AccountId,
    may_send: bool,
    id: &str,
    patch: Object,
) -> Result<Result<EmailId, SetError>> {
    let not_found = || Ok(Err(SetError::new("notFound")));
    let Ok(id) = id.parse::<SubmissionId>() else {
        return not_found();
    };
    let Some(known) = find(context, account, id).await? else {
        return not_found();
    };
    if !may_send {
        return Ok(Err(SetError::new("forbidden")));
    }
    let bad: Vec<&str> = patch
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "undoStatus")
        .collect();
    if !bad.is_empty() {
        return Ok(Err(SetError::properties(
            &bad,
            "only undoStatus can be changed",
        )));
    }
    match patch
        .get("undoStatus")
        .map(|status| status.as_str().unwrap_or_default())
    {
        None => Ok(Ok(known.email_id)),
        Some(status) if status == known.status.undo_status() => Ok(Ok(known.email_id)),
        Some("canceled") => {
            let canceled = context.store().write(move |tx| {
                Box::pin(async move { submissions::cancel(tx, account, id).await })
            });
            match canceled.await.map_err(MethodError::from)? {
                true => Ok(Ok(known.email_id)),
                false => Ok(Err(SetError::new("cannotUnsend"))),
            }
        }
        Some(_) if known.status == Status::Queued => Ok(Err(SetError::properties(
            &["undoStatus"],
            "it can be set to canceled only",
        ))),
        Some(_) => Ok(Err(SetError::new("cannotUnsend"))),
    }
}
