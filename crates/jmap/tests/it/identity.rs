//! identity: get (RFC 8621, 6).

use serde_json::json;
use store::args;

use crate::support::House;

#[tokio::test]
async fn get_works_also_without_the_right_to_send() {
    let house = House::new().await;
    let account = house.account_id();
    let take = house.store().write(move |tx| {
        Box::pin(async move {
            tx.execute(
                "UPDATE account_members SET may_send = 0 WHERE account_id = $1",
                args![account],
            )
            .await
        })
    });
    take.await.expect("a store");
    let answer = house.call("Identity/get", json!({ "ids": null })).await;
    let identity = &answer["list"][0];
    assert_eq!(
        (&identity["name"], &identity["email"]),
        (&json!("alice"), &json!("alice@example.com"))
    );
    assert_eq!(
        (&identity["mayDelete"], &identity["replyTo"]),
        (&json!(false), &json!(null))
    );
    let answer = house
        .call("Identity/get", json!({ "ids": ["inone"] }))
        .await;
    assert_eq!(answer["notFound"], json!(["inone"]));
    let create = json!({ "s": { "identityId": identity["id"], "emailId": "e" } });
    let answer = house
        .call("EmailSubmission/set", json!({ "create": create }))
        .await;
    assert_eq!(answer["notCreated"]["s"]["type"], "forbiddenToSend");
    house.close().await;
}
