//! Databases of one's own.

use sqlx::{Connection as _, PgConnection};
use testing::postgres;

async fn count_tables(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

async fn make_table(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query("CREATE TABLE folder (name TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn two_databases_do_not_see_each_other_and_go_with_their_values() {
    let (Some(one), Some(other)) = (postgres::database(), postgres::database()) else {
        return;
    };
    make_table(&one.url).await;
    assert_eq!(count_tables(&one.url).await, 1);
    assert_eq!(count_tables(&other.url).await, 0);
    let url = one.url.clone();
    // A connection that stays open does not keep the database.
    let _open = PgConnection::connect(&url).await.unwrap();
    drop(one);
    assert!(PgConnection::connect(&url).await.is_err());
}

#[tokio::test]
async fn a_server_that_was_away_comes_back_with_its_data() {
    let Some(mut server) = postgres::server() else {
        return;
    };
    let database = server.database();
    make_table(&database.url).await;
    server.stop();
    assert!(PgConnection::connect(&database.url).await.is_err());
    server.start();
    assert_eq!(count_tables(&database.url).await, 1);
}
