//! email: set create, update, destroy (RFC 8621, 4.6).

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{House, RICH, plain, value};

async fn create(house: &House, object: Value) -> Value {
    house
        .call("Email/set", json!({ "create": { "d": object } }))
        .await
}

async fn upload(house: &House, body: &'static str) -> String {
    let request = Request::post(format!("/upload/{}/", house.account))
        .body(Body::from(body))
        .expect("a request");
    value(house.send(request, Some(house.caller())).await).await["blobId"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test]
async fn a_draft_with_text_html_and_an_attachment_is_made() {
    let house = House::new().await;
    let drafts = house.mailbox("drafts").await;
    let blob = upload(&house, "%PDF-1.4").await;
    let object = json!({
        "mailboxIds": { &drafts: true }, "keywords": { "$draft": true, "$Seen": true },
        "from": [{ "name": "アリス", "email": "alice@example.com" }], "to": [{ "email": "bob@example.com" }],
        "bcc": [{ "name": null, "email": "carol@example.com" }], "subject": "資料\r\nBcc: evil@example.com",
        "inReplyTo": ["a@x"], "references": ["a@x"], "header:X-Note:asText": "noted",
        "textBody": [{ "partId": "t", "type": "text/plain" }], "htmlBody": [{ "partId": "h", "type": "text/html" }],
        "bodyValues": { "t": { "value": "こんにちは" }, "h": { "value": "<p>こんにちは</p>", "isTruncated": false } },
        "attachments": [{ "blobId": blob, "type": "application/pdf", "name": "資料.pdf", "disposition": "attachment" }],
    });
    let answer = create(&house, object).await;
    let made = &answer["created"]["d"];
    assert!(
        made["id"].is_string() && made["blobId"].is_string() && made["threadId"].is_string(),
        "{answer}"
    );
    assert_ne!(answer["oldState"], answer["newState"]);
    assert_eq!(
        (
            &answer["notCreated"],
            &answer["updated"],
            &answer["destroyed"]
        ),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let got = house
        .call("Email/get", json!({ "ids": [made["id"]], "fetchTextBodyValues": true, "properties": ["from", "to", "bcc", "subject",
            "keywords", "mailboxIds", "bodyValues", "textBody", "attachments", "hasAttachment", "messageId", "sentAt", "size", "inReplyTo",
            "header:X-Note:asText", "header:Bcc:all"] }))
        .await;
    let email = &got["list"][0];
    assert_eq!(
        email["from"],
        json!([{ "name": "アリス", "email": "alice@example.com" }])
    );
    assert_eq!(
        email["bcc"],
        json!([{ "name": null, "email": "carol@example.com" }])
    );
    assert_eq!(email["header:Bcc:all"].as_array().map(Vec::len), Some(1));
    assert_eq!(email["keywords"], json!({ "$draft": true, "$seen": true }));
    assert_eq!(
        (&email["header:X-Note:asText"], &email["inReplyTo"]),
        (&json!("noted"), &json!(["a@x"]))
    );
    assert_eq!(
        (&email["size"], &email["sentAt"]),
        (&made["size"], &json!("2026-11-23T00:00:00Z"))
    );
    assert!(
        email["messageId"][0]
            .as_str()
            .is_some_and(|id| id.ends_with("@example.com"))
    );
    assert_eq!(email["attachments"][0]["name"], "資料.pdf");
    let part = email["textBody"][0]["partId"].as_str().expect("a part");
    assert_eq!(
        email["bodyValues"][part]["value"]
            .as_str()
            .map(str::trim_end),
        Some("こんにちは")
    );
    house.close().await;
}

#[tokio::test]
async fn every_rule_of_create_names_the_property_that_breaks_it() {
    let house = House::new().await;
    let drafts = house.mailbox("drafts").await;
    let text = json!([{ "partId": "t", "type": "text/plain" }]);
    let values = json!({ "t": { "value": "x" } });
    let cases = [
        (json!({ "mailboxIds": {} }), "mailboxIds"),
        (json!({ "mailboxIds": { "mnone": true } }), "mailboxIds"),
        (json!({ "mailboxIds": { &drafts: false } }), "mailboxIds"),
        (json!({ "keywords": { "a b": true } }), "keywords"),
        (json!({ "keywords": { "$seen": false } }), "keywords"),
        (json!({ "receivedAt": "yesterday" }), "receivedAt"),
        (json!({ "id": "e1" }), "id"),
        (json!({ "headers": [] }), "headers"),
        (json!({ "preview": "x" }), "preview"),
        (json!({ "colour": "red" }), "colour"),
        (json!({ "from": "alice" }), "from"),
        (json!({ "sentAt": "2026" }), "sentAt"),
        (
            json!({ "header:Content-Type": "text/html" }),
            "header:Content-Type",
        ),
        (
            json!({ "subject": "a", "header:Subject:asText": "b" }),
            "subject",
        ),
        (json!({ "header:From:asDate": "x" }), "header:From:asDate"),
        (json!({ "textBody": text }), "textBody"),
        (json!({ "textBody": [], "bodyValues": values }), "textBody"),
        (
            json!({ "textBody": [{ "partId": "t", "type": "text/html" }], "bodyValues": values }),
            "textBody",
        ),
        (
            json!({ "htmlBody": text, "bodyValues": values }),
            "htmlBody",
        ),
        (
            json!({ "textBody": [{ "partId": "t", "blobId": "b" }], "bodyValues": values }),
            "textBody",
        ),
        (
            json!({ "textBody": [{ "partId": "t", "charset": "utf-8" }], "bodyValues": values }),
            "textBody",
        ),
        (
            json!({ "textBody": [{ "partId": "t", "size": 1 }], "bodyValues": values }),
            "textBody",
        ),
        (
            json!({ "textBody": [{ "partId": "t", "header:X-A": "b" }], "bodyValues": values }),
            "textBody",
        ),
        (
            json!({ "textBody": text, "bodyValues": { "t": { "value": "x", "isTruncated": true } } }),
            "bodyValues",
        ),
        (
            json!({ "textBody": text, "bodyValues": { "t": { "value": "x", "isEncodingProblem": true } } }),
            "bodyValues",
        ),
        (
            json!({ "textBody": text, "bodyStructure": { "partId": "t" }, "bodyValues": values }),
            "bodyStructure",
        ),
        (
            json!({ "bodyStructure": { "type": "multipart/mixed" } }),
            "bodyStructure",
        ),
        (
            json!({ "bodyStructure": { "type": "multipart/digest", "subParts": text }, "bodyValues": values }),
            "bodyStructure",
        ),
        (
            json!({ "attachments": [{ "type": "text/plain" }] }),
            "attachments",
        ),
    ];
    for (change, property) in cases {
        let mut object = json!({ "mailboxIds": { &drafts: true } });
        for (name, value) in change.as_object().expect("an object") {
            object[name] = value.clone();
        }
        let answer = create(&house, object).await;
        let error = &answer["notCreated"]["d"];
        assert_eq!(error["type"], "invalidProperties", "{change}: {answer}");
        let named = error["properties"].as_array().expect("properties");
        let either = property == "subject" && named.contains(&json!("header:Subject:asText"));
        assert!(
            named.contains(&json!(property)) || either,
            "{change}: {error}"
        );
        assert_eq!(
            (&answer["created"], &answer["newState"]),
            (&Value::Null, &answer["oldState"])
        );
    }
    let missing = store::BlobId::of(b"nothing").to_string();
    let answer = create(
        &house,
        json!({ "mailboxIds": { &drafts: true }, "attachments": [{ "blobId": missing }] }),
    )
    .await;
    assert_eq!(
        answer["notCreated"]["d"],
        json!({ "type": "blobNotFound", "notFound": [missing] })
    );
    let inbox = house.mailbox("inbox").await;
    assert_eq!(
        create(&house, json!({ "mailboxIds": { inbox: true } })).await["notCreated"]["d"]["type"],
        "forbidden"
    );
    house.close().await;
}

#[tokio::test]
async fn a_body_structure_is_built_as_asked_and_a_part_of_another_mail_can_be_attached() {
    let house = House::new().await;
    let drafts = house.mailbox("drafts").await;
    let rich = house.mail("inbox", 1, &[], RICH).await;
    let got = house
        .call(
            "Email/get",
            json!({ "ids": [rich], "properties": ["attachments"] }),
        )
        .await;
    let pdf = &got["list"][0]["attachments"][0]["blobId"];
    let structure = json!({ "type": "multipart/mixed", "subParts": [
        { "type": "multipart/alternative", "subParts": [
            { "type": "text/plain", "partId": "t" }, { "type": "text/html", "partId": "h" },
        ] },
        { "type": "application/pdf", "blobId": pdf, "name": "p.pdf", "disposition": "attachment" },
    ] });
    let values = json!({ "t": { "value": "a" }, "h": { "value": "<b>a</b>" } });
    let answer = create(
        &house,
        json!({ "mailboxIds": { drafts: true }, "bodyStructure": structure, "bodyValues": values }),
    )
    .await;
    let id = &answer["created"]["d"]["id"];
    let more =
        json!({ "ids": [id], "properties": ["bodyStructure"], "bodyProperties": ["type", "size"] });
    let got = house.call("Email/get", more).await;
    assert_eq!(
        got["list"][0]["bodyStructure"]["subParts"][0]["subParts"][1]["type"], "text/html",
        "{answer}"
    );
    assert_eq!(got["list"][0]["bodyStructure"]["subParts"][1]["size"], 9);
    house.close().await;
}

#[tokio::test]
async fn keywords_change_at_once_and_leave_a_wish_for_the_provider() {
    let house = House::new().await;
    let id = house
        .mail(
            "inbox",
            1,
            &["$flagged"],
            &plain("1@x", "bob@example.com", "A", "a"),
        )
        .await;
    let update = async |patch: Value| {
        house
            .call("Email/set", json!({ "update": { &id: patch } }))
            .await
    };
    let answer = update(json!({ "keywords/$seen": true, "keywords/$Flagged": null })).await;
    assert_eq!(answer["updated"], json!({ &id: null }));
    let (account, email) = (house.account_id(), id.parse().expect("an id"));
    let wishes = house.store().read(move |tx| {
        Box::pin(async move { store::intents::of_email(tx, account, email).await })
    });
    assert_eq!(wishes.await.expect("a store").len(), 2);
    update(json!({ "keywords": { "$seen": true, "project": true } })).await;
    let got = house
        .call(
            "Email/get",
            json!({ "ids": [id], "properties": ["keywords"] }),
        )
        .await;
    assert_eq!(
        got["list"][0]["keywords"],
        json!({ "$seen": true, "project": true })
    );
    for (patch, kind) in [
        (
            json!({ "keywords": {}, "keywords/a": true }),
            "invalidPatch",
        ),
        (json!({ "keywords/a/b": true }), "invalidPatch"),
        (json!({ "keywords/$seen": false }), "invalidProperties"),
        (json!({ "keywords/(": true }), "invalidProperties"),
        (json!({ "subject": "new" }), "invalidProperties"),
        (json!({ "mailboxIds": {} }), "invalidProperties"),
        (
            json!({ "mailboxIds": { "mnone": true } }),
            "invalidProperties",
        ),
        (
            json!({ "mailboxIds": { house.mailbox("sent").await: true } }),
            "forbidden",
        ),
    ] {
        let answer = update(patch.clone()).await;
        assert_eq!(answer["notUpdated"][&id]["type"], kind, "{patch}");
        assert_eq!(answer["oldState"], answer["newState"]);
    }
    house.close().await;
}

#[tokio::test]
async fn a_draft_moves_to_sent_and_can_be_destroyed_while_it_is_only_here() {
    let house = House::new().await;
    let (drafts, sent) = (house.mailbox("drafts").await, house.mailbox("sent").await);
    let draft = json!({ "mailboxIds": { &drafts: true }, "keywords": { "$draft": true } });
    let one = create(&house, draft.clone()).await["created"]["d"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let two = create(&house, draft).await["created"]["d"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let patch = json!({ format!("mailboxIds/{drafts}"): null, format!("mailboxIds/{sent}"): true, "keywords/$draft": null });
    let upstream = house
        .mail(
            "inbox",
            1,
            &["$draft"],
            &plain("1@x", "bob@example.com", "A", "a"),
        )
        .await;
    let answer = house
        .call(
            "Email/set",
            json!({ "update": { &one: patch, "enone": {}, &two: { "keywords/$seen": true } },
            "destroy": [two, one, upstream, "enone2"] }),
        )
        .await;
    assert_eq!(answer["notUpdated"]["enone"]["type"], "notFound");
    assert_eq!(answer["notUpdated"][&two]["type"], "willDestroy");
    assert_eq!(answer["destroyed"], json!([two, one]));
    assert_eq!(answer["notDestroyed"][&upstream]["type"], "forbidden");
    assert_eq!(answer["notDestroyed"]["enone2"]["type"], "notFound");
    house.close().await;
}

#[tokio::test]
async fn another_state_than_the_expected_one_stops_everything() {
    let house = House::new().await;
    let id = house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    let update = json!({ &id: { "keywords/$seen": true } });
    assert_eq!(
        house
            .error(
                "Email/set",
                json!({ "ifInState": "wrong", "update": update })
            )
            .await,
        "stateMismatch"
    );
    let state = house.call("Email/get", json!({ "ids": [] })).await["state"].clone();
    let answer = house
        .call("Email/set", json!({ "ifInState": state, "update": update }))
        .await;
    assert_eq!(answer["oldState"], state);
    assert_eq!(answer["updated"], json!({ id: null }));
    house.close().await;
}
