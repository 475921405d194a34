//! The checker's row against the real one: the same orders leave the same rows.

use secrecy::{ExposeSecret, SecretString};
use store::grants::{self, Status, Subject, Tokens};
use store::intervals::Cause;
use store::testing::TestStore;
use store::{GrantId, Millis, Tx};

use crate::row::Row;
use crate::world::Given;

const OWNERS: [&str; 2] = ["one", "two"];

fn tokens(given: Given) -> Tokens {
    Tokens {
        access_token: SecretString::from(format!("access-{}", given.access)),
        access_ends_at: given.ends,
        refresh_token: given
            .refresh
            .map(|number| SecretString::from(format!("refresh-{number}"))),
        refresh_ends_at: None,
        scopes: None,
    }
}

/// What of a row can be compared.
type Columns = (
    i64,
    String,
    Option<Millis>,
    Option<Millis>,
    [Option<String>; 3],
    Option<(String, Millis)>,
    Option<Millis>,
    bool,
);

async fn real(tx: &mut Tx, id: GrantId) -> store::Result<Columns> {
    let grant = grants::find(tx, id)
        .await?
        .expect("a grant is never emptied");
    let kept = [
        grants::access_token(tx, id).await?,
        grants::refresh_token(tx, id).await?,
        grants::previous_refresh_token(tx, id).await?,
    ];
    Ok((
        grant.version,
        grant.status.word().to_owned(),
        grant.access_ends_at,
        grant.refreshed_at,
        kept.map(|token| token.map(|token| token.expose_secret().to_owned())),
        grant.lease_owner.zip(grant.lease_until),
        grant.refresh_at,
        grant.unanswered_at.is_some(),
    ))
}

fn modelled(row: &Row) -> Columns {
    (
        row.version,
        row.status.word().to_owned(),
        row.access.map(|access| access.ends),
        row.got_at,
        [
            row.access.map(|access| format!("access-{}", access.access)),
            row.refresh.map(|number| format!("refresh-{number}")),
            row.previous.map(|number| format!("refresh-{number}")),
        ],
        row.lease
            .map(|((owner, _), until)| (OWNERS[owner].to_owned(), until)),
        row.refresh_at,
        row.unanswered,
    )
}

async fn compare(postgres: Option<&str>) {
    let test = TestStore::open(postgres).await;
    let store = &test.store;
    let world = store.world().clone();
    let now = store.now();
    let first = Given {
        access: 0,
        truly_ends: 0,
        ends: now + 60_000,
        refresh: Some(0),
        asked_at: 0,
    };
    let (grant, user, credential, subject) = store
        .write(move |tx| Box::pin(async move { begin(tx, first).await }))
        .await
        .expect("the store works");
    let mut row = Row {
        access: Some(first),
        got_at: Some(now),
        refresh_at: Some(first.ends),
        ..Row::new()
    };
    let mut number = 0;
    for round in 0..200 {
        let owner = usize::from(world.jitter(1) == 1);
        // Mostly the version that stands, sometimes one that is gone.
        let version = row.version - i64::from(world.jitter(4) == 0);
        let now = store.now();
        let what = world.jitter(6);
        number += 1;
        let given = Given {
            access: number,
            truly_ends: 0,
            ends: now + 50_000,
            refresh: (world.jitter(2) > 0).then_some(number),
            asked_at: 0,
        };
        let until = now + 40_000;
        let status =
            [None, Some(Status::Throttled), Some(Status::NeedsConsent)][world.jitter(2) as usize];
        let unanswered = world.jitter(1) == 0;
        let subject = subject.clone();
        let (done, expected): (store::Result<Option<bool>>, Option<bool>) = match what {
            0 | 1 => (
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            grants::take_lease(tx, grant, version, OWNERS[owner], until)
                                .await
                                .map(Some)
                        })
                    })
                    .await,
                Some(row.take_lease(version, (owner, 0), until, now)),
            ),
            2 => (
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            grants::renewed(
                                tx,
                                grant,
                                version,
                                OWNERS[owner],
                                &tokens(given),
                                given.ends,
                            )
                            .await
                            .map(Some)
                        })
                    })
                    .await,
                Some(row.renewed(version, (owner, 0), given, now)),
            ),
            3 | 4 => (
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            let turned = status.map(|status| (status, None, Cause::new("network")));
                            grants::give_back(
                                tx,
                                grant,
                                version,
                                OWNERS[owner],
                                turned,
                                Some(until),
                                unanswered,
                            )
                            .await
                            .map(Some)
                        })
                    })
                    .await,
                Some(row.give_back(version, (owner, 0), status, Some(until), unanswered)),
            ),
            5 => (
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            let tokens = tokens(given);
                            grants::consented(
                                tx, user, credential, &subject, &tokens, "mail", given.ends,
                            )
                            .await
                            .map(|_| None)
                        })
                    })
                    .await,
                {
                    row.consented(given, now);
                    None
                },
            ),
            _ => (
                store
                    .write(move |tx| {
                        Box::pin(
                            async move { grants::distrust_access_tokens(tx).await.map(|()| None) },
                        )
                    })
                    .await,
                {
                    row.distrust(now);
                    None
                },
            ),
        };
        assert_eq!(
            done.expect("the store works"),
            expected,
            "round {round}, {what}"
        );
        let seen = store
            .read(move |tx| Box::pin(async move { real(tx, grant).await }))
            .await;
        assert_eq!(
            seen.expect("the store works"),
            modelled(&row),
            "round {round}, {what}"
        );
        test.clock
            .advance(std::time::Duration::from_secs(world.jitter(15)));
    }
    test.close().await;
}

async fn begin(
    tx: &mut Tx,
    first: Given,
) -> store::Result<(GrantId, store::UserId, store::CredentialId, Subject)> {
    let user = store::users::NewUser {
        login: "alice".to_owned(),
        name: "Alice".to_owned(),
        address: String::new(),
        role: store::users::Role::Member,
        password_hash: None,
    };
    let user = store::users::add(tx, user).await;
    let user = user.expect("nobody has that login").id;
    let fields = store::credentials::Fields {
        provider: "microsoft".to_owned(),
        name: "app".to_owned(),
        client_id: "client".to_owned(),
        redirect_path: "/common/cmn270.do".to_owned(),
        ..store::credentials::Fields::default()
    };
    let credential = store::credentials::add(tx, &fields, &SecretString::from("secret")).await?;
    let subject = Subject {
        issuer: "https://issuer.example".to_owned(),
        key: "alice".to_owned(),
        address: "alice@example.com".to_owned(),
        tenant: String::new(),
    };
    let grant = grants::consented(
        tx,
        user,
        credential,
        &subject,
        &tokens(first),
        "mail",
        first.ends,
    )
    .await?;
    Ok((grant, user, credential, subject))
}

#[tokio::test]
async fn the_checkers_row_and_the_real_one_on_sqlite_are_the_same() {
    compare(None).await;
}

#[tokio::test]
async fn the_checkers_row_and_the_real_one_on_postgresql_are_the_same() {
    if let Some(database) = testing::postgres::database() {
        compare(Some(&database.url)).await;
    }
}
