//! One commit or nothing, whoever goes away meanwhile; and who hears of it.

use std::time::Duration;

use store::announcements::Announcement;
use store::audit::{self, Actor};
use store::jobs;
use store::users::{Refusal, Role};
use store::{Error, Store, args};
use testing::wait_for;
use tokio::sync::broadcast::error::TryRecvError;

use crate::scene::{is_sqlite, user};

/// Lets other tasks run `times` times: from the first poll of a future to somewhere in its middle.
async fn breathe(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

async fn idle_in_transaction(store: &Store) -> i64 {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
               AND state LIKE 'idle in transaction%'";
    store
        .read(move |tx| Box::pin(async move { tx.number(sql, args![]).await }))
        .await
        .unwrap()
}

on_both! {
    async fn two_hundred_callers_who_go_away_leave_no_open_transaction(t) {
        for turn in 0..200 {
            let reading = t.store.read(|tx| Box::pin(async move { audit::list(tx, None, 10).await }));
            tokio::select! { biased; done = reading => { done.unwrap(); }, () = breathe(turn % 13) => {} }
            let writing = t.store.write(|tx| {
                Box::pin(async move { audit::add(tx, &Actor::system(), "test.done", "x", serde_json::json!({})).await })
            });
            tokio::select! { biased; done = writing => done.unwrap(), () = breathe(turn % 17) => {} }
        }
        // Who goes away does not take a transaction along that has begun: all of them end by themselves.
        let (written, _) = wait_for("all 200 commits", Duration::from_secs(20), async || {
            let written = read!(t, tx => tx.number("SELECT COUNT(*) FROM audit", args![]).await);
            let open = if is_sqlite(t) { 0 } else { idle_in_transaction(&t.store).await };
            (written == 200 && open == 0).then_some((written, open))
        }).await;
        assert_eq!(written, 200);
        user(t, "alice", Role::Member).await;
    }

    async fn a_refusal_takes_everything_back(t) {
        let refused = t.store.try_write(|tx| Box::pin(async move {
            audit::add(tx, &Actor::system(), "test.done", "x", serde_json::json!({})).await?;
            Err::<(), Refusal>(Refusal::LoginTaken)
        })).await;
        assert!(matches!(refused, Err(Refusal::LoginTaken)));
        assert_eq!(read!(t, tx => tx.number("SELECT COUNT(*) FROM audit", args![]).await), 0);
    }

    async fn a_broken_statement_takes_everything_back(t) {
        let refused = t.store.write(|tx| Box::pin(async move {
            audit::add(tx, &Actor::system(), "test.done", "x", serde_json::json!({})).await?;
            tx.execute("INSERT INTO no_such_table (a) VALUES ($1)", args![1i64]).await
        })).await.unwrap_err();
        assert!(!refused.is_passing(), "{refused}");
        assert_eq!(read!(t, tx => tx.number("SELECT COUNT(*) FROM audit", args![]).await), 0);
    }

    async fn work_that_panics_is_an_error_and_the_store_goes_on(t) {
        let broken = t.store.write(|tx| Box::pin(async move {
            audit::add(tx, &Actor::system(), "test.done", "x", serde_json::json!({})).await?;
            let nothing = tx.row("SELECT 1 WHERE 1 = 0", args![]).await?;
            nothing.expect("this work panics on purpose");
            Ok(())
        })).await;
        assert!(matches!(broken, Err(Error::BrokenOff)));
        assert_eq!(read!(t, tx => tx.number("SELECT COUNT(*) FROM audit", args![]).await), 0);
        user(t, "alice", Role::Member).await;
    }

    async fn a_look_cannot_write(t) {
        let refused = t.store.read(|tx| Box::pin(async move {
            audit::add(tx, &Actor::system(), "test.done", "x", serde_json::json!({})).await
        })).await;
        assert!(refused.is_err());
        write!(t, tx => audit::add(tx, &Actor::system(), "test.done", "x", serde_json::json!({})).await);
    }

    async fn announcements_go_out_after_the_commit_and_only_then(t) {
        let mut heard = t.store.listen();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let (said, hear) = tokio::sync::oneshot::channel::<()>();
        let store = t.store.clone();
        let writing = tokio::spawn(async move {
            store.write(move |tx| Box::pin(async move {
                jobs::add(tx, "look", [1; 16], "{}", 0).await?;
                let _ = said.send(());
                let _ = wait.await;
                jobs::add(tx, "look", [2; 16], "{}", 0).await
            })).await
        });
        hear.await.unwrap();
        assert_eq!(heard.try_recv(), Err(TryRecvError::Empty));
        go.send(()).unwrap();
        writing.await.unwrap().unwrap();
        // Said twice in one commit, heard once.
        assert_eq!(heard.try_recv(), Ok(Announcement::Jobs));
        assert_eq!(heard.try_recv(), Err(TryRecvError::Empty));
        let refused = t.store.try_write(|tx| Box::pin(async move {
            jobs::add(tx, "look", [1; 16], "{}", 0).await?;
            Err::<(), Refusal>(Refusal::NotFound)
        })).await;
        assert!(refused.is_err());
        assert_eq!(heard.try_recv(), Err(TryRecvError::Empty));
    }

    async fn two_stores_on_one_database_hear_each_other(t) {
        let other = t.again(2).await.unwrap();
        let mut heard = other.listen();
        let ear = tokio::spawn(other.clone().hear_others());
        let expected = if is_sqlite(t) { Announcement::Anything } else { Announcement::Jobs };
        let first = wait_for("the other store's announcement", Duration::from_secs(10), async || {
            write!(t, tx => jobs::add(tx, "look", [1; 16], "{}", 0).await);
            heard.try_recv().ok()
        }).await;
        assert_eq!(first, expected);
        ear.abort();
        let _ = ear.await;
        other.close().await;
    }

    async fn nobody_hears_oneself_twice(t) {
        let mut heard = t.store.listen();
        let ear = tokio::spawn(t.store.clone().hear_others());
        let other = t.again(2).await.unwrap();
        // Whatever the other one said in opening, we go on from when we have heard a commit of its.
        wait_for("the other store", Duration::from_secs(10), async || {
            other.write(|tx| Box::pin(async move { tx.announce(Announcement::Submissions); jobs::add(tx, "look", [1; 16], "{}", 0).await })).await.unwrap();
            heard.try_recv().ok()
        }).await;
        wait_for("silence", Duration::from_secs(10), async || {
            tokio::time::timeout(Duration::from_millis(600), heard.recv()).await.is_err().then_some(())
        }).await;
        write!(t, tx => jobs::add(tx, "look", [1; 16], "{}", 0).await);
        assert_eq!(heard.try_recv(), Ok(Announcement::Jobs));
        // Longer than SQLite's look at data_version takes.
        assert!(tokio::time::timeout(Duration::from_millis(600), heard.recv()).await.is_err(), "our own commit came back to us");
        ear.abort();
        let _ = ear.await;
        other.close().await;
    }
}
