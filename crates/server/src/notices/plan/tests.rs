//! The planner with the clock in hand: days pass, and each occasion is told once.

use std::time::Duration;

use provider::profile;
use store::accounts::{self, NewAccount};
use store::credentials::{self, Fields};
use store::grants::{self, Subject, Tokens};
use store::intervals::Cause;
use store::testing::TestStore;
use store::users::{self, NewUser};
use store::{CredentialId, GrantId, settings};

use super::*;

const HOUR: i64 = 3_600_000;

struct Scene {
    test: TestStore,
    providers: Providers,
    owner: UserId,
    credential: CredentialId,
}

async fn person(test: &TestStore, login: &str, role: Role) -> UserId {
    let new = NewUser {
        login: login.to_owned(),
        name: String::new(),
        address: format!("{login}@example.jp"),
        role,
        password_hash: Some("$argon2id$made-up".to_owned()),
    };
    let added = test
        .store
        .try_write(move |tx| Box::pin(async move { users::add(tx, new).await }));
    added.await.expect("the login is free").id
}

impl Scene {
    async fn new() -> Scene {
        let test = TestStore::open(None).await;
        let profiles = profile::all(&BTreeMap::new()).expect("the two providers");
        let url = "https://mail.example.jp".to_owned();
        let providers = Providers::new(test.store.clone(), profiles, url, None);
        person(&test, "admin", Role::Administrator).await;
        let owner = person(&test, "hanako", Role::Member).await;
        let fields = Fields {
            provider: "google".to_owned(),
            name: "our app".to_owned(),
            redirect_path: "/common/cmn270.do".to_owned(),
            ..Fields::default()
        };
        let credential = test.store.write(move |tx| {
            Box::pin(async move { credentials::add(tx, &fields, &"GOCSPX-secret".into()).await })
        });
        let credential = credential.await.expect("stored");
        Scene {
            test,
            providers,
            owner,
            credential,
        }
    }

    fn days(&self, days: u64) {
        self.test.clock.advance(Duration::from_secs(days * 86_400));
    }

    async fn secret_ends(&self, days: i64) -> String {
        let date = endings::day_of(self.test.store.now() + days * DAY);
        let (id, ends_on) = (self.credential, date.clone());
        let update = self.test.store.write(move |tx| {
            Box::pin(async move {
                let known = credentials::find(tx, id).await?.expect("there");
                let fields = Fields {
                    secret_ends_on: Some(ends_on),
                    ..known.fields
                };
                credentials::update(tx, id, known.version, &fields, None).await
            })
        });
        assert!(update.await.expect("stored"));
        date
    }

    /// Hanako consents, and has a mailbox by it.
    async fn consent(&self, ends_at: Option<i64>) -> GrantId {
        let (owner, credential) = (self.owner, self.credential);
        let done = self.test.store.write(move |tx| {
            Box::pin(async move {
                let now = tx.now();
                let subject = Subject {
                    issuer: "https://accounts.google.com".to_owned(),
                    key: "42".to_owned(),
                    address: "hanako@gmail.example".to_owned(),
                    tenant: String::new(),
                };
                let tokens = Tokens {
                    access_token: "access".into(),
                    access_ends_at: now + HOUR,
                    refresh_token: Some("refresh".into()),
                    refresh_ends_at: ends_at,
                    scopes: None,
                };
                let at = now + HOUR;
                let grant =
                    grants::consented(tx, owner, credential, &subject, &tokens, "mail", at).await?;
                let address = "hanako@gmail.example".to_owned();
                let new = NewAccount {
                    owner_id: owner,
                    grant_id: grant,
                    provider: "google".to_owned(),
                    address: address.clone(),
                    mailbox_address: address.clone(),
                    sender_address: address.clone(),
                    smtp_user: address,
                    sender_name: String::new(),
                };
                accounts::connect(tx, new).await?;
                Ok(grant)
            })
        });
        done.await.expect("stored")
    }

    async fn dies(&self, grant: GrantId, cause: Cause) {
        let turn = self.test.store.write(move |tx| {
            Box::pin(async move {
                grants::set_status(tx, grant, Status::NeedsConsent, None, Some(&cause)).await
            })
        });
        turn.await.expect("stored");
    }

    /// Plans three times: the notices since the last look, as `kind days-or-occasion status`, and all open ones.
    async fn planned(&self) -> Vec<String> {
        for _ in 0..3 {
            plan(&self.providers).await.expect("the store works");
        }
        let read = self
            .test
            .store
            .read(|tx| Box::pin(async move { notices::list(tx, None, None, 100).await }));
        let mut all: Vec<String> = read
            .await
            .expect("the store works")
            .iter()
            .rev()
            .map(|notice| {
                let occasion = match notice.of.occasion.rsplit_once('/') {
                    Some((_, days)) => days.to_owned(),
                    None if notice.of.occasion == "testing" => "testing".to_owned(),
                    None => "once".to_owned(),
                };
                let kind = notice.of.kind.word();
                format!("{kind} {occasion} {}", notice.status.word())
            })
            .collect();
        all.sort();
        all
    }

