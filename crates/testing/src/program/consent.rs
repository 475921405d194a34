//! Registering credentials, and the way through a consent as a person's browser goes it.

use std::time::Duration;

use sandbox::Sandbox;
use sandbox::browser::{self, Choice};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use crate::wait_for;

/// How long a check of a new mailbox may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Registers the sandbox's Google app with the manual's four fields: the credential's id.
pub async fn register_google(administrator: &Client, _: &Sandbox) -> String {
    register(administrator, &google()).await
}

/// Registers the sandbox's Microsoft app for its own tenant: the credential's id.
pub async fn register_microsoft(administrator: &Client, _: &Sandbox) -> String {
    register(administrator, &microsoft()).await
}

/// The body of a registration at the sandbox's Google.
#[must_use]
pub fn google() -> Value {
    json!({
        "provider": "google", "client_id": sandbox::GOOGLE_CLIENT_ID,
        "client_secret": sandbox::GOOGLE_CLIENT_SECRET, "note": "",
    })
}

/// The body of a registration at the sandbox's Microsoft.
#[must_use]
pub fn microsoft() -> Value {
    json!({
        "provider": "microsoft", "client_id": sandbox::MICROSOFT_CLIENT_ID,
        "client_secret": sandbox::MICROSOFT_CLIENT_SECRET, "note": "", "tenant": sandbox::MICROSOFT_TENANT_ID,
    })
}

/// Registers whatever it is told to: the credential's id.
///
/// # Panics
/// With the answer, when it is refused.
pub async fn register(administrator: &Client, body: &Value) -> String {
    let made = administrator.post("/api/credentials", body).await.is(201);
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// A consent that was begun.
#[derive(Debug, Clone)]
pub struct Begun {
    pub connect_id: String,
    pub authorization_url: String,
}

/// `POST /api/connect`.
///
/// # Panics
/// With the answer, when it is refused.
pub async fn begin(member: &Client, credential_id: &str, address: &str) -> Begun {
    let body = json!({ "credential_id": credential_id, "address": address });
    begin_with(member, &body).await
}

/// `POST /api/connect` with any body.
///
/// # Panics
/// With the answer, when it is refused.
pub async fn begin_with(member: &Client, body: &Value) -> Begun {
    let begun = member.post("/api/connect", body).await.is(201).json();
    let text = |member: &str| begun[member].as_str().expect(member).to_owned();
    Begun {
        connect_id: text("connect_id"),
        authorization_url: text("authorization_url"),
    }
}

/// Goes through the provider's pages: the callback URL, not called yet.
///
/// # Panics
/// With the provider's page, when it keeps the person.
pub async fn decide(member: &Client, begun: &Begun, choice: &Choice) -> String {
    let callback = browser::consent(&begun.authorization_url, choice)
        .await
        .unwrap_or_else(|e| panic!("the sandbox refused the consent: {e:?}"));
    member.watch.consent_url(&callback);
    callback
}

/// Calls the callback as the browser of `member`.
pub async fn call_back(member: &Client, callback: &str) -> Answer {
    member.get(callback).await
}

/// Waits until a round trip is over: its last JSON (`state` is `done` or `failed`).
pub async fn finished(member: &Client, connect_id: &str) -> Value {
    wait_for("the end of the connect checks", PATIENCE, async || {
        let now = member.get(&format!("/api/connect/{connect_id}")).await.ok();
        matches!(now["state"].as_str(), Some("done" | "failed")).then_some(now)
    })
    .await
}

/// The whole way: begin, consent, callback, checks. The last JSON of `/api/connect/{id}`.
///
/// # Panics
/// When the callback does not lead to the round trip's page.
pub async fn connect(member: &Client, credential_id: &str, address: &str, choice: Choice) -> Value {
    let begun = begin(member, credential_id, address).await;
    let callback = decide(member, &begun, &choice).await;
    let went = call_back(member, &callback).await;
    let end = format!("/connect/{}", begun.connect_id);
    assert!(
        went.status == 303 && went.header("location").ends_with(&end),
        "the callback answered {} {}",
        went.status,
        went.header("location")
    );
    finished(member, &begun.connect_id).await
}
