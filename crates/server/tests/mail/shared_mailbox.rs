//! A mailbox that several people open: who consents and whose mailbox it is differ.

use serde_json::{Value, json};
use testing::program::{Jmap, begin_with, call_back, decide, finished};

use sandbox::browser::Choice;

use crate::scene::{CAROL, House, ICHIRO, INFO, Mailbox, cause, step, text};

fn wanting(house: &House, person: &str) -> Value {
    json!({ "credential_id": house.microsoft, "address": person, "mailbox_address": INFO })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_mailbox_keeps_all_three_names_and_is_sent_from() {
    let house = House::new().await;
    house.deliver(INFO, "to the team");
    let begun = begin_with(&house.member, &wanting(&house, CAROL)).await;
    let callback = decide(&house.member, &begun, &Choice::allow(CAROL)).await;
    let _ = call_back(&house.member, &callback).await.is(303);
    let done = finished(&house.member, &begun.connect_id).await;
    assert_eq!(done["state"], "done", "{done}");
    for name in ["imap", "smtp"] {
        assert_eq!(step(&done, name)["outcome"], "ok", "{done}");
    }
    let account = house.account(&text(&done["account_id"])).await;
    // Who consented, which mailbox, and (below) which sender.
    assert_eq!(account["grant"]["person"], CAROL);
    assert_eq!(account["mailbox_address"], INFO);
    let jmap = Jmap::open(&house.member).await;
    let info = Mailbox {
        address: INFO.to_owned(),
        id: text(&done["account_id"]),
        jmap,
    };
    info.arrived("to the team").await;
    let identities = info
        .jmap
        .call(&info.id, "Identity/get", json!({ "ids": null }))
        .await;
    assert_eq!(identities["list"][0]["email"], INFO);
    let submission = info.send("guest@elsewhere.example", "from the team").await;
    let reply = info.reply(&submission, "guest@elsewhere.example").await;
    assert!(text(&reply["smtpReply"]).starts_with("250"), "{reply}");
    let out = house.sandbox.messages("*", None).to_string();
    assert!(out.contains(INFO), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_mailbox_of_the_same_person_needs_no_second_consent() {
    let house = House::new().await;
    house.deliver(INFO, "to the team");
    house.connect(CAROL).await;
    let authorizations = house.count("authorizations");
    let begun = house
        .member
        .post("/api/connect", &wanting(&house, CAROL))
        .await
        .is(201)
        .json();
    assert_eq!(begun["authorization_url"], Value::Null);
    let done = finished(&house.member, &text(&begun["connect_id"])).await;
    assert_eq!(done["state"], "done", "{done}");
    let info = house.mailbox(INFO, &done).await;
    info.arrived("to the team").await;
    assert_eq!(house.count("authorizations"), authorizations);
    // One grant, two accounts: leaving one leaves the other in order.
    let _ = house
        .member
        .delete(&format!("/api/accounts/{}", info.id))
        .await
        .ok();
    let carol = house.member.get("/api/accounts").await.ok()["items"][0].clone();
    assert_eq!(carol["grant"]["status"], "good");
    house.deliver(CAROL, "after that");
    let carol = Mailbox {
        address: CAROL.to_owned(),
        id: text(&carol["id"]),
        jmap: Jmap::open(&house.member).await,
    };
    carol.arrived("after that").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_rights_is_told_so_at_the_mailbox_and_the_consent_is_kept() {
    let house = House::new().await;
    let begun = begin_with(&house.member, &wanting(&house, ICHIRO)).await;
    let callback = decide(&house.member, &begun, &Choice::allow(ICHIRO)).await;
    let _ = call_back(&house.member, &callback).await.is(303);
    let done = finished(&house.member, &begun.connect_id).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(cause(&done, "imap"), "exchange-not-connected");
    let account = house.account(&text(&done["account_id"])).await;
    assert_eq!(account["sync"]["status"], "later");
    // The right is given: a retry is enough.
    house.sandbox.add_person(sandbox::NewPerson {
        rights: vec![INFO.to_owned()],
        ..sandbox::NewPerson::new(sandbox::ProviderKind::Microsoft, ICHIRO, "鈴木一郎")
    });
    let retry = format!("/api/connect/{}/retry", begun.connect_id);
    let _ = house.member.post(&retry, &json!({})).await.is(202);
    house
        .until(&text(&done["account_id"]), "sync", "live")
        .await;
}
