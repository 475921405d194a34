//! The life of a grant: refreshed ahead, rotated, refused, throttled, lost on the way; never erased.

use std::time::Duration;

use provider::Providers;
use provider::tokens::{self, Answered};
use sandbox::{Fault, FaultKind, Protocol, ProviderKind};
use secrecy::ExposeSecret;
use store::grants::Status;
use store::{Announcement, GrantId, credentials};
use testing::wait_for;

use crate::scene::{ALICE, CAROL, Scene};

const HOUR: u64 = 3_600;
const SOON: Duration = Duration::from_secs(20);

async fn ask(providers: &Providers, id: GrantId) -> Answered {
    let answered = tokens::fresh_token(providers, id).await;
    answered.expect("the store works")
}

/// The access token; anything else is a failure of the test.
async fn token(providers: &Providers, id: GrantId) -> String {
    match ask(providers, id).await {
        Answered::Fresh(fresh) => fresh.token.expose_secret().to_owned(),
        other => panic!("no token: {}", in_words(&other)),
    }
}

fn in_words(answered: &Answered) -> String {
    match answered {
        Answered::Fresh(_) => "fresh".to_owned(),
        Answered::Later(until, cause) => format!("later until {until}: {}", cause.id),
        Answered::AppBroken(cause) => format!("app broken: {}", cause.id),
        Answered::NeedsConsent(cause) => format!("needs consent: {}", cause.id),
    }
}

#[tokio::test]
async fn a_token_is_refreshed_ahead_of_its_end_by_itself() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.google, ALICE).await;
    let first = scene.grant(grant).await;
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    scene.turn_clock(HOUR - 280);
    scene.store().announce(Announcement::Anything);
    wait_for("the refresh ahead", SOON, async || {
        (scene.grant(grant).await.version > first.version).then_some(())
    })
    .await;
    // The old token still lived when the new one came: nobody had to wait.
    let now = scene.grant(grant).await;
    assert!(first.access_ends_at > Some(scene.store().now()));
    assert!(now.access_ends_at > first.access_ends_at);
    assert_eq!(now.status, Status::Good);
    keeper.abort();
    scene.close().await;
}

#[tokio::test]
async fn a_token_at_its_end_is_refreshed_by_who_asks_first_and_others_share_it() {
    let scene = Scene::new().await;
    for (credential, person) in [(scene.google, ALICE), (scene.microsoft, CAROL)] {
        let grant = scene.connect(credential, person).await;
        let before = token(&scene.providers, grant).await;
        scene.turn_clock(2 * HOUR);
        scene
            .sandbox
            .fault(Fault::new(FaultKind::TokenSlow).ms(200));
        let all = futures_util::future::join_all((0..20).map(|_| token(&scene.providers, grant)));
        let all = all.await;
        assert!(all.iter().all(|one| *one == all[0] && *one != before));
        let there = scene.there(person);
        assert_eq!(
            there["refreshes"].as_array().map(Vec::len),
            Some(1),
            "{there}"
        );
        scene.sandbox.clear_faults(None);
    }
    scene.close().await;
}

#[tokio::test]
async fn several_processes_on_one_postgresql_never_refresh_a_grant_at_once() {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    let scene = Scene::on(Some(&database.url)).await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    scene.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    scene
        .sandbox
        .fault(Fault::new(FaultKind::TokenSlow).ms(150));
    let others = [
        scene.another_process(2).await,
        scene.another_process(3).await,
        scene.another_process(4).await,
    ];
    for _ in 0..3 {
        // A token that is refused sooner is a reason to wait.
        scene.turn_clock(400);
        let version = scene.grant(grant).await.version;
        let refused = tokens::refused(&scene.providers, grant, version).await;
        refused.expect("the store works");
        for other in &others {
            // What an announcement does in the program.
            let _ = tokens::refused(other, grant, version).await;
        }
        let all = others.iter().chain([&scene.providers]);
        let asked = all.flat_map(|process| (0..5).map(move |_| token(process, grant)));
        let got = futures_util::future::join_all(asked).await;
        assert!(got.iter().all(|one| *one == got[0]));
        assert_eq!(scene.grant(grant).await.version, version + 1);
    }
    let there = scene.there(CAROL);
    assert_eq!(there["most_refreshes_at_once"], 1, "{there}");
    assert_eq!(there["refreshes"].as_array().map(Vec::len), Some(3));
    for other in others {
        other.store().close().await;
    }
    scene.close().await;
}

