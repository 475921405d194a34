//! The same program on PostgreSQL.

use sandbox::browser::Choice;
use serde_json::json;
use testing::postgres;
use testing::program::{Kind, Place, Setup, Tegata, connect, register_google};

use crate::{TEGATA, sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn the_program_lives_on_postgresql_as_well_and_commands_beside_it_are_heard() {
    let Some(database) = postgres::database() else {
        return;
    };
    let sandbox = sandbox().await;
    let setup = Setup {
        store: Place::Postgres(database.url.clone()),
        ..Setup::with(&sandbox)
    };
    let mut tegata = Tegata::start(TEGATA, setup);
    let url = url::Url::parse(&database.url).expect("a URL");
    tegata.plant(Kind::Password, url.password().unwrap_or_default());
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register_google(&admin, &sandbox).await;
    let address = "hanako@example.jp";
    let done = connect(&member, &id, address, Choice::allow(address)).await;
    assert_eq!(done["state"], "done", "{done}");
    tegata.kill();
    tegata.restart();
    let accounts = member.get("/api/accounts").await.ok();
    assert_eq!(accounts["items"][0]["mailbox_address"], address);
    let printed = tegata.done(&["token", address], "").await;
    assert!(
        sandbox
            .issued()
            .access()
            .iter()
            .any(|token| token == printed.trim())
    );
    let masked = tegata.done(&["serve", "--print-config"], "").await;
    assert!(masked.contains("database = \"postgres://"), "{masked}");
    tegata.done(&["user", "disable", "hanako"], "").await;
    member.get("/api/me").await.problem(401, "signed-out");
    let wrong = json!({ "login": "hanako", "password": "wrong password" });
    tegata
        .stranger()
        .post("/api/sign-in", &wrong)
        .await
        .problem(401, "wrong-login");
}
