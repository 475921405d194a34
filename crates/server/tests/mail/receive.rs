//! Mail from the provider to JMAP, and flags both ways.

use std::time::{Duration, Instant};

use sandbox::{Fault, FaultKind, ProviderKind};
use serde_json::{Value, json};
use sync::imap::{Connection, Limits};
use sync::net::{Target, Tls};
use testing::wait_for;
use wire::imap::SequenceSet;
use wire::imap::command::{StoreChange, StoreItem, StoreMode};

use crate::scene::{ALICE, BOTH, CAROL, House, Mailbox, PATIENCE, mail, text};

/// Another mail program at the same mailbox.
async fn elsewhere(house: &House, provider: ProviderKind, address: &str) -> Connection {
    let urls = match provider {
        ProviderKind::Google => &house.sandbox.google,
        ProviderKind::Microsoft => &house.sandbox.microsoft,
    };
    let (host, port) = urls.imap.split_once(':').expect("host and port");
    let target = Target {
        host: host.to_owned(),
        port: port.parse().expect("a port"),
        tls: Tls::Implicit,
        ca_file: Some(house.tegata.folder.join("sandbox-ca.pem")),
        proxy: None,
        allow_private_addresses: true,
        tap: None,
    };
    let token = house.tegata.done(&["token", address], "").await;
    let connection = Connection::open(&target, Limits::default()).await;
    let mut connection = connection.expect("the sandbox answers");
    let login = connection
        .authenticate_xoauth2(address, &token.trim().to_owned().into())
        .await;
    login.expect("the token opens the mailbox");
    connection.select("INBOX", false).await.expect("an inbox");
    connection
}

