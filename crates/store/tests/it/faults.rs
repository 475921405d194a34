//! Databases that cannot be written, are full or away: a passing error, nothing lost, and on it goes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use store::audit::{self, Actor};
use store::testing::{START, TestStore};
use store::{Error, Store, World, args, blobs, check};
use testing::wait_for;

use crate::scene::{at, mailbox, pull, raw};

async fn open(folder: &Path, seed: u64) -> store::Result<Store> {
    let (world, _) = World::for_tests(START, seed);
    let database = format!("sqlite:{}/tegata.db", folder.display());
    let blobs = format!("file:{}/blobs", folder.display());
    Store::open(&database, &blobs, &folder.join("tegata.key"), world).await
}

async fn note(store: &Store, text: String) -> store::Result<()> {
    store
        .write(|tx| {
            Box::pin(async move {
                audit::add(
                    tx,
                    &Actor::system(),
                    "test.noted",
                    text,
                    serde_json::json!({}),
                )
                .await
            })
        })
        .await
}

async fn notes(store: &Store) -> store::Result<i64> {
    store
        .read(|tx| Box::pin(async move { tx.number("SELECT COUNT(*) FROM audit", args![]).await }))
        .await
}

/// A small file system of its own, taken down with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn of(size: &str) -> Option<SmallDisk> {
        let folder = testing::temporary_folder("disk");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(folder));
        }
        testing::skip("a full disk", "no tmpfs can be mounted here (needs root)")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, option: &str) -> bool {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{option}")])
            .arg(self.path())
            .output();
        done.is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

/// Takes what is left of the room, leaving nothing.
fn fill(folder: &Path) -> PathBuf {
    use std::io::Write as _;
    let path = folder.join("ballast");
    let mut file = std::fs::File::create(&path).expect("an empty file fits");
    for size in [65_536, 4096, 1] {
        let block = vec![1; size];
        while file.write_all(&block).is_ok() {}
    }
    path
}

#[tokio::test]
async fn a_full_disk_is_a_passing_error_and_nothing_committed_is_lost() {
    let Some(disk) = SmallDisk::of("8m") else {
        return;
    };
    let store = open(disk.path(), 1).await.unwrap();
    let mut written = 0;
    for _ in 0..20 {
        note(&store, "x".repeat(1000)).await.unwrap();
        written += 1;
    }
    let ballast = fill(disk.path());
    let mut refused = None;
    for _ in 0..2000 {
        match note(&store, "x".repeat(20_000)).await {
            Ok(()) => written += 1,
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    let refused = refused.expect("the disk is full at last");
    assert!(refused.is_passing(), "{refused:?}");
    let noise: Vec<u8> = (0..4096)
        .flat_map(|_| store.world().random::<32>())
        .collect();
    let refused = store.blobs().put(&noise).await.unwrap_err();
    assert!(refused.is_passing(), "{refused:?}");
    assert_eq!(notes(&store).await.unwrap(), written);
    std::fs::remove_file(ballast).unwrap();
    // What did not fit is not there by half.
    let id = store::BlobId::of(&noise);
    assert_eq!(store.blobs().get(id).await.unwrap(), None);
    assert_eq!(store.blobs().put(&noise).await.unwrap(), id);
    note(&store, "and on it goes".into()).await.unwrap();
    assert_eq!(notes(&store).await.unwrap(), written + 1);
    assert!(check::run(&store).await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test]
async fn a_disk_that_becomes_read_only_is_a_passing_error() {
    let Some(disk) = SmallDisk::of("8m") else {
        return;
    };
    let store = open(disk.path(), 1).await.unwrap();
    note(&store, "before".into()).await.unwrap();
    store.close().await;
    if !disk.remount("ro") {
        return;
    }
    let refused = open(disk.path(), 2).await.map(drop).unwrap_err();
    assert!(refused.is_passing(), "{refused:?}");
    assert!(disk.remount("rw"));
    let store = open(disk.path(), 3).await.unwrap();
    assert_eq!(notes(&store).await.unwrap(), 1);
    store.close().await;
}

/// Root may write what is marked read-only, so the database itself is told.
#[tokio::test]
async fn a_database_that_becomes_read_only_is_a_passing_error_and_can_be_read() {
    let t = TestStore::open(None).await;
    let m = mailbox(&t).await;
    let added = pull(&t, &m, at(m.inbox, 1), &raw("a@x", "", "hello", "world")).await;
    // Belongs to the connection, so the end of the transaction does not undo it.
    let _ = t
        .store
        .write(|tx| Box::pin(async move { tx.execute("PRAGMA query_only = ON", args![]).await }))
        .await;
    let refused = note(&t.store, "x".into()).await.unwrap_err();
    assert!(refused.is_passing(), "{refused:?}");
    assert!(crate::scene::exists(&t, &m, added.id).await);
    let mended = t.again(2).await.unwrap();
    note(&mended, "and on it goes".into()).await.unwrap();
    mended.close().await;
    t.close().await;
}

#[tokio::test]
async fn a_database_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = testing::temporary_folder("rubbish");
    let path = folder.path().join("tegata.db");
    let rubbish = "this is somebody's letter, not a database\n".repeat(100);
    std::fs::write(&path, &rubbish).unwrap();
    assert!(open(folder.path(), 1).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), rubbish);
    for address in ["mysql://x", "", "tegata.db"] {
        let refused = store::db::Db::open(address).await.map(drop).unwrap_err();
        assert!(matches!(refused, Error::Config(_)), "{address}");
    }
    assert!(matches!(
        blobs::Blobs::open("s3:bucket").map(drop),
        Err(Error::Config(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_goes_away_in_the_middle_is_a_passing_error_until_it_is_back() {
    let Some(mut server) = testing::postgres::server() else {
        return;
    };
    let database = server.database();
    let t = TestStore::open(Some(&database.url)).await;
    let m = mailbox(&t).await;
    let added = pull(&t, &m, at(m.inbox, 1), &raw("a@x", "", "hello", "world")).await;
    let (begun, hear) = tokio::sync::oneshot::channel::<()>();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let store = t.store.clone();
    let half = tokio::spawn(async move {
        store
            .write(move |tx| {
                Box::pin(async move {
                    audit::add(
                        tx,
                        &Actor::system(),
                        "test.noted",
                        "half",
                        serde_json::json!({}),
                    )
                    .await?;
                    let _ = begun.send(());
                    let _ = wait.await;
                    audit::add(
                        tx,
                        &Actor::system(),
                        "test.noted",
                        "whole",
                        serde_json::json!({}),
                    )
                    .await
                })
            })
            .await
    });
    hear.await.unwrap();
    server.stop();
    go.send(()).unwrap();
    let refused = half.await.unwrap().unwrap_err();
    assert!(refused.is_passing(), "{refused:?}");
    // Nobody knocks while it starts: its log would tell of that as FATAL, which the starter takes for its own end.
    server.start();
    wait_for(
        "the store to work again",
        Duration::from_secs(20),
        async || note(&t.store, "after".into()).await.ok(),
    )
    .await;
    assert!(crate::scene::exists(&t, &m, added.id).await);
    let half = read!(t, tx => tx.number("SELECT COUNT(*) FROM audit WHERE subject IN ('half', 'whole')", args![]).await);
    assert_eq!(half, 0);
    t.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_are_made_anew() {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    let t = TestStore::open(Some(&database.url)).await;
    let mut heard = t.store.listen();
    let ear = tokio::spawn(t.store.clone().hear_others());
    for round in 0..3 {
        note(&t.store, format!("before {round}")).await.unwrap();
        database.cut_connections();
        if let Err(error) = note(&t.store, format!("cut {round}")).await {
            assert!(error.is_passing(), "{error:?}");
        }
    }
    assert!(notes(&t.store).await.unwrap() >= 3);
    // And the others are heard again.
    let other = t.again(2).await.unwrap();
    wait_for(
        "the other node's announcement",
        Duration::from_secs(20),
        async || {
            other
                .write(|tx| {
                    Box::pin(async move { store::jobs::add(tx, "look", [1; 16], "{}", 0).await })
                })
                .await
                .ok()?;
            heard.try_recv().ok()
        },
    )
    .await;
    ear.abort();
    let _ = ear.await;
    other.close().await;
    t.close().await;
}
