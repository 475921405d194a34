//! The web app as it is delivered.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use testing::program::{Method, Setup, Tegata};

use crate::{TEGATA, alone};

/// Whether the web app was built before this program.
fn built() -> bool {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/dist/index.html");
    std::path::Path::new(page).is_file()
        || testing::skip("the web app", "web/dist is not built").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_knows_its_base_and_is_the_same_at_every_address_of_the_app() {
    if !built() {
        return;
    }
    for path in ["", "/gsession"] {
        let setup = Setup {
            public_path: path,
            ..Setup::default()
        };
        let tegata = Tegata::start(TEGATA, setup);
        let browser = tegata.stranger();
        let page = browser.get("/").await.is(200);
        let html = page.text();
        assert_eq!(html.matches("<base href=").count(), 1);
        assert!(html.contains(&format!("<base href=\"{path}/\">")), "{html}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache");
        for address in [
            "/admin/credentials",
            "/connect/nabc",
            "/invitation",
            "/index.html",
        ] {
            assert_eq!(browser.get(address).await.is(200).text(), html, "{address}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_our_own_scripts_only_and_stands_in_nobodys_frame() {
    if !built() {
        return;
    }
    let tegata = alone();
    let page = tegata.stranger().get("/").await.is(200);
    let policy = page.header("content-security-policy");
    for wanted in [
        "default-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(wanted), "{wanted} is not in {policy}");
    }
    assert!(
        !policy.contains("unsafe-eval") && !policy.contains("script-src 'self' 'unsafe"),
        "{policy}"
    );
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    // A consent's window must keep its line to us: the stricter value would cut it.
    assert_eq!(
        page.header("cross-origin-opener-policy"),
        "same-origin-allow-popups"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn built_files_are_kept_for_ever_and_missing_ones_are_no_page() {
    if !built() {
        return;
    }
    let tegata = alone();
    let browser = tegata.stranger();
    let html = browser.get("/").await.is(200).text();
    let from = html.find("./assets/").expect("the page has a script") + 1;
    let length = html[from..].find('"').expect("a quotation mark");
    let path = html[from..from + length].to_owned();
    let file = browser.get(&path).await.is(200);
    assert_eq!(
        file.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert!(
        file.header("content-type").contains("javascript"),
        "{}",
        file.header("content-type")
    );
    let again = browser
        .ask(Method::GET, &path)
        .header("if-none-match", file.header("etag"))
        .send()
        .await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    let missing = browser.get("/assets/index-missing.js").await;
    assert_eq!(
        missing.status, 404,
        "a page in place of a script would only confuse"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_app() {
    let tegata = alone();
    for path in [
        "/gsession/assets/../../package.json",
        "/gsession/assets/../../../Cargo.toml",
        "/gsession/../package.json",
        "/gsession/%2e%2e/package.json",
        "/gsession/assets/%2e%2e/%2e%2e/package.json",
        "/gsession/assets/..%2f..%2fpackage.json",
        "/gsession/assets/..%5c..%5cpackage.json",
        "/gsession//etc/passwd",
        "/gsession/assets//etc/passwd",
    ] {
        let address = ("127.0.0.1", tegata.port);
        let mut line = TcpStream::connect(address).expect("the program listens");
        let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        line.write_all(request.as_bytes()).expect("the line holds");
        let mut answer = String::new();
        line.read_to_string(&mut answer)
            .expect("the answer is text");
        for leak in ["devDependencies", "[workspace]", "root:"] {
            assert!(!answer.contains(leak), "{path}: {answer}");
        }
        let refused = ["400", "404"]
            .iter()
            .any(|status| answer.starts_with(&format!("HTTP/1.0 {status} ")));
        assert!(
            refused || answer.contains("<base href="),
            "{path}: {answer}"
        );
    }
}
