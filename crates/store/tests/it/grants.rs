//! Tokens: one refresher at a time, nothing lost, nothing replaced by something older.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use store::grants::{self, Status};
use store::intervals::{self, Cause};
use store::testing::TestStore;
use store::users::Role;
use store::{CredentialId, GrantId, UserId};

use crate::scene::{HOUR, credential, grant, subject, tokens, user};

struct Given {
    user: UserId,
    credential: CredentialId,
    grant: GrantId,
}

async fn given(t: &TestStore) -> Given {
    let user = user(t, "alice", Role::Member).await;
    let credential = credential(t, "app").await;
    let grant = grant(t, user, credential, "alice").await;
    Given {
        user,
        credential,
        grant,
    }
}

async fn find(t: &TestStore, id: GrantId) -> grants::Grant {
    read!(t, tx => grants::find(tx, id).await).unwrap()
}

/// Access, refresh and previous refresh token.
async fn kept(t: &TestStore, id: GrantId) -> [Option<String>; 3] {
    let kept = read!(t, tx => Ok([
        grants::access_token(tx, id).await?,
        grants::refresh_token(tx, id).await?,
        grants::previous_refresh_token(tx, id).await?,
    ]));
    kept.map(|token: Option<SecretString>| token.map(|token| token.expose_secret().to_owned()))
}

fn some(tokens: [&str; 3]) -> [Option<String>; 3] {
    tokens.map(|token| (!token.is_empty()).then(|| token.to_owned()))
}

/// Which grants of a credential are due, at most so many.
async fn due(t: &TestStore, credential: CredentialId, limit: i64) -> Vec<GrantId> {
    let due = read!(t, tx => grants::due(tx, credential, limit).await);
    due.iter().map(|due| due.id).collect()
}

async fn take(t: &TestStore, id: GrantId, version: i64, owner: &'static str) -> bool {
    let until = t.store.now() + 60_000;
    write!(t, tx => grants::take_lease(tx, id, version, owner, until).await)
}

