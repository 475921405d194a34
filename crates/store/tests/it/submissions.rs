//! Sending: claimed once, looked for before it is sent again, taken back while it waits.

use std::collections::BTreeSet;
use std::time::Duration;

use store::intervals::Cause;
use store::submissions::{self, NewSubmission, Status, Submission};
use store::testing::TestStore;
use store::{SubmissionId, emails, identities};

use crate::scene::{HOUR, Mailbox, add, mailbox, raw, read_mail};

pub async fn order(t: &TestStore, m: &Mailbox, number: usize) -> SubmissionId {
    let mut new = read_mail(t, &raw(&format!("{number}@x"), "", "hello", "world")).await;
    new.folders = vec![m.sent];
    let (blob_id, size) = (new.blob_id, new.size);
    let email = add(t, m.account, new, None).await;
    let m = *m;
    let identity = read!(t, tx => identities::list(tx, m.account).await)[0].id;
    let submission = NewSubmission {
        account_id: m.account,
        user_id: m.user,
        identity_id: identity,
        email_id: email.id,
        thread_id: email.thread_id,
        blob_id,
        size,
        message_id: format!("{number}@x"),
        mail_from: "alice@example.com".into(),
        rcpt_to: vec!["bob@example.com".into()],
        send_at: t.store.now(),
    };
    write!(t, tx => submissions::add(tx, &submission).await)
}

async fn claim(t: &TestStore) -> Option<Submission> {
    write!(t, tx => submissions::claim(tx, "one", 60_000).await)
}

async fn turn(t: &TestStore, submission: &Submission, status: Status, run_at: i64) {
    let submission = submission.clone();
    write!(t, tx => submissions::turn(tx, &submission, status, run_at, Some(&Cause::new("x")), Some(r#"{"bob@example.com":{}}"#)).await);
}

async fn hold(t: &TestStore, submission: &Submission) -> bool {
    let submission = submission.clone();
    write!(t, tx => submissions::hold(tx, &submission, 60_000).await)
}

on_both! {
    async fn every_submission_is_claimed_once_by_eight_workers(t) {
        let m = mailbox(t).await;
        for number in 0..40 {
            order(t, &m, number).await;
        }
        let workers: Vec<_> = (0..8).map(|number| {
            let store = t.store.clone();
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                loop {
                    let owner = format!("node{number}");
                    let one = store.write(move |tx| Box::pin(async move { submissions::claim(tx, &owner, 60_000).await })).await.unwrap();
                    let Some(one) = one else { return claimed };
                    assert_eq!(one.status, Status::Sending);
                    claimed.push(one.id);
                }
            })
        }).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        assert_eq!(all.len(), 40);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 40);
        let leased = read!(t, tx => tx.number("SELECT COUNT(*) FROM submissions WHERE attempts = 1 AND lease_owner IS NOT NULL", store::args![]).await);
        assert_eq!(leased, 40, "a claim takes one and no more");
    }

    async fn a_mail_whose_worker_died_comes_back_as_unclear(t) {
        let m = mailbox(t).await;
        let id = order(t, &m, 1).await;
        assert_eq!(claim(t).await.unwrap().status, Status::Sending);
        assert!(claim(t).await.is_none());
        assert_eq!(read!(t, tx => submissions::next_due(tx).await), Some(t.store.now() + 60_000));
        t.clock.advance(Duration::from_secs(60));
        let again = claim(t).await.unwrap();
        assert_eq!((again.id, again.status, again.attempts), (id, Status::Unclear, 2));
        // It was found in Sent, or not: filing, or to be sent once more.
        turn(t, &again, Status::Queued, t.store.now()).await;
        assert_eq!(claim(t).await.unwrap().status, Status::Sending);
    }

    async fn a_claim_that_waited_too_long_for_its_turn_is_not_held_any_more(t) {
        let m = mailbox(t).await;
        order(t, &m, 1).await;
        let first = claim(t).await.unwrap();
        t.clock.advance(Duration::from_secs(50));
        assert!(hold(t, &first).await, "in time: the lease begins anew");
        t.clock.advance(Duration::from_secs(50));
        assert!(claim(t).await.is_none());
        t.clock.advance(Duration::from_secs(10));
        let second = claim(t).await.unwrap();
        assert!(!hold(t, &first).await, "another worker looks for the mail now");
        turn(t, &second, Status::Queued, t.store.now()).await;
        assert!(!hold(t, &second).await, "given back");
        let third = claim(t).await.unwrap();
        assert!(!hold(t, &first).await && hold(t, &third).await);
    }

    async fn a_submission_goes_its_way_to_sent_and_survives_a_dead_worker_while_filing(t) {
        let m = mailbox(t).await;
        let id = order(t, &m, 1).await;
        let sending = claim(t).await.unwrap();
        let gone = t.store.now();
        turn(t, &sending, Status::Filing, gone).await;
        t.clock.advance(Duration::from_secs(1));
        let filing = claim(t).await.unwrap();
        assert_eq!((filing.status, filing.sent_at), (Status::Filing, Some(gone)));
        t.clock.advance(Duration::from_secs(60));
        let filing = claim(t).await.unwrap();
        assert_eq!(filing.status, Status::Filing, "what has gone is never sent again");
        turn(t, &filing, Status::Sent, t.store.now()).await;
        assert!(claim(t).await.is_none());
        let found = read!(t, tx => submissions::find(tx, m.account, id).await).unwrap();
        assert_eq!((found.status, found.sent_at, found.delivery.as_str()), (Status::Sent, Some(gone), r#"{"bob@example.com":{}}"#));
        assert_eq!(read!(t, tx => submissions::next_due(tx).await), None);
    }

    async fn later_is_not_before_its_time(t) {
        let m = mailbox(t).await;
        order(t, &m, 1).await;
        let sending = claim(t).await.unwrap();
        let later = t.store.now() + HOUR;
        turn(t, &sending, Status::Queued, later).await;
        assert!(claim(t).await.is_none());
        assert_eq!(read!(t, tx => submissions::next_due(tx).await), Some(later));
        t.clock.advance(Duration::from_secs(3600));
        assert!(claim(t).await.is_some());
    }

    async fn only_what_waits_is_taken_back(t) {
        let m = mailbox(t).await;
        let (one, two) = (order(t, &m, 1).await, order(t, &m, 2).await);
        assert!(write!(t, tx => submissions::cancel(tx, m.account, one).await));
        assert!(!write!(t, tx => submissions::cancel(tx, m.account, one).await));
        assert_eq!(claim(t).await.unwrap().id, two);
        assert!(!write!(t, tx => submissions::cancel(tx, m.account, two).await));
        assert!(claim(t).await.is_none());
        assert_eq!(Status::Canceled.undo_status(), "canceled");
        assert_eq!(read!(t, tx => submissions::list(tx, m.account, 10).await).len(), 2);
    }

    async fn the_bytes_of_a_submission_outlive_the_draft(t) {
        let m = mailbox(t).await;
        let id = order(t, &m, 1).await;
        let found = read!(t, tx => submissions::find(tx, m.account, id).await).unwrap();
        write!(t, tx => emails::remove(tx, m.account, found.email_id).await);
        let claimed = claim(t).await.unwrap();
        assert!(t.store.blobs().get(claimed.blob_id).await.unwrap().is_some());
    }
}
