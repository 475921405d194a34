//! Who makes a request: by cookie or by key, and what that opens.

use std::time::Duration;

use secrecy::ExposeSecret;
use store::api_tokens::{self, Scope};
use store::testing::TestStore;
use store::users::Role;
use store::{UserId, login_sessions};

use crate::scene::{PASSWORD, change, disabled, try_in, user};

async fn key(t: &TestStore, user: UserId, scopes: &'static [Scope], ends: Option<i64>) -> String {
    let value = access::new_secret(t.store.world(), "tegata_");
    let hash = access::fingerprint(value.expose_secret());
    write!(t, tx => api_tokens::add(tx, user, "program", scopes, &hash, ends).await);
    value.expose_secret().to_owned()
}

on_both! {
    async fn a_cookie_opens_all_and_its_writes_must_carry_its_token(t) {
        user(t, "alice", Role::Administrator).await;
        let cookie = try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        let caller = access::by_cookie(&t.store, &cookie).await.unwrap().unwrap();
        for scope in [Scope::Mail, Scope::Token, Scope::Admin] {
            assert!(caller.may(scope));
        }
        let csrf = caller.session.as_ref().unwrap().csrf_token.clone();
        assert!(caller.csrf_ok(Some(&csrf)));
        for wrong in [None, Some(""), Some("x"), Some(&csrf[1..]), Some(cookie.as_str())] {
            assert!(!caller.csrf_ok(wrong), "{wrong:?}");
        }
        for wrong in ["", "x", &cookie[1..], csrf.as_str()] {
            assert!(access::by_cookie(&t.store, wrong).await.unwrap().is_none());
            assert!(access::by_token(&t.store, wrong).await.unwrap().is_none());
        }
        assert!(access::by_token(&t.store, &cookie).await.unwrap().is_none(), "a cookie is no key");
    }

    async fn a_key_opens_what_its_scopes_say_until_it_ends(t) {
        let alice = user(t, "alice", Role::Administrator).await;
        let ends = t.store.now() + 3_600_000;
        let (mail, admin) = (key(t, alice, &[Scope::Mail], Some(ends)).await, key(t, alice, &[Scope::Admin], None).await);
        let caller = access::by_token(&t.store, &mail).await.unwrap().unwrap();
        assert!(caller.may(Scope::Mail) && !caller.may(Scope::Token) && !caller.is_administrator());
        assert!(caller.csrf_ok(None), "no browser sends a key by itself");
        assert!(access::by_token(&t.store, &admin).await.unwrap().unwrap().is_administrator());
        assert!(access::by_cookie(&t.store, &mail).await.unwrap().is_none(), "a key is no cookie");
        t.clock.advance(Duration::from_secs(3600));
        assert!(access::by_token(&t.store, &mail).await.unwrap().is_none());
        assert!(access::by_token(&t.store, &admin).await.unwrap().is_some());
    }

    async fn an_admin_key_of_a_member_administrates_nothing(t) {
        let bob = user(t, "bob", Role::Member).await;
        let value = key(t, bob, &[Scope::Admin], None).await;
        assert!(!access::by_token(&t.store, &value).await.unwrap().unwrap().is_administrator());
    }

    async fn a_disabled_person_comes_in_by_no_way(t) {
        user(t, "root", Role::Administrator).await;
        let bob = user(t, "bob", Role::Member).await;
        let cookie = try_in(t, "bob", PASSWORD, "192.0.2.1").await.cookie();
        let value = key(t, bob, &[Scope::Mail], None).await;
        change(t, bob, disabled(true)).await;
        assert!(access::by_cookie(&t.store, &cookie).await.unwrap().is_none());
        assert!(access::by_token(&t.store, &value).await.unwrap().is_none());
        // Let in again, the old ways stay closed.
        change(t, bob, disabled(false)).await;
        assert!(access::by_cookie(&t.store, &cookie).await.unwrap().is_none());
        assert!(access::by_token(&t.store, &value).await.unwrap().is_none());
    }

    async fn a_stay_goes_on_while_it_is_used_and_is_noted_once_a_minute(t) {
        let alice = user(t, "alice", Role::Member).await;
        let cookie = try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        let value = key(t, alice, &[Scope::Mail], None).await;
        let start = t.store.now();
        let mut noted = Vec::new();
        for _ in 0..4 {
            access::by_cookie(&t.store, &cookie).await.unwrap().unwrap();
            access::by_token(&t.store, &value).await.unwrap().unwrap();
            let session = read!(t, tx => login_sessions::list(tx, alice).await).remove(0);
            let used = read!(t, tx => api_tokens::list(tx, alice).await).remove(0).last_used_at.unwrap();
            noted.push((session.last_seen_at - start, used - start));
            t.clock.advance(Duration::from_secs(25));
        }
        assert_eq!(noted, [(0, 0), (0, 0), (0, 0), (75_000, 75_000)]);
        for _ in 0..4 {
            t.clock.advance(Duration::from_secs(13 * 24 * 3600));
            assert!(access::by_cookie(&t.store, &cookie).await.unwrap().is_some());
        }
        t.clock.advance(Duration::from_secs(13 * 24 * 3600));
        assert!(access::by_cookie(&t.store, &cookie).await.unwrap().is_none(), "sixty days are the end in any case");
    }
}
