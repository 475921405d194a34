//! Rotating the client secret: the next one entered, proven, switched to; by the API and by the command line.

use sandbox::browser::Choice;
use sandbox::{GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, MICROSOFT_CLIENT_ID, ProviderKind, Sandbox};
use serde_json::{Value, json};
use testing::program::{
    Answer, Client, Method, Setup, Tegata, connect, register_google, register_microsoft,
};

use crate::{TEGATA, audited, sandbox};

const NEXT: &str = "GOCSPX-nextnextnextnextnextnextnext";
const WRONG: &str = "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";
const HANAKO: &str = "hanako@example.jp";

/// The app has both secrets at Google, as in the middle of a rotation.
fn both(sandbox: &Sandbox) {
    let secrets = [GOOGLE_CLIENT_SECRET, NEXT];
    sandbox.set_secrets(ProviderKind::Google, GOOGLE_CLIENT_ID, &secrets, &[]);
}

async fn with_etag(
    admin: &Client,
    method: Method,
    path: &str,
    of: &Answer,
    body: &Value,
) -> Answer {
    admin
        .ask(method, path)
        .header("if-match", of.header("etag"))
        .json(body)
        .send()
        .await
}

async fn set(admin: &Client, path: &str, body: &Value) -> Answer {
    let seen = admin.get(path).await.is(200);
    with_etag(admin, Method::PATCH, path, &seen, body).await
}

async fn switch(admin: &Client, path: &str, body: &Value) -> Answer {
    let seen = admin.get(path).await.is(200);
    let switch = format!("{path}/next-secret/switch");
    with_etag(admin, Method::POST, &switch, &seen, body).await
}

async fn check(admin: &Client, path: &str, body: &Value) -> Vec<Value> {
    let check = format!("{path}/next-secret/check");
    let answer = admin.post(&check, body).await.ok();
    answer["steps"].as_array().expect("steps").clone()
}

