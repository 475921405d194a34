//! Guides, failures, traffic, protocol logs and pending accounts, on both databases.

use std::time::Duration;

use store::accounts::{self, NewAccount};
use store::credentials;
use store::failures::{self, Where};
use store::grants::{self, Subject};
use store::guides::{self, Change};
use store::intervals::Cause;
use store::pending_accounts::{self, NewPending};
use store::protocol_log::{self, Line};
use store::traffic::{self, Traffic};
use store::users::{self, Role};

use crate::scene::{HOUR, credential, grant, mailbox, new_account, user};

on_both! {
async fn a_guide_is_saved_from_the_version_that_was_read(t) {
    let change = |step: &str| Change {
        step: step.to_owned(),
        answers: "{}".to_owned(),
        credential_id: None,
    };
    let first = change("choose");
    assert!(write!(t, tx => guides::save(tx, "google", 0, &first, "alice").await));
    let late = change("console");
    assert!(!write!(t, tx => guides::save(tx, "google", 0, &late, "bob").await));
    let next = change("bring");
    assert!(write!(t, tx => guides::save(tx, "google", 1, &next, "bob").await));
    for done in [true, true] {
        write!(t, tx => guides::mark(tx, "google", "client", done, "alice").await);
    }
    let guide = read!(t, tx => guides::find(tx, "google").await);
    assert_eq!((guide.version, guide.step.as_str()), (2, "bring"));
    assert_eq!(guide.cards["client"].1, "alice");
    let at = read!(t, tx => guides::done_at(tx, "google", "client").await);
    assert_eq!(at, Some(guide.cards["client"].0));
    write!(t, tx => guides::forget(tx, "google").await);
    let fresh = read!(t, tx => guides::find(tx, "google").await);
    assert!(fresh.step.is_empty() && fresh.cards.is_empty());
    assert_eq!(fresh.version, 3, "what was read before passes over nothing");
    assert!(!write!(t, tx => guides::save(tx, "google", 1, &change("bring"), "bob").await));
}

async fn failures_are_summed_by_credential_and_cause_and_unknown_words_stay_apart(t) {
    let id = credential(t, "google").await;
    let at = Where {
        provider: "google".to_owned(),
        credential: Some(id),
        account: None,
    };
    for words in ["first words", "other words", "first words"] {
        let (at, cause) = (at.clone(), Cause::new("unknown-answer").said(words));
        write!(t, tx => failures::note(tx, &at, &cause, Some(words)).await);
    }
    for _ in 0..3 {
        let (at, cause) = (at.clone(), Cause::new("throttled").said("slow down"));
        write!(t, tx => failures::note(tx, &at, &cause, None).await);
    }
    let tallies = read!(t, tx => failures::since(tx, 0, 10).await);
    let told: Vec<(&str, i64, &str)> = tallies
        .iter()
        .map(|tally| (tally.cause.id.as_str(), tally.count, tally.said.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("throttled", 3, ""),
            ("unknown-answer", 2, "first words"),
            ("unknown-answer", 1, "other words"),
        ]
    );
    assert!(tallies.iter().all(|tally| tally.credential == Some(id) && tally.accounts == 0));
    t.clock.advance(Duration::from_secs(32 * 24 * 3_600));
    let cause = Cause::new("network");
    write!(t, tx => failures::note(tx, &at, &cause, None).await);
    let kept = read!(t, tx => failures::since(tx, 0, 10).await);
    assert_eq!(kept.len(), 1, "a month is kept: {kept:?}");
}

async fn what_taps_counted_is_written_and_a_log_that_is_on_takes_lines_until_its_time(t) {
    let account = mailbox(t).await.account;
    let tap = t.store.tap(account);
    assert!(!tap.is_on());
    write!(t, tx => protocol_log::switch_on(tx, account, tx.now() + HOUR).await);
    t.store.read_log_switches().await.unwrap();
    assert!(tap.is_on());
    tap.opened();
    tap.received(100);
    tap.received(23);
    tap.sent(7);
    tap.command();
    tap.line("imap C: T1 NOOP".to_owned());
    tap.line("imap S: T1 OK".to_owned());
    t.store.flush_taps().await.unwrap();
    t.store.flush_taps().await.unwrap();
    let today = read!(t, tx => traffic::today(tx, account).await);
    let wanted = Traffic {
        received_bytes: 123,
        sent_bytes: 7,
        commands: 1,
        connections: 1,
    };
    assert_eq!(today, Some(wanted), "flushing twice counts once");
    let lines = read!(t, tx => protocol_log::lines(tx, account).await);
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["imap C: T1 NOOP", "imap S: T1 OK"], "in their order");
    t.clock.advance(Duration::from_secs(2 * 3_600));
    assert!(!tap.is_on());
    let late = vec![Line { at: t.store.now(), text: "late".to_owned() }];
    write!(t, tx => protocol_log::append(tx, account, &late).await);
    assert_eq!(read!(t, tx => protocol_log::summary(tx, account).await).lines, 2);
    write!(t, tx => protocol_log::erase(tx, account).await);
    assert_eq!(read!(t, tx => protocol_log::summary(tx, account).await).lines, 0);
}

