//! The command line beside a running server: what it changes counts at once.

use std::time::Duration;

use serde_json::json;
use testing::program::{Kind, Setup, Tegata, connect, password_of};
use testing::wait_for;

use crate::{TEGATA, alone, audited, sandbox, try_sign_in};
use sandbox::browser::Choice;

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_the_operator_adds_is_there_at_once_and_works() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let arguments = [
        "credential",
        "add",
        "google",
        "--client-id",
        sandbox::GOOGLE_CLIENT_ID,
        "--client-secret-stdin",
        "--note",
        "by the operator",
    ];
    let id = tegata.done(&arguments, sandbox::GOOGLE_CLIENT_SECRET).await;
    let listed = admin.get("/api/credentials").await.ok();
    assert_eq!(listed["items"][0]["id"], id.trim());
    assert_eq!(listed["items"][0]["note"], "by the operator");
    let address = "hanako@example.jp";
    let done = connect(&member, id.trim(), address, Choice::allow(address)).await;
    assert_eq!(done["state"], "done", "{done}");
    let accounts = tegata.done(&["account", "list", "--json"], "").await;
    let accounts: serde_json::Value = serde_json::from_str(&accounts).expect("JSON");
    assert_eq!(accounts["items"][0]["mailbox_address"], address);
    let open = || {
        sandbox.state()["counts"]["imap_open"][address]
            .as_i64()
            .unwrap_or(-1)
    };
    wait_for(
        "a line to the mailbox",
        Duration::from_secs(20),
        async || (open() > 0).then_some(()),
    )
    .await;
    tegata.done(&["account", "disconnect", address], "").await;
    let accounts = member.get("/api/accounts").await.ok();
    assert_eq!(accounts["items"], json!([]));
    // Nobody told the server's worker of it but the database.
    wait_for("the worker's end", Duration::from_secs(20), async || {
        (open() == 0).then_some(())
    })
    .await;
    tegata
        .done(&["credential", "edit", id.trim(), "--name", "Renamed"], "")
        .await;
    assert_eq!(
        admin.get("/api/credentials").await.ok()["items"][0]["name"],
        "Renamed"
    );
    tegata.done(&["credential", "remove", id.trim()], "").await;
    assert_eq!(admin.get("/api/credentials").await.ok()["items"], json!([]));
    assert!(
        audited(&admin, "credential.removed").await[0]["actor"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("operator "))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_rules_are_the_same_on_the_command_line() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let arguments = [
        "credential",
        "add",
        "microsoft",
        "--client-id",
        sandbox::MICROSOFT_CLIENT_ID,
        "--client-secret-stdin",
    ];
    let output = tegata
        .run(&arguments, "11112222-bbbb-3333-cccc-4444dddd5555")
        .await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("client_secret: This is the Secret ID."),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whom_the_operator_disables_is_out_at_once() {
    let tegata = alone();
    let member = tegata.member("hanako").await;
    member.get("/api/me").await.is(200).ok();
    tegata.done(&["user", "disable", "hanako"], "").await;
    member.get("/api/me").await.problem(401, "signed-out");
    tegata.done(&["user", "enable", "hanako"], "").await;
    let member = tegata.member("hanako").await;
    tegata.plant(Kind::Password, "set by the operator");
    tegata
        .done(
            &["user", "password", "hanako", "--password-stdin"],
            "set by the operator\n",
        )
        .await;
    member.get("/api/me").await.problem(401, "signed-out");
    try_sign_in(&tegata.stranger(), "hanako", &password_of("hanako"))
        .await
        .problem(401, "wrong-login");
    tegata.sign_in("hanako", "set by the operator").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_runs_beside_a_server_and_finds_the_data_sound() {
    let tegata = alone();
    tegata.member("hanako").await;
    let printed = tegata.done(&["check", "--json"], "").await;
    let printed: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(printed, json!({ "findings": [] }));
    let people = tegata.done(&["user", "list", "--json"], "").await;
    assert!(
        people.contains("hanako") && !people.contains("password"),
        "{people}"
    );
}
