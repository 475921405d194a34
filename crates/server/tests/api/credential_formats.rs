//! What is wrong with a value is said in the sentence that helps, in both languages.

use serde_json::{Value, json};
use testing::program::{Client, Setup, Tegata, google, microsoft, register};

use crate::{TEGATA, sandbox};

/// The messages on a field, in Japanese and in English.
async fn said(admin: &Client, body: &Value, field: &str) -> [String; 2] {
    let mut found = [String::new(), String::new()];
    for (at, language) in ["ja", "en"].into_iter().enumerate() {
        let problem = admin
            .in_language(language)
            .post("/api/credentials", body)
            .await
            .problem(422, "invalid-fields");
        let errors = problem["errors"].as_array().expect("errors").clone();
        let error = errors.iter().find(|error| error["field"] == field);
        let error = error.unwrap_or_else(|| panic!("nothing on {field}: {problem}"));
        found[at] = error["message"].as_str().expect("a message").to_owned();
    }
    found
}

fn with(mut body: Value, field: &str, value: &str) -> Value {
    body[field] = json!(value);
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_of_the_consoles_gets_its_own_sentence() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let guid = "11112222-bbbb-3333-cccc-4444dddd5555";
    let desktop = "{\"installed\":{\"client_id\":\"1-a.apps.googleusercontent.com\"}}";
    for (body, field, ja, en) in [
        (
            with(microsoft(), "client_secret", guid),
            "client_secret",
            "「値」をコピーしてください",
            "This is the Secret ID",
        ),
        (
            with(google(), "client_secret", sandbox::GOOGLE_CLIENT_ID),
            "client_secret",
            "クライアントID",
            "client ID",
        ),
        (
            with(google(), "client_secret", "***************"),
            "client_secret",
            "伏せ字",
            "masked",
        ),
        (
            with(google(), "client_secret", "ya29.abcdefghijklmnop"),
            "client_secret",
            "トークン",
            "token",
        ),
        (
            with(google(), "client_id", "someone@example.jp"),
            "client_id",
            "メールアドレス",
            "mail address",
        ),
        (
            with(google(), "client_id", guid),
            "client_id",
            "Microsoft",
            "Microsoft",
        ),
        (
            with(google(), "client_id", desktop),
            "client_id",
            "デスクトップ",
            "Desktop app",
        ),
        (
            with(microsoft(), "client_id", sandbox::GOOGLE_CLIENT_ID),
            "client_id",
            "Google",
            "Google",
        ),
        (
            with(microsoft(), "tenant", "user@contoso.example"),
            "tenant",
            "メールアドレスではなく",
            "not a mail address",
        ),
        (
            with(google(), "client_id", ""),
            "client_id",
            "入力してください",
            "Enter the client ID",
        ),
        (
            with(google(), "client_secret", "  "),
            "client_secret",
            "入力してください",
            "Enter the client secret",
        ),
        (
            with(google(), "provider", "yahoo"),
            "provider",
            "プロバイダ",
            "provider",
        ),
    ] {
        let [japanese, english] = said(&admin, &body, field).await;
        assert!(japanese.contains(ja), "{ja}: {japanese}");
        assert!(english.contains(en), "{en}: {english}");
    }
    assert_eq!(
        admin.get("/api/credentials").await.ok()["items"],
        json!([]),
        "nothing half-made"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_characters_are_taken_and_one_more_is_not() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let (most, more) = ("x".repeat(1000), "x".repeat(1001));
    let (note, longer) = ("あ".repeat(1000), "あ".repeat(1001));
    for (field, value) in [
        ("client_id", &more),
        ("client_secret", &more),
        ("note", &longer),
    ] {
        let [ja, en] = said(&admin, &with(google(), field, value), field).await;
        assert_eq!(
            (ja.as_str(), en.as_str()),
            (
                "1,000 文字以内で入力してください。",
                "Use at most 1,000 characters."
            )
        );
    }
    let body = json!({ "provider": "google", "client_id": most, "client_secret": most.replace('x', "y"), "note": note });
    let id = register(&admin, &body).await;
    let stored = admin.get(&format!("/api/credentials/{id}")).await.ok();
    assert_eq!(
        (&stored["client_id"], &stored["note"]),
        (&json!(most), &json!(note))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn blanks_around_a_value_are_cut_off_before_it_is_kept() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let body = json!({
        "provider": "google", "client_id": format!("\u{3000}{}\r\n", sandbox::GOOGLE_CLIENT_ID),
        "client_secret": format!("\u{feff}{}\t ", sandbox::GOOGLE_CLIENT_SECRET), "note": "",
    });
    let id = register(&admin, &body).await;
    let stored = admin.get(&format!("/api/credentials/{id}")).await.ok();
    assert_eq!(stored["client_id"], sandbox::GOOGLE_CLIENT_ID);
    let check = admin
        .post(&format!("/api/credentials/{id}/check"), &json!({}))
        .await
        .ok();
    assert_eq!(check["steps"][1]["outcome"], "ok", "{check}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenants_of_microsoft_are_taken_in_every_form_that_it_knows() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    for (entered, kept) in [
        ("", "organizations"),
        ("common", "common"),
        ("Consumers", "consumers"),
        ("contoso.example", "contoso.example"),
        (sandbox::MICROSOFT_TENANT_ID, sandbox::MICROSOFT_TENANT_ID),
    ] {
        let id = register(&admin, &with(microsoft(), "tenant", entered)).await;
        let stored = admin.get(&format!("/api/credentials/{id}")).await.ok();
        assert_eq!(stored["tenant"], kept, "{entered:?}");
    }
    for wrong in [
        "https://login.microsoftonline.com/x",
        "two words",
        sandbox::MICROSOFT_CLIENT_ID,
    ] {
        said(&admin, &with(microsoft(), "tenant", wrong), "tenant").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_downloaded_file_brings_id_and_secret_at_once() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let file = json!({ "web": {
        "client_id": sandbox::GOOGLE_CLIENT_ID,
        "client_secret": sandbox::GOOGLE_CLIENT_SECRET,
        "redirect_uris": ["https://mail.example.jp/common/cmn270.do"],
    } });
    let body = json!({ "provider": "google", "client_id": file.to_string() });
    let made = admin.post("/api/credentials", &body).await.is(201).ok();
    assert_eq!(made["client_id"], sandbox::GOOGLE_CLIENT_ID);
    let check = format!(
        "/api/credentials/{}/check",
        made["id"].as_str().expect("an id")
    );
    let steps = admin.post(&check, &json!({})).await.ok();
    assert_eq!(steps["steps"][1]["outcome"], "ok", "{steps}");
}
