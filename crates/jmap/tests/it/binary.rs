//! binary: upload, download (RFC 8620, 6), and the HTML of our own web mail.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;

use crate::support::{House, RICH, value};

async fn upload(
    house: &House,
    account: &str,
    content_type: &str,
    body: &'static str,
) -> (StatusCode, serde_json::Value) {
    let request = Request::post(format!("/upload/{account}/"))
        .header("content-type", content_type)
        .body(Body::from(body))
        .expect("a request");
    let response = house.send(request, Some(house.caller())).await;
    (response.status(), value(response).await)
}

#[tokio::test]
async fn what_is_uploaded_can_be_downloaded_as_a_file_of_the_asked_type() {
    let house = House::new().await;
    let (status, answer) = upload(
        &house,
        &house.account,
        "Text/Plain;charset=utf-8",
        "こんにちは",
    )
    .await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(answer["type"], "text/plain; charset=utf-8");
    assert_eq!(answer["size"], 15);
    assert_eq!(answer["accountId"], json!(house.account));
    let blob = answer["blobId"].as_str().expect("an id");
    let uri = format!(
        "/download/{}/{blob}/%E6%96%87.txt?type=text/html",
        house.account
    );
    let response = house.get(&uri).await;
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/html");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"_.txt\"; filename*=UTF-8''%E6%96%87.txt"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(
        header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    assert!(header("cache-control").starts_with("private, immutable"));
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert_eq!(&bytes[..], "こんにちは".as_bytes());
    house.close().await;
}

#[tokio::test]
async fn a_blob_is_found_only_through_an_account_that_may_read_it() {
    let house = House::new().await;
    assert_eq!(
        upload(&house, &house.foreign, "text/plain", "x").await.0,
        StatusCode::NOT_FOUND
    );
    let (_, answer) = upload(&house, &house.account, "text/plain", "secret").await;
    let blob = answer["blobId"].as_str().expect("an id");
    let missing = store::BlobId::of(b"nothing").to_string();
    for uri in [
        format!("/download/{}/{blob}/x", house.foreign),
        format!("/download/{}/{missing}/x", house.account),
        format!("/download/{}/nonsense/x", house.account),
        format!("/download/{}/{blob}-9/x", house.account),
    ] {
        assert_eq!(
            house.get(&uri).await.status(),
            StatusCode::NOT_FOUND,
            "{uri}"
        );
    }
    let request = Request::get(format!("/download/{}/{blob}/x", house.account))
        .body(Body::empty())
        .expect("a request");
    let bob = access::Caller {
        user: house.bob.clone(),
        session: None,
        token: None,
    };
    assert_eq!(
        house.send(request, Some(bob)).await.status(),
        StatusCode::NOT_FOUND
    );
    house.close().await;
}

#[tokio::test]
async fn a_part_of_a_mail_is_a_blob_and_comes_decoded() {
    let house = House::new().await;
    let id = house.mail("inbox", 1, &[], RICH).await;
    let answer = house
        .call(
            "Email/get",
            json!({ "ids": [id], "properties": ["attachments", "hasAttachment"] }),
        )
        .await;
    let part = &answer["list"][0]["attachments"][0];
    assert_eq!(answer["list"][0]["hasAttachment"], true);
    assert_eq!(
        (part["type"].as_str(), part["name"].as_str()),
        (Some("application/pdf"), Some("plan.pdf"))
    );
    let blob = part["blobId"].as_str().expect("an id");
    let response = house
        .get(&format!(
            "/download/{}/{blob}/plan.pdf?type=application/pdf",
            house.account
        ))
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert_eq!(&bytes[..], b"%PDF-1.4\n");
    house.close().await;
}

#[tokio::test]
async fn html_is_shown_without_scripts_and_remote_pictures_to_its_reader_only() {
    let house = House::new().await;
    let id = house
        .mail("inbox", 1, &[], RICH)
        .await
        .parse()
        .expect("an id");
    let (html, blocked) =
        jmap::html::sanitized(house.store(), &house.alice, house.account_id(), id, false)
            .await
            .expect("a store")
            .expect("html");
    assert!(html.contains("会議") && !html.contains("<script"), "{html}");
    assert_eq!(blocked, 1);
    let foreign = jmap::html::sanitized(house.store(), &house.bob, house.account_id(), id, false)
        .await
        .expect("a store");
    assert_eq!(foreign, None);
    house.close().await;
}
