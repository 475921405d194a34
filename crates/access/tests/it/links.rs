//! One-time links: for a first password and for a new one.

use std::time::Duration;

use access::passwords::Weak;
use access::people::{self, Redeemed};
use secrecy::{ExposeSecret, SecretString};
use store::audit::Actor;
use store::testing::TestStore;
use store::users::{Refusal, Role, Status};
use store::{UserId, login_sessions};

use crate::scene::{Outcome, PASSWORD, change, disabled, try_in, user};

async fn invite(t: &TestStore, login: &'static str) -> Result<String, Refusal> {
    let link = t
        .store
        .try_write(move |tx| {
            Box::pin(async move {
                access::invite(tx, &Actor::system(), login, "佐藤 花子", "", Role::Member).await
            })
        })
        .await?;
    Ok(link.token.expose_secret().to_owned())
}

async fn reset(t: &TestStore, id: UserId) -> String {
    let link = t
        .store
        .try_write(move |tx| Box::pin(async move { access::reset(tx, &Actor::system(), id).await }))
        .await;
    link.map(|link| link.token.expose_secret().to_owned())
        .unwrap_or_default()
}

async fn redeem(t: &TestStore, token: &str, password: &str) -> Redeemed {
    let password = SecretString::from(password);
    access::redeem(
        &t.store,
        token,
        &password,
        "Firefox".into(),
        "192.0.2.1".into(),
    )
    .await
    .unwrap()
}

fn is_no_link(redeemed: &Redeemed) -> bool {
    matches!(redeemed, Redeemed::NoSuchLink)
}

on_both! {
    async fn an_invited_person_sets_a_password_once_and_is_in(t) {
        let token = invite(t, "Sato").await.unwrap();
        let (found, _) = people::look_up(&t.store, &token).await.unwrap().unwrap();
        assert_eq!((found.login.as_str(), found.status), ("sato", Status::Invited));
        for (password, weakness) in [("short", Weak::TooShort), ("satosatosato", Weak::TooPlain), (&*"x".repeat(300), Weak::TooLong)] {
            assert!(matches!(redeem(t, &token, password).await, Redeemed::Weak(why) if why == weakness), "{password}");
        }
        let Redeemed::In { cookie, user, .. } = redeem(t, &token, PASSWORD).await else { panic!("the link works") };
        assert_eq!(user.status, Status::Active);
        assert!(access::by_cookie(&t.store, cookie.expose_secret()).await.unwrap().is_some());
        assert!(is_no_link(&redeem(t, &token, "another password").await));
        try_in(t, "sato", PASSWORD, "192.0.2.1").await.cookie();
        assert!(matches!(invite(t, "SATO").await, Err(Refusal::LoginTaken)));
    }

    async fn of_two_who_redeem_one_link_at_once_one_is_in(t) {
        let token = invite(t, "sato").await.unwrap();
        let (one, two) = tokio::join!(redeem(t, &token, "the first password"), redeem(t, &token, "the second password"));
        assert_eq!([&one, &two].map(is_no_link).iter().filter(|no| **no).count(), 1);
        let winner = if is_no_link(&one) { "the second password" } else { "the first password" };
        try_in(t, "sato", winner, "192.0.2.1").await.cookie();
    }

    async fn a_link_that_has_ended_was_replaced_or_never_was_does_nothing(t) {
        let token = invite(t, "sato").await.unwrap();
        for wrong in ["", "x", &token[1..]] {
            assert!(is_no_link(&redeem(t, wrong, PASSWORD).await));
        }
        let (found, _) = people::look_up(&t.store, &token).await.unwrap().unwrap();
        let newer = reset(t, found.id).await;
        assert!(is_no_link(&redeem(t, &token, PASSWORD).await));
        t.clock.advance(Duration::from_secs(7 * 24 * 3600));
        assert!(is_no_link(&redeem(t, &newer, PASSWORD).await));
        assert!(people::look_up(&t.store, &newer).await.unwrap().is_none());
    }

    async fn a_reset_ends_all_sessions_and_the_old_password_but_not_before_it_is_redeemed(t) {
        let alice = user(t, "alice", Role::Administrator).await;
        let cookie = try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        let token = reset(t, alice).await;
        assert!(access::by_cookie(&t.store, &cookie).await.unwrap().is_some());
        try_in(t, "alice", PASSWORD, "192.0.2.1").await.cookie();
        let Redeemed::In { cookie: new, .. } = redeem(t, &token, "a new long password").await else { panic!("the link works") };
        assert!(access::by_cookie(&t.store, &cookie).await.unwrap().is_none());
        assert!(access::by_cookie(&t.store, new.expose_secret()).await.unwrap().is_some());
        assert_eq!(read!(t, tx => login_sessions::list(tx, alice).await).len(), 1);
        assert_eq!(try_in(t, "alice", PASSWORD, "192.0.2.1").await, Outcome::Wrong);
    }

    async fn a_link_does_not_let_a_disabled_person_in(t) {
        user(t, "root", Role::Administrator).await;
        let bob = user(t, "bob", Role::Member).await;
        let before = reset(t, bob).await;
        change(t, bob, disabled(true)).await;
        let after = reset(t, bob).await;
        for token in [before, after] {
            assert!(is_no_link(&redeem(t, &token, "a new long password").await));
        }
    }
}
