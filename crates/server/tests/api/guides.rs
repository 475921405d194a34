//! The set-up guide's state: kept, shared, and never a place for a secret.

use serde_json::{Value, json};
use testing::program::{Client, Method, Setup, Tegata, register_google};

use crate::{TEGATA, sandbox};

async fn patch(admin: &Client, provider: &str, etag: &str, body: &Value) -> (u16, String, Value) {
    let answer = admin
        .ask(Method::PATCH, &format!("/api/guides/{provider}"))
        .header("if-match", etag)
        .json(body)
        .send()
        .await;
    let etag = answer.header("etag").to_owned();
    (answer.status, etag, answer.json())
}

async fn mark(admin: &Client, provider: &str, card: &str, done: bool) -> Value {
    let path = format!("/api/guides/{provider}/cards/{card}");
    let answer = admin
        .ask(Method::PUT, &path)
        .json(&json!({ "done": done }))
        .send()
        .await;
    answer.ok()
}

fn card(guide: &Value, id: &str) -> Value {
    let cards = guide["cards"].as_array().expect("cards");
    let found = cards.iter().find(|card| card["id"] == id);
    found
        .unwrap_or_else(|| panic!("no card {id}: {guide}"))
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_share_a_guide_and_the_second_of_two_changes_is_told() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let one = tegata.administrator().await;
    let added = ["user", "add", "second", "--admin", "--password-stdin"];
    tegata.done(&added, "correct horse second\n").await;
    let other = tegata.sign_in("second", "correct horse second").await;
    let first = one.get("/api/guides/google").await;
    let etag = first.header("etag").to_owned();
    let guide = first.ok();
    assert_eq!(
        (&guide["step"], &guide["variant"]),
        (&json!("before"), &Value::Null)
    );
    let uri = guide["values"]["redirect_uri"].as_str().unwrap();
    assert!(uri.ends_with("/gsession/common/cmn270.do"), "{uri}");
    let answers = json!({ "step": "choose", "answers": { "reach": "own" } });
    let (status, newer, changed) = patch(&one, "google", &etag, &answers).await;
    assert_eq!((status, &changed["answers"]["reach"]), (200, &json!("own")));
    assert_eq!(changed["updated_by"], "admin");
    let late = json!({ "answers": { "mailboxes": 12 } });
    let (status, _, problem) = patch(&other, "google", &etag, &late).await;
    assert_eq!(
        (status, &problem["type"]),
        (412, &json!("/problems/changed-meanwhile"))
    );
    let (status, _, merged) = patch(&other, "google", &newer, &late).await;
    assert_eq!(status, 200);
    assert_eq!(
        merged["answers"]["reach"], "own",
        "nothing of the first is lost: {merged}"
    );
    assert_eq!(merged["answers"]["mailboxes"], 12);
    // A card is a fact: no version is asked for, and twice is once.
    mark(&one, "google", "project", true).await;
    let done = mark(&other, "google", "project", true).await;
    assert_eq!(card(&done, "project")["done_by"], "admin");
    let open = mark(&other, "google", "project", false).await;
    assert_eq!(card(&open, "project")["done_at"], Value::Null);
    let _ = one.delete("/api/guides/google").await.is(204);
    let fresh = one.get("/api/guides/google").await.ok();
    assert_eq!(fresh["answers"]["reach"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_said_before_the_work_in_both_languages() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let answers = json!({ "answers": {
        "reach": "outside", "approval": "each", "shared_mailboxes": false, "mailboxes": 101,
    } });
    let (status, etag, guide) = patch(&admin, "google", "\"0\"", &answers).await;
    assert_eq!(status, 200, "{guide}");
    assert_eq!(guide["variant"]["possible"], false);
    let remark = &guide["variant"]["remarks"][0];
    assert_eq!(remark["cause_id"], "user-cap-impossible");
    assert!(
        remark["cause"].as_str().unwrap().contains("100"),
        "{remark}"
    );
    let japanese = admin.in_language("ja").get("/api/guides/google").await.ok();
    let cause = japanese["variant"]["remarks"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("100") && !cause.is_ascii(), "{cause}");
    assert_eq!(guide["people"]["cap"], 100);
    let (_, etag, near) = patch(
        &admin,
        "google",
        &etag,
        &json!({ "answers": { "mailboxes": 80 } }),
    )
    .await;
    assert_eq!(near["variant"]["possible"], true);
    assert_eq!(near["variant"]["remarks"][0]["cause_id"], "user-cap-near");
    let (_, _, own) = patch(
        &admin,
        "google",
        &etag,
        &json!({ "answers": { "reach": "own" } }),
    )
    .await;
    assert_eq!(own["variant"]["audience"], "internal");
    assert!(
        own["cards"]
            .as_array()
            .unwrap()
            .iter()
            .all(|card| card["id"] != "publish")
    );
    let wrong = json!({ "answers": { "approval": "app_only" } });
    let (status, _, problem) = patch(&admin, "google", "\"3\"", &wrong).await;
    assert_eq!(status, 422, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_done_lately_says_until_when_its_change_may_be_on_its_way() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let guide = mark(&admin, "microsoft", "mail-apps", true).await;
    assert!(card(&guide, "mail-apps")["settles_at"].is_string());
    assert!(card(&guide, "ids")["settles_at"].is_null());
    let path = "/api/guides/microsoft/cards/no-such-card";
    let unknown = admin.ask(Method::PUT, path).json(&json!({ "done": true }));
    assert_eq!(unknown.send().await.status, 404);
    // A redirect URI that Google does not know yet: wait, with the time, where the card was done today.
    let credential = register_google(&admin, &sandbox).await;
    let check = async || {
        let path = format!("/api/credentials/{credential}/check");
        admin.post(&path, &json!({})).await.ok()
    };
    let of = |answer: &Value, name: &str| {
        let steps = answer["steps"].as_array().unwrap().clone();
        steps.into_iter().find(|step| step["name"] == name).unwrap()
    };
    assert_eq!(of(&check().await, "authorize")["outcome"], "ok");
    sandbox.forget_redirect_uris();
    let missing = of(&check().await, "authorize");
    assert_eq!(missing["outcome"], "fail");
    assert_eq!(missing["advice"]["cause_id"], "redirect-uri-mismatch");
    assert_eq!(missing["advice"]["card"], "/admin/guide/google/client");
    assert!(
        missing["provider_said"]
            .as_str()
            .unwrap()
            .contains("redirect_uri_mismatch")
    );
    mark(&admin, "google", "client", true).await;
    let fresh = of(&check().await, "authorize");
    assert_eq!(fresh["outcome"], "warn", "{fresh}");
    assert_eq!(fresh["advice"]["cause_id"], "redirect-uri-may-be-fresh");
    assert_eq!(fresh["advice"]["who"], "nobody");
    assert!(fresh["advice"]["retry_after"].as_u64().unwrap() > 23 * 3600);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hand_over_names_who_has_connected_who_has_not_and_who_must_act() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let list = json!({ "csv": "hanako@example.jp\nichiro,鈴木 一郎,ichiro@contoso.example\n" });
    let invited = admin.post("/api/invitations", &list).await.is(201).json();
    assert_eq!(invited["items"][0]["user"]["login"], "hanako@example.jp");
    let hand_over = admin.get("/api/guides/microsoft/hand-over").await.ok();
    let people = hand_over["people"].as_array().unwrap();
    let ichiro = people
        .iter()
        .find(|line| line["user"]["login"] == "ichiro")
        .unwrap();
    assert_eq!(
        (&ichiro["state"], &ichiro["who"]),
        (&json!("invited"), &json!("member"))
    );
    assert_eq!(hand_over["counts"]["connected"], 0);
    let script = hand_over["mail_apps_script"].as_str().unwrap();
    assert!(
        script.contains("Set-CASMailbox -Identity 'ichiro@contoso.example' -ImapEnabled $true"),
        "who has yet to connect needs IMAP and SMTP AUTH too: {script}"
    );
    let csv = admin.get("/api/guides/microsoft/hand-over.csv").await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    let text = String::from_utf8(csv.bytes.clone()).unwrap();
    assert!(
        text.starts_with('\u{feff}') && text.contains("鈴木 一郎"),
        "{text}"
    );
    let member = tegata.member("kenji").await;
    assert_eq!(member.get("/api/guides/microsoft").await.status, 403);
    assert_eq!(
        member.get("/api/guides/microsoft/hand-over").await.status,
        403
    );
    assert_eq!(admin.get("/api/guides/nobody").await.status, 404);
}
