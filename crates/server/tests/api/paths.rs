//! Which addresses there are below the path of the public URL, and which there are not.

use testing::program::{Method, Setup, Tegata};

use crate::{TEGATA, alone};

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_of_the_original_leads_to_ours() {
    for path in ["", "/gsession"] {
        let setup = Setup {
            public_path: path,
            ..Setup::default()
        };
        let tegata = Tegata::start(TEGATA, setup);
        let browser = tegata.stranger();
        let answer = browser.get("/common/cmn001.do").await;
        assert!((300..400).contains(&answer.status), "{}", answer.status);
        assert_eq!(answer.header("location"), format!("{path}/"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_callbacks_answer_exactly_below_the_path_and_nowhere_else() {
    let tegata = alone();
    let browser = tegata.stranger();
    for page in ["cmn270.do", "cm270.do"] {
        let answer = browser
            .get(&format!("/common/{page}?state=unknown&code=none"))
            .await;
        assert_eq!(answer.status, 400, "it is there, and knows no such state");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let policy = answer.header("content-security-policy").to_owned();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        let text = answer.text();
        assert!(
            !text.contains("<script") && !text.contains("http"),
            "it loads nothing: {text}"
        );
        for other in [
            format!("{}/common/{page}", tegata.origin),
            format!("{}/gsession/common/{page}/", tegata.origin),
            format!("{}/gsession/common/{}", tegata.origin, page.to_uppercase()),
            format!("{}/gsession/common/x{page}", tegata.origin),
            format!("{}/GSESSION/common/{page}", tegata.origin),
            format!("{}/gsession/gsession/common/{page}", tegata.origin),
        ] {
            let answer = browser
                .get(&format!("{other}?state=unknown&code=none"))
                .await;
            assert_ne!(answer.status, 400, "{other} is no callback");
            assert!(
                !answer.text().contains("no consent that was begun here"),
                "{other}"
            );
        }
    }
    let posted = browser
        .ask(Method::POST, "/common/cmn270.do")
        .bytes("text/plain", Vec::new())
        .send()
        .await;
    assert_eq!(posted.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_beside_the_path_is_little_and_leads_there() {
    let tegata = alone();
    let browser = tegata.stranger();
    let at = |path: &str| format!("{}{path}", tegata.origin);
    assert_eq!(browser.get(&at("/")).await.header("location"), "/gsession/");
    assert_eq!(browser.get(&at("/healthz")).await.is(200).text(), "ok\n");
    let jmap = browser.get(&at("/.well-known/jmap")).await;
    assert_eq!(
        jmap.header("location"),
        format!("{}/jmap/session", tegata.base)
    );
    for path in [
        "/api/me",
        "/jmap/session",
        "/readyz",
        "/invitation",
        "/gsessionx/api/me",
    ] {
        browser.get(&at(path)).await.problem(404, "not-found");
    }
    assert_eq!(browser.get("/readyz").await.is(200).text(), "ready\n");
    assert_eq!(browser.get("/healthz").await.is(200).text(), "ok\n");
}
