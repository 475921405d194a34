//! A store whose clock the test turns, a Google and a Microsoft with the same clock, and one person.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use provider::Providers;
use provider::cause::Step;
use provider::consent::{self, Begin, Finished};
use provider::profile::{ProviderOverride, ProviderProfile};
use sandbox::browser::{Choice, consent as click};
use sandbox::{Options, ProviderUrls, Sandbox};
use store::connects::{self, Connect};
use store::credentials::{self, Credential, Fields};
use store::grants::{self, Grant};
use store::testing::TestStore;
use store::users::{self, NewUser, Role, User};
use store::{ConnectId, CredentialId, GrantId, Store};

pub const ALICE: &str = "alice@example.com";
pub const CAROL: &str = "carol@contoso.example";
pub const INFO: &str = "info@contoso.example";
const PUBLIC_URL: &str = "http://localhost:8080";

/// What a test stands on.
pub struct Scene {
    pub test: TestStore,
    pub sandbox: Sandbox,
    pub providers: Providers,
    pub user: User,
    pub google: CredentialId,
    pub microsoft: CredentialId,
    profiles: BTreeMap<String, ProviderProfile>,
}

impl Scene {
    pub async fn new() -> Scene {
        Scene::on(None).await
    }

    pub async fn on(postgres: Option<&str>) -> Scene {
        let test = TestStore::open(postgres).await;
        let clock = test.store.world().clone();
        let options = Options {
            clock: Arc::new(move || clock.now() / 1000),
            redirect_uris: vec![
                format!("{PUBLIC_URL}/common/cmn270.do"),
                format!("{PUBLIC_URL}/common/cm270.do"),
            ],
            ..Options::default()
        };
        let sandbox = sandbox::start(options).await.expect("the sandbox starts");
        let ca_file = test.folder.join("sandbox-ca.pem");
        std::fs::write(&ca_file, &sandbox.ca_pem).expect("the folder can be written");
        let sections = BTreeMap::from([
            ("google".to_owned(), section(&sandbox.google, &ca_file)),
            (
                "microsoft".to_owned(),
                section(&sandbox.microsoft, &ca_file),
            ),
        ]);
        let profiles = provider::profile::all(&sections).expect("the sections are right");
        let providers = providers(test.store.clone(), profiles.clone());
        let user = person(&test.store).await;
        let google = credential(
            &test.store,
            "google",
            sandbox::GOOGLE_CLIENT_ID,
            sandbox::GOOGLE_CLIENT_SECRET,
        );
        let google = google.await;
        let microsoft = credential(
            &test.store,
            "microsoft",
            sandbox::MICROSOFT_CLIENT_ID,
            sandbox::MICROSOFT_CLIENT_SECRET,
        );
        let microsoft = microsoft.await;
        Scene {
            test,
            sandbox,
            providers,
            user,
            google,
            microsoft,
            profiles,
        }
    }

    pub fn store(&self) -> &Store {
        &self.test.store
    }

    /// As a second process has it, on the same database.
    pub async fn another_process(&self, seed: u64) -> Providers {
        let store = self.test.again(seed).await.expect("the store opens again");
        providers(store, self.profiles.clone())
    }

    /// As a second process has it whose clock is this one's: it shares nothing but the store.
    pub fn beside(&self) -> Providers {
        providers(self.store().clone(), self.profiles.clone())
    }

    pub fn turn_clock(&self, seconds: u64) {
        self.test.clock.advance(Duration::from_secs(seconds));
    }

    /// Who consents, and which mailbox is wanted.
    pub fn wanting(&self, credential_id: CredentialId, address: &str) -> Begin {
        Begin {
            user: self.user.clone(),
            session: None,
            credential_id,
            address: address.to_owned(),
            mailbox_address: None,
            choose_account: false,
        }
    }

    /// Begins a consent that needs the person.
    pub async fn begin(&self, credential: CredentialId, address: &str) -> (ConnectId, String) {
        let wanting = self.wanting(credential, address);
        let begun = consent::begin(&self.providers, wanting).await;
        let begun = begun.map_err(|error| format!("{error:?}"));
        let begun = begun.expect("the consent begins");
        let url = begun.authorization_url.expect("a consent is needed");
        (begun.connect_id, url)
    }

    /// The person says yes; where the provider sends the browser.
    pub async fn allow(&self, url: &str, address: &str) -> String {
        let callback = click(url, &Choice::allow(address)).await;
        callback.expect("the provider sends the person back")
    }

