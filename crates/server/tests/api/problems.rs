//! How errors look.

use serde_json::json;
use testing::program::Method;

use crate::alone;

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_speaks_the_language_that_was_asked_for_and_its_type_stays() {
    let tegata = alone();
    let browser = tegata.stranger();
    for (accepted, title) in [
        ("ja", "ログインが必要です。"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ログインが必要です。"),
        ("en-US,en;q=0.9,ja;q=0.5", "Sign in first."),
    ] {
        let problem = browser
            .in_language(accepted)
            .get("/api/me")
            .await
            .problem(401, "signed-out");
        assert_eq!(problem["title"], title, "{accepted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_or_method_of_the_api_is_a_problem_too() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    for path in [
        "/api/nothing",
        "/api/",
        "/api/users/u/more",
        "/api/connect/none",
        "/api/accounts/none",
    ] {
        member.get(path).await.problem(404, "not-found");
    }
    member
        .delete("/api/me")
        .await
        .problem(405, "method-not-allowed");
    let answer = tegata.stranger().get("/api/sign-in").await;
    answer.problem(405, "method-not-allowed");
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_or_no_json_is_refused_in_words() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let send = |kind: &'static str, body: Vec<u8>| {
        member
            .ask(Method::PATCH, "/api/me")
            .bytes(kind, body)
            .send()
    };
    let huge = json!({ "name": "x".repeat(3 << 20) })
        .to_string()
        .into_bytes();
    send("application/json", huge)
        .await
        .problem(413, "too-large");
    for body in ["", "{", "[]", "{\"name\": 5}", "\u{0}"] {
        send("application/json", body.into())
            .await
            .problem(400, "bad-request");
    }
    let form = send("application/x-www-form-urlencoded", b"name=x".to_vec()).await;
    form.problem(415, "bad-request");
    let deep = "[".repeat(100_000).into_bytes();
    send("application/json", deep)
        .await
        .problem(400, "bad-request");
    let admin = tegata.administrator().await;
    let odd = admin.get("/api/audit?limit=many").await;
    odd.problem(400, "bad-request");
    member.get("/api/me").await.is(200).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_api_are_kept_by_nobody_and_sniffed_by_nobody() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    for path in ["/api/me", "/api/login-sessions", "/api/nothing"] {
        let answer = member.get(path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}
