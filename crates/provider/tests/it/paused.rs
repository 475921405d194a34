//! The holder of a lease is held for ten minutes with its request on the wire, and goes on as if nothing had been.
//!
//! The sandbox keeps its answer back meanwhile, and the clock of both processes moves.

use provider::Providers;
use provider::tokens::{self, Answered};
use sandbox::{Fault, FaultKind};
use secrecy::ExposeSecret;
use std::time::Duration;
use store::GrantId;
use store::grants::Status;
use testing::wait_for;
use tokio::task::JoinHandle;

use crate::scene::{CAROL, Scene};

const HOUR: u64 = 3_600;
const TEN_MINUTES: u64 = 600;
const SOON: Duration = Duration::from_secs(20);

/// What asking came to: the token, or in words why there is none.
async fn ask(providers: &Providers, id: GrantId) -> Result<String, String> {
    match tokens::fresh_token(providers, id).await {
        Ok(Answered::Fresh(fresh)) => Ok(fresh.token.expose_secret().to_owned()),
        Ok(Answered::NeedsConsent(cause)) => Err(cause.id),
        Ok(Answered::Later(_, cause) | Answered::AppBroken(cause)) => Err(cause.id),
        Err(error) => Err(error.to_string()),
    }
}

/// Asks, and is held as soon as the request is on the wire: ten minutes pass.
async fn held(scene: &Scene, grant: GrantId) -> JoinHandle<Result<String, String>> {
    let providers = scene.providers.clone();
    let task = tokio::spawn(async move { ask(&providers, grant).await });
    on_the_wire(scene, 1).await;
    scene.turn_clock(TEN_MINUTES);
    task
}

/// Waits until so many refreshes of the grant have reached the provider.
async fn on_the_wire(scene: &Scene, wanted: usize) {
    wait_for("the request", SOON, async || {
        let there = scene.there(CAROL);
        let asked = there["refreshes"].as_array().map_or(0, Vec::len);
        (asked >= wanted).then_some(())
    })
    .await;
}

/// Answers of the sandbox that come so many milliseconds late, one each.
fn slow(scene: &Scene, each: &[u64]) {
    for ms in each {
        let fault = Fault::new(FaultKind::TokenSlow).ms(*ms).times(1);
        scene.sandbox.fault(fault);
    }
}

#[tokio::test]
async fn the_late_answer_of_a_holder_that_was_paused_is_discarded_when_another_was_quicker() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    scene.turn_clock(2 * HOUR);
    let before = scene.grant(grant).await.version;
    slow(&scene, &[2_000]);
    let first = held(&scene, grant).await;
    let theirs = ask(&scene.beside(), grant).await;
    assert_eq!(scene.grant(grant).await.version, before + 1, "{theirs:?}");
    assert!(!first.is_finished(), "the answer is still to come");
    let woken = first.await.expect("it ends");
    assert_eq!(woken, theirs, "the newer token is shared, not overwritten");
    assert!(theirs.is_ok());
    let now = scene.grant(grant).await;
    assert_eq!((now.version, now.status), (before + 1, Status::Good));
    assert_eq!(now.lease_owner, None);
    scene.turn_clock(2 * HOUR);
    ask(&scene.providers, grant).await.expect("it goes on");
    scene.close().await;
}

#[tokio::test]
async fn the_answer_of_a_holder_that_was_paused_is_kept_while_the_one_who_took_over_still_waits() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    scene.turn_clock(2 * HOUR);
    let before = scene.grant(grant).await.version;
    slow(&scene, &[1_500, 4_000]);
    let first = held(&scene, grant).await;
    let other = scene.beside();
    let second = tokio::spawn(async move { ask(&other, grant).await });
    on_the_wire(&scene, 2).await;
    let woken = first.await.expect("it ends").expect("a token");
    assert!(!second.is_finished(), "its answer is still to come");
    let kept = scene.grant(grant).await;
    assert_eq!((kept.version, kept.status), (before + 1, Status::Good));
    assert!(
        kept.lease_owner.is_some(),
        "the other one's lease is left alone"
    );
    let theirs = second.await.expect("it ends");
    assert_eq!(
        theirs,
        Ok(woken),
        "an older request's answer replaces nothing"
    );
    assert_eq!(scene.grant(grant).await.version, before + 1);
    scene.turn_clock(2 * HOUR);
    ask(&scene.providers, grant).await.expect("it goes on");
    scene.close().await;
}

#[tokio::test]
async fn where_old_refresh_tokens_die_a_pause_on_the_wire_ends_the_grant_and_consent_mends_it() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    scene.turn_clock(2 * HOUR);
    scene.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    slow(&scene, &[2_000]);
    let first = held(&scene, grant).await;
    // Whoever takes over has only the token that the held request has used up already: nothing can close this.
    let theirs = ask(&scene.beside(), grant).await;
    assert!(theirs.is_err());
    assert_eq!(scene.grant(grant).await.status, Status::NeedsConsent);
    let _ = first.await.expect("it ends");
    scene.turn_clock(2 * HOUR);
    let refused = ask(&scene.providers, grant).await;
    assert!(refused.is_err(), "the provider ended it");
    assert_eq!(scene.grant(grant).await.status, Status::NeedsConsent);
    assert_eq!(scene.grants_kept().await, 1, "no row is emptied");
    assert_eq!(scene.connect(scene.microsoft, CAROL).await, grant);
    ask(&scene.providers, grant)
        .await
        .expect("consent mends it");
    scene.close().await;
}