on_both! {
    async fn of_many_takers_of_a_lease_one_wins(t) {
        let given = given(t).await;
        let id = given.grant;
        let until = t.store.now() + 60_000;
        let takers: Vec<_> = (0..8).map(|number| {
            let store = t.store.clone();
            tokio::spawn(async move {
                let owner = format!("node{number}");
                store.write(move |tx| Box::pin(async move { grants::take_lease(tx, id, 1, &owner, until).await })).await.unwrap()
            })
        }).collect();
        let mut won = 0;
        for taker in takers {
            won += usize::from(taker.await.unwrap());
        }
        assert_eq!(won, 1);
    }

    async fn after_a_leases_end_another_takes_it_and_the_late_answer_is_still_kept_once(t) {
        let given = given(t).await;
        let id = given.grant;
        assert!(take(t, id, 1, "one").await);
        assert!(!take(t, id, 1, "two").await);
        t.clock.advance(Duration::from_secs(60));
        assert!(take(t, id, 1, "two").await);
        // The first one's answer may hold the only refresh token that lives: it counts, whoever has the lease.
        let ends = t.store.now() + HOUR;
        assert!(write!(t, tx => grants::renewed(tx, id, 1, "one", &tokens("access-1", Some("refresh-1"), ends), ends).await));
        let found = find(t, id).await;
        assert_eq!((found.version, found.lease_owner.as_deref()), (2, Some("two")));
        // The second one's comes too late, and changes nothing.
        assert!(!write!(t, tx => grants::renewed(tx, id, 1, "two", &tokens("access-2", Some("refresh-2"), ends), ends).await));
        assert_eq!(kept(t, id).await, some(["access-1", "refresh-1", "refresh-0"]));
        assert!(!take(t, id, 1, "three").await, "a lease is taken with the newest version only");
    }

    async fn a_new_refresh_token_keeps_the_one_before_and_none_keeps_both(t) {
        let given = given(t).await;
        let id = given.grant;
        assert_eq!(kept(t, id).await, some(["access-0", "refresh-0", ""]));
        assert!(take(t, id, 1, "one").await);
        let ends = t.store.now() + 2 * HOUR;
        assert!(write!(t, tx => grants::renewed(tx, id, 1, "one", &tokens("access-1", Some("refresh-1"), ends), ends - 1).await));
        assert_eq!(kept(t, id).await, some(["access-1", "refresh-1", "refresh-0"]));
        let found = find(t, id).await;
        assert_eq!((found.version, found.lease_owner, found.lease_until, found.failures), (2, None, None, 0));
        assert_eq!((found.access_ends_at, found.refresh_at, found.refreshed_at), (Some(ends), Some(ends - 1), Some(t.store.now())));
        assert!(write!(t, tx => grants::renewed(tx, id, 2, "one", &tokens("access-2", None, ends), ends).await));
        assert_eq!(kept(t, id).await, some(["access-2", "refresh-1", "refresh-0"]));
        assert_eq!(find(t, id).await.scopes, "mail");
    }

    async fn a_try_that_brought_nothing_keeps_the_tokens(t) {
        let given = given(t).await;
        let id = given.grant;
        assert!(take(t, id, 1, "one").await);
        assert!(!write!(t, tx => grants::give_back(tx, id, 1, "two", None, None, false).await));
        let until = t.store.now() + HOUR;
        let cause = Cause::new("network").said("connection refused");
        let kept_cause = cause.clone();
        assert!(write!(t, tx => grants::give_back(tx, id, 1, "one", Some((Status::Throttled, Some(until), cause)), Some(until), true).await));
        let found = find(t, id).await;
        assert_eq!((found.status, found.status_until, found.cause), (Status::Throttled, Some(until), Some(kept_cause)));
        assert_eq!((found.version, found.failures, found.lease_owner, found.refresh_at), (1, 1, None, Some(until)));
        assert_eq!(kept(t, id).await, some(["access-0", "refresh-0", ""]));
        assert!(!write!(t, tx => grants::give_back(tx, id, 1, "one", None, None, false).await), "it was given back");
    }

    async fn every_state_is_an_interval_and_the_same_state_again_is_none(t) {
        let given = given(t).await;
        let id = given.grant;
        let start = t.store.now();
        for (status, said) in [(Status::Throttled, "a"), (Status::Throttled, "b"), (Status::NeedsConsent, "c"), (Status::Good, "d")] {
            t.clock.advance(Duration::from_secs(10));
            write!(t, tx => grants::set_status(tx, id, status, None, Some(&Cause::new("x").said(said))).await);
        }
        let found = find(t, id).await;
        assert_eq!((found.status, found.status_since), (Status::Good, start + 40_000));
        let intervals = read!(t, tx => intervals::list(tx, id.0, 10).await);
        let told: Vec<_> = intervals.iter().map(|one| (one.status.as_str(), one.since - start, one.ended_at.map(|end| end - start))).collect();
        assert_eq!(told, [
            ("good", 40_000, None),
            ("needs_consent", 30_000, Some(40_000)),
            ("throttled", 10_000, Some(30_000)),
            ("good", 0, Some(10_000)),
        ]);
    }

    async fn consent_again_keeps_the_id_and_the_refresh_token_when_none_came(t) {
        let given = given(t).await;
        let (user, credential, id) = (given.user, given.credential, given.grant);
        write!(t, tx => grants::set_status(tx, id, Status::NeedsConsent, None, Some(&Cause::new("invalid_grant"))).await);
        t.clock.advance(Duration::from_secs(60));
        assert!(take(t, id, 1, "one").await);
        let ends = t.store.now() + HOUR;
        let again = write!(t, tx => grants::consented(tx, user, credential, &subject("alice"), &tokens("access-1", None, ends), "mail openid", ends).await);
        assert_eq!(again, id);
        let found = find(t, id).await;
        // The lease stays: its holder's request may still be on the wire.
        let owner = found.lease_owner.as_deref();
        assert_eq!((found.status, found.version, owner, found.scopes.as_str()), (Status::Good, 2, Some("one"), "mail openid"));
        assert_eq!(kept(t, id).await, some(["access-1", "refresh-0", ""]));
        write!(t, tx => grants::consented(tx, user, credential, &subject("alice"), &tokens("access-2", Some("refresh-2"), ends), "mail", ends).await);
        assert_eq!(kept(t, id).await, some(["access-2", "refresh-2", "refresh-0"]));
        // An answer to a refresh that was asked for before the consent comes too late.
        assert!(!write!(t, tx => grants::renewed(tx, id, 1, "one", &tokens("old", Some("old"), ends), ends).await));
        let first = t.store.write(move |tx| Box::pin(async move {
            grants::consented(tx, user, credential, &subject("bob"), &tokens("a", None, ends), "mail", ends).await
        })).await;
        assert!(first.is_err(), "a first consent without a refresh token makes no grant");
    }

    async fn a_refused_access_token_is_refreshed_by_whoever_asks_next(t) {
        let given = given(t).await;
        let id = given.grant;
        assert!(due(t, given.credential, 10).await.is_empty());
        write!(t, tx => grants::access_token_refused(tx, id, 7).await);
        assert!(due(t, given.credential, 10).await.is_empty(), "it was another token that was refused");
        write!(t, tx => grants::access_token_refused(tx, id, 1).await);
        assert_eq!(due(t, given.credential, 10).await, [id]);
        assert_eq!(find(t, id).await.access_ends_at, Some(t.store.now()));
        assert_eq!(kept(t, id).await, some(["access-0", "refresh-0", ""]));
    }

    async fn a_server_that_refuses_every_token_makes_the_next_refresh_wait_longer_each_time(t) {
        let given = given(t).await;
        let id = given.grant;
        let mut waits = Vec::new();
        for version in 1..=6 {
            t.clock.advance(Duration::from_secs(30));
            write!(t, tx => grants::access_token_refused(tx, id, version).await);
            let grant = find(t, id).await;
            waits.push(grant.refresh_at.unwrap() - t.store.now());
            let ends = t.store.now() + HOUR;
            assert!(write!(t, tx => grants::renewed(tx, id, version, "one", &tokens("a", None, ends), ends).await));
        }
        assert_eq!(waits, [0, 0, 0, 2_000, 4_000, 8_000]);
        // A token that lived for five minutes has proved that it is worth asking.
        t.clock.advance(Duration::from_secs(301));
        let ends = t.store.now() + HOUR;
        assert!(write!(t, tx => grants::renewed(tx, id, 7, "one", &tokens("b", None, ends), ends).await));
        assert_eq!(find(t, id).await.rejections, 0);
    }

    async fn what_is_not_known_of_a_request_is_noted_until_the_next_token_comes(t) {
        let given = given(t).await;
        let id = given.grant;
        assert!(take(t, id, 1, "killed").await);
        assert_eq!(find(t, id).await.unanswered_at, None);
        t.clock.advance(Duration::from_secs(61));
        assert!(take(t, id, 1, "one").await);
        let noted = find(t, id).await.unanswered_at;
        assert_eq!(noted, Some(t.store.now()), "the holder never gave its lease back");
        assert!(write!(t, tx => grants::give_back(tx, id, 1, "one", None, None, false).await));
        assert_eq!(find(t, id).await.unanswered_at, noted);
        let ends = t.store.now() + HOUR;
        // An answer that comes after its lease does not prove that nobody asked with the old token meanwhile.
        assert!(write!(t, tx => grants::renewed(tx, id, 1, "killed", &tokens("a", Some("r"), ends), ends).await));
        assert_eq!(find(t, id).await.unanswered_at, noted);
        assert!(take(t, id, 2, "one").await);
        assert!(write!(t, tx => grants::renewed(tx, id, 2, "one", &tokens("b", Some("s"), ends), ends).await));
        assert_eq!(find(t, id).await.unanswered_at, None);
    }

    async fn a_clock_that_was_set_back_leaves_no_token_from_the_future(t) {
        let given = given(t).await;
        let id = given.grant;
        assert!(take(t, id, 1, "killed").await);
        t.clock.set_by(-HOUR);
        let limit = t.store.now() + 60_000;
        assert!(read!(t, tx => grants::got_after(tx, limit).await));
        write!(t, tx => grants::distrust_access_tokens(tx).await);
        assert!(!read!(t, tx => grants::got_after(tx, limit).await));
        let grant = find(t, id).await;
        let now = t.store.now();
        assert_eq!((grant.access_ends_at, grant.refresh_at), (Some(now), Some(now)));
        assert!(grant.lease_until.unwrap() <= now + 120_000);
        assert_eq!(kept(t, id).await, some(["access-0", "refresh-0", ""]));
    }

    async fn due_are_those_whose_time_has_come_and_who_can_be_helped_without_a_person(t) {
        let given = given(t).await;
        let (user, app) = (given.user, given.credential);
        let second = grant(t, user, app, "info").await;
        let when = find(t, given.grant).await.refresh_at;
        let when = when.map(|when| (app, when));
        assert_eq!(read!(t, tx => grants::next_due(tx).await), Vec::from_iter(when));
        t.clock.advance(Duration::from_secs(3600));
        assert_eq!(due(t, app, 10).await.len(), 2);
        assert_eq!(due(t, app, 1).await.len(), 1);
        assert!(take(t, given.grant, 1, "one").await);
        assert_eq!(due(t, app, 10).await, [second]);
        write!(t, tx => grants::set_status(tx, second, Status::NeedsConsent, None, None).await);
        assert!(due(t, app, 10).await.is_empty());
        t.clock.advance(Duration::from_secs(60));
        assert_eq!(due(t, app, 10).await, [given.grant], "the lease has ended");
    }

    async fn a_second_mailbox_finds_the_good_grant_of_the_same_person(t) {
        let given = given(t).await;
        let (user, app, id) = (given.user, given.credential, given.grant);
        let covering = read!(t, tx => grants::covering(tx, user, app, "ALICE@example.com").await);
        assert_eq!(covering.map(|grant| grant.id), Some(id));
        assert!(read!(t, tx => grants::covering(tx, user, app, "bob@example.com").await).is_none());
        let other_app = credential(t, "app").await;
        grant(t, user, other_app, "alice").await;
        let first = find(t, id).await;
        assert_eq!(read!(t, tx => grants::others_of_subject(tx, &first, "app.apps.example").await), 1);
        write!(t, tx => grants::set_status(tx, id, Status::NeedsConsent, None, None).await);
        assert!(read!(t, tx => grants::covering(tx, user, app, "alice@example.com").await).is_none());
        assert_eq!(read!(t, tx => grants::of_credential(tx, app).await).len(), 1);
    }
}
