//! The database: the only file that knows which one it is.
//!
//! A statement is written once, in what SQLite and PostgreSQL both understand (`$1` parameters,
//! RETURNING, ON CONFLICT, integers for time and truth, 16 bytes for ids). All work happens in a
//! transaction:
//!
//!     store.read(|tx| …)   -> one snapshot
//!     store.write(|tx| …)  -> commit -> announcements
//!
//! What always holds: a transaction runs in its own task, so a caller who goes away (a browser that
//! hangs up drops the handler's future) never leaves a connection inside a transaction. Network is never
//! awaited in here. SQLite has one writer and commits durably (`synchronous=FULL`).

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Column, Postgres, Row as _, Sqlite, TypeInfo, ValueRef};

use crate::error::{Error, Result};

static SQLITE_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// A connected database of either kind.
#[derive(Clone)]
pub enum Db {
    /// One file; readers beside one writer (WAL).
    Sqlite {
        /// Snapshot readers.
        read: SqlitePool,
        /// The one writer.
        write: SqlitePool,
    },
    /// A server, shared by several nodes.
    Postgres(PgPool),
}

/// A value that goes into a statement or comes out of a row. NULL has a type, because PostgreSQL asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Number, time in milliseconds, or truth as 0 and 1.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// No number.
    NullInt,
    /// No text.
    NullText,
    /// No bytes.
    NullBlob,
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(i64::from(value))
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Int(i64::from(value))
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Value {
        // PostgreSQL cannot hold U+0000 in text; mail can.
        Value::Text(if value.contains('\0') {
            value.replace('\0', "\u{fffd}")
        } else {
            value.to_owned()
        })
    }
}
impl From<String> for Value {
    fn from(value: String) -> Value {
        if value.contains('\0') {
            Value::from(value.as_str())
        } else {
            Value::Text(value)
        }
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Value {
        Value::from(value.as_str())
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Blob(value)
    }
}
impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Value {
        Value::Blob(value.to_vec())
    }
}
impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Value {
        value.map_or(Value::NullInt, Value::Int)
    }
}
impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Value {
        value.map_or(Value::NullText, Value::from)
    }
}
impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Value {
        value.map_or(Value::NullText, Value::from)
    }
}
impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Value {
        value.map_or(Value::NullBlob, Value::Blob)
    }
}

/// What can be read out of a column.
pub trait FromValue: Sized {
    /// `None` when the value has another type.
    fn from_value(value: &Value) -> Option<Self>;
}
impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Int(number) = value {
            Some(*number)
        } else {
            None
        }
    }
}
impl FromValue for u32 {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|number| u32::try_from(number).ok())
    }
}
impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}
impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value {
            Some(text.clone())
        } else {
            None
        }
    }
}
impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Blob(bytes) = value {
            Some(bytes.clone())
        } else {
            None
        }
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::NullInt | Value::NullText | Value::NullBlob => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// One row, read in the order of its columns.
pub struct Row {
    names: Vec<String>,
    values: Vec<Value>,
}

impl Row {
    /// All values, in the order of the columns.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// The column at `index`.
    ///
    /// Errors: [`Error::Row`] names the column when the value does not make sense there.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T> {
        self.values
            .get(index)
            .and_then(T::from_value)
            .ok_or_else(|| Error::Row {
                column: self
                    .names
                    .get(index)
                    .cloned()
                    .unwrap_or_else(|| format!("#{index}")),
            })
    }
}

/// An open transaction.
pub(crate) enum Open {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Db {
    /// Connects to `sqlite:PATH` or `postgres://…` and brings the schema up to date.
    ///
    /// Errors: [`Error::Config`] for another address; the database's own refusal otherwise, also for a
    /// database that a newer version has migrated.
    pub async fn open(address: &str) -> Result<Db> {
        let db = Db::connect(address).await?;
        db.migrate(None).await?;
        Ok(db)
    }

