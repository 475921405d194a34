//! Faults of the token endpoint, introspection and the control API.

mod common;

use ProviderKind::{Google, Microsoft};
use common::*;
use sandbox::{
    Fault, FaultKind, GOOGLE_CLIENT_ID, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, Protocol,
    ProviderKind,
};
use serde_json::Value;

const ALICE: &str = "alice@example.com";
const CAROL: &str = "carol@contoso.example";

#[tokio::test]
async fn introspection_knows_live_tokens_only() {
    let sandbox = sandbox().await;
    let answer = tokens(&sandbox, Google, ALICE).await;
    let token = answer.member("access_token");
    let url = &sandbox.google.introspection_url;
    let live = post(url, &[("token", token)]).await;
    assert_eq!(
        (live.json["active"].as_bool(), live.member("username")),
        (Some(true), ALICE)
    );
    sandbox.advance_clock(3_599);
    let dead = post(url, &[("token", token)]).await;
    assert_eq!(dead.text, "{\"active\":false}");
    sandbox.fault(Fault::new(FaultKind::IntrospectionDown));
    assert_eq!(post(url, &[("token", token)]).await.status, 503);
}

#[tokio::test]
async fn given_bytes_are_answered_at_the_token_and_the_authorization_endpoint() {
    let sandbox = sandbox().await;
    let answer = tokens(&sandbox, Microsoft, CAROL).await;
    let token = answer.member("refresh_token");
    let faults = format!("{}/faults", sandbox.control_url);
    let set = async |json: &'static str| {
        http()
            .post(&faults)
            .body(json)
            .send()
            .await
            .map(|r| r.status().as_u16())
    };
    let body = r#"{"kind":"reply","count":1,"address":"carol@contoso.example","reply":{"at":"token","status":418,"headers":{"retry-after":"7"},"body":"{\"error\":\"teapot\"}"}}"#;
    assert_eq!(set(body).await.ok(), Some(200));
    let given = refresh(&sandbox, Microsoft, token).await;
    assert_eq!(
        (given.status, given.text.as_str()),
        (418, r#"{"error":"teapot"}"#)
    );
    assert_eq!(refresh(&sandbox, Microsoft, token).await.status, 200);

    let page = r#"{"kind":"reply","count":1,"provider":"google","reply":{"at":"authorize","status":403,"body":"<h1>Error 403: org_internal</h1>"}}"#;
    assert_eq!(set(page).await.ok(), Some(200));
    let shown = http()
        .get(google_request(&sandbox, ""))
        .send()
        .await
        .expect("a page");
    assert_eq!(shown.status().as_u16(), 403);
    assert_eq!(
        shown.text().await.expect("text"),
        "<h1>Error 403: org_internal</h1>"
    );

    let back = r#"{"kind":"reply","count":1,"provider":"google","reply":{"at":"redirect","parameters":{"error":"access_denied"}}}"#;
    assert_eq!(set(back).await.ok(), Some(200));
    let to = http()
        .get(google_request(&sandbox, ""))
        .send()
        .await
        .expect("a way back");
    let location = to.headers()["location"].to_str().expect("text");
    assert_eq!(location, format!("{CALLBACK}?error=access_denied&state=S1"));
    assert_eq!(
        set(r#"{"kind":"reply"}"#).await.ok(),
        Some(422),
        "without an answer"
    );
    assert_eq!(
        set(r#"{"kind":"slow","reply":{"at":"authorize","status":1,"body":""}}"#)
            .await
            .ok(),
        Some(422)
    );
}

#[tokio::test]
async fn faults_of_the_token_endpoint_strike_as_often_as_told() {
    let sandbox = sandbox().await;
    let answer = tokens(&sandbox, Microsoft, CAROL).await;
    let token = answer.member("refresh_token");
    let with = async |fault: Fault| {
        sandbox.fault(fault.of(CAROL).times(1));
        refresh(&sandbox, Microsoft, token).await
    };
    let throttled = with(Fault::new(FaultKind::ThrottleToken)).await;
    assert_eq!(
        (throttled.status, &throttled.json["error_codes"][0]),
        (429, &Value::from(90055))
    );
    assert!(
        with(Fault::new(FaultKind::TokenHtml))
            .await
            .text
            .starts_with("<!DOCTYPE html>")
    );
    assert_eq!(with(Fault::new(FaultKind::TokenEmpty200)).await.text, "{}");
    assert_eq!(with(Fault::new(FaultKind::Token5xx)).await.status, 503);
    assert!(with(Fault::new(FaultKind::TokenHuge)).await.text.len() > 10 << 20);
    let long = with(Fault::new(FaultKind::Token8k)).await;
    assert_eq!(long.member("access_token").len(), 8_192);
    let wrong = with(Fault::new(FaultKind::WrongSecret)).await;
    assert_eq!(
        wrong.status, 200,
        "a secret belongs to a client, not to a person"
    );
    sandbox.clear_faults(None);
    sandbox.fault(
        Fault::new(FaultKind::HangUpAfterBytes)
            .after_bytes(Protocol::Token, 20)
            .times(1),
    );
    let url = token_url(&sandbox, Microsoft, "organizations");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", MICROSOFT_CLIENT_ID),
        ("client_secret", MICROSOFT_CLIENT_SECRET),
        ("refresh_token", token),
    ];
    let response = http().post(url).form(&form).send().await;
    let broken = match response {
        Ok(response) => response.text().await.is_err(),
        Err(_) => true,
    };
    assert!(broken, "the reply is cut");
    sandbox.fault(Fault::new(FaultKind::RevokeGrant).of(CAROL));
    let revoked = refresh(&sandbox, Microsoft, token).await;
    assert_eq!(revoked.json["error_codes"][0], 50173);
    let state = sandbox.state();
    assert!(state["grants"][0]["refreshes"].as_array().unwrap().len() >= 9);
    assert_eq!(state["grants"][0]["most_refreshes_at_once"], 1);
}

#[tokio::test]
async fn the_control_api_does_what_the_methods_do() {
    let sandbox = sandbox().await;
    let http = http();
    let url = |path: &str| format!("{}{path}", sandbox.control_url);
    let send = async |path: &str, body: &str| {
        http.post(url(path))
            .body(body.to_owned())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(
        send(
            "/people",
            r#"{"provider":"google","address":"dave@example.com","name":"Dave"}"#
        )
        .await,
        200
    );
    assert_eq!(
        send(
            "/apps",
            r#"{"add_redirect_uri":"http://localhost:8080/common/cmn270.do"}"#
        )
        .await,
        200
    );
    let other = format!(
        r#"{{"provider":"google","client_id":"{GOOGLE_CLIENT_ID}","set_secrets":["GOCSPX-another"]}}"#
    );
    assert_eq!(send("/apps", &other).await, 200);
    let unknown = r#"{"provider":"google","client_id":"nobody","set_secrets":[]}"#;
    assert_eq!(send("/apps", unknown).await, 422);
    assert_eq!(
        send(
            "/deliver",
            r#"{"address":"dave@example.com","raw":"Subject: a\r\n\r\nb\r\n"}"#
        )
        .await,
        200
    );
    assert_eq!(send("/clock", r#"{"advance_seconds":60}"#).await, 200);
    assert_eq!(
        send("/faults", r#"{"kind":"token_5xx","count":3}"#).await,
        200
    );
    assert_eq!(send("/faults", r#"{"kind":"no_such_fault"}"#).await, 422);
    let state: Value = serde_json::from_str(
        &http
            .get(url("/state"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(state["now"], NOW + 60);
    assert_eq!(
        state["mailboxes"]["dave@example.com"]["folders"]["INBOX"]["messages"],
        1
    );
    assert_eq!(state["faults"][0]["kind"], "token_5xx");
    assert_eq!(send("/faults", r#"{"clear":true}"#).await, 200);
    assert_eq!(sandbox.state()["faults"].as_array().unwrap().len(), 0);
    let config = http
        .get(url("/config.toml?ca_file=/tmp/ca.pem"))
        .send()
        .await
        .unwrap();
    assert!(
        config
            .text()
            .await
            .unwrap()
            .contains("ca_file = \"/tmp/ca.pem\"")
    );
}
