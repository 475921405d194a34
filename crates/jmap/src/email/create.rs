//! A new email (RFC 8621, 4.6): a draft as JSON becomes a mail as octets, durable before its row is written.
//!
//!     object -> fields checked -> bodies and attachments gathered (blobs of this account) -> Draft -> octets
//!
//! What always holds: every property that is wrong is named at once; nothing that a client writes becomes a
//! header field of its own.

mod body;
mod fields;

use serde_json::{Value, json};
use store::emails::{NewEmail, keywords};
use store::world::Millis;
use store::{AccountId, FolderId, folders};
use wire::mime::{Attachment, DateTime, Draft, decode_charset, new_message_id, read, search_text};

use self::body::{Bodies, PartSource};
use super::update::{MOST_KEYWORDS, set};
use crate::binary;
use crate::error::{MethodError, Result, SetError};
use crate::limits;
use crate::mailbox;
use crate::request::Context;
use crate::types::{Object, utc_date};

/// What only the server sets.
const SERVER_SET: &[&str] = &[
    "id",
    "blobId",
    "threadId",
    "size",
    "hasAttachment",
    "preview",
    "headers",
];

/// An object that is right in itself.
struct Plan {
    mailboxes: Vec<String>,
    keywords: Vec<String>,
    received_at: Option<Millis>,
    draft: Draft,
    bodies: Bodies,
}

/// Makes the mail and keeps its octets; what is left is one transaction.
pub async fn prepare(
    context: &Context<'_>,
    account: AccountId,
    object: Object,
) -> Result<Result<NewEmail, SetError>> {
    let mut plan = match plan(object) {
        Ok(plan) => plan,
        Err(error) => return Ok(Err(error)),
    };
    let mailboxes: Vec<String> = plan
        .mailboxes
        .iter()
        .map(|id| context.real_id(id))
        .collect();
    let all = context
        .store()
        .read(move |tx| Box::pin(async move { folders::list(tx, account).await }));
    let all = all.await.map_err(MethodError::from)?;
    let mut targets: Vec<FolderId> = Vec::new();
    for id in mailboxes {
        match all.iter().find(|folder| folder.id.to_string() == id) {
            Some(folder) if mailbox::takes_local_emails(folder) => targets.push(folder.id),
            Some(_) => {
                let words =
                    "new emails go into Drafts; carrying them into other mailboxes is not done yet";
                return Ok(Err(SetError::new("forbidden").because(words)));
            }
            None => {
                return Ok(Err(SetError::properties(
                    &["mailboxIds"],
                    "there is no such mailbox",
                )));
            }
        }
    }
    if let Err(error) = gather(context, account, &mut plan).await? {
        return Ok(Err(error));
    }
    let store = context.store();
    let now = store.now();
    let draft = &mut plan.draft;
    if draft.date == DateTime::default() {
        draft.date = DateTime {
            unix: now.div_euclid(1000),
            offset_minutes: 0,
        };
    }
    if draft.message_id.is_empty() {
        let domain = draft
            .from
            .first()
            .and_then(|address| address.email.rsplit_once('@'))
            .map_or("", |(_, domain)| domain);
        draft.message_id = new_message_id(&store.world().random(), domain);
    }
    let bytes = draft.to_bytes(&store.world().random());
    let message = read(&bytes);
    if plan
        .bodies
        .shape
        .as_ref()
        .is_some_and(|shape| !shape.is_like(&message.structure))
    {
        let words = "this structure is not offered: mixed(alternative(text, related(html, inline…)), attachments…), or less";
        return Ok(Err(SetError::properties(&["bodyStructure"], words)));
    }
    let blob_id = store.blobs().put(&bytes).await.map_err(MethodError::from)?;
    Ok(Ok(NewEmail {
        blob_id,
        size: bytes.len(),
        received_at: plan.received_at.unwrap_or(now),
        search_text: search_text(&bytes, &message),
        message,
        keywords: plan.keywords,
        gm_msgid: None,
        gm_thrid: None,
        folders: targets,
        odd: None,
    }))
}

