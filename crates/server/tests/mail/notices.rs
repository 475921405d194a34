//! Notices by mail: a death is told once, by a mailbox that works; where none does, it is told elsewhere.

use std::collections::BTreeSet;

use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use testing::program::Method;
use testing::wait_for;

use crate::scene::{ALICE, BOB, CAROL, House, PATIENCE, text};

/// The notices of a kind that lie at the provider in a person's mailbox: raw mails. At Gmail a mail lies in several
/// folders and is one all the same.
fn told(house: &House, address: &str, kind: &str) -> BTreeSet<String> {
    let messages = house.sandbox.messages(address, None);
    let line = format!("X-Tegata-Notice: {kind}\r\n");
    let items = messages["items"].as_array().cloned().unwrap_or_default();
    let raws = items.iter().map(|item| text(&item["raw"]));
    raws.filter(|raw| raw.contains(&line)).collect()
}

async fn one_mail(house: &House, address: &str, kind: &str) -> String {
    let what = format!("the notice {kind} at {address}");
    let all = wait_for(&what, PATIENCE, async || {
        let found = told(house, address, kind);
        (!found.is_empty()).then_some(found)
    })
    .await;
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().expect("one")
}

async fn notices(house: &House) -> Vec<Value> {
    let answer = house.admin.get("/api/notices").await.ok();
    answer["items"].as_array().cloned().unwrap_or_default()
}

async fn notice(house: &House, kind: &str, status: &str) -> Value {
    wait_for(&format!("{kind} {status}"), PATIENCE, async || {
        let all = notices(house).await;
        all.into_iter()
            .find(|one| one["kind"] == kind && one["status"] == status)
    })
    .await
}

async fn choose(house: &House, account: Value) {
    let body = json!({ "account_id": account });
    let ask = house.admin.ask(Method::PUT, "/api/system-mailbox");
    let _ = ask.json(&body).send().await.ok();
}

async fn profile(house: &House, login: &str, address: &str, language: &str) {
    let sql = format!(
        "UPDATE users SET address = '{address}', language = '{language}' WHERE login = '{login}'"
    );
    house.tegata.sql(&sql).await;
}

