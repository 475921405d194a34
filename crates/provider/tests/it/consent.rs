//! What can go wrong between "connect" and the account.

use provider::consent::{self, Finished, NotBegun};
use sandbox::browser::{Choice, consent as click};
use sandbox::{Fault, FaultKind, ProviderKind};
use store::connects::Status;

use crate::scene::{ALICE, CAROL, INFO, Scene, cause_of};

#[tokio::test]
async fn a_state_lives_ten_minutes_and_its_end_is_told_in_the_round_trip() {
    let scene = Scene::new().await;
    let (in_time, url) = scene.begin(scene.google, ALICE).await;
    let callback = scene.allow(&url, ALICE).await;
    scene.turn_clock(599);
    assert!(matches!(scene.come_back(&callback).await, Finished::Connect(id) if id == in_time));
    assert_eq!(scene.round_trip(in_time).await.status, Status::Checking);

    let (late, url) = scene.begin(scene.google, "bob@example.com").await;
    let callback = scene.allow(&url, "bob@example.com").await;
    scene.turn_clock(601);
    assert!(matches!(scene.come_back(&callback).await, Finished::Connect(id) if id == late));
    let connect = scene.round_trip(late).await;
    assert_eq!(connect.status, Status::Failed);
    assert_eq!(
        cause_of(&connect, "consent").as_deref(),
        Some("state-expired")
    );
    // It stays so, and no second try of the same address changes it.
    assert!(
        matches!(scene.come_back(&callback).await, Finished::Refused(case) if case.cause_id == "state-used")
    );
    assert_eq!(scene.accounts_kept().await, 1);
    scene.close().await;
}

#[tokio::test]
async fn an_unknown_or_used_state_does_nothing() {
    let scene = Scene::new().await;
    let unknown = scene
        .come_back("http://x/?code=c&state=never-heard-of")
        .await;
    assert!(matches!(unknown, Finished::Refused(case) if case.cause_id == "state-unknown"));
    let none = scene.come_back("http://x/?code=c").await;
    assert!(matches!(none, Finished::Refused(case) if case.cause_id == "state-unknown"));
    let long = format!("http://x/?code=c&state={}", "s".repeat(5_000));
    assert!(matches!(scene.come_back(&long).await, Finished::Refused(_)));
    let (_, url) = scene.begin(scene.google, ALICE).await;
    let callback = scene.allow(&url, ALICE).await;
    scene.come_back(&callback).await;
    let used = scene.come_back(&callback).await;
    assert!(matches!(used, Finished::Refused(case) if case.cause_id == "state-used"));
    // The code was redeemed once: a second time Google would have ended the grant.
    assert!(scene.there(ALICE)["ended"].is_null());
    assert_eq!(scene.counts()["token_requests"], 1);
    scene.close().await;
}

#[tokio::test]
async fn the_same_callback_twice_at_once_redeems_the_code_once() {
    let scene = Scene::new().await;
    let (id, url) = scene.begin(scene.microsoft, CAROL).await;
    let callback = scene.allow(&url, CAROL).await;
    scene
        .sandbox
        .fault(Fault::new(FaultKind::TokenSlow).ms(300));
    let (one, other) = tokio::join!(scene.come_back(&callback), scene.come_back(&callback));
    let shown = [&one, &other]
        .iter()
        .filter(|finished| matches!(finished, Finished::Connect(shown) if *shown == id))
        .count();
    assert!(shown >= 1, "{one:?} {other:?}");
    assert_eq!(scene.counts()["token_requests"], 1);
    assert_eq!(scene.accounts_kept().await, 1);
    scene.close().await;
}

#[tokio::test]
async fn a_callback_of_another_issuer_is_refused_before_the_code_is_used() {
    let scene = Scene::new().await;
    for (credential, person, issuer) in [
        (scene.google, ALICE, &scene.sandbox.google.issuer),
        (scene.microsoft, CAROL, &scene.sandbox.microsoft.issuer),
    ] {
        let (id, url) = scene.begin(credential, person).await;
        let callback = scene.allow(&url, person).await;
        let bare: Vec<&str> = callback
            .split('&')
            .filter(|pair| !pair.contains("iss="))
            .collect();
        let mixed_up = format!("{}&iss=https://accounts.elsewhere.example", bare.join("&"))
            .replacen(&format!("iss={issuer}&"), "", 1);
        scene.come_back(&mixed_up).await;
        let connect = scene.round_trip(id).await;
        assert_eq!(
            cause_of(&connect, "consent").as_deref(),
            Some("iss-mismatch"),
            "{mixed_up}"
        );
    }
    assert_eq!(scene.counts()["token_requests"], 0);
    assert_eq!(scene.grants_kept().await, 0);
    scene.close().await;
}

#[tokio::test]
async fn a_refusal_is_told_in_the_providers_words_and_makes_nothing() {
    let scene = Scene::new().await;
    for (credential, person, said) in [
        (scene.google, ALICE, "access_denied"),
        (scene.microsoft, CAROL, "AADSTS65004"),
    ] {
        let (id, url) = scene.begin(credential, person).await;
        let callback = click(&url, &Choice::refuse(person))
            .await
            .expect("sent back");
        scene.come_back(&callback).await;
        let connect = scene.round_trip(id).await;
        assert_eq!(connect.status, Status::Failed);
        assert_eq!(
            cause_of(&connect, "consent").as_deref(),
            Some("consent-cancelled")
        );
        assert!(connect.steps.contains(said), "{}", connect.steps);
    }
    assert_eq!(scene.grants_kept().await + scene.accounts_kept().await, 0);
    scene.close().await;
}