fn outcomes(steps: &[Value]) -> Vec<(&str, &str)> {
    steps
        .iter()
        .map(|step| {
            (
                step["name"].as_str().unwrap_or_default(),
                step["outcome"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_secret_is_entered_proven_on_a_grant_and_switched_to() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register_google(&admin, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    let done = connect(&member, &id, HANAKO, Choice::allow(HANAKO)).await;
    let before = admin.get(&path).await.ok();
    for none in [
        "next_secret_hint",
        "next_secret_ends_on",
        "next_secret_status",
        "next_secret_advice",
        "previous_secret_hint",
        "secret_switched",
    ] {
        assert_eq!(before[none], json!(null), "{none}");
    }
    both(&sandbox);
    let body = json!({ "next_secret": NEXT, "next_secret_ends_on": "2028-03-31" });
    let held = set(&admin, &path, &body).await.is(200).json();
    assert_eq!(
        (&held["next_secret_hint"], &held["next_secret_status"]),
        (&json!("next"), &json!("unproven"))
    );
    assert_eq!(held["next_secret_ends_on"], "2028-03-31");
    assert_eq!(held["secret_hint"], before["secret_hint"]);
    let early = switch(&admin, &path, &json!({})).await;
    let early = early.problem(409, "next-secret-unproven");
    assert!(
        early["detail"]
            .as_str()
            .is_some_and(|text| text.contains("Check"))
    );

    let there = |sandbox: &Sandbox| {
        sandbox.state()["grants"][0]["refreshes"]
            .as_array()
            .map(Vec::len)
    };
    let refreshes = there(&sandbox);
    let steps = check(&admin, &path, &json!({ "account_id": done["account_id"] })).await;
    let wanted = [("next-secret", "ok"), ("next-secret-grant", "ok")];
    assert_eq!(outcomes(&steps), wanted, "{steps:?}");
    assert_eq!(steps[1]["subject"], HANAKO);
    assert_eq!(
        there(&sandbox),
        refreshes.map(|count| count + 1),
        "a real refresh"
    );
    let proven = admin.get(&path).await.ok();
    assert_eq!(proven["next_secret_status"], "good");

    let now = switch(&admin, &path, &json!({})).await.is(200);
    assert!(!now.header("etag").is_empty());
    let now = now.json();
    assert_eq!(
        (&now["secret_hint"], &now["secret_ends_on"], &now["status"]),
        (&json!("next"), &json!("2028-03-31"), &json!("good"))
    );
    assert_eq!(now["previous_secret_hint"], before["secret_hint"]);
    assert_eq!(now["next_secret_hint"], json!(null));
    assert_eq!(
        (
            &now["secret_switched"]["by"],
            &now["secret_switched"]["advice"]
        ),
        (&json!("person"), &json!(null))
    );
    // The old one is deleted at Google: the account goes on.
    sandbox.set_secrets(ProviderKind::Google, GOOGLE_CLIENT_ID, &[NEXT], &[]);
    let previous = format!("{path}/previous-secret");
    assert_eq!(admin.delete(&previous).await.status, 204);
    assert_eq!(
        admin.delete(&previous).await.status,
        204,
        "there is none: as good"
    );
    assert_eq!(
        admin.get(&path).await.ok()["previous_secret_hint"],
        json!(null)
    );
    let account = done["account_id"].as_str().expect("an id");
    let mailbox = member
        .post(&format!("/api/accounts/{account}/check"), &json!({}))
        .await
        .ok();
    assert_eq!(mailbox["steps"][0]["outcome"], "ok", "{mailbox}");
    for (action, entries) in [
        ("credential.next_secret_set", 1),
        ("credential.secret_switched", 1),
        ("credential.previous_secret_dropped", 1),
        ("credential.changed", 0),
    ] {
        assert_eq!(audited(&admin, action).await.len(), entries, "{action}");
    }
    let entry = &audited(&admin, "credential.secret_switched").await[0];
    assert_eq!(
        (&entry["actor"], &entry["detail"]["by"]),
        (&json!("admin"), &json!("person"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_next_secret_is_told_before_it_can_do_harm() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register_google(&admin, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    let done = connect(&member, &id, HANAKO, Choice::allow(HANAKO)).await;
    set(&admin, &path, &json!({ "next_secret": WRONG }))
        .await
        .is(200)
        .ok();
    let steps = check(&admin, &path, &json!({})).await;
    let wanted = [("next-secret", "fail"), ("next-secret-grant", "skip")];
    assert_eq!(outcomes(&steps), wanted, "{steps:?}");
    let found = admin.get(&path).await.ok();
    assert_eq!(found["next_secret_status"], "broken");
    assert_eq!(
        found["next_secret_advice"]["cause_id"],
        "client-secret-wrong"
    );
    assert_eq!(found["status"], "good", "the one in use is untouched");
    let account = format!(
        "/api/accounts/{}",
        done["account_id"].as_str().expect("an id")
    );
    assert_eq!(member.get(&account).await.ok()["grant"]["status"], "good");
    switch(&admin, &path, &json!({}))
        .await
        .problem(409, "next-secret-unproven");
    let gone = set(&admin, &path, &json!({ "next_secret": null }))
        .await
        .is(200)
        .json();
    assert_eq!(gone["next_secret_status"], json!(null));
    admin
        .post(&format!("{path}/next-secret/check"), &json!({}))
        .await
        .problem(409, "no-next-secret");
    switch(&admin, &path, &json!({ "anyway": true }))
        .await
        .problem(409, "no-next-secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_without_proof_to_a_wrong_secret_falls_back_by_itself() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register_google(&admin, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    let done = connect(&member, &id, HANAKO, Choice::allow(HANAKO)).await;
    set(&admin, &path, &json!({ "next_secret": WRONG }))
        .await
        .is(200)
        .ok();
    switch(&admin, &path, &json!({ "anyway": true }))
        .await
        .is(200)
        .ok();
    // The ordinary check is refused; a refresh then takes the one that is held beside.
    let answer = admin.post(&format!("{path}/check"), &json!({})).await.ok();
    assert!(
        answer.to_string().contains("client-secret-wrong"),
        "{answer}"
    );
    let found = testing::wait_for(
        "the fall back",
        std::time::Duration::from_secs(20),
        async || {
            let found = admin.get(&path).await.ok();
            (found["secret_switched"]["by"] == "refusal").then_some(found)
        },
    )
    .await;
    assert_eq!(
        (&found["secret_hint"], &found["status"]),
        (&json!("dbox"), &json!("good"))
    );
    assert_eq!(found["previous_secret_hint"], "gwro");
    let advice = &found["secret_switched"]["advice"];
    assert_eq!(
        (&advice["cause_id"], &advice["who"], &advice["card"]),
        (
            &json!("secret-switched"),
            &json!("administrator"),
            &json!(format!("/admin/credentials/{id}"))
        )
    );
    let account = format!(
        "/api/accounts/{}",
        done["account_id"].as_str().expect("an id")
    );
    assert_eq!(member.get(&account).await.ok()["grant"]["status"], "good");
    let by = audited(&admin, "credential.secret_switched").await;
    assert_eq!((by.len(), &by[0]["actor"]), (2, &json!("system")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_next_secret_is_refused_with_the_reason() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let google = format!(
        "/api/credentials/{}",
        register_google(&admin, &sandbox).await
    );
    let microsoft = format!(
        "/api/credentials/{}",
        register_microsoft(&admin, &sandbox).await
    );
    for (path, body, field, words) in [
        (
            &google,
            json!({ "next_secret": GOOGLE_CLIENT_SECRET }),
            "next_secret",
            "in use already",
        ),
        (
            &google,
            json!({ "next_secret": format!(" {GOOGLE_CLIENT_SECRET}\u{3000}") }),
            "next_secret",
            "in use already",
        ),
        (
            &google,
            json!({ "next_secret": NEXT, "client_secret": NEXT }),
            "next_secret",
            "in use already",
        ),
        (&google, json!({ "next_secret": "" }), "next_secret", ""),
        (&google, json!({ "next_secret": "****" }), "next_secret", ""),
        (
            &google,
            json!({ "next_secret": "1234567-nobody.apps.googleusercontent.com" }),
            "next_secret",
            "",
        ),
        (
            &microsoft,
            json!({ "next_secret": "0a1b2c3d-4444-4555-8666-777788889999" }),
            "next_secret",
            "Value",
        ),
        (
            &google,
            json!({ "next_secret": NEXT, "next_secret_ends_on": "next year" }),
            "next_secret_ends_on",
            "2027-03-31",
        ),
        (
            &google,
            json!({ "next_secret_ends_on": "2028-03-31" }),
            "next_secret_ends_on",
            "no next secret",
        ),
    ] {
        let problem = set(&admin, path, &body)
            .await
            .problem(422, "invalid-fields");
        let said = problem["errors"].to_string();
        assert!(
            said.contains(field) && said.contains(words),
            "{field}, {words}: {problem}"
        );
    }
    let odd = json!({ "next_secret": 5 });
    assert!(set(&admin, &google, &odd).await.status >= 400);
    let judged = admin
        .patch(
            &format!("{google}?dry_run=1"),
            &json!({ "next_secret": "short-and-odd-secret" }),
        )
        .await
        .ok();
    assert_eq!(judged["warnings"][0]["field"], "next_secret", "{judged}");
    assert_eq!(
        admin.get(&google).await.ok()["next_secret_hint"],
        json!(null)
    );
    let member = tegata.member("hanako").await;
    for path in ["next-secret/check", "next-secret/switch"] {
        member
            .post(&format!("{google}/{path}"), &json!({}))
            .await
            .problem(403, "forbidden");
    }
    member
        .delete(&format!("{google}/previous-secret"))
        .await
        .problem(403, "forbidden");
    both(&sandbox);
    set(&admin, &google, &json!({ "next_secret": NEXT }))
        .await
        .is(200)
        .ok();
    let nobody = json!({ "account_id": "00000000000000000000000000" });
    let answer = admin
        .post(&format!("{google}/next-secret/check"), &nobody)
        .await;
    assert!((400..500).contains(&answer.status), "{}", answer.text());
    // Nobody is connected yet: there is no grant to prove it on.
    let steps = check(&admin, &google, &json!({})).await;
    assert_eq!(
        outcomes(&steps),
        [("next-secret", "ok"), ("next-secret-grant", "skip")]
    );
    admin
        .post(&format!("{google}/next-secret/switch"), &json!({}))
        .await
        .problem(428, "if-match-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_administrators_who_rotate_at_once_one_does_and_no_secret_is_lost() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let (first, second) = (tegata.administrator().await, tegata.administrator().await);
    let id = register_google(&first, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    both(&sandbox);
    let seen = first.get(&path).await.is(200);
    with_etag(
        &first,
        Method::PATCH,
        &path,
        &seen,
        &json!({ "next_secret": NEXT }),
    )
    .await
    .is(200)
    .ok();
    let late = with_etag(
        &second,
        Method::PATCH,
        &path,
        &seen,
        &json!({ "next_secret": WRONG }),
    )
    .await;
    late.problem(412, "changed-meanwhile");
    assert_eq!(second.get(&path).await.ok()["next_secret_hint"], "next");
    // All of these saw the same page.
    let seen = first.get(&path).await.is(200);
    let mut acts = tokio::task::JoinSet::new();
    for number in 0..10 {
        let (admin, path, etag) = (first.clone(), path.clone(), seen.header("etag").to_owned());
        acts.spawn(async move {
            let (method, path, body) = if number % 2 == 0 {
                (
                    Method::POST,
                    format!("{path}/next-secret/switch"),
                    json!({ "anyway": true }),
                )
            } else {
                (Method::PATCH, path, json!({ "client_secret": WRONG }))
            };
            let sent = admin
                .ask(method, &path)
                .header("if-match", &etag)
                .json(&body)
                .send()
                .await;
            (number % 2 == 0, sent.status)
        });
    }
    let acts = acts.join_all().await;
    let won: Vec<_> = acts.iter().filter(|(_, status)| *status == 200).collect();
    assert_eq!(won.len(), 1, "{acts:?}");
    assert!(
        acts.iter().all(|(_, status)| [200, 412].contains(status)),
        "{acts:?}"
    );
    let now = first.get(&path).await.ok();
    let (hint, next, previous) = if won[0].0 {
        (json!("next"), json!(null), json!("dbox"))
    } else {
        (json!("gwro"), json!("next"), json!(null))
    };
    assert_eq!(
        (
            &now["secret_hint"],
            &now["next_secret_hint"],
            &now["previous_secret_hint"]
        ),
        (&hint, &next, &previous),
        "{now}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_rotates_too_and_prints_no_secret() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register_microsoft(&admin, &sandbox).await;
    let next = "nxt8Q~NextNextNextNextNextNextNextNextNe";
    let current = sandbox::MICROSOFT_CLIENT_SECRET;
    let provider = ProviderKind::Microsoft;
    sandbox.set_secrets(provider, MICROSOFT_CLIENT_ID, &[current, next], &[]);
    let person = "ichiro@contoso.example";
    let done = connect(&member, &id, person, Choice::allow(person)).await;
    let account = done["account_id"].as_str().expect("an id");
    let rotate = |act: &'static str| vec!["credential", "next-secret", act, id.as_str()];
    let failed = tegata.run(&rotate("switch"), "").await;
    assert_eq!(failed.status.code(), Some(1));
    let mut command = rotate("set");
    command.extend(["--secret-stdin", "--ends-on", "2028-05-31", "--json"]);
    let same = tegata.run(&command, &format!("{current}\n")).await;
    assert!(String::from_utf8_lossy(&same.stderr).contains("in use already"));
    let set: Value =
        serde_json::from_str(&tegata.done(&command, &format!("{next}\n")).await).expect("JSON");
    assert_eq!(
        (&set["next_secret_hint"], &set["next_secret_ends_on"]),
        (&json!("xtNe"), &json!("2028-05-31"))
    );
    let early = tegata.run(&rotate("switch"), "").await;
    assert!(String::from_utf8_lossy(&early.stderr).contains("next-secret check"));
    let mut command = rotate("check");
    command.extend(["--account", account, "--json"]);
    let steps: Value = serde_json::from_str(&tegata.done(&command, "").await).expect("JSON");
    assert_eq!(steps["steps"][1]["outcome"], "ok", "{steps}");
    tegata.done(&rotate("switch"), "").await;
    let now = admin.get(&format!("/api/credentials/{id}")).await.ok();
    assert_eq!(
        (&now["secret_hint"], &now["secret_ends_on"]),
        (&json!("xtNe"), &json!("2028-05-31"))
    );
    let mut command = rotate("drop");
    command.push("--previous");
    tegata.done(&command, "").await;
    assert!(tegata.run(&rotate("check"), "").await.status.code() == Some(1));
    assert_eq!(audited(&admin, "credential.secret_switched").await.len(), 1);
}