async fn kill(house: &House, address: &str) {
    let revoked = Fault::new(FaultKind::RevokeGrant).of(address);
    house.sandbox.fault(revoked);
    house.end_access_of(address);
    // Gmail says so only when the session is used again.
    house.deliver(address, "meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_is_told_to_its_owner_by_exactly_one_mail_from_the_system_mailbox() {
    let mut house = House::new().await;
    profile(&house, "hanako", BOB, "en").await;
    profile(&house, "admin", BOB, "ja").await;
    let mailbox = house.connect(ALICE).await;
    let system = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    choose(&house, json!(system.id)).await;
    kill(&house, ALICE).await;
    house.until(&mailbox.id, "grant", "needs_consent").await;
    let raw = one_mail(&house, BOB, "grant-died").await;
    assert!(raw.contains("Auto-Submitted: auto-generated\r\n"), "{raw}");
    assert!(
        raw.contains(&format!("From: Tegata <{CAROL}>\r\n")),
        "{raw}"
    );
    let read = wire::mime::read(raw.as_bytes());
    assert_eq!(
        read.headers.subject.as_deref(),
        Some("[Tegata] alice@example.com has stopped and needs to be reconnected")
    );
    let body = wire::mime::search_text(raw.as_bytes(), &read);
    assert!(body.contains("What to do:"), "{body}");
    let sent = notice(&house, "grant-died", "sent").await;
    assert_eq!(sent["to"]["address"], BOB);
    assert!(
        sent["sent_at"].is_string() && sent["cause_id"].is_string(),
        "{sent}"
    );
    let own = house.member.get("/api/notices").await.ok();
    assert_eq!(own["items"][0]["id"], sent["id"]);
    // Another look, a restart, and other news: still one.
    house.tegata.restart();
    house.admin = house.tegata.administrator().await;
    let path = format!("/api/credentials/{}", house.google);
    let etag = house.admin.get(&path).await.header("etag").to_owned();
    let ends_on = &sent["sent_at"].as_str().unwrap()[..10];
    let dated = house
        .admin
        .ask(Method::PATCH, &path)
        .header("if-match", &etag)
        .json(&json!({ "secret_ends_on": ends_on }))
        .send()
        .await;
    let _ = dated.ok();
    let raw = one_mail(&house, BOB, "secret-ends").await;
    let read = wire::mime::read(raw.as_bytes());
    let body = wire::mime::search_text(raw.as_bytes(), &read);
    assert!(
        body.contains("シークレット") && body.contains(ends_on),
        "{body}"
    );
    assert_eq!(told(&house, BOB, "grant-died").len(), 1);
    let calendar = house.admin.get("/api/endings").await.ok();
    let lines = calendar["items"][0]["notices"].clone();
    assert_eq!(
        (&lines[0]["days"], &lines[0]["to"]["address"]),
        (&json!(1), &json!(BOB)),
        "{lines}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_system_mailbox_a_death_stands_in_the_log_the_doctor_and_on_the_screen_until_it_is_cured()
 {
    let house = House::new().await;
    profile(&house, "hanako", BOB, "en").await;
    let mailbox = house.connect(ALICE).await;
    house.until(&mailbox.id, "sync", "live").await;
    kill(&house, ALICE).await;
    let stuck = notice(&house, "grant-died", "undeliverable").await;
    assert_eq!(
        stuck["undeliverable"]["cause_id"], "system-mailbox-none",
        "{stuck}"
    );
    let log = house.tegata.log();
    assert_eq!(log.matches("nobody was told by mail").count(), 1, "{log}");
    let output = house.tegata.run(&["doctor", "--json"], "").await;
    assert_eq!(output.status.code(), Some(1));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in ["system-mailbox", "notices"] {
        let step = crate::scene::step(&printed, name);
        assert_eq!(step["outcome"], "fail", "{step}");
    }
    // Its own mailbox is no way out: it is the one that stopped.
    choose(&house, json!(mailbox.id)).await;
    wait_for("another reason", PATIENCE, async || {
        let stuck = notices(&house).await;
        (stuck[0]["undeliverable"]["cause_id"] == "system-mailbox-stopped").then_some(())
    })
    .await;
    house.connect(ALICE).await;
    house.until(&mailbox.id, "grant", "good").await;
    let withdrawn = notice(&house, "grant-died", "withdrawn").await;
    assert_eq!(withdrawn["id"], stuck["id"]);
    assert!(told(&house, BOB, "grant-died").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_a_mailbox_goes_once_one_is_chosen_by_the_command_line() {
    let house = House::new().await;
    profile(&house, "hanako", ALICE, "ja").await;
    let mailbox = house.connect(ALICE).await;
    let system = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    kill(&house, ALICE).await;
    notice(&house, "grant-died", "undeliverable").await;
    let shown = house.tegata.run(&["account", "system-mailbox"], "").await;
    assert_eq!(shown.status.code(), Some(1));
    let chosen = house
        .tegata
        .done(&["account", "system-mailbox", CAROL], "")
        .await;
    assert_eq!(chosen.trim(), CAROL);
    // The profile's address is the mailbox that stopped: also to one of hers that works.
    let raw = one_mail(&house, ALICE, "grant-died").await;
    assert!(raw.contains(&format!("To: {CAROL}, {ALICE}\r\n")), "{raw}");
    notice(&house, "grant-died", "sent").await;
    house.until(&system.id, "send", "ready").await;
    let none = house
        .tegata
        .done(&["account", "system-mailbox", "--none"], "")
        .await;
    assert_eq!(none.trim(), "(none)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_secret_is_told_to_the_administrators_once_and_not_to_every_owner() {
    let house = House::new().await;
    profile(&house, "admin", BOB, "en").await;
    profile(&house, "hanako", BOB, "en").await;
    let mailbox = house.connect(ALICE).await;
    let system = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    choose(&house, json!(system.id)).await;
    house.fault(FaultKind::WrongSecret, sandbox::ProviderKind::Google);
    house.end_access_of(ALICE);
    house.deliver(ALICE, "meanwhile");
    house.until(&mailbox.id, "grant", "app_broken").await;
    let raw = one_mail(&house, BOB, "credential-broken").await;
    let read = wire::mime::read(raw.as_bytes());
    let body = wire::mime::search_text(raw.as_bytes(), &read);
    assert!(body.contains("/admin/credentials/"), "{body}");
    notice(&house, "credential-broken", "sent").await;
    assert_eq!(notices(&house).await.len(), 1);
}