async fn a_pending_account_waits_for_its_person_and_goes_when_the_mailbox_is_connected(t) {
    let owner = user(t, "alice", Role::Member).await;
    let id = credential(t, "google").await;
    let pending = NewPending {
        user_id: owner,
        credential_id: id,
        key: "sales".to_owned(),
        name: "営業".to_owned(),
        address: "alice@example.com".to_owned(),
        mailbox_address: "alice@example.com".to_owned(),
        note: String::new(),
    };
    for _ in 0..2 {
        let pending = pending.clone();
        write!(t, tx => pending_accounts::put(tx, &pending).await);
    }
    let other = user(t, "bob", Role::Member).await;
    assert_eq!(read!(t, tx => pending_accounts::list(tx, Some(owner)).await).len(), 1);
    assert!(read!(t, tx => pending_accounts::list(tx, Some(other)).await).is_empty());
    let given = grant(t, owner, id, "alice").await;
    let new = new_account(owner, given, "Alice@example.com");
    let account = write!(t, tx => accounts::connect(tx, new).await);
    assert!(read!(t, tx => pending_accounts::list(tx, None).await).is_empty());
    let named = read!(t, tx => accounts::find(tx, account).await).unwrap();
    assert_eq!(named.name, "営業");
    assert_eq!(read!(t, tx => credentials::people_consented(tx, id).await), 1);
}

async fn the_apps_own_grant_outlives_the_administrator_who_added_the_first_mailbox(t) {
    let first = user(t, "alice", Role::Member).await;
    let second = user(t, "bob", Role::Member).await;
    let id = credential(t, "app").await;
    let subject = Subject {
        issuer: "https://login.example".to_owned(),
        key: "app:x".to_owned(),
        address: String::new(),
        tenant: "contoso.example".to_owned(),
    };
    let (one, other) = (subject.clone(), subject);
    let app = write!(t, tx => grants::of_app(tx, first, id, &one).await);
    let same = write!(t, tx => grants::of_app(tx, second, id, &other).await);
    assert_eq!(same, app, "one a credential");
    let new = new_account(second, app, "info@contoso.example");
    write!(t, tx => accounts::connect(tx, new).await);
    let removed = t
        .store
        .try_write(move |tx| Box::pin(async move { users::remove(tx, first).await }))
        .await;
    assert!(removed.is_ok(), "{:?}", removed.err());
    let kept = read!(t, tx => grants::find(tx, app).await).unwrap();
    assert_eq!((kept.user_id, kept.status), (second, grants::Status::Good));
}

async fn connecting_a_shared_mailbox_leaves_the_persons_own_one_waiting(t) {
    let owner = user(t, "ichiro", Role::Member).await;
    let id = credential(t, "google").await;
    let pending = |mailbox: &str, name: &str| NewPending {
        user_id: owner,
        credential_id: id,
        key: String::new(),
        name: name.to_owned(),
        address: "ichiro@example.com".to_owned(),
        mailbox_address: mailbox.to_owned(),
        note: String::new(),
    };
    for new in [pending("ichiro@example.com", "own"), pending("info@example.com", "shared")] {
        write!(t, tx => pending_accounts::put(tx, &new).await);
    }
    let given = grant(t, owner, id, "ichiro").await;
    let new = NewAccount {
        address: "ichiro@example.com".to_owned(),
        ..new_account(owner, given, "info@example.com")
    };
    let account = write!(t, tx => accounts::connect(tx, new).await);
    let left = read!(t, tx => pending_accounts::list(tx, None).await);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].of.mailbox_address, "ichiro@example.com");
    let named = read!(t, tx => accounts::find(tx, account).await).unwrap();
    assert_eq!(named.name, "shared");
}
}
