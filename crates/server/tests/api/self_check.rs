//! The public address, judged by the rules of every provider.

use serde_json::{Value, json};
use testing::program::{Method, Setup, Tegata, google, microsoft, register};

use crate::TEGATA;

async fn at(public_url: &str) -> Tegata {
    let setup = Setup {
        public_path: "/gsession",
        public_url: Some(public_url.to_owned()),
        ..Setup::default()
    };
    Tegata::start(TEGATA, setup)
}

fn failed(check: &Value) -> Vec<String> {
    let steps = check["steps"].as_array().expect("steps");
    let failed = steps.iter().filter(|step| step["outcome"] == "fail");
    failed
        .map(|step| step["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_public_url_is_judged_and_a_consent_that_cannot_succeed_is_not_begun() {
    for (public_url, rules, rule_in_japanese, begins) in [
        ("https://mail.example.jp/gsession", &[][..], "", [201, 201]),
        (
            "http://mail.example.jp/gsession",
            &["G-1", "M-1"],
            "https",
            [409, 409],
        ),
        (
            "https://192.168.1.5/gsession",
            &["G-2"],
            "IP アドレス",
            [409, 201],
        ),
        (
            "https://mail.corp.local/gsession",
            &["G-3"],
            "「.local」",
            [409, 201],
        ),
        ("https://com/gsession", &["G-3"], "", [409, 201]),
    ] {
        let tegata = at(public_url).await;
        let admin = tegata.administrator().await;
        let check = admin.in_language("ja").get("/api/self-check").await.ok();
        assert_eq!(failed(&check), rules, "{public_url}");
        assert_eq!(check["public_url"], public_url);
        assert_eq!(
            check["redirect_uris"],
            json!([
                { "path": "/common/cmn270.do", "uri": format!("{public_url}/common/cmn270.do") },
                { "path": "/common/cm270.do", "uri": format!("{public_url}/common/cm270.do") },
            ])
        );
        let steps = check["steps"].as_array().expect("steps");
        if let Some(step) = steps.iter().find(|step| step["outcome"] == "fail") {
            let message = step["message"].as_str().unwrap_or_default();
            assert!(message.contains(rule_in_japanese), "{message}");
            assert_eq!(step["advice"]["cause_id"], "redirect-rule", "{step}");
        }
        for (credential, wanted) in [google(), microsoft()].iter().zip(begins) {
            let id = register(&admin, credential).await;
            let body = json!({ "credential_id": id, "address": "hanako@example.jp" });
            let answer = admin.post("/api/connect", &body).await;
            assert_eq!(
                answer.status,
                wanted,
                "{public_url} {}: {}",
                credential["provider"],
                answer.text()
            );
            if wanted == 409 {
                let problem = answer.problem(409, "redirect-rule");
                assert_eq!(problem["advice"]["who"], "administrator", "{problem}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_by_another_name_is_told_so() {
    let tegata = crate::alone();
    let admin = tegata.administrator().await;
    let seen = async |host: Option<&str>| {
        let mut ask = admin.ask(Method::GET, "/api/self-check");
        if let Some(host) = host {
            ask = ask.header("host", host);
        }
        let check = ask.send().await.ok();
        (check["reached_as"].clone(), check["origin_ok"].clone())
    };
    let right = format!("localhost:{}", tegata.port);
    assert_eq!(seen(None).await, (json!(right), json!(true)));
    for other in ["192.168.1.5:8080", "mail.intra", "localhost", "localhost:1"] {
        assert_eq!(seen(Some(other)).await, (json!(other), json!(false)));
    }
    let elsewhere = tegata.client_at(&tegata.base.replace("localhost", "127.0.0.1"));
    let mut there = admin.clone();
    there.base = elsewhere.base;
    let me = there.get("/api/me").await.ok();
    assert_eq!(me["origin_ok"], false);
    assert_eq!(
        me["public_url"], tegata.base,
        "so that the right one can be offered"
    );
    let http = admin
        .ask(Method::GET, "/api/me")
        .header("x-forwarded-proto", "https")
        .send()
        .await
        .ok();
    assert_eq!(http["origin_ok"], false, "another scheme is another origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_pasted_with_its_start_page_is_taken_as_base() {
    let tegata = at("https://mail.example.jp/gsession/common/cmn001.do").await;
    let admin = tegata.administrator().await;
    let check = admin.get("/api/self-check").await.ok();
    assert_eq!(check["public_url"], "https://mail.example.jp/gsession");
}
