//! Where one is signed in, and how that ends.

use serde_json::{Value, json};
use testing::program::{Client, Method, password_of};

use crate::{alone, try_sign_in};

async fn sessions(browser: &Client) -> Vec<Value> {
    browser.get("/api/login-sessions").await.ok()["items"]
        .as_array()
        .expect("items")
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_each_can_be_ended() {
    let tegata = alone();
    let stranger = tegata.stranger();
    let here = tegata.member("hanako").await;
    let body = json!({ "login": "hanako", "password": password_of("hanako") });
    let there = stranger
        .ask(Method::POST, "/api/sign-in")
        .header("user-agent", "A phone")
        .json(&body)
        .send()
        .await;
    let there = stranger.came_in(&there);
    let other = tegata.member("ichiro").await;
    let listed = sessions(&here).await;
    assert_eq!(listed.len(), 2);
    let phone = listed
        .iter()
        .find(|session| session["user_agent"] == "A phone")
        .expect("the phone");
    assert_eq!(
        (&phone["current"], &phone["remote_address"]),
        (&json!(false), &json!("127.0.0.1"))
    );
    assert_eq!(
        listed
            .iter()
            .filter(|session| session["current"] == true)
            .count(),
        1
    );
    let path = format!(
        "/api/login-sessions/{}",
        phone["id"].as_str().expect("an id")
    );
    other.delete(&path).await.problem(404, "not-found");
    there.get("/api/me").await.is(200).ok();
    assert_eq!(here.delete(&path).await.status, 204);
    there.get("/api/me").await.problem(401, "signed-out");
    here.delete(&path).await.problem(404, "not-found");
    assert_eq!(sessions(&here).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_and_takes_the_cookie_back() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let answer = member.post("/api/sign-out", &json!({})).await;
    assert_eq!(answer.status, 204);
    let set = answer.header("set-cookie");
    assert!(
        set.starts_with("tegata_session=;")
            && set.contains("Max-Age=0")
            && set.contains("Path=/gsession/"),
        "{set}"
    );
    member.get("/api/me").await.problem(401, "signed-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_other_sessions() {
    let tegata = alone();
    let (here, there) = (tegata.member("hanako").await, tegata.member("hanako").await);
    let change =
        |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let (old, new) = (password_of("hanako"), "quite another password");
    for (body, field) in [
        (change("not the one", new), "current_password"),
        (change(&old, "short"), "new_password"),
        (change(&old, "aaaaaaaaaaaaaa"), "new_password"),
    ] {
        let problem = here
            .post("/api/me/password", &body)
            .await
            .problem(422, "invalid-fields");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    there.get("/api/me").await.is(200).ok();
    assert_eq!(
        here.post("/api/me/password", &change(&old, new))
            .await
            .status,
        204
    );
    here.get("/api/me").await.is(200).ok();
    there.get("/api/me").await.problem(401, "signed-out");
    try_sign_in(&tegata.stranger(), "hanako", &old)
        .await
        .problem(401, "wrong-login");
    tegata.sign_in("hanako", new).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_outlive_a_restart() {
    let mut tegata = alone();
    let member = tegata.member("hanako").await;
    tegata.restart();
    member.get("/api/me").await.is(200).ok();
    tegata.kill();
    tegata.restart();
    member.get("/api/me").await.is(200).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sits_at_an_open_browser_cannot_guess_the_password_for_long() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let guess = json!({ "current_password": "guessing again", "new_password": "a stolen account" });
    for _ in 0..10 {
        let answer = member.post("/api/me/password", &guess).await;
        answer.problem(422, "invalid-fields");
    }
    let right =
        json!({ "current_password": password_of("hanako"), "new_password": "a stolen account" });
    let answer = member.post("/api/me/password", &right).await;
    answer.problem(429, "too-many-attempts");
    // That stops nothing else: the person still signs in.
    tegata.member("hanako").await;
}
