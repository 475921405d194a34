//! The first start, and who may set the system up.

use testing::program::{Setup, Tegata};

use crate::TEGATA;

fn link(log: &str) -> String {
    let line = log.lines().rev().find(|line| line.contains("/invitation#"));
    line.expect("a link is printed").trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_prints_a_one_time_link_that_makes_the_administrator() {
    let mut tegata = Tegata::start(TEGATA, Setup { bare: true, ..Setup::default() });
    let printed = link(&tegata.log());
    assert!(printed.starts_with(&format!("{}/invitation#", tegata.base)), "{printed}");
    let admin = tegata.redeem(&printed, "a first password").await;
    let me = admin.get("/api/me").await.ok();
    assert_eq!(me["user"]["role"], "administrator");
    assert_eq!(me["user"]["status"], "active");
    let again = tegata.stranger();
    let body = serde_json::json!({ "token": printed.rsplit('#').next(), "password": "another password" });
    again.post("/api/invitations/redeem", &body).await.problem(404, "no-such-link");
    tegata.restart();
    assert_eq!(tegata.log().matches("There is no administrator yet").count(), 1);
    tegata.sign_in("admin", "a first password").await;
}