    /// The newest version of the schema that this program knows.
    pub(crate) fn newest_schema() -> i64 {
        SQLITE_MIGRATIONS
            .iter()
            .map(|step| step.version)
            .max()
            .unwrap_or(0)
    }

    /// Brings the schema up to date, or up to a version.
    pub(crate) async fn migrate(&self, to: Option<i64>) -> Result<()> {
        match (self, to) {
            (Db::Sqlite { write, .. }, None) => SQLITE_MIGRATIONS.run(write).await?,
            (Db::Sqlite { write, .. }, Some(to)) => SQLITE_MIGRATIONS.run_to(to, write).await?,
            (Db::Postgres(pool), None) => POSTGRES_MIGRATIONS.run(pool).await?,
            (Db::Postgres(pool), Some(to)) => POSTGRES_MIGRATIONS.run_to(to, pool).await?,
        }
        Ok(())
    }

    /// Connects, and leaves the schema as it is.
    pub(crate) async fn connect(address: &str) -> Result<Db> {
        if let Some(path) = address.strip_prefix("sqlite:") {
            let path = path.trim_start_matches("//");
            if let Some(folder) = std::path::Path::new(path)
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
            {
                std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
            }
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(20));
            let write = SqlitePoolOptions::new()
                .max_connections(1)
                .acquire_timeout(Duration::from_secs(60))
                .connect_with(options.clone())
                .await?;
            let read = SqlitePoolOptions::new()
                .max_connections(4)
                .connect_with(options.pragma("query_only", "ON"))
                .await?;
            Ok(Db::Sqlite { read, write })
        } else if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let options = sqlx::postgres::PgConnectOptions::from_str(address)?;
            let pool = PgPoolOptions::new()
                .max_connections(12)
                .acquire_timeout(Duration::from_secs(20))
                .connect_with(options)
                .await?;
            Ok(Db::Postgres(pool))
        } else {
            Err(Error::Config(format!(
                "[store] database must begin with sqlite: or postgres:, not {:?}",
                address.split(':').next().unwrap_or_default()
            )))
        }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) async fn begin(&self, writing: bool) -> Result<Open> {
        Ok(match self {
            Db::Sqlite { write, .. } if writing => Open::Sqlite(begin_immediate(write).await?),
            Db::Sqlite { read, .. } => Open::Sqlite(read.begin().await?),
            Db::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                if !writing {
                    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                        .execute(&mut *transaction)
                        .await?;
                }
                Open::Postgres(transaction)
            }
        })
    }

    /// SQLite: a number that moves when another process has committed. PostgreSQL has NOTIFY instead.
    pub(crate) async fn foreign_version(&self) -> Result<Option<i64>> {
        match self {
            // Asked on the writer: our own commits all go through it and do not move the number there.
            Db::Sqlite { write, .. } => {
                let row = sqlx::query("PRAGMA data_version").fetch_one(write).await?;
                Ok(Some(row.try_get::<i64, _>(0)?))
            }
            Db::Postgres(_) => Ok(None),
        }
    }
}

/// A write transaction that takes the lock at once: one that reads first and writes later fails with a
/// busy snapshot, which no busy time-out covers.
async fn begin_immediate(pool: &SqlitePool) -> Result<sqlx::Transaction<'static, Sqlite>> {
    match pool.begin_with("BEGIN IMMEDIATE").await {
        // When the disk is full SQLite rolls back by itself, and sqlx goes on counting that transaction: the
        // writer would be lost for good, so it is made anew.
        Err(sqlx::Error::InvalidSavePointStatement) => {
            pool.acquire().await?.close().await?;
            Ok(pool.begin_with("BEGIN IMMEDIATE").await?)
        }
        begun => Ok(begun?),
    }
}

