//! email: get, headers, bodies (RFC 8621, 4.1 and 4.2).

use serde_json::{Value, json};

use crate::support::{House, RICH, plain};

async fn one(house: &House, id: &str, properties: Value, more: Value) -> Value {
    let mut arguments = json!({ "ids": [id], "properties": properties });
    for (name, value) in more.as_object().into_iter().flatten() {
        arguments[name] = value.clone();
    }
    house.call("Email/get", arguments).await["list"][0].clone()
}

#[tokio::test]
async fn get_shows_the_default_properties() {
    let house = House::new().await;
    let id = house
        .mail(
            "inbox",
            1,
            &["$seen"],
            &plain("1@x", "Bob <bob@example.com>", "A plan", "Hello there"),
        )
        .await;
    let email = one(&house, &id, Value::Null, json!({})).await;
    assert_eq!(email["id"], json!(id));
    assert_eq!(
        email["mailboxIds"],
        json!({ house.mailbox("inbox").await: true })
    );
    assert_eq!(email["keywords"], json!({ "$seen": true }));
    assert_eq!(
        email["from"],
        json!([{ "name": "Bob", "email": "bob@example.com" }])
    );
    assert_eq!(
        email["cc"],
        json!([{ "name": null, "email": "carol@example.net" }])
    );
    assert_eq!(
        (&email["bcc"], &email["sender"], &email["inReplyTo"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&email["subject"], &email["messageId"]),
        (&json!("A plan"), &json!(["1@x"]))
    );
    assert_eq!(
        (&email["receivedAt"], &email["sentAt"]),
        (
            &json!("2026-11-23T00:01:00Z"),
            &json!("2026-11-23T11:40:00+09:00")
        )
    );
    assert_eq!(
        (&email["preview"], &email["hasAttachment"]),
        (&json!("Hello there"), &json!(false))
    );
    assert_eq!(
        (&email["bodyValues"], &email["textBody"][0]["type"]),
        (&json!({}), &json!("text/plain"))
    );
    assert_eq!(email["textBody"], email["htmlBody"]);
    assert!(email.get("headers").is_none() && email.get("bodyStructure").is_none());
    house.close().await;
}

#[tokio::test]
async fn get_answers_unknown_ids_in_not_found_and_no_ids_with_an_empty_list() {
    let house = House::new().await;
    let id = house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    let answer = house
        .call(
            "Email/get",
            json!({ "ids": [id, "enone", id], "properties": ["id"] }),
        )
        .await;
    assert_eq!(
        (&answer["list"], &answer["notFound"]),
        (&json!([{ "id": id }]), &json!(["enone"]))
    );
    assert_eq!(
        house.call("Email/get", json!({ "ids": [] })).await["list"],
        json!([])
    );
    let all = house
        .call("Email/get", json!({ "ids": null, "properties": [] }))
        .await;
    assert_eq!(all["list"], json!([{ "id": id }]));
    assert_eq!(
        house
            .error("Email/get", json!({ "ids": [], "properties": ["colour"] }))
            .await,
        "invalidArguments"
    );
    house.close().await;
}

#[tokio::test]
async fn headers_come_in_every_form() {
    let house = House::new().await;
    let id = house.mail("inbox", 1, &[], RICH).await;
    let properties = json!([
        "header:x-tag:asText",
        "header:X-Tag:asText:all",
        "header:From:asAddresses",
        "header:To:asGroupedAddresses",
        "header:Message-ID:asMessageIds",
        "header:List-Unsubscribe:asURLs",
        "header:Nothing",
        "header:Nothing:all",
        "header:Subject",
        "headers",
    ]);
    let email = one(&house, &id, properties, json!({})).await;
    assert_eq!(email["header:x-tag:asText"], "two");
    assert_eq!(email["header:X-Tag:asText:all"], json!(["one", "two"]));
    assert_eq!(
        email["header:From:asAddresses"],
        json!([{ "name": "佐藤", "email": "sato@example.jp" }])
    );
    assert_eq!(email["header:To:asGroupedAddresses"][0]["name"], "Team");
    assert_eq!(
        email["header:Message-ID:asMessageIds"],
        json!(["rich@example.jp"])
    );
    assert_eq!(
        email["header:List-Unsubscribe:asURLs"],
        json!(["https://example.jp/u"])
    );
    assert_eq!(
        (&email["header:Nothing"], &email["header:Nothing:all"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(email["header:Subject"], " Plan");
    assert_eq!(email["headers"][2]["name"], "Subject");
    let wrong = json!({ "ids": [id], "properties": ["header:From:asDate"] });
    assert_eq!(house.error("Email/get", wrong).await, "invalidArguments");
    house.close().await;
}

#[tokio::test]
async fn bodies_have_structure_values_and_are_cut_where_asked() {
    let house = House::new().await;
    let id = house.mail("inbox", 1, &[], RICH).await;
    let more = json!({ "fetchTextBodyValues": true, "fetchHTMLBodyValues": true, "bodyProperties": ["partId", "type"] });
    let email = one(
        &house,
        &id,
        json!([
            "bodyStructure",
            "bodyValues",
            "textBody",
            "htmlBody",
            "attachments"
        ]),
        more,
    )
    .await;
    let structure = &email["bodyStructure"];
    assert_eq!(
        (&structure["type"], &structure["partId"]),
        (&json!("multipart/mixed"), &Value::Null)
    );
    assert_eq!(structure["subParts"][0]["subParts"][1]["type"], "text/html");
    let text = email["textBody"][0]["partId"].as_str().expect("a part");
    let html = email["htmlBody"][0]["partId"].as_str().expect("a part");
    assert_eq!(
        email["bodyValues"][text]["value"]
            .as_str()
            .map(str::trim_end),
        Some("会議です")
    );
    assert!(
        email["bodyValues"][html]["value"]
            .as_str()
            .is_some_and(|html| html.contains("<script>"))
    );
    assert_eq!(email["attachments"].as_array().map(Vec::len), Some(1));
    let more = json!({ "fetchTextBodyValues": true, "maxBodyValueBytes": 4 });
    let email = one(&house, &id, json!(["bodyValues"]), more).await;
    let value = json!({ "value": "会", "isEncodingProblem": false, "isTruncated": true });
    assert_eq!(email["bodyValues"], json!({ text: value }));
    let all = one(
        &house,
        &id,
        json!(["bodyValues"]),
        json!({ "fetchAllBodyValues": true }),
    )
    .await;
    assert_eq!(
        all["bodyValues"].as_object().map(serde_json::Map::len),
        Some(2)
    );
    house.close().await;
}
