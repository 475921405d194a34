//! The change log: from it come JMAP states, `/changes` and push.
//!
//! Every account has one counter. A transaction that changes something of an account takes one number of
//! it and files each changed object under that number. A state is the newest number of its kind; it is
//! read in the same snapshot as the rows it speaks of, so it is never ahead of them nor behind.
//! Below `log_floor` the log has been cut and nobody is told "nothing changed".

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::{AccountId, NotAnId};
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
    pub const ALL: [Kind; 5] = [
        Kind::Mailbox,
        Kind::Thread,
        Kind::Email,
        Kind::Identity,
        Kind::EmailSubmission,
    ];

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

/// A place in the log: behind all of commit `number`, or behind its first `part` objects where that is
/// not 0. So a commit of any size can be told in pieces. Text form: `12`, `12.3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Point {
    /// The commit's number.
    pub number: i64,
    /// How many of its objects have been told; 0 for all.
    pub part: i64,
}

impl From<i64> for Point {
    fn from(number: i64) -> Point {
        Point { number, part: 0 }
    }
}
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => write!(f, "{}", self.number),
            part => write!(f, "{}.{part}", self.number),
        }
    }
}
impl FromStr for Point {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Point, NotAnId> {
        let (number, part) = text.split_once('.').unwrap_or((text, "0"));
        let point = Point {
            number: number.parse().map_err(|_| NotAnId)?,
            part: part.parse().map_err(|_| NotAnId)?,
        };
        // One place has one text.
        (point.number >= 0 && point.part >= 0 && point.to_string() == text)
            .then_some(point)
            .ok_or(NotAnId)
    }
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
    pub state: Point,
    /// Whether more changes follow this state.
    pub has_more: bool,
}

/// Files a change of one object.
pub async fn record(
    tx: &mut Tx,
    account: AccountId,
    kind: Kind,
    object: [u8; 16],
    change: Change,
) -> Result<()> {
    let modseq = number(tx, account).await?;
    // Several changes of an object in one commit are one: created wins over updated, in whatever order
    // they are filed, and destroyed over both; what is gone and comes back in one commit is updated.
    tx.execute(
        "INSERT INTO changes (account_id, modseq, kind, object_id, change) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account_id, kind, modseq, object_id) DO UPDATE SET change = \
         CASE WHEN excluded.change = 2 THEN 2 WHEN changes.change = 2 THEN 1 WHEN excluded.change = 0 THEN 0 \
         ELSE changes.change END",
        args![account, modseq, kind.name(), object.to_vec(), change as i64],
    )
    .await?;
    Ok(())
}

/// Makes this transaction the only one that changes the account, until it ends. For work that reads first
/// and writes what follows from it (SQLite has one writer anyway).
pub async fn hold(tx: &mut Tx, account: AccountId) -> Result<()> {
    if !tx.is_sqlite() {
        // NO KEY: rows that refer to the account are added meanwhile without waiting for one another.
        tx.rows(
            "SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE",
            args![account],
        )
        .await?;
    }
    Ok(())
}

/// The number that this transaction's changes of the account have.
async fn number(tx: &mut Tx, account: AccountId) -> Result<i64> {
    if let Some(number) = tx.modseqs.get(&account) {
        return Ok(*number);
    }
    let number = tx
        .number(
            "UPDATE accounts SET modseq = modseq + 1 WHERE id = $1 RETURNING modseq",
            args![account],
        )
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
pub async fn since(
    tx: &mut Tx,
    account: AccountId,
    kind: Kind,
    from: Point,
    limit: Option<usize>,
) -> Result<Option<Since>> {
    let floor = tx
        .number(
            "SELECT log_floor FROM accounts WHERE id = $1",
            args![account],
        )
        .await?;
    let newest = state(tx, account, kind).await?;
    if from.number < floor || from.number > newest || (from.part > 0 && from.number <= floor) {
        return Ok(None);
    }
    let first = if from.part > 0 {
        from.number
    } else {
        from.number + 1
    };
    let rows = tx
        .rows(
            "SELECT modseq, object_id, change FROM changes WHERE account_id = $1 AND kind = $2 AND modseq >= $3 \
             ORDER BY modseq, object_id",
            args![account, kind.name(), first],
        )
        .await?;
    let mut objects: BTreeMap<[u8; 16], (i64, i64)> = BTreeMap::new();
    let mut answer = Since {
        state: newest.into(),
        ..Since::default()
    };
    // What has been told of the log so far.
    let mut told = from;
    for row in rows
        .iter()
        .skip(usize::try_from(from.part).unwrap_or(usize::MAX))
    {
        let number: i64 = row.get(0)?;
        let bytes: Vec<u8> = row.get(1)?;
        let change: i64 = row.get(2)?;
        let Ok(object) = <[u8; 16]>::try_from(bytes.as_slice()) else {
            continue;
        };
        if limit.is_some_and(|limit| objects.len() >= limit) && !objects.contains_key(&object) {
            // Between two commits the state has the plain form.
            answer.state = if number == told.number {
                told
            } else {
                told.number.into()
            };
            answer.has_more = true;
            break;
        }
        told = if number == told.number && told.part > 0 {
            Point {
                number,
                part: told.part + 1,
            }
        } else {
            Point { number, part: 1 }
        };
        objects
            .entry(object)
            .and_modify(|(_, last)| *last = change)
            .or_insert((change, change));
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
