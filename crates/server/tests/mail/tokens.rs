//! A grant's life as people see it: refreshed, refused, waiting, ended by the provider, mended; never lost.

use std::time::Duration;

use sandbox::{
    Fault, FaultKind, GOOGLE_CLIENT_ID, MICROSOFT_CLIENT_ID, NewApp, Protocol, ProviderKind,
};
use serde_json::{Value, json};
use testing::program::{Method, Place, Setup, Tegata};
use testing::wait_for;

use crate::scene::{ALICE, BOTH, CAROL, House, PATIENCE, sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_early_is_refreshed_once_and_mail_goes_on() {
    let house = House::new().await;
    for (provider, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        for round in 1..=3 {
            house.end_access_tokens(provider);
            let subject = format!("round {round}");
            house.deliver(person, &subject);
            mailbox.arrived(&subject).await;
        }
        let there = house.there(person);
        let at_once = there["most_refreshes_at_once"].as_u64();
        assert!(at_once.is_some_and(|most| most <= 1), "{there}");
        assert_eq!(
            there["refreshes"].as_array().map(Vec::len),
            Some(3),
            "{there}"
        );
        let account = house.account(&mailbox.id).await;
        assert_eq!(account["grant"]["status"], "good");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn short_lived_tokens_are_refreshed_ahead_of_their_end_by_themselves() {
    let house = House::new().await;
    house
        .sandbox
        .fault(Fault::new(FaultKind::ShortTokens).ms(33_000));
    house.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    let mut mailboxes = Vec::new();
    for (_, person) in BOTH {
        mailboxes.push(house.connect(person).await);
    }
    for mailbox in &mailboxes {
        house.until(&mailbox.id, "sync", "live").await;
        wait_for("a refresh", Duration::from_secs(60), async || {
            let done = house.there(&mailbox.address)["refreshes"]
                .as_array()
                .map_or(0, Vec::len);
            (done >= 1).then_some(())
        })
        .await;
        house.deliver(&mailbox.address, "still here");
        mailbox.arrived("still here").await;
        assert_eq!(house.there(&mailbox.address)["ended"], Value::Null);
        let account = house.account(&mailbox.id).await;
        assert_eq!(account["grant"]["status"], "good");
        let was_late = account["intervals"].as_array().into_iter().flatten();
        let states: Vec<&Value> = was_late.map(|interval| &interval["status"]).collect();
        assert!(!states.contains(&&json!("throttled")), "{states:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_asks_for_consent_its_mail_stays_readable_and_consent_mends_it() {
    let house = House::new().await;
    for (provider, person) in BOTH {
        house.deliver(person, "read before");
        let mailbox = house.connect(person).await;
        let email = mailbox.arrived("read before").await;
        house.until(&mailbox.id, "sync", "live").await;
        house
            .sandbox
            .fault(Fault::new(FaultKind::RevokeGrant).of(person));
        house.end_access_tokens(provider);
        // Gmail says so only when the session is used again.
        house.deliver(person, "meanwhile");
        let account = house.until(&mailbox.id, "grant", "needs_consent").await;
        let advice = &account["grant"]["advice"];
        assert_eq!(advice["who"], "member", "{advice}");
        assert!(advice["cure"].as_str().is_some_and(|cure| !cure.is_empty()));
        assert_eq!(
            mailbox.with_subject("read before").await[0]["id"],
            email["id"]
        );
        let path = format!("/api/credentials/{}", house.credential(person));
        let credential = house.admin.get(&path).await.ok();
        assert_eq!(credential["status"], "good", "the app is not to blame");
        let again = house.connect(person).await;
        assert_eq!(again.id, mailbox.id);
        house.until(&mailbox.id, "grant", "good").await;
        again.arrived("meanwhile").await;
        house.until(&mailbox.id, "sync", "live").await;
        let intervals = house.account(&mailbox.id).await["intervals"].to_string();
        assert!(intervals.contains("needs_consent"), "{intervals}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_secret_breaks_the_credential_and_entering_the_new_one_mends_everything() {
    let house = House::new().await;
    for (provider, person, client_id, secret) in [
        (
            ProviderKind::Google,
            ALICE,
            GOOGLE_CLIENT_ID,
            "GOCSPX-anothersecretanothersecret0",
        ),
        (
            ProviderKind::Microsoft,
            CAROL,
            MICROSOFT_CLIENT_ID,
            "new8Q~AnotherSecretAnotherSecretAnotherS",
        ),
    ] {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        house.sandbox.add_app(NewApp {
            redirect_uris: vec![format!("{}/common/cmn270.do", house.tegata.base)],
            unverified: provider == ProviderKind::Google,
            ..NewApp::new(provider, client_id, secret)
        });
        house.end_access_tokens(provider);
        house.deliver(person, "wakes the session");
        let account = house.until(&mailbox.id, "grant", "app_broken").await;
        assert_eq!(
            account["grant"]["advice"]["cause_id"],
            "client-secret-wrong"
        );
        assert_eq!(account["grant"]["advice"]["who"], "administrator");
        let path = format!("/api/credentials/{}", house.credential(person));
        let answer = house.admin.get(&path).await;
        assert_eq!(answer.ok()["status"], "broken");
        let changed = house
            .admin
            .ask(Method::PATCH, &path)
            .header("if-match", answer.header("etag"))
            .json(&json!({ "client_secret": secret }))
            .send()
            .await;
        let _ = changed.ok();
        // Nobody presses anything.
        house.until(&mailbox.id, "grant", "good").await;
        house.deliver(person, "after the new secret");
        mailbox.arrived("after the new secret").await;
        assert_eq!(house.admin.get(&path).await.ok()["status"], "good");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_at_the_token_endpoint_is_named_waited_for_and_over_by_itself() {
    let house = House::new().await;
    for (provider, _) in BOTH {
        for (number, (fault, cause)) in troubles().into_iter().enumerate() {
            // Each with a mailbox of its own: a line that fails again and again is tried more and more rarely.
            let mailbox = house.newcomer(provider, number).await;
            let kind = fault.kind;
            house.sandbox.fault(fault.of(&mailbox.address));
            house.end_access_of(&mailbox.address);
            house.deliver(&mailbox.address, "wakes the session");
            let account = house.until(&mailbox.id, "grant", "throttled").await;
            let advice = &account["grant"]["advice"];
            assert_eq!(advice["cause_id"], cause, "{kind:?} {advice}");
            assert!(account["grant"]["until"].is_string(), "{account}");
            let reader = house.member.in_language("ja");
            let path = format!("/api/accounts/{}", mailbox.id);
            let japanese = reader.get(&path).await.ok()["grant"]["advice"]["cause"].clone();
            let is_japanese = japanese.as_str().is_some_and(|text| !text.is_ascii());
            assert!(is_japanese, "{japanese}");
            house.sandbox.clear_faults(Some(kind));
            house.until(&mailbox.id, "grant", "good").await;
            mailbox.arrived("wakes the session").await;
            assert_eq!(house.there(&mailbox.address)["ended"], Value::Null);
        }
    }
}

/// What the token endpoint may do, and how that is called.
fn troubles() -> [(Fault, &'static str); 6] {
    let cut = Fault::new(FaultKind::HangUpAfterBytes).after_bytes(Protocol::Token, 30);
    [
        (Fault::new(FaultKind::Token5xx), "provider-server-error"),
        (Fault::new(FaultKind::TokenHtml), "token-reply-unreadable"),
        (
            Fault::new(FaultKind::TokenEmpty200),
            "token-reply-unreadable",
        ),
        (Fault::new(FaultKind::TokenHuge), "token-reply-unreadable"),
        (Fault::new(FaultKind::ThrottleToken).ms(2_000), "throttled"),
        (cut, "network"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_does_not_answer_in_time_is_the_networks_fault() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.until(&mailbox.id, "sync", "live").await;
    house
        .sandbox
        .fault(Fault::new(FaultKind::TokenSlow).ms(45_000).times(1));
    house.end_access_tokens(ProviderKind::Google);
    // Gmail says so only when the session is used again.
    house.deliver(ALICE, "wakes the session");
    let account = house.until(&mailbox.id, "grant", "throttled").await;
    assert_eq!(account["grant"]["advice"]["cause_id"], "network");
    house.until(&mailbox.id, "grant", "good").await;
    house.deliver(ALICE, "after the silence");
    mailbox.arrived("after the silence").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_eight_kibibytes_open_the_mailbox_both_ways() {
    let house = House::new().await;
    house.sandbox.fault(Fault::new(FaultKind::Token8k));
    for (_, person) in BOTH {
        house.deliver(person, "with a long token");
        let mailbox = house.connect(person).await;
        mailbox.arrived("with a long token").await;
        let submission = mailbox
            .send("guest@elsewhere.example", "sent with it")
            .await;
        mailbox.reply(&submission, "guest@elsewhere.example").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_postgresql_never_refresh_a_grant_at_once() {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    let sandbox = sandbox().await;
    let setup = Setup {
        store: Place::Postgres(database.url.clone()),
        ..Setup::with(&sandbox)
    };
    let first = Tegata::start(env!("CARGO_BIN_EXE_tegata"), setup.clone());
    // The second node has the same key ring and the same blobs.
    let mut second = Tegata::prepare(env!("CARGO_BIN_EXE_tegata"), &setup);
    let shared = std::os::unix::fs::symlink(first.folder.join("data"), second.folder.join("data"));
    shared.expect("a link can be made");
    second.restart();
    let house = House::of(first, sandbox).await;
    house.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    house
        .sandbox
        .fault(Fault::new(FaultKind::TokenSlow).ms(300));
    for (provider, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        for round in 1..=4 {
            let before = house.there(person)["refreshes"]
                .as_array()
                .map_or(0, Vec::len);
            house.end_access_tokens(provider);
            house.deliver(person, "wakes the session");
            wait_for("a refresh", PATIENCE, async || {
                let there = house.there(person);
                let all = there["refreshes"].as_array().cloned().unwrap_or_default();
                let over = all.iter().all(|refresh| !refresh["closed_ms"].is_null());
                (all.len() > before && over).then_some(())
            })
            .await;
            let subject = format!("round {round}");
            house.deliver(person, &subject);
            mailbox.arrived(&subject).await;
        }
        let there = house.there(person);
        let at_once = there["most_refreshes_at_once"].as_u64();
        assert!(at_once.is_some_and(|most| most <= 1), "{there}");
        assert_eq!(there["ended"], Value::Null, "{there}");
        assert_eq!(house.account(&mailbox.id).await["grant"]["status"], "good");
    }
    // Either program serves it.
    let other = second
        .sign_in("hanako", &testing::program::password_of("hanako"))
        .await;
    let accounts = other.get("/api/accounts").await.ok();
    assert_eq!(accounts["items"].as_array().map(Vec::len), Some(2));
    drop(second);
    drop(house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_killed_in_the_middle_of_a_refresh_loses_nothing() {
    let mut house = House::new().await;
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    house
        .sandbox
        .fault(Fault::new(FaultKind::TokenSlow).ms(3_000).times(1));
    house.end_access_tokens(ProviderKind::Microsoft);
    wait_for("the refresh to begin", PATIENCE, async || {
        let asked = house.there(CAROL)["refreshes"]
            .as_array()
            .map_or(0, Vec::len);
        (asked > 0).then_some(())
    })
    .await;
    house.tegata.kill();
    house.deliver(CAROL, "came while it was dead");
    house.tegata.restart();
    // The dead process's lease has to end first.
    wait_for("the mail", Duration::from_secs(90), async || {
        let found = mailbox.with_subject("came while it was dead").await;
        (!found.is_empty()).then_some(())
    })
    .await;
    let account = house.account(&mailbox.id).await;
    assert_eq!(account["grant"]["status"], "good");
}
