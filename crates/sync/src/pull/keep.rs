//! Keeping what came: blob, reading, one commit a batch; an odd mail alone.

use std::collections::HashMap;

use provider::Providers;
use store::AccountId;
use store::accounts::Account;
use store::emails::{self, NewEmail, Place};
use store::folders::Folder;

use super::look::Row;
use crate::session::NoSession;

pub(super) async fn keep_batch(
    providers: &Providers,
    account: &Account,
    folder: &Folder,
    uidvalidity: i64,
    batch: &[(i64, Row)],
    mut bodies: HashMap<i64, Vec<u8>>,
) -> Result<usize, NoSession> {
    let mut ready = Vec::new();
    for (uid, row) in batch {
        let place = Place {
            folder: folder.id,
            uidvalidity,
            uid: *uid,
        };
        let (raw, odd) = match bodies.remove(uid) {
            Some(raw) => (raw, None),
            // Exchange lists messages that it cannot convert. The line goes on; what is known of it is shown.
            None => (
                Vec::new(),
                Some("the server listed this message and did not send it".to_owned()),
            ),
        };
        ready.push((place, prepare(providers, row, raw, odd).await?));
    }
    let (id, count) = (account.id, ready.len());
    let ready = std::sync::Arc::new(ready);
    let all = ready.clone();
    let added = providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let mut added = 0;
                for (place, email) in all.iter() {
                    added += usize::from(emails::add(tx, id, email, Some(*place)).await?.is_new);
                }
                Ok(added)
            })
        })
        .await;
    match added {
        Ok(added) => Ok(added),
        Err(error) if error.is_passing() => Err(error.into()),
        Err(error) => {
            tracing::warn!(account.id = %id, %error, count, "a batch of mail failed; trying one by one");
            let mut added = 0;
            for index in 0..count {
                let one = ready.clone();
                let result = providers
                    .store()
                    .write(move |tx| {
                        Box::pin(async move {
                            let (place, email) = &one[index];
                            emails::add(tx, id, email, Some(*place)).await
                        })
                    })
                    .await;
                match result {
                    Ok(done) => added += usize::from(done.is_new),
                    Err(error) if error.is_passing() => return Err(error.into()),
                    Err(error) => {
                        let (place, email) = &ready[index];
                        keep_raw(providers, id, *place, email, &error.to_string()).await?;
                        added += 1;
                    }
                }
            }
            Ok(added)
        }
    }
}

/// An email that cannot be stored as it is understood: kept with its bytes alone, and marked.
async fn keep_raw(
    providers: &Providers,
    id: AccountId,
    place: Place,
    email: &NewEmail,
    why: &str,
) -> Result<(), NoSession> {
    tracing::warn!(account.id = %id, blob = %email.blob_id, why, "an odd mail is kept raw");
    let bare = NewEmail {
        blob_id: email.blob_id,
        size: email.size,
        received_at: email.received_at,
        message: wire::mime::read(b""),
        search_text: String::new(),
        keywords: email.keywords.clone(),
        gm_msgid: email.gm_msgid,
        gm_thrid: None,
        folders: Vec::new(),
        odd: Some(why.to_owned()),
    };
    providers
        .store()
        .write(move |tx| Box::pin(async move { emails::add(tx, id, &bare, Some(place)).await }))
        .await?;
    Ok(())
}

/// Keeps the bytes and reads the mail, off the async threads.
async fn prepare(
    providers: &Providers,
    row: &Row,
    raw: Vec<u8>,
    odd: Option<String>,
) -> Result<NewEmail, NoSession> {
    let blob_id = providers.store().blobs().put(&raw).await?;
    let size = raw.len();
    let read = tokio::task::spawn_blocking(move || {
        let message = wire::mime::read(&raw);
        let text = wire::mime::search_text(&raw, &message);
        (message, text)
    })
    .await;
    // The reader is bounded and tested against hostile mail; should it fall over all the same, the mail is kept raw.
    let (message, search_text, odd) = match read {
        Ok((message, text)) => (message, text, odd),
        Err(_) => (
            wire::mime::read(b""),
            String::new(),
            Some("this mail could not be read".to_owned()),
        ),
    };
    let received_at = row
        .received_at
        .or_else(|| {
            message
                .headers
                .date
                .map(|date| date.unix.saturating_mul(1000))
        })
        .unwrap_or_else(|| providers.store().now());
    Ok(NewEmail {
        blob_id,
        size,
        received_at,
        message,
        search_text,
        keywords: row.keywords.clone(),
        gm_msgid: row.gm_msgid,
        gm_thrid: row.gm_thrid,
        folders: Vec::new(),
        odd,
    })
}
