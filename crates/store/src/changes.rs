//! The change log: from it come JMAP states, `/changes` and push.
//!
//! Every account has one counter. A transaction that changes something of an account takes one number of
//! it and files each changed object under that number. A state is the newest number of its kind; it is
//! read in the same snapshot as the rows it speaks of, so it is never ahead of them nor behind.
//! Below `log_floor` the log has been cut and nobody is told "nothing changed".

use std::collections::BTreeMap;

use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::AccountId;
use crate::tx::Tx;

/// The JMAP types that have states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// RFC 8621, 2.
    Mailbox,
    /// RFC 8621, 3.
    Thread,
    /// RFC 8621, 4.
    Email,
    /// RFC 8621, 6.
    Identity,
    /// RFC 8621, 7.
    EmailSubmission,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Mailbox, Kind::Thread, Kind::Email, Kind::Identity, Kind::EmailSubmission];

    /// The type's name in JMAP.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Mailbox => "Mailbox",
            Kind::Thread => "Thread",
            Kind::Email => "Email",
            Kind::Identity => "Identity",
            Kind::EmailSubmission => "EmailSubmission",
        }
    }
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Created = 0,
    /// Something of it is different.
    Updated = 1,
    /// It is gone.
    Destroyed = 2,
}

/// The log's answer about the time since a state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Since {
    /// New objects that still exist.
    pub created: Vec<[u8; 16]>,
    /// Objects that existed then and are different now.
    pub updated: Vec<[u8; 16]>,
    /// Objects that existed then and are gone.
    pub destroyed: Vec<[u8; 16]>,
    /// The state after these changes.
    pub state: i64,
    /// Whether more changes follow this state.
    pub has_more: bool,
}

/// Files a change of one object.
pub async fn record(tx: &mut Tx, account: AccountId, kind: Kind, object: [u8; 16], change: Change) -> Result<()> {
    let modseq = number(tx, account).await?;
    // Several changes of an object in one commit are one: created stays created, destroyed wins.
    tx.execute(
        "INSERT INTO changes (account_id, modseq, kind, object_id, change) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account_id, kind, modseq, object_id) DO UPDATE SET change = \
         CASE WHEN excluded.change = 2 THEN 2 ELSE changes.change END",
        args![account, modseq, kind.name(), object.to_vec(), change as i64],
    )
    .await?;
    Ok(())
}

/// The number that this transaction's changes of the account have.
async fn number(tx: &mut Tx, account: AccountId) -> Result<i64> {
    if let Some(number) = tx.modseqs.get(&account) {
        return Ok(*number);
    }
    let number = tx
        .number("UPDATE accounts SET modseq = modseq + 1 WHERE id = $1 RETURNING modseq", args![account])
        .await?;
    tx.modseqs.insert(account, number);
    tx.announce(Announcement::Account(account));
    Ok(number)
}

/// The state of a type: the newest number filed under it, 0 before the first.
pub async fn state(tx: &mut Tx, account: AccountId, kind: Kind) -> Result<i64> {
    tx.number(
        "SELECT modseq FROM changes WHERE account_id = $1 AND kind = $2 ORDER BY modseq DESC LIMIT 1",
        args![account, kind.name()],
    )
    .await
}

/// What changed since a state, at most `limit` objects where given (RFC 8620, 5.2). `None` when the state
/// is older than the log or was never given out.
pub async fn since(tx: &mut Tx, account: AccountId, kind: Kind, from: i64, limit: Option<usize>) -> Result<Option<Since>> {
    let floor = tx.number("SELECT log_floor FROM accounts WHERE id = $1", args![account]).await?;
    let newest = state(tx, account, kind).await?;
    if from < floor || from > newest {
        return Ok(None);
    }
    let rows = tx
        .rows(
            "SELECT modseq, object_id, change FROM changes WHERE account_id = $1 AND kind = $2 AND modseq > $3 \
             ORDER BY modseq",
            args![account, kind.name(), from],
        )
        .await?;
    // Cut only between numbers: a number is one commit and is told whole, unless it is the first.
    let mut objects: BTreeMap<[u8; 16], (i64, i64)> = BTreeMap::new();
    let mut answer = Since { state: newest, ..Since::default() };
    let mut last_number = from;
    for row in rows {
        let number: i64 = row.get(0)?;
        let bytes: Vec<u8> = row.get(1)?;
        let change: i64 = row.get(2)?;
        let Ok(object) = <[u8; 16]>::try_from(bytes.as_slice()) else { continue };
        if number != last_number && limit.is_some_and(|limit| objects.len() >= limit) {
            answer.state = last_number;
            answer.has_more = true;
            break;
        }
        last_number = number;
        objects.entry(object).and_modify(|(_, last)| *last = change).or_insert((change, change));
    }
    if limit.is_some_and(|limit| objects.len() > limit) {
        // One commit alone is larger than the caller wants: it must start over (RFC 8620, 5.2).
        return Ok(None);
    }
    for (object, (first, last)) in objects {
        match (first, last) {
            (0, 2) => {}
            (0, _) => answer.created.push(object),
            (_, 2) => answer.destroyed.push(object),
            _ => answer.updated.push(object),
        }
    }
    Ok(Some(answer))
}