#[tokio::test]
async fn a_rotated_refresh_token_is_saved_each_time() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    // From now on an old refresh token kills the grant.
    scene.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    for _ in 0..5 {
        scene.turn_clock(2 * HOUR);
        token(&scene.providers, grant).await;
    }
    assert_eq!(scene.there(CAROL)["refresh_tokens"], 6);
    assert_eq!(scene.grant(grant).await.status, Status::Good);
    scene.close().await;
}

#[tokio::test]
async fn a_refresh_goes_on_when_its_caller_is_gone() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    let before = scene.grant(grant).await.version;
    scene.turn_clock(2 * HOUR);
    scene.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    scene
        .sandbox
        .fault(Fault::new(FaultKind::TokenSlow).ms(500).times(1));
    let providers = scene.providers.clone();
    let caller = tokio::spawn(async move { ask(&providers, grant).await });
    wait_for("the request", SOON, async || {
        let asked = scene.there(CAROL)["refreshes"]
            .as_array()
            .map_or(0, Vec::len);
        (asked > 0).then_some(())
    })
    .await;
    caller.abort();
    wait_for("the token in the store", SOON, async || {
        (scene.grant(grant).await.version > before).then_some(())
    })
    .await;
    scene.turn_clock(2 * HOUR);
    token(&scene.providers, grant).await;
    scene.close().await;
}

#[tokio::test]
async fn trouble_at_the_endpoint_makes_the_grant_wait_and_never_ends_it() {
    let scene = Scene::new().await;
    for (credential, person, provider) in [
        (scene.google, ALICE, ProviderKind::Google),
        (scene.microsoft, CAROL, ProviderKind::Microsoft),
    ] {
        let grant = scene.connect(credential, person).await;
        for (fault, cause) in [
            (Fault::new(FaultKind::TokenHtml), "token-reply-unreadable"),
            (
                Fault::new(FaultKind::TokenEmpty200),
                "token-reply-unreadable",
            ),
            (Fault::new(FaultKind::TokenHuge), "token-reply-unreadable"),
            (Fault::new(FaultKind::Token5xx), "provider-server-error"),
            (
                Fault::new(FaultKind::ThrottleToken).ms(120_000),
                "throttled",
            ),
            (
                Fault::new(FaultKind::HangUpAfterBytes).after_bytes(Protocol::Token, 40),
                "network",
            ),
        ] {
            scene.turn_clock(2 * HOUR);
            scene.sandbox.fault(fault.clone().at(provider).times(1));
            let answered = ask(&scene.providers, grant).await;
            let Answered::Later(until, said) = &answered else {
                panic!("{fault:?}: {}", in_words(&answered));
            };
            assert_eq!(said.id, cause, "{fault:?}");
            let now = scene.grant(grant).await;
            assert_eq!(now.status, Status::Throttled, "{fault:?}");
            let cause_kept = now.cause.map(|kept| kept.id);
            assert_eq!(cause_kept.as_deref(), Some(cause));
            // Who asks again is told the same, and nobody asks the provider before the time.
            let asked = scene.counts()["token_requests"].clone();
            assert!(matches!(
                ask(&scene.providers, grant).await,
                Answered::Later(..)
            ));
            assert_eq!(scene.counts()["token_requests"], asked, "{fault:?}");
            if cause == "throttled" {
                assert!(
                    *until >= scene.store().now() + 120_000,
                    "Retry-After counts"
                );
            }
            let wait = u64::try_from(*until - scene.store().now()).unwrap_or(0) / 1000 + 2;
            scene.turn_clock(wait);
            token(&scene.providers, grant).await;
            assert_eq!(scene.grant(grant).await.status, Status::Good, "{fault:?}");
        }
    }
    scene.close().await;
}

#[tokio::test]
async fn trouble_at_the_endpoint_is_not_seen_while_the_old_token_works() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.google, ALICE).await;
    let before = token(&scene.providers, grant).await;
    scene.sandbox.fault(Fault::new(FaultKind::Token5xx));
    scene.turn_clock(HOUR - 280);
    let week = 7 * 24 * 3_600_000;
    let refreshed = tokens::refresh(&scene.providers, grant, week).await;
    assert!(matches!(
        refreshed.expect("the store works"),
        Answered::Fresh(_)
    ));
    assert_eq!(token(&scene.providers, grant).await, before);
    assert_eq!(scene.grant(grant).await.status, Status::Good);
    scene.close().await;
}

