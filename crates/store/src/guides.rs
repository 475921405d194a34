//! How far the set-up guide of a provider is: one row a provider, shared by all administrators.
//!
//! Answers and the step are changed from a version, so that of two administrators who answer at once the
//! second is told. That a card was done is a fact of its own: noting it twice changes nothing.
//! No secret is ever part of a guide: the client secret goes straight into its credential.

use std::collections::BTreeMap;

use crate::args;
use crate::error::Result;
use crate::id::CredentialId;
use crate::tx::Tx;
use crate::world::Millis;

/// A guide's state.
#[derive(Debug, Clone, Default)]
pub struct Guide {
    /// Where it was left; empty before it was begun.
    pub step: String,
    /// JSON of the answers.
    pub answers: String,
    /// The credential that it made.
    pub credential_id: Option<CredentialId>,
    /// Grows with every change; the ETag. 0: nobody has begun.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Option<Millis>,
    /// Login of who changed it.
    pub updated_by: Option<String>,
    /// Cards that were done: when, and by whom (login).
    pub cards: BTreeMap<String, (Millis, String)>,
}

/// The guide of a provider; a fresh one where nobody has begun.
pub async fn find(tx: &mut Tx, provider: &str) -> Result<Guide> {
    let row = tx
        .row(
            "SELECT step, answers, credential_id, version, updated_at, updated_by FROM guides WHERE provider = $1",
            args![provider],
        )
        .await?;
    let mut guide = match row {
        None => Guide::default(),
        Some(row) => Guide {
            step: row.get(0)?,
            answers: row.get(1)?,
            credential_id: row.get(2)?,
            version: row.get(3)?,
            updated_at: Some(row.get(4)?),
            updated_by: Some(row.get(5)?),
            cards: BTreeMap::new(),
        },
    };
    let cards = tx
        .rows(
            "SELECT card, done_at, done_by FROM guide_cards WHERE provider = $1",
            args![provider],
        )
        .await?;
    for row in cards {
        guide.cards.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    Ok(guide)
}

/// What is to be kept.
#[derive(Debug, Clone)]
pub struct Change {
    /// Where it was left.
    pub step: String,
    /// JSON of the answers.
    pub answers: String,
    /// The credential that it made.
    pub credential_id: Option<CredentialId>,
}

/// Changes a guide that still has `version` (0: not begun); `false` when somebody was quicker.
pub async fn save(
    tx: &mut Tx,
    provider: &str,
    version: i64,
    change: &Change,
    login: &str,
) -> Result<bool> {
    let now = tx.now();
    let touched = if version == 0 {
        tx.execute(
            "INSERT INTO guides (provider, step, answers, credential_id, version, updated_at, updated_by) \
             VALUES ($1, $2, $3, $4, 1, $5, $6) ON CONFLICT (provider) DO NOTHING",
            args![provider, &change.step, &change.answers, change.credential_id, now, login],
        )
        .await?
    } else {
        tx.execute(
            "UPDATE guides SET step = $3, answers = $4, credential_id = $5, version = version + 1, updated_at = $6, \
             updated_by = $7 WHERE provider = $1 AND version = $2",
            args![provider, version, &change.step, &change.answers, change.credential_id, now, login],
        )
        .await?
    };
    Ok(touched > 0)
}

/// Notes that a card was done (the first time counts), or is not done after all.
pub async fn mark(tx: &mut Tx, provider: &str, card: &str, done: bool, login: &str) -> Result<()> {
    let now = tx.now();
    if done {
        tx.execute(
            "INSERT INTO guide_cards (provider, card, done_at, done_by) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (provider, card) DO NOTHING",
            args![provider, card, now, login],
        )
        .await?;
    } else {
        tx.execute(
            "DELETE FROM guide_cards WHERE provider = $1 AND card = $2",
            args![provider, card],
        )
        .await?;
    }
    Ok(())
}

/// When a card was done: what was changed there may still be on its way.
pub async fn done_at(tx: &mut Tx, provider: &str, card: &str) -> Result<Option<Millis>> {
    let row = tx
        .row(
            "SELECT done_at FROM guide_cards WHERE provider = $1 AND card = $2",
            args![provider, card],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Starts over. The credential stays.
pub async fn forget(tx: &mut Tx, provider: &str) -> Result<()> {
    tx.execute(
        "DELETE FROM guide_cards WHERE provider = $1",
        args![provider],
    )
    .await?;
    // The version goes on: what was read before must not pass over what comes after.
    tx.execute(
        "UPDATE guides SET step = '', answers = '{}', credential_id = NULL, version = version + 1 WHERE provider = $1",
        args![provider],
    )
    .await?;
    Ok(())
}
