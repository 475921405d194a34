//! The first start, and who may set the system up.

use serde_json::json;
use testing::program::{Kind, Setup, Tegata};

use crate::{TEGATA, try_sign_in};

fn link(log: &str) -> String {
    let line = log.lines().rev().find(|line| line.contains("/invitation#"));
    line.expect("a link is printed").trim().to_owned()
}

fn bare() -> Setup<'static> {
    Setup {
        bare: true,
        ..Setup::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_prints_a_one_time_link_that_makes_the_administrator() {
    let mut tegata = Tegata::start(TEGATA, bare());
    let printed = link(&tegata.log());
    let place = format!("{}/invitation#", tegata.base);
    assert!(printed.starts_with(&place), "{printed}");
    let admin = tegata.redeem(&printed, "a first password").await;
    let me = admin.get("/api/me").await.ok();
    assert_eq!(me["user"]["role"], "administrator");
    assert_eq!(me["user"]["status"], "active");
    let body = json!({ "token": printed.rsplit('#').next(), "password": "another password" });
    let again = tegata
        .stranger()
        .post("/api/invitations/redeem", &body)
        .await;
    again.problem(404, "no-such-link");
    tegata.restart();
    let printed_in_all = tegata
        .log()
        .matches("There is no administrator yet")
        .count();
    assert_eq!(
        printed_in_all, 1,
        "the second start knows the administrator"
    );
    tegata.sign_in("admin", "a first password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_link_that_nobody_used_is_replaced_by_the_next_start() {
    let mut tegata = Tegata::start(TEGATA, bare());
    let first = link(&tegata.log());
    tegata.restart();
    let second = link(&tegata.log());
    assert_ne!(first, second);
    let old = first.rsplit('#').next().expect("a token");
    tegata
        .stranger()
        .post("/api/invitations/look-up", &json!({ "token": old }))
        .await
        .problem(404, "no-such-link");
    tegata.redeem(&second, "a first password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_adds_the_administrator_with_a_password_from_a_file() {
    let mut tegata = Tegata::prepare(TEGATA, &bare());
    let file = tegata.folder.join("password");
    std::fs::write(&file, "from a file, with a line end\n").expect("the folder can be written");
    tegata.plant(Kind::Password, "from a file, with a line end");
    let file = file.display().to_string();
    tegata
        .done(
            &[
                "user",
                "add",
                "sato",
                "--admin",
                "--name",
                "佐藤",
                "--password-file",
                &file,
            ],
            "",
        )
        .await;
    tegata.restart();
    assert!(!tegata.log().contains("/invitation#"), "{}", tegata.log());
    let admin = tegata.sign_in("sato", "from a file, with a line end").await;
    let me = admin.get("/api/me").await.ok();
    assert_eq!(
        (&me["user"]["role"], &me["user"]["name"]),
        (&json!("administrator"), &json!("佐藤"))
    );
    let twice = tegata
        .run(
            &["user", "add", "sato", "--password-stdin"],
            "long enough too\n",
        )
        .await;
    assert_eq!(twice.status.code(), Some(1));
    let weak = tegata
        .run(&["user", "add", "bob", "--password-stdin"], "short\n")
        .await;
    assert_eq!(weak.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&weak.stderr).contains("at least 10 characters"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_a_password_gets_a_link_to_hand_on() {
    let tegata = Tegata::start(TEGATA, Setup::default());
    let printed = tegata
        .done(&["user", "add", "alice", "--name", "Alice"], "")
        .await;
    try_sign_in(&tegata.stranger(), "alice", "")
        .await
        .problem(401, "wrong-login");
    let alice = tegata.redeem(printed.trim(), "alice has her own").await;
    assert_eq!(alice.get("/api/me").await.ok()["user"]["role"], "member");
}
