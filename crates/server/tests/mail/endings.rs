//! What ends by itself is known before it ends: the calendar, the account, the credential's page, the doctor.

use sandbox::{Audience, NewApp, ProviderKind};
use serde_json::{Value, json};
use testing::program::Method;

use crate::scene::{ALICE, BOB, CAROL, House, text};

async fn calendar(house: &House, query: &str) -> Vec<Value> {
    let answer = house.admin.get(&format!("/api/endings{query}")).await.ok();
    answer["items"].as_array().cloned().unwrap_or_default()
}

/// The app of the sandbox's Google goes into testing, with these people as testers.
fn in_testing(house: &House, testers: &[&str]) {
    house.sandbox.add_app(NewApp {
        audience: Audience::Testing,
        test_users: testers.iter().map(|one| (*one).to_owned()).collect(),
        redirect_uris: vec![format!("{}/common/cmn270.do", house.tegata.base)],
        ..NewApp::new(
            ProviderKind::Google,
            sandbox::GOOGLE_CLIENT_ID,
            sandbox::GOOGLE_CLIENT_SECRET,
        )
    });
}

async fn choose(house: &House, account: Value) -> Value {
    let body = json!({ "account_id": account });
    let chosen = house
        .admin
        .ask(Method::PUT, "/api/system-mailbox")
        .json(&body)
        .send()
        .await;
    chosen.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_tells_a_secrets_date_and_the_seven_days_of_an_app_in_testing() {
    let house = House::new().await;
    let path = format!("/api/credentials/{}", house.microsoft);
    let known = house.admin.get(&path).await;
    let dated = house
        .admin
        .ask(Method::PATCH, &path)
        .header("if-match", known.header("etag"))
        .json(&json!({ "secret_ends_on": "2031-05-01" }))
        .send()
        .await;
    let _ = dated.ok();
    in_testing(&house, &[ALICE]);
    let mailbox = house.connect(ALICE).await;
    let carol = house.connect(CAROL).await;
    let items = calendar(&house, "").await;
    assert_eq!(items.len(), 2, "{items:#?}");
    let (grant, secret) = (&items[0], &items[1]);
    assert_eq!(
        (&grant["kind"], &grant["reason"]),
        (&json!("grant"), &json!("testing-seven-days"))
    );
    assert_eq!(
        (&grant["certain"], &grant["moves"]),
        (&json!(true), &json!(false))
    );
    assert_eq!((&grant["name"], &grant["days"]), (&json!(ALICE), &json!(6)));
    assert_eq!(
        grant["mailboxes"],
        json!([{ "account_id": mailbox.id, "address": ALICE }])
    );
    assert_eq!(
        (&grant["who"], &grant["card"]),
        (
            &json!("administrator"),
            &json!("/admin/guide/google/publish")
        )
    );
    assert!(grant["person"]["id"].is_string(), "{grant}");
    assert_eq!(
        (&secret["kind"], &secret["reason"]),
        (&json!("secret"), &json!("secret-date"))
    );
    assert_eq!(
        (&secret["ends_at"], &secret["ends_on"]),
        (&json!("2031-05-01T00:00:00Z"), &json!("2031-05-01"))
    );
    let planned: Vec<&Value> = secret["notices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["days"])
        .collect();
    assert_eq!(planned, [60, 30, 14, 7, 1]);
    assert_eq!(secret["notices"][0]["status"], "waiting");
    // What the server itself moves is shown on demand.
    let all = calendar(&house, "?all=1").await;
    let reasons: Vec<String> = all.iter().map(|item| text(&item["reason"])).collect();
    assert_eq!(
        reasons,
        [
            "testing-seven-days",
            "unused-ninety-days",
            "unused-six-months",
            "secret-date"
        ]
    );
    // One at a time.
    let mut found = Vec::new();
    let mut next = Value::Null;
    loop {
        let cursor = next.as_str().unwrap_or_default();
        let page = house
            .admin
            .get(&format!("/api/endings?all=1&limit=1&cursor={cursor}"))
            .await
            .ok();
        found.extend(page["items"].as_array().cloned().unwrap());
        next = page["next"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!(found, all);
    assert_eq!(
        house.admin.get("/api/endings?cursor=nonsense").await.status,
        404
    );
    // The account, and the credential's page.
    let account = house.account(&mailbox.id).await;
    assert_eq!(account["grant"]["ends_reason"], "testing-seven-days");
    assert_eq!(account["grant"]["ends_at"], grant["ends_at"]);
    let list = house.member.get("/api/accounts").await.ok();
    assert!(
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|item| item["grant"]["ends_at"] == grant["ends_at"])
    );
    assert_eq!(
        house.account(&carol.id).await["grant"]["ends_at"],
        Value::Null
    );
    let page = house
        .admin
        .get(&format!("/api/credentials/{}", house.google))
        .await
        .ok();
    assert_eq!(page["warning"]["cause_id"], "grants-end-testing", "{page}");
    let page = house.admin.get(&path).await.ok();
    assert_eq!(page["warning"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_the_endings_of_their_own_grants_and_no_secret() {
    let house = House::new().await;
    in_testing(&house, &[ALICE, BOB]);
    house.connect(ALICE).await;
    let other = house.tegata.member("taro").await;
    testing::program::connect(
        &other,
        &house.google,
        BOB,
        sandbox::browser::Choice::allow(BOB),
    )
    .await;
    for (client, address) in [(&house.member, ALICE), (&other, BOB)] {
        let mine = client.get("/api/endings").await.ok();
        let names: Vec<&Value> = mine["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["name"])
            .collect();
        assert_eq!(names, [address]);
        assert_eq!(mine["system_mailbox"], Value::Null);
    }
    assert_eq!(calendar(&house, "").await.len(), 2);
    assert_eq!(
        house.tegata.stranger().get("/api/endings").await.status,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_chooses_the_system_mailbox_from_the_connected_ones() {
    let house = House::new().await;
    let none = house.admin.get("/api/system-mailbox").await.ok();
    assert_eq!(
        (&none["account_id"], &none["works"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(none["advice"]["cause_id"], "system-mailbox-none");
    let mailbox = house.connect(ALICE).await;
    let chosen = choose(&house, json!(mailbox.id)).await;
    assert_eq!(
        (&chosen["address"], &chosen["works"]),
        (&json!(ALICE), &json!(true))
    );
    assert_eq!(chosen["send"]["status"], "ready");
    assert_eq!(
        chosen["candidates"],
        json!([{ "account_id": mailbox.id, "address": ALICE, "works": true }])
    );
    assert_eq!(
        house.admin.get("/api/endings").await.ok()["system_mailbox"]["address"],
        ALICE
    );
    for bad in [
        json!("a"),
        json!("aaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        json!(house.google),
    ] {
        let body = json!({ "account_id": bad });
        let refused = house
            .admin
            .ask(Method::PUT, "/api/system-mailbox")
            .json(&body)
            .send()
            .await;
        refused.problem(422, "invalid-fields");
    }
    for bad in [
        json!({}),
        json!({ "account_id": 3 }),
        json!({ "account_id": null, "more": 1 }),
    ] {
        let refused = house
            .admin
            .ask(Method::PUT, "/api/system-mailbox")
            .json(&bad)
            .send()
            .await;
        assert!(
            (400..=422).contains(&refused.status),
            "{bad}: {}",
            refused.status
        );
    }
    assert_eq!(
        house.admin.get("/api/system-mailbox").await.ok()["address"],
        ALICE
    );
    for path in ["/api/system-mailbox"] {
        assert_eq!(house.member.get(path).await.status, 403);
        let put = house
            .member
            .ask(Method::PUT, path)
            .json(&json!({ "account_id": null }))
            .send()
            .await;
        assert_eq!(put.status, 403);
    }
    assert_eq!(choose(&house, Value::Null).await["account_id"], Value::Null);
    let audit = house.admin.get("/api/audit").await.ok();
    let set = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "system_mailbox.set")
        .count();
    assert_eq!(set, 2);
}
