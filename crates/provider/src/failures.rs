//! Counting what went wrong: every refusal that somebody could have to act on, by its cause.
//!
//! An answer that is in no row of the catalogue is counted by its search words, so that it is seen and can be
//! looked up; see `store::failures` for what is kept.

use store::Tx;
use store::failures::{self, Where};
use store::intervals::Cause;

use crate::advice;
use crate::profile::Kind;

/// Counts a failure in the transaction of what follows from it.
pub async fn note(tx: &mut Tx, kind: Kind, at: &Where, cause: &Cause) -> store::Result<()> {
    let said = cause.provider_said.as_deref().unwrap_or_default();
    let words = advice::is_unknown(&cause.id).then(|| advice::search_words(kind, said));
    failures::note(tx, at, cause, words.as_deref()).await
}
