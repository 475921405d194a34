//! What a token endpoint must not be able to do: answers of wrong types, lives without end or of no length, tokens of
//! somebody else; and a clock that is set while the program runs.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provider::tokens::{self, Answered};
use sandbox::{Fault, MICROSOFT_CLIENT_ID, Reply};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::grants::{self, Status};
use store::{Announcement, GrantId};
use testing::wait_for;

use crate::scene::{ALICE, CAROL, Scene};

const HOUR: i64 = 3_600_000;
const SOON: Duration = Duration::from_secs(20);

fn says(scene: &Scene, body: &Value) {
    let reply = Reply::token(200, body.to_string());
    scene.sandbox.fault(Fault::reply(reply).times(1));
}

fn good_reply() -> Value {
    json!({"token_type": "Bearer", "access_token": "EwB-new", "refresh_token": "1.new", "expires_in": 3599})
}

async fn refreshed(scene: &Scene, id: GrantId) -> Answered {
    scene.turn_clock(2 * 3_600);
    let answered = tokens::fresh_token(&scene.providers, id).await;
    answered.expect("the store works")
}

/// Newest and previous refresh token.
async fn kept(scene: &Scene, id: GrantId) -> [Option<String>; 2] {
    let kept = scene.store().read(move |tx| {
        Box::pin(async move {
            Ok([
                grants::refresh_token(tx, id).await?,
                grants::previous_refresh_token(tx, id).await?,
            ])
        })
    });
    let kept = kept.await.expect("the store works");
    kept.map(|token| token.map(|token| token.expose_secret().to_owned()))
}

#[tokio::test]
async fn replies_of_wrong_types_make_the_grant_wait_and_leave_its_tokens() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    let before = kept(&scene, grant).await;
    for (name, wrong) in [
        ("access_token", json!(17)),
        ("access_token", json!(["EwB"])),
        ("access_token", Value::Null),
        ("access_token", json!("two words")),
        ("access_token", json!("A".repeat(20_000))),
        ("token_type", json!("MAC")),
    ] {
        let mut reply = good_reply();
        reply[name] = wrong;
        says(&scene, &reply);
        let answered = refreshed(&scene, grant).await;
        assert!(matches!(answered, Answered::Later(..)), "{reply}");
        assert_eq!(scene.grant(grant).await.status, Status::Throttled);
        assert_eq!(kept(&scene, grant).await, before, "{reply}");
    }
    assert!(matches!(refreshed(&scene, grant).await, Answered::Fresh(_)));
    scene.close().await;
}

#[tokio::test]
async fn a_life_of_no_length_is_not_used_and_one_without_end_is_cut_to_a_week() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    for none in [json!(0), json!(-5), json!(-1e300)] {
        let mut reply = good_reply();
        reply["expires_in"] = none;
        says(&scene, &reply);
        let answered = refreshed(&scene, grant).await;
        assert!(matches!(answered, Answered::Later(..)), "{reply}");
        let row = scene.grant(grant).await;
        assert_eq!(row.status, Status::Good, "its refresh token came");
        assert!(
            row.refresh_at > Some(scene.store().now()),
            "and is not spent in a loop"
        );
    }
    for (length, hours) in [
        (json!(u64::MAX), 7 * 24),
        (json!(1e300), 7 * 24),
        (json!("3600"), 1),
        (json!({"seconds": 3600}), 1),
        (json!("soon"), 1),
        (Value::Null, 1),
    ] {
        let mut reply = good_reply();
        reply["expires_in"] = length;
        says(&scene, &reply);
        scene.turn_clock(8 * 24 * 3_600);
        let answered = tokens::fresh_token(&scene.providers, grant).await;
        let Answered::Fresh(fresh) = answered.expect("the store works") else {
            panic!("no token of {reply}");
        };
        assert_eq!(fresh.ends_at - scene.store().now(), hours * HOUR, "{reply}");
    }
    scene.close().await;
}

#[tokio::test]
async fn a_refresh_token_equal_to_the_old_one_is_no_rotation() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    let before = kept(&scene, grant).await;
    let mut reply = good_reply();
    reply["refresh_token"] = json!(before[0]);
    says(&scene, &reply);
    assert!(matches!(refreshed(&scene, grant).await, Answered::Fresh(_)));
    assert_eq!(kept(&scene, grant).await, before);
    scene.close().await;
}

#[tokio::test]
async fn tokens_whose_id_token_is_of_another_client_or_person_are_not_stored() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    let before = kept(&scene, grant).await;
    let key = scene.grant(grant).await.subject.key;
    let (tid, oid) = key.split_once('/').expect("tenant and object");
    let claims = json!({"iss": "x", "sub": "s", "aud": MICROSOFT_CLIENT_ID, "exp": 4_000_000_000_i64, "tid": tid, "oid": oid});
    for (name, other) in [
        ("aud", "11111111-2222-4333-8444-555555555555"),
        ("oid", "11111111-2222-4333-8444-555555555555"),
    ] {
        let mut wrong = claims.clone();
        wrong[name] = json!(other);
        let mut reply = good_reply();
        let payload = URL_SAFE_NO_PAD.encode(wrong.to_string());
        reply["id_token"] = json!(format!("e30.{payload}.c2ln"));
        says(&scene, &reply);
        match refreshed(&scene, grant).await {
            Answered::Later(_, cause) => assert_eq!(cause.id, "token-reply-unreadable"),
            _ => panic!("{name} of somebody else was taken"),
        }
        assert_eq!(kept(&scene, grant).await, before);
    }
    scene.close().await;
}

#[tokio::test]
async fn a_clock_set_back_by_an_hour_makes_every_token_be_refreshed() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.google, ALICE).await;
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    // The keeper has seen the clock once.
    scene.turn_clock(3_400);
    scene.store().announce(Announcement::Anything);
    let version = scene.grant(grant).await.version;
    wait_for("the refresh ahead", SOON, async || {
        (scene.grant(grant).await.version > version).then_some(())
    })
    .await;
    let version = scene.grant(grant).await.version;
    scene.test.clock.set_by(-HOUR);
    scene.store().announce(Announcement::Anything);
    wait_for("the refresh after the clock was set", SOON, async || {
        (scene.grant(grant).await.version > version).then_some(())
    })
    .await;
    let now = scene.store().now();
    let ends = scene.grant(grant).await.access_ends_at;
    assert!(
        ends.is_some_and(|ends| ends <= now + HOUR),
        "an hour from now, by the new clock"
    );
    keeper.abort();
    scene.close().await;
}

#[tokio::test]
async fn a_token_got_before_the_clock_was_set_back_is_not_handed_out_by_a_new_process() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.google, ALICE).await;
    scene.test.clock.set_by(-2 * HOUR);
    let other = scene.another_process(7).await;
    let version = scene.grant(grant).await.version;
    let answered = tokens::fresh_token(&other, grant).await;
    assert!(matches!(answered, Ok(Answered::Fresh(_))));
    assert_eq!(scene.grant(grant).await.version, version + 1);
    other.store().close().await;
    scene.close().await;
}

#[tokio::test]
async fn a_clock_set_forward_by_a_day_costs_a_refresh_and_no_grant() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    let before = scene.grant(grant).await;
    scene.test.clock.set_by(24 * HOUR);
    let answered = tokens::fresh_token(&scene.providers, grant).await;
    assert!(matches!(answered, Ok(Answered::Fresh(_))));
    let now = scene.grant(grant).await;
    assert_eq!(
        (now.version, now.status),
        (before.version + 1, Status::Good)
    );
    scene.close().await;
}