#[tokio::test]
async fn tokens_of_eight_kibibytes_are_kept_whole() {
    let scene = Scene::new().await;
    for (credential, person) in [(scene.google, ALICE), (scene.microsoft, CAROL)] {
        scene.sandbox.fault(Fault::new(FaultKind::Token8k));
        let grant = scene.connect(credential, person).await;
        assert!(token(&scene.providers, grant).await.len() >= 8_000);
        scene.turn_clock(2 * HOUR);
        assert!(token(&scene.providers, grant).await.len() >= 8_000);
        scene.sandbox.clear_faults(None);
    }
    scene.close().await;
}

#[tokio::test]
async fn a_revoked_grant_needs_consent_and_is_kept() {
    let scene = Scene::new().await;
    for (credential, person) in [(scene.google, ALICE), (scene.microsoft, CAROL)] {
        let grant = scene.connect(credential, person).await;
        scene
            .sandbox
            .fault(Fault::new(FaultKind::RevokeGrant).of(person));
        scene.turn_clock(2 * HOUR);
        let answered = ask(&scene.providers, grant).await;
        assert!(
            matches!(&answered, Answered::NeedsConsent(_)),
            "{}",
            in_words(&answered)
        );
        let asked = scene.counts()["token_requests"].clone();
        assert!(matches!(
            ask(&scene.providers, grant).await,
            Answered::NeedsConsent(_)
        ));
        assert_eq!(
            scene.counts()["token_requests"],
            asked,
            "it is not asked again"
        );
        let again = scene.connect(credential, person).await;
        assert_eq!(again, grant, "consent again renews the same grant");
        token(&scene.providers, grant).await;
        assert_eq!(scene.grant(grant).await.status, Status::Good);
    }
    assert_eq!(scene.accounts_kept().await, 2);
    scene.close().await;
}

#[tokio::test]
async fn the_seven_days_of_an_app_in_testing_are_named() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.google, ALICE).await;
    scene.turn_clock(7 * 24 * HOUR);
    scene
        .sandbox
        .fault(Fault::new(FaultKind::SevenDays).of(ALICE));
    match ask(&scene.providers, grant).await {
        Answered::NeedsConsent(cause) => assert_eq!(cause.id, "grant-ended-testing"),
        other => panic!("{}", in_words(&other)),
    }
    scene.close().await;
}

#[tokio::test]
async fn a_wrong_secret_breaks_the_credential_and_a_right_one_mends_all_its_grants() {
    let scene = Scene::new().await;
    let grants = [
        scene.connect(scene.google, ALICE).await,
        scene.connect(scene.google, "bob@example.com").await,
    ];
    scene.turn_clock(2 * HOUR);
    scene.sandbox.fault(Fault::new(FaultKind::WrongSecret));
    for grant in grants {
        match ask(&scene.providers, grant).await {
            Answered::AppBroken(cause) => assert_eq!(cause.id, "client-secret-wrong"),
            other => panic!("{}", in_words(&other)),
        }
        assert_eq!(scene.grant(grant).await.status, Status::AppBroken);
    }
    let broken = scene.credential(scene.google).await;
    assert_eq!(broken.status, credentials::Status::Broken);
    scene.sandbox.clear_faults(None);
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    let id = scene.google;
    let mended = scene
        .store()
        .write(move |tx| Box::pin(async move { store::grants::try_again(tx, id).await }))
        .await;
    mended.expect("the store works");
    for grant in grants {
        wait_for("the grant's recovery", SOON, async || {
            (scene.grant(grant).await.status == Status::Good).then_some(())
        })
        .await;
    }
    let good = scene.credential(scene.google).await;
    assert_eq!(good.status, credentials::Status::Good);
    keeper.abort();
    scene.close().await;
}

#[tokio::test]
async fn an_expired_secret_has_its_own_name() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    scene.turn_clock(2 * HOUR);
    scene
        .sandbox
        .fault(Fault::new(FaultKind::SecretExpired).times(1));
    match ask(&scene.providers, grant).await {
        Answered::AppBroken(cause) => assert_eq!(cause.id, "client-secret-expired"),
        other => panic!("{}", in_words(&other)),
    }
    // Tried again by itself, once an hour.
    scene.turn_clock(HOUR + 2);
    token(&scene.providers, grant).await;
    scene.close().await;
}

