//! What every scene stands on: a fresh store on either database, people, a mailbox, mails.

use store::accounts::{self, NewAccount};
use store::credentials::{self, Fields};
use store::emails::{self, Added, NewEmail, Place};
use store::folders::{self, Listed};
use store::grants::{self, Subject, Tokens};
use store::testing::TestStore;
use store::users::{self, NewUser, Role};
use store::{AccountId, CredentialId, EmailId, FolderId, GrantId, UserId};

pub const HOUR: i64 = 3_600_000;

/// Two tests for each scene: one on SQLite, one on PostgreSQL.
macro_rules! on_both {
    ($(async fn $name:ident($test:ident) $body:block)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                crate::scene::on_sqlite(super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                crate::scene::on_postgres(super::$name).await;
            }
        }

        async fn $name($test: &store::testing::TestStore) $body
    )*};
}

/// `write!(t, tx => …)`: the work's value; the work must succeed.
macro_rules! write {
    ($test:expr, $tx:ident => $work:expr) => {
        $test
            .store
            .write(move |$tx| Box::pin(async move { $work }))
            .await
            .expect("the work succeeds")
    };
}

/// `read!(t, tx => …)`: the same in a snapshot.
macro_rules! read {
    ($test:expr, $tx:ident => $work:expr) => {
        $test
            .store
            .read(move |$tx| Box::pin(async move { $work }))
            .await
            .expect("the look succeeds")
    };
}

pub async fn on_sqlite(scene: impl AsyncFnOnce(&TestStore)) {
    let test = TestStore::open(None).await;
    scene(&test).await;
    test.close().await;
}

pub async fn on_postgres(scene: impl AsyncFnOnce(&TestStore)) {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    let test = TestStore::open(Some(&database.url)).await;
    scene(&test).await;
    test.close().await;
}

pub fn is_sqlite(t: &TestStore) -> bool {
    t.database.starts_with("sqlite:")
}

pub async fn user(t: &TestStore, login: &str, role: Role) -> UserId {
    let new = NewUser {
        login: login.to_owned(),
        name: login.to_owned(),
        address: format!("{login}@example.com"),
        role,
        password_hash: Some("$argon2id$made-up".to_owned()),
    };
    let added = t
        .store
        .try_write(move |tx| Box::pin(async move { users::add(tx, new).await }))
        .await;
    added.expect("the login is free").id
}

pub fn fields(name: &str) -> Fields {
    Fields {
        provider: "google".into(),
        name: name.into(),
        client_id: format!("{name}.apps.example"),
        secret_hint: "cret".into(),
        secret_ends_on: None,
        note: "一行目\n二行目".into(),
        tenant: String::new(),
        redirect_path: "/common/cmn270.do".into(),
        ..Fields::default()
    }
}

pub async fn credential(t: &TestStore, name: &str) -> CredentialId {
    let fields = fields(name);
    write!(t, tx => credentials::add(tx, &fields, &"GOCSPX-top-secret".into()).await)
}

pub fn tokens(access: &str, refresh: Option<&str>, ends: i64) -> Tokens {
    Tokens {
        access_token: access.into(),
        access_ends_at: ends,
        refresh_token: refresh.map(Into::into),
        refresh_ends_at: None,
        scopes: None,
    }
}

pub fn subject(key: &str) -> Subject {
    Subject {
        issuer: "https://accounts.example".into(),
        key: key.into(),
        address: format!("{key}@example.com"),
        tenant: String::new(),
    }
}

pub async fn grant(t: &TestStore, user: UserId, credential: CredentialId, key: &str) -> GrantId {
    let subject = subject(key);
    let ends = t.store.now() + HOUR;
    write!(t, tx => {
        let tokens = tokens("access-0", Some("refresh-0"), ends);
        grants::consented(tx, user, credential, &subject, &tokens, "mail", ends - 600_000).await
    })
}

pub fn new_account(owner: UserId, grant: GrantId, address: &str) -> NewAccount {
    NewAccount {
        owner_id: owner,
        grant_id: grant,
        provider: "google".into(),
        address: address.into(),
        mailbox_address: address.into(),
        sender_address: address.into(),
        smtp_user: address.into(),
        sender_name: "アリス".into(),
    }
}

