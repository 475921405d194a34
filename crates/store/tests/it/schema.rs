//! Both databases have the same schema, and it can be made from nothing, by two at once, once.

use std::collections::BTreeSet;

use store::testing::{START, TestStore};
use store::{Error, Store, World, args};

use crate::scene::is_sqlite;

/// Table, column, family of types, whether it may be NULL.
type Columns = BTreeSet<(String, String, &'static str, bool)>;

async fn columns(t: &TestStore) -> Columns {
    let sql = if is_sqlite(t) {
        "SELECT m.name, p.name, p.type, 1 - p.\"notnull\" FROM sqlite_master m JOIN pragma_table_info(m.name) p \
         WHERE m.type = 'table'"
    } else {
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'YES' \
         FROM information_schema.columns WHERE table_schema = 'public'"
    };
    let rows = read!(t, tx => tx.rows(sql, args![]).await);
    rows.iter()
        .map(|row| {
            (
                row.get::<String>(0).unwrap(),
                row.get(1).unwrap(),
                family(&row.get::<String>(2).unwrap()),
                row.get(3).unwrap(),
            )
        })
        // The migrator's own table, and the index whose two texts differ on purpose.
        .filter(|(table, ..): &(String, String, &str, bool)| {
            !table.starts_with("_sqlx") && !table.starts_with("email_search")
        })
        .collect()
}

fn family(kind: &str) -> &'static str {
    match kind.to_ascii_uppercase().as_str() {
        "INTEGER" | "BIGINT" => "number",
        "TEXT" => "text",
        "BLOB" | "BYTEA" => "bytes",
        _ => "another",
    }
}

async fn indexes(t: &TestStore) -> BTreeSet<String> {
    let sql = if is_sqlite(t) {
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    } else {
        "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' \
         AND indexname NOT LIKE '%_key' AND tablename NOT LIKE 'email_search%'"
    };
    let rows = read!(t, tx => tx.rows(sql, args![]).await);
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[tokio::test]
async fn the_migrations_of_both_databases_make_the_same_tables() {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    let sqlite = TestStore::open(None).await;
    let postgres = TestStore::open(Some(&database.url)).await;
    let (one, other) = (columns(&sqlite).await, columns(&postgres).await);
    let differences: Vec<_> = one.symmetric_difference(&other).collect();
    assert!(differences.is_empty(), "{differences:#?}");
    assert!(
        one.iter().all(|(_, _, family, _)| *family != "another"),
        "{one:#?}"
    );
    assert!(one.len() > 150, "the tables are looked at: {}", one.len());
    let (one, other) = (indexes(&sqlite).await, indexes(&postgres).await);
    assert_eq!(one, other);
    sqlite.close().await;
    postgres.close().await;
}

async fn open(database: &str, folder: &std::path::Path, seed: u64) -> store::Result<Store> {
    let (world, _) = World::for_tests(START, seed);
    let blobs = format!("file:{}/blobs", folder.display());
    Store::open(database, &blobs, &folder.join("tegata.key"), world).await
}

async fn count_users(store: &Store) -> i64 {
    store
        .read(|tx| Box::pin(async move { tx.number("SELECT COUNT(*) FROM users", args![]).await }))
        .await
        .unwrap()
}

#[tokio::test]
async fn an_emptied_schema_opens_as_a_new_one_on_sqlite() {
    let folder = testing::temporary_folder("emptied");
    let database = format!("sqlite:{}/tegata.db", folder.path().display());
    open(&database, folder.path(), 1)
        .await
        .unwrap()
        .close()
        .await;
    std::fs::write(folder.path().join("tegata.db"), b"").unwrap();
    let store = open(&database, folder.path(), 2).await.unwrap();
    assert_eq!(count_users(&store).await, 0);
    store.close().await;
}

#[tokio::test]
async fn an_emptied_schema_opens_as_a_new_one_on_postgres() {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    let folder = testing::temporary_folder("emptied");
    let store = open(&database.url, folder.path(), 1).await.unwrap();
    store
        .write(|tx| {
            Box::pin(async move {
                tx.execute("DROP SCHEMA public CASCADE", args![]).await?;
                tx.execute("CREATE SCHEMA public", args![]).await
            })
        })
        .await
        .unwrap();
    store.close().await;
    let store = open(&database.url, folder.path(), 2).await.unwrap();
    assert_eq!(count_users(&store).await, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_that_start_at_once_on_an_empty_postgres_agree() {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    let folder = testing::temporary_folder("nodes");
    let (world, _) = World::for_tests(START, 9);
    store::seal::KeyRing::load_or_create(&folder.path().join("tegata.key"), &world).unwrap();
    let path = folder.path().to_owned();
    let starts: Vec<_> = (1..=4)
        .map(|seed| {
            let (url, path) = (database.url.clone(), path.clone());
            tokio::spawn(async move { open(&url, &path, seed).await })
        })
        .collect();
    for start in starts {
        start
            .await
            .unwrap()
            .expect("each of them opens")
            .close()
            .await;
    }
}

on_both! {
    async fn a_database_that_a_newer_version_has_migrated_is_refused(t) {
        write!(t, tx => tx.execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 999999, 'from the future', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
            args![],
        ).await);
        let refused = t.again(2).await.map(drop).unwrap_err();
        assert!(matches!(refused, Error::Migration(_)), "{refused}");
        assert!(!refused.is_passing());
    }
}
