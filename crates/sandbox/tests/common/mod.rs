//! A sandbox with a clock that stands still, and a client at its OAuth servers.

#![allow(dead_code, reason = "each test file uses its own part of it")]

pub mod tls;

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sandbox::browser::{Choice, Refused, consent};
use sandbox::{
    GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, Options,
    ProviderKind, Sandbox,
};
use serde_json::Value;

pub const CALLBACK: &str = "https://mail.example.jp/gsession/common/cmn270.do";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const GMAIL: &str = "https://mail.google.com/";
pub const IMAP_SCOPE: &str = "https://outlook.office.com/IMAP.AccessAsUser.All";
pub const SMTP_SCOPE: &str = "https://outlook.office.com/SMTP.Send";
/// 2026-03-01T00:00:00Z
pub const NOW: i64 = 1_772_323_200;

pub async fn sandbox() -> Sandbox {
    let options = Options {
        clock: Arc::new(|| NOW),
        seed: Some(42),
        redirect_uris: vec![CALLBACK.to_owned()],
        ..Options::default()
    };
    sandbox::start(options).await.expect("the sandbox starts")
}

pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

pub fn google_request(sandbox: &Sandbox, extra: &str) -> String {
    format!(
        "{}?client_id={GOOGLE_CLIENT_ID}&redirect_uri={}&response_type=code&state=S1&nonce=N1\
         &scope=openid%20email%20https%3A%2F%2Fmail.google.com%2F&access_type=offline\
         &code_challenge={CHALLENGE}&code_challenge_method=S256{extra}",
        sandbox.google.authorization_url,
        escaped(CALLBACK)
    )
}

pub fn microsoft_request(sandbox: &Sandbox, tenant: &str) -> String {
    format!(
        "{}?client_id={MICROSOFT_CLIENT_ID}&redirect_uri={}&response_type=code&state=S1&nonce=N1\
         &scope={}&code_challenge={CHALLENGE}&code_challenge_method=S256",
        sandbox
            .microsoft
            .authorization_url
            .replace("{tenant}", tenant),
        escaped(CALLBACK),
        escaped(&format!(
            "openid profile email offline_access {IMAP_SCOPE} {SMTP_SCOPE}"
        )),
    )
}

pub fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The query of a callback address.
pub fn query(callback: &str) -> HashMap<String, String> {
    url::Url::parse(callback)
        .expect("an address")
        .query_pairs()
        .into_owned()
        .collect()
}

pub struct Answer {
    pub status: u16,
    pub text: String,
    pub json: Value,
}

impl Answer {
    pub fn member(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or_default()
    }
}

pub async fn post(url: &str, form: &[(&str, &str)]) -> Answer {
    let response = http().post(url).form(form).send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a text");
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, text, json }
}

pub fn token_url(sandbox: &Sandbox, provider: ProviderKind, tenant: &str) -> String {
    match provider {
        ProviderKind::Google => sandbox.google.token_url.clone(),
        ProviderKind::Microsoft => sandbox.microsoft.token_url.replace("{tenant}", tenant),
    }
}

pub async fn redeem(sandbox: &Sandbox, provider: ProviderKind, code: &str) -> Answer {
    let (id, secret) = app(provider);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", id),
        ("client_secret", secret),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    post(&token_url(sandbox, provider, "organizations"), &form).await
}

pub async fn refresh(sandbox: &Sandbox, provider: ProviderKind, token: &str) -> Answer {
    let (id, secret) = app(provider);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", id),
        ("client_secret", secret),
        ("refresh_token", token),
    ];
    post(&token_url(sandbox, provider, "organizations"), &form).await
}

fn app(provider: ProviderKind) -> (&'static str, &'static str) {
    match provider {
        ProviderKind::Google => (GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET),
        ProviderKind::Microsoft => (MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET),
    }
}

/// The code of a consent.
pub async fn code(sandbox: &Sandbox, provider: ProviderKind, address: &str) -> String {
    let request = match provider {
        ProviderKind::Google => google_request(sandbox, "&prompt=consent"),
        ProviderKind::Microsoft => microsoft_request(sandbox, "organizations"),
    };
    let callback = consent(&request, &Choice::allow(address))
        .await
        .expect("a callback");
    query(&callback).remove("code").expect("a code")
}

/// The token answer of a whole consent.
pub async fn tokens(sandbox: &Sandbox, provider: ProviderKind, address: &str) -> Answer {
    let code = code(sandbox, provider, address).await;
    let answer = redeem(sandbox, provider, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

pub fn claims(id_token: &str) -> Value {
    let part = id_token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// Status and code of the error page that the provider shows.
pub async fn page_code(request: &str, choice: &Choice) -> (u16, String) {
    match consent(request, choice).await {
        Err(Refused::Page { status, code, .. }) => (status, code),
        other => panic!("an error page was expected, not {other:?}"),
    }
}
