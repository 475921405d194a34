//! Notices: one for each occasion and person, sent at most once; and what deaths are kept for.

use std::collections::BTreeMap;
use std::time::Duration;

use store::grants::{self, Status as GrantStatus};
use store::intervals::Cause;
use store::notices::{self, Kind, New, Notice, Status};
use store::testing::TestStore;
use store::users::{self, Role};
use store::{AccountId, NoticeId, SubmissionId, accounts, credentials, settings};

use crate::scene::{Mailbox, mailbox, user};

fn died(m: &Mailbox, occasion: &str) -> New {
    New {
        kind: Kind::GrantDied,
        subject_id: m.grant.0,
        occasion: occasion.to_owned(),
        user_id: m.user,
        cause: Some(Cause::new("grant-revoked").said("AADSTS50173")),
        values: BTreeMap::from([("name".to_owned(), "alice@example.com".to_owned())]),
    }
}

async fn add(t: &TestStore, new: New) -> Option<NoticeId> {
    write!(t, tx => notices::add(tx, &new).await)
}

async fn find(t: &TestStore, id: NoticeId) -> Notice {
    read!(t, tx => notices::find(tx, id).await).expect("the notice is there")
}

async fn queue(t: &TestStore, id: NoticeId, account: AccountId) -> bool {
    write!(t, tx => {
        notices::queue(tx, id, "alice@example.com", account, SubmissionId([5; 16])).await
    })
}

