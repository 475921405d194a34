//! Signing in, its limits, and who is not caught by them.

use serde_json::json;
use testing::program::{ADMINISTRATOR, Answer, Client, Method, Setup, Tegata, password_of};

use crate::{TEGATA, alone, audited, try_sign_in};

async fn from(browser: &Client, address: &str, login: &str, password: &str) -> Answer {
    browser
        .ask(Method::POST, "/api/sign-in")
        .header("x-forwarded-for", address)
        .json(&json!({ "login": login, "password": password }))
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_login_that_nobody_has_get_the_same_answer() {
    let tegata = alone();
    tegata.member("hanako").await;
    let browser = tegata.stranger();
    let wrong = try_sign_in(&browser, "hanako", "not this one").await;
    let nobody = try_sign_in(&browser, "nobody", "not this one").await;
    assert_eq!(
        wrong.problem(401, "wrong-login"),
        nobody.problem(401, "wrong-login")
    );
    assert_eq!((wrong.cookie(), nobody.cookie()), (None, None));
    browser.get("/api/me").await.problem(401, "signed-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_found_in_any_case_and_with_blanks_around_it() {
    let tegata = alone();
    tegata.member("hanako").await;
    let browser = tegata.stranger();
    let answer = try_sign_in(&browser, " Hanako ", &password_of("hanako")).await;
    assert_eq!(answer.ok()["user"]["login"], "hanako");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_this_path_only_and_no_script_reads_it() {
    let tegata = alone();
    let (login, password) = ADMINISTRATOR;
    let answer = try_sign_in(&tegata.stranger(), login, password)
        .await
        .is(200);
    let set = answer.header("set-cookie");
    for wanted in [
        "tegata_session=",
        "; Path=/gsession/",
        "; HttpOnly",
        "; SameSite=Lax",
    ] {
        assert!(set.contains(wanted), "{wanted} is not in {set}");
    }
    assert!(
        !set.contains("Secure"),
        "http://localhost could not keep it: {set}"
    );
    let setup = Setup {
        public_url: Some("https://mail.example.jp/gsession".into()),
        public_path: "/gsession",
        ..Setup::default()
    };
    let behind_a_proxy = Tegata::start(TEGATA, setup);
    let answer = try_sign_in(&behind_a_proxy.stranger(), login, password)
        .await
        .is(200);
    assert!(answer.header("set-cookie").contains("; Secure"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failures_stop_a_login_for_a_while_and_nobody_else() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    tegata.member("hanako").await;
    let browser = tegata.stranger();
    for _ in 0..10 {
        try_sign_in(&browser, "hanako", "guessing again")
            .await
            .problem(401, "wrong-login");
    }
    let limited = try_sign_in(&browser, "hanako", &password_of("hanako")).await;
    let problem = limited.problem(429, "too-many-attempts");
    let wait = problem["retry_after"].as_i64().expect("retry_after");
    assert!((1..=900).contains(&wait), "{problem}");
    assert_eq!(limited.header("retry-after"), wait.to_string());
    tegata.member("ichiro").await;
    assert_eq!(audited(&admin, "user.sign_in_limited").await.len(), 1);
    let japanese = browser.in_language("ja");
    let problem = try_sign_in(&japanese, "hanako", "x")
        .await
        .problem(429, "too-many-attempts");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("分後")),
        "{problem}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_came_in_before_is_not_locked_out_by_other_addresses() {
    let setup = Setup {
        server_toml: "trusted_proxies = [\"127.0.0.1\"]".into(),
        ..Setup::default()
    };
    let tegata = Tegata::start(TEGATA, setup);
    let (login, password) = ADMINISTRATOR;
    let browser = tegata.stranger();
    from(&browser, "198.51.100.7", login, password)
        .await
        .is(200)
        .ok();
    for number in 0..50 {
        let attacker = format!("203.0.113.{number}");
        from(&browser, &attacker, login, "guessing again")
            .await
            .problem(401, "wrong-login");
    }
    // From now on a new address has three tries only, the one that is known all ten.
    for _ in 0..3 {
        from(&browser, "203.0.113.77", login, "guessing again")
            .await
            .problem(401, "wrong-login");
    }
    from(&browser, "203.0.113.77", login, password)
        .await
        .problem(429, "too-many-attempts");
    for _ in 0..9 {
        from(&browser, "198.51.100.7", login, "mistyped again")
            .await
            .problem(401, "wrong-login");
    }
    let admin = browser.came_in(&from(&browser, "198.51.100.7", login, password).await);
    let sessions = admin.get("/api/login-sessions").await.ok();
    assert_eq!(sessions["items"][0]["remote_address"], "198.51.100.7");
    // What a client wrote itself stands before what the proxy wrote, and does not count.
    from(&browser, "198.51.100.7, 203.0.113.77", login, password)
        .await
        .problem(429, "too-many-attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_trusted_proxy_nobody_changes_the_own_address() {
    let tegata = alone();
    tegata.member("hanako").await;
    let browser = tegata.stranger();
    for number in 0..10 {
        let claimed = format!("203.0.113.{number}");
        from(&browser, &claimed, "hanako", "guessing again")
            .await
            .problem(401, "wrong-login");
    }
    from(&browser, "203.0.113.99", "hanako", &password_of("hanako"))
        .await
        .problem(429, "too-many-attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changes_the_own_name_and_language() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let changed = member
        .patch("/api/me", &json!({ "name": "佐藤 花子", "language": "ja" }))
        .await
        .ok();
    assert_eq!(
        (&changed["user"]["name"], &changed["user"]["language"]),
        (&json!("佐藤 花子"), &json!("ja"))
    );
    // The person's language goes before what the browser asks for.
    let problem = member.get("/api/users").await.problem(403, "forbidden");
    assert_eq!(problem["title"], "この操作を行う権限がありません。");
    member
        .patch("/api/me", &json!({ "language": "tlh" }))
        .await
        .problem(422, "invalid-fields");
    let back = member
        .patch("/api/me", &json!({ "language": null }))
        .await
        .ok();
    assert_eq!(back["user"]["language"], json!(null));
    assert_eq!(back["user"]["name"], "佐藤 花子");
    // Nobody makes an administrator of oneself.
    member
        .patch("/api/me", &json!({ "role": "administrator" }))
        .await
        .problem(400, "bad-request");
}
