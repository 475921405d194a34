//! Mailboxes: connecting twice is once, every state is kept, and disconnecting leaves nothing behind.

use std::time::Duration;

use store::accounts::{self, Rights, SendStatus, SyncStatus};
use store::intervals::{self, Cause, Side};
use store::users::Role;
use store::{UserId, args, blobs, identities};

use crate::scene::{at, grant, mailbox, new_account, pull, raw, user};

on_both! {
    async fn connecting_again_keeps_the_account_and_its_mail(t) {
        let m = mailbox(t).await;
        let added = pull(t, &m, at(m.inbox, 1), &raw("a@example.com", "", "hello", "world")).await;
        let second = grant(t, m.user, m.credential, "bob").await;
        let mut again = new_account(m.user, second, "alice@example.com");
        again.smtp_user = "bob@example.com".into();
        let id = write!(t, tx => accounts::connect(tx, again).await);
        assert_eq!(id, m.account);
        let found = read!(t, tx => accounts::find(tx, id).await).unwrap();
        assert_eq!((found.grant_id, found.smtp_user.as_str()), (second, "bob@example.com"));
        assert!(crate::scene::exists(t, &m, added.id).await);
        let identities = read!(t, tx => identities::list(tx, id).await);
        assert_eq!(identities.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["アリス"]);
        assert_eq!(read!(t, tx => accounts::by_address(tx, "Alice@Example.com").await).len(), 1);
        assert!(read!(t, tx => accounts::of_grant(tx, second).await)[0].id == id);
        let grant = m.grant;
        assert!(read!(t, tx => accounts::of_grant(tx, grant).await).is_empty());
    }

    async fn the_same_mailbox_of_two_people_is_two_accounts(t) {
        let m = mailbox(t).await;
        let bob = user(t, "bob", Role::Member).await;
        let second = grant(t, bob, m.credential, "bob").await;
        let other = write!(t, tx => accounts::connect(tx, new_account(bob, second, "alice@example.com")).await);
        assert_ne!(other, m.account);
        assert_eq!(read!(t, tx => accounts::all(tx).await).len(), 2);
        let of_bob = read!(t, tx => accounts::of_user(tx, bob).await);
        assert_eq!(of_bob.len(), 1);
        assert_eq!((of_bob[0].0.id, of_bob[0].1), (other, Rights { read: true, send: true, manage: true }));
        let account = m.account;
        assert_eq!(read!(t, tx => accounts::rights(tx, account, bob).await), None);
        assert_eq!(read!(t, tx => accounts::rights(tx, account, UserId([0; 16])).await), None);
    }

    async fn receiving_and_sending_have_their_own_states_and_intervals(t) {
        let m = mailbox(t).await;
        let id = m.account;
        let start = t.store.now();
        t.clock.advance(Duration::from_secs(1));
        let until = t.store.now() + 7_200_000;
        let cause = Cause::new("imap_off").said("[ALERT] IMAP access is disabled").with("mailbox", "alice@example.com");
        let kept = cause.clone();
        write!(t, tx => accounts::set_sync(tx, id, SyncStatus::Later, Some(until), Some(&cause)).await);
        write!(t, tx => accounts::touched(tx, id, Side::Send).await);
        t.clock.advance(Duration::from_secs(1));
        write!(t, tx => accounts::set_sync(tx, id, SyncStatus::Later, Some(until), None).await);
        write!(t, tx => accounts::set_send(tx, id, SendStatus::Blocked, None, Some(&Cause::new("smtp_auth_off"))).await);
        let found = read!(t, tx => accounts::find(tx, id).await).unwrap();
        assert_eq!((found.sync.status, found.sync.since, found.sync.until), (SyncStatus::Later, start + 1000, Some(until)));
        assert_eq!((found.send.status, found.send.since), (SendStatus::Blocked, start + 2000));
        assert_eq!((found.last_sent_at, found.last_received_at), (Some(start + 1000), None));
        let intervals = read!(t, tx => intervals::list(tx, id.0, 10).await);
        assert_eq!(intervals.len(), 4);
        let later = intervals.iter().find(|one| one.status == "later").unwrap();
        assert_eq!((later.side.as_str(), later.ended_at, later.cause.clone()), ("sync", None, Some(kept)));
        write!(t, tx => { accounts::set_dialect(tx, id, "labels").await?; accounts::rename(tx, id, " 仕事 ").await });
        let found = read!(t, tx => accounts::find(tx, id).await).unwrap();
        assert_eq!((found.dialect.as_str(), found.name.as_str()), ("labels", "仕事"));
    }

    async fn two_states_within_a_millisecond_are_one_interval(t) {
        let m = mailbox(t).await;
        let id = m.account;
        for status in [SyncStatus::Live, SyncStatus::Later, SyncStatus::Live] {
            write!(t, tx => accounts::set_sync(tx, id, status, None, None).await);
        }
        let open = read!(t, tx => intervals::list(tx, id.0, 10).await).into_iter().filter(|one| one.ended_at.is_none()).count();
        assert_eq!(open, 2);
    }

    async fn a_disconnected_account_leaves_nothing_but_its_states(t) {
        let m = mailbox(t).await;
        for uid in 1..=3 {
            pull(t, &m, at(m.inbox, uid), &raw(&format!("{uid}@example.com"), "", "東京", "hello")).await;
        }
        let id = m.account;
        write!(t, tx => accounts::remove(tx, id).await);
        assert!(read!(t, tx => accounts::find(tx, id).await).is_none());
        for table in ["emails", "copies", "email_folders", "folders", "blobs", "changes", "thread_ids", "identities", "account_members"] {
            let left = read!(t, tx => tx.number(format!("SELECT COUNT(*) FROM {table} WHERE account_id = $1"), args![id]).await);
            assert_eq!(left, 0, "{table}");
        }
        let blob = store::BlobId::of(&raw("1@example.com", "", "東京", "hello"));
        assert_eq!(read!(t, tx => blobs::find(tx, id, blob).await), None);
    }
}
