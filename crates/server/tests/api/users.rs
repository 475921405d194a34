//! People, as administrators set them up.

use sandbox::browser::Choice;
use serde_json::json;
use testing::program::{Method, Setup, Tegata, connect, password_of, register_google};

use crate::{TEGATA, alone, audited, sandbox, try_sign_in, user, user_path};

#[tokio::test(flavor = "multi_thread")]
async fn disabling_somebody_ends_sessions_and_api_tokens_and_keeps_the_mailbox() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let google = register_google(&admin, &sandbox).await;
    let address = "hanako@example.jp";
    assert_eq!(
        connect(&member, &google, address, Choice::allow(address)).await["state"],
        "done"
    );
    let new = json!({ "name": "phone", "scopes": ["mail"] });
    let token = member.post("/api/tokens", &new).await.is(201).json();
    let program = member.with_token(token["token"].as_str().expect("a value"));
    program.get("/jmap/session").await.is(200).ok();
    let path = user_path(&admin, "hanako").await;
    let disabled = admin
        .patch(&path, &json!({ "status": "disabled" }))
        .await
        .ok();
    assert_eq!(disabled["status"], "disabled");
    member.get("/api/me").await.problem(401, "signed-out");
    assert_eq!(program.get("/jmap/session").await.status, 401);
    try_sign_in(&tegata.stranger(), "hanako", &password_of("hanako"))
        .await
        .problem(401, "wrong-login");
    let accounts = admin.get("/api/accounts?all=1").await.ok();
    assert_eq!(accounts["items"][0]["mailbox_address"], address);
    admin.delete(&path).await.problem(409, "has-accounts");
    admin
        .patch(&path, &json!({ "status": "active" }))
        .await
        .is(200)
        .ok();
    // Whoever comes back signs in again; the old keys stay ended.
    member.get("/api/me").await.problem(401, "signed-out");
    assert_eq!(program.get("/jmap/session").await.status, 401);
    let back = tegata.sign_in("hanako", &password_of("hanako")).await;
    let accounts = back.get("/api/accounts").await.ok();
    assert_eq!(
        accounts["items"].as_array().map(Vec::len),
        Some(1),
        "{accounts}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_cannot_be_removed_demoted_or_disabled() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    let path = user_path(&admin, "admin").await;
    for change in [json!({ "role": "member" }), json!({ "status": "disabled" })] {
        admin
            .patch(&path, &change)
            .await
            .problem(409, "last-administrator");
    }
    admin.delete(&path).await.problem(409, "last-administrator");
    let output = tegata.run(&["user", "disable", "admin"], "").await;
    assert_eq!(output.status.code(), Some(1), "not by the operator either");
    // Somebody who was only invited cannot come in, so that is no second one.
    let body = json!({ "login": "sato", "name": "", "address": "", "role": "administrator" });
    let invited = admin.post("/api/invitations", &body).await.is(201).json();
    admin
        .patch(&path, &json!({ "role": "member" }))
        .await
        .problem(409, "last-administrator");
    let second = tegata
        .redeem(
            invited["items"][0]["url"].as_str().expect("a link"),
            "sato chose this",
        )
        .await;
    assert_eq!(
        admin.patch(&path, &json!({ "role": "member" })).await.ok()["role"],
        "member"
    );
    admin.get("/api/users").await.problem(403, "forbidden");
    let own = user_path(&second, "sato").await;
    second
        .patch(&own, &json!({ "status": "disabled" }))
        .await
        .problem(409, "last-administrator");
    assert_eq!(user(&second, "sato").await["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_refused_all_administration() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register_google(&admin, &sandbox).await;
    let own = user_path(&admin, "hanako").await;
    let other = user_path(&admin, "admin").await;
    let credential = format!("/api/credentials/{id}");
    for (method, path) in [
        (Method::GET, "/api/users".to_owned()),
        (Method::GET, own.clone()),
        (Method::PATCH, own.clone()),
        (Method::DELETE, other.clone()),
        (Method::POST, format!("{other}/reset")),
        (Method::GET, "/api/invitations".to_owned()),
        (Method::POST, "/api/invitations".to_owned()),
        (Method::DELETE, "/api/invitations/x".to_owned()),
        (Method::POST, "/api/credentials".to_owned()),
        (Method::PATCH, credential.clone()),
        (Method::DELETE, credential.clone()),
        (Method::POST, format!("{credential}/check")),
        (Method::GET, format!("{credential}/admin-consent")),
        (Method::GET, "/api/audit".to_owned()),
        (Method::GET, "/api/guides/google".to_owned()),
        (Method::PATCH, "/api/guides/google".to_owned()),
        (Method::PUT, "/api/guides/google/cards/client".to_owned()),
        (Method::DELETE, "/api/guides/google".to_owned()),
        (Method::GET, "/api/guides/google/hand-over".to_owned()),
        (Method::GET, "/api/guides/google/hand-over.csv".to_owned()),
        (Method::GET, "/api/health".to_owned()),
        (Method::GET, "/api/support-bundle".to_owned()),
        (Method::POST, "/api/self-check".to_owned()),
        (Method::POST, "/api/accounts".to_owned()),
        (Method::POST, "/api/accounts/import".to_owned()),
        (Method::GET, "/api/accounts/import/sample".to_owned()),
    ] {
        let answer = member
            .ask(method.clone(), &path)
            .json(&json!({}))
            .send()
            .await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        answer.problem(403, "forbidden");
        let answer = tegata
            .stranger()
            .ask(method, &path)
            .json(&json!({}))
            .send()
            .await;
        answer.problem(401, "signed-out");
    }
    let brief =
        json!({ "id": id, "provider": "google", "name": "Google Mail", "access": "delegated" });
    assert_eq!(
        member.get("/api/credentials").await.ok()["items"],
        json!([brief])
    );
    assert_eq!(member.get(&credential).await.ok(), brief);
    assert_eq!(user(&admin, "hanako").await["role"], "member");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_changed_and_removed_and_the_audit_log_tells() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let path = user_path(&admin, "hanako").await;
    let changed = admin
        .patch(
            &path,
            &json!({ "name": "佐藤 花子", "address": "hanako@example.jp" }),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["address"]),
        (&json!("佐藤 花子"), &json!("hanako@example.jp"))
    );
    for wrong in [json!({ "role": "king" }), json!({ "status": "invited" })] {
        admin
            .patch(&path, &wrong)
            .await
            .problem(422, "invalid-fields");
    }
    admin
        .patch(&path, &json!({ "password": "not this way" }))
        .await
        .problem(400, "bad-request");
    assert_eq!(admin.delete(&path).await.status, 204);
    member.get("/api/me").await.problem(401, "signed-out");
    admin.get(&path).await.problem(404, "not-found");
    assert_eq!(
        audited(&admin, "user.changed").await[0]["subject"],
        "hanako"
    );
    assert_eq!(audited(&admin, "user.removed").await[0]["actor"], "admin");
}
