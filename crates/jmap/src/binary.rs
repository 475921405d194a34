//! Raw bytes in and out (RFC 8620, 6). A part of a mail is a blob too: its id is the mail's blob id, a dash
//! and the part's id; it is cut out and decoded when it is asked for.

pub mod download;
pub mod upload;

use bytes::Bytes;
use store::{AccountId, BlobId, Store, blobs};
use wire::mime::{part_bytes, read};

/// The bytes that a blob id names, if this account may read them.
pub async fn load(store: &Store, account: AccountId, id: &str) -> store::Result<Option<Bytes>> {
    let (whole, part) = id
        .split_once('-')
        .map_or((id, None), |(whole, part)| (whole, Some(part)));
    let Ok(blob) = whole.parse::<BlobId>() else {
        return Ok(None);
    };
    let allowed = store
        .read(move |tx| Box::pin(async move { blobs::find(tx, account, blob).await }))
        .await?;
    if allowed.is_none() {
        return Ok(None);
    }
    let Some(bytes) = store.blobs().get(blob).await? else {
        return Ok(None);
    };
    let Some(part) = part else {
        return Ok(Some(bytes));
    };
    let message = read(&bytes);
    Ok(message
        .part(part)
        .map(|part| Bytes::from(part_bytes(&bytes, part))))
}
