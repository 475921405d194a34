//! Settings that take two hours to work, and what they are called when they never do.

use sandbox::{NewPerson, ProviderKind};
use store::accounts::{SendStatus, SyncStatus};
use store::{ConnectId, connects, jobs};
use testing::wait_for;

use crate::scene::{PATIENCE, Scene};

const TANAKA: &str = "tanaka@contoso.example";

fn tanaka(mail_apps: bool) -> NewPerson {
    NewPerson {
        imap: mail_apps,
        smtp: mail_apps,
        ..NewPerson::new(ProviderKind::Microsoft, TANAKA, "田中")
    }
}

/// What `POST /api/connect/{id}/retry` does.
async fn retry(scene: &Scene, id: ConnectId) {
    let steps = scene.round_trip(id).await.steps;
    let began = scene
        .store()
        .write(move |tx| {
            Box::pin(async move {
                connects::update(tx, id, connects::Status::Checking, &steps).await?;
                let now = tx.now();
                jobs::add(tx, provider::consent::CHECK_JOB, id.0, "{}", now).await
            })
        })
        .await;
    began.expect("the store works");
    wait_for("the checks", PATIENCE, async || {
        (scene.round_trip(id).await.status == connects::Status::Done).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_apps_that_stay_off_are_later_for_two_hours_and_then_blocked_under_their_name() {
    let scene = Scene::new().await;
    scene.sandbox.add_person(tanaka(false));
    let consented = scene.store().now();
    let (connect, id) = scene.consent(TANAKA).await;
    let account = scene.account(id).await;
    let settled = consented + 2 * 3_600_000;
    assert_eq!(account.sync.status, SyncStatus::Later);
    assert_eq!(account.send.status, SendStatus::Later);
    assert_eq!(
        (account.sync.until, account.send.until),
        (Some(settled), Some(settled))
    );
    scene.turn_clock(2 * 3_600 - 60);
    retry(&scene, connect).await;
    assert_eq!(scene.account(id).await.sync.status, SyncStatus::Later);
    scene.turn_clock(120);
    retry(&scene, connect).await;
    let account = scene.account(id).await;
    assert_eq!(account.send.status, SendStatus::Blocked);
    let cause = account.send.cause.map(|cause| cause.id);
    assert_eq!(cause.as_deref(), Some("smtp-auth-disabled-mailbox"));
    let cause = account.sync.cause.clone().map(|cause| cause.id);
    assert_eq!(cause.as_deref(), Some("exchange-not-connected"));
    assert_eq!(account.sync.status, SyncStatus::Blocked);
    // Switched on at last: no new consent.
    scene.sandbox.add_person(tanaka(true));
    retry(&scene, connect).await;
    wait_for("the mailbox", PATIENCE, async || {
        let account = scene.account(id).await;
        (account.sync.status == SyncStatus::Live && account.send.status == SendStatus::Ready)
            .then_some(())
    })
    .await;
    assert_eq!(scene.count("authorizations"), 1);
    scene.close().await;
}
