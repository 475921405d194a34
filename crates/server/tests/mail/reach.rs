//! The report of reach, over what the program itself kept.

use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::scene::{ALICE, CAROL, House, text};

fn line<'a>(report: &'a Value, address: &str) -> &'a Value {
    let items = report["items"].as_array().expect("items");
    let found = items.iter().find(|item| item["mailbox_address"] == address);
    found.unwrap_or_else(|| panic!("no {address}: {report}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_stopped_is_told_with_its_cause_and_the_others_ran_without_a_pause() {
    let mut house = House::new().await;
    let alice = house.connect(ALICE).await;
    let carol = house.connect(CAROL).await;
    for mailbox in [&alice, &carol] {
        house.until(&mailbox.id, "sync", "live").await;
    }
    let whole = house.admin.get("/api/reach").await.ok();
    assert_eq!(
        whole["accounts"],
        json!({ "total": 2, "unbroken": 2, "paused": 0 })
    );
    assert_eq!((&whole["days"], &whole["next"]), (&json!(90), &Value::Null));
    assert_eq!(line(&whole, ALICE)["receiving"], 1.0);
    house
        .sandbox
        .fault(Fault::new(FaultKind::RevokeGrant).of(ALICE));
    house.end_access_of(ALICE);
    house.deliver(ALICE, "wakes the session");
    house.until(&alice.id, "grant", "needs_consent").await;
    let report = house.admin.get("/api/reach?days=7").await.ok();
    assert_eq!(
        report["accounts"],
        json!({ "total": 2, "unbroken": 1, "paused": 1 })
    );
    let stopped = line(&report, ALICE);
    let pause = &stopped["pauses"][0];
    assert_eq!(
        (&pause["side"], &pause["status"], &pause["until"]),
        (&json!("grant"), &json!("needs_consent"), &Value::Null)
    );
    assert_eq!(pause["cause_id"], "grant-ended");
    assert!(!text(&pause["advice"]["cause"]).is_empty());
    assert_eq!(stopped["person"]["login"], "hanako");
    assert!(line(&report, CAROL)["unbroken"] == true);
    // Who reads the account is told who acts.
    let account = house.account(&alice.id).await;
    assert_eq!(account["grant"]["acts"], "you");
    assert_eq!(account["owner"]["login"], "hanako");
    let seen = house.admin.get("/api/accounts?all=1").await.ok();
    let acts = |address: &str| line(&seen, address)["grant"]["acts"].clone();
    assert_eq!((acts(ALICE), acts(CAROL)), (json!("owner"), Value::Null));

    // In pages the sum stays the whole's.
    let first = house.admin.get("/api/reach?limit=1").await.ok();
    assert_eq!(first["accounts"]["total"], 2);
    let next = format!("/api/reach?limit=1&cursor={}", text(&first["next"]));
    let second = house.admin.get(&next).await.ok();
    assert_eq!(second["next"], Value::Null);
    assert_ne!(
        first["items"][0]["account_id"],
        second["items"][0]["account_id"]
    );
    // A member sees the own ones; bad input is said.
    let bob = house.tegata.member("bob").await;
    assert_eq!(bob.get("/api/reach").await.ok()["accounts"]["total"], 0);
    assert_eq!(
        house.member.get("/api/reach").await.ok()["accounts"]["total"],
        2
    );
    for bad in ["0", "401", "-1", "x", "1e3"] {
        let path = format!("/api/reach?days={bad}");
        house.admin.get(&path).await.problem(422, "invalid-fields");
    }
    house
        .admin
        .get("/api/reach?cursor=nothing")
        .await
        .problem(422, "invalid-fields");
    let file = house.admin.get("/api/reach.csv?days=7").await.is(200);
    assert!(file.header("content-type").starts_with("text/csv"));
    let file = file.text();
    assert_eq!(file.lines().count(), 3, "{file}");
    assert!(file.contains("\"grant-ended\""), "{file}");
    let printed = house
        .tegata
        .done(&["account", "reach", "--days", "7"], "")
        .await;
    assert!(printed.contains("1 of 2 mailboxes"), "{printed}");
    let printed = house.tegata.done(&["account", "reach", "--json"], "").await;
    assert!(printed.contains("\"needs_consent\""), "{printed}");

    // Nobody ran for an hour: that is a pause of all.
    house.tegata.stop();
    house
        .tegata
        .sql("UPDATE heartbeat SET at = at - 3600000")
        .await;
    house.tegata.restart();
    let report = testing::wait_for("the silence", crate::scene::PATIENCE, async || {
        let report = house.admin.get("/api/reach?days=7").await.ok();
        (report["accounts"]["paused"] == 2).then_some(report)
    })
    .await;
    let pauses = line(&report, CAROL)["pauses"].as_array().cloned();
    let pauses = pauses.unwrap_or_default();
    assert_eq!(pauses.len(), 1, "{report}");
    assert_eq!(pauses[0]["side"], "service");
    assert_eq!(pauses[0]["cause_id"], "service-stopped");
}
