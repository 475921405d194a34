//! One transaction, as all modules of the store see it.
//!
//! A [`Tx`] carries what belongs to one commit: the time, the change numbers it took, and what is to be
//! announced once the commit stands. Announcements of a transaction that fails are dropped with it.

use std::collections::BTreeMap;

use crate::announcements::Announcement;
use crate::db::{Open, Row, Value};
use crate::error::Result;
use crate::id::AccountId;
use crate::seal::KeyRing;
use crate::world::{Millis, World};

/// An open transaction.
pub struct Tx {
    pub(crate) open: Open,
    pub(crate) world: World,
    pub(crate) keys: KeyRing,
    pub(crate) announcements: Vec<Announcement>,
    pub(crate) modseqs: BTreeMap<AccountId, i64>,
}

impl Tx {
    /// Over a transaction that no [`Store`](crate::Store) runs: nothing is announced.
    pub(crate) fn over(open: Open, world: World, keys: KeyRing) -> Tx {
        Tx {
            open,
            world,
            keys,
            announcements: Vec::new(),
            modseqs: BTreeMap::new(),
        }
    }

    /// The time of this transaction's statements.
    pub fn now(&self) -> Millis {
        self.world.now()
    }

    /// Time and chance.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Runs a statement; answers how many rows it touched.
    pub async fn execute(&mut self, sql: impl Into<String>, values: &[Value]) -> Result<u64> {
        self.open.execute(sql.into(), values).await
    }

    /// All rows of a query. The query itself bounds their number.
    pub async fn rows(&mut self, sql: impl Into<String>, values: &[Value]) -> Result<Vec<Row>> {
        self.open.fetch(sql.into(), values).await
    }

    /// The first row of a query.
    pub async fn row(&mut self, sql: impl Into<String>, values: &[Value]) -> Result<Option<Row>> {
        Ok(self
            .open
            .fetch(sql.into(), values)
            .await?
            .into_iter()
            .next())
    }

    /// A single number, 0 where there is no row.
    pub async fn number(&mut self, sql: impl Into<String>, values: &[Value]) -> Result<i64> {
        match self.row(sql, values).await? {
            Some(row) => Ok(row.get::<Option<i64>>(0)?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// Whether search statements are to be SQLite's: the one place where the two texts differ.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.open.is_sqlite()
    }

    /// Says something to all who listen, once the commit stands.
    pub fn announce(&mut self, announcement: Announcement) {
        if !self.announcements.contains(&announcement) {
            self.announcements.push(announcement);
        }
    }
}

/// Arguments of a statement: `args![id, name, 5]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] };
}
