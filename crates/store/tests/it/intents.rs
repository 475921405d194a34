//! Wishes: the latest of a kind counts, and carrying out an older one does not erase it.

use std::time::Duration;

use store::announcements::Announcement;
use store::intents::{self, Kind};

use crate::scene::{at, mailbox, pull, raw};

on_both! {
    async fn a_later_wish_replaces_the_earlier_and_outlives_its_end(t) {
        let m = mailbox(t).await;
        let email = pull(t, &m, at(m.inbox, 1), &raw("a@x", "", "s", "b")).await.id;
        let mut heard = t.store.listen();
        write!(t, tx => intents::add(tx, m.account, email, Kind::Seen, true).await);
        assert_eq!(heard.try_recv(), Ok(Announcement::Intents(m.account)));
        let first = read!(t, tx => intents::due(tx, m.account, 10).await).remove(0);
        assert_eq!((first.kind, first.value, first.version, first.attempts), (Kind::Seen, true, 1, 0));
        write!(t, tx => intents::add(tx, m.account, email, Kind::Seen, false).await);
        let done = first.clone();
        write!(t, tx => intents::fulfilled(tx, m.account, &done).await);
        let now = read!(t, tx => intents::due(tx, m.account, 10).await);
        assert_eq!(now.len(), 1);
        assert_eq!((now[0].value, now[0].version), (false, 2));
        write!(t, tx => intents::failed(tx, m.account, &first, 0, "too late to count").await);
        assert_eq!(read!(t, tx => intents::of_email(tx, m.account, email).await)[0].attempts, 0);
        let second = now[0].clone();
        write!(t, tx => intents::fulfilled(tx, m.account, &second).await);
        assert!(read!(t, tx => intents::due(tx, m.account, 10).await).is_empty());
    }

    async fn a_wish_that_failed_waits_and_a_new_one_does_not(t) {
        let m = mailbox(t).await;
        let email = pull(t, &m, at(m.inbox, 1), &raw("a@x", "", "s", "b")).await.id;
        for kind in [Kind::Flagged, Kind::Answered] {
            write!(t, tx => intents::add(tx, m.account, email, kind, true).await);
        }
        let later = t.store.now() + 60_000;
        let wish = read!(t, tx => intents::due(tx, m.account, 1).await).remove(0);
        let kind = wish.kind;
        write!(t, tx => intents::failed(tx, m.account, &wish, later, "NO [LIMIT] 後で").await);
        assert_eq!(read!(t, tx => intents::due(tx, m.account, 10).await).len(), 1);
        write!(t, tx => intents::add(tx, m.account, email, kind, false).await);
        assert_eq!(read!(t, tx => intents::due(tx, m.account, 10).await).len(), 2, "a new wish is tried at once");
        t.clock.advance(Duration::from_secs(60));
        write!(t, tx => store::emails::remove(tx, m.account, email).await);
        assert!(read!(t, tx => intents::due(tx, m.account, 10).await).is_empty(), "wishes go with their email");
    }
}
