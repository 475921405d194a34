//! The doctor: the whole chain step by step, health, protocol log, support bundle.

use sandbox::{Fault, FaultKind, ProviderKind, Reply};
use serde_json::{Value, json};
use testing::program::Method;
use testing::wait_for;

use crate::scene::{ALICE, BOTH, CAROL, House, PATIENCE, cause, step, steps, text};

async fn check(house: &House, id: &str, body: &Value) -> Value {
    let path = format!("/api/accounts/{id}/check");
    house.member.post(&path, body).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_chain_is_told_from_the_token_to_the_mail_in_sent() {
    let house = House::new().await;
    for (provider, address) in BOTH {
        let mailbox = house.connect(address).await;
        house.until(&mailbox.id, "sync", "live").await;
        let told = check(&house, &mailbox.id, &json!({ "mail": true })).await;
        let names: Vec<String> = steps(&told)
            .iter()
            .map(|step| text(&step["name"]))
            .collect();
        let wanted = [
            "token",
            "scopes",
            "address",
            "imap_connect",
            "imap_login",
            "imap_list",
            "imap_select",
            "imap_idle",
            "smtp_connect",
            "smtp_auth",
            "mail_sent",
            "mail_arrived",
            "mail_in_sent",
        ];
        assert_eq!(names, wanted, "{provider:?}");
        for step in steps(&told) {
            assert_eq!(step["outcome"], "ok", "{step}");
        }
        assert!(text(&step(&told, "scopes")["provider_said"]).contains("wanted:"));
        assert!(text(&step(&told, "imap_connect")["provider_said"]).contains("IMAP4"));
        assert!(text(&step(&told, "imap_select")["provider_said"]).contains("UIDVALIDITY"));
        let refreshes = || {
            house.there(address)["refreshes"]
                .as_array()
                .map_or(0, Vec::len)
        };
        let before = refreshes();
        check(&house, &mailbox.id, &json!({})).await;
        assert_eq!(refreshes(), before + 1, "each check refreshes once");
        let output = house.tegata.run(&["doctor", address, "--json"], "").await;
        assert_eq!(output.status.code(), Some(0));
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed["steps"].as_array().unwrap().len(), 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_consent_is_unseen_until_a_mailbox_runs_by_it() {
    let house = House::new().await;
    let path = format!("/api/credentials/{}/check", house.microsoft);
    let before = house.admin.post(&path, &json!({})).await.ok();
    let unseen = step(&before, "admin_consent");
    assert_eq!(unseen["outcome"], "warn", "{before}");
    assert_eq!(
        unseen["advice"]["card"],
        "/admin/guide/microsoft/admin-consent"
    );
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    let after = house.admin.post(&path, &json!({})).await.ok();
    assert_eq!(step(&after, "admin_consent")["outcome"], "ok", "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_a_step_that_failed_is_skipped_and_the_doctor_exits_with_one() {
    let house = House::new().await;
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    house
        .sandbox
        .fault(Fault::new(FaultKind::NotConnected).of(CAROL));
    let told = check(&house, &mailbox.id, &json!({})).await;
    assert_eq!(step(&told, "imap_connect")["outcome"], "ok");
    let refused = steps(&told)
        .into_iter()
        .find(|step| step["advice"]["cause_id"] == "exchange-not-connected")
        .unwrap_or_else(|| panic!("{told}"));
    assert_eq!(
        refused["outcome"], "warn",
        "it was connected just now: {refused}"
    );
    assert_eq!(step(&told, "imap_idle")["outcome"], "skip");
    assert_eq!(
        step(&told, "smtp_auth")["outcome"],
        "ok",
        "sending is apart"
    );
    house.sandbox.clear_faults(None);
    house.fault(FaultKind::WrongSecret, ProviderKind::Microsoft);
    house.end_access_of(CAROL);
    let told = check(&house, &mailbox.id, &json!({})).await;
    assert_eq!(cause(&told, "token"), "client-secret-wrong");
    assert_eq!(step(&told, "smtp_connect")["outcome"], "skip");
    let output = house.tegata.run(&["doctor", CAROL], "").await;
    assert_eq!(output.status.code(), Some(1));
    let unknown = house
        .tegata
        .run(&["doctor", "nobody@example.com"], "")
        .await;
    assert_eq!(unknown.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_test_mail_and_a_busy_server_say_nothing_of_a_mailbox_that_works() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.until(&mailbox.id, "sync", "live").await;
    let content = Reply::Smtp {
        when: "message".to_owned(),
        lines: vec!["552 5.7.0 This message was blocked because its content presents a potential security issue.".to_owned()],
        close: false,
    };
    house.sandbox.fault(Fault::reply(content).of(ALICE));
    let told = check(&house, &mailbox.id, &json!({ "mail": true })).await;
    assert_eq!(cause(&told, "mail_sent"), "smtp-content-refused");
    assert_eq!(step(&told, "mail_arrived")["outcome"], "skip");
    let now = house.account(&mailbox.id).await;
    assert_eq!(now["send"]["status"], "ready", "{now}");
    house.sandbox.clear_faults(None);
    // The live session goes on, whatever the check's own connection met.
    house
        .sandbox
        .fault(Fault::new(FaultKind::TooManyConnections).of(ALICE).times(1));
    check(&house, &mailbox.id, &json!({})).await;
    house.deliver(ALICE, "still live");
    mailbox.arrived("still live").await;
    house.until(&mailbox.id, "sync", "live").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_lag_budget_and_the_failures_of_the_day_by_credential_and_cause() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.until(&mailbox.id, "sync", "live").await;
    house.deliver(ALICE, "counted");
    mailbox.arrived("counted").await;
    let now = wait_for("a lag and a budget", PATIENCE, async || {
        let now = house.account(&mailbox.id).await;
        let known =
            now["sync"]["lag"].is_u64() && now["budget"]["received_bytes"].as_u64() > Some(500);
        known.then_some(now)
    })
    .await;
    assert!(now["sync"]["lag"].as_u64() < Some(60), "{now}");
    assert_eq!(now["budget"]["limit_received_bytes"], 2_500_000_000_u64);
    assert!(now["budget"]["connections"].as_u64() >= Some(1));
    house.fault(FaultKind::ImapUnavailable, ProviderKind::Google);
    house.end_access_of(ALICE);
    check(&house, &mailbox.id, &json!({})).await;
    let health = house.admin.get("/api/health").await.ok();
    assert_eq!(health["accounts"]["total"], 1);
    let failures = health["failures"].as_array().unwrap();
    let failure = failures
        .iter()
        .find(|failure| failure["cause_id"] == "gmail-system-error")
        .unwrap_or_else(|| panic!("{health}"));
    assert_eq!(
        (&failure["provider"], &failure["accounts"]),
        (&json!("google"), &json!(1))
    );
    assert_eq!(failure["credential_id"], house.google);
    assert!(failure["advice"]["cure"].is_string());
    assert_eq!(house.member.get("/api/health").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_log_is_off_by_default_and_holds_neither_tokens_nor_mail() {
    let house = House::new().await;
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    let path = format!("/api/accounts/{}/protocol-log", mailbox.id);
    let off = house.member.get(&path).await.ok();
    assert_eq!((&off["until"], &off["lines"]), (&Value::Null, &json!(0)));
    let on = house
        .member
        .ask(Method::PUT, &path)
        .json(&json!({ "minutes": 60 }))
        .send()
        .await
        .ok();
    assert!(on["until"].is_string());
    house.deliver(CAROL, "a secret subject");
    mailbox.arrived("a secret subject").await;
    check(&house, &mailbox.id, &json!({ "mail": true })).await;
    let download = house.member.get(&format!("{path}/download")).await;
    assert!(
        download
            .header("content-disposition")
            .contains("attachment")
    );
    let log = download.text();
    for line in [
        "imap C: ",
        "AUTHENTICATE XOAUTH2 [masked]",
        "imap S: * ",
        "smtp C: AUTH XOAUTH2",
        "smtp S: 235",
        "smtp C: [message, ",
    ] {
        assert!(log.contains(line), "{line} is missing:\n{log}");
    }
    // The tokens are searched for when the test ends; the mail is searched for here.
    assert!(
        !log.contains("secret subject") && !log.contains("Hello."),
        "{log}"
    );
    let bundle = house.admin.get("/api/support-bundle").await;
    let text = bundle.text();
    assert!(text.contains("AUTHENTICATE XOAUTH2 [masked]"));
    for private in [
        "carol@",
        "secret subject",
        sandbox::MICROSOFT_CLIENT_SECRET,
        "hanako",
    ] {
        assert!(!text.contains(private), "{private} stands in the bundle");
    }
    let _ = house.member.delete(&path).await.is(204);
    let gone = house.member.get(&path).await.ok();
    assert_eq!((&gone["until"], &gone["lines"]), (&Value::Null, &json!(0)));
    let stranger = house.tegata.member("kenji").await;
    assert_eq!(stranger.get(&path).await.status, 404);
    let file = house
        .tegata
        .folder
        .join("bundle.json")
        .display()
        .to_string();
    house.tegata.done(&["doctor", "--bundle", &file], "").await;
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!written.contains("carol@") && written.contains("microsoft"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_self_check_finds_this_server_at_its_address_and_names_what_is_closed() {
    let house = House::new().await;
    let told = house.admin.post("/api/self-check", &json!({})).await.ok();
    assert_eq!(step(&told, "dns")["outcome"], "ok", "{told}");
    assert_eq!(step(&told, "own_reach")["outcome"], "ok", "{told}");
    assert_eq!(step(&told, "clock")["outcome"], "ok", "{told}");
    let outgoing: Vec<Value> = steps(&told)
        .into_iter()
        .filter(|step| step["name"] == "outgoing")
        .collect();
    assert!(outgoing.len() >= 6, "{told}");
    assert!(
        outgoing.iter().all(|step| step["outcome"] == "ok"),
        "{told}"
    );
    assert_eq!(
        house
            .member
            .post("/api/self-check", &json!({}))
            .await
            .status,
        403
    );
    let wrong = json!({ "provider": "nobody" });
    assert_eq!(
        house.admin.post("/api/self-check", &wrong).await.status,
        422
    );
}
