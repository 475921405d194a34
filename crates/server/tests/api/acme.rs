//! HTTPS by itself, against a real authority.

mod door;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::Value;
use testing::pebble::{Pebble, Ports, Wishes, prepare};
use testing::program::{Setup, Tegata};
use testing::{free_port, wait_for};

use crate::TEGATA;
use door::{DOMAIN, Door, Slow};

const PUBLIC_URL: &str = "https://mail.example.jp/gsession";
const LONG: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// An order takes a second; a busy machine more.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that will order from `pebble`, not yet started; `acme` are further lines of `[acme]`.
fn prepared(pebble: &Pebble, acme: &str) -> Tegata {
    let setup = Setup {
        public_path: "/gsession",
        public_url: Some(PUBLIC_URL.into()),
        server_toml: "tls = \"acme\"".into(),
        extra_toml: format!(
            "[acme]\ndirectory_url = \"{}\"\nca_file = \"authority.pem\"\ncontact = \"admin@example.jp\"\n{acme}\n",
            pebble.directory_url()
        ),
        bare: true,
        files: vec![("authority.pem", pebble.ca_pem())],
        ..Setup::default()
    };
    Tegata::prepare(TEGATA, &setup)
}

/// Pebble looks at the ports of `tegata`.
fn wishes(tegata: &Tegata, http: u16) -> Wishes {
    let ports = Ports {
        http,
        tls: tegata.port,
    };
    Wishes {
        ports,
        validity: LONG,
        names: true,
    }
}

fn status_of(tegata: &Tegata) -> Value {
    let text = std::fs::read_to_string(tegata.folder.join("data/acme/status.json"));
    serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default()
}

async fn certificate_came(tegata: &Tegata) -> Value {
    wait_for("the certificate", PATIENCE, async || {
        Some(status_of(tegata)).filter(|status| status["not_after"].is_i64())
    })
    .await
}

