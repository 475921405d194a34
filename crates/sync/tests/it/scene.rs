//! A store whose clock the test turns, a Google and a Microsoft with the same clock, the workers, one person.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use provider::Providers;
use provider::consent::{self, Begin};
use provider::profile::ProviderOverride;
use sandbox::browser::{Choice, consent as click};
use sandbox::{Options, ProviderUrls, Sandbox};
use serde_json::Value;
use store::accounts::{self, Account};
use store::credentials::{self, Fields};
use store::emails::{self, NewEmail};
use store::submissions::{self, NewSubmission, Submission};
use store::testing::TestStore;
use store::users::{self, NewUser, Role, User};
use store::{
    AccountId, Announcement, ConnectId, CredentialId, Store, SubmissionId, connects, folders,
    identities,
};
use testing::wait_for;

pub const ALICE: &str = "alice@example.com";
pub const CAROL: &str = "carol@contoso.example";
pub const GUEST: &str = "guest@elsewhere.example";
pub const PATIENCE: Duration = Duration::from_secs(30);
const PUBLIC_URL: &str = "http://localhost:8080";

pub struct Scene {
    pub test: TestStore,
    pub sandbox: Sandbox,
    pub providers: Providers,
    user: User,
    google: CredentialId,
    microsoft: CredentialId,
    workers: tokio::task::JoinHandle<()>,
}

impl Scene {
    pub async fn new() -> Scene {
        let test = TestStore::open(None).await;
        let clock = test.store.world().clone();
        let options = Options {
            clock: Arc::new(move || clock.now() / 1000),
            redirect_uris: vec![format!("{PUBLIC_URL}/common/cmn270.do")],
            ..Options::default()
        };
        let sandbox = sandbox::start(options).await.expect("the sandbox starts");
        let ca_file = test.folder.join("sandbox-ca.pem");
        std::fs::write(&ca_file, &sandbox.ca_pem).expect("the folder can be written");
        let section = |urls: &ProviderUrls| ProviderOverride {
            authorization_url: Some(urls.authorization_url.clone()),
            token_url: Some(urls.token_url.clone()),
            issuer: Some(urls.issuer.clone()),
            imap: Some(urls.imap.clone()),
            smtp: Some(urls.smtp.clone()),
            ca_file: Some(ca_file.clone()),
            allow_private_addresses: Some(true),
            ..ProviderOverride::default()
        };
        let sections = BTreeMap::from([
            ("google".to_owned(), section(&sandbox.google)),
            ("microsoft".to_owned(), section(&sandbox.microsoft)),
        ]);
        let profiles = provider::profile::all(&sections).expect("the sections are right");
        let store = test.store.clone();
        let providers = Providers::new(store.clone(), profiles, PUBLIC_URL.to_owned(), None);
        let user = person(&store).await;
        let (id, secret) = (sandbox::GOOGLE_CLIENT_ID, sandbox::GOOGLE_CLIENT_SECRET);
        let google = credential(&store, "google", id, secret).await;
        let (id, secret) = (
            sandbox::MICROSOFT_CLIENT_ID,
            sandbox::MICROSOFT_CLIENT_SECRET,
        );
        let microsoft = credential(&store, "microsoft", id, secret).await;
        let workers = tokio::spawn(sync::run(providers.clone()));
        Scene {
            test,
            sandbox,
            providers,
            user,
            google,
            microsoft,
            workers,
        }
    }

    pub fn store(&self) -> &Store {
        &self.test.store
    }

    /// Turns the clock and tells all workers to look at it.
    pub fn turn_clock(&self, seconds: u64) {
        self.test.clock.advance(Duration::from_secs(seconds));
        self.store().announce(Announcement::Anything);
    }

    /// The whole consent: its round trip and its account.
    pub async fn consent(&self, address: &str) -> (ConnectId, AccountId) {
        let credential_id = if address.contains("contoso") {
            self.microsoft
        } else {
            self.google
        };
        let begin = Begin {
            user: self.user.clone(),
            session: None,
            credential_id,
            address: address.to_owned(),
            mailbox_address: None,
            choose_account: false,
        };
        let begun = consent::begin(&self.providers, begin).await;
        let begun = begun
            .map_err(|error| format!("{error:?}"))
            .expect("it begins");
        let url = begun.authorization_url.expect("a consent is needed");
        let callback = click(&url, &Choice::allow(address))
            .await
            .expect("sent back");
        let (_, query) = callback.split_once('?').expect("a query");
        let finished = consent::finish(&self.providers, query, None).await;
        finished.expect("the store works");
        let id = begun.connect_id;
        let account = wait_for("the end of the checks", PATIENCE, async || {
            let connect = self.round_trip(id).await;
            (connect.status == connects::Status::Done).then_some(connect.account_id)
        });
        (id, account.await.expect("an account"))
    }

    /// A consent whose mailbox is live.
    pub async fn connect(&self, address: &str) -> Account {
        let (_, id) = self.consent(address).await;
        wait_for("the mailbox", PATIENCE, async || {
            let account = self.account(id).await;
            (account.sync.status == accounts::SyncStatus::Live).then_some(account)
        })
        .await
    }

    pub async fn round_trip(&self, id: ConnectId) -> connects::Connect {
        let found = self
            .store()
            .read(move |tx| Box::pin(async move { connects::find(tx, id).await }))
            .await;
        found
            .expect("the store works")
            .expect("the round trip is known")
    }

