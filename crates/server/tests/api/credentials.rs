//! OAuth credentials: registering, listing, editing, deleting.

use sandbox::browser::Choice;
use serde_json::{Value, json};
use testing::program::{
    Answer, Client, Method, Setup, Tegata, connect, google, microsoft, register, register_google,
};

use crate::{TEGATA, audited, sandbox};

async fn edit(admin: &Client, path: &str, etag: &str, body: &Value) -> Answer {
    admin
        .ask(Method::PATCH, path)
        .header("if-match", etag)
        .json(body)
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_four_fields_of_the_manual_are_enough_at_both_providers() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let mut four = microsoft();
    four.as_object_mut().expect("an object").remove("tenant");
    four["note"] = json!("一行目\n二行目");
    let made = admin.post("/api/credentials", &four).await.is(201).json();
    for (name, wanted) in [
        ("name", json!("Microsoft Exchange Online")),
        ("note", json!("一行目\n二行目")),
        ("tenant", json!("organizations")),
        ("secret_hint", json!("ndbo")),
        ("secret_ends_on", json!(null)),
        ("redirect_path", json!("/common/cmn270.do")),
        (
            "redirect_uri",
            json!(format!("{}/common/cmn270.do", tegata.base)),
        ),
        ("status", json!("unproven")),
        ("in_use_by", json!(0)),
    ] {
        assert_eq!(made[name], wanted, "{name}: {made}");
    }
    let google = register_google(&admin, &sandbox).await;
    let second = admin
        .post("/api/credentials", &self::google())
        .await
        .is(201)
        .json();
    assert_eq!(
        second["name"], "Google Mail 2",
        "several per provider are told apart"
    );
    for (id, address) in [
        (google.as_str(), "hanako@example.jp"),
        (
            made["id"].as_str().expect("an id"),
            "ichiro@contoso.example",
        ),
    ] {
        let done = connect(&member, id, address, Choice::allow(address)).await;
        assert_eq!(done["state"], "done", "{done}");
    }
    let list = admin.get("/api/credentials").await.ok();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(3));
    let providers = member.get("/api/providers").await.ok();
    let wants: Vec<_> = providers["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|p| (p["name"].clone(), p["wants_tenant"].clone()))
        .collect();
    assert_eq!(
        wants,
        [
            (json!("google"), json!(false)),
            (json!("microsoft"), json!(true))
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_what_was_sent_and_keeps_the_secret_that_was_not() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let id = register_google(&admin, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    let before = admin.get(&path).await.is(200);
    let etag = before.header("etag").to_owned();
    assert!(!etag.is_empty());
    let changed = edit(
        &admin,
        &path,
        &etag,
        &json!({ "note": "new", "name": "営業部", "secret_ends_on": "2027-03-31" }),
    )
    .await
    .is(200);
    assert_ne!(changed.header("etag"), etag);
    let (old, new) = (before.json(), changed.json());
    assert_eq!(
        (&new["note"], &new["name"], &new["secret_ends_on"]),
        (&json!("new"), &json!("営業部"), &json!("2027-03-31"))
    );
    for kept in ["client_id", "secret_hint", "redirect_path", "created_at"] {
        assert_eq!(old[kept], new[kept], "{kept}");
    }
    let check = admin.post(&format!("{path}/check"), &json!({})).await.ok();
    assert_eq!(
        check["steps"][1]["outcome"], "ok",
        "the kept secret is the right one: {check}"
    );
    let etag = changed.header("etag");
    edit(&admin, &path, etag, &json!({ "provider": "microsoft" }))
        .await
        .problem(422, "invalid-fields");
    edit(
        &admin,
        &path,
        etag,
        &json!({ "secret_ends_on": "31.3.2027" }),
    )
    .await
    .problem(422, "invalid-fields");
    edit(
        &admin,
        &path,
        etag,
        &json!({ "redirect_path": "/elsewhere" }),
    )
    .await
    .problem(422, "invalid-fields");
    admin
        .patch(&path, &json!({ "note": "x" }))
        .await
        .problem(428, "if-match-missing");
    let gone = edit(&admin, &path, etag, &json!({ "secret_ends_on": "" }))
        .await
        .is(200)
        .json();
    assert_eq!(gone["secret_ends_on"], json!(null));
    let other = edit(
        &admin,
        &path,
        &format!("{}x", &etag[..1]),
        &json!({ "note": "x" }),
    )
    .await;
    other.problem(412, "changed-meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_edit_at_once_the_second_changes_nothing() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let (first, second) = (tegata.administrator().await, tegata.administrator().await);
    let id = register_google(&first, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    let etag = first.get(&path).await.is(200).header("etag").to_owned();
    let wrong =
        json!({ "note": "by the second", "client_secret": "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" });
    edit(&first, &path, &etag, &json!({ "note": "by the first" }))
        .await
        .is(200)
        .ok();
    let problem = edit(&second.in_language("ja"), &path, &etag, &wrong)
        .await
        .problem(412, "changed-meanwhile");
    assert!(
        problem["title"]
            .as_str()
            .is_some_and(|title| title.contains("保存していません")),
        "{problem}"
    );
    let now = second.get(&path).await.ok();
    assert_eq!(now["note"], "by the first");
    let check = second.post(&format!("{path}/check"), &json!({})).await.ok();
    assert_eq!(
        check["steps"][1]["outcome"], "ok",
        "the secret is the old one: {check}"
    );
    assert_eq!(audited(&first, "credential.changed").await.len(), 1);
    // In the same moment too: exactly one of ten gets through.
    let etag = first.get(&path).await.is(200).header("etag").to_owned();
    let mut edits = tokio::task::JoinSet::new();
    for number in 0..10 {
        let (admin, path, etag) = (first.clone(), path.clone(), etag.clone());
        edits.spawn(async move {
            edit(
                &admin,
                &path,
                &etag,
                &json!({ "note": format!("note {number}") }),
            )
            .await
            .status
        });
    }
    let mut statuses = edits.join_all().await;
    statuses.sort_unstable();
    assert_eq!(
        (statuses[0], statuses[1], statuses[9]),
        (200, 412, 412),
        "{statuses:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_judges_and_stores_nothing() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let mut body = google();
    body["client_id"] = json!(format!("  {}\u{3000}", sandbox::GOOGLE_CLIENT_ID));
    let judged = admin
        .post("/api/credentials?dry_run=1", &body)
        .await
        .is(200)
        .json();
    assert_eq!(judged["normalized"]["client_id"], sandbox::GOOGLE_CLIENT_ID);
    assert_eq!(
        judged["normalized"]["redirect_uri"],
        format!("{}/common/cmn270.do", tegata.base)
    );
    assert!(judged["normalized"].get("client_secret").is_none());
    assert_eq!(judged["warnings"][0]["field"], "client_id", "{judged}");
    body["client_id"] = json!("");
    admin
        .post("/api/credentials?dry_run=1", &body)
        .await
        .problem(422, "invalid-fields");
    assert_eq!(admin.get("/api/credentials").await.ok()["items"], json!([]));
    let id = register_google(&admin, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    // Without If-Match: nothing is changed, so nothing can be overwritten.
    let judged = admin
        .patch(&format!("{path}?dry_run=1"), &json!({ "note": "new" }))
        .await
        .is(200)
        .json();
    assert_eq!(judged["normalized"]["note"], "new");
    assert_eq!(admin.get(&path).await.ok()["note"], "");
    assert_eq!(audited(&admin, "credential.changed").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_in_use_is_not_deleted_and_the_mailboxes_are_named() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register_google(&admin, &sandbox).await;
    let path = format!("/api/credentials/{id}");
    let address = "hanako@example.jp";
    let done = connect(&member, &id, address, Choice::allow(address)).await;
    let problem = admin.delete(&path).await.problem(409, "in-use");
    assert_eq!(problem["accounts"], json!([address]));
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains(address)),
        "{problem}"
    );
    let by_command = tegata.run(&["credential", "remove", &id], "").await;
    assert_eq!(by_command.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&by_command.stderr).contains(address));
    assert_eq!(admin.get(&path).await.ok()["in_use_by"], 1);
    let account = format!(
        "/api/accounts/{}",
        done["account_id"].as_str().expect("an id")
    );
    assert_eq!(member.delete(&account).await.status, 204);
    assert_eq!(admin.delete(&path).await.status, 204);
    admin.get(&path).await.problem(404, "not-found");
    admin.delete(&path).await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_tells_who_did_what_and_no_secret() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let id = register(&admin, &google()).await;
    let path = format!("/api/credentials/{id}");
    let etag = admin.get(&path).await.is(200).header("etag").to_owned();
    edit(
        &admin,
        &path,
        &etag,
        &json!({ "client_secret": sandbox::GOOGLE_CLIENT_SECRET }),
    )
    .await
    .is(200)
    .ok();
    assert_eq!(admin.delete(&path).await.status, 204);
    for action in [
        "credential.added",
        "credential.changed",
        "credential.removed",
    ] {
        let entries = audited(&admin, action).await;
        assert_eq!(entries.len(), 1, "{action}");
        assert_eq!(
            (&entries[0]["actor"], &entries[0]["subject"]),
            (&json!("admin"), &json!(id))
        );
        assert_eq!(entries[0]["remote_address"], "127.0.0.1");
    }
    assert_eq!(
        audited(&admin, "credential.changed").await[0]["detail"]["new_secret"],
        true
    );
    let page = admin.get("/api/audit?limit=1").await.ok();
    let next = page["next"].as_str().expect("a cursor");
    let second = admin
        .get(&format!("/api/audit?limit=1&cursor={next}"))
        .await
        .ok();
    assert_eq!(page["items"][0]["action"], "credential.removed");
    assert_eq!(second["items"][0]["action"], "credential.changed");
}