#[tokio::test]
async fn a_dead_refreshers_lease_ends_and_the_next_one_takes_over() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    scene.turn_clock(2 * HOUR);
    let (version, now) = (scene.grant(grant).await.version, scene.store().now());
    let taken = scene
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let until = now + tokens::step::LEASE;
                store::grants::take_lease(tx, grant, version, "a process that was killed", until)
                    .await
            })
        })
        .await;
    assert!(taken.expect("the store works"));
    let providers = scene.providers.clone();
    let waiting = tokio::spawn(async move { token(&providers, grant).await });
    scene.turn_clock(41);
    waiting.await.expect("a token comes after the lease");
    assert_eq!(scene.grant(grant).await.version, version + 1);
    scene.close().await;
}

#[tokio::test]
async fn google_is_told_of_the_end_only_when_no_other_grant_of_the_person_lives() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.google, ALICE).await;
    // While an account uses it nothing happens.
    tokens::end_given_up(&scene.providers)
        .await
        .expect("the store works");
    assert_eq!(scene.grants_kept().await, 1);
    let removed = scene
        .store()
        .write(move |tx| {
            Box::pin(async move {
                for account in store::accounts::of_grant(tx, grant).await? {
                    store::accounts::remove(tx, account.id).await?;
                }
                Ok(())
            })
        })
        .await;
    removed.expect("the store works");
    tokens::end_given_up(&scene.providers)
        .await
        .expect("the store works");
    assert_eq!(scene.grants_kept().await, 0);
    assert_eq!(scene.there(ALICE)["ended"], "revoked");
    assert_eq!(scene.counts()["revocations"], 1);
    scene.close().await;
}

/// Waits until the keeper has refreshed a grant past this version.
async fn kept(scene: &Scene, grant: GrantId, version: i64) -> i64 {
    let now = wait_for("the keeper's refresh", SOON, async || {
        let now = scene.grant(grant).await;
        (now.version > version).then_some(now)
    })
    .await;
    assert_eq!(now.status, Status::Good, "{:?}", now.cause);
    now.version
}

#[tokio::test]
async fn over_two_years_no_grant_dies_of_being_unused() {
    let scene = Scene::new().await;
    let mut grants = Vec::new();
    for (credential, person) in [(scene.google, ALICE), (scene.microsoft, CAROL)] {
        let grant = scene.connect(credential, person).await;
        grants.push((grant, scene.grant(grant).await.version));
    }
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    // Nobody reads a mailbox. A look a week is far rarer than the keeper's own, an hour.
    for _ in 0..105 {
        scene.turn_clock(7 * 24 * HOUR);
        scene.store().announce(Announcement::Anything);
        for (grant, version) in &mut grants {
            *version = kept(&scene, *grant, *version).await;
        }
    }
    for person in [ALICE, CAROL] {
        assert_eq!(scene.there(person)["ended"], serde_json::Value::Null);
    }
    keeper.abort();
    scene.close().await;
}

#[tokio::test]
async fn a_keeper_that_was_off_for_eighty_days_refreshes_first_thing() {
    let scene = Scene::new().await;
    let mut grants = Vec::new();
    for (credential, person) in [(scene.google, ALICE), (scene.microsoft, CAROL)] {
        let grant = scene.connect(credential, person).await;
        grants.push((grant, scene.grant(grant).await.version));
    }
    scene.turn_clock(80 * 24 * HOUR);
    let keeper = tokio::spawn(tokens::keep_fresh(scene.providers.clone()));
    for (grant, version) in grants {
        kept(&scene, grant, version).await;
    }
    keeper.abort();
    scene.close().await;
}

#[tokio::test]
async fn what_was_unused_for_longer_than_the_provider_allows_is_dead_at_the_provider_too() {
    let scene = Scene::new().await;
    for (credential, person, days, cause) in [
        (scene.microsoft, CAROL, 91, "grant-unused"),
        (scene.google, ALICE, 185, "grant-ended"),
    ] {
        let grant = scene.connect(credential, person).await;
        scene.turn_clock(days * 24 * HOUR);
        let answered = ask(&scene.providers, grant).await;
        assert_eq!(in_words(&answered), format!("needs consent: {cause}"));
    }
    scene.close().await;
}
