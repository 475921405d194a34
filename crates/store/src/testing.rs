//! A store for tests: fresh, on either database, with a clock in the test's hand, checked when it closes.

use std::path::PathBuf;

use crate::check;
use crate::error::Result;
use crate::world::TestWorld;
use crate::{Store, World};

/// 2026-11-23T00:00:00Z.
pub const START: i64 = 1_795_392_000_000;

/// A store that lives as long as the test.
pub struct TestStore {
    /// The store.
    pub store: Store,
    /// Its clock.
    pub clock: TestWorld,
    /// The database's address.
    pub database: String,
    /// Holds blobs and key file, and SQLite's database.
    pub folder: PathBuf,
}

impl TestStore {
    /// A fresh store on SQLite in a temporary folder, or on the given empty PostgreSQL database.
    pub async fn open(postgres: Option<&str>) -> TestStore {
        let (world, clock) = World::for_tests(START, 1);
        TestStore::open_with(postgres, world, clock).await
    }

    async fn open_with(postgres: Option<&str>, world: World, clock: TestWorld) -> TestStore {
        let folder = std::env::temp_dir().join(format!(
            "tegata-test-{}-{}",
            std::process::id(),
            crate::base32(&World::real().random::<8>())
        ));
        let database = postgres.map_or_else(
            || format!("sqlite:{}/tegata.db", folder.display()),
            str::to_owned,
        );
        let blobs = format!("file:{}/blobs", folder.display());
        let store = Store::open(&database, &blobs, &folder.join("tegata.key"), world)
            .await
            .expect("a fresh store opens");
        TestStore {
            store,
            clock,
            database,
            folder,
        }
    }

    /// Another store on the same database, blobs and key file, as a second process has it. Its clock stands
    /// at [`START`]; its chance comes from `seed`, which must not be 1, or ids come twice.
    pub async fn again(&self, seed: u64) -> Result<Store> {
        let world = self.clock.world(seed);
        let blobs = format!("file:{}/blobs", self.folder.display());
        Store::open(
            &self.database,
            &blobs,
            &self.folder.join("tegata.key"),
            world,
        )
        .await
    }

    /// Closes the store and looks for broken invariants.
    pub async fn close(self) {
        let findings = check::run(&self.store).await.expect("the check runs");
        self.store.close().await;
        let _ = std::fs::remove_dir_all(&self.folder);
        assert!(
            findings.is_empty(),
            "the store is not sound:\n{}",
            findings.join("\n")
        );
    }
}
