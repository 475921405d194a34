//! core: echo, method errors, request errors, result references (RFC 8620, 3).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{CORE, House, MAIL};

#[tokio::test]
async fn echo_gives_back_what_it_got_with_whole_numbers_exact() {
    let house = House::new().await;
    let arguments =
        json!({ "hello": true, "n": 9_007_199_254_740_991_i64, "list": [1, "二", null], "d": 1.5 });
    assert_eq!(
        house.calls(json!([["Core/echo", arguments, "x"]])).await,
        [json!(["Core/echo", arguments, "x"])]
    );
    house.close().await;
}

#[tokio::test]
async fn what_is_no_json_or_no_request_is_refused_as_a_whole() {
    let house = House::new().await;
    let kind = |answer: &Value| {
        answer["type"]
            .as_str()
            .unwrap_or_default()
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let (status, answer) = house.post("application/json", "{not json").await;
    assert_eq!(
        (status, kind(&answer).as_str()),
        (StatusCode::BAD_REQUEST, "notJSON")
    );
    let deep = "[".repeat(100_000);
    assert_eq!(
        kind(&house.post("application/json", deep).await.1),
        "notJSON"
    );
    for body in [
        json!({ "foo": 1 }),
        json!([]),
        json!({ "using": [CORE], "methodCalls": {} }),
        json!({ "using": [CORE], "methodCalls": [["Core/echo", {}]] }),
        json!({ "using": CORE, "methodCalls": [] }),
        json!({ "using": [CORE], "methodCalls": [], "createdIds": { "a": 1 } }),
    ] {
        let (status, answer) = house.request(body.clone()).await;
        assert_eq!(
            (status, kind(&answer).as_str()),
            (StatusCode::BAD_REQUEST, "notRequest"),
            "{body}"
        );
    }
    let (status, _) = house
        .post(
            "text/plain",
            json!({ "using": [], "methodCalls": [] }).to_string(),
        )
        .await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    house.close().await;
}

#[tokio::test]
async fn limits_of_the_session_hold() {
    let house = House::new().await;
    let calls: Vec<Value> = (0..33)
        .map(|n| json!(["Core/echo", {}, n.to_string()]))
        .collect();
    let (status, answer) = house
        .request(json!({ "using": [CORE], "methodCalls": calls }))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["limit"], "maxCallsInRequest");
    let large = " ".repeat(10_000_001);
    assert_eq!(
        house.post("application/json", large).await.1["limit"],
        "maxSizeRequest"
    );
    let ids: Vec<String> = (0..501).map(|n| format!("e{n}")).collect();
    assert_eq!(
        house.error("Email/get", json!({ "ids": ids })).await,
        "requestTooLarge"
    );
    assert_eq!(
        house.error("Email/set", json!({ "destroy": ids })).await,
        "requestTooLarge"
    );
    house.close().await;
}

#[tokio::test]
async fn unknown_capabilities_refuse_the_request_and_registered_ones_do_not() {
    let house = House::new().await;
    let call = json!([["Core/echo", {}, "0"]]);
    let (status, answer) = house
        .request(json!({ "using": [CORE, "https://example.com/x"], "methodCalls": call }))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer["type"],
        "urn:ietf:params:jmap:error:unknownCapability"
    );
    let registered = [
        CORE,
        "urn:ietf:params:jmap:sieve",
        "urn:ietf:params:jmap:calendars",
        "urn:ietf:params:jmap:quota",
    ];
    let (status, answer) = house
        .request(json!({ "using": registered, "methodCalls": [["Core/echo", {}, "0"], ["Quota/get", {}, "1"], ["Email/get", {}, "2"]] }))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["methodResponses"][0][0], "Core/echo");
    assert_eq!(
        answer["methodResponses"][1],
        json!(["error", { "type": "unknownMethod" }, "1"])
    );
    assert_eq!(answer["methodResponses"][2][1]["type"], "unknownMethod");
    let (status, answer) = house
        .request(json!({ "using": [], "methodCalls": call }))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["methodResponses"][0][1]["type"], "unknownMethod");
    house.close().await;
}

