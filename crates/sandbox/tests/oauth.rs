//! Consent and codes at both providers, as a client and as a browser.

mod common;

use ProviderKind::{Google, Microsoft};
use common::*;
use sandbox::browser::{Choice, consent};
use sandbox::{Audience, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, NewApp, ProviderKind};

const ALICE: &str = "alice@example.com";
const CAROL: &str = "carol@contoso.example";

#[tokio::test]
async fn google_consent_gives_tokens_and_the_callback_names_the_issuer() {
    let sandbox = sandbox().await;
    let request = google_request(&sandbox, "&prompt=consent");
    let callback = consent(&request, &Choice::allow(ALICE)).await.unwrap();
    assert!(callback.starts_with(CALLBACK));
    let query = query(&callback);
    assert_eq!(query["state"], "S1");
    assert_eq!(query["iss"], sandbox.google.issuer);
    assert_eq!(
        query["scope"],
        "openid https://www.googleapis.com/auth/userinfo.email https://mail.google.com/"
    );
    let answer = redeem(&sandbox, Google, &query["code"]).await;
    assert!(
        answer.text.starts_with("{\n  \"access_token\": \"ya29."),
        "{}",
        answer.text
    );
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
    assert_eq!(
        answer.member("scope"),
        "openid https://www.googleapis.com/auth/userinfo.email"
    );
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
    assert_eq!(
        page_code(&other, &choice).await,
        (400, "redirect_uri_mismatch".to_owned())
    );
    let unknown = google_request(&sandbox, "").replace("1234567890-", "1234567891-");
    assert_eq!(
        page_code(&unknown, &choice).await,
        (401, "invalid_client".to_owned())
    );
    let slash = google_request(&sandbox, "").replace("mail.google.com%2F", "mail.google.com");
    assert_eq!(
        page_code(&slash, &choice).await,
        (400, "invalid_scope".to_owned())
    );
    let carol = Choice::allow(CAROL);
    let other = microsoft_request(&sandbox, "organizations").replace("cmn270", "CMN270");
    assert_eq!(
        page_code(&other, &carol).await,
        (400, "AADSTS50011".to_owned())
    );
    let nowhere = microsoft_request(&sandbox, "nowhere.example");
    assert_eq!(
        page_code(&nowhere, &carol).await,
        (400, "AADSTS90002".to_owned())
    );
    let consumers = microsoft_request(&sandbox, "consumers");
    assert_eq!(
        page_code(&consumers, &carol).await,
        (400, "AADSTS50020".to_owned())
    );
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
    sandbox.add_app(NewApp {
        audience: Audience::Internal,
        tenant: internal,
        ..app.clone()
    });
    let choice = Choice::allow(ALICE);
    assert_eq!(
        page_code(&request, &choice).await,
        (403, "org_internal".to_owned())
    );
    assert!(
        consent(&request, &Choice::allow("hanako@example.jp"))
            .await
            .is_ok()
    );
    sandbox.add_app(NewApp {
        audience: Audience::Testing,
        ..app.clone()
    });
    assert_eq!(
        page_code(&request, &choice).await,
        (403, "access_denied".to_owned())
    );
    sandbox.add_app(NewApp {
        deleted: true,
        ..app
    });
    assert_eq!(
        page_code(&request, &choice).await,
        (401, "deleted_client".to_owned())
    );
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
    assert_eq!(
        dead.text,
        "{\n  \"error\": \"invalid_grant\",\n  \"error_description\": \"Token has been expired or revoked.\"\n}"
    );
}

#[tokio::test]
async fn a_person_clicks_through_googles_pages_in_japanese() {
    let sandbox = sandbox().await;
    let http = http();
    let get = http
        .get(google_request(&sandbox, ""))
        .header("accept-language", "ja,en;q=0.8");
    let response = get.send().await.unwrap();
    assert_eq!(
        response.headers()["cross-origin-opener-policy"],
        "same-origin"
    );
    let page = response.text().await.unwrap();
    assert!(page.contains("アカウントの選択") && page.contains("佐藤花子"));
    let sitting = page.split("name=\"sitting\" value=\"").nth(1).unwrap();
    let sitting = sitting.split('"').next().unwrap().to_owned();
    let decide = format!("{}/decide", sandbox.google.issuer);
    let post = async |fields: &[(&str, &str)]| {
        let mut form = vec![("sitting", sitting.as_str())];
        form.extend_from_slice(fields);
        let request = http
            .post(&decide)
            .header("accept-language", "ja")
            .form(&form);
        request.send().await.unwrap()
    };
    let page = post(&[("account", "hanako@example.jp")])
        .await
        .text()
        .await
        .unwrap();
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
async fn googles_revocation_ends_every_grant_of_that_person() {
    let sandbox = sandbox().await;
    let first = tokens(&sandbox, Google, ALICE).await;
    let second = tokens(&sandbox, Google, ALICE).await;
    let other = tokens(&sandbox, Google, "bob@example.com").await;
    let url = sandbox.google.revocation_url.clone().unwrap();
    let token = first.member("refresh_token");
    assert_eq!(post(&url, &[("token", token)]).await.status, 200);
    assert_eq!(post(&url, &[("token", token)]).await.status, 400);
    assert_eq!(
        refresh(&sandbox, Google, second.member("refresh_token"))
            .await
            .status,
        400
    );
    assert_eq!(
        refresh(&sandbox, Google, other.member("refresh_token"))
            .await
            .status,
        200
    );
}
