//! Everything Tegata knows: the meeting place of doors and workers.
//!
//!     door  -> write(|tx| visible change + wish) -> commit -> announcement -> worker
//!     worker -> write(|tx| result + change)      -> commit -> announcement -> door
//!
//! One concrete [`Store`]; the modules are plain async functions on a transaction ([`Tx`]), a module per
//! noun. What always holds: a change and what must follow from it are one commit; announcements go out
//! after it; secrets are sealed before they reach a row.

pub mod accounts;
pub mod announcements;
pub mod api_tokens;
pub mod attempts;
pub mod audit;
pub mod backup;
pub mod blobs;
pub mod changes;
pub mod check;
pub mod connects;
pub mod credentials;
pub mod db;
pub mod emails;
pub mod error;
pub mod failures;
pub mod folders;
pub mod grants;
pub mod guides;
pub mod heartbeat;
pub mod id;
pub mod identities;
pub mod intents;
pub mod intervals;
pub mod invitations;
pub mod jobs;
pub mod login_sessions;
pub mod notices;
pub mod pending_accounts;
pub mod protocol_log;
pub mod reconnect_links;
pub mod seal;
pub mod search;
pub mod settings;
pub mod submissions;
pub mod taps;
pub mod testing;
pub mod threads;
pub mod traffic;
pub mod tx;
pub mod users;
pub mod world;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::broadcast;

pub use announcements::Announcement;
pub use error::{Error, Result};
pub use id::*;
pub use tx::Tx;
pub use world::{Millis, World};

/// The work of a transaction: `|tx| Box::pin(async move { … })`.
pub type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// The channel of PostgreSQL's NOTIFY.
const CHANNEL: &str = "tegata";

/// The store. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    db: db::Db,
    blobs: blobs::Blobs,
    keys: seal::KeyRing,
    world: World,
    listeners: broadcast::Sender<Announcement>,
    /// Names this process in leases and announcements.
    node: String,
    foreign_version: AtomicI64,
    taps: taps::Taps,
    installation: std::sync::OnceLock<String>,
}

impl Store {
    /// Opens database, blobs and key ring, and brings the schema up to date.
    ///
    /// Errors: any of the three says why it cannot be used.
    pub async fn open(database: &str, blobs: &str, key_file: &Path, world: World) -> Result<Store> {
        let blobs = blobs::Blobs::open(blobs)?;
        let db = db::Db::open(database).await?;
        let keys = seal::KeyRing::load(key_file)?;
        seal::look(&db, &world, keys.as_ref(), key_file).await?;
        let keys = match keys {
            Some(keys) => keys,
            None => seal::KeyRing::load_or_create(key_file, &world)?,
        };
        let node = format!("{}-{}", std::process::id(), base32(&world.random::<5>()));
        let (listeners, _) = broadcast::channel(1024);
        let foreign_version = AtomicI64::new(db.foreign_version().await?.unwrap_or(0));
        let store = Store(Arc::new(Inner {
            db,
            blobs,
            keys,
            world,
            listeners,
            node,
            foreign_version,
            taps: taps::Taps::default(),
            installation: std::sync::OnceLock::new(),
        }));
        match store.prove_key_ring().await {
            Err(Error::BrokenOff) => store.prove_key_ring().await?,
            proven => proven?,
        }
        Ok(store)
    }

    /// A database belongs to the key ring it was begun with: with another one every token would look broken.
    async fn prove_key_ring(&self) -> Result<()> {
        self.write(|tx| {
            Box::pin(async move {
                let known = tx.row("SELECT value FROM meta WHERE key = 'key_proof'", args![]).await?;
                if let Some(row) = known {
                    let sealed = from_base32(&row.get::<String>(0)?).unwrap_or_default();
                    return tx.keys.open(seal::PROOF, &sealed).map(|_| ()).map_err(|_| {
                        Error::Config(
                            "the key file does not belong to this database: put the right one in [secrets] key_file \
                             (with another one no mailbox could be opened)"
                                .to_owned(),
                        )
                    });
                }
                let sealed = tx.keys.seal(&tx.world, seal::PROOF, &"tegata".to_owned().into());
                let begun = tx
                    .execute(
                        "INSERT INTO meta (key, value) VALUES ('key_proof', $1) ON CONFLICT (key) DO NOTHING",
                        args![base32(&sealed)],
                    )
                    .await?;
                // Another node began it in the same moment: it is looked at when this is tried again.
                if begun == 0 { Err(Error::BrokenOff) } else { Ok(()) }
            })
        })
        .await
    }