async fn trouble_came(tegata: &Tegata) -> Value {
    wait_for("the trouble", PATIENCE, async || {
        Some(status_of(tegata)).filter(|status| status["last_error"].is_object())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_ordered_by_http_01_and_renewed_under_an_open_request() {
    let Some(mut pebble) = prepare() else { return };
    let http = free_port();
    let lines = format!("challenge = \"http-01\"\nhttp_listen = \"127.0.0.1:{http}\"");
    let mut tegata = prepared(&pebble, &lines);
    let mut wishes = wishes(&tegata, http);
    // A third of it is left after six seconds.
    wishes.validity = Duration::from_secs(9);
    pebble.start(wishes);
    tegata.restart();
    let status = certificate_came(&tegata).await;
    assert_eq!(status["challenge"], "http-01");
    assert_eq!(status["domain"], DOMAIN);
    let door = Door::new(tegata.port, &pebble.root_pem().await);
    let mut slow = Slow::begin(&door, "/gsession/api/sign-in").await;
    let first = slow.certificate.clone();
    wait_for("another certificate", PATIENCE, async || {
        (door.certificate().await? != first).then_some(())
    })
    .await;
    assert_eq!(slow.end().await, 401, "the request of before was answered");
    assert_eq!(slow.get("/gsession/healthz").await, 200, "and the next one");
    assert_eq!(door.get("/gsession/healthz").await, 200);
    // The other things on port 80.
    let (code, location) = door::plain(http, "/gsession/a?b").await;
    assert_eq!(
        (code, &*location),
        (308, "https://mail.example.jp/gsession/a?b")
    );
    assert_eq!(
        door::plain(http, "/.well-known/acme-challenge/x").await.0,
        404
    );
    for name in ["account.json", "mail.example.jp.pem"] {
        let file = tegata.folder.join("data/acme").join(name);
        let mode = std::fs::metadata(file).expect("it is kept").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_ordered_by_tls_alpn_01_and_outlives_a_restart() {
    let Some(mut pebble) = prepare() else { return };
    let mut tegata = prepared(&pebble, "challenge = \"tls-alpn-01\"\nhttp_listen = \"\"");
    pebble.start(wishes(&tegata, free_port()));
    tegata.restart();
    assert_eq!(certificate_came(&tegata).await["challenge"], "tls-alpn-01");
    let door = Door::new(tegata.port, &pebble.root_pem().await);
    assert_eq!(door.get("/gsession/healthz").await, 200);
    assert!(
        !door.speaks("acme-tls/1").await,
        "no challenge stands any more"
    );
    assert!(door.speaks("h2").await);
    let first = door.certificate().await;
    tegata.restart();
    assert_eq!(door.certificate().await, first, "it is not ordered again");

    // The authority forgets everything, and our certificate is lost.
    pebble.start(wishes(&tegata, free_port()));
    tegata.stop();
    std::fs::remove_file(tegata.folder.join("data/acme/mail.example.jp.pem")).expect("it is there");
    tegata.restart();
    let door = Door::new(tegata.port, &pebble.root_pem().await);
    wait_for("a certificate for a new account", PATIENCE, async || {
        door.certificate().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_challenge_fails_the_other_one_is_taken() {
    let Some(mut pebble) = prepare() else { return };
    let http = free_port();
    let lines = format!("http_listen = \"127.0.0.1:{http}\"");
    let mut tegata = prepared(&pebble, &lines);
    // Port 80 leads nowhere.
    pebble.start(wishes(&tegata, free_port()));
    tegata.restart();
    let status = certificate_came(&tegata).await;
    assert_eq!(status["challenge"], "tls-alpn-01");
    assert_eq!(status["last_error"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_on_one_folder_one_orders_and_both_show_the_certificate() {
    let Some(mut pebble) = prepare() else { return };
    let folder = testing::temporary_folder("acme");
    let lines = format!(
        "challenge = \"tls-alpn-01\"\nhttp_listen = \"\"\nfolder = \"{}\"",
        folder.path().display()
    );
    let (mut one, mut two) = (prepared(&pebble, &lines), prepared(&pebble, &lines));
    one.restart();
    // The first one asks an authority that is not there yet, and holds the lock.
    wait_for("its first failure", PATIENCE, async || {
        one.log().contains("no new certificate").then_some(())
    })
    .await;
    two.restart();
    wait_for("the second one to follow", PATIENCE, async || {
        two.log().contains("another process orders").then_some(())
    })
    .await;
    pebble.start(wishes(&one, free_port()));
    // Started again it asks again at once; the second one must not have come between.
    one.kill();
    wait_for("the second one to take over", PATIENCE, async || {
        two.log().contains("no new certificate").then_some(())
    })
    .await;
    one.restart();
    assert!(!two.log().contains("the certificate is here"));
    drop(two);
    let door = Door::new(one.port, &pebble.root_pem().await);
    wait_for("the first one to order", PATIENCE, async || {
        door.certificate().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_out_of_reach_is_told_and_the_door_is_open_all_the_same() {
    let Some(pebble) = prepare() else { return };
    let mut tegata = prepared(&pebble, "challenge = \"tls-alpn-01\"\nhttp_listen = \"\"");
    tegata.restart();
    let status = trouble_came(&tegata).await;
    assert_eq!(status["last_error"]["kind"], "directory");
    assert_eq!(status["not_after"], Value::Null);
    let log = tegata.log();
    assert_eq!(
        log.matches("no new certificate: the authority cannot be reached")
            .count(),
        1,
        "{log}"
    );
    let door = Door::trusting_all(tegata.port);
    assert_eq!(door.get("/gsession/healthz").await, 200);
    wait_for("the next try", PATIENCE, async || {
        status_of(&tegata)["next_try"].as_i64()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_named() {
    let Some(mut pebble) = prepare() else { return };
    let closed = free_port();
    let stranger = door::stranger().await;
    for (kind, http, names, said) in [
        ("port", closed, true, "refused"),
        ("proxy", stranger, true, "404"),
        ("dns", closed, false, "mail.example.jp"),
    ] {
        let lines = format!(
            "challenge = \"http-01\"\nhttp_listen = \"127.0.0.1:{}\"",
            free_port()
        );
        let mut tegata = prepared(&pebble, &lines);
        let mut wishes = wishes(&tegata, http);
        wishes.names = names;
        pebble.start(wishes);
        tegata.restart();
        let status = trouble_came(&tegata).await;
        let error = &status["last_error"];
        assert_eq!(error["kind"], kind, "{status} {}", pebble.log());
        let words = error["said"].as_str().expect("the authority's words");
        assert!(words.contains(said), "{words}");
        assert!(tegata.log().contains("no new certificate: "), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_80_that_is_taken_is_named() {
    let Some(mut pebble) = prepare() else { return };
    let taken = door::stranger().await;
    let lines = format!("challenge = \"http-01\"\nhttp_listen = \"127.0.0.1:{taken}\"");
    let mut tegata = prepared(&pebble, &lines);
    pebble.start(wishes(&tegata, taken));
    tegata.restart();
    let error = trouble_came(&tegata).await["last_error"].clone();
    assert_eq!(error["kind"], "port");
    let words = error["said"].as_str().expect("the system's words");
    assert!(
        words.contains(&format!("cannot listen on 127.0.0.1:{taken}")),
        "{words}"
    );
}
