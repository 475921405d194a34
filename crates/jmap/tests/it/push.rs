//! push: EventSource (RFC 8620, 7.3).

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::Announcement;

use crate::support::{House, plain};

/// The next event as its lines; `None` when the stream has ended.
async fn event(response: &mut Response<Body>) -> Option<String> {
    let frame = response.body_mut().frame().await?.expect("a frame");
    Some(String::from_utf8_lossy(&frame.into_data().expect("data")).into_owned())
}

fn change(event: &str) -> Value {
    let data = event
        .lines()
        .find_map(|line| line.strip_prefix("data:"))
        .expect("data");
    serde_json::from_str(data.trim()).expect("JSON")
}

#[tokio::test]
async fn a_write_is_told_with_the_new_states_of_the_wanted_types() {
    let house = House::new().await;
    let mut stream = house
        .get("/events?types=Email,Mailbox&closeafter=no&ping=30")
        .await;
    assert_eq!(stream.status(), StatusCode::OK);
    assert!(
        stream.headers()["content-type"]
            .to_str()
            .is_ok_and(|kind| kind.starts_with("text/event-stream"))
    );
    let ping = event(&mut stream).await.expect("a ping");
    assert!(
        ping.contains("event: ping") && ping.contains("{\"interval\":30}"),
        "{ping}"
    );
    house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    let told = event(&mut stream).await.expect("an event");
    assert!(
        told.contains("event: state") && told.contains("id: "),
        "{told}"
    );
    let email = house.call("Email/get", json!({ "ids": [] })).await["state"].clone();
    let mailbox = house.call("Mailbox/get", json!({ "ids": [] })).await["state"].clone();
    let wanted = json!({ "@type": "StateChange", "changed": { &house.account: { "Email": email, "Mailbox": mailbox } } });
    assert_eq!(change(&told), wanted);
    drop(stream);
    house.close().await;
}

#[tokio::test]
async fn closeafter_state_ends_the_stream_behind_the_first_change() {
    let house = House::new().await;
    let mut stream = house.get("/events?types=*&closeafter=state&ping=0").await;
    assert!(
        event(&mut stream)
            .await
            .is_some_and(|comment| comment.starts_with(':'))
    );
    house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    assert!(
        event(&mut stream)
            .await
            .is_some_and(|told| told.contains("\"Thread\""))
    );
    assert_eq!(event(&mut stream).await, None);
    house.close().await;
}

#[tokio::test]
async fn a_lagging_listener_hears_the_newest_state_once() {
    let house = House::new().await;
    let mut stream = house.get("/events?types=Email&closeafter=no&ping=0").await;
    event(&mut stream).await.expect("a comment");
    house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    for _ in 0..5_000 {
        house.store().announce(Announcement::Jobs);
    }
    let told = event(&mut stream).await.expect("an event");
    let state = house.call("Email/get", json!({ "ids": [] })).await["state"].clone();
    assert_eq!(change(&told)["changed"][&house.account]["Email"], state);
    drop(stream);
    house.close().await;
}

#[tokio::test]
async fn who_comes_back_with_the_last_event_id_hears_what_was_missed() {
    let house = House::new().await;
    let request = Request::get("/events?types=Email&closeafter=state&ping=0")
        .header("last-event-id", "older")
        .body(Body::empty())
        .expect("a request");
    let mut stream = house.send(request, Some(house.caller())).await;
    event(&mut stream).await.expect("a comment");
    assert!(
        change(&event(&mut stream).await.expect("an event"))["changed"][&house.account]["Email"]
            .is_string()
    );
    assert_eq!(event(&mut stream).await, None);
    house.close().await;
}

#[tokio::test]
async fn a_session_that_was_ended_hears_nothing_more() {
    let house = House::new().await;
    let user = house.alice.id;
    let session = house
        .store()
        .write(move |tx| {
            Box::pin(async move {
                store::login_sessions::add(tx, user, &[7; 32], "csrf", "browser", "127.0.0.1")
                    .await?;
                store::login_sessions::find(tx, &[7; 32]).await
            })
        })
        .await
        .expect("a store")
        .expect("a session");
    let id = session.id;
    let request = Request::get("/events?types=*&closeafter=no&ping=0")
        .body(Body::empty())
        .expect("a request");
    let caller = access::Caller {
        session: Some(session),
        ..house.caller()
    };
    let mut stream = house.send(request, Some(caller)).await;
    event(&mut stream).await.expect("a comment");
    let end = house
        .store()
        .write(move |tx| Box::pin(async move { store::login_sessions::end(tx, user, id).await }));
    assert!(end.await.expect("a store"));
    house
        .mail("inbox", 1, &[], &plain("1@x", "bob@example.com", "A", "a"))
        .await;
    assert_eq!(event(&mut stream).await, None);
    house.close().await;
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_refused() {
    let house = House::new().await;
    for uri in ["/events?closeafter=maybe", "/events?ping=soon"] {
        assert_eq!(
            house.get(uri).await.status(),
            StatusCode::BAD_REQUEST,
            "{uri}"
        );
    }
    house.close().await;
}
