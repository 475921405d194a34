//! Patches of emails (RFC 8620, 5.3; RFC 8621, 4.6): keywords and mailboxes; all else never changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use store::emails::{self, Email, keywords};
use store::{AccountId, FolderId, Tx, folders};

use crate::error::{Result, SetError};
use crate::mailbox;
use crate::types::Object;

/// So many keywords an email may have.
pub const MOST_KEYWORDS: usize = 100;

/// A patch of a set: the whole of it, or members one by one.
#[derive(Default)]
struct SetPatch {
    whole: Option<BTreeSet<String>>,
    members: BTreeMap<String, bool>,
}

impl SetPatch {
    fn result(&self, now: impl Iterator<Item = String>) -> BTreeSet<String> {
        let mut result = self.whole.clone().unwrap_or_else(|| now.collect());
        for (name, on) in &self.members {
            if *on {
                result.insert(name.clone());
            } else {
                result.remove(name);
            }
        }
        result
    }
}

/// Carries a patch out.
pub async fn update(
    tx: &mut Tx,
    account: AccountId,
    email: &Email,
    patch: Object,
    known: &BTreeMap<String, String>,
) -> Result<Result<(), SetError>> {
    let (keywords, mailboxes) = match read(email, patch, known) {
        Ok(patches) => patches,
        Err(error) => return Ok(Err(error)),
    };
    let wanted = keywords.result(email.keywords.iter().cloned());
    if wanted.len() > MOST_KEYWORDS {
        return Ok(Err(SetError::new("tooManyKeywords")));
    }
    if let Err(error) = move_to(tx, account, email, &mailboxes).await? {
        return Ok(Err(error));
    }
    let now: BTreeSet<String> = email.keywords.iter().cloned().collect();
    let mut turns: Vec<(String, bool)> = wanted
        .difference(&now)
        .map(|word| (word.clone(), true))
        .collect();
    turns.extend(now.difference(&wanted).map(|word| (word.clone(), false)));
    if !turns.is_empty() {
        keywords::set(tx, account, email.id, &turns).await?;
    }
    Ok(Ok(()))
}

fn read(
    email: &Email,
    patch: Object,
    known: &BTreeMap<String, String>,
) -> Result<(SetPatch, SetPatch), SetError> {
    let (mut keywords, mut mailboxes) = (SetPatch::default(), SetPatch::default());
    let real = |id: &str| {
        id.strip_prefix('#')
            .and_then(|name| known.get(name))
            .map_or(id, String::as_str)
            .to_owned()
    };
    let both = patch.keys().any(|path| path.starts_with("keywords/"))
        && patch.contains_key("keywords")
        || patch.keys().any(|path| path.starts_with("mailboxIds/"))
            && patch.contains_key("mailboxIds");
    if both {
        return Err(SetError::new("invalidPatch").because("a set is given both whole and in parts"));
    }
    for (path, value) in patch {
        let tokens: Vec<String> = path
            .split('/')
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect();
        let parts: Vec<&str> = tokens.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["keywords"] => {
                keywords.whole = Some(
                    set(&value)
                        .ok_or_else(|| wrong("keywords"))?
                        .into_iter()
                        .map(|word| word.to_ascii_lowercase())
                        .collect(),
                )
            }
            ["mailboxIds"] => {
                mailboxes.whole = Some(
                    set(&value)
                        .ok_or_else(|| wrong("mailboxIds"))?
                        .iter()
                        .map(|id| real(id))
                        .collect(),
                );
            }
            ["keywords", word] => {
                keywords.members.insert(
                    word.to_ascii_lowercase(),
                    truth(&value).ok_or_else(|| wrong(&path))?,
                );
            }
            ["mailboxIds", id] => {
                mailboxes
                    .members
                    .insert(real(id), truth(&value).ok_or_else(|| wrong(&path))?);
            }
            // Unchanged values of what only the server sets may be sent along.
            ["id"] if value == json!(email.id) => {}
            ["blobId"] if value == json!(email.blob_id.to_string()) => {}
            ["threadId"] if value == json!(email.thread_id) => {}
            ["size"] if value == json!(email.size) => {}
            [name] => return Err(SetError::properties(&[name], "this never changes")),
            _ => {
                return Err(
                    SetError::new("invalidPatch").because(format!("there is nothing at {path}"))
                );
            }
        }
    }
    let words = keywords.whole.iter().flatten().chain(
        keywords
            .members
            .iter()
            .filter(|(_, on)| **on)
            .map(|(word, _)| word),
    );
    for word in words {
        if !keywords::is_keyword(word) {
            return Err(SetError::properties(
                &["keywords"],
                format!("{word:?} is no keyword"),
            ));
        }
    }
    Ok((keywords, mailboxes))
}

fn wrong(path: &str) -> SetError {
    SetError::properties(&[path], "members of a set are true; null takes one out")
}

/// A member's patch: true puts it in, null takes it out.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(true) => Some(true),
        Value::Null => Some(false),
        _ => None,
    }
}

/// A set as JMAP writes it: names with the value true.
pub fn set(value: &Value) -> Option<Vec<String>> {
    value
        .as_object()?
        .iter()
        .map(|(name, value)| (value == &json!(true)).then(|| name.clone()))
        .collect()
}

async fn move_to(
    tx: &mut Tx,
    account: AccountId,
    email: &Email,
    patch: &SetPatch,
) -> Result<Result<(), SetError>> {
    let now: BTreeSet<String> = email.folders.iter().map(ToString::to_string).collect();
    let wanted = patch.result(now.iter().cloned());
    if wanted == now {
        return Ok(Ok(()));
    }
    let bad = |words: &str| Ok(Err(SetError::properties(&["mailboxIds"], words)));
    if wanted.is_empty() {
        return bad("an email is in at least one mailbox");
    }
    let all = folders::list(tx, account).await?;
    let mut targets: Vec<FolderId> = Vec::new();
    let mut foreign = false;
    for id in &wanted {
        match all.iter().find(|folder| folder.id.to_string() == *id) {
            Some(folder) => {
                foreign |= !now.contains(id) && !mailbox::takes_local_emails(folder);
                targets.push(folder.id);
            }
            None => return bad("there is no such mailbox"),
        }
    }
    if foreign || emails::is_upstream(tx, account, email.id).await? {
        return Ok(Err(
            SetError::new("forbidden").because("moving is not carried out yet")
        ));
    }
    emails::move_local(tx, account, email.id, &targets).await?;
    Ok(Ok(()))
}