fn plan(mut object: Object) -> Result<Plan, SetError> {
    let bad: Vec<String> = object
        .keys()
        .filter(|name| SERVER_SET.contains(&name.as_str()))
        .cloned()
        .collect();
    if !bad.is_empty() {
        let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
        return Err(SetError::properties(&bad, "only the server sets these"));
    }
    let mailboxes = object
        .remove("mailboxIds")
        .as_ref()
        .and_then(set)
        .filter(|ids| !ids.is_empty());
    let mailboxes = mailboxes.ok_or_else(|| {
        SetError::properties(&["mailboxIds"], "an email is in at least one mailbox")
    })?;
    let keywords = match object.remove("keywords").filter(|value| !value.is_null()) {
        None => Vec::new(),
        Some(value) => set(&value)
            .ok_or_else(|| SetError::properties(&["keywords"], "keywords are names with true"))?,
    };
    let keywords: Vec<String> = keywords
        .iter()
        .map(|word| word.to_ascii_lowercase())
        .collect();
    if !keywords.iter().all(|word| keywords::is_keyword(word)) {
        return Err(SetError::properties(
            &["keywords"],
            "a keyword is printable ASCII without ( ) { ] % * \" \\",
        ));
    }
    if keywords.len() > MOST_KEYWORDS {
        return Err(SetError::new("tooManyKeywords"));
    }
    let received_at = match object.remove("receivedAt") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let time = value.as_str().and_then(utc_date);
            Some(time.ok_or_else(|| SetError::properties(&["receivedAt"], "this is no UTCDate"))?)
        }
    };
    let bodies = body::take(&mut object)?;
    let draft = fields::take(object)?;
    Ok(Plan {
        mailboxes,
        keywords,
        received_at,
        draft,
        bodies,
    })
}

/// Fills the draft with its bodies; blobs are read through the account.
async fn gather(
    context: &Context<'_>,
    account: AccountId,
    plan: &mut Plan,
) -> Result<Result<(), SetError>> {
    let mut missing: Vec<String> = Vec::new();
    let mut size = 0;
    let mut texts = [None, None];
    for (text, part) in texts
        .iter_mut()
        .zip([plan.bodies.text.take(), plan.bodies.html.take()])
    {
        *text = match part.map(|part| (part.source, part.charset)) {
            None => None,
            Some((PartSource::Value(value), _)) => Some(value),
            Some((PartSource::Blob(id), charset)) => {
                match binary::load(context.store(), account, &id).await? {
                    Some(bytes) => Some(decode_charset(&bytes, charset.as_deref()).text),
                    None => {
                        missing.push(id);
                        None
                    }
                }
            }
        };
    }
    let [text, html] = texts;
    plan.draft.text = text;
    plan.draft.html = html;
    for part in std::mem::take(&mut plan.bodies.attachments) {
        let bytes = match part.source {
            PartSource::Value(value) => value.into_bytes(),
            PartSource::Blob(id) => match binary::load(context.store(), account, &id).await? {
                Some(bytes) => bytes.to_vec(),
                None => {
                    missing.push(id);
                    continue;
                }
            },
        };
        size += bytes.len();
        if size > limits::SIZE_ATTACHMENTS {
            return Ok(Err(
                SetError::new("tooLarge").with("maxSize", json!(limits::SIZE_ATTACHMENTS))
            ));
        }
        let Some(content_type) = part.content_type else {
            continue;
        };
        plan.draft.attachments.push(Attachment {
            name: part.name,
            content_type,
            bytes,
            cid: part.cid,
            inline: part.inline,
        });
    }
    if !missing.is_empty() {
        return Ok(Err(
            SetError::new("blobNotFound").with("notFound", json!(missing))
        ));
    }
    Ok(Ok(()))
}
