//! Keys: added, rotated beside work, dropped; lost; values that were moved.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::ExposeSecret as _;
use store::audit::Actor;
use store::grants::{self, Status, Tokens};
use store::seal::{self, SEALED};
use store::testing::{START, TestStore};
use store::{Error, GrantId, Store, World, args, credentials};

use crate::scene::{credential, grant, mailbox, tokens, user};
use store::users::Role;

async fn open(t: &TestStore, key_file: &Path, seed: u64) -> store::Result<Store> {
    let (world, _) = World::for_tests(START, seed);
    let blobs = format!("file:{}/blobs", t.folder.display());
    Store::open(&t.database, &blobs, key_file, world).await
}

/// How many values each key sealed.
async fn by_key(store: &Store, number: u32) -> i64 {
    let found = store
        .read(|tx| Box::pin(async move { seal::survey(tx).await }))
        .await
        .unwrap();
    found
        .iter()
        .filter(|found| found.number == number)
        .map(|found| found.count)
        .sum()
}

async fn rotate(store: &Store) -> seal::Rotated {
    seal::rotate(store, &Actor::system(), true, |_| {})
        .await
        .expect("the keys are rotated")
}

async fn refresh_token(store: &Store, id: GrantId) -> String {
    let token = store
        .read(move |tx| Box::pin(async move { grants::refresh_token(tx, id).await }))
        .await
        .expect("it opens");
    token.expect("it is there").expose_secret().to_owned()
}

/// A renewal as the keeper of tokens does it.
async fn renew(store: &Store, id: GrantId, refresh: &str) {
    let new: Tokens = tokens("access", Some(refresh), START + 1);
    let done = store
        .write(move |tx| {
            Box::pin(async move {
                let grant = grants::find(tx, id).await?.expect("the grant is there");
                grants::renewed(tx, id, grant.version, "me", &new, START).await
            })
        })
        .await;
    assert!(done.expect("the token is stored"));
}

