//! The secrets of a credential: the current one, the next one, and the previous one to fall back to.
//!
//!     change_next -> next: unproven -> judge_next -> next: good -> switch  -> it is current, the old one previous
//!     the provider refuses the current one and takes another   -> taken   -> the same, by itself
//!     the provider refuses all of them                         -> refused -> broken, and all grants wait
//!
//! What always holds: a value changes its column only by being opened and sealed again, in the transaction of
//! the switch, and only if both columns still hold what was read. What a provider said of a secret counts only
//! while that secret is in its place: an answer to an older one judges nothing.

use secrecy::{ExposeSecret, SecretString};

use super::{Status, place, set_status};
use crate::announcements::Announcement;
use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::grants;
use crate::id::CredentialId;
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::world::Millis;

/// Where a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// It is used.
    Current,
    /// It shall be used.
    Next,
    /// It was used before the last switch.
    Previous,
}

impl Slot {
    pub(super) fn column(self) -> &'static str {
        match self {
            Slot::Current => "client_secret",
            Slot::Next => "next_secret",
            Slot::Previous => "previous_secret",
        }
    }
}

/// The next secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Its last characters; empty for a very short one.
    pub hint: String,
    /// YYYY-MM-DD, from the console.
    pub ends_on: Option<String>,
    /// What the provider said of it.
    pub status: Status,
    /// Why it was refused.
    pub cause: Option<Cause>,
}

/// The previous secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its last characters; empty for a very short one.
    pub hint: String,
    /// YYYY-MM-DD, from the console.
    pub ends_on: Option<String>,
}

/// Who made another secret current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchedBy {
    /// An administrator.
    Person,
    /// The provider refused the current one and took this one.
    Refusal,
}

impl SwitchedBy {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            SwitchedBy::Person => "person",
            SwitchedBy::Refusal => "refusal",
        }
    }
}

/// The last switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched {
    /// When.
    pub at: Millis,
    /// By whom.
    pub by: SwitchedBy,
    /// Why, where it was by refusal.
    pub cause: Option<Cause>,
}

/// What shall happen to the next secret.
#[derive(Debug, Clone, Default)]
pub enum NextChange {
    /// Nothing.
    #[default]
    Keep,
    /// It is given up.
    Drop,
    /// Another end date for the one that is held.
    EndsOn(Option<String>),
    /// Another one, unproven.
    Set {
        /// Its value.
        secret: SecretString,
        /// Its last characters.
        hint: String,
        /// YYYY-MM-DD.
        ends_on: Option<String>,
    },
}

/// All secrets that a credential holds.
pub struct Held {
    /// The one in use.
    pub current: SecretString,
    /// The others, in the order in which they are tried: the next, then the previous.
    pub others: Vec<(Slot, SecretString)>,
}

fn status(word: &str) -> Result<Status> {
    Status::parse(word).ok_or_else(|| Error::Row {
        column: "credentials.next_secret_status".into(),
    })
}

pub(super) fn read_next(row: &Row, at: usize) -> Result<Option<Next>> {
    if !row.get::<bool>(at)? {
        return Ok(None);
    }
    let word: Option<String> = row.get(at + 3)?;
    Ok(Some(Next {
        hint: row.get(at + 1)?,
        ends_on: row.get(at + 2)?,
        status: word.map_or(Ok(Status::Unproven), |word| status(&word))?,
        cause: Cause::from_column(row.get(at + 4)?),
    }))
}

pub(super) fn read_previous(row: &Row, at: usize) -> Result<Option<Previous>> {
    if !row.get::<bool>(at)? {
        return Ok(None);
    }
    Ok(Some(Previous {
        hint: row.get(at + 1)?,
        ends_on: row.get(at + 2)?,
    }))
}

