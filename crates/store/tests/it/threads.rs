//! Conversations: by references, by Gmail's own word, and announced when two become one.

use store::ThreadId;
use store::changes::{self, Kind};
use store::emails::{self, Added};
use store::testing::TestStore;
use store::threads;

use crate::scene::{Mailbox, add, at, email, mailbox, pull, raw, read_mail};

async fn mail(t: &TestStore, m: &Mailbox, uid: i64, id: &str, references: &str) -> Added {
    let extra = if references.is_empty() {
        String::new()
    } else {
        format!("References: {references}\r\n")
    };
    pull(t, m, at(m.inbox, uid), &raw(id, &extra, "hello", id)).await
}

async fn gmail(t: &TestStore, m: &Mailbox, uid: i64, raw: &[u8], thrid: u64) -> Added {
    let mut new = read_mail(t, raw).await;
    (new.gm_msgid, new.gm_thrid) = (Some(uid as u64 + 1000), Some(thrid));
    add(t, m.account, new, Some(at(m.inbox, uid))).await
}

async fn thread(t: &TestStore, m: &Mailbox, id: ThreadId) -> Option<usize> {
    let account = m.account;
    read!(t, tx => threads::emails(tx, account, id).await).map(|emails| emails.len())
}

on_both! {
    async fn an_answer_is_in_the_thread_of_what_it_refers_to_in_whatever_order_they_come(t) {
        let m = mailbox(t).await;
        let answer = mail(t, &m, 1, "2@x", "<0@x> <1@x>").await;
        let first = mail(t, &m, 2, "0@x", "").await;
        let other = mail(t, &m, 3, "9@x", "").await;
        assert_eq!(answer.thread_id, first.thread_id);
        assert_ne!(other.thread_id, first.thread_id);
        assert_eq!(thread(t, &m, first.thread_id).await, Some(2));
        assert_eq!(thread(t, &m, ThreadId([0; 16])).await, None);
        assert_eq!(read!(t, tx => threads::all(tx, m.account, 10).await).len(), 2);
    }

    async fn a_mail_that_refers_to_two_threads_makes_them_one_and_says_so(t) {
        let m = mailbox(t).await;
        let (one, two) = (mail(t, &m, 1, "1@x", "").await, mail(t, &m, 2, "2@x", "").await);
        let email_state = read!(t, tx => changes::state(tx, m.account, Kind::Email).await);
        let thread_state = read!(t, tx => changes::state(tx, m.account, Kind::Thread).await);
        let both = mail(t, &m, 3, "3@x", "<1@x> <2@x>").await;
        let (kept, gone) = (one.thread_id.min(two.thread_id), one.thread_id.max(two.thread_id));
        assert_eq!(both.thread_id, kept);
        assert_eq!(thread(t, &m, kept).await, Some(3));
        assert_eq!(thread(t, &m, gone).await, None);
        let moved = if one.thread_id == kept { two.id } else { one.id };
        assert_eq!(email(t, &m, moved).await.thread_id, kept);
        let emails = read!(t, tx => changes::since(tx, m.account, Kind::Email, email_state.into(), None).await).unwrap();
        assert_eq!((emails.created, emails.updated), (vec![both.id.0], vec![moved.0]));
        let threads = read!(t, tx => changes::since(tx, m.account, Kind::Thread, thread_state.into(), None).await).unwrap();
        assert_eq!((threads.updated, threads.destroyed), (vec![kept.0], vec![gone.0]));
    }

    async fn gmails_word_counts_more_than_references(t) {
        let m = mailbox(t).await;
        let one = gmail(t, &m, 1, &raw("1@x", "", "hello", "x"), 11).await;
        let split = gmail(t, &m, 2, &raw("2@x", "References: <1@x>\r\n", "another subject", "x"), 12).await;
        let same = gmail(t, &m, 3, &raw("3@x", "", "hello", "x"), 11).await;
        assert_ne!(one.thread_id, split.thread_id);
        assert_eq!(one.thread_id, same.thread_id);
    }

    async fn an_answer_on_gmail_is_in_the_thread_of_the_mail_that_was_sent_from_here(t) {
        let m = mailbox(t).await;
        let sent = raw("sent@x", "", "a question", "x");
        let mut new = read_mail(t, &sent).await;
        new.folders = vec![m.sent];
        let local = add(t, m.account, new, None).await;
        let copy = gmail(t, &m, 1, &sent, 77).await;
        assert_eq!((copy.id, copy.is_new), (local.id, false));
        let answer = gmail(t, &m, 2, &raw("answer@x", "References: <sent@x>\r\n", "Re: a question", "y"), 77).await;
        let now = email(t, &m, local.id).await.thread_id;
        assert_eq!(answer.thread_id, now);
    }

    async fn what_gmail_puts_into_a_known_thread_leaves_the_one_it_had_here(t) {
        let m = mailbox(t).await;
        let first = gmail(t, &m, 1, &raw("1@x", "", "hello", "x"), 77).await;
        let sent = raw("sent@x", "", "hello", "without references");
        let mut new = read_mail(t, &sent).await;
        new.folders = vec![m.sent];
        let local = add(t, m.account, new, None).await;
        assert_ne!(local.thread_id, first.thread_id);
        gmail(t, &m, 2, &sent, 77).await;
        assert_eq!(email(t, &m, local.id).await.thread_id, email(t, &m, first.id).await.thread_id);
    }

    async fn a_thread_goes_with_its_last_email(t) {
        let m = mailbox(t).await;
        let (one, two) = (mail(t, &m, 1, "1@x", "").await, mail(t, &m, 2, "2@x", "<1@x>").await);
        write!(t, tx => emails::remove(tx, m.account, one.id).await);
        assert_eq!(thread(t, &m, one.thread_id).await, Some(1));
        let state = read!(t, tx => changes::state(tx, m.account, Kind::Thread).await);
        write!(t, tx => emails::remove(tx, m.account, two.id).await);
        let since = read!(t, tx => changes::since(tx, m.account, Kind::Thread, state.into(), None).await).unwrap();
        assert_eq!(since.destroyed, [one.thread_id.0]);
        assert_ne!(mail(t, &m, 3, "3@x", "<1@x>").await.thread_id, one.thread_id, "an id does not come back");
    }
}
