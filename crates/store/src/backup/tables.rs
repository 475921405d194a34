//! The tables and columns that there are, asked of the database itself.

use serde::{Deserialize, Serialize};

use crate::args;
use crate::error::{Error, Result};
use crate::tx::Tx;

/// Tables that a backup leaves out, by the beginning of their name, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "_sqlx_migrations",
        "the head names the schema's version, and the way back makes the schema",
    ),
    (
        "email_search",
        "the search index is made anew from the mails; its two forms have nothing in common",
    ),
    ("sqlite_", "SQLite's own"),
];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Numbers, times, truth.
    Number,
    /// Text.
    Text,
    /// Octets.
    Octets,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// In the order of the schema.
    pub columns: Vec<Column>,
}

impl Table {
    /// The names of all columns, quoted, with commas.
    pub(super) fn list(&self) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        names.join(", ")
    }
}

/// All tables but those left out, by name.
///
/// Errors: [`Error::Backup`] for a column of a type that a backup does not know.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>> {
    let sql = if tx.is_sqlite() {
        "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p \
         WHERE m.type = 'table' ORDER BY m.name, p.cid"
    } else {
        "SELECT CAST(table_name AS TEXT) COLLATE \"C\", CAST(column_name AS TEXT), CAST(data_type AS TEXT) \
         FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, ordinal_position"
    };
    let mut tables: Vec<Table> = Vec::new();
    for row in tx.rows(sql, args![]).await? {
        let (table, name, kind): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if LEFT_OUT.iter().any(|(start, _)| table.starts_with(start)) {
            continue;
        }
        let kind = match kind.to_ascii_uppercase().as_str() {
            "INTEGER" | "BIGINT" => Kind::Number,
            "TEXT" => Kind::Text,
            "BLOB" | "BYTEA" => Kind::Octets,
            other => {
                return Err(Error::Backup(format!(
                    "{table}.{name} is of type {other}, which a backup does not know"
                )));
            }
        };
        let column = Column { name, kind };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => tables.push(Table {
                name: table,
                columns: vec![column],
            }),
        }
    }
    Ok(tables)
}

/// The newest migration of this database; `None` where it has no schema at all.
pub(super) async fn schema(tx: &mut Tx) -> Result<Option<i64>> {
    let sql = if tx.is_sqlite() {
        "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'"
    } else {
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'"
    };
    if tx.number(sql, args![]).await? == 0 {
        return Ok(None);
    }
    let newest = tx
        .number("SELECT MAX(version) FROM _sqlx_migrations", args![])
        .await?;
    Ok((newest > 0).then_some(newest))
}