pub(super) fn read_switched(row: &Row, at: usize) -> Result<Option<Switched>> {
    let (time, by): (Option<Millis>, Option<String>) = (row.get(at)?, row.get(at + 1)?);
    let cause = Cause::from_column(row.get(at + 2)?);
    Ok(time.map(|time| Switched {
        at: time,
        by: match by.as_deref() {
            Some("refusal") => SwitchedBy::Refusal,
            _ => SwitchedBy::Person,
        },
        cause,
    }))
}

/// A secret and the sealed bytes it was opened from.
async fn open(
    tx: &mut Tx,
    id: CredentialId,
    slot: Slot,
) -> Result<Option<(SecretString, Vec<u8>)>> {
    let column = slot.column();
    let row = tx
        .row(
            format!("SELECT {column} FROM credentials WHERE id = $1"),
            args![id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    match row.get::<Option<Vec<u8>>>(0)? {
        Some(bytes) => Ok(Some((tx.keys.open(place(&id, slot), &bytes)?, bytes))),
        None => Ok(None),
    }
}

/// The secret in a place, if there is one.
pub async fn secret_in(tx: &mut Tx, id: CredentialId, slot: Slot) -> Result<Option<SecretString>> {
    Ok(open(tx, id, slot).await?.map(|(secret, _)| secret))
}

/// All secrets of a credential; `None` where there is no such credential.
pub async fn held(tx: &mut Tx, id: CredentialId) -> Result<Option<Held>> {
    let row = tx
        .row(
            "SELECT client_secret, next_secret, previous_secret FROM credentials WHERE id = $1",
            args![id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let current = tx
        .keys
        .open(place(&id, Slot::Current), &row.get::<Vec<u8>>(0)?)?;
    let mut others = Vec::new();
    for (at, slot) in [(1, Slot::Next), (2, Slot::Previous)] {
        if let Some(bytes) = row.get::<Option<Vec<u8>>>(at)? {
            others.push((slot, tx.keys.open(place(&id, slot), &bytes)?));
        }
    }
    Ok(Some(Held { current, others }))
}

async fn stands(tx: &mut Tx, id: CredentialId, slot: Slot, secret: &SecretString) -> Result<bool> {
    let there = secret_in(tx, id, slot).await?;
    Ok(there.is_some_and(|there| there.expose_secret() == secret.expose_secret()))
}

/// Carries out what shall happen to the next secret. The version is the caller's business.
pub async fn change_next(tx: &mut Tx, id: CredentialId, change: &NextChange) -> Result<()> {
    match change {
        NextChange::Keep => {}
        NextChange::Drop => {
            tx.execute(
                "UPDATE credentials SET next_secret = NULL, next_secret_hint = '', next_secret_ends_on = NULL, \
                 next_secret_status = NULL, next_secret_cause = NULL WHERE id = $1",
                args![id],
            )
            .await?;
        }
        NextChange::EndsOn(date) => {
            tx.execute(
                "UPDATE credentials SET next_secret_ends_on = $2 WHERE id = $1 AND next_secret IS NOT NULL",
                args![id, date.clone()],
            )
            .await?;
        }
        NextChange::Set {
            secret,
            hint,
            ends_on,
        } => {
            let sealed = tx.keys.seal(&tx.world, place(&id, Slot::Next), secret);
            tx.execute(
                "UPDATE credentials SET next_secret = $2, next_secret_hint = $3, next_secret_ends_on = $4, \
                 next_secret_status = 'unproven', next_secret_cause = NULL WHERE id = $1",
                args![id, sealed, hint, ends_on.clone()],
            )
            .await?;
            let broken = "SELECT COUNT(*) FROM credentials WHERE id = $1 AND status = 'broken'";
            if tx.number(broken, args![id]).await? > 0 {
                // The next request tries it.
                grants::try_one(tx, id).await?;
            }
        }
    }
    Ok(())
}

/// Notes what the provider said of the next secret, if it is still this one.
pub async fn judge_next(
    tx: &mut Tx,
    id: CredentialId,
    secret: &SecretString,
    status: Status,
    cause: Option<&Cause>,
) -> Result<()> {
    if stands(tx, id, Slot::Next, secret).await? {
        tx.execute(
            "UPDATE credentials SET next_secret_status = $2, next_secret_cause = $3 WHERE id = $1",
            args![id, status.word(), Cause::to_column(cause)],
        )
        .await?;
    }
    Ok(())
}

/// Makes the next secret current, if the credential still has `version`; `false` when somebody was quicker or
/// there is no next one. What is known of the next secret is then known of the credential.
pub async fn switch(tx: &mut Tx, id: CredentialId, version: i64) -> Result<bool> {
    let now = tx.now();
    let touched = tx
        .execute(
            "UPDATE credentials SET version = version + 1, updated_at = $3 \
             WHERE id = $1 AND version = $2 AND next_secret IS NOT NULL",
            args![id, version, now],
        )
        .await?;
    if touched == 0 {
        return Ok(false);
    }
    let status = super::find(tx, id).await?.and_then(|found| found.next);
    let status = match status.map(|next| next.status) {
        Some(Status::Good) => Status::Good,
        _ => Status::Unproven,
    };
    if !promote(tx, id, Slot::Next, SwitchedBy::Person, None, status).await? {
        return Ok(false);
    }
    if status == Status::Good {
        grants::mend(tx, id).await?;
    } else {
        grants::try_again(tx, id).await?;
    }
    tx.announce(Announcement::Accounts);
    Ok(true)
}

/// The provider refused `refused`, the current secret, and took `taken` in its place: that one becomes current.
/// `false` when the secrets are no longer where they were.
pub async fn taken(
    tx: &mut Tx,
    id: CredentialId,
    refused: &SecretString,
    (slot, taken): (Slot, &SecretString),
    cause: &Cause,
) -> Result<bool> {
    if !stands(tx, id, Slot::Current, refused).await? || !stands(tx, id, slot, taken).await? {
        return Ok(false);
    }
    let by = SwitchedBy::Refusal;
    if !promote(tx, id, slot, by, Some(cause), Status::Good).await? {
        return Ok(false);
    }
    let now = tx.now();
    // Who has the page open is shown the new state before the next change.
    tx.execute(
        "UPDATE credentials SET version = version + 1, updated_at = $2 WHERE id = $1",
        args![id, now],
    )
    .await?;
    grants::mend(tx, id).await?;
    tx.announce(Announcement::Accounts);
    Ok(true)
}

/// Seals the current secret as the previous one and that of `slot` as the current one; `false` when another
/// transaction was quicker.
async fn promote(
    tx: &mut Tx,
    id: CredentialId,
    slot: Slot,
    by: SwitchedBy,
    cause: Option<&Cause>,
    status: Status,
) -> Result<bool> {
    let (Some((old, old_sealed)), Some((new, new_sealed))) = (
        open(tx, id, Slot::Current).await?,
        open(tx, id, slot).await?,
    ) else {
        return Ok(false);
    };
    let current = tx.keys.seal(&tx.world, place(&id, Slot::Current), &new);
    let previous = tx.keys.seal(&tx.world, place(&id, Slot::Previous), &old);
    let now = tx.now();
    let column = slot.column();
    let emptied = match slot {
        Slot::Next => {
            ", next_secret = NULL, next_secret_hint = '', next_secret_ends_on = NULL, \
             next_secret_status = NULL, next_secret_cause = NULL"
        }
        Slot::Current | Slot::Previous => "",
    };
    let touched = tx
        .execute(
            format!(
                "UPDATE credentials SET client_secret = $2, secret_hint = {column}_hint, \
                 secret_ends_on = {column}_ends_on, previous_secret = $3, previous_secret_hint = secret_hint, \
                 previous_secret_ends_on = secret_ends_on, status = $4, cause = NULL, secret_switched_at = $5, \
                 secret_switched_by = $6, secret_switched_cause = $7{emptied} \
                 WHERE id = $1 AND client_secret = $8 AND {column} = $9"
            ),
            args![
                id, current, previous, status.word(), now, by.word(), Cause::to_column(cause), old_sealed, new_sealed
            ],
        )
        .await?;
    Ok(touched > 0)
}

/// The provider took `secret`: where it is the current one, the credential is good, and grants that waited for
/// that come back.
pub async fn worked(tx: &mut Tx, id: CredentialId, secret: &SecretString) -> Result<()> {
    let row = tx
        .row("SELECT status FROM credentials WHERE id = $1", args![id])
        .await?;
    let Some(row) = row else { return Ok(()) };
    if row.get::<String>(0)? != Status::Good.word() && stands(tx, id, Slot::Current, secret).await?
    {
        set_status(tx, id, Status::Good, None).await?;
    }
    Ok(())
}

/// The provider refused `secret`. Where it is still the current one, the credential is broken, and with
/// `until` all its grants wait until then: what one of them was told holds for each. Where another one is
/// current by now, nothing is known of that, and who was refused with the old one tries again.
pub async fn refused(
    tx: &mut Tx,
    id: CredentialId,
    secret: &SecretString,
    cause: &Cause,
    until: Option<Millis>,
) -> Result<()> {
    if !stands(tx, id, Slot::Current, secret).await? {
        return grants::try_again(tx, id).await;
    }
    let now = tx.now();
    tx.execute(
        "UPDATE credentials SET tried_at = $2 WHERE id = $1 AND status <> 'broken'",
        args![id, now],
    )
    .await?;
    set_status(tx, id, Status::Broken, Some(cause)).await?;
    match until {
        Some(until) => grants::park(tx, id, cause, until).await,
        None => Ok(()),
    }
}

/// Gives the previous secret up; `false` when there is none.
pub async fn drop_previous(tx: &mut Tx, id: CredentialId) -> Result<bool> {
    let now = tx.now();
    let touched = tx
        .execute(
            "UPDATE credentials SET version = version + 1, updated_at = $2 \
             WHERE id = $1 AND previous_secret IS NOT NULL",
            args![id, now],
        )
        .await?;
    forget_previous(tx, id).await?;
    Ok(touched > 0)
}

pub(super) async fn forget_previous(tx: &mut Tx, id: CredentialId) -> Result<()> {
    tx.execute(
        "UPDATE credentials SET previous_secret = NULL, previous_secret_hint = '', previous_secret_ends_on = NULL \
         WHERE id = $1",
        args![id],
    )
    .await?;
    Ok(())
}

/// Broken credentials that nobody tried again since `before`, with why they are broken. A try that lies ahead was
/// noted by a clock that was set back since: it counts for nothing.
pub async fn broken(tx: &mut Tx, before: Millis) -> Result<Vec<(CredentialId, Cause)>> {
    let now = tx.now();
    let rows = tx
        .rows(
            "SELECT id, cause FROM credentials WHERE status = 'broken' AND (tried_at <= $1 OR tried_at > $2) \
             ORDER BY tried_at LIMIT 100",
            args![before, now],
        )
        .await?;
    let mut found = Vec::new();
    for row in rows {
        if let Some(cause) = Cause::from_column(row.get(1)?) {
            found.push((row.get(0)?, cause));
        }
    }
    Ok(found)
}

/// Takes the turn to try a broken credential again, if nobody took it since `before`: one of its grants is due now.
pub async fn try_one(tx: &mut Tx, id: CredentialId, before: Millis) -> Result<()> {
    let now = tx.now();
    let touched = tx
        .execute(
            "UPDATE credentials SET tried_at = $3 WHERE id = $1 AND status = 'broken' \
             AND (tried_at <= $2 OR tried_at > $3)",
            args![id, before, now],
        )
        .await?;
    if touched > 0 {
        grants::try_one(tx, id).await?;
    }
    Ok(())
}