    /// The browser comes back.
    pub async fn come_back(&self, callback: &str) -> Finished {
        let (_, query) = callback.split_once('?').expect("a query");
        let finished = consent::finish(&self.providers, query, None).await;
        finished.expect("the store works")
    }

    pub async fn round_trip(&self, id: ConnectId) -> Connect {
        let found = self
            .store()
            .read(move |tx| Box::pin(async move { connects::find(tx, id).await }))
            .await;
        found
            .expect("the store works")
            .expect("the round trip is known")
    }

    /// The whole consent: the grant it made.
    pub async fn connect(&self, credential: CredentialId, address: &str) -> GrantId {
        let (id, url) = self.begin(credential, address).await;
        let callback = self.allow(&url, address).await;
        self.come_back(&callback).await;
        let connect = self.round_trip(id).await;
        let grant = connect.grant_id;
        grant.unwrap_or_else(|| panic!("no grant: {}", connect.steps))
    }

    pub async fn grant(&self, id: GrantId) -> Grant {
        let found = self
            .store()
            .read(move |tx| Box::pin(async move { grants::find(tx, id).await }))
            .await;
        found.expect("the store works").expect("the grant is there")
    }

    pub async fn credential(&self, id: CredentialId) -> Credential {
        let found = self
            .store()
            .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
            .await;
        found
            .expect("the store works")
            .expect("the credential is there")
    }

    pub async fn grants_kept(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM grants").await
    }

    pub async fn accounts_kept(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM accounts").await
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let count = self
            .store()
            .read(move |tx| Box::pin(async move { tx.number(sql, &[]).await }))
            .await;
        count.expect("the store works")
    }

    /// What the sandbox says of a grant: the newest of this address.
    pub fn there(&self, address: &str) -> serde_json::Value {
        let state = self.sandbox.state();
        let all = state["grants"].as_array().cloned().unwrap_or_default();
        let mut of_address = all.into_iter().filter(|grant| grant["address"] == address);
        of_address.next_back().expect("a grant at the provider")
    }

    pub fn counts(&self) -> serde_json::Value {
        self.sandbox.state()["counts"].clone()
    }

    pub async fn close(self) {
        drop(self.providers);
        self.test.close().await;
    }
}

/// The step of this name, and its cause.
pub fn cause_of(connect: &Connect, name: &str) -> Option<String> {
    let steps: Vec<Step> = consent::steps_of(connect);
    let step = steps.into_iter().find(|step| step.name == name)?;
    step.case.map(|case| case.cause_id)
}

fn providers(store: Store, profiles: BTreeMap<String, ProviderProfile>) -> Providers {
    Providers::new(store, profiles, PUBLIC_URL.to_owned(), None)
}

fn section(urls: &ProviderUrls, ca_file: &std::path::Path) -> ProviderOverride {
    ProviderOverride {
        authorization_url: Some(urls.authorization_url.clone()),
        token_url: Some(urls.token_url.clone()),
        revocation_url: urls.revocation_url.clone(),
        issuer: Some(urls.issuer.clone()),
        imap: Some(urls.imap.clone()),
        smtp: Some(urls.smtp.clone()),
        ca_file: Some(PathBuf::from(ca_file)),
        allow_private_addresses: Some(true),
        ..ProviderOverride::default()
    }
}

async fn person(store: &Store) -> User {
    let new = NewUser {
        login: "hanako".to_owned(),
        name: "佐藤 花子".to_owned(),
        address: "hanako@example.jp".to_owned(),
        role: Role::Member,
        password_hash: Some("$argon2id$made-up".to_owned()),
    };
    let added = store
        .try_write(move |tx| Box::pin(async move { users::add(tx, new).await }))
        .await;
    added.expect("the login is free")
}

async fn credential(store: &Store, provider: &str, client_id: &str, secret: &str) -> CredentialId {
    let fields = Fields {
        provider: provider.to_owned(),
        name: provider.to_owned(),
        client_id: client_id.to_owned(),
        secret_hint: String::new(),
        secret_ends_on: None,
        note: String::new(),
        tenant: if provider == "microsoft" {
            "organizations"
        } else {
            ""
        }
        .to_owned(),
        redirect_path: "/common/cmn270.do".to_owned(),
        ..credentials::Fields::default()
    };
    let secret = secret.to_owned().into();
    let added = store
        .write(move |tx| Box::pin(async move { credentials::add(tx, &fields, &secret).await }))
        .await;
    added.expect("the credential is stored")
}
