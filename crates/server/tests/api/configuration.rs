//! The configuration and the exit codes.

use testing::program::{Kind, Setup, Tegata};

use crate::TEGATA;

fn prepared(setup: Setup<'_>) -> Tegata {
    Tegata::prepare(TEGATA, &setup)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_configuration_is_whole_and_masks_what_is_secret() {
    let tegata = prepared(Setup {
        public_path: "/gsession",
        extra_toml: "[outgoing]\nproxy = \"http://user:hunter2hunter2@proxy.example.jp:3128\"\n"
            .into(),
        ..Setup::default()
    });
    tegata.plant(Kind::Password, "hunter2hunter2");
    let printed = tegata.done(&["serve", "--print-config"], "").await;
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(
        printed.contains("user:*****@proxy.example.jp:3128"),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("public_url = \"{}\"", tegata.base)),
        "{printed}"
    );
    for section in [
        "[server]",
        "[store]",
        "[secrets]",
        "[outgoing]",
        "trusted_proxies = []",
    ] {
        assert!(printed.contains(section), "{section}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_names_the_nearest_and_the_file() {
    let tegata = prepared(Setup {
        server_toml: "trusted_proxy = [\"127.0.0.1\"]".into(),
        ..Setup::default()
    });
    let output = tegata.run(&["serve"], "").await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("did you mean `trusted_proxies`?"), "{said}");
    assert!(said.contains("tegata.toml"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_work_says_why_in_one_sentence() {
    for (server_toml, words) in [
        (
            "trusted_proxies = [\"the proxy\"]",
            "no address and no network",
        ),
        ("tls = \"files\"", "tls_cert_file"),
        ("tls = \"perhaps\"", "server.tls: unknown variant"),
        ("this is not", "not TOML"),
    ] {
        let tegata = prepared(Setup {
            server_toml: server_toml.into(),
            ..Setup::default()
        });
        let output = tegata.run(&["serve"], "").await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains(words) && !said.contains("a panic at"),
            "{server_toml}: {said}"
        );
    }
    let nowhere = prepared(Setup {
        public_url: Some("/gsession".into()),
        ..Setup::default()
    });
    let output = nowhere.run(&["serve"], "").await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("public_url"));
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_success_failure_and_misuse_apart() {
    let tegata = prepared(Setup::default());
    for (arguments, code) in [
        (&["user", "list"][..], 0),
        (&["check"], 0),
        (&["--help"], 0),
        (&["user", "disable", "nobody"], 1),
        (&["credential", "remove", "nonsense"], 1),
        (&["account", "show", "nobody@example.jp"], 1),
        (&["nonsense"], 2),
        (&["user", "add"], 2),
        (&["serve", "--nonsense"], 2),
    ] {
        let output = tegata.run(arguments, "").await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert_eq!(said.trim().is_empty(), code == 0, "{arguments:?}: {said}");
    }
}
