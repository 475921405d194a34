//! Counting what went wrong: every refusal that somebody could have to act on, by its cause.
//!
//! An answer that is in no row of the catalogue is counted by its search words, so that it is seen and can be
//! looked up; see `store::failures` for what is kept.

use store::failures::{self, Where};
use store::intervals::Cause;
use store::{Store, Tx};

use crate::advice;
use crate::profile::Kind;

/// Counts failures in a transaction of their own: a statistic that cannot be kept is logged and stands in nobody's
/// way.
pub async fn count(store: &Store, kind: Kind, at: Where, causes: Vec<Cause>) {
    let counted = store
        .write(move |tx| {
            Box::pin(async move {
                for cause in &causes {
                    note(tx, kind, &at, cause).await?;
                }
                Ok(())
            })
        })
        .await;
    if let Err(error) = counted {
        tracing::warn!(%error, "a failure could not be counted");
    }
}

async fn note(tx: &mut Tx, kind: Kind, at: &Where, cause: &Cause) -> store::Result<()> {
    let said = cause.provider_said.as_deref().unwrap_or_default();
    let words = advice::is_unknown(&cause.id).then(|| advice::search_words(kind, said));
    failures::note(tx, at, cause, words.as_deref()).await
}
