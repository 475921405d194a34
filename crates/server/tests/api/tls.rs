//! TLS of our own door.

use std::time::Duration;

use serde_json::json;
use testing::program::{ADMINISTRATOR, Setup, Tegata};
use testing::{Authority, wait_for};

use crate::{TEGATA, try_sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn changed_certificate_files_are_taken_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let first = old.issue(&["localhost"]);
    let setup = Setup {
        public_path: "/gsession",
        server_toml: "tls = \"files\"\ntls_cert_file = \"{folder}/cert.pem\"\ntls_key_file = \"{folder}/key.pem\"".into(),
        ca_file: Some("ca.pem"),
        files: vec![
            ("ca.pem", old.pem()),
            ("cert.pem", first.certificate_pem),
            ("key.pem", first.key_pem),
        ],
        ..Setup::default()
    };
    let tegata = Tegata::start(TEGATA, setup);
    let admin = tegata.administrator().await;
    let answer = try_sign_in(&tegata.stranger(), ADMINISTRATOR.0, ADMINISTRATOR.1).await;
    assert!(answer.header("set-cookie").contains("; Secure"));
    let second = new.issue(&["localhost"]);
    let write = |name: &str, content: &str| {
        std::fs::write(tegata.folder.join(name), content).expect("the folder can be written")
    };
    write("cert.pem", &second.certificate_pem);
    write("key.pem", &second.key_pem);
    write("ca.pem", &new.pem());
    wait_for(
        "the new certificate in the log",
        Duration::from_secs(30),
        async || {
            tegata
                .log()
                .contains("the TLS certificate was read again")
                .then_some(())
        },
    )
    .await;
    // A new client trusts the new authority alone; connections of before go on.
    assert_eq!(
        tegata.stranger().get("/healthz").await.is(200).text(),
        "ok\n"
    );
    admin.get("/api/me").await.is(200).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn self_signed_prints_its_authority_works_with_it_and_keeps_it() {
    let setup = Setup {
        server_toml: "tls = \"self-signed\"".into(),
        ca_file: Some("data/tegata-ca.pem"),
        ..Setup::default()
    };
    let mut tegata = Tegata::start(TEGATA, setup);
    let pem = std::fs::read_to_string(tegata.folder.join("data/tegata-ca.pem"))
        .expect("the authority is kept");
    assert!(
        tegata.log().contains(pem.trim()),
        "the authority is printed"
    );
    let browser = tegata.stranger();
    browser.get("/readyz").await.is(200).text();
    tegata
        .administrator()
        .await
        .get("/api/me")
        .await
        .is(200)
        .ok();
    let key = tegata.folder.join("data/tegata-ca.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(key).expect("the key").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    tegata.restart();
    // Whoever imported the authority once need not do it again.
    tegata.stranger().get("/readyz").await.is(200).text();
    browser.get("/readyz").await.is(200).text();
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_the_proxys_words_count() {
    let setup = Setup {
        public_path: "/gsession",
        public_url: Some("https://mail.example.jp/gsession".into()),
        server_toml: "trusted_proxies = [\"127.0.0.0/8\"]".into(),
        ..Setup::default()
    };
    let tegata = Tegata::start(TEGATA, setup);
    let admin = tegata.administrator().await;
    let as_proxy = |host: &'static str| {
        admin
            .ask(testing::program::Method::GET, "/api/me")
            .header("host", host)
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-for", "198.51.100.7")
            .send()
    };
    assert_eq!(as_proxy("mail.example.jp").await.ok()["origin_ok"], true);
    assert_eq!(
        as_proxy("mail.example.jp:443").await.ok()["origin_ok"],
        true
    );
    assert_eq!(as_proxy("other.example.jp").await.ok()["origin_ok"], false);
    let body = json!({ "login": ADMINISTRATOR.0, "password": "wrong password" });
    let ask = tegata.stranger();
    let ask = ask
        .ask(testing::program::Method::POST, "/api/sign-in")
        .header("x-forwarded-for", "198.51.100.7");
    ask.json(&body).send().await.problem(401, "wrong-login");
}
