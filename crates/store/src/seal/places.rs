//! Where sealed values stand, and what can be opened of them.
//!
//! What always holds: a column that holds sealed values is in [`SEALED`] (in a debug build sealing for another
//! one panics), so that a rotation, the check and the report at start forget none.

use std::collections::BTreeMap;

use super::{KeyRing, Place, number_of};
use crate::args;
use crate::error::Result;
use crate::id::{ConnectId, CredentialId, GrantId};
use crate::tx::Tx;

/// A column that holds sealed values, in a table whose rows have an `id` of 16 bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sealed {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The column that the seal names: a value may move without being opened.
    pub seals_as: &'static str,
    /// What it is, one and many.
    pub words: [&'static str; 2],
    /// What becomes of the row when the value is given up.
    pub without: Without,
}

/// What becomes of a row whose value cannot be opened any more and is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// It stays, with an empty value, and says that it needs a new one.
    Emptied,
    /// It stays, with NULL: the value is got again by itself, or only was to fall back to. What else is set then.
    Null(&'static str),
    /// It goes.
    Gone,
}

const fn column(
    table: &'static str,
    column: &'static str,
    seals_as: &'static str,
    words: [&'static str; 2],
    without: Without,
) -> Sealed {
    Sealed {
        table,
        column,
        seals_as,
        words,
        without,
    }
}

/// All of them.
pub const SEALED: &[Sealed] = &[
    column(
        "credentials",
        "client_secret",
        "client_secret",
        ["client secret", "client secrets"],
        Without::Emptied,
    ),
    column(
        "credentials",
        "next_secret",
        "next_secret",
        ["next client secret", "next client secrets"],
        Without::Null(
            ", next_secret_hint = '', next_secret_ends_on = NULL, next_secret_status = NULL, next_secret_cause = NULL",
        ),
    ),
    column(
        "credentials",
        "previous_secret",
        "previous_secret",
        ["previous client secret", "previous client secrets"],
        Without::Null(", previous_secret_hint = '', previous_secret_ends_on = NULL"),
    ),
    column(
        "grants",
        "refresh_token",
        "refresh_token",
        ["grant", "grants"],
        Without::Emptied,
    ),
    column(
        "grants",
        "previous_refresh_token",
        "refresh_token",
        ["previous refresh token", "previous refresh tokens"],
        Without::Null(""),
    ),
    column(
        "grants",
        "access_token",
        "access_token",
        ["access token", "access tokens"],
        Without::Null(""),
    ),
    column(
        "connects",
        "verifier",
        "verifier",
        ["consent on its way", "consents on their way"],
        Without::Gone,
    ),
];

pub(super) fn known(table: &str, column: &str) -> bool {
    SEALED
        .iter()
        .any(|sealed| sealed.table == table && sealed.seals_as == column)
}

impl Sealed {
    /// A row by the id that people know it by.
    pub(crate) fn row(&self, id: [u8; 16]) -> String {
        match self.table {
            "credentials" => CredentialId(id).to_string(),
            "grants" => GrantId(id).to_string(),
            "connects" => ConnectId(id).to_string(),
            _ => crate::base32(&id),
        }
    }

    pub(super) fn place<'a>(&self, row: &'a [u8; 16]) -> Place<'a> {
        Place {
            table: self.table,
            column: self.seals_as,
            row,
        }
    }
}

/// How many values a key sealed in a column.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Where.
    pub sealed: Sealed,
    /// The key's number; 0 for a value that is no sealed one.
    pub number: u32,
    /// How many.
    pub count: i64,
}

/// Counts all sealed values by column and key.
pub async fn survey(tx: &mut Tx) -> Result<Vec<Survey>> {
    survey_in(tx, |_| true).await
}

/// The same for some columns: an older schema may not have all.
pub(crate) async fn survey_in(
    tx: &mut Tx,
    is_there: impl Fn(&Sealed) -> bool,
) -> Result<Vec<Survey>> {
    let mut found = Vec::new();
    for sealed in SEALED.iter().filter(|sealed| is_there(sealed)) {
        let (table, column) = (sealed.table, sealed.column);
        let rows = tx
            .rows(
                format!(
                    "SELECT SUBSTR({column}, 1, 5), COUNT(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY SUBSTR({column}, 1, 5)"
                ),
                args![],
            )
            .await?;
        for row in rows {
            let mut head: Vec<u8> = row.get(0)?;
            head.resize(super::HEAD, 0);
            found.push(Survey {
                sealed: *sealed,
                number: number_of(&head).unwrap_or(0),
                count: row.get(1)?,
            });
        }
    }
    Ok(found)
}

/// Goes through all sealed values of a column, whole, a page at a time.
pub(super) async fn page(
    tx: &mut Tx,
    sealed: &Sealed,
    after: &[u8],
    not_by: Option<u32>,
    limit: i64,
) -> Result<Vec<([u8; 16], Vec<u8>)>> {
    let (table, column) = (sealed.table, sealed.column);
    let mut head = vec![super::VERSION];
    head.extend_from_slice(&not_by.unwrap_or(0).to_be_bytes());
    let rows = tx
        .rows(
            format!(
                "SELECT id, {column} FROM {table} WHERE id > $1 AND {column} IS NOT NULL AND SUBSTR({column}, 1, 5) <> $2 \
                 ORDER BY id LIMIT $3"
            ),
            args![after, head, limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let id: Vec<u8> = row.get(0)?;
            let id = id.as_slice().try_into().map_err(|_| crate::Error::Row {
                column: format!("{table}.id"),
            })?;
            Ok((id, row.get(1)?))
        })
        .collect()
}

/// The values that the ring does not open: where, and the row's id.
pub async fn unreadable(tx: &mut Tx, keys: &KeyRing) -> Result<Vec<(Sealed, [u8; 16])>> {
    let mut found = Vec::new();
    for sealed in SEALED {
        let mut after = Vec::new();
        loop {
            let page = page(tx, sealed, &after, None, 500).await?;
            let Some((last, _)) = page.last() else { break };
            after = last.to_vec();
            for (id, bytes) in &page {
                if keys.open(sealed.place(id), bytes).is_err() {
                    found.push((*sealed, *id));
                }
            }
        }
    }
    Ok(found)
}

/// `3 client secrets, 9 grants`.
pub(super) fn told(counts: &BTreeMap<[&'static str; 2], i64>) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(words, count)| format!("{count} {}", words[usize::from(*count != 1)]))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_in_words() {
        let counts = BTreeMap::from([
            (["grant", "grants"], 9),
            (["client secret", "client secrets"], 1),
        ]);
        assert_eq!(told(&counts), "1 client secret, 9 grants");
    }
}