#[tokio::test]
async fn the_account_must_be_named_and_ones_own() {
    let house = House::new().await;
    let methods = [
        "Mailbox/get",
        "Mailbox/query",
        "Mailbox/changes",
        "Thread/get",
        "Thread/changes",
        "Email/get",
        "Email/query",
        "Email/changes",
        "Email/set",
        "Identity/get",
        "Identity/changes",
        "EmailSubmission/get",
        "EmailSubmission/changes",
        "EmailSubmission/set",
    ];
    for method in methods {
        assert_eq!(
            house.error(method, json!({ "accountId": null })).await,
            "invalidArguments",
            "{method}"
        );
        assert_eq!(
            house
                .error(method, json!({ "accountId": house.foreign }))
                .await,
            "accountNotFound",
            "{method}"
        );
        assert_eq!(
            house
                .error(method, json!({ "accountId": "nonsense" }))
                .await,
            "accountNotFound",
            "{method}"
        );
    }
    assert_eq!(
        house
            .error("Email/get", json!({ "ids": [], "frobnicate": 1 }))
            .await,
        "invalidArguments"
    );
    assert_eq!(
        house.error("Email/get", json!({ "ids": "all" })).await,
        "invalidArguments"
    );
    house.close().await;
}

#[tokio::test]
async fn references_take_values_from_earlier_answers() {
    let house = House::new().await;
    house
        .mail(
            "inbox",
            1,
            &[],
            &crate::support::plain("1@x", "bob@example.com", "Hello", "Hi"),
        )
        .await;
    let account = &house.account;
    let answers = house
        .calls(json!([
            ["Email/query", { "accountId": account }, "q"],
            ["Email/get", { "accountId": account, "#ids": { "resultOf": "q", "name": "Email/query", "path": "/ids" }, "properties": ["threadId"] }, "g"],
            ["Thread/get", { "accountId": account, "#ids": { "resultOf": "g", "name": "Email/get", "path": "/list/*/threadId" } }, "t"],
            ["Email/get", { "accountId": account, "#ids": { "resultOf": "zz", "name": "Email/query", "path": "/ids" } }, "bad1"],
            ["Email/get", { "accountId": account, "#ids": { "resultOf": "q", "name": "Email/get", "path": "/ids" } }, "bad2"],
            ["Email/get", { "accountId": account, "ids": [], "#ids": { "resultOf": "q", "name": "Email/query", "path": "/ids" } }, "bad3"],
        ]))
        .await;
    assert_eq!(answers[2][1]["list"][0]["emailIds"], answers[0][1]["ids"]);
    assert_eq!(answers[3][1]["type"], "invalidResultReference");
    assert_eq!(answers[4][1]["type"], "invalidResultReference");
    assert_eq!(answers[5][1]["type"], "invalidArguments");
    house.close().await;
}

#[tokio::test]
async fn creation_ids_reach_across_calls_and_requests() {
    let house = House::new().await;
    let (account, drafts) = (&house.account, house.mailbox("drafts").await);
    let (_, answer) = house
        .request(json!({ "using": [CORE, MAIL], "createdIds": { "box": drafts }, "methodCalls": [
            ["Email/set", { "accountId": account, "create": { "mail": { "mailboxIds": { "#box": true }, "subject": "A" } } }, "0"],
            ["Email/get", { "accountId": account, "ids": ["#mail"], "properties": ["subject"] }, "1"],
        ] }))
        .await;
    let id = &answer["methodResponses"][0][1]["created"]["mail"]["id"];
    assert_eq!(
        answer["methodResponses"][1][1]["list"],
        json!([{ "id": id, "subject": "A" }]),
        "{answer}"
    );
    assert_eq!(answer["createdIds"]["mail"], *id);
    assert_eq!(answer["createdIds"]["box"], json!(drafts));
    house.close().await;
}
