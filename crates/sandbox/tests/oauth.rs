//! The OAuth servers from outside, as a client and as a browser.

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::*;
use sandbox::browser::{Choice, Refused, consent};
use sandbox::{
    Audience, Fault, FaultKind, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, MICROSOFT_CLIENT_ID,
    MICROSOFT_CLIENT_SECRET, MICROSOFT_TENANT_ID, NewApp, Protocol, ProviderKind,
};
use serde_json::Value;

const ALICE: &str = "alice@example.com";
const CAROL: &str = "carol@contoso.example";
use ProviderKind::{Google, Microsoft};

fn claims(id_token: &str) -> Value {
    let part = id_token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

async fn page_code(request: &str, choice: &Choice) -> (u16, String) {
    match consent(request, choice).await {
        Err(Refused::Page { status, code, .. }) => (status, code),
        other => panic!("an error page was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn google_consent_gives_tokens_and_the_callback_names_the_issuer() {
    let sandbox = sandbox().await;
    let request = google_request(&sandbox, "&prompt=consent");
    let callback = consent(&request, &Choice::allow(ALICE)).await.unwrap();
    assert!(callback.starts_with(CALLBACK));
    let query = query(&callback);
    assert_eq!(query["state"], "S1");
    assert_eq!(query["iss"], sandbox.google.issuer);
    assert_eq!(query["scope"], "openid https://www.googleapis.com/auth/userinfo.email https://mail.google.com/");
    let answer = redeem(&sandbox, Google, &query["code"]).await;
    assert!(answer.text.starts_with("{\n  \"access_token\": \"ya29."), "{}", answer.text);
    assert!(answer.member("refresh_token").starts_with("1//"));
    let claims = claims(answer.member("id_token"));
    assert_eq!(claims["email"], ALICE);
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["nonce"], "N1");
    assert_eq!(claims["sub"].as_str().unwrap().len(), 21);
    let again = refresh(&sandbox, Google, answer.member("refresh_token")).await;
    assert_eq!(again.status, 200);
    assert!(again.json.get("refresh_token").is_none());
    assert_ne!(again.member("access_token"), answer.member("access_token"));
}

#[tokio::test]
async fn google_gives_a_refresh_token_only_when_consent_was_shown() {
    let sandbox = sandbox().await;
    tokens(&sandbox, Google, ALICE).await;
    let request = google_request(&sandbox, "");
    let callback = consent(&request, &Choice::allow(ALICE)).await.unwrap();
    let answer = redeem(&sandbox, Google, &query(&callback)["code"]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.json.get("refresh_token").is_none());
}

#[tokio::test]
async fn an_unticked_box_is_missing_in_the_scope() {
    let sandbox = sandbox().await;
    let request = google_request(&sandbox, "&prompt=consent");
    let callback = consent(&request, &Choice::only(ALICE, &[])).await.unwrap();
    let answer = redeem(&sandbox, Google, &query(&callback)["code"]).await;
    assert_eq!(answer.member("scope"), "openid https://www.googleapis.com/auth/userinfo.email");
}

#[tokio::test]
async fn refusing_comes_back_as_an_error_in_each_providers_words() {
    let sandbox = sandbox().await;
    let request = google_request(&sandbox, "");
    let callback = consent(&request, &Choice::refuse(ALICE)).await.unwrap();
    assert_eq!(query(&callback)["error"], "access_denied");
    let request = microsoft_request(&sandbox, "organizations");
    let callback = consent(&request, &Choice::refuse(CAROL)).await.unwrap();
    let query = query(&callback);
    assert_eq!(query["error"], "consent_required");
    assert!(query["error_description"].starts_with("AADSTS65004: "));
}

#[tokio::test]
async fn errors_of_the_request_stay_on_the_providers_page() {
    let sandbox = sandbox().await;
    let choice = Choice::allow(ALICE);
    let other = google_request(&sandbox, "").replace("cmn270", "cmn271");
    assert_eq!(page_code(&other, &choice).await, (400, "redirect_uri_mismatch".to_owned()));
    let unknown = google_request(&sandbox, "").replace("1234567890-", "1234567891-");
    assert_eq!(page_code(&unknown, &choice).await, (401, "invalid_client".to_owned()));
    let slash = google_request(&sandbox, "").replace("mail.google.com%2F", "mail.google.com");
    assert_eq!(page_code(&slash, &choice).await, (400, "invalid_scope".to_owned()));
    let carol = Choice::allow(CAROL);
    let other = microsoft_request(&sandbox, "organizations").replace("cmn270", "CMN270");
    assert_eq!(page_code(&other, &carol).await, (400, "AADSTS50011".to_owned()));
    let nowhere = microsoft_request(&sandbox, "nowhere.example");
    assert_eq!(page_code(&nowhere, &carol).await, (400, "AADSTS90002".to_owned()));
    let consumers = microsoft_request(&sandbox, "consumers");
    assert_eq!(page_code(&consumers, &carol).await, (400, "AADSTS50020".to_owned()));
}

#[tokio::test]
async fn audience_and_deletion_of_a_google_app_are_judged_on_its_page() {
    let sandbox = sandbox().await;
    let app = NewApp {
        redirect_uris: vec![CALLBACK.to_owned()],
        ..NewApp::new(Google, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)
    };
    let request = google_request(&sandbox, "");
    let internal = Some("example.jp".to_owned());
    sandbox.add_app(NewApp { audience: Audience::Internal, tenant: internal, ..app.clone() });
    let choice = Choice::allow(ALICE);
    assert_eq!(page_code(&request, &choice).await, (403, "org_internal".to_owned()));
    assert!(consent(&request, &Choice::allow("hanako@example.jp")).await.is_ok());
    sandbox.add_app(NewApp { audience: Audience::Testing, ..app.clone() });
    assert_eq!(page_code(&request, &choice).await, (403, "access_denied".to_owned()));
    sandbox.add_app(NewApp { deleted: true, ..app });
    assert_eq!(page_code(&request, &choice).await, (401, "deleted_client".to_owned()));
}

#[tokio::test]
async fn an_app_in_testing_loses_its_grant_after_seven_days() {
    let sandbox = sandbox().await;
    sandbox.add_app(NewApp {
        redirect_uris: vec![CALLBACK.to_owned()],
        audience: Audience::Testing,
        test_users: vec![ALICE.to_owned()],
        ..NewApp::new(Google, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)
    });
    let answer = tokens(&sandbox, Google, ALICE).await;
    assert_eq!(answer.json["refresh_token_expires_in"], 604_799);
    sandbox.advance_clock(7 * 86_400 - 1);
    let token = answer.member("refresh_token");
    assert_eq!(refresh(&sandbox, Google, token).await.status, 200);
    sandbox.advance_clock(1);
    let dead = refresh(&sandbox, Google, token).await;
    assert_eq!(dead.status, 400);
    assert_eq!(dead.text, "{\n  \"error\": \"invalid_grant\",\n  \"error_description\": \"Token has been expired or revoked.\"\n}");
}

#[tokio::test]
async fn a_person_clicks_through_googles_pages_in_japanese() {
    let sandbox = sandbox().await;
    let http = http();
    let get = http.get(google_request(&sandbox, "")).header("accept-language", "ja,en;q=0.8");
    let response = get.send().await.unwrap();
    assert_eq!(response.headers()["cross-origin-opener-policy"], "same-origin");
    let page = response.text().await.unwrap();
    assert!(page.contains("アカウントの選択") && page.contains("佐藤花子"));
    let sitting = page.split("name=\"sitting\" value=\"").nth(1).unwrap();
    let sitting = sitting.split('"').next().unwrap().to_owned();
    let decide = format!("{}/decide", sandbox.google.issuer);
    let post = async |fields: &[(&str, &str)]| {
        let mut form = vec![("sitting", sitting.as_str())];
        form.extend_from_slice(fields);
        let request = http.post(&decide).header("accept-language", "ja").form(&form);
        request.send().await.unwrap()
    };
    let page = post(&[("account", "hanako@example.jp")]).await.text().await.unwrap();
    assert!(page.contains("このアプリは Google で確認されていません"));
    let page = post(&[("proceed", "1")]).await.text().await.unwrap();
    assert!(page.contains("type=\"checkbox\"") && page.contains("Gmail のすべてのメール"));
    let end = post(&[("decision", "allow"), ("scope", GMAIL)]).await;
    assert_eq!(end.status(), 302);
    let callback = end.headers()["location"].to_str().unwrap();
    assert_eq!(query(callback)["hd"], "example.jp");
}

#[tokio::test]
async fn prompt_none_answers_without_a_page() {
    let sandbox = sandbox().await;
    let request = google_request(&sandbox, &format!("&prompt=none&login_hint={ALICE}"));
    let choice = Choice::allow(ALICE);
    let callback = consent(&request, &choice).await.unwrap();
    assert_eq!(query(&callback)["error"], "interaction_required");
    tokens(&sandbox, Google, ALICE).await;
    let callback = consent(&request, &choice).await.unwrap();
    assert!(query(&callback).contains_key("code"));
}

#[tokio::test]
async fn a_code_serves_once_and_the_second_use_ends_the_grant() {
    let sandbox = sandbox().await;
    for (provider, address) in [(Google, ALICE), (Microsoft, CAROL)] {
        let code = code(&sandbox, provider, address).await;
        let first = redeem(&sandbox, provider, &code).await;
        let second = redeem(&sandbox, provider, &code).await;
        assert_eq!((first.status, second.status), (200, 400));
        assert_eq!(second.member("error"), "invalid_grant");
        let refreshed = refresh(&sandbox, provider, first.member("refresh_token")).await;
        assert_eq!(refreshed.member("error"), "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_dies_after_ten_minutes_and_needs_its_verifier() {
    let sandbox = sandbox().await;
    let late = code(&sandbox, Microsoft, CAROL).await;
    sandbox.advance_clock(601);
    let answer = redeem(&sandbox, Microsoft, &late).await;
    assert_eq!(answer.json["error_codes"][0], 70008);
    let fresh = code(&sandbox, Google, ALICE).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", GOOGLE_CLIENT_ID),
        ("client_secret", GOOGLE_CLIENT_SECRET),
        ("code", &fresh),
        ("redirect_uri", CALLBACK),
    ];
    let answer = post(&sandbox.google.token_url, &form).await;
    assert_eq!(answer.member("error"), "invalid_grant");
}

#[tokio::test]
async fn microsoft_rotates_refresh_tokens_and_the_old_one_stays_good() {
    let sandbox = sandbox().await;
    let answer = tokens(&sandbox, Microsoft, CAROL).await;
    assert!(answer.text.starts_with("{\"token_type\":\"Bearer\",\"scope\":\"https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send\",\"expires_in\":3599,\"ext_expires_in\":3599,\"access_token\":\"EwB"), "{}", answer.text);
    assert!(answer.member("access_token").len() > 1_900);
    let claims = claims(answer.member("id_token"));
    assert_eq!(claims["preferred_username"], CAROL);
    assert_eq!(claims["tid"], MICROSOFT_TENANT_ID);
    let issuer = sandbox.microsoft.issuer.replace("{tenant}", MICROSOFT_TENANT_ID);
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
    let form = [("grant_type", "refresh_token"), ("client_id", MICROSOFT_CLIENT_ID)];
    let request = http().post(url).header("origin", "https://mail.example.jp").form(&form);
    let body: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
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
    assert_eq!(ask("contoso.example", MICROSOFT_CLIENT_SECRET).await.status, 200);
    let wrong = ask("contoso.example", "wrong").await;
    assert_eq!((wrong.status, &wrong.json["error_codes"][0]), (401, &Value::from(7_000_215)));
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
    assert_eq!(page_code(&common, &choice).await, (400, "AADSTS50194".to_owned()));
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
    assert_eq!(page_code(&request, &ichiro).await, (200, "AADSTS90094".to_owned()));
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

#[tokio::test]
async fn googles_revocation_ends_every_grant_of_that_person() {
    let sandbox = sandbox().await;
    let first = tokens(&sandbox, Google, ALICE).await;
    let second = tokens(&sandbox, Google, ALICE).await;
    let other = tokens(&sandbox, Google, "bob@example.com").await;
    let url = sandbox.google.revocation_url.clone().unwrap();
    let token = first.member("refresh_token");
    assert_eq!(post(&url, &[("token", token)]).await.status, 200);
    assert_eq!(post(&url, &[("token", token)]).await.status, 400);
    assert_eq!(refresh(&sandbox, Google, second.member("refresh_token")).await.status, 400);
    assert_eq!(refresh(&sandbox, Google, other.member("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn introspection_knows_live_tokens_only() {
    let sandbox = sandbox().await;
    let answer = tokens(&sandbox, Google, ALICE).await;
    let token = answer.member("access_token");
    let url = &sandbox.google.introspection_url;
    let live = post(url, &[("token", token)]).await;
    assert_eq!((live.json["active"].as_bool(), live.member("username")), (Some(true), ALICE));
    sandbox.advance_clock(3_599);
    let dead = post(url, &[("token", token)]).await;
    assert_eq!(dead.text, "{\"active\":false}");
    sandbox.fault(Fault::new(FaultKind::IntrospectionDown));
    assert_eq!(post(url, &[("token", token)]).await.status, 503);
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
    assert_eq!((throttled.status, &throttled.json["error_codes"][0]), (429, &Value::from(90055)));
    assert!(with(Fault::new(FaultKind::TokenHtml)).await.text.starts_with("<!DOCTYPE html>"));
    assert_eq!(with(Fault::new(FaultKind::TokenEmpty200)).await.text, "{}");
    assert_eq!(with(Fault::new(FaultKind::Token5xx)).await.status, 503);
    assert!(with(Fault::new(FaultKind::TokenHuge)).await.text.len() > 10 << 20);
    let long = with(Fault::new(FaultKind::Token8k)).await;
    assert_eq!(long.member("access_token").len(), 8_192);
    let wrong = with(Fault::new(FaultKind::WrongSecret)).await;
    assert_eq!(wrong.status, 200, "a secret belongs to a client, not to a person");
    sandbox.clear_faults(None);
    sandbox.fault(Fault::new(FaultKind::HangUpAfterBytes).after_bytes(Protocol::Token, 20).times(1));
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
        http.post(url(path)).body(body.to_owned()).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send("/people", r#"{"provider":"google","address":"dave@example.com","name":"Dave"}"#).await, 200);
    assert_eq!(send("/apps", r#"{"add_redirect_uri":"http://localhost:8080/common/cmn270.do"}"#).await, 200);
    assert_eq!(send("/deliver", r#"{"address":"dave@example.com","raw":"Subject: a\r\n\r\nb\r\n"}"#).await, 200);
    assert_eq!(send("/clock", r#"{"advance_seconds":60}"#).await, 200);
    assert_eq!(send("/faults", r#"{"kind":"token_5xx","count":3}"#).await, 200);
    assert_eq!(send("/faults", r#"{"kind":"no_such_fault"}"#).await, 422);
    let state: Value = serde_json::from_str(&http.get(url("/state")).send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(state["now"], NOW + 60);
    assert_eq!(state["mailboxes"]["dave@example.com"]["folders"]["INBOX"]["messages"], 1);
    assert_eq!(state["faults"][0]["kind"], "token_5xx");
    assert_eq!(send("/faults", r#"{"clear":true}"#).await, 200);
    assert_eq!(sandbox.state()["faults"].as_array().unwrap().len(), 0);
    let config = http.get(url("/config.toml?ca_file=/tmp/ca.pem")).send().await.unwrap();
    assert!(config.text().await.unwrap().contains("ca_file = \"/tmp/ca.pem\""));
}
