//! Reconnect links: once, two weeks, and gone with what they are for.

use std::time::Duration;

use store::connects::{self, NewConnect};
use store::testing::TestStore;
use store::{ConnectId, accounts, grants, reconnect_links};

use crate::scene::{Mailbox, mailbox, new_account};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn begun(t: &TestStore, m: &Mailbox, state: &[u8]) -> ConnectId {
    let new = NewConnect {
        user_id: m.user,
        login_session_id: None,
        credential_id: m.credential,
        purpose: "reconnect",
        address: "alice@example.com".into(),
        mailbox_address: "alice@example.com".into(),
        state_hash: state.to_vec(),
        verifier: "verifier".into(),
        nonce: "nonce".into(),
        redirect_uri: "http://localhost/common/cmn270.do".into(),
    };
    write!(t, tx => connects::add(tx, &new).await)
}

on_both! {
    async fn a_link_is_used_once_by_one_of_many_and_closes_the_others_of_its_grant(t) {
        let m = mailbox(t).await;
        let old = write!(t, tx => reconnect_links::add(tx, m.grant, m.account, "admin", b"1").await);
        t.clock.advance(DAY);
        let new = write!(t, tx => reconnect_links::add(tx, m.grant, m.account, "admin", b"2").await);
        // A later link leaves the mail of yesterday good.
        for hash in [b"1", b"2"] {
            assert!(read!(t, tx => reconnect_links::by_token(tx, hash).await).unwrap().used_at.is_none());
        }
        assert_eq!(read!(t, tx => reconnect_links::newest(tx, m.grant).await).unwrap().id, new.id);
        let takers: Vec<_> = (0..4).map(|n| {
            let (store, link) = (t.store.clone(), if n % 2 == 0 { old.clone() } else { new.clone() });
            tokio::spawn(async move {
                store.write(move |tx| Box::pin(async move { reconnect_links::use_up(tx, &link).await })).await.unwrap()
            })
        }).collect();
        let mut won = 0;
        for taker in takers {
            won += usize::from(taker.await.unwrap());
        }
        assert_eq!(won, 1);
        for hash in [b"1", b"2"] {
            assert!(read!(t, tx => reconnect_links::by_token(tx, hash).await).unwrap().used_at.is_some());
        }
        assert!(read!(t, tx => reconnect_links::by_token(tx, b"3").await).is_none());
    }

    async fn a_consent_begun_by_a_link_is_known_by_its_browser_while_it_may_come_back(t) {
        let m = mailbox(t).await;
        let link = write!(t, tx => reconnect_links::add(tx, m.grant, m.account, "admin", b"1").await);
        let connect = begun(t, &m, b"s").await;
        assert!(read!(t, tx => reconnect_links::try_of(tx, connect).await).is_none());
        let id = link.id;
        write!(t, tx => reconnect_links::tried(tx, id, connect, b"browser").await);
        let tried = read!(t, tx => reconnect_links::try_of(tx, connect).await).unwrap();
        assert_eq!((tried.link.id, tried.browser_hash.as_slice()), (link.id, b"browser".as_slice()));
        assert!(read!(t, tx => reconnect_links::knows_browser(tx, b"browser").await));
        assert!(!read!(t, tx => reconnect_links::knows_browser(tx, b"another").await));
        t.clock.advance(Duration::from_secs(601));
        assert!(!read!(t, tx => reconnect_links::knows_browser(tx, b"browser").await));
        assert!(!read!(t, tx => reconnect_links::has_failed(tx, id).await));
        write!(t, tx => connects::update(tx, connect, connects::Status::Failed, "[]").await);
        assert!(read!(t, tx => reconnect_links::has_failed(tx, id).await));
    }

    async fn links_go_with_their_account_and_long_after_their_end(t) {
        let m = mailbox(t).await;
        write!(t, tx => reconnect_links::add(tx, m.grant, m.account, "admin", b"1").await);
        t.clock.advance(DAY * 15);
        assert!(read!(t, tx => reconnect_links::by_token(tx, b"1").await).is_some(), "a late click is told why");
        t.clock.advance(DAY * 60);
        write!(t, tx => reconnect_links::add(tx, m.grant, m.account, "admin", b"2").await);
        assert!(read!(t, tx => reconnect_links::by_token(tx, b"1").await).is_none());
        write!(t, tx => accounts::remove(tx, m.account).await);
        assert!(read!(t, tx => reconnect_links::by_token(tx, b"2").await).is_none());
    }

    async fn grants_that_wait_for_their_person_are_listed_in_pages(t) {
        let m = mailbox(t).await;
        let mut waiting = vec![];
        for n in 0..5 {
            let key = format!("p{n}");
            let grant = crate::scene::grant(t, m.user, m.credential, &key).await;
            let address = format!("{key}@example.com");
            write!(t, tx => accounts::connect(tx, new_account(m.user, grant, &address)).await);
            write!(t, tx => grants::set_status(tx, grant, grants::Status::NeedsConsent, None, None).await);
            waiting.push(grant);
        }
        waiting.sort();
        let first = read!(t, tx => reconnect_links::waiting(tx, None, 3).await);
        let last = first[2];
        let rest = read!(t, tx => reconnect_links::waiting(tx, Some(last), 3).await);
        assert_eq!([first, rest].concat(), waiting);
    }

    async fn a_person_with_another_address_keeps_the_accounts(t) {
        let m = mailbox(t).await;
        let mut shared = new_account(m.user, m.grant, "info@example.com");
        shared.smtp_user = "alice@example.com".into();
        let info = write!(t, tx => accounts::connect(tx, shared).await);
        for id in [m.account, info] {
            write!(t, tx => accounts::follow_person(tx, id, "alice@example.com", "alice.sato@example.com").await);
        }
        let own = read!(t, tx => accounts::find(tx, m.account).await).unwrap();
        assert_eq!((own.mailbox_address.as_str(), own.smtp_user.as_str()), ("alice.sato@example.com", "alice.sato@example.com"));
        let info = read!(t, tx => accounts::find(tx, info).await).unwrap();
        assert_eq!((info.mailbox_address.as_str(), info.smtp_user.as_str()), ("info@example.com", "alice.sato@example.com"));
    }
}
