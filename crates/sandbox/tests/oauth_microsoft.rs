//! What only Microsoft's OAuth server does.

mod common;

use ProviderKind::Microsoft;
use common::*;
use sandbox::browser::{Choice, consent};
use sandbox::{
    Fault, FaultKind, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, MICROSOFT_TENANT_ID, NewApp,
    ProviderKind,
};
use serde_json::Value;

const CAROL: &str = "carol@contoso.example";

#[tokio::test]
async fn microsoft_rotates_refresh_tokens_and_the_old_one_stays_good() {
    let sandbox = sandbox().await;
    let answer = tokens(&sandbox, Microsoft, CAROL).await;
    assert!(answer.text.starts_with("{\"token_type\":\"Bearer\",\"scope\":\"https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send\",\"expires_in\":3599,\"ext_expires_in\":3599,\"access_token\":\"EwB"), "{}", answer.text);
    assert!(answer.member("access_token").len() > 1_900);
    let claims = claims(answer.member("id_token"));
    assert_eq!(claims["preferred_username"], CAROL);
    assert_eq!(claims["tid"], MICROSOFT_TENANT_ID);
    let issuer = sandbox
        .microsoft
        .issuer
        .replace("{tenant}", MICROSOFT_TENANT_ID);
    assert_eq!(claims["iss"], issuer);
    let old = answer.member("refresh_token");
    let second = refresh(&sandbox, Microsoft, old).await;
    assert_ne!(second.member("refresh_token"), old);
    assert_eq!(refresh(&sandbox, Microsoft, old).await.status, 200);
    sandbox.fault(Fault::new(FaultKind::StrictRotation));
    let replay = refresh(&sandbox, Microsoft, old).await;
    assert_eq!(replay.json["error_codes"][0], 70000);
    let newest = refresh(&sandbox, Microsoft, second.member("refresh_token")).await;
    assert_eq!(newest.member("error"), "invalid_grant");
}

#[tokio::test]
async fn microsoft_refuses_an_origin_header_and_tells_its_trace() {
    let sandbox = sandbox().await;
    let url = token_url(&sandbox, Microsoft, "organizations");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", MICROSOFT_CLIENT_ID),
    ];
    let request = http()
        .post(url)
        .header("origin", "https://mail.example.jp")
        .form(&form);
    let body: Value =
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(body["error_codes"][0], 90023);
    let said = body["error_description"].as_str().unwrap();
    assert!(said.starts_with("AADSTS90023: Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Trace ID: "));
    assert!(said.ends_with("Timestamp: 2026-03-01 00:00:00Z"), "{said}");
    assert_eq!(body["timestamp"], "2026-03-01 00:00:00Z");
}

#[tokio::test]
async fn client_credentials_prove_a_secret_without_a_user() {
    let sandbox = sandbox().await;
    let ask = async |tenant: &str, secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", MICROSOFT_CLIENT_ID),
            ("client_secret", secret),
            ("scope", "https://outlook.office365.com/.default"),
        ];
        post(&token_url(&sandbox, Microsoft, tenant), &form).await
    };
    assert_eq!(
        ask("contoso.example", MICROSOFT_CLIENT_SECRET).await.status,
        200
    );
    let wrong = ask("contoso.example", "wrong").await;
    assert_eq!(
        (wrong.status, &wrong.json["error_codes"][0]),
        (401, &Value::from(7_000_215))
    );
    let common = ask("common", MICROSOFT_CLIENT_SECRET).await;
    assert_eq!(common.json["error_codes"][0], 9_001_023);
    sandbox.fault(Fault::new(FaultKind::SecretExpired).times(1));
    let expired = ask("contoso.example", MICROSOFT_CLIENT_SECRET).await;
    assert_eq!(expired.json["error_codes"][0], 7_000_222);
}

#[tokio::test]
async fn a_single_tenant_app_does_not_serve_common() {
    let sandbox = sandbox().await;
    sandbox.add_app(NewApp {
        redirect_uris: vec![CALLBACK.to_owned()],
        tenant: Some(MICROSOFT_TENANT_ID.to_owned()),
        ..NewApp::new(Microsoft, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET)
    });
    let choice = Choice::allow(CAROL);
    let common = microsoft_request(&sandbox, "common");
    assert_eq!(
        page_code(&common, &choice).await,
        (400, "AADSTS50194".to_owned())
    );
    let own = microsoft_request(&sandbox, MICROSOFT_TENANT_ID);
    assert!(consent(&own, &choice).await.is_ok());
}

#[tokio::test]
async fn members_wait_for_the_administrators_consent() {
    let sandbox = sandbox().await;
    sandbox.add_app(NewApp {
        redirect_uris: vec![CALLBACK.to_owned()],
        needs_admin: true,
        ..NewApp::new(Microsoft, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET)
    });
    let request = microsoft_request(&sandbox, "organizations");
    let ichiro = Choice::allow("ichiro@contoso.example");
    assert_eq!(
        page_code(&request, &ichiro).await,
        (200, "AADSTS90094".to_owned())
    );
    let link = request
        .replace("/oauth2/v2.0/authorize", "/v2.0/adminconsent")
        .replace("organizations", MICROSOFT_TENANT_ID);
    assert_eq!(page_code(&link, &ichiro).await.1, "AADSTS90094");
    let callback = consent(&link, &Choice::allow(CAROL)).await.unwrap();
    let query = query(&callback);
    assert_eq!(query["admin_consent"], "True");
    assert_eq!(query["tenant"], MICROSOFT_TENANT_ID);
    assert!(consent(&request, &ichiro).await.is_ok());
}
