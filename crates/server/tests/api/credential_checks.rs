//! Proving a credential without a person.

use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use testing::program::{
    Client, Method, Setup, Tegata, microsoft, register, register_google, register_microsoft,
};

use crate::{TEGATA, sandbox};

async fn check(admin: &Client, id: &str) -> Value {
    let answer = admin
        .post(&format!("/api/credentials/{id}/check"), &json!({}))
        .await
        .ok();
    assert_eq!(answer["steps"][0]["name"], "redirect_uri", "{answer}");
    of(&answer, "client")
}

fn of(answer: &Value, name: &str) -> Value {
    let steps = answer["steps"].as_array().expect("steps").clone();
    let found = steps.into_iter().find(|step| step["name"] == name);
    found.unwrap_or_else(|| panic!("no step {name}: {answer}"))
}

async fn status(admin: &Client, id: &str) -> Value {
    admin.get(&format!("/api/credentials/{id}")).await.ok()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_secret_is_proven_at_both_providers() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let mut open = microsoft();
    open["tenant"] = json!("organizations");
    for id in [
        register_google(&admin, &sandbox).await,
        register_microsoft(&admin, &sandbox).await,
        register(&admin, &open).await,
    ] {
        let step = check(&admin, &id).await;
        assert_eq!(
            (&step["name"], &step["outcome"]),
            (&json!("client"), &json!("ok")),
            "{step}"
        );
        let output = tegata
            .run(&["credential", "check", &id, "--json"], "")
            .await;
        assert_eq!(output.status.code(), Some(0));
    }
    let state = sandbox.state();
    assert_eq!(
        state["grants"],
        json!([]),
        "no person was asked for anything: {state}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_and_an_expired_secret_are_told_by_their_names_and_mended_ones_recover() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let google = register_google(&admin, &sandbox).await;
    let microsoft = register_microsoft(&admin, &sandbox).await;
    for (fault, id, cause, words) in [
        (
            FaultKind::WrongSecret,
            &google,
            "client-secret-wrong",
            "invalid_client",
        ),
        (
            FaultKind::WrongSecret,
            &microsoft,
            "client-secret-wrong",
            "AADSTS7000215",
        ),
        // Google has no word of its own for it.
        (
            FaultKind::SecretExpired,
            &google,
            "client-secret-wrong",
            "invalid_client",
        ),
        (
            FaultKind::SecretExpired,
            &microsoft,
            "client-secret-expired",
            "AADSTS7000222",
        ),
    ] {
        sandbox.fault(Fault::new(fault));
        let step = check(&admin, id).await;
        assert_eq!(step["outcome"], "fail", "{step}");
        assert_eq!(step["advice"]["cause_id"], cause, "{step}");
        assert_eq!(step["advice"]["card"], format!("/admin/credentials/{id}"));
        assert!(
            step["provider_said"]
                .as_str()
                .is_some_and(|said| said.contains(words)),
            "{step}"
        );
        assert_eq!(status(&admin, id).await, "broken");
        let output = tegata.run(&["credential", "check", id], "").await;
        assert_eq!(output.status.code(), Some(1), "a step fails");
        sandbox.clear_faults(None);
        assert_eq!(check(&admin, id).await["outcome"], "ok");
        assert_eq!(status(&admin, id).await, "good");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_mistyped_fails_and_the_right_one_mends_it() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let mut body = microsoft();
    body["client_secret"] = json!("abc8Q~abcdefghijklmnopqrstuvwxyz012345~.");
    let id = register(&admin, &body).await;
    assert_eq!(
        check(&admin, &id).await["advice"]["cause_id"],
        "client-secret-wrong"
    );
    let path = format!("/api/credentials/{id}");
    let etag = admin.get(&path).await.is(200).header("etag").to_owned();
    let right = json!({ "client_secret": sandbox::MICROSOFT_CLIENT_SECRET });
    admin
        .ask(Method::PATCH, &path)
        .header("if-match", &etag)
        .json(&right)
        .send()
        .await
        .is(200)
        .ok();
    assert_eq!(check(&admin, &id).await["outcome"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_proves_nothing_wrong() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let id = register_google(&admin, &sandbox).await;
    for fault in [
        FaultKind::Token5xx,
        FaultKind::TokenHtml,
        FaultKind::ThrottleToken,
    ] {
        sandbox.fault(Fault::new(fault));
        let step = check(&admin, &id).await;
        assert_eq!(step["outcome"], "fail", "{fault:?}: {step}");
        assert_ne!(
            step["advice"]["cause_id"], "client-secret-wrong",
            "{fault:?}: {step}"
        );
        assert_eq!(status(&admin, &id).await, "unproven", "{fault:?}");
        sandbox.clear_faults(None);
    }
    // As events, where the page asks for them.
    let path = format!("/api/credentials/{id}/check");
    let events = admin
        .ask(Method::POST, &path)
        .header("accept", "text/event-stream")
        .json(&json!({}))
        .send()
        .await;
    assert_eq!(events.header("content-type"), "text/event-stream");
    let text = events.text();
    let ended: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
        .filter(|step: &Value| step["outcome"] != "running")
        .map(|step| step["name"].clone())
        .collect();
    assert_eq!(
        ended,
        ["redirect_uri", "discovery", "authorize", "client"],
        "{text}"
    );
    assert!(
        text.contains("\"running\""),
        "what is under way is told too"
    );
}
