//! Raw bytes, outside the database: a mail, an upload.
//!
//!     put -> hashed (BLAKE3) -> compressed where that helps -> written and synced -> its row in the commit
//!
//! What always holds: a blob is durable before the commit that names it, and its name is the hash of its
//! bytes, so writing one twice is harmless. A row in `blobs` says which account may read it; without that
//! row nobody may.

use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use crate::args;
use crate::error::{Error, Result};
use crate::id::{AccountId, BlobId};
use crate::tx::Tx;

/// A blob may not be larger than this after decompression.
pub const MAX_SIZE: usize = 256 << 20;

const RAW: u8 = 0;
const DEFLATE: u8 = 1;

/// Where blobs are kept.
#[derive(Clone)]
pub struct Blobs(Arc<dyn ObjectStore>);

impl Blobs {
    /// Opens `file:PATH`. The folder is made where it is missing.
    ///
    /// Errors: [`Error::Config`] for another kind of address.
    pub fn open(address: &str) -> Result<Blobs> {
        let Some(path) = address.strip_prefix("file:") else {
            return Err(Error::Config(format!(
                "[store] blobs must begin with file:, not {address:?}"
            )));
        };
        let folder = std::path::Path::new(path.trim_start_matches("//"));
        std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| Error::Config(format!("[store] blobs: {error}")))?
            .with_fsync(true);
        Ok(Blobs(Arc::new(store)))
    }

    fn path(id: BlobId) -> Path {
        let name = id.to_string();
        Path::from(format!("{}/{}/{}", &name[1..3], &name[3..5], name))
    }

    /// Keeps the bytes; they are durable when this returns.
    pub async fn put(&self, bytes: &[u8]) -> Result<BlobId> {
        let id = BlobId::of(bytes);
        let path = Blobs::path(id);
        if self.0.head(&path).await.is_ok() {
            return Ok(id);
        }
        self.0
            .put(&path, PutPayload::from(pack(bytes)))
            .await
            .map_err(|error| failed(id, &error))?;
        Ok(id)
    }

    /// The bytes of a blob; `None` where it is not kept.
    ///
    /// Errors: [`Error::Blob`] when what is kept is not what the id says.
    pub async fn get(&self, id: BlobId) -> Result<Option<Bytes>> {
        let packed = match self.0.get(&Blobs::path(id)).await {
            Ok(found) => found.bytes().await.map_err(|error| failed(id, &error))?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(id, &error)),
        };
        Ok(Some(Bytes::from(whole(id, &packed)?)))
    }

    /// A blob as it is kept, packed, after a look whether it is whole; `None` where it is not kept.
    ///
    /// Errors: as [`Blobs::get`].
    pub(crate) async fn packed(&self, id: BlobId) -> Result<Option<Bytes>> {
        let packed = match self.0.get(&Blobs::path(id)).await {
            Ok(found) => found.bytes().await.map_err(|error| failed(id, &error))?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(id, &error)),
        };
        whole(id, &packed)?;
        Ok(Some(packed))
    }

    /// Keeps a blob that came packed; whether it was not kept before.
    ///
    /// Errors: [`Error::Blob`] when it is not what its id says.
    pub(crate) async fn put_packed(&self, id: BlobId, packed: Bytes) -> Result<bool> {
        whole(id, &packed)?;
        let path = Blobs::path(id);
        if self.0.head(&path).await.is_ok() && matches!(self.packed(id).await, Ok(Some(_))) {
            return Ok(false);
        }
        self.0
            .put(&path, PutPayload::from(packed))
            .await
            .map_err(|error| failed(id, &error))?;
        Ok(true)
    }

    /// Takes a blob away that nothing names yet.
    pub(crate) async fn remove(&self, id: BlobId) -> Result<()> {
        self.0
            .delete(&Blobs::path(id))
            .await
            .map_err(|error| failed(id, &error))
    }
}

/// The bytes of a packed blob.
pub(crate) fn whole(id: BlobId, packed: &[u8]) -> Result<Vec<u8>> {
    let broken = |reason: &str| Error::Blob {
        id: id.to_string(),
        reason: reason.into(),
    };
    let bytes = unpack(packed).ok_or_else(|| broken("cannot be unpacked"))?;
    if BlobId::of(&bytes) != id {
        return Err(broken("its bytes have another hash"));
    }
    Ok(bytes)
}

/// The disk's refusal, which passes; a blob that is broken does not.
fn failed(id: BlobId, error: &object_store::Error) -> Error {
    Error::File {
        path: format!("blob {id}"),
        error: std::io::Error::other(error.to_string()),
    }
}

fn pack(bytes: &[u8]) -> Bytes {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(vec![DEFLATE], Compression::fast());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    match packed {
        Ok(packed) if packed.len() <= bytes.len() => Bytes::from(packed),
        _ => {
            let mut raw = Vec::with_capacity(bytes.len() + 1);
            raw.push(RAW);
            raw.extend_from_slice(bytes);
            Bytes::from(raw)
        }
    }
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;
    let (kind, rest) = packed.split_first()?;
    match *kind {
        RAW => Some(rest.to_vec()),
        DEFLATE => {
            let mut bytes = Vec::with_capacity(rest.len() * 3);
            flate2::read::DeflateDecoder::new(rest)
                .take(MAX_SIZE as u64 + 1)
                .read_to_end(&mut bytes)
                .ok()?;
            (bytes.len() <= MAX_SIZE).then_some(bytes)
        }
        _ => None,
    }
}

/// Lets an account read a blob that [`Blobs::put`] has kept.
pub async fn allow(
    tx: &mut Tx,
    account: AccountId,
    id: BlobId,
    size: usize,
    media_type: &str,
) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "INSERT INTO blobs (account_id, id, size, media_type, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account_id, id) DO NOTHING",
        args![account, id, size as i64, media_type, now],
    )
    .await?;
    Ok(())
}

/// Size in octets and media type of a blob that this account may read.
pub async fn find(tx: &mut Tx, account: AccountId, id: BlobId) -> Result<Option<(u64, String)>> {
    let row = tx
        .row(
            "SELECT size, media_type FROM blobs WHERE account_id = $1 AND id = $2",
            args![account, id],
        )
        .await?;
    row.map(|row| Ok((row.get::<i64>(0)?.unsigned_abs(), row.get(1)?)))
        .transpose()
}