/// A connected mailbox with four folders.
#[derive(Clone, Copy)]
pub struct Mailbox {
    pub user: UserId,
    pub credential: CredentialId,
    pub grant: GrantId,
    pub account: AccountId,
    pub inbox: FolderId,
    pub sent: FolderId,
    pub drafts: FolderId,
    pub archive: FolderId,
}

pub fn listed(name: &str, role: Option<&str>) -> Listed {
    let last = name.rsplit('/').next().unwrap_or(name);
    Listed {
        name: last.into(),
        path: name.into(),
        wire_name: name.as_bytes().to_vec(),
        delimiter: "/".into(),
        role: role.map(str::to_owned),
        selectable: true,
    }
}

pub fn four_folders() -> Vec<Listed> {
    vec![
        listed("INBOX", Some("inbox")),
        listed("Sent", Some("sent")),
        listed("Drafts", Some("drafts")),
        listed("Archive", Some("archive")),
    ]
}

pub async fn mailbox(t: &TestStore) -> Mailbox {
    let user = user(t, "alice", Role::Member).await;
    let credential = credential(t, "mail").await;
    let grant = grant(t, user, credential, "alice").await;
    let account =
        write!(t, tx => accounts::connect(tx, new_account(user, grant, "alice@example.com")).await);
    write!(t, tx => folders::take_over(tx, account, &four_folders()).await);
    let [inbox, sent, drafts, archive] =
        folder_ids(t, account, ["INBOX", "Sent", "Drafts", "Archive"]).await;
    Mailbox {
        user,
        credential,
        grant,
        account,
        inbox,
        sent,
        drafts,
        archive,
    }
}

pub async fn folder_ids<const N: usize>(
    t: &TestStore,
    account: AccountId,
    paths: [&str; N],
) -> [FolderId; N] {
    let found = read!(t, tx => folders::list(tx, account).await);
    paths.map(|path| {
        found
            .iter()
            .find(|folder| folder.listed.path == path)
            .expect("the folder is there")
            .id
    })
}

/// A mail of one part; `extra` holds further header lines, each with its CRLF.
pub fn raw(id: &str, extra: &str, subject: &str, body: &str) -> Vec<u8> {
    format!(
        "From: Bob <bob@example.com>\r\nTo: alice@example.com\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n{extra}\
         Date: Mon, 23 Nov 2026 09:00:00 +0900\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

/// Keeps the blob and reads the mail, as a pull does.
pub async fn read_mail(t: &TestStore, raw: &[u8]) -> NewEmail {
    let blob_id = t.store.blobs().put(raw).await.expect("the blob is kept");
    let message = wire::mime::read(raw);
    let search_text = wire::mime::search_text(raw, &message);
    NewEmail {
        blob_id,
        size: raw.len(),
        received_at: t.store.now(),
        message,
        search_text,
        keywords: Vec::new(),
        gm_msgid: None,
        gm_thrid: None,
        folders: Vec::new(),
        odd: None,
    }
}

pub fn at(folder: FolderId, uid: i64) -> Place {
    Place {
        folder,
        uidvalidity: 1,
        uid,
    }
}

pub async fn add(t: &TestStore, account: AccountId, new: NewEmail, place: Option<Place>) -> Added {
    write!(t, tx => emails::add(tx, account, &new, place).await)
}

/// A mail that comes from the server.
pub async fn pull(t: &TestStore, m: &Mailbox, place: Place, raw: &[u8]) -> Added {
    let new = read_mail(t, raw).await;
    add(t, m.account, new, Some(place)).await
}

pub async fn email(t: &TestStore, m: &Mailbox, id: EmailId) -> emails::Email {
    let account = m.account;
    read!(t, tx => emails::find(tx, account, id).await).expect("the email is there")
}

pub async fn exists(t: &TestStore, m: &Mailbox, id: EmailId) -> bool {
    let account = m.account;
    read!(t, tx => emails::find(tx, account, id).await).is_some()
}