on_both! {
    async fn everything_is_sealed_anew_and_opens_as_before(t) {
        let m = mailbox(t).await;
        let before = by_key(&t.store, 1).await;
        assert!(before >= 3, "{before}");
        let other = t.again(2).await.unwrap();
        let done = rotate(&t.store).await;
        assert_eq!((done.number, done.added, done.resealed as i64, done.unreadable), (2, true, before, 0));
        assert_eq!((by_key(&t.store, 1).await, by_key(&t.store, 2).await), (0, before));
        assert_eq!(refresh_token(&t.store, m.grant).await, "refresh-0");
        // Another process read the file before the rotation, and reads it again when it meets the new key.
        assert_eq!(refresh_token(&other, m.grant).await, "refresh-0");
        renew(&other, m.grant, "refresh-1").await;
        assert_eq!(by_key(&t.store, 1).await, 0);
        seal::drop_key(&t.store, 1, &Actor::system()).await.unwrap();
        other.close().await;
        let third = t.again(3).await.unwrap();
        assert_eq!(third.keys().numbers(), [2]);
        assert_eq!(refresh_token(&third, m.grant).await, "refresh-1");
        third.close().await;
    }

    async fn a_process_that_has_not_heard_of_the_rotation_leaves_nothing_under_the_old_key(t) {
        let m = mailbox(t).await;
        let other = t.again(2).await.unwrap();
        rotate(&t.store).await;
        // It has met no value with the new key, and seals one.
        assert_eq!(other.keys().sealing(), 1);
        let id = other.write(|tx| Box::pin(async move {
            credentials::add(tx, &crate::scene::fields("second"), &"GOCSPX-second".into()).await
        })).await.unwrap();
        assert_eq!(by_key(&t.store, 1).await, 0);
        assert_eq!(other.keys().sealing(), 2);
        let secret = read!(t, tx => credentials::secret(tx, id).await).unwrap();
        assert_eq!(secret.expose_secret(), "GOCSPX-second");
        assert_eq!(refresh_token(&other, m.grant).await, "refresh-0");
        other.close().await;
    }

    async fn tokens_that_are_renewed_during_a_rotation_are_not_overwritten(t) {
        let alice = user(t, "alice", Role::Member).await;
        let app = credential(t, "mail").await;
        let mut ids = Vec::new();
        for n in 0..120 {
            ids.push(grant(t, alice, app, &format!("alice{n}")).await);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let other = t.again(2).await.unwrap();
        let (end, store, all) = (stop.clone(), other.clone(), ids.clone());
        let writer = tokio::spawn(async move {
            let mut rounds = 0;
            while !end.load(Ordering::SeqCst) || rounds == 0 {
                rounds += 1;
                for id in all.iter().step_by(7) {
                    renew(&store, *id, &format!("refresh-{rounds}")).await;
                }
            }
            rounds
        });
        for number in 2..=4 {
            assert_eq!(rotate(&t.store).await.number, number);
        }
        stop.store(true, Ordering::SeqCst);
        let rounds = writer.await.unwrap();
        for number in 1..=3 {
            assert_eq!(by_key(&t.store, number).await, 0, "key {number}");
        }
        for (at, id) in ids.iter().enumerate() {
            let expected = if at % 7 == 0 { format!("refresh-{rounds}") } else { "refresh-0".into() };
            assert_eq!(refresh_token(&t.store, *id).await, expected);
        }
        other.close().await;
    }

    async fn a_rotation_that_was_broken_off_is_finished_by_the_next_one(t) {
        let m = mailbox(t).await;
        let old = read!(t, tx => tx.row("SELECT refresh_token FROM grants", args![]).await?.unwrap().get::<Vec<u8>>(0));
        rotate(&t.store).await;
        write!(t, tx => tx.execute("UPDATE grants SET refresh_token = $1", args![old]).await);
        let done = rotate(&t.store).await;
        assert_eq!((done.number, done.added, done.resealed), (2, false, 1));
        // And one that ended right after the file was written takes that key.
        assert_eq!(seal::add_key(&t.store, &Actor::system()).await.unwrap(), 3);
        let done = rotate(&t.store).await;
        assert_eq!((done.number, done.added), (3, false));
        assert_eq!(refresh_token(&t.store, m.grant).await, "refresh-0");
    }

    async fn a_key_is_added_first_where_other_machines_have_files_of_their_own(t) {
        let m = mailbox(t).await;
        let here = t.folder.join("tegata.key");
        let there = t.folder.join("there.key");
        let refused = seal::rotate(&t.store, &Actor::system(), false, |_| {}).await.unwrap_err().to_string();
        assert!(refused.contains("tegata keys add"), "{refused}");
        // A machine that was forgotten: what it stores is kept under the old key, and sealed anew later.
        std::fs::copy(&here, t.folder.join("forgotten.key")).unwrap();
        let forgotten = open(t, &t.folder.join("forgotten.key"), 5).await.unwrap();
        assert_eq!(seal::add_key(&t.store, &Actor::system()).await.unwrap(), 2);
        let refused = seal::add_key(&t.store, &Actor::system()).await.unwrap_err().to_string();
        assert!(refused.contains("waits already"), "{refused}");
        renew(&t.store, m.grant, "refresh-1").await;
        assert_eq!(by_key(&t.store, 2).await, 0);
        std::fs::copy(&here, &there).unwrap();
        let other = open(t, &there, 6).await.unwrap();
        assert_eq!(other.keys().sealing(), 1);
        seal::rotate(&t.store, &Actor::system(), false, |_| {}).await.unwrap();
        assert_eq!(refresh_token(&other, m.grant).await, "refresh-1");
        renew(&forgotten, m.grant, "refresh-2").await;
        assert!(by_key(&t.store, 1).await > 0);
        let refused = seal::drop_key(&t.store, 1, &Actor::system()).await.unwrap_err().to_string();
        assert!(refused.contains("sealed with key 1"), "{refused}");
        let done = seal::rotate(&t.store, &Actor::system(), false, |_| {}).await.unwrap();
        assert_eq!((done.number, done.added), (2, false));
        seal::drop_key(&t.store, 1, &Actor::system()).await.unwrap();
        assert_eq!(refresh_token(&other, m.grant).await, "refresh-2");
        let refused = seal::drop_key(&t.store, 2, &Actor::system()).await.unwrap_err().to_string();
        assert!(refused.contains("the one that seals"), "{refused}");
        forgotten.close().await;
        other.close().await;
    }

    async fn two_who_rotate_at_once_leave_one_sound_state(t) {
        let m = mailbox(t).await;
        let other = t.again(2).await.unwrap();
        let actor = Actor::system();
        let (one, two) = tokio::join!(
            seal::rotate(&t.store, &actor, true, |_| {}),
            seal::rotate(&other, &actor, true, |_| {}),
        );
        for result in [&one, &two] {
            if let Err(error) = result {
                assert!(error.to_string().contains("at this moment"), "{error}");
            }
        }
        assert!(one.is_ok() || two.is_ok());
        assert_eq!(by_key(&t.store, 1).await, 0);
        assert_eq!(refresh_token(&t.store, m.grant).await, "refresh-0");
        other.close().await;
    }

    async fn a_missing_key_file_is_told_with_what_is_lost_and_none_is_made(t) {
        mailbox(t).await;
        let path = t.folder.join("another.key");
        let refused = open(t, &path, 7).await.map(drop).unwrap_err();
        assert!(matches!(refused, Error::Config(_)) && !refused.is_passing());
        let text = refused.to_string();
        for part in ["is not there", "3 of 3 sealed values cannot be read", "1 client secret", "1 grant", "all mail", "keys accept-loss"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!path.exists());
        t.again(2).await.unwrap().close().await;
    }

    async fn the_key_file_of_another_database_is_told_with_what_is_lost(t) {
        mailbox(t).await;
        let path = t.folder.join("another.key");
        let (world, _) = World::for_tests(0, 77);
        seal::KeyRing::load_or_create(&path, &world).unwrap();
        let text = open(t, &path, 7).await.map(drop).unwrap_err().to_string();
        for part in ["does not belong to this database", "3 of 3 sealed values", "1 client secret"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // An older copy of the right file: only what was sealed since is lost.
        std::fs::copy(t.folder.join("tegata.key"), &path).unwrap();
        rotate(&t.store).await;
        let text = open(t, &path, 8).await.map(drop).unwrap_err().to_string();
        assert!(text.contains("it holds key 1, and the database was sealed with key 2"), "{text}");
    }

    async fn a_loss_that_is_accepted_leaves_a_sound_store_that_says_what_to_do(t) {
        let m = mailbox(t).await;
        let path = t.folder.join("tegata.key");
        let (world, _) = World::for_tests(START, 9);
        let db = store::db::Db::open(&t.database).await.unwrap();
        let refused = seal::accept(&db, &world, &path, &Actor::system()).await.unwrap_err().to_string();
        assert!(refused.contains("nothing is lost"), "{refused}");
        std::fs::rename(&path, t.folder.join("lost.key")).unwrap();
        let done = seal::accept(&db, &world, &path, &Actor::system()).await.unwrap();
        db.close().await;
        assert_eq!(done.number, 2);
        let store = t.again(2).await.unwrap();
        let grant_id = m.grant;
        let grant = store.read(move |tx| Box::pin(async move { grants::find(tx, grant_id).await })).await.unwrap().unwrap();
        assert_eq!((grant.status, grant.cause.unwrap().id.as_str(), grant.has_access_token), (Status::NeedsConsent, "key-lost", false));
        let id = m.credential;
        let app = store.read(move |tx| Box::pin(async move { credentials::find(tx, id).await })).await.unwrap().unwrap();
        assert_eq!(app.status, credentials::Status::Broken);
        assert!(store::check::run(&store).await.unwrap().is_empty());
        store.close().await;
    }

    async fn a_sealed_value_that_was_moved_to_another_row_or_column_does_not_open(t) {
        let alice = user(t, "alice", Role::Member).await;
        let app = credential(t, "mail").await;
        let (one, two) = (grant(t, alice, app, "one").await, grant(t, alice, app, "two").await);
        let swaps = [
            "UPDATE grants SET refresh_token = (SELECT o.refresh_token FROM grants o WHERE o.subject = 'one') WHERE subject = 'two'",
            "UPDATE grants SET refresh_token = access_token WHERE subject = 'two'",
            "UPDATE grants SET refresh_token = (SELECT c.client_secret FROM credentials c) WHERE subject = 'two'",
        ];
        let right = read!(t, tx => tx.row("SELECT refresh_token FROM grants WHERE subject = 'two'", args![]).await?.unwrap().get::<Vec<u8>>(0));
        for swap in swaps {
            write!(t, tx => tx.execute(swap, args![]).await);
            let moved = t.store.read(move |tx| Box::pin(async move { grants::refresh_token(tx, two).await })).await;
            assert!(matches!(moved, Err(Error::Sealed { .. })), "{swap}");
            let findings = store::check::run(&t.store).await.unwrap();
            assert!(findings.iter().any(|line| line.contains("refresh_token")), "{findings:?}");
            let right = right.clone();
            write!(t, tx => tx.execute("UPDATE grants SET refresh_token = $1 WHERE subject = 'two'", args![right]).await);
        }
        assert_eq!(refresh_token(&t.store, one).await, "refresh-0");
    }

    // A column of octets is an id, a hash, a name, or sealed: a new one has to be put somewhere.
    async fn every_column_of_octets_is_known_to_be_sealed_or_to_hold_no_secret(t) {
        let tables = read!(t, tx => store::backup::tables(tx).await);
        let mut sealed = 0;
        for table in &tables {
            for column in table.columns.iter().filter(|column| column.kind == store::backup::Kind::Octets) {
                let name = column.name.as_str();
                let listed = SEALED.iter().any(|s| s.table == table.name && s.column == name);
                let open = name == "id" || name.ends_with("_id") || name.ends_with("_hash") || name == "wire_name";
                assert!(listed != open, "{}.{name}: put it into SEALED, or name it here", table.name);
                sealed += usize::from(listed);
            }
        }
        assert_eq!(sealed, SEALED.len(), "SEALED names columns that are not there");
    }

    async fn the_key_file_is_replaced_whole_and_for_its_owner_only(t) {
        use std::os::unix::fs::PermissionsExt as _;
        mailbox(t).await;
        rotate(&t.store).await;
        let path = t.folder.join("tegata.key");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let beside: Vec<_> = std::fs::read_dir(&t.folder).unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("tegata.key")).collect();
        assert_eq!(beside, ["tegata.key"]);
    }
}
