//! Which secret a token request takes, and that no token is lost by trying another.

use provider::cause::{Outcome, Told};
use provider::credentials::check_next;
use provider::tokens::{self, Answered};
use sandbox::{Fault, FaultKind, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, ProviderKind};
use store::credentials::{self, NextChange, Slot, SwitchedBy};
use store::grants::Status;

use crate::scene::{CAROL, Scene};

const HOUR: u64 = 3_600;
const NEXT: &str = "nxt8Q~NextNextNextNextNextNextNextNextNe";

async fn hold_next(scene: &Scene) {
    let id = scene.microsoft;
    let change = NextChange::Set {
        secret: NEXT.into(),
        hint: "xtNe".into(),
        ends_on: None,
    };
    let held = scene
        .store()
        .write(move |tx| Box::pin(async move { credentials::change_next(tx, id, &change).await }))
        .await;
    held.expect("the store works");
}

fn at_provider(scene: &Scene, right: &[&str], ended: &[&str]) {
    let provider = ProviderKind::Microsoft;
    scene
        .sandbox
        .set_secrets(provider, MICROSOFT_CLIENT_ID, right, ended);
}

async fn is_fresh(scene: &Scene, grant: store::GrantId) -> bool {
    let answered = tokens::fresh_token(&scene.providers, grant).await;
    matches!(answered.expect("the store works"), Answered::Fresh(_))
}

fn requests(scene: &Scene) -> u64 {
    scene.counts()["token_requests"].as_u64().unwrap_or(0)
}

#[tokio::test]
async fn a_refused_secret_costs_one_request_once_and_then_the_other_one_is_current() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    scene.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    hold_next(&scene).await;
    at_provider(&scene, &[NEXT], &[MICROSOFT_CLIENT_SECRET]);
    for (cost, by) in [(2, 1), (1, 1)] {
        scene.turn_clock(2 * HOUR);
        let before = requests(&scene);
        assert!(is_fresh(&scene, grant).await);
        assert_eq!(requests(&scene) - before, cost);
        let found = scene.credential(scene.microsoft).await;
        let switched = found.switched.expect("it was switched");
        assert_eq!(switched.by, SwitchedBy::Refusal);
        let said = switched.cause.and_then(|cause| cause.provider_said);
        assert!(said.is_some_and(|said| said.contains("AADSTS7000222")));
        assert_eq!(found.version, 1 + by);
        assert_eq!(
            (found.fields.secret_hint.as_str(), found.next),
            ("xtNe", None)
        );
    }
    assert_eq!(scene.grant(grant).await.status, Status::Good);
    assert_eq!(scene.there(CAROL)["most_refreshes_at_once"], 1);
    scene.close().await;
}

#[tokio::test]
async fn a_grant_that_is_dead_too_still_tells_that_the_other_secret_is_right() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    hold_next(&scene).await;
    at_provider(&scene, &[NEXT], &[]);
    scene
        .sandbox
        .fault(Fault::new(FaultKind::RevokeGrant).of(CAROL));
    scene.turn_clock(2 * HOUR);
    assert!(!is_fresh(&scene, grant).await);
    assert_eq!(scene.grant(grant).await.status, Status::NeedsConsent);
    let found = scene.credential(scene.microsoft).await;
    assert_eq!(found.status, credentials::Status::Good);
    assert_eq!(
        found.switched.map(|switched| switched.by),
        Some(SwitchedBy::Refusal)
    );
    scene.close().await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_moves_no_secret() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    hold_next(&scene).await;
    for fault in [
        FaultKind::Token5xx,
        FaultKind::TokenHtml,
        FaultKind::TokenEmpty200,
        FaultKind::ThrottleToken,
    ] {
        scene.sandbox.fault(Fault::new(fault));
        scene.turn_clock(2 * HOUR);
        assert!(!is_fresh(&scene, grant).await, "{fault:?}");
        scene.sandbox.clear_faults(None);
        let found = scene.credential(scene.microsoft).await;
        assert_eq!(
            (found.switched, found.status),
            (None, credentials::Status::Good),
            "{fault:?}"
        );
    }
    // The current one is refused, and of the other nobody knows: the credential is not broken for that.
    at_provider(&scene, &[NEXT], &[]);
    scene.turn_clock(2 * HOUR);
    assert!(is_fresh(&scene, grant).await);
    scene.close().await;
}

#[tokio::test]
async fn proving_the_next_secret_stores_the_tokens_that_come_and_hurts_no_grant() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    // A refresh token that is used twice ends the grant: nothing that comes may be lost.
    scene.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    hold_next(&scene).await;
    let current = MICROSOFT_CLIENT_SECRET;
    for (right, outcome, status) in [
        (&[current, NEXT][..], Outcome::Ok, credentials::Status::Good),
        (&[current][..], Outcome::Fail, credentials::Status::Broken),
        (&[current, NEXT][..], Outcome::Ok, credentials::Status::Good),
    ] {
        at_provider(&scene, right, &[]);
        let version = scene.grant(grant).await.version;
        let steps = check_next(&scene.providers, scene.microsoft, None, Told::default()).await;
        let steps = steps
            .expect("the store works")
            .expect("there is a next one");
        assert_eq!(steps[0].outcome, outcome, "{steps:?}");
        let found = scene.credential(scene.microsoft).await;
        assert_eq!(found.next.map(|next| next.status), Some(status));
        assert_eq!(
            (found.status, found.switched),
            (credentials::Status::Good, None)
        );
        let now = scene.grant(grant).await;
        assert_eq!(now.status, Status::Good);
        if outcome == Outcome::Ok {
            assert_eq!(now.version, version + 1, "the tokens that came are kept");
        }
        scene.turn_clock(2 * HOUR);
        assert!(is_fresh(&scene, grant).await);
    }
    let id = scene.microsoft;
    let next = scene
        .store()
        .read(move |tx| Box::pin(async move { credentials::secret_in(tx, id, Slot::Next).await }))
        .await;
    assert!(next.expect("the store works").is_some());
    scene.close().await;
}

#[tokio::test]
async fn a_next_secret_is_proven_on_a_grant_whose_app_is_broken_and_mends_it() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    at_provider(&scene, &[NEXT], &[MICROSOFT_CLIENT_SECRET]);
    scene.turn_clock(2 * HOUR);
    assert!(!is_fresh(&scene, grant).await);
    assert_eq!(scene.grant(grant).await.status, Status::AppBroken);
    hold_next(&scene).await;
    let steps = check_next(
        &scene.providers,
        scene.microsoft,
        Some(grant),
        Told::default(),
    )
    .await;
    let steps = steps
        .expect("the store works")
        .expect("there is a next one");
    let outcomes: Vec<_> = steps.iter().map(|step| step.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Ok], "{steps:?}");
    assert_eq!(scene.grant(grant).await.status, Status::Good);
    scene.close().await;
}
