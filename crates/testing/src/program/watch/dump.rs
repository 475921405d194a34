//! Everything that a database holds, cell by cell, as it would be read by whoever has it.
//!
//! The file alone does not do: a long value is spread over its pages, and PostgreSQL has no file of ours.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection as _, Row as _};

/// Where the data is.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// The SQLite file.
    File(PathBuf),
    /// A PostgreSQL URL.
    Url(String),
}

/// The tables' columns: `table.column` and all their values, octets as they are.
///
/// # Panics
/// When the database cannot be read.
pub(crate) fn columns(data: &Data) -> Vec<(String, String)> {
    let data = data.clone();
    // In a thread of its own: whoever asks may be inside a runtime.
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            match data {
                Data::File(path) => sqlite(&path).await,
                Data::Url(url) => postgres(&url).await,
            }
        })
    });
    let read = thread.join().expect("the database can be looked at");
    read.unwrap_or_else(|error| panic!("the database cannot be searched for secrets: {error}"))
}

/// The words of a search index are folded and cut: they are no copy of what they came from.
fn passed_by(table: &str) -> bool {
    table.starts_with("email_search") || table.starts_with("sqlite_")
}

async fn sqlite(path: &std::path::Path) -> sqlx::Result<Vec<(String, String)>> {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(std::time::Duration::from_secs(10));
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    let known = sqlx::query(
        "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
    )
    .fetch_all(&mut connection)
    .await?;
    let mut found = Vec::new();
    for row in known {
        let (table, column): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if passed_by(&table) {
            continue;
        }
        let sql = format!(
            "SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\" WHERE typeof(\"{column}\") IN ('text', 'blob')"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut connection)
            .await?;
        let mut text = String::new();
        for row in rows {
            text += &String::from_utf8_lossy(&row.try_get::<Vec<u8>, _>(0)?);
            text.push('\n');
        }
        found.push((format!("{table}.{column}"), text));
    }
    connection.close().await?;
    Ok(found)
}

async fn postgres(url: &str) -> sqlx::Result<Vec<(String, String)>> {
    let mut connection = sqlx::PgConnection::connect(url).await?;
    let known = sqlx::query(
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT) \
         FROM information_schema.columns WHERE table_schema = current_schema()",
    )
    .fetch_all(&mut connection)
    .await?;
    let mut found = Vec::new();
    for row in known {
        let (table, column): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let kind: String = row.try_get(2)?;
        if passed_by(&table) {
            continue;
        }
        let value = if kind == "bytea" {
            format!("encode(\"{column}\", 'escape')")
        } else {
            format!("CAST(\"{column}\" AS TEXT)")
        };
        let sql = format!("SELECT {value} FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut connection)
            .await?;
        let mut text = String::new();
        for row in rows {
            text += &row.try_get::<String, _>(0)?;
            text.push('\n');
        }
        found.push((format!("{table}.{column}"), text));
    }
    connection.close().await?;
    Ok(found)
}
