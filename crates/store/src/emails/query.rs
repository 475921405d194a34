//! Lists of emails: what `Email/query` (RFC 8621, 4.4) asks, as one statement for both databases.
//!
//!     Filter -> WHERE   Sort -> keys k0, k1, …   collapse -> first of each thread   window -> ids
//!
//! Full text comes from [`crate::search`]. To, Cc and Bcc share one search column: what it finds is looked
//! at once more. What always holds: the order is total (the row number decides between equals), so that two
//! pages never overlap.

mod filter;

pub use filter::{Condition, Field, Filter, MAX_LOOKED_AT};

use crate::args;
use crate::db::Value;
use crate::error::Result;
use crate::id::{AccountId, EmailId};
use crate::tx::Tx;
use filter::Sql;

/// By what a list is sorted (RFC 8621, 4.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortBy {
    /// Time received.
    ReceivedAt,
    /// The Date field; time received where it is missing.
    SentAt,
    /// Octets.
    Size,
    /// The first sender's name, else address.
    From,
    /// The first recipient's name, else address.
    To,
    /// The subject without "Re:".
    Subject,
    /// Whether it has a keyword.
    HasKeyword(String),
    /// Whether all emails of its thread have a keyword.
    AllInThreadHaveKeyword(String),
    /// Whether some email of its thread has a keyword.
    SomeInThreadHaveKeyword(String),
}

/// One comparator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// What is compared.
    pub by: SortBy,
    /// Smaller first.
    pub ascending: bool,
}

/// Which part of the list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// From an index; negative ones count from the end.
    Position(i64),
    /// From an email, moved by an offset.
    Anchor(EmailId, i64),
}

/// A question.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which emails; all where `None`.
    pub filter: Option<Filter<Condition>>,
    /// In which order; newest first where empty.
    pub sort: Vec<Sort>,
    /// Only the first email of each thread.
    pub collapse_threads: bool,
    /// Where the window begins.
    pub from: From,
    /// How many at most.
    pub limit: i64,
    /// Whether to count them all.
    pub total: bool,
}

/// A window on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The emails, in order.
    pub ids: Vec<EmailId>,
    /// Index of the first of them.
    pub position: i64,
    /// Length of the whole list, where asked for.
    pub total: Option<i64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The anchor is not in the list.
    AnchorNotFound,
    /// The filter finds more emails than may be looked at one by one.
    TooMany,
}

/// Answers a question in this snapshot.
pub async fn query(
    tx: &mut Tx,
    account: AccountId,
    query: &Query,
) -> Result<Result<Page, Refusal>> {
    let mut sql = Sql::new(account);
    let condition = match &query.filter {
        Some(filter) => match sql.filter(tx, filter).await? {
            Some(condition) => condition,
            None => return Ok(Err(Refusal::TooMany)),
        },
        None => "1 = 1".to_owned(),
    };
    let (keys, order) = sort(tx, &mut sql, &query.sort);
    let base = format!(
        "SELECT e.id AS id, e.seq AS seq, e.thread_id AS thread_id{keys} FROM emails e WHERE e.account_id = $1 AND ({condition})"
    );
    let list = if query.collapse_threads {
        format!(
            "SELECT * FROM (SELECT b.*, ROW_NUMBER() OVER (PARTITION BY thread_id ORDER BY {order}) AS place FROM ({base}) b) c \
             WHERE place = 1"
        )
    } else {
        base
    };
    let counted = query.total || matches!(query.from, From::Position(position) if position < 0);
    let total = match counted {
        true => Some(
            tx.number(format!("SELECT COUNT(*) FROM ({list}) r"), &sql.values)
                .await?,
        ),
        false => None,
    };
    let position = match &query.from {
        From::Position(position) if *position < 0 => {
            (total.unwrap_or(0).saturating_add(*position)).max(0)
        }
        From::Position(position) => *position,
        From::Anchor(anchor, offset) => {
            let mut values = sql.values.clone();
            values.push(Value::from(anchor));
            let place = values.len();
            let row = tx
                .row(
                    format!(
                        "SELECT n FROM (SELECT r.id AS id, ROW_NUMBER() OVER (ORDER BY {order}) AS n FROM ({list}) r) s WHERE s.id = ${place}"
                    ),
                    &values,
                )
                .await?;
            let Some(row) = row else {
                return Ok(Err(Refusal::AnchorNotFound));
            };
            (row.get::<i64>(0)? - 1).saturating_add(*offset).max(0)
        }
    };
    let mut values = sql.values;
    let place = values.len();
    values.extend_from_slice(args![query.limit, position]);
    let rows = tx
        .rows(
            format!(
                "SELECT r.id FROM ({list}) r ORDER BY {order} LIMIT ${} OFFSET ${}",
                place + 1,
                place + 2
            ),
            &values,
        )
        .await?;
    let ids = rows
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<Vec<_>>>()?;
    Ok(Ok(Page {
        ids,
        position,
        total: total.filter(|_| query.total),
    }))
}

/// The emails that a filter finds, newest first, with what tells their blob: to look at their bytes one by
/// one. `None` when there are more than [`MAX_LOOKED_AT`].
pub async fn candidates(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter<Condition>,
) -> Result<Option<Vec<(i64, crate::id::BlobId)>>> {
    let mut sql = Sql::new(account);
    let Some(condition) = sql.filter(tx, filter).await? else {
        return Ok(None);
    };
    let rows = tx
        .rows(
            format!(
                "SELECT e.seq, e.blob_id FROM emails e WHERE e.account_id = $1 AND ({condition}) ORDER BY e.seq DESC LIMIT {}",
                MAX_LOOKED_AT + 1
            ),
            &sql.values,
        )
        .await?;
    if rows.len() > MAX_LOOKED_AT {
        return Ok(None);
    }
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect::<Result<Vec<_>>>()
        .map(Some)
}

/// The sort keys as columns, and the ORDER BY over them.
fn sort(tx: &Tx, sql: &mut Sql, sort: &[Sort]) -> (String, String) {
    // Both databases compare bytes, whatever language the server was set up in.
    let bytewise = if tx.is_sqlite() { "" } else { " COLLATE \"C\"" };
    let (mut keys, mut order) = (String::new(), String::new());
    let mut by_time = None;
    for (index, comparator) in sort.iter().enumerate() {
        let key = match &comparator.by {
            SortBy::ReceivedAt => {
                by_time = Some(comparator.ascending);
                "e.received_at".to_owned()
            }
            SortBy::SentAt => "COALESCE(e.sent_at, e.received_at)".to_owned(),
            SortBy::Size => "e.size".to_owned(),
            SortBy::From => format!("e.from_text{bytewise}"),
            SortBy::To => format!("e.to_text{bytewise}"),
            SortBy::Subject => format!("e.subject{bytewise}"),
            SortBy::HasKeyword(word) => truth(&sql.has_keyword("e", word)),
            SortBy::AllInThreadHaveKeyword(word) => {
                truth(&sql.thread_keyword(word, filter::InThread::All))
            }
            SortBy::SomeInThreadHaveKeyword(word) => {
                truth(&sql.thread_keyword(word, filter::InThread::Some))
            }
        };
        let direction = if comparator.ascending { "ASC" } else { "DESC" };
        keys.push_str(&format!(", {key} AS k{index}"));
        order.push_str(&format!("k{index} {direction}, "));
    }
    // The row number begins with the time received.
    order.push_str(if by_time == Some(true) {
        "seq ASC"
    } else {
        "seq DESC"
    });
    (keys, order)
}

fn truth(condition: &str) -> String {
    format!("CASE WHEN {condition} THEN 1 ELSE 0 END")
}
