//! The program as others meet it: by HTTP, by its command line, by its configuration.
//!
//! Every test starts the program itself; `testing::program` looks for leaked secrets and checks the data at
//! the end of each.

mod acme;
mod beside;
mod configuration;
mod credential_checks;
mod credential_formats;
mod credentials;
mod csrf;
mod guides;
mod house;
mod imports;
mod invitations;
mod login_sessions;
mod next_secret;
mod paths;
mod postgres;
mod problems;
mod self_check;
mod sign_in;
mod tls;
mod tokens;
mod users;
mod web;

use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use testing::program::{Answer, Client, Setup, Tegata};

/// The program.
const TEGATA: &str = env!("CARGO_BIN_EXE_tegata");

/// A Google and a Microsoft.
async fn sandbox() -> Sandbox {
    sandbox::start(Options::default())
        .await
        .expect("loopback has free ports")
}

/// A program below `/gsession` that needs no provider.
fn alone() -> Tegata {
    let setup = Setup {
        public_path: "/gsession",
        ..Setup::default()
    };
    Tegata::start(TEGATA, setup)
}

async fn try_sign_in(browser: &Client, login: &str, password: &str) -> Answer {
    browser
        .post(
            "/api/sign-in",
            &json!({ "login": login, "password": password }),
        )
        .await
}

/// A person as an administrator sees it.
async fn user(administrator: &Client, login: &str) -> Value {
    let list = administrator.get("/api/users").await.ok();
    let found = list["items"]
        .as_array()
        .and_then(|items| items.iter().find(|user| user["login"] == login));
    found
        .unwrap_or_else(|| panic!("no user {login} in {list}"))
        .clone()
}

/// Where a person is below `/api/users`.
async fn user_path(administrator: &Client, login: &str) -> String {
    let user = user(administrator, login).await;
    format!("/api/users/{}", user["id"].as_str().expect("an id"))
}

/// What the audit log tells of an action, newest first.
async fn audited(administrator: &Client, action: &str) -> Vec<Value> {
    let log = administrator.get("/api/audit?limit=500").await.ok();
    let items = log["items"].as_array().expect("items").clone();
    items
        .into_iter()
        .filter(|entry| entry["action"] == action)
        .collect()
}
