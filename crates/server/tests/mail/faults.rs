//! What a mail server or the database can do to us. Afterwards the next mail comes through, by itself.

use std::time::Duration;

use sandbox::{Fault, FaultKind, Protocol, ProviderKind};
use serde_json::json;
use testing::program::{Place, Setup, Tegata};
use testing::wait_for;

use crate::scene::{ALICE, CAROL, House, PATIENCE, sandbox};

/// Strikes the mailbox's next session once, and wants the mail that comes afterwards.
async fn survives(house: &House, provider: ProviderKind, number: usize, fault: Fault) {
    let mailbox = house.newcomer(provider, number).await;
    let kind = fault.kind;
    house.sandbox.fault(fault.at(provider).times(1));
    house.end_access_of(&mailbox.address);
    let subject = format!("after {kind:?} {number}");
    house.deliver(&mailbox.address, &subject);
    let email = mailbox.arrived(&subject).await;
    assert_eq!(email["preview"], "Hello.", "{kind:?}");
    let left = house.sandbox.state()["faults"]
        .as_array()
        .map_or(0, Vec::len);
    assert_eq!(left, 0, "{kind:?} {number} did not strike");
    house.until(&mailbox.id, "sync", "live").await;
}

async fn survives_all(provider: ProviderKind) {
    let house = House::new().await;
    let faults = [
        Fault::new(FaultKind::GreetingBye),
        Fault::new(FaultKind::ImapUnavailable),
        Fault::new(FaultKind::HugeLiteral),
        Fault::new(FaultKind::LongLine),
        Fault::new(FaultKind::Slow).ms(150),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        survives(&house, provider, number, fault).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gmail_may_misbehave_and_the_next_mail_comes_through() {
    survives_all(ProviderKind::Google).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exchange_may_misbehave_and_the_next_mail_comes_through() {
    survives_all(ProviderKind::Microsoft).await;
}

async fn survives_cuts(provider: ProviderKind) {
    let house = House::new().await;
    // Before the greeting, in it, in the capabilities, the login, the list, the folder, the rows, a body.
    for (number, bytes) in [0, 20, 200, 600, 1_200, 2_000, 3_000, 4_500]
        .into_iter()
        .enumerate()
    {
        let mailbox = house.newcomer(provider, number).await;
        let cut = Fault::new(FaultKind::HangUpAfterBytes).after_bytes(Protocol::Imap, bytes);
        house.sandbox.fault(cut.at(provider).times(1));
        house.end_access_of(&mailbox.address);
        for round in 0..3 {
            let subject = format!("cut {bytes} {round}");
            house.deliver(&mailbox.address, &subject);
            let email = mailbox.arrived(&subject).await;
            assert_eq!(email["preview"], "Hello.", "{bytes}");
            assert_eq!(mailbox.with_subject(&subject).await.len(), 1, "{bytes}");
        }
        house.sandbox.clear_faults(None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_gmail_may_be_cut_in_any_phase() {
    survives_cuts(ProviderKind::Google).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_exchange_may_be_cut_in_any_phase() {
    survives_cuts(ProviderKind::Microsoft).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_pull_that_is_cut_again_and_again_gets_everything_in_the_end() {
    let house = House::new().await;
    for (person, bytes) in [(ALICE, 30_000), (CAROL, 30_000)] {
        for number in 0..120 {
            house.deliver(person, &format!("bulk {number}"));
        }
        let cut = Fault::new(FaultKind::HangUpAfterBytes).after_bytes(Protocol::Imap, bytes);
        house.sandbox.fault(cut.of(person).times(3));
        let done = house.try_connect(person).await;
        let mailbox = house.mailbox(person, &done).await;
        wait_for("all of it", PATIENCE, async || {
            (mailbox.in_folder("inbox").await.len() == 120).then_some(())
        })
        .await;
        let mut subjects: Vec<String> = mailbox
            .in_folder("inbox")
            .await
            .iter()
            .map(|email| crate::scene::text(&email["subject"]))
            .collect();
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), 120, "each once");
        house.sandbox.clear_faults(None);
    }
}

/// What asks for patience is shown with its cause and time; a check that goes well ends the waiting.
async fn waits_visibly(provider: ProviderKind, causes: &[(FaultKind, &str)]) {
    let house = House::new().await;
    for (number, (kind, cause)) in causes.iter().enumerate() {
        let mailbox = house.newcomer(provider, number).await;
        house
            .sandbox
            .fault(Fault::new(*kind).of(&mailbox.address).ms(300_000));
        house.end_access_of(&mailbox.address);
        house.deliver(&mailbox.address, "wakes the session");
        let account = wait_for("the state", PATIENCE, async || {
            let now = house.account(&mailbox.id).await;
            (now["sync"]["status"] != "live").then_some(now)
        })
        .await;
        assert_eq!(account["sync"]["status"], "later", "{kind:?} {account}");
        assert_eq!(account["sync"]["advice"]["cause_id"], *cause, "{kind:?}");
        assert!(account["sync"]["until"].is_string(), "{account}");
        assert_eq!(account["grant"]["status"], "good", "{kind:?}");
        house.sandbox.clear_faults(None);
        let path = format!("/api/accounts/{}/check", mailbox.id);
        let checked = house.member.post(&path, &json!({})).await.ok();
        assert_eq!(
            crate::scene::step(&checked, "imap_idle")["outcome"],
            "ok",
            "{kind:?} {checked}"
        );
        house.deliver(&mailbox.address, "afterwards");
        mailbox.arrived("afterwards").await;
        house.until(&mailbox.id, "sync", "live").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gmails_limits_are_waited_for_visibly() {
    let causes = [
        (FaultKind::TooManyConnections, "gmail-too-many-connections"),
        (FaultKind::ImapThrottled, "gmail-overquota"),
        (FaultKind::ImapOff, "gmail-imap-disabled-user"),
    ];
    waits_visibly(ProviderKind::Google, &causes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanges_limits_are_waited_for_visibly() {
    let causes = [
        (FaultKind::ImapThrottled, "exchange-throttled"),
        (FaultKind::NotConnected, "exchange-not-connected"),
        (FaultKind::TooManyConnections, "exchange-server-unavailable"),
    ];
    waits_visibly(ProviderKind::Microsoft, &causes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_exchange_cannot_convert_stands_alone() {
    let house = House::new().await;
    for number in 0..10 {
        house.deliver(CAROL, &format!("readable {number}"));
    }
    // Refused at each of the two looks.
    house
        .sandbox
        .fault(Fault::new(FaultKind::UnreadableMessage).of(CAROL).times(2));
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    house.sandbox.clear_faults(None);
    house.deliver(CAROL, "the next one");
    mailbox.arrived("the next one").await;
    assert!(mailbox.in_folder("inbox").await.len() >= 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_may_go_and_come_back() {
    let Some(mut server) = testing::postgres::server() else {
        return;
    };
    let database = server.database();
    let sandbox = sandbox().await;
    let setup = Setup {
        store: Place::Postgres(database.url.clone()),
        ..Setup::with(&sandbox)
    };
    let tegata = Tegata::start(env!("CARGO_BIN_EXE_tegata"), setup);
    let house = House::of(tegata, sandbox).await;
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    server.stop();
    let status = |wanted: u16| {
        let (stranger, ready) = (house.tegata.stranger(), "/readyz");
        async move {
            wait_for("/readyz", Duration::from_secs(90), async || {
                (stranger.get(ready).await.status == wanted).then_some(())
            })
            .await;
        }
    };
    status(503).await;
    // Mail comes and a token ends while nothing can be written down.
    house.deliver(CAROL, "came without a database");
    house.end_access_tokens(ProviderKind::Microsoft);
    assert_eq!(house.tegata.stranger().get("/healthz").await.status, 200);
    server.start();
    status(200).await;
    let back = wait_for("the sign-in", PATIENCE, async || {
        let answer = house.member.get("/api/me").await;
        (answer.status == 200).then_some(answer)
    });
    let _ = back.await;
    wait_for("the mail", Duration::from_secs(90), async || {
        let found = mailbox.with_subject("came without a database").await;
        (!found.is_empty()).then_some(())
    })
    .await;
    house.until(&mailbox.id, "grant", "good").await;
    drop(house);
}
