//! Wishes carried upstream: flags of emails, over an open session.
//!
//! An email's flags are set at one of its places; Gmail shows the change in all of them. A wish that the
//! server refuses for good is given up visibly: the flag goes back to what the server has.

use provider::Providers;
use store::accounts::Account;
use store::emails::Place;
use store::intents::{self, Intent};
use store::{emails, folders};
use wire::imap::SequenceSet;
use wire::imap::command::{StoreChange, StoreItem, StoreMode};
use wire::outcome::Outcome;

use crate::imap::{Connection, ImapError};
use crate::session::NoSession;
use crate::standing::back_off;

/// Wishes that are read at once.
const AT_ONCE: i64 = 200;

/// Carries out all wishes of the account that are due. Answers how many were carried out; afterwards another
/// folder may be selected.
pub async fn carry_out(
    providers: &Providers,
    account: &Account,
    connection: &mut Connection,
) -> Result<usize, NoSession> {
    let (id, store) = (account.id, providers.store());
    let mut done = 0;
    loop {
        let due = store
            .read(move |tx| Box::pin(async move { intents::due(tx, id, AT_ONCE).await }))
            .await?;
        if due.is_empty() {
            return Ok(done);
        }
        let before = done;
        let mut selected: Option<Vec<u8>> = None;
        for intent in due {
            if carry(providers, account, connection, &mut selected, &intent).await? {
                done += 1;
            }
        }
        if done == before {
            return Ok(done);
        }
    }
}

async fn carry(
    providers: &Providers,
    account: &Account,
    connection: &mut Connection,
    selected: &mut Option<Vec<u8>>,
    intent: &Intent,
) -> Result<bool, NoSession> {
    let (id, store, email) = (account.id, providers.store(), intent.email_id);
    let places = store
        .read(move |tx| Box::pin(async move { emails::copies::of_email(tx, id, email).await }))
        .await?;
    let Some((place, wire_name)) = places.first().cloned() else {
        // It has no place upstream yet (just sent, say): the wish waits until its copy is found.
        return put_off(
            providers,
            account,
            intent,
            "the email has no copy upstream yet",
        )
        .await;
    };
    if selected.as_deref() != Some(wire_name.as_slice()) {
        let name = String::from_utf8_lossy(&wire_name).into_owned();
        let now = match connection.select(&name, false).await {
            Ok(now) => now,
            Err(error @ ImapError::Refused { .. }) => {
                return put_off(providers, account, intent, &error.to_string()).await;
            }
            Err(error) => return Err(error.into()),
        };
        *selected = Some(wire_name.clone());
        if i64::from(now.uidvalidity) != place.uidvalidity {
            // The UID means another message now: the next pull finds the right one.
            *selected = None;
            let folder = place.folder;
            store
                .write(move |tx| {
                    Box::pin(async move { folders::forget_position(tx, id, folder).await })
                })
                .await?;
            return put_off(providers, account, intent, "UIDVALIDITY changed").await;
        }
    }
    let uid = u32::try_from(place.uid).unwrap_or(0);
    let change = StoreChange {
        mode: if intent.value {
            StoreMode::Add
        } else {
            StoreMode::Remove
        },
        silent: false,
        what: StoreItem::Flags(vec![intent.kind.flag().to_owned()]),
    };
    match connection.store(&SequenceSet::of([uid]), &change).await {
        Ok(_) => {
            let intent = intent.clone();
            store
                .write(move |tx| Box::pin(async move { fulfilled(tx, id, place, &intent).await }))
                .await?;
            Ok(true)
        }
        Err(error @ ImapError::Refused { .. }) => match error.verdict().outcome {
            Outcome::Later { .. } => put_off(providers, account, intent, &error.to_string()).await,
            _ => give_up(providers, account, place, intent, &error.to_string()).await,
        },
        Err(error) => Err(error.into()),
    }
}

/// The wish is true; the copy's flags are noted as the server has them now.
async fn fulfilled(
    tx: &mut store::Tx,
    id: store::AccountId,
    place: Place,
    intent: &Intent,
) -> store::Result<()> {
    intents::fulfilled(tx, id, intent).await?;
    let flags = emails::copies::flags(tx, id, place).await?;
    let mut keywords = emails::keywords::from_column(&flags);
    keywords.retain(|word| word != intent.kind.keyword());
    if intent.value {
        keywords.push(intent.kind.keyword().to_owned());
    }
    emails::keywords::observed(tx, id, place, &keywords).await
}

async fn put_off(
    providers: &Providers,
    account: &Account,
    intent: &Intent,
    why: &str,
) -> Result<bool, NoSession> {
    let wait = back_off(u32::try_from(intent.attempts).unwrap_or(0) + 2);
    let run_at = providers.store().now() + i64::try_from(wait.as_millis()).unwrap_or(0);
    let (id, intent, why) = (account.id, intent.clone(), why.to_owned());
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move { intents::failed(tx, id, &intent, run_at, &why).await })
        })
        .await?;
    Ok(false)
}

async fn give_up(
    providers: &Providers,
    account: &Account,
    place: Place,
    intent: &Intent,
    why: &str,
) -> Result<bool, NoSession> {
    tracing::warn!(account.id = %account.id, email.id = %intent.email_id, why, "the server refused a flag; it goes back");
    let (id, intent) = (account.id, intent.clone());
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                intents::fulfilled(tx, id, &intent).await?;
                let flags = emails::copies::flags(tx, id, place).await?;
                emails::keywords::observed(tx, id, place, &emails::keywords::from_column(&flags))
                    .await
            })
        })
        .await?;
    Ok(true)
}
