//! API tokens, and `tegata token`.

use sandbox::browser::Choice;
use serde_json::json;
use testing::program::{Client, Setup, Tegata, connect, register_google};

use crate::{TEGATA, alone, audited, sandbox};

async fn token(browser: &Client, scopes: &[&str]) -> (String, Client) {
    let made = browser
        .post(
            "/api/tokens",
            &json!({ "name": "a program", "scopes": scopes }),
        )
        .await
        .is(201)
        .json();
    let value = made["token"].as_str().expect("a value");
    assert!(
        value.starts_with("tgt_"),
        "a value that leaked is recognised"
    );
    (
        made["id"].as_str().expect("an id").to_owned(),
        browser.with_token(value),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_its_scopes_say_and_nothing_else() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    let (_, mail) = token(&admin, &["mail"]).await;
    mail.get("/jmap/session").await.is(200).ok();
    for path in [
        "/api/users",
        "/api/audit",
        "/api/tokens",
        "/api/login-sessions",
    ] {
        mail.get(path).await.problem(403, "forbidden");
    }
    mail.post(
        "/api/tokens",
        &json!({ "name": "more", "scopes": ["admin"] }),
    )
    .await
    .problem(403, "forbidden");
    let body = json!({ "current_password": "x", "new_password": "y" });
    mail.post("/api/me/password", &body)
        .await
        .problem(403, "forbidden");
    let (_, all) = token(&admin, &["admin"]).await;
    all.get("/api/users").await.is(200).ok();
    assert_eq!(
        all.get("/jmap/session").await.status,
        403,
        "administration is not mail"
    );
    let member = tegata.member("hanako").await;
    let (_, hers) = token(&member, &["mail", "token", "admin"]).await;
    hers.get("/api/users").await.problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_by_revocation_and_by_its_date() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let admin = tegata.administrator().await;
    let (id, program) = token(&member, &["mail"]).await;
    let path = format!("/api/tokens/{id}");
    admin.delete(&path).await.problem(404, "not-found");
    program.get("/jmap/session").await.is(200).ok();
    assert_eq!(member.delete(&path).await.status, 204);
    assert_eq!(program.get("/jmap/session").await.status, 401);
    let (_, program) = token(&member, &["mail"]).await;
    tegata
        .sql("UPDATE api_tokens SET expires_at = created_at - 1")
        .await;
    assert_eq!(program.get("/jmap/session").await.status, 401);
    let new = |date: &str| json!({ "name": "x", "scopes": ["mail"], "expires_on": date });
    for date in ["2020-01-01", "tomorrow", "2027-02-30"] {
        let problem = member
            .post("/api/tokens", &new(date))
            .await
            .problem(422, "invalid-fields");
        assert_eq!(problem["errors"][0]["field"], "expires_on", "{date}");
    }
    let made = member
        .post("/api/tokens", &new("2099-12-31"))
        .await
        .is(201)
        .json();
    assert_eq!(made["expires_at"], "2100-01-01T00:00:00Z");
    for wrong in [
        json!({ "name": "", "scopes": ["mail"] }),
        json!({ "name": "x", "scopes": [] }),
    ] {
        member
            .post("/api/tokens", &wrong)
            .await
            .problem(422, "invalid-fields");
    }
    assert_eq!(audited(&admin, "api_token.revoked").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_shown_once_and_the_list_has_none() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    let (id, program) = token(&member, &["mail", "token"]).await;
    program.get("/jmap/session").await.is(200).ok();
    let listed = member.get("/api/tokens").await.ok()["items"][0].clone();
    assert_eq!(
        (&listed["id"], &listed["scopes"]),
        (&json!(id), &json!(["mail", "token"]))
    );
    assert!(listed.get("token").is_none(), "{listed}");
    assert!(listed["last_used_at"].is_string(), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_makes_a_token_for_somebody() {
    let tegata = alone();
    tegata.member("hanako").await;
    let value = tegata
        .done(
            &[
                "user",
                "token",
                "hanako",
                "--name",
                "scanner",
                "--scope",
                "mail,token",
            ],
            "",
        )
        .await;
    let program = tegata.stranger().with_token(value.trim());
    program.get("/jmap/session").await.is(200).ok();
    let wrong = tegata
        .run(&["user", "token", "hanako", "--scope", "everything"], "")
        .await;
    assert_eq!(wrong.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_access_token_is_given_to_programs_that_may_have_it_and_is_audited() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let google = register_google(&admin, &sandbox).await;
    let address = "hanako@example.jp";
    let done = connect(&member, &google, address, Choice::allow(address)).await;
    assert_eq!(done["state"], "done", "{done}");

    let printed = tegata.done(&["token", address], "").await;
    let bare = printed.strip_suffix('\n').expect("one line");
    assert!(
        sandbox.issued().access().iter().any(|token| token == bare),
        "the bare value, nothing else"
    );
    let given = audited(&admin, "account.access_token_given").await;
    assert_eq!(given.len(), 1);
    assert!(
        given[0]["actor"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("operator ")),
        "{given:?}"
    );
    let json = tegata.done(&["token", address, "--json"], "").await;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["access_token"], bare, "still fresh, so the same");
    let nobody = tegata.run(&["token", "nobody@example.jp"], "").await;
    assert_eq!((nobody.status.code(), nobody.stdout.len()), (Some(1), 0));

    let path = format!(
        "/api/accounts/{}/access-token",
        done["account_id"].as_str().expect("an id")
    );
    member.get(&path).await.problem(403, "forbidden");
    let (_, mail) = token(&member, &["mail"]).await;
    mail.get(&path).await.problem(403, "forbidden");
    let (_, other) = token(&admin, &["token"]).await;
    other.get(&path).await.problem(404, "not-found");
    let (_, may) = token(&member, &["token"]).await;
    let answer = may.get(&path).await;
    assert_eq!(answer.ok()["access_token"], bare);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        audited(&admin, "account.access_token_given").await[0]["actor"],
        "hanako (a program)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_begins_no_consent_because_no_browser_would_bring_it_back() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let google = register_google(&admin, &sandbox).await;
    let (_, program) = token(&admin, &["mail", "token", "admin"]).await;
    let body = json!({ "credential_id": google, "address": "hanako@example.jp" });
    program
        .post("/api/connect", &body)
        .await
        .problem(403, "forbidden");
}