    async fn close(self) {
        drop(self.providers);
        self.test.close().await;
    }
}

#[tokio::test]
async fn a_secrets_date_is_told_on_its_days_and_of_several_that_passed_only_the_nearest() {
    let scene = Scene::new().await;
    scene.secret_ends(62).await;
    assert!(scene.planned().await.is_empty());
    scene.days(2);
    assert_eq!(scene.planned().await, ["secret-ends 60 waiting"]);
    // The server was off for seven weeks.
    scene.days(49);
    let now = ["secret-ends 14 waiting", "secret-ends 60 withdrawn"];
    assert_eq!(scene.planned().await, now);
    // Another secret with another date, and the old one again: what was withdrawn comes back.
    let first = scene.secret_ends(11).await;
    assert_eq!(scene.planned().await, now);
    scene.secret_ends(400).await;
    let none = ["secret-ends 14 withdrawn", "secret-ends 60 withdrawn"];
    assert_eq!(scene.planned().await, none);
    assert_eq!(scene.secret_ends(11).await, first);
    assert_eq!(scene.planned().await, now);
    scene.days(30);
    let past = [
        "secret-ends 1 waiting",
        "secret-ends 14 withdrawn",
        "secret-ends 60 withdrawn",
    ];
    assert_eq!(scene.planned().await, past);
    scene.close().await;
}

#[tokio::test]
async fn every_death_is_told_once_and_a_cured_one_not_at_all() {
    let scene = Scene::new().await;
    let grant = scene.consent(None).await;
    assert!(scene.planned().await.is_empty());
    scene.days(20);
    scene.dies(grant, Cause::new("grant-revoked")).await;
    assert_eq!(scene.planned().await, ["grant-died once waiting"]);
    scene.days(1);
    assert_eq!(scene.planned().await, ["grant-died once waiting"]);
    assert_eq!(scene.consent(None).await, grant);
    assert_eq!(scene.planned().await, ["grant-died once withdrawn"]);
    scene.days(1);
    scene.dies(grant, Cause::new("grant-revoked")).await;
    let two = ["grant-died once waiting", "grant-died once withdrawn"];
    assert_eq!(scene.planned().await, two);
    scene.close().await;
}

#[tokio::test]
async fn seven_days_are_told_at_once_to_the_owner_and_the_app_to_the_administrators() {
    let scene = Scene::new().await;
    scene
        .consent(Some(scene.test.store.now() + 604_799_000))
        .await;
    let at_once = ["grant-ends 7 waiting", "grant-ends testing waiting"];
    assert_eq!(scene.planned().await, at_once);
    scene.days(5);
    let later = [
        "grant-ends 3 waiting",
        "grant-ends 7 withdrawn",
        "grant-ends testing waiting",
    ];
    assert_eq!(scene.planned().await, later);
    scene.close().await;
}

#[tokio::test]
async fn the_second_life_under_a_sign_in_policy_is_told_before_it_ends() {
    let scene = Scene::new().await;
    let grant = scene.consent(None).await;
    scene.days(30);
    scene.dies(grant, Cause::new("session-control")).await;
    scene.planned().await;
    scene.consent(None).await;
    let died = "grant-died once withdrawn";
    assert_eq!(scene.planned().await, [died]);
    scene.days(22);
    assert_eq!(scene.planned().await, [died]);
    scene.days(1);
    assert_eq!(scene.planned().await, [died, "grant-ends 7 waiting"]);
    scene.close().await;
}

#[tokio::test]
async fn a_refused_secret_is_told_once_for_each_time_and_taken_back_when_it_is_good_again() {
    let scene = Scene::new().await;
    let id = scene.credential;
    for round in 1..=2 {
        for (status, cause, last) in [
            (
                CredentialStatus::Broken,
                Some("client-secret-wrong"),
                "waiting",
            ),
            (
                CredentialStatus::Broken,
                Some("client-secret-expired"),
                "waiting",
            ),
            (CredentialStatus::Good, None, "withdrawn"),
        ] {
            scene.days(1);
            let turn = scene.test.store.write(move |tx| {
                Box::pin(async move {
                    let cause = cause.map(Cause::new);
                    credentials::set_status(tx, id, status, cause.as_ref()).await
                })
            });
            turn.await.expect("stored");
            let all = scene.planned().await;
            assert_eq!(all.len(), round, "{all:?}");
            assert!(
                all.contains(&format!("credential-broken once {last}")),
                "{all:?}"
            );
        }
    }
    scene.close().await;
}

#[tokio::test]
async fn nothing_is_written_where_nothing_changed() {
    let scene = Scene::new().await;
    scene.secret_ends(1).await;
    plan(&scene.providers).await.expect("the store works");
    // The row was last written with the clock of then.
    scene.days(0);
    let mut heard = scene.test.store.listen();
    let set = scene
        .test
        .store
        .write(|tx| Box::pin(async move { settings::set_system_mailbox(tx, None).await }));
    set.await.expect("stored");
    assert!(heard.try_recv().is_ok());
    plan(&scene.providers).await.expect("the store works");
    assert!(heard.try_recv().is_err());
    scene.close().await;
}