fn flag(mode: StoreMode, name: &str) -> StoreChange {
    StoreChange {
        mode,
        silent: false,
        what: StoreItem::Flags(vec![name.to_owned()]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_five_hundred_of_each_folder_come_and_then_what_is_new() {
    let house = House::new().await;
    let now = house.sandbox.now();
    for (provider, person) in BOTH {
        for number in 0..530_i64 {
            let raw = mail(person, &format!("old {number}"));
            let sent =
                house
                    .sandbox
                    .deliver_to(person, "inbox", &raw, now - 100_000 + number, &[], &[]);
            sent.expect("delivered");
        }
        let sent = if provider == ProviderKind::Google {
            "all"
        } else {
            "archive"
        };
        let raw = mail(person, "in another folder");
        let filed = house.sandbox.deliver_to(
            person,
            sent,
            &raw,
            now - 5_000_000,
            &["\\Seen".to_owned()],
            &[],
        );
        filed.expect("delivered");
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        let inbox = mailbox.in_folder("inbox").await;
        assert_eq!(inbox.len(), 500);
        assert_eq!(mailbox.folder("inbox").await["totalEmails"], 500);
        assert!(inbox.iter().any(|email| email["subject"] == "old 529"));
        assert!(!inbox.iter().any(|email| email["subject"] == "old 29"));
        house.deliver(person, "the newest");
        mailbox.arrived("the newest").await;
        assert_eq!(mailbox.folder("inbox").await["totalEmails"], 501);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gmail_message_with_labels_is_one_email_in_several_mailboxes() {
    let house = House::new().await;
    let now = house.sandbox.now();
    let raw = mail(ALICE, "labelled");
    let labels = ["Work".to_owned()];
    let delivered = house
        .sandbox
        .deliver_to(ALICE, "inbox", &raw, now, &[], &labels);
    delivered.expect("delivered");
    let mailbox = house.connect(ALICE).await;
    house.until(&mailbox.id, "sync", "live").await;
    let found = mailbox.with_subject("labelled").await;
    assert_eq!(found.len(), 1, "{found:?}");
    let places = found[0]["mailboxIds"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    assert!(places >= 2, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mail_is_here_within_seconds_and_whole() {
    let house = House::new().await;
    for (_, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        for round in 0..5 {
            let subject = format!("quick {round}");
            let began = Instant::now();
            house.deliver(person, &subject);
            let email = mailbox.arrived(&subject).await;
            assert!(
                began.elapsed() < Duration::from_secs(5),
                "{:?}",
                began.elapsed()
            );
            // Exchange announces it before it can be fetched: it must not be kept as an empty one.
            assert_eq!(email["preview"], "Hello.", "{email}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_go_both_ways_and_what_is_deleted_elsewhere_goes() {
    let house = House::new().await;
    for (provider, person) in BOTH {
        house.deliver(person, "stays");
        house.deliver(person, "goes");
        let mailbox = house.connect(person).await;
        let stays = mailbox.arrived("stays").await;
        mailbox.arrived("goes").await;
        house.until(&mailbox.id, "sync", "live").await;

        mailbox.mark(&stays, "$seen", true).await;
        mailbox.mark(&stays, "$flagged", true).await;
        flags_there(&house, person, "stays", &["\\Seen", "\\Flagged"]).await;
        mailbox.mark(&stays, "$flagged", false).await;
        flags_there(&house, person, "stays", &["\\Seen"]).await;

        let mut other = elsewhere(&house, provider, person).await;
        let uids = other
            .search(&wire::imap::SearchKey::All)
            .await
            .expect("a search");
        assert_eq!(uids.len(), 2);
        let one = SequenceSet::of([uids[0]]);
        other
            .store(&one, &flag(StoreMode::Add, "\\Flagged"))
            .await
            .expect("a flag");
        keyword_here(&mailbox, "stays", "$flagged", true).await;
        other
            .store(&one, &flag(StoreMode::Remove, "\\Seen"))
            .await
            .expect("a flag");
        keyword_here(&mailbox, "stays", "$seen", false).await;
        let second = SequenceSet::of([uids[1]]);
        other
            .store(&second, &flag(StoreMode::Add, "\\Deleted"))
            .await
            .expect("a flag");
        other.uid_expunge(&second).await.expect("an expunge");
        wait_for("the end in the inbox", PATIENCE, async || {
            let inbox = mailbox.in_folder("inbox").await;
            (!inbox.iter().any(|email| email["subject"] == "goes")).then_some(())
        })
        .await;
        assert_eq!(mailbox.with_subject("stays").await.len(), 1);
    }
}

async fn flags_there(house: &House, person: &str, subject: &str, wanted: &[&str]) {
    let what = format!("the flags {wanted:?} at {person}");
    wait_for(&what, PATIENCE, async || {
        let there = house.at_provider(person, Some("INBOX"), subject);
        let flags = there.first()?["flags"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut flags: Vec<&str> = flags.iter().filter_map(Value::as_str).collect();
        flags.sort_unstable();
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        (flags == wanted).then_some(())
    })
    .await;
}

async fn keyword_here(mailbox: &Mailbox, subject: &str, keyword: &str, on: bool) {
    wait_for(&format!("{keyword} = {on}"), PATIENCE, async || {
        let email = mailbox.with_subject(subject).await.into_iter().next()?;
        (email["keywords"].get(keyword).is_some() == on).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_made_while_the_provider_is_away_survive_a_restart() {
    let mut house = House::new().await;
    for (provider, person) in BOTH {
        house.deliver(person, "wanted");
        let mailbox = house.connect(person).await;
        let email = mailbox.arrived("wanted").await;
        house.until(&mailbox.id, "sync", "live").await;
        house.fault(FaultKind::GreetingBye, provider);
        house.end_access_tokens(provider);
        mailbox.mark(&email, "$flagged", true).await;
        house.tegata.kill();
        house.tegata.restart();
        keyword_here(&mailbox, "wanted", "$flagged", true).await;
        assert!(
            !house.at_provider(person, Some("INBOX"), "wanted")[0]["flags"]
                .to_string()
                .contains("Flagged")
        );
        house.sandbox.clear_faults(None);
        flags_there(&house, person, "wanted", &["\\Flagged"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_uidvalidity_keeps_ids_flags_and_counts() {
    let house = House::new().await;
    for (provider, person) in BOTH {
        for number in 0..30 {
            house.deliver(person, &format!("numbered {number}"));
        }
        let bare = house
            .sandbox
            .deliver(person, b"Subject: without an id\r\n\r\nx\r\n");
        bare.expect("delivered");
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        let ids = |emails: Vec<Value>| {
            let mut ids: Vec<String> = emails.iter().map(|email| text(&email["id"])).collect();
            ids.sort();
            ids
        };
        let before = ids(mailbox.in_folder("inbox").await);
        assert_eq!(before.len(), 31);
        house.sandbox.fault(
            Fault::new(FaultKind::UidvalidityChange)
                .at(provider)
                .of(person)
                .folder("INBOX"),
        );
        house.deliver(person, "after the renumbering");
        mailbox.arrived("after the renumbering").await;
        wait_for("the same ids", PATIENCE, async || {
            let now = ids(mailbox.in_folder("inbox").await);
            let kept = before.iter().all(|id| now.contains(id));
            (kept && now.len() == 32).then_some(())
        })
        .await;
        let inbox = mailbox.folder("inbox").await;
        assert_eq!(inbox["totalEmails"], 32, "{inbox}");
        // And flags still find their way.
        let email = mailbox.with_subject("numbered 7").await[0].clone();
        mailbox.mark(&email, "$seen", true).await;
        flags_there(&house, person, "numbered 7", &["\\Seen"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_the_program_is_off_is_there_after_the_start() {
    let mut house = House::new().await;
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    house.tegata.stop();
    for number in 0..60 {
        house.deliver(CAROL, &format!("meanwhile {number}"));
    }
    house.tegata.restart();
    wait_for("all sixty", PATIENCE, async || {
        (mailbox.in_folder("inbox").await.len() == 60).then_some(())
    })
    .await;
    let seen = mailbox
        .jmap
        .call(&mailbox.id, "Mailbox/get", json!({ "ids": null }))
        .await;
    let inbox = seen["list"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["role"] == "inbox");
    assert_eq!(
        inbox.map(|inbox| inbox["unreadEmails"].clone()),
        Some(json!(60))
    );
}