#[tokio::test]
async fn an_answer_without_refresh_token_or_identity_makes_nothing() {
    let scene = Scene::new().await;
    let mut tried = 0;
    for (taken_out, step, cause) in [
        ("access_type=offline", "token", "no-refresh-token"),
        ("scope=openid+", "identity", "no-identity"),
        ("scope=openid%20", "identity", "no-identity"),
    ] {
        let (id, url) = scene.begin(scene.google, ALICE).await;
        let with = if taken_out.starts_with("scope") {
            "scope="
        } else {
            "x=y"
        };
        let changed = url.replace(taken_out, with);
        if changed == url {
            // The blank of the scopes is written in one of two ways.
            continue;
        }
        tried += 1;
        let callback = scene.allow(&changed, ALICE).await;
        scene.come_back(&callback).await;
        let connect = scene.round_trip(id).await;
        assert_eq!(
            cause_of(&connect, step).as_deref(),
            Some(cause),
            "{}",
            connect.steps
        );
        assert_eq!(connect.status, Status::Failed);
    }
    assert_eq!(tried, 2);
    assert_eq!(scene.grants_kept().await + scene.accounts_kept().await, 0);
    scene.close().await;
}

#[tokio::test]
async fn a_second_consent_without_refresh_token_keeps_the_first_one() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.google, ALICE).await;
    let (_, url) = scene.begin(scene.google, ALICE).await;
    // What Google does where the page was not shown again: an access token only.
    let callback = scene
        .allow(&url.replace("access_type=offline", "x=y"), ALICE)
        .await;
    scene.come_back(&callback).await;
    let kept = scene
        .store()
        .read(move |tx| Box::pin(async move { store::grants::refresh_token(tx, grant).await }))
        .await;
    assert!(kept.expect("the store works").is_some());
    assert_eq!(scene.accounts_kept().await, 1);
    scene.close().await;
}

#[tokio::test]
async fn a_foreign_nonce_is_no_identity() {
    let scene = Scene::new().await;
    let (id, url) = scene.begin(scene.google, ALICE).await;
    let (before, rest) = url.split_once("nonce=").expect("a nonce is sent");
    let rest = rest.split_once('&').map_or("", |(_, rest)| rest);
    let callback = scene
        .allow(&format!("{before}nonce=another&{rest}"), ALICE)
        .await;
    scene.come_back(&callback).await;
    let connect = scene.round_trip(id).await;
    assert_eq!(
        cause_of(&connect, "identity").as_deref(),
        Some("identity-nonce")
    );
    assert_eq!(scene.grants_kept().await, 0);
    scene.close().await;
}

#[tokio::test]
async fn a_second_mailbox_of_the_same_person_needs_no_consent() {
    let scene = Scene::new().await;
    let grant = scene.connect(scene.microsoft, CAROL).await;
    let mut wanting = scene.wanting(scene.microsoft, CAROL);
    wanting.mailbox_address = Some(format!(" Info <{}> ", INFO.replace("contoso", "CONTOSO")));
    let begun = consent::begin(&scene.providers, wanting).await;
    let begun = begun
        .map_err(|error| format!("{error:?}"))
        .expect("it begins");
    assert!(begun.authorization_url.is_none());
    let connect = scene.round_trip(begun.connect_id).await;
    assert_eq!(connect.grant_id, Some(grant));
    assert_eq!(connect.mailbox_address, INFO);
    assert_eq!(
        (scene.grants_kept().await, scene.accounts_kept().await),
        (1, 2)
    );
    scene.close().await;
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_with_its_field() {
    let scene = Scene::new().await;
    for (address, mailbox, field) in [
        ("alice", None, "address"),
        ("al ice@example.com", None, "address"),
        (ALICE, Some("a,b@example.com"), "mailbox_address"),
    ] {
        let mut wanting = scene.wanting(scene.google, address);
        wanting.mailbox_address = mailbox.map(str::to_owned);
        let begun = consent::begin(&scene.providers, wanting).await;
        assert!(
            matches!(begun, Err(NotBegun::Address(wrong)) if wrong == field),
            "{address}"
        );
    }
    scene.close().await;
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_fails_the_step_and_a_new_consent_works() {
    let scene = Scene::new().await;
    for (fault, cause) in [
        (FaultKind::TokenHtml, "token-reply-unreadable"),
        (FaultKind::TokenEmpty200, "token-reply-unreadable"),
        (FaultKind::TokenHuge, "token-reply-unreadable"),
        (FaultKind::Token5xx, "provider-server-error"),
        (FaultKind::ThrottleToken, "throttled"),
        (FaultKind::WrongSecret, "client-secret-wrong"),
    ] {
        for (credential, person, provider) in [
            (scene.google, ALICE, ProviderKind::Google),
            (scene.microsoft, CAROL, ProviderKind::Microsoft),
        ] {
            scene.sandbox.fault(Fault::new(fault).at(provider).times(1));
            let (id, url) = scene.begin(credential, person).await;
            let callback = scene.allow(&url, person).await;
            scene.come_back(&callback).await;
            let connect = scene.round_trip(id).await;
            assert_eq!(connect.status, Status::Failed, "{fault:?}");
            let said = cause_of(&connect, "token");
            assert_eq!(said.as_deref(), Some(cause), "{fault:?} {}", connect.steps);
        }
    }
    assert_eq!(scene.grants_kept().await, 0);
    scene.connect(scene.google, ALICE).await;
    scene.connect(scene.microsoft, CAROL).await;
    scene.close().await;
}
