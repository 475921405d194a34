//! Users: one login each, and always somebody who can set the system up.

use store::testing::TestStore;
use store::users::{self, NewUser, Patch, Refusal, Role, Status};
use store::{UserId, accounts, api_tokens, args, invitations, login_sessions};

use crate::scene::{mailbox, user};

async fn change(t: &TestStore, id: UserId, patch: Patch) -> Result<users::User, Refusal> {
    t.store
        .try_write(move |tx| Box::pin(async move { users::update(tx, id, patch).await }))
        .await
}

async fn remove(t: &TestStore, id: UserId) -> Result<users::User, Refusal> {
    t.store
        .try_write(move |tx| Box::pin(async move { users::remove(tx, id).await }))
        .await
}

fn demoted() -> Patch {
    Patch {
        role: Some(Role::Member),
        ..Patch::default()
    }
}

fn disabled(yes: bool) -> Patch {
    Patch {
        disabled: Some(yes),
        ..Patch::default()
    }
}

on_both! {
    async fn a_login_is_taken_whatever_its_case(t) {
        let alice = user(t, "Alice", Role::Administrator).await;
        let new = NewUser { login: " ALICE ".into(), name: String::new(), address: String::new(), role: Role::Member, password_hash: None };
        let refused = t.store.try_write(move |tx| Box::pin(async move { users::add(tx, new).await })).await;
        assert!(matches!(refused, Err(Refusal::LoginTaken)));
        let found = read!(t, tx => users::by_login(tx, "aLiCe").await).unwrap();
        assert_eq!((found.id, found.login.as_str(), found.status), (alice, "alice", Status::Active));
    }

    async fn two_people_who_take_one_login_at_once_are_one(t) {
        let takers: Vec<_> = (0..6).map(|_| {
            let store = t.store.clone();
            let new = NewUser { login: "bob".into(), name: String::new(), address: String::new(), role: Role::Member, password_hash: None };
            tokio::spawn(async move { store.try_write(move |tx| Box::pin(async move { users::add(tx, new).await })).await })
        }).collect();
        let mut won = 0;
        for taker in takers {
            match taker.await.unwrap() {
                Ok(_) => won += 1,
                Err(refusal) => assert!(matches!(refusal, Refusal::LoginTaken), "{refusal}"),
            }
        }
        assert_eq!(won, 1);
    }

    async fn the_last_administrator_is_neither_demoted_nor_disabled_nor_removed(t) {
        let alice = user(t, "alice", Role::Administrator).await;
        user(t, "bob", Role::Member).await;
        for patch in [demoted(), disabled(true)] {
            assert!(matches!(change(t, alice, patch).await, Err(Refusal::LastAdministrator)));
        }
        assert!(matches!(remove(t, alice).await, Err(Refusal::LastAdministrator)));
        let found = read!(t, tx => users::find(tx, alice).await).unwrap();
        assert_eq!((found.role, found.status), (Role::Administrator, Status::Active));
        let carol = user(t, "carol", Role::Administrator).await;
        change(t, alice, demoted()).await.unwrap();
        assert!(matches!(remove(t, carol).await, Err(Refusal::LastAdministrator)));
    }

    async fn of_two_administrators_who_go_at_once_one_stays(t) {
        for round in 0..8 {
            let one = user(t, &format!("one{round}"), Role::Administrator).await;
            let two = user(t, &format!("two{round}"), Role::Administrator).await;
            let going: Vec<_> = [(one, round % 3), (two, round % 2)].map(|(id, way)| {
                let store = t.store.clone();
                tokio::spawn(async move {
                    store.try_write(move |tx| Box::pin(async move {
                        match way {
                            0 => users::update(tx, id, demoted()).await,
                            1 => users::update(tx, id, disabled(true)).await,
                            _ => users::remove(tx, id).await,
                        }
                    })).await
                })
            }).into_iter().collect();
            let mut refused = 0;
            for one in going {
                if let Err(refusal) = one.await.unwrap() {
                    assert!(matches!(refusal, Refusal::LastAdministrator), "{refusal}");
                    refused += 1;
                }
            }
            assert_eq!(refused, 1, "round {round}");
            assert_eq!(read!(t, tx => users::administrators(tx).await), 1);
            // The one who stayed makes room for the next round.
            write!(t, tx => tx.execute("DELETE FROM users", args![]).await);
        }
    }

    async fn two_changes_of_one_person_at_once_are_both_kept(t) {
        user(t, "root", Role::Administrator).await;
        for round in 0..10 {
            let bob = user(t, &format!("bob{round}"), Role::Member).await;
            let patches = [Patch { name: Some("ボブ".into()), ..Patch::default() }, disabled(true)];
            let going: Vec<_> = patches.into_iter().map(|patch| {
                let store = t.store.clone();
                tokio::spawn(async move { store.try_write(move |tx| Box::pin(async move { users::update(tx, bob, patch).await })).await })
            }).collect();
            for one in going {
                one.await.unwrap().unwrap();
            }
            let found = read!(t, tx => users::find(tx, bob).await).unwrap();
            assert_eq!((found.name.as_str(), found.status), ("ボブ", Status::Disabled));
        }
    }

    async fn disabling_ends_sessions_tokens_and_links_and_nobody_elses(t) {
        user(t, "root", Role::Administrator).await;
        let (alice, bob) = (user(t, "alice", Role::Member).await, user(t, "bob", Role::Member).await);
        for (id, name) in [(alice, b"a"), (bob, b"b")] {
            write!(t, tx => {
                login_sessions::add(tx, id, name, "csrf", "Firefox", "192.0.2.1").await?;
                api_tokens::add(tx, id, "backup", &[api_tokens::Scope::Mail], name, None).await?;
                invitations::add(tx, id, invitations::Kind::Reset, name).await
            });
        }
        assert_eq!(change(t, alice, disabled(true)).await.unwrap().status, Status::Disabled);
        assert!(read!(t, tx => login_sessions::find(tx, b"a").await).is_none());
        assert!(read!(t, tx => api_tokens::find(tx, b"a").await).is_none());
        assert!(read!(t, tx => invitations::find(tx, b"a").await).is_none());
        assert!(read!(t, tx => login_sessions::find(tx, b"b").await).is_some());
        assert!(read!(t, tx => api_tokens::find(tx, b"b").await).is_some());
        assert!(read!(t, tx => invitations::find(tx, b"b").await).is_some());
        assert_eq!(change(t, alice, disabled(false)).await.unwrap().status, Status::Active);
    }

    async fn who_has_no_password_is_invited_again_and_active_with_the_first_one(t) {
        user(t, "root", Role::Administrator).await;
        let new = NewUser { login: "佐藤".into(), name: "佐藤 花子".into(), address: String::new(), role: Role::Member, password_hash: None };
        let sato = t.store.try_write(move |tx| Box::pin(async move { users::add(tx, new).await })).await.unwrap();
        assert_eq!(sato.status, Status::Invited);
        change(t, sato.id, disabled(true)).await.unwrap();
        assert_eq!(change(t, sato.id, disabled(false)).await.unwrap().status, Status::Invited);
        let id = sato.id;
        write!(t, tx => users::set_password(tx, id, "$argon2id$x").await);
        assert_eq!(read!(t, tx => users::find(tx, id).await).unwrap().status, Status::Active);
        write!(t, tx => users::signed_in(tx, id).await);
        let found = change(t, id, Patch { language: Some(Some("ja".into())), ..Patch::default() }).await.unwrap();
        assert_eq!((found.language.as_deref(), found.last_sign_in_at), (Some("ja"), Some(t.store.now())));
        assert_eq!(read!(t, tx => users::list(tx).await).len(), 2);
    }

    async fn who_has_mailboxes_is_not_removed(t) {
        user(t, "root", Role::Administrator).await;
        let m = mailbox(t).await;
        assert!(matches!(remove(t, m.user).await, Err(Refusal::HasAccounts)));
        assert!(matches!(remove(t, UserId([0; 16])).await, Err(Refusal::NotFound)));
        let account = m.account;
        write!(t, tx => accounts::remove(tx, account).await);
        assert!(matches!(remove(t, m.user).await, Err(Refusal::HasAccounts)), "the grant is left");
        let grant = m.grant;
        write!(t, tx => store::grants::remove_given_up(tx, grant).await);
        remove(t, m.user).await.unwrap();
    }
}
