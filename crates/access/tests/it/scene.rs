//! What every scene stands on.

use access::{Attempt, SignIn};
use secrecy::{ExposeSecret, SecretString};
use store::UserId;
use store::testing::TestStore;
use store::users::{self, NewUser, Role};

pub const PASSWORD: &str = "correct horse battery";

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

/// A person whose password is [`PASSWORD`].
pub async fn user(t: &TestStore, login: &str, role: Role) -> UserId {
    let hash = access::passwords::hash(t.store.world(), &PASSWORD.into()).await;
    let new = NewUser {
        login: login.into(),
        name: login.into(),
        address: String::new(),
        role,
        password_hash: Some(hash),
    };
    let added = t
        .store
        .try_write(move |tx| Box::pin(async move { users::add(tx, new).await }))
        .await;
    added.expect("the login is free").id
}

pub async fn change(t: &TestStore, id: UserId, patch: users::Patch) {
    let done = t
        .store
        .try_write(move |tx| Box::pin(async move { users::update(tx, id, patch).await }))
        .await;
    done.expect("the change is allowed");
}

pub fn disabled(yes: bool) -> users::Patch {
    users::Patch {
        disabled: Some(yes),
        ..users::Patch::default()
    }
}

/// What an attempt came to, in a word; the cookie where it came in.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    In(String),
    Wrong,
    TooMany(i64),
}

impl Outcome {
    pub fn cookie(self) -> String {
        match self {
            Outcome::In(cookie) => cookie,
            other => panic!("did not come in: {other:?}"),
        }
    }
}

pub async fn try_in(t: &TestStore, login: &str, password: &str, address: &str) -> Outcome {
    let attempt = Attempt {
        login: login.into(),
        password: SecretString::from(password),
        remote_address: address.into(),
        user_agent: "Firefox".into(),
    };
    match access::sign_in(&t.store, attempt)
        .await
        .expect("the store works")
    {
        SignIn::In { cookie, .. } => Outcome::In(cookie.expose_secret().to_owned()),
        SignIn::Wrong => Outcome::Wrong,
        SignIn::TooMany { retry_after } => Outcome::TooMany(retry_after),
    }
}
