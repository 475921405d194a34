//! thread: get (RFC 8621, 3).

use serde_json::json;

use crate::support::{House, plain};

#[tokio::test]
async fn a_reply_stands_behind_its_mail_in_one_thread() {
    let house = House::new().await;
    let reply =
        plain("2@x", "bob@example.com", "Re: A", "b").replace("Cc:", "In-Reply-To: <1@x>\nCc:");
    let second = house.mail("inbox", 2, &[], &reply).await;
    let first = house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    let email = house
        .call(
            "Email/get",
            json!({ "ids": [first], "properties": ["threadId"] }),
        )
        .await;
    let thread = &email["list"][0]["threadId"];
    let answer = house
        .call("Thread/get", json!({ "ids": [thread, "tnone"] }))
        .await;
    assert_eq!(
        answer["list"],
        json!([{ "id": thread, "emailIds": [first, second] }])
    );
    assert_eq!(answer["notFound"], json!(["tnone"]));
    let answer = house.call("Thread/get", json!({ "ids": null })).await;
    assert_eq!(answer["list"].as_array().map(Vec::len), Some(1));
    house.close().await;
}
