//! Signing in, and what limits guessing without locking others out.

use std::time::Duration;

use store::testing::TestStore;
use store::users::{self, NewUser, Role};
use store::{args, attempts, audit};

use crate::scene::{Outcome, PASSWORD, change, disabled, try_in, user};

/// Failures as their counters keep them, without the time that hashing takes.
async fn failures(t: &TestStore, key: String, count: i64) {
    write!(t, tx => {
        for _ in 0..count {
            attempts::failed(tx, &key, 15 * 60 * 1000).await?;
        }
        Ok(())
    });
}

on_both! {
    async fn the_right_password_comes_in_and_nothing_else_does(t) {
        let alice = user(t, "alice", Role::Administrator).await;
        let cookie = try_in(t, "  ALICE ", PASSWORD, "192.0.2.1").await.cookie();
        let caller = access::by_cookie(&t.store, &cookie).await.unwrap().unwrap();
        assert_eq!((caller.user.id, caller.user.last_sign_in_at), (alice, Some(t.store.now())));
        assert!(caller.is_administrator());
        assert_eq!(try_in(t, "alice", "wrong password", "192.0.2.1").await, Outcome::Wrong);
        assert_eq!(try_in(t, "alice", "", "192.0.2.1").await, Outcome::Wrong);
        assert_eq!(try_in(t, "nobody", PASSWORD, "192.0.2.1").await, Outcome::Wrong);
        assert_eq!(try_in(t, "a\0lice", PASSWORD, "192.0.2.1").await, Outcome::Wrong);
        assert_eq!(try_in(t, &"x".repeat(100_000), &"y".repeat(100_000), "192.0.2.1").await, Outcome::Wrong);
        let entries = read!(t, tx => audit::list(tx, None, 10).await);
        assert_eq!(entries.iter().filter(|entry| entry.action == "user.signed_in").count(), 1);
    }

    async fn who_is_disabled_or_only_invited_does_not_come_in(t) {
        user(t, "root", Role::Administrator).await;
        let bob = user(t, "bob", Role::Member).await;
        change(t, bob, disabled(true)).await;
        assert_eq!(try_in(t, "bob", PASSWORD, "192.0.2.1").await, Outcome::Wrong);
        change(t, bob, disabled(false)).await;
        try_in(t, "bob", PASSWORD, "192.0.2.1").await.cookie();
        let new = NewUser { login: "佐藤".into(), name: String::new(), address: String::new(), role: Role::Member, password_hash: None };
        t.store.try_write(move |tx| Box::pin(async move { users::add(tx, new).await })).await.unwrap();
        assert_eq!(try_in(t, "佐藤", PASSWORD, "192.0.2.1").await, Outcome::Wrong);
        assert_eq!(try_in(t, "佐藤", "", "192.0.2.1").await, Outcome::Wrong);
    }

    async fn a_person_who_is_disabled_while_signing_in_keeps_no_session(t) {
        user(t, "root", Role::Administrator).await;
        for round in 0..4 {
            let login = format!("bob{round}");
            let bob = user(t, &login, Role::Member).await;
            tokio::join!(try_in(t, &login, PASSWORD, "192.0.2.1"), change(t, bob, disabled(true)));
            let left = read!(t, tx => tx.number("SELECT COUNT(*) FROM login_sessions WHERE user_id = $1", args![bob]).await);
            assert_eq!(left, 0);
        }
    }

    async fn ten_wrong_guesses_from_one_place_make_it_wait_and_no_other(t) {
        user(t, "alice", Role::Member).await;
        for _ in 0..10 {
            assert_eq!(try_in(t, "alice", "wrong password", "192.0.2.1").await, Outcome::Wrong);
        }
        assert_eq!(try_in(t, "alice", PASSWORD, "192.0.2.1").await, Outcome::TooMany(900));
        // Asking again does not make it longer.
        t.clock.advance(Duration::from_secs(300));
        assert_eq!(try_in(t, "Alice ", PASSWORD, "192.0.2.1").await, Outcome::TooMany(600));
        try_in(t, "alice", PASSWORD, "192.0.2.2").await.cookie();
        t.clock.advance(Duration::from_secs(600));
        try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        let entries = read!(t, tx => audit::list(tx, None, 100).await);
        assert_eq!(entries.iter().filter(|entry| entry.action == "user.sign_in_limited").count(), 1);
    }

    async fn coming_in_forgets_the_failures_before_it(t) {
        user(t, "alice", Role::Member).await;
        failures(t, "pair alice 192.0.2.1".into(), 9).await;
        try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        assert_eq!(try_in(t, "alice", "wrong password", "192.0.2.1").await, Outcome::Wrong);
        try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
    }

    async fn a_machine_that_tries_many_logins_has_two_tries_for_each_and_locks_nobody_out(t) {
        user(t, "alice", Role::Member).await;
        failures(t, "address 192.0.2.66".into(), 100).await;
        assert_eq!(try_in(t, "bob", "wrong password", "192.0.2.66").await, Outcome::Wrong);
        assert_eq!(try_in(t, "bob", "wrong password", "192.0.2.66").await, Outcome::Wrong);
        assert_eq!(try_in(t, "bob", "wrong password", "192.0.2.66").await, Outcome::TooMany(900));
        try_in(t, "alice", PASSWORD, "192.0.2.66").await.cookie();
    }

    async fn others_guesses_at_a_login_make_it_stricter_elsewhere_and_lock_nobody_out(t) {
        user(t, "alice", Role::Administrator).await;
        try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        failures(t, "login alice".into(), 50).await;
        // Where she has come in before, ten tries are left as ever; elsewhere three.
        for _ in 0..9 {
            assert_eq!(try_in(t, "alice", "wrong password", "192.0.2.1").await, Outcome::Wrong);
        }
        try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        for _ in 0..3 {
            assert_eq!(try_in(t, "alice", "wrong password", "198.51.100.7").await, Outcome::Wrong);
        }
        assert_eq!(try_in(t, "alice", PASSWORD, "198.51.100.7").await, Outcome::TooMany(900));
        try_in(t, "alice", PASSWORD, "198.51.100.8").await.cookie();
    }

    async fn many_tries_at_once_are_counted_before_any_of_them_is_answered(t) {
        user(t, "alice", Role::Member).await;
        let tries = (0..30).map(|_| try_in(t, "alice", "wrong password", "192.0.2.9"));
        let outcomes = futures_util::future::join_all(tries).await;
        let looked_at = outcomes.iter().filter(|outcome| **outcome == Outcome::Wrong).count();
        assert_eq!(looked_at, 10);
    }
}