    pub async fn account(&self, id: AccountId) -> Account {
        let found = self
            .store()
            .read(move |tx| Box::pin(async move { accounts::find(tx, id).await }))
            .await;
        found
            .expect("the store works")
            .expect("the account is known")
    }

    /// Writes a mail into Sent and orders it to be sent, as a door does.
    pub async fn order(&self, account: &Account, subject: &str) -> SubmissionId {
        self.order_for(account, subject, false).await
    }

    /// The same, claimed in the same moment by a worker that dies.
    pub async fn order_for_a_dead_worker(&self, account: &Account, subject: &str) -> SubmissionId {
        self.order_for(account, subject, true).await
    }

    async fn order_for(&self, account: &Account, subject: &str, dead: bool) -> SubmissionId {
        let message_id = format!("{}@tegata.example", subject.replace(' ', "-"));
        let raw = format!(
            "From: {}\r\nTo: {GUEST}\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n\r\nHello.\r\n",
            account.sender_address
        )
        .into_bytes();
        let blob_id = self
            .store()
            .blobs()
            .put(&raw)
            .await
            .expect("a blob is kept");
        let (id, from) = (account.id, account.sender_address.clone());
        let (user_id, now) = (self.user.id, self.store().now());
        let ordered = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let sent = folders::by_role(tx, id, "sent").await?.map(|sent| sent.id);
                    let new = NewEmail {
                        blob_id,
                        size: raw.len(),
                        received_at: now,
                        message: wire::mime::read(&raw),
                        search_text: String::new(),
                        keywords: vec!["$seen".to_owned()],
                        gm_msgid: None,
                        gm_thrid: None,
                        folders: sent.into_iter().collect(),
                        odd: None,
                    };
                    let email = emails::add(tx, id, &new, None).await?;
                    let identity = identities::list(tx, id).await?.remove(0);
                    let new = NewSubmission {
                        account_id: id,
                        user_id,
                        identity_id: identity.id,
                        email_id: email.id,
                        thread_id: email.thread_id,
                        blob_id,
                        size: raw.len(),
                        message_id,
                        mail_from: from,
                        rcpt_to: vec![GUEST.to_owned()],
                        send_at: now,
                    };
                    let ordered = submissions::add(tx, &new).await?;
                    if dead {
                        let sql = "UPDATE submissions SET status = 'sending', undo_status = 'final', attempts = 1, \
                                   lease_owner = 'dead', lease_until = $3 WHERE account_id = $1 AND id = $2";
                        tx.execute(sql, store::args![id, ordered, now + 15 * 60_000])
                            .await?;
                    }
                    Ok(ordered)
                })
            })
            .await;
        ordered.expect("the mail is ordered")
    }

    pub async fn submission(&self, account: &Account, id: SubmissionId) -> Submission {
        let account = account.id;
        let found = self
            .store()
            .read(move |tx| Box::pin(async move { submissions::find(tx, account, id).await }))
            .await;
        found
            .expect("the store works")
            .expect("the submission is known")
    }

    /// Waits for a state of a submission.
    pub async fn until(
        &self,
        account: &Account,
        id: SubmissionId,
        status: submissions::Status,
    ) -> Submission {
        wait_for(&format!("{status:?}"), PATIENCE, async || {
            let now = self.submission(account, id).await;
            (now.status == status).then_some(now)
        })
        .await
    }

    /// The messages at the provider with this subject, in folders whose copy it is (All Mail has all).
    pub fn copies(&self, address: &str, subject: &str) -> Vec<Value> {
        let line = format!("Subject: {subject}\r\n");
        let all = self.sandbox.messages(address, None)["items"].clone();
        let all = all.as_array().cloned().unwrap_or_default();
        let with = |item: &Value| item["raw"].as_str().is_some_and(|raw| raw.contains(&line));
        let own = |item: &Value| {
            item["folder"]
                .as_str()
                .is_none_or(|name| !name.contains("All"))
        };
        all.into_iter()
            .filter(|item| with(item) && own(item))
            .collect()
    }

    pub fn count(&self, name: &str) -> u64 {
        self.sandbox.state()["counts"][name].as_u64().unwrap_or(0)
    }

    /// How many emails of an account have this subject here.
    pub async fn here(&self, account: &Account, subject: &str) -> i64 {
        let (id, subject) = (account.id, subject.to_owned());
        let sql = "SELECT COUNT(*) FROM emails WHERE account_id = $1 AND subject = $2";
        let count = self
            .store()
            .read(move |tx| {
                Box::pin(async move { tx.number(sql, store::args![id, subject]).await })
            })
            .await;
        count.expect("the store works")
    }

    pub async fn close(self) {
        self.workers.abort();
        let _ = self.workers.await;
        drop(self.providers);
        self.test.close().await;
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
    let tenant = if provider == "microsoft" {
        "organizations"
    } else {
        ""
    };
    let fields = Fields {
        provider: provider.to_owned(),
        name: provider.to_owned(),
        client_id: client_id.to_owned(),
        secret_hint: String::new(),
        secret_ends_on: None,
        note: String::new(),
        tenant: tenant.to_owned(),
        redirect_path: "/common/cmn270.do".to_owned(),
        ..credentials::Fields::default()
    };
    let secret = secret.to_owned().into();
    let added = store
        .write(move |tx| Box::pin(async move { credentials::add(tx, &fields, &secret).await }))
        .await;
    added.expect("the credential is stored")
}
