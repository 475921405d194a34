//! core: session (RFC 8620, 2).

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use store::api_tokens::Scope;

use crate::support::{CORE, House, MAIL, SUBMISSION, value};

#[tokio::test]
async fn the_session_has_absolute_urls_limits_and_the_callers_accounts_only() {
    let house = House::new().await;
    let response = house.get("/session").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-cache, no-store");
    let session = value(response).await;
    assert_eq!(
        session["apiUrl"],
        "https://mail.example.com/tegata/jmap/api"
    );
    assert_eq!(
        session["downloadUrl"],
        "https://mail.example.com/tegata/jmap/download/{accountId}/{blobId}/{name}?type={type}"
    );
    assert_eq!(
        session["uploadUrl"],
        "https://mail.example.com/tegata/jmap/upload/{accountId}/"
    );
    assert_eq!(
        session["eventSourceUrl"],
        "https://mail.example.com/tegata/jmap/events?types={types}&closeafter={closeafter}&ping={ping}"
    );
    assert_eq!(session["username"], "alice");
    let accounts = session["accounts"].as_object().expect("accounts");
    assert_eq!(accounts.keys().collect::<Vec<_>>(), [&house.account]);
    assert_eq!(accounts[&house.account]["name"], "alice@example.com");
    for capability in [CORE, MAIL, SUBMISSION] {
        assert_eq!(session["primaryAccounts"][capability], json!(house.account));
        assert!(session["capabilities"][capability].is_object());
        assert!(accounts[&house.account]["accountCapabilities"][capability].is_object());
    }
    assert_eq!(session["capabilities"][CORE]["maxObjectsInGet"], 500);
    assert!(
        session["accounts"][&house.account]["accountCapabilities"][MAIL]["maxMailboxesPerEmail"]
            .is_null()
    );
    let (_, answer) = house
        .request(json!({ "using": [CORE], "methodCalls": [] }))
        .await;
    assert_eq!(answer["sessionState"], session["state"]);
    house.close().await;
}

#[tokio::test]
async fn nobody_comes_in_without_a_caller_or_with_a_token_of_another_scope() {
    let house = House::new().await;
    for uri in ["/session", "/events", "/download/a/b/c"] {
        let request = Request::get(uri).body(Body::empty()).expect("a request");
        assert_eq!(
            house.send(request, None).await.status(),
            StatusCode::UNAUTHORIZED,
            "{uri}"
        );
    }
    let request = Request::get("/session")
        .body(Body::empty())
        .expect("a request");
    let response = house
        .send(request, Some(house.with_token(&[Scope::Token])))
        .await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let request = Request::get("/session")
        .body(Body::empty())
        .expect("a request");
    assert_eq!(
        house
            .send(request, Some(house.with_token(&[Scope::Mail])))
            .await
            .status(),
        StatusCode::OK
    );
    house.close().await;
}
