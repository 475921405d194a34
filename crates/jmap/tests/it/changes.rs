//! Foo/changes of all types (RFC 8620, 5.2).

use serde_json::json;

use crate::support::{House, plain};

#[tokio::test]
async fn changes_tell_new_updated_and_gone_emails_and_end_at_the_state_of_get() {
    let house = House::new().await;
    let drafts = house.mailbox("drafts").await;
    let old = house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    let draft = json!({ "d": { "mailboxIds": { &drafts: true }, "keywords": { "$draft": true } } });
    let draft =
        house.call("Email/set", json!({ "create": draft })).await["created"]["d"]["id"].clone();
    let state = house.call("Email/get", json!({ "ids": [] })).await["state"].clone();
    let new = house
        .mail("inbox", 2, &[], &plain("2@x", "bob@example.com", "B", "b"))
        .await;
    house
        .call(
            "Email/set",
            json!({ "update": { &old: { "keywords/$seen": true } }, "destroy": [draft] }),
        )
        .await;
    let answer = house
        .call("Email/changes", json!({ "sinceState": state }))
        .await;
    assert_eq!(answer["created"], json!([new]));
    assert_eq!(answer["updated"], json!([old]));
    assert_eq!(answer["destroyed"], json!([draft]));
    assert_eq!(
        (&answer["oldState"], &answer["hasMoreChanges"]),
        (&state, &json!(false))
    );
    assert_eq!(
        answer["newState"],
        house.call("Email/get", json!({ "ids": [] })).await["state"]
    );
    let again = house
        .call("Email/changes", json!({ "sinceState": answer["newState"] }))
        .await;
    assert_eq!(
        (&again["created"], &again["updated"], &again["newState"]),
        (&json!([]), &json!([]), &answer["newState"])
    );
    let mailboxes = house
        .call("Mailbox/changes", json!({ "sinceState": "0" }))
        .await;
    assert_eq!(mailboxes["created"].as_array().map(Vec::len), Some(6));
    assert_eq!(mailboxes["updatedProperties"], json!(null));
    let threads = house
        .call("Thread/changes", json!({ "sinceState": "0" }))
        .await;
    assert_eq!(threads["created"].as_array().map(Vec::len), Some(2));
    let identities = house
        .call("Identity/changes", json!({ "sinceState": "0" }))
        .await;
    assert_eq!(identities["created"].as_array().map(Vec::len), Some(1));
    house.close().await;
}

#[tokio::test]
async fn a_commit_larger_than_max_changes_is_told_in_pieces() {
    let house = House::new().await;
    let mut state = json!("0");
    let mut told = Vec::new();
    // The six mailboxes were made in one commit.
    for turn in 0..6 {
        let answer = house
            .call(
                "Mailbox/changes",
                json!({ "sinceState": state, "maxChanges": 1 }),
            )
            .await;
        let created = answer["created"].as_array().expect("a list").clone();
        assert_eq!(created.len(), 1, "{answer}");
        told.extend(created);
        assert_eq!(answer["hasMoreChanges"], json!(turn < 5));
        state = answer["newState"].clone();
    }
    told.sort_by_key(ToString::to_string);
    told.dedup();
    assert_eq!(told.len(), 6);
    assert_eq!(
        state,
        house.call("Mailbox/get", json!({ "ids": [] })).await["state"]
    );
    house.close().await;
}

#[tokio::test]
async fn states_that_were_never_given_out_cannot_be_calculated_from() {
    let house = House::new().await;
    for state in ["nonsense", "999999", "-1", "1.x", "01"] {
        let error = house
            .error("Email/changes", json!({ "sinceState": state }))
            .await;
        assert_eq!(error, "cannotCalculateChanges", "{state}");
    }
    assert_eq!(
        house
            .error(
                "Email/changes",
                json!({ "sinceState": "0", "maxChanges": 0 })
            )
            .await,
        "invalidArguments"
    );
    assert_eq!(
        house.error("Email/changes", json!({})).await,
        "invalidArguments"
    );
    house.close().await;
}
