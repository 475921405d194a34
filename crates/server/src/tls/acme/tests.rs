//! Against an authority of a few lines, for what Pebble does not do: limits and windows.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use store::{Millis, World};
use tempfile::TempDir;

use super::challenges::Challenges;
use super::folder::Folder;
use super::http::Http;
use super::keeper::{Keeper, Memory};
use super::order::{Desk, Way};
use super::plan;
use super::status::{AcmeStatus, Board};
use super::trouble::Kind;
use crate::tls::files::Files;
use crate::tls::self_signed;

const NOW: Millis = 1_795_305_600_000;
const DOMAIN: &str = "mail.example.jp";

/// The identifiers that windows were asked for.
type Asked = Arc<Mutex<Vec<String>>>;

/// An authority that gives accounts and windows, and says "later" to every order: its directory.
async fn authority(asked: Asked) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let directory = json!({
        "newNonce": format!("{base}/nonce"), "newAccount": format!("{base}/account"),
        "newOrder": format!("{base}/order"), "renewalInfo": format!("{base}/window"),
    });
    let nonce = || ([("replay-nonce", "n")], "").into_response();
    let account = (
        StatusCode::CREATED,
        [("replay-nonce", "n"), ("location", "http://a/1")],
        Json(json!({ "status": "valid" })),
    );
    let later = (
        StatusCode::TOO_MANY_REQUESTS,
        [("replay-nonce", "n"), ("retry-after", "86400")],
        Json(json!({ "type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many" })),
    );
    let router = Router::new()
        .route("/dir", get(async || Json(directory)))
        .route("/nonce", get(async move || nonce()))
        .route("/account", post(async || account))
        .route("/order", post(async || later))
        .route("/window/{id}", get(window))
        .with_state(asked);
    tokio::spawn(async { axum::serve(listener, router).await });
    format!("{base}/dir")
}

async fn window(State(asked): State<Asked>, Path(id): Path<String>) -> (HeaderMap, Json<Value>) {
    asked.lock().unwrap().push(id);
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "21600".parse().unwrap());
    let window = json!({ "start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z" });
    (headers, Json(json!({ "suggestedWindow": window })))
}

/// A keeper with a fixed clock that orders from `directory_url`.
fn keeper(directory_url: String) -> (Keeper, TempDir) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let (world, _) = World::for_tests(NOW, 1);
    let first = self_signed::for_the_time_being(DOMAIN).unwrap();
    let keeper = Keeper {
        board: Board::new(place.path(), AcmeStatus::default()),
        files: Arc::new(Files::expect(folder.certificate(DOMAIN), first)),
        desk: Desk {
            domain: DOMAIN.into(),
            directory_url,
            contact: None,
            folder,
            http: Http::new(None, None, world.clone()).unwrap(),
            challenges: Arc::new(Challenges::default()),
        },
        ways: vec![Way::TlsAlpn01],
        http_listen: String::new(),
        public_url: format!("https://{DOMAIN}"),
        world,
        moved: false,
        plain: Mutex::new(false),
    };
    (keeper, place)
}

/// Keeps a certificate as an authority would give it.
fn given(keeper: &Keeper) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![1, 2, 3]);
    let authority = rcgen::Issuer::new(authority, rcgen::KeyPair::generate().unwrap());
    let mut params = rcgen::CertificateParams::new(vec![DOMAIN.to_owned()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x87, 0x65]));
    params.not_before = rcgen::date_time_ymd(2026, 11, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 30);
    let key = rcgen::KeyPair::generate().unwrap();
    let pem = params.signed_by(&key, &authority).unwrap().pem();
    let key = key.serialize_pem().into();
    keeper.desk.folder.keep(DOMAIN, &pem, &key).unwrap();
    assert!(keeper.files.look());
}

#[tokio::test]
async fn a_limit_is_kept_to_for_as_long_as_the_authority_says() {
    let (keeper, _place) = keeper(authority(Asked::default()).await);
    let trouble = keeper.one_order(false).await.unwrap_err();
    assert_eq!(trouble.kind, Kind::RateLimited);
    let tomorrow = NOW + 24 * 60 * 60_000;
    assert_eq!(trouble.not_before, Some(tomorrow));
    let mut memory = Memory::default();
    keeper.tell(&mut memory, trouble);
    assert_eq!(plan::due(&keeper.known(&memory)), tomorrow);
    assert_eq!(keeper.board.status().last_error.unwrap().said, "too many");
    assert_eq!(
        keeper.remembered(),
        memory.failures.map(|it| plan::Failures { at: 0, ..it })
    );
}

#[tokio::test]
async fn the_window_of_the_authority_decides_when_a_certificate_is_renewed() {
    let asked = Asked::default();
    let (keeper, _place) = keeper(authority(asked.clone()).await);
    given(&keeper);
    let mut memory = Memory::default();
    let day = 24 * 60 * 60_000;
    assert!(
        plan::due(&keeper.known(&memory)) > NOW + 35 * day,
        "a third is left"
    );
    keeper.ask_for_window(&mut memory).await;
    let due = plan::due(&keeper.known(&memory));
    assert!((NOW - 2 * day..NOW - day).contains(&due), "{due}");
    // RFC 9773, 4.1: key identifier and serial number, with its leading zero.
    let id = [vec![1, 2, 3], vec![0, 0x87, 0x65]].map(|it| BASE64_URL_SAFE_NO_PAD.encode(it));
    assert_eq!(*asked.lock().unwrap(), [id.join(".")]);
    keeper.ask_for_window(&mut memory).await;
    assert_eq!(
        asked.lock().unwrap().len(),
        1,
        "not before it may be asked again"
    );
}

#[tokio::test]
async fn requests_go_through_the_proxy_and_a_page_of_its_own_is_no_directory() {
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let page = async |uri: axum::http::Uri| format!("<html>{uri}</html>");
    tokio::spawn(async move { axum::serve(proxy, Router::new().fallback(page)).await });
    let (mut keeper, _place) = keeper("http://ca.example.jp/dir".into());
    let url = url.parse().unwrap();
    keeper.desk.http = Http::new(Some(&url), None, World::real()).unwrap();
    let trouble = keeper.one_order(false).await.unwrap_err();
    assert_eq!(trouble.kind, Kind::Directory);
    assert!(
        trouble.said.contains("JSON"),
        "an answer came: {}",
        trouble.said
    );
}