    /// A name that this installation gave itself: no secret, it only tells one from another.
    pub async fn installation(&self) -> Result<String> {
        if let Some(known) = self.0.installation.get() {
            return Ok(known.clone());
        }
        let name = self
            .write(|tx| {
                Box::pin(async move {
                    let fresh = base32(&tx.world().random::<10>());
                    tx.execute(
                        "INSERT INTO meta (key, value) VALUES ('installation', $1) ON CONFLICT (key) DO NOTHING",
                        args![fresh],
                    )
                    .await?;
                    let row = tx
                        .row("SELECT value FROM meta WHERE key = 'installation'", args![])
                        .await?;
                    row.map_or(Ok(String::new()), |row| row.get(0))
                })
            })
            .await?;
        Ok(self.0.installation.get_or_init(|| name).clone())
    }

    /// One snapshot to read from.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.run(false, work).await
    }

    /// One transaction: all of it or nothing. Announcements go out after the commit.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.run(true, work).await
    }

    /// A [`write`](Store::write) that can be refused for the caller's own reasons; a refusal rolls back.
    pub async fn try_write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(true, work).await
    }

    async fn run<T, E, F>(&self, writing: bool, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let store = self.clone();
        // In a task of its own: a caller that is dropped must not drop the transaction with it.
        let task = tokio::spawn(async move {
            let mut tx = Tx::over(
                store.0.db.begin(writing).await?,
                store.0.world.clone(),
                store.0.keys.for_transaction(),
            );
            let value = work(&mut tx).await?;
            if writing {
                seal::settle(&mut tx).await?;
                store.notify(&mut tx).await?;
                let announcements = std::mem::take(&mut tx.announcements);
                tx.open.commit().await?;
                for announcement in announcements {
                    store.announce(announcement);
                }
            }
            Ok(value)
        });
        task.await
            .unwrap_or_else(|_| Err(E::from(Error::BrokenOff)))
    }

    /// Tells other nodes, inside the transaction: PostgreSQL delivers it with the commit.
    async fn notify(&self, tx: &mut Tx) -> Result<()> {
        if tx.is_sqlite() {
            return Ok(());
        }
        for announcement in tx.announcements.clone() {
            let text = format!("{} {announcement}", self.0.node);
            tx.rows("SELECT pg_notify($1, $2)", args![CHANNEL, text])
                .await?;
        }
        Ok(())
    }

    /// Says something to all listeners of this process.
    pub fn announce(&self, announcement: Announcement) {
        // Nobody listening is no error.
        let _ = self.0.listeners.send(announcement);
    }

    /// A stream of announcements from now on. One that lags behind should look at everything.
    pub fn listen(&self) -> broadcast::Receiver<Announcement> {
        self.0.listeners.subscribe()
    }

    /// Hears what other processes announce, until the program ends. Started once by `serve`.
    pub async fn hear_others(self) {
        match &self.0.db {
            db::Db::Sqlite { .. } => loop {
                tokio::time::sleep(Duration::from_millis(400)).await;
                match self.0.db.foreign_version().await {
                    Ok(Some(version))
                        if self.0.foreign_version.swap(version, Ordering::SeqCst) != version =>
                    {
                        self.announce(Announcement::Anything);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!(%error, "could not look for changes of other processes")
                    }
                }
            },
            db::Db::Postgres(pool) => loop {
                if let Err(error) = self.hear_postgres(pool).await {
                    tracing::warn!(%error, "not hearing the other nodes; trying again");
                }
                tokio::time::sleep(Duration::from_secs(2)).await;
                // What was said meanwhile is lost: look at everything.
                self.announce(Announcement::Anything);
            },
        }
    }

    async fn hear_postgres(&self, pool: &sqlx::PgPool) -> Result<()> {
        let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let notification = listener.recv().await?;
            let Some((node, text)) = notification.payload().split_once(' ') else {
                continue;
            };
            if node != self.0.node {
                self.announce(text.parse().unwrap_or(Announcement::Anything));
            }
        }
    }

    /// The keys that seal secrets.
    pub fn keys(&self) -> &seal::KeyRing {
        &self.0.keys
    }

    /// Where raw bytes are kept.
    pub fn blobs(&self) -> &blobs::Blobs {
        &self.0.blobs
    }

    /// Time and chance.
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// The time in milliseconds since 1970.
    pub fn now(&self) -> Millis {
        self.0.world.now()
    }

    /// This process's name in leases.
    pub fn node(&self) -> &str {
        &self.0.node
    }

    /// Closes the database; waits for transactions that run.
    pub async fn close(&self) {
        self.0.db.close().await;
    }
}
