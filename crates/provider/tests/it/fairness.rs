//! Many grants at once: each credential has a lane and a gate of its own, and nobody waits for a stranger.

use std::time::Duration;

use provider::tokens;
use sandbox::{Fault, FaultKind, MICROSOFT_CLIENT_ID, ProviderKind};
use secrecy::SecretString;
use store::grants::{self, Status, Subject, Tokens};
use store::{Announcement, GrantId};
use testing::wait_for;

use crate::scene::{ALICE, Scene};

const HOUR: u64 = 3_600;
const SOON: Duration = Duration::from_secs(20);

/// Grants at Microsoft, as if so many people had consented.
async fn crowd(scene: &Scene, number: usize) -> Vec<GrantId> {
    let given: Vec<_> = (0..number)
        .map(|number| {
            let address = format!("person{number}@contoso.example");
            let given = scene.sandbox.give(MICROSOFT_CLIENT_ID, &address);
            (address, given)
        })
        .collect();
    let (user, credential) = (scene.user.id, scene.microsoft);
    let made = scene.store().write(move |tx| {
        Box::pin(async move {
            let ends = tx.now() + 3_600_000;
            let mut ids = Vec::new();
            for (address, given) in given {
                let subject = Subject {
                    issuer: "sandbox".to_owned(),
                    key: format!("{}/{}", given.tenant, given.object),
                    address,
                    tenant: given.tenant,
                };
                let tokens = Tokens {
                    access_token: SecretString::from(given.access_token),
                    access_ends_at: ends,
                    refresh_token: Some(SecretString::from(given.refresh_token)),
                    refresh_ends_at: None,
                    scopes: None,
                };
                let scopes = given.scopes;
                let made =
                    grants::consented(tx, user, credential, &subject, &tokens, &scopes, ends);
                ids.push(made.await?);
            }
            Ok(ids)
        })
    });
    made.await.expect("the store works")
}

async fn good(scene: &Scene, ids: &[GrantId], since: i64) -> usize {
    let mut good = 0;
    for id in ids {
        let grant = scene.grant(*id).await;
        good += usize::from(grant.status == Status::Good && grant.refreshed_at > Some(since));
    }
    good
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_keeps_nobody_of_the_other_waiting() {
    let scene = Scene::new().await;
    let crowd = crowd(&scene, 60).await;
    let alice = scene.connect(scene.google, ALICE).await;
    let hangs = Fault::new(FaultKind::TokenSlow).ms(60_000);
    scene.sandbox.fault(hangs.at(ProviderKind::Microsoft));
    scene.turn_clock(2 * HOUR);
    let since = scene.store().now() - 1;
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    scene.store().announce(Announcement::Anything);
    wait_for("the other provider's grant", SOON, async || {
        (good(&scene, &[alice], since).await == 1).then_some(())
    })
    .await;
    assert_eq!(good(&scene, &crowd, since).await, 0);
    keeper.abort();
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_grant_that_is_told_to_wait_delays_no_other_of_its_credential() {
    let scene = Scene::new().await;
    let crowd = crowd(&scene, 60).await;
    let throttled = Fault::new(FaultKind::ThrottleToken).ms(600_000);
    scene.sandbox.fault(throttled.of("person0@contoso.example"));
    scene.turn_clock(2 * HOUR);
    let since = scene.store().now() - 1;
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    wait_for("all the others", SOON, async || {
        (good(&scene, &crowd, since).await == 59).then_some(())
    })
    .await;
    assert_eq!(scene.grant(crowd[0]).await.status, Status::Throttled);
    // Each was asked for once.
    assert_eq!(scene.counts()["token_requests"], 60);
    keeper.abort();
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_stop_all_grants_are_refreshed_once_each_at_a_pace() {
    let scene = Scene::new().await;
    let crowd = crowd(&scene, 120).await;
    scene.turn_clock(2 * HOUR);
    let since = scene.store().now() - 1;
    let began = std::time::Instant::now();
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    wait_for("all of them", Duration::from_secs(60), async || {
        (good(&scene, &crowd, since).await == crowd.len()).then_some(())
    })
    .await;
    // 200 in a second and no more: a limit that is kept cannot be too slow for this.
    assert!(began.elapsed() >= Duration::from_millis(590));
    assert_eq!(scene.counts()["token_requests"], 120);
    keeper.abort();
    scene.close().await;
}
