//! submission: set, get, changes (RFC 8621, 7).

use serde_json::{Value, json};
use store::SubmissionId;
use store::intervals::Cause;
use store::submissions::{self, Status};

use crate::support::House;

async fn identity(house: &House) -> Value {
    house.call("Identity/get", json!({ "ids": null })).await["list"][0]["id"].clone()
}

async fn draft(house: &House, change: Value) -> String {
    let mut object = json!({
        "mailboxIds": { house.mailbox("drafts").await: true }, "keywords": { "$draft": true },
        "from": [{ "email": "Alice@example.com" }], "to": [{ "email": "bob@example.com" }, { "email": "BOB@example.com" }],
        "bcc": [{ "email": "carol@example.com" }], "subject": "Hello",
        "textBody": [{ "partId": "t" }], "bodyValues": { "t": { "value": "Hi" } },
    });
    for (name, value) in change.as_object().expect("an object") {
        object[name] = value.clone();
    }
    let answer = house
        .call("Email/set", json!({ "create": { "d": object } }))
        .await;
    answer["created"]["d"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

#[tokio::test]
async fn a_draft_is_sent_moved_and_stripped_of_its_keyword_in_one_request() {
    let house = House::new().await;
    let (drafts, sent) = (house.mailbox("drafts").await, house.mailbox("sent").await);
    let identity = identity(&house).await;
    let object = json!({
        "mailboxIds": { &drafts: true }, "keywords": { "$draft": true }, "from": [{ "email": "alice@example.com" }],
        "to": [{ "email": "bob@example.com" }], "bcc": [{ "email": "carol@example.com" }], "subject": "Hello",
        "textBody": [{ "partId": "t" }], "bodyValues": { "t": { "value": "Hi" } },
    });
    let patch = json!({ format!("mailboxIds/{drafts}"): null, format!("mailboxIds/{sent}"): true, "keywords/$draft": null });
    let account = &house.account;
    let answers = house
        .calls(json!([
            ["Email/set", { "accountId": account, "create": { "mail": object } }, "0"],
            ["EmailSubmission/set", { "accountId": account, "create": { "send": { "emailId": "#mail", "identityId": identity } },
                "onSuccessUpdateEmail": { "#send": patch } }, "1"],
        ]))
        .await;
    assert_eq!(answers.len(), 3, "{answers:?}");
    let email = answers[0][1]["created"]["mail"]["id"]
        .as_str()
        .expect("an id");
    let made = &answers[1][1]["created"]["send"];
    assert_eq!(
        (&made["undoStatus"], &made["sendAt"]),
        (&json!("pending"), &json!("2026-11-23T00:00:00Z"))
    );
    assert_eq!(
        (&answers[2][0], &answers[2][2]),
        (&json!("Email/set"), &json!("1"))
    );
    assert_eq!(answers[2][1]["updated"], json!({ email: null }));
    let got = house
        .call(
            "Email/get",
            json!({ "ids": [email], "properties": ["mailboxIds", "keywords"] }),
        )
        .await;
    assert_eq!(
        got["list"][0],
        json!({ "id": email, "mailboxIds": { sent: true }, "keywords": {} })
    );
    let got = house
        .call(
            "EmailSubmission/get",
            json!({ "ids": [made["id"], "snone"] }),
        )
        .await;
    let submission = &got["list"][0];
    assert_eq!(
        submission["envelope"]["mailFrom"]["email"],
        "alice@example.com"
    );
    assert_eq!(
        submission["envelope"]["rcptTo"],
        json!([{ "email": "bob@example.com", "parameters": null }, { "email": "carol@example.com", "parameters": null }])
    );
    assert_eq!(
        (&submission["emailId"], &submission["deliveryStatus"]),
        (&json!(email), &Value::Null)
    );
    assert_eq!(got["notFound"], json!(["snone"]));
    let changes = house
        .call("EmailSubmission/changes", json!({ "sinceState": "0" }))
        .await;
    assert_eq!(changes["created"], json!([made["id"]]));
    // The bytes to send name nobody of the blind copies.
    let (id, account) = (
        made["id"]
            .as_str()
            .expect("an id")
            .parse::<SubmissionId>()
            .expect("an id"),
        house.account_id(),
    );
    let row = house
        .store()
        .read(move |tx| Box::pin(async move { submissions::find(tx, account, id).await }));
    let row = row.await.expect("a store").expect("a submission");
    let bytes = house
        .store()
        .blobs()
        .get(row.blob_id)
        .await
        .expect("a store")
        .expect("a blob");
    assert!(!String::from_utf8_lossy(&bytes).contains("carol"));
    house.close().await;
}

#[tokio::test]
async fn envelope_and_sender_are_checked() {
    let house = House::new().await;
    let identity = identity(&house).await;
    let good = draft(&house, json!({})).await;
    let nobody = draft(&house, json!({ "to": null, "bcc": null })).await;
    let forged = draft(&house, json!({ "from": [{ "email": "boss@example.com" }] })).await;
    let anonymous = draft(&house, json!({ "from": null })).await;
    let envelope = |from: &str, to: Value| json!({ "mailFrom": { "email": from }, "rcptTo": to });
    let alice = "alice@example.com";
    let cases = [
        (json!({ "emailId": nobody }), "noRecipients"),
        (
            json!({ "emailId": good, "envelope": envelope(alice, json!([])) }),
            "noRecipients",
        ),
        (json!({ "emailId": forged }), "forbiddenFrom"),
        (json!({ "emailId": anonymous }), "invalidEmail"),
        (
            json!({ "emailId": good, "envelope": envelope("boss@example.com", json!([{ "email": "b@x.org" }])) }),
            "forbiddenMailFrom",
        ),
        (
            json!({ "emailId": good, "envelope": envelope(alice, json!([{ "email": "a@b>\r\nDATA" }])) }),
            "invalidRecipients",
        ),
        (
            json!({ "emailId": good, "envelope": 5 }),
            "invalidProperties",
        ),
        (json!({ "emailId": "enone" }), "invalidProperties"),
        (
            json!({ "emailId": good, "sendAt": "2026-11-23T00:00:00Z" }),
            "invalidProperties",
        ),
        (
            json!({ "emailId": good, "identityId": "inone" }),
            "invalidProperties",
        ),
    ];
    for (change, kind) in cases {
        let mut object = json!({ "identityId": identity });
        for (name, value) in change.as_object().expect("an object") {
            object[name] = value.clone();
        }
        let answer = house
            .call("EmailSubmission/set", json!({ "create": { "s": object } }))
            .await;
        assert_eq!(
            answer["notCreated"]["s"]["type"], kind,
            "{change}: {answer}"
        );
    }
    house.close().await;
}

#[tokio::test]
async fn a_held_submission_is_taken_back_and_its_draft_destroyed_only_on_success() {
    let house = House::new().await;
    let (identity, email) = (identity(&house).await, draft(&house, json!({})).await);
    let envelope = json!({
        "mailFrom": { "email": "alice@example.com", "parameters": { "HOLDFOR": "13" } }, "rcptTo": [{ "email": "bob@example.com" }],
    });
    let create = json!({ "s": { "emailId": email, "identityId": identity, "envelope": envelope } });
    let answer = house
        .call("EmailSubmission/set", json!({ "create": create }))
        .await;
    let made = answer["created"]["s"].clone();
    assert_eq!(made["sendAt"], "2026-11-23T00:00:13Z", "{answer}");
    let id = made["id"].as_str().expect("an id").to_owned();
    let account = &house.account;
    let answers = house
        .calls(json!([
            ["EmailSubmission/set", { "accountId": account, "update": { &id: { "undoStatus": "final" } } }, "0"],
            ["EmailSubmission/set", { "accountId": account, "update": { &id: { "undoStatus": "canceled" } }, "onSuccessDestroyEmail": [id] }, "1"],
            ["EmailSubmission/set", { "accountId": account, "update": { "snone": { "undoStatus": "canceled" } }, "destroy": [id, "snone2"],
                "onSuccessDestroyEmail": ["snone"] }, "2"],
        ]))
        .await;
    assert_eq!(
        answers[0][1]["notUpdated"][&id]["type"],
        "invalidProperties"
    );
    assert_eq!(answers[1][1]["updated"], json!({ &id: null }));
    assert_eq!(
        (&answers[2][0], &answers[2][1]["destroyed"]),
        (&json!("Email/set"), &json!([email]))
    );
    assert_eq!(answers[3][1]["notUpdated"]["snone"]["type"], "notFound");
    assert_eq!(answers[3][1]["notDestroyed"][&id]["type"], "forbidden");
    assert_eq!(answers[3][1]["notDestroyed"]["snone2"]["type"], "notFound");
    assert_eq!(answers[4][1]["destroyed"], Value::Null);
    let got = house
        .call(
            "EmailSubmission/get",
            json!({ "ids": [id], "properties": ["undoStatus"] }),
        )
        .await;
    assert_eq!(got["list"], json!([{ "id": id, "undoStatus": "canceled" }]));
    house.close().await;
}

#[tokio::test]
async fn a_failed_submission_says_no_for_each_recipient_with_the_providers_words() {
    let house = House::new().await;
    let (identity, email) = (identity(&house).await, draft(&house, json!({})).await);
    let create = json!({ "s": { "emailId": email, "identityId": identity } });
    let made = house
        .call("EmailSubmission/set", json!({ "create": create }))
        .await["created"]["s"]["id"]
        .clone();
    let claimed = house
        .store()
        .write(|tx| Box::pin(async move { submissions::claim(tx, "test", 60_000).await }));
    let claimed = claimed.await.expect("a store").expect("a submission");
    let delivery = r#"{"bob@example.com":{"smtpReply":"250 2.1.5 OK","delivered":"unknown","displayed":"unknown"}}"#;
    let turn = house.store().write(move |tx| {
        Box::pin(async move {
            let cause = Cause::new("smtp").said("550 5.1.1 no such user");
            submissions::turn(
                tx,
                &claimed,
                Status::Failed,
                claimed.run_at,
                Some(&cause),
                Some(delivery),
            )
            .await
        })
    });
    turn.await.expect("a store");
    let got = house
        .call(
            "EmailSubmission/get",
            json!({ "ids": [made], "properties": ["undoStatus", "deliveryStatus"] }),
        )
        .await;
    assert_eq!(got["list"][0]["undoStatus"], "final");
    assert_eq!(
        got["list"][0]["deliveryStatus"]["bob@example.com"]["smtpReply"],
        "250 2.1.5 OK"
    );
    let carol = &got["list"][0]["deliveryStatus"]["carol@example.com"];
    assert_eq!(
        (&carol["delivered"], &carol["smtpReply"]),
        (&json!("no"), &json!("550 5.1.1 no such user"))
    );
    let answer = house
        .call(
            "EmailSubmission/set",
            json!({ "update": { made.as_str().expect("an id"): { "undoStatus": "canceled" } } }),
        )
        .await;
    assert_eq!(
        answer["notUpdated"][made.as_str().expect("an id")]["type"],
        "cannotUnsend"
    );
    house.close().await;
}
