//! Databases on a real PostgreSQL.
//!
//!     scripts/test starts one server --> TEGATA_TEST_POSTGRES --> database(), one per test
//!     a test of outages              --> server(), its own, to be stopped and started again
//!
//! What always holds: a test has a database for itself, empty at first and
//! dropped with the value, whoever is still connected to it.

mod server;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;

pub use server::{Server, server};

use crate::skip;

/// The URL of a server where databases may be made: `postgres://user:password@host:port/postgres`.
pub const VARIABLE: &str = "TEGATA_TEST_POSTGRES";

/// A fresh database. Dropping it drops it on the server too.
#[derive(Debug)]
pub struct Database {
    /// `postgres://…/tegata_…`, as the store takes it.
    pub url: String,
    name: String,
    server: Url,
}

/// A database in the server that [`VARIABLE`] names; `None` is a skip.
///
/// # Panics
/// When that server cannot be used, and under `TEGATA_STRICT=1` when none is named.
#[must_use]
pub fn database() -> Option<Database> {
    match std::env::var(VARIABLE) {
        Ok(url) => Some(Database::on(&url)),
        Err(_) => skip(
            "PostgreSQL",
            "TEGATA_TEST_POSTGRES is not set (scripts/test sets it)",
        ),
    }
}

impl Database {
    /// A fresh database on the server of `url`.
    ///
    /// # Panics
    /// When that server cannot be used.
    #[must_use]
    pub fn on(url: &str) -> Database {
        let server = Url::parse(url).expect("a postgres:// URL");
        let name = fresh_name();
        // template0 and bytewise order: nothing of the machine's own settings gets in.
        execute(
            &server,
            format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"),
        )
        .unwrap_or_else(|e| panic!("no database can be made on {VARIABLE}: {e}"));
        let mut own = server.clone();
        own.set_path(&name);
        Database {
            url: own.into(),
            name,
            server,
        }
    }

    /// Ends every connection to it, as an administrator or a restart would.
    ///
    /// # Panics
    /// When the server is away.
    pub fn cut_connections(&self) {
        let name = &self.name;
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        execute(&self.server, cut).expect("the server ends connections");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        if let Err(e) = execute(&self.server, sql) {
            // It goes with the temporary server anyway.
            eprintln!("the database {} stays behind: {e}", self.name);
        }
    }
}

/// A name that no other test has, in this run or one before it.
fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!(
        "tegata_{}_{}_{count}",
        std::process::id(),
        now.as_micros() % 1_000_000_000_000
    )
}

/// Runs one statement over a connection of its own, from any kind of test and from `drop`:
/// so on a thread and runtime of its own.
fn execute(server: &Url, sql: String) -> Result<(), sqlx::Error> {
    let work = async {
        let mut connection = PgConnection::connect(server.as_str()).await?;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
        connection.close().await
    };
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made")
                .block_on(work)
        });
        thread.join().expect("a statement does not panic")
    })
}
