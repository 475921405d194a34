//! Whether Tegata itself ran, and what is kept of the times in which something did not.

use std::time::Duration;

use store::accounts::{self, SyncStatus};
use store::grants::{self, Status};
use store::intervals::{self, Cause, SERVICE};
use store::testing::TestStore;
use store::{heartbeat, users};

use crate::scene::{HOUR, credential, mailbox, new_account};

async fn beat(t: &TestStore, away: Option<u64>) -> Option<i64> {
    let away = away.map(Duration::from_secs);
    write!(t, tx => heartbeat::beat(tx, away).await)
}

on_both! {
    async fn a_silence_is_written_down_by_the_next_beat(t) {
        let begun = t.store.now();
        assert_eq!(beat(t, None).await, None);
        for _ in 0..5 {
            t.clock.advance(Duration::from_secs(20));
            assert_eq!(beat(t, Some(20)).await, None);
        }
        let stopped = t.store.now();
        // A restart is no silence, an hour is; the second node that begins in the same moment finds it told.
        t.clock.advance(Duration::from_secs(60));
        assert_eq!(beat(t, None).await, None);
        t.clock.advance(Duration::from_secs(3600));
        assert_eq!(beat(t, None).await, Some(HOUR));
        assert_eq!(beat(t, None).await, None);
        let out = read!(t, tx => intervals::out_of_service(tx, begun).await);
        assert_eq!(out.len(), 1);
        assert_eq!((out[0].since, out[0].ended_at), (stopped + 60_000, Some(stopped + 60_000 + HOUR)));
        assert_eq!(out[0].cause.as_ref().unwrap().id, "service-stopped");
        let now = t.store.now();
        assert!(read!(t, tx => intervals::out_of_service(tx, now).await).is_empty());
        let all = read!(t, tx => intervals::list(tx, SERVICE, 10).await);
        assert_eq!((all[0].status.as_str(), all[0].ended_at), ("running", None));
    }

    async fn a_clock_turned_forward_is_no_silence_and_a_paused_node_is(t) {
        let begun = t.store.now();
        beat(t, None).await;
        t.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(beat(t, Some(20)).await, None, "its own watch says twenty seconds");
        t.clock.advance(Duration::from_secs(600));
        assert_eq!(beat(t, Some(600)).await, Some(600_000));
        assert_eq!(read!(t, tx => intervals::out_of_service(tx, begun).await).len(), 1);
    }

    async fn of_two_nodes_one_is_enough_and_one_tells_the_silence(t) {
        beat(t, None).await;
        t.clock.advance(Duration::from_secs(7200));
        let nodes: Vec<_> = (0..4).map(|_| {
            let store = t.store.clone();
            tokio::spawn(async move {
                store.write(|tx| Box::pin(async move { heartbeat::beat(tx, None).await })).await.unwrap()
            })
        }).collect();
        let mut told = 0;
        for node in nodes {
            told += usize::from(node.await.unwrap().is_some());
        }
        assert_eq!(told, 1);
    }

    async fn what_did_not_run_is_found_by_window_and_outlives_a_grant_that_is_left(t) {
        let m = mailbox(t).await;
        let (account, grant) = (m.account, m.grant);
        let begun = t.store.now();
        t.clock.advance(Duration::from_secs(3600));
        let cause = Cause::new("grant-ended");
        write!(t, tx => grants::set_status(tx, grant, Status::NeedsConsent, None, Some(&cause)).await);
        t.clock.advance(Duration::from_secs(3600));
        let cause = Cause::new("imap-off");
        write!(t, tx => accounts::set_sync(tx, account, SyncStatus::Blocked, None, Some(&cause)).await);
        let out = read!(t, tx => intervals::out(tx, account, grant, begun).await);
        assert_eq!(out.iter().map(|one| one.status.as_str()).collect::<Vec<_>>(), ["needs_consent", "blocked"]);
        t.clock.advance(Duration::from_secs(1800));
        // Connected by another app: the old grant is forgotten, what the mailbox missed is not.
        let other = credential(t, "other").await;
        let fresh = crate::scene::grant(t, m.user, other, "alice").await;
        write!(t, tx => accounts::connect(tx, new_account(m.user, fresh, "alice@example.com")).await);
        write!(t, tx => accounts::set_sync(tx, account, SyncStatus::Live, None, None).await);
        write!(t, tx => grants::remove_given_up(tx, grant).await);
        t.clock.advance(Duration::from_secs(3600));
        let out = read!(t, tx => intervals::out(tx, account, fresh, begun).await);
        let ends: Vec<_> = out.iter().map(|one| (one.side.as_str(), one.since - begun, one.ended_at.map(|end| end - begun))).collect();
        assert_eq!(ends, [("grant", HOUR, Some(2 * HOUR + HOUR / 2)), ("sync", 2 * HOUR, Some(2 * HOUR + HOUR / 2))]);
        let later = begun + 2 * HOUR + HOUR / 2;
        assert!(read!(t, tx => intervals::out(tx, account, fresh, later).await).is_empty());
    }

    async fn accounts_are_read_in_pages_of_one_person_or_of_all(t) {
        let m = mailbox(t).await;
        for n in 0..4 {
            let address = format!("m{n}@example.com");
            write!(t, tx => accounts::connect(tx, new_account(m.user, m.grant, &address)).await);
        }
        let first = read!(t, tx => accounts::page(tx, None, None, 3).await);
        let last = first.last().map(|account| account.id);
        let rest = read!(t, tx => accounts::page(tx, None, last, 3).await);
        assert_eq!((first.len(), rest.len()), (3, 2));
        let owner = Some(m.user);
        assert_eq!(read!(t, tx => accounts::page(tx, owner, None, 9).await).len(), 5);
        let nobody = crate::scene::user(t, "bob", users::Role::Member).await;
        let nobody = Some(nobody);
        assert!(read!(t, tx => accounts::page(tx, nobody, None, 9).await).is_empty());
    }
}
