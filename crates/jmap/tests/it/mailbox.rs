//! mailbox: get, query (RFC 8621, 2).

use serde_json::{Value, json};

use crate::support::{House, plain};

async fn names(house: &House, ids: &Value) -> Vec<String> {
    let answer = house
        .call("Mailbox/get", json!({ "ids": ids, "properties": ["name"] }))
        .await;
    answer["list"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn get_shows_all_mailboxes_with_their_counts() {
    let house = House::new().await;
    house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    house
        .mail(
            "inbox",
            2,
            &["$seen"],
            &plain("2@x", "bob@example.com", "B", "b"),
        )
        .await;
    let answer = house.call("Mailbox/get", json!({ "ids": null })).await;
    assert_eq!(answer["list"].as_array().map(Vec::len), Some(6));
    let inbox = answer["list"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["role"] == "inbox")
        .expect("an inbox");
    assert_eq!(
        (
            &inbox["name"],
            &inbox["totalEmails"],
            &inbox["unreadEmails"]
        ),
        (&json!("Inbox"), &json!(2), &json!(1))
    );
    assert_eq!(
        (&inbox["totalThreads"], &inbox["unreadThreads"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(inbox["myRights"]["mayReadItems"], true);
    let query = json!({ "filter": { "inMailbox": inbox["id"] }, "calculateTotal": true });
    let query = house.call("Email/query", query).await;
    assert_eq!(query["total"], inbox["totalEmails"]);
    let below = answer["list"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["name"] == "2026")
        .expect("a folder");
    assert!(below["parentId"].is_string());
    house.close().await;
}

#[tokio::test]
async fn get_gives_exactly_the_properties_and_the_id() {
    let house = House::new().await;
    let inbox = house.mailbox("inbox").await;
    let answer = house
        .call(
            "Mailbox/get",
            json!({ "ids": [inbox, "mnone", inbox], "properties": ["role"] }),
        )
        .await;
    assert_eq!(answer["list"], json!([{ "id": inbox, "role": "inbox" }]));
    assert_eq!(answer["notFound"], json!(["mnone"]));
    let answer = house.call("Mailbox/get", json!({ "ids": [] })).await;
    assert_eq!(answer["list"], json!([]));
    assert_eq!(
        house
            .error(
                "Mailbox/get",
                json!({ "ids": [], "properties": ["colour"] })
            )
            .await,
        "invalidArguments"
    );
    house.close().await;
}

#[tokio::test]
async fn query_filters_sorts_and_pages() {
    let house = House::new().await;
    let by_name = json!([{ "property": "name", "isAscending": false }]);
    let answer = house
        .call(
            "Mailbox/query",
            json!({ "filter": null, "sort": by_name, "calculateTotal": true }),
        )
        .await;
    assert_eq!(answer["total"], 6);
    assert_eq!(
        names(&house, &answer["ids"])
            .await
            .first()
            .map(String::as_str),
        Some("仕事")
    );
    let answer = house
        .call(
            "Mailbox/query",
            json!({ "filter": { "hasAnyRole": false } }),
        )
        .await;
    assert_eq!(names(&house, &answer["ids"]).await, ["仕事", "2026"]);
    let answer = house
        .call("Mailbox/query", json!({ "filter": { "role": "sent" } }))
        .await;
    assert_eq!(answer["ids"], json!([house.mailbox("sent").await]));
    let answer = house
        .call(
            "Mailbox/query",
            json!({ "filter": { "parentId": null, "hasAnyRole": false } }),
        )
        .await;
    assert_eq!(names(&house, &answer["ids"]).await, ["仕事"]);
    let filter =
        json!({ "operator": "NOT", "conditions": [{ "hasAnyRole": true }, { "name": "2026" }] });
    let answer = house
        .call("Mailbox/query", json!({ "filter": filter }))
        .await;
    assert_eq!(names(&house, &answer["ids"]).await, ["仕事"]);
    let answer = house
        .call(
            "Mailbox/query",
            json!({ "sortAsTree": true, "sort": by_name }),
        )
        .await;
    assert_eq!(names(&house, &answer["ids"]).await[..2], ["仕事", "2026"]);
    let answer = house
        .call("Mailbox/query", json!({ "position": -2, "limit": 1 }))
        .await;
    assert_eq!(
        (&answer["position"], answer["ids"].as_array().map(Vec::len)),
        (&json!(4), Some(1))
    );
    assert_eq!(
        house
            .error(
                "Mailbox/query",
                json!({ "sort": [{ "property": "colour" }] })
            )
            .await,
        "unsupportedSort"
    );
    assert_eq!(
        house
            .error("Mailbox/query", json!({ "filter": { "colour": 1 } }))
            .await,
        "unsupportedFilter"
    );
    assert_eq!(
        house
            .error("Mailbox/query", json!({ "anchor": "mx" }))
            .await,
        "anchorNotFound"
    );
    house.close().await;
}
