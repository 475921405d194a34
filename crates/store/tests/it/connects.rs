//! Consent round trips: a state works once, for ten minutes.

use std::time::Duration;

use secrecy::ExposeSecret;
use store::connects::{self, NewConnect, STATE_LIFE, Status};
use store::testing::TestStore;
use store::users::Role;
use store::{ConnectId, CredentialId, UserId};

use crate::scene::{credential, mailbox, user};

async fn begin(t: &TestStore, user: UserId, credential: CredentialId, state: &str) -> ConnectId {
    let new = NewConnect {
        user_id: user,
        login_session_id: None,
        credential_id: credential,
        purpose: "mailbox",
        address: "alice@example.com".into(),
        mailbox_address: "info@example.com".into(),
        state_hash: state.as_bytes().to_vec(),
        verifier: "the-verifier".into(),
        nonce: "nonce".into(),
        redirect_uri: "https://mail.example.com/common/cmn270.do".into(),
    };
    write!(t, tx => connects::add(tx, &new).await)
}

on_both! {
    async fn a_state_is_used_once_by_one_of_many(t) {
        let (alice, app) = (user(t, "alice", Role::Member).await, credential(t, "app").await);
        let id = begin(t, alice, app, "state").await;
        let callbacks: Vec<_> = (0..6).map(|_| {
            let store = t.store.clone();
            tokio::spawn(async move { store.write(move |tx| Box::pin(async move { connects::redeem(tx, id).await })).await.unwrap() })
        }).collect();
        let mut verifiers = Vec::new();
        for callback in callbacks {
            verifiers.extend(callback.await.unwrap().map(|verifier| verifier.expose_secret().to_owned()));
        }
        assert_eq!(verifiers, ["the-verifier"]);
        let found = read!(t, tx => connects::find(tx, id).await).unwrap();
        assert_eq!((found.status, found.consented_at), (Status::Checking, Some(t.store.now())));
    }

    async fn a_state_is_found_by_its_hash_and_tells_when_it_ends(t) {
        let (alice, app) = (user(t, "alice", Role::Member).await, credential(t, "app").await);
        let id = begin(t, alice, app, "state").await;
        let found = read!(t, tx => connects::by_state(tx, b"state").await).unwrap();
        assert_eq!((found.id, found.state_ends_at), (id, t.store.now() + STATE_LIFE));
        assert_eq!((found.address.as_str(), found.mailbox_address.as_str()), ("alice@example.com", "info@example.com"));
        assert!(read!(t, tx => connects::by_state(tx, b"another").await).is_none());
        write!(t, tx => connects::update(tx, id, Status::Failed, r#"[{"name":"consent"}]"#).await);
        assert!(write!(t, tx => connects::redeem(tx, id).await).is_none(), "what has failed is not redeemed");
        t.clock.advance(Duration::from_secs(31 * 24 * 3600));
        begin(t, alice, app, "later").await;
        assert!(read!(t, tx => connects::find(tx, id).await).is_none());
    }

    async fn what_a_consent_made_is_noted(t) {
        let m = mailbox(t).await;
        let id = begin(t, m.user, m.credential, "state").await;
        write!(t, tx => { connects::made(tx, id, m.account, m.grant).await?; connects::update(tx, id, Status::Done, "[]").await });
        let found = read!(t, tx => connects::find(tx, id).await).unwrap();
        assert_eq!((found.account_id, found.grant_id, found.status), (Some(m.account), Some(m.grant), Status::Done));
    }
}