fn sqlite_arguments(values: &[Value]) -> Result<SqliteArguments> {
    use sqlx::Arguments;
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Int(number) => arguments.add(*number),
            Value::Text(text) => arguments.add(text.clone()),
            Value::Blob(bytes) => arguments.add(bytes.clone()),
            Value::NullInt => arguments.add(None::<i64>),
            Value::NullText => arguments.add(None::<String>),
            Value::NullBlob => arguments.add(None::<Vec<u8>>),
        }
        .map_err(|error| Error::Database(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

fn postgres_arguments(values: &[Value]) -> Result<PgArguments> {
    use sqlx::Arguments;
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Int(number) => arguments.add(*number),
            Value::Text(text) => arguments.add(text.as_str()),
            Value::Blob(bytes) => arguments.add(bytes.as_slice()),
            Value::NullInt => arguments.add(None::<i64>),
            Value::NullText => arguments.add(None::<String>),
            Value::NullBlob => arguments.add(None::<Vec<u8>>),
        }
        .map_err(|error| Error::Database(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

fn sqlite_row(row: &SqliteRow) -> Result<Row> {
    let mut names = Vec::with_capacity(row.len());
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(index)?;
        let kind = raw.type_info().name().to_owned();
        values.push(if raw.is_null() {
            Value::NullInt
        } else {
            match kind.as_str() {
                "INTEGER" | "BOOLEAN" | "INT8" => Value::Int(row.try_get_unchecked(index)?),
                "TEXT" => Value::Text(row.try_get_unchecked(index)?),
                _ => Value::Blob(row.try_get_unchecked(index)?),
            }
        });
        names.push(column.name().to_owned());
    }
    Ok(Row { names, values })
}

fn postgres_row(row: &PgRow) -> Result<Row> {
    let mut names = Vec::with_capacity(row.len());
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(index)?;
        let null = raw.is_null();
        values.push(match column.type_info().name() {
            _ if null => Value::NullInt,
            "INT8" => Value::Int(row.try_get(index)?),
            "INT4" => Value::Int(i64::from(row.try_get::<i32, _>(index)?)),
            "BOOL" => Value::Int(i64::from(row.try_get::<bool, _>(index)?)),
            "BYTEA" => Value::Blob(row.try_get(index)?),
            _ => Value::Text(row.try_get_unchecked(index)?),
        });
        names.push(column.name().to_owned());
    }
    Ok(Row { names, values })
}

impl Open {
    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Open::Sqlite(_))
    }

    pub(crate) async fn execute(&mut self, sql: String, values: &[Value]) -> Result<u64> {
        Ok(match self {
            Open::Sqlite(transaction) => {
                let arguments = sqlite_arguments(values)?;
                sqlx::query_with(AssertSqlSafe(sql), arguments)
                    .execute(&mut **transaction)
                    .await?
                    .rows_affected()
            }
            Open::Postgres(transaction) => {
                let arguments = postgres_arguments(values)?;
                sqlx::query_with(AssertSqlSafe(sql), arguments)
                    .execute(&mut **transaction)
                    .await?
                    .rows_affected()
            }
        })
    }

    pub(crate) async fn fetch(&mut self, sql: String, values: &[Value]) -> Result<Vec<Row>> {
        match self {
            Open::Sqlite(transaction) => {
                let arguments = sqlite_arguments(values)?;
                let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
                    .fetch_all(&mut **transaction)
                    .await?;
                rows.iter().map(sqlite_row).collect()
            }
            Open::Postgres(transaction) => {
                let arguments = postgres_arguments(values)?;
                let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
                    .fetch_all(&mut **transaction)
                    .await?;
                rows.iter().map(postgres_row).collect()
            }
        }
    }

    /// Hands over the rows of a query one by one, without holding them all.
    pub(crate) async fn each(
        &mut self,
        sql: String,
        take: &mut (dyn FnMut(Row) -> Result<()> + Send),
    ) -> Result<()> {
        use futures_util::TryStreamExt;
        match self {
            Open::Sqlite(transaction) => {
                let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await? {
                    take(sqlite_row(&row)?)?;
                }
            }
            Open::Postgres(transaction) => {
                let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await? {
                    take(postgres_row(&row)?)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Open::Sqlite(transaction) => transaction.commit().await?,
            Open::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
