//! Writes from elsewhere.

use serde_json::json;
use testing::program::Method;

use crate::alone;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_by_cookie_needs_the_right_csrf_token() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let other = tegata.member("hanako").await;
    let body = json!({ "name": "changed from elsewhere" });
    for token in [None, Some("wrong"), Some(""), other.csrf.as_deref()] {
        let answer = member
            .ask(Method::PATCH, "/api/me")
            .json(&body)
            .csrf(token)
            .send()
            .await;
        answer.problem(403, "csrf");
    }
    for (method, path) in [
        (Method::POST, "/api/sign-out"),
        (Method::POST, "/api/me/password"),
        (Method::POST, "/api/tokens"),
        (Method::POST, "/api/connect"),
        (Method::POST, "/jmap/api"),
        (Method::DELETE, "/api/accounts/a"),
    ] {
        member
            .ask(method, path)
            .json(&json!({}))
            .csrf(None)
            .send()
            .await
            .problem(403, "csrf");
    }
    assert_eq!(member.get("/api/me").await.ok()["user"]["name"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_tells_of_another_site_is_refused_with_the_right_token() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let body = json!({ "name": "花子" });
    let write = |site: &'static str| {
        member
            .ask(Method::PATCH, "/api/me")
            .header("sec-fetch-site", site)
            .json(&body)
            .send()
    };
    write("cross-site").await.problem(403, "csrf");
    write("same-origin").await.is(200).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_token_needs_no_csrf_token() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let new = json!({ "name": "backup", "scopes": ["admin"] });
    let token = member.post("/api/tokens", &new).await.is(201).json();
    let program = member.with_token(token["token"].as_str().expect("a value"));
    let renamed = program
        .patch("/api/me", &json!({ "name": "by a program" }))
        .await
        .ok();
    assert_eq!(renamed["user"]["name"], "by a program");
    assert_eq!(program.get("/api/me").await.ok()["csrf_token"], json!(null));
}