on_both! {
    async fn an_occasion_is_told_once_however_often_it_is_planned(t) {
        let m = mailbox(t).await;
        let id = add(t, died(&m, "1")).await.expect("it is new");
        for _ in 0..3 {
            assert_eq!(add(t, died(&m, "1")).await, None);
        }
        let again = add(t, died(&m, "2")).await.expect("another death");
        assert_ne!(id, again);
        let notice = find(t, id).await;
        assert_eq!((notice.status, notice.of.clone()), (Status::Waiting, died(&m, "1")));
        assert!(queue(t, id, m.account).await);
        assert!(!queue(t, id, m.account).await, "the second node comes too late");
        write!(t, tx => notices::sent(tx, id, 7).await);
        write!(t, tx => notices::withdraw(tx, id).await);
        let notice = find(t, id).await;
        assert_eq!((notice.status, notice.sent_at), (Status::Sent, Some(7)));
        assert_eq!(add(t, died(&m, "1")).await, None, "what was sent is not sent again");
        assert!(!queue(t, id, m.account).await);
        let open = read!(t, tx => notices::open(tx, 10).await);
        assert_eq!(open.iter().map(|notice| notice.id).collect::<Vec<_>>(), [again]);
    }

    async fn two_planners_at_once_make_one_notice(t) {
        let m = mailbox(t).await;
        let all: Vec<_> = (0..8).map(|_| {
            let (store, new) = (t.store.clone(), died(&m, "1"));
            tokio::spawn(async move {
                store.write(move |tx| Box::pin(async move { notices::add(tx, &new).await })).await
            })
        }).collect();
        let mut made = 0;
        for one in all {
            made += usize::from(one.await.unwrap().expect("the store works").is_some());
        }
        assert_eq!(made, 1);
    }

    async fn what_cannot_be_sent_is_news_once_and_what_is_withdrawn_comes_back(t) {
        let m = mailbox(t).await;
        let id = add(t, died(&m, "1")).await.expect("it is new");
        let (none, stopped) = (Cause::new("system-mailbox-none"), Cause::new("system-mailbox-stopped"));
        for (why, news) in [(&none, true), (&none, false), (&stopped, true), (&stopped, false)] {
            let (notice, why) = (find(t, id).await, why.clone());
            let told = write!(t, tx => notices::undeliverable(tx, &notice, &why, true, 9).await);
            assert_eq!(told, news, "{}", find(t, id).await.status.word());
        }
        let notice = find(t, id).await;
        assert_eq!((notice.status, notice.attempts, notice.run_at), (Status::Undeliverable, 4, 9));
        assert_eq!(read!(t, tx => notices::undelivered(tx).await), 1);
        write!(t, tx => notices::withdraw(tx, id).await);
        assert_eq!(read!(t, tx => notices::undelivered(tx).await), 0);
        assert_eq!(add(t, died(&m, "1")).await, Some(id));
        let notice = find(t, id).await;
        assert_eq!((notice.status, notice.attempts, notice.why), (Status::Waiting, 0, None));
    }

    async fn a_list_is_of_one_person_or_of_all_and_goes_on_where_it_ended(t) {
        let m = mailbox(t).await;
        let other = user(t, "bob", Role::Member).await;
        let mut ids = Vec::new();
        for number in 0..5 {
            t.clock.advance(Duration::from_secs(1));
            ids.extend(add(t, died(&m, &number.to_string())).await);
        }
        let mut of_other = died(&m, "0");
        of_other.user_id = other;
        t.clock.advance(Duration::from_secs(1));
        add(t, of_other).await.expect("it is new for him");
        ids.reverse();
        let first = read!(t, tx => notices::list(tx, Some(m.user), None, 3).await);
        assert_eq!(first.iter().map(|notice| notice.id).collect::<Vec<_>>(), ids[..3]);
        let last = first[2].id;
        let rest = read!(t, tx => notices::list(tx, Some(m.user), Some(last), 3).await);
        assert_eq!(rest.iter().map(|notice| notice.id).collect::<Vec<_>>(), ids[3..]);
        assert_eq!(read!(t, tx => notices::list(tx, None, None, 10).await).len(), 6);
        let about = read!(t, tx => notices::of_subject(tx, Kind::GrantDied, m.grant.0).await);
        assert_eq!(about.len(), 6);
        t.store.try_write(move |tx| Box::pin(async move { users::remove(tx, other).await })).await.expect("no mailboxes");
        assert_eq!(read!(t, tx => notices::list(tx, None, None, 10).await).len(), 5, "the person's notices go along");
    }

    async fn the_system_mailbox_is_chosen_changed_and_none_once_it_is_disconnected(t) {
        let m = mailbox(t).await;
        assert_eq!(read!(t, tx => settings::system_mailbox(tx).await), None);
        for _ in 0..2 {
            write!(t, tx => settings::set_system_mailbox(tx, Some(m.account)).await);
            assert_eq!(read!(t, tx => settings::system_mailbox(tx).await), Some(m.account));
        }
        write!(t, tx => settings::set_system_mailbox(tx, None).await);
        assert_eq!(read!(t, tx => settings::system_mailbox(tx).await), None);
        write!(t, tx => settings::set_system_mailbox(tx, Some(m.account)).await);
        write!(t, tx => accounts::remove(tx, m.account).await);
        assert_eq!(read!(t, tx => settings::system_mailbox(tx).await), None);
    }

    async fn a_death_is_kept_once_with_the_life_it_ended(t) {
        let m = mailbox(t).await;
        t.clock.advance(Duration::from_secs(14 * 86_400));
        let cause = Cause::new("sign-in-again").with("code", "AADSTS70043");
        write!(t, tx => grants::set_status(tx, m.grant, GrantStatus::NeedsConsent, None, Some(&cause)).await);
        for _ in 0..2 {
            write!(t, tx => {
                let grant = grants::find(tx, m.grant).await?.expect("there");
                grants::note_death(tx, &grant).await
            });
        }
        let deaths = read!(t, tx => grants::deaths(tx, 0).await);
        assert_eq!(deaths.len(), 1);
        assert_eq!(deaths[0].died_at - deaths[0].consented_at, 14 * 86_400_000);
        assert_eq!(deaths[0].cause.as_ref().unwrap().id, "sign-in-again");
        let watched = read!(t, tx => grants::to_watch(tx, 0).await);
        assert_eq!(watched.len(), 1);
        let people = read!(t, tx => {
            let grant = grants::find(tx, m.grant).await?.expect("there");
            grants::people_of(tx, &grant).await
        });
        assert_eq!(people.iter().map(|user| user.id).collect::<Vec<_>>(), [m.user]);
    }

    async fn a_credential_tells_since_when_it_is_refused(t) {
        let m = mailbox(t).await;
        let since = async || read!(t, tx => credentials::find(tx, m.credential).await).expect("there").broken_since;
        let turn = async |status, cause: Option<&'static str>| {
            t.clock.advance(Duration::from_secs(10));
            write!(t, tx => {
                let cause = cause.map(Cause::new);
                credentials::set_status(tx, m.credential, status, cause.as_ref()).await
            });
        };
        assert_eq!(since().await, None);
        turn(credentials::Status::Broken, Some("client-secret-wrong")).await;
        let first = t.store.now();
        assert_eq!(since().await, Some(first));
        turn(credentials::Status::Broken, Some("client-secret-expired")).await;
        assert_eq!(since().await, Some(first), "another cause is no other break");
        turn(credentials::Status::Good, None).await;
        assert_eq!(since().await, None);
        turn(credentials::Status::Broken, Some("client-secret-wrong")).await;
        assert_eq!(since().await, Some(t.store.now()));
    }
}
