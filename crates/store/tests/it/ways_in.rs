//! Login sessions, API tokens, one-time links, counted failures, and the audit log.

use std::time::Duration;

use serde_json::json;
use store::api_tokens::Scope;
use store::audit::{self, Actor};
use store::users::Role;
use store::{api_tokens, attempts, invitations, login_sessions};

use crate::scene::{HOUR, user};

const DAY: Duration = Duration::from_secs(24 * 3600);

on_both! {
    async fn a_stay_ends_two_weeks_after_it_was_last_seen_and_after_sixty_days_anyway(t) {
        let alice = user(t, "alice", Role::Member).await;
        let id = write!(t, tx => login_sessions::add(tx, alice, b"hash", "csrf", &"x".repeat(1000), "192.0.2.1").await);
        let first = read!(t, tx => login_sessions::find(tx, b"hash").await).unwrap();
        assert_eq!((first.id, first.user_id, first.csrf_token.as_str(), first.user_agent.len()), (id, alice, "csrf", 300));
        let mut days = 0;
        while let Some(session) = read!(t, tx => login_sessions::find(tx, b"hash").await) {
            write!(t, tx => login_sessions::seen(tx, &session).await);
            t.clock.advance(DAY * 10);
            days += 10;
        }
        assert_eq!(days, 60);
        assert!(read!(t, tx => login_sessions::list(tx, alice).await).is_empty());
        write!(t, tx => login_sessions::add(tx, alice, b"hash2", "csrf", "", "").await);
        t.clock.advance(DAY * 14);
        assert!(read!(t, tx => login_sessions::find(tx, b"hash2").await).is_none());
    }

    async fn a_stay_is_ended_only_by_its_person(t) {
        let (alice, bob) = (user(t, "alice", Role::Member).await, user(t, "bob", Role::Member).await);
        let mut ids = Vec::new();
        for hash in [b"1", b"2", b"3"] {
            ids.push(write!(t, tx => login_sessions::add(tx, alice, hash, "csrf", "", "").await));
        }
        let first = ids[0];
        assert!(!write!(t, tx => login_sessions::end(tx, bob, first).await));
        assert!(write!(t, tx => login_sessions::end(tx, alice, first).await));
        assert!(!write!(t, tx => login_sessions::end(tx, alice, first).await));
        let keep = ids[1];
        write!(t, tx => login_sessions::end_others(tx, alice, Some(keep)).await);
        let left = read!(t, tx => login_sessions::list(tx, alice).await);
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [keep]);
        write!(t, tx => login_sessions::end_others(tx, alice, None).await);
        assert!(read!(t, tx => login_sessions::list(tx, alice).await).is_empty());
    }

    async fn a_key_has_its_scopes_ends_at_its_time_and_is_revoked_by_its_person(t) {
        let (alice, bob) = (user(t, "alice", Role::Member).await, user(t, "bob", Role::Member).await);
        let ends = t.store.now() + HOUR;
        let key = write!(t, tx => api_tokens::add(tx, alice, "バックアップ", &[Scope::Mail, Scope::Token], b"k", Some(ends)).await);
        let found = read!(t, tx => api_tokens::find(tx, b"k").await).unwrap();
        assert_eq!((found.id, found.scopes, found.last_used_at), (key.id, vec![Scope::Mail, Scope::Token], None));
        let id = key.id;
        write!(t, tx => api_tokens::used(tx, id).await);
        t.clock.advance(Duration::from_secs(3600));
        assert!(read!(t, tx => api_tokens::find(tx, b"k").await).is_none());
        // One still sees why a program stopped.
        assert!(read!(t, tx => api_tokens::list(tx, alice).await)[0].last_used_at.is_some());
        assert!(!write!(t, tx => api_tokens::revoke(tx, bob, id).await));
        assert!(write!(t, tx => api_tokens::revoke(tx, alice, id).await));
        assert!(!write!(t, tx => api_tokens::revoke(tx, alice, id).await));
    }

    async fn a_link_works_once_for_a_week_and_a_new_one_replaces_it(t) {
        let alice = user(t, "alice", Role::Member).await;
        write!(t, tx => invitations::add(tx, alice, invitations::Kind::Invite, b"1").await);
        let link = write!(t, tx => invitations::add(tx, alice, invitations::Kind::Reset, b"2").await);
        assert!(read!(t, tx => invitations::find(tx, b"1").await).is_none());
        assert_eq!(read!(t, tx => invitations::find(tx, b"2").await).unwrap().kind, invitations::Kind::Reset);
        assert_eq!(read!(t, tx => invitations::list(tx).await).len(), 1);
        let id = link.id;
        let takers: Vec<_> = (0..4).map(|_| {
            let store = t.store.clone();
            tokio::spawn(async move { store.write(move |tx| Box::pin(async move { invitations::redeem(tx, id).await })).await.unwrap() })
        }).collect();
        let mut won = 0;
        for taker in takers {
            won += usize::from(taker.await.unwrap());
        }
        assert_eq!(won, 1);
        write!(t, tx => invitations::add(tx, alice, invitations::Kind::Reset, b"3").await);
        t.clock.advance(DAY * 7);
        assert!(read!(t, tx => invitations::find(tx, b"3").await).is_none());
        assert!(read!(t, tx => invitations::list(tx).await).is_empty());
    }

    async fn failures_are_counted_in_a_window_that_begins_with_the_first(t) {
        for _ in 0..3 {
            write!(t, tx => attempts::failed(tx, "pair", HOUR).await);
            t.clock.advance(Duration::from_secs(600));
        }
        let now = t.store.now();
        assert_eq!(read!(t, tx => attempts::failures(tx, "pair").await), (3, now + HOUR / 2));
        assert_eq!(read!(t, tx => attempts::failures(tx, "another").await), (0, now));
        t.clock.advance(Duration::from_secs(1800));
        assert_eq!(read!(t, tx => attempts::failures(tx, "pair").await).0, 0);
        write!(t, tx => attempts::failed(tx, "pair", HOUR).await);
        assert_eq!(read!(t, tx => attempts::failures(tx, "pair").await), (1, t.store.now() + HOUR));
        write!(t, tx => attempts::forget(tx, "pair").await);
        assert_eq!(read!(t, tx => attempts::failures(tx, "pair").await).0, 0);
    }

    async fn failures_from_many_sides_at_once_are_all_counted(t) {
        let guessers: Vec<_> = (0..20).map(|_| {
            let store = t.store.clone();
            tokio::spawn(async move { store.write(|tx| Box::pin(async move { attempts::failed(tx, "pair", HOUR).await })).await.unwrap() })
        }).collect();
        for guesser in guessers {
            guesser.await.unwrap();
        }
        assert_eq!(read!(t, tx => attempts::failures(tx, "pair").await).0, 20);
    }

    async fn the_audit_log_is_read_in_pages_newest_first_without_gaps(t) {
        for number in 0..25 {
            write!(t, tx => {
                let actor = Actor { name: "alice".into(), remote_address: "192.0.2.1".into() };
                audit::add(tx, &actor, "credential.added", number, json!({ "number": number })).await
            });
            // Some in one millisecond, some not.
            t.clock.advance(Duration::from_millis(number % 2));
        }
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = read!(t, tx => audit::list(tx, before, 10).await);
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            assert!(page.windows(2).all(|pair| pair[0].at >= pair[1].at));
            seen.extend(page.iter().map(|entry| entry.detail["number"].as_i64().unwrap()));
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..25).collect::<Vec<_>>());
    }
}
