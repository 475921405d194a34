//! What goes over an account's connections: counted, and written down while somebody asked for it.
//!
//!     a connection -> its account's tap (memory) -> flush, now and then -> traffic, protocol_log
//!
//! A tap costs a few additions an exchange. A crash loses what was not flushed: counts of some seconds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::id::AccountId;
use crate::protocol_log::{self, Line};
use crate::traffic::{self, Traffic};
use crate::world::{Millis, World};
use crate::{Store, args};

/// Lines that wait in memory; beyond it the newest are dropped and their number is told.
const MOST_WAITING: usize = 5_000;

/// One account's counters and lines.
pub struct Tap {
    world: World,
    received: AtomicI64,
    sent: AtomicI64,
    commands: AtomicI64,
    connections: AtomicI64,
    log_until: AtomicI64,
    lines: Mutex<(Vec<Line>, usize)>,
}

impl Tap {
    fn new(world: World) -> Tap {
        Tap {
            world,
            received: AtomicI64::new(0),
            sent: AtomicI64::new(0),
            commands: AtomicI64::new(0),
            connections: AtomicI64::new(0),
            log_until: AtomicI64::new(0),
            lines: Mutex::default(),
        }
    }

    /// A connection was opened.
    pub fn opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Octets came.
    pub fn received(&self, octets: usize) {
        add(&self.received, octets);
    }

    /// Octets went.
    pub fn sent(&self, octets: usize) {
        add(&self.sent, octets);
    }

    /// A command went.
    pub fn command(&self) {
        self.commands.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether lines are wanted: ask before masking one.
    pub fn is_on(&self) -> bool {
        let until = self.log_until.load(Ordering::Relaxed);
        until > 0 && self.world.now() < until
    }

    /// Keeps a line that was masked already.
    pub fn line(&self, text: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.0.len() >= MOST_WAITING {
            lines.1 += 1;
            return;
        }
        let at = self.world.now();
        lines.0.push(Line { at, text });
    }

    fn take(&self) -> (Traffic, Vec<Line>) {
        let take = |counter: &AtomicI64| counter.swap(0, Ordering::Relaxed);
        let traffic = Traffic {
            received_bytes: take(&self.received),
            sent_bytes: take(&self.sent),
            commands: take(&self.commands),
            connections: take(&self.connections),
        };
        let mut waiting = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut lines, dropped) = std::mem::take(&mut *waiting);
        if dropped > 0 {
            let at = self.world.now();
            let text = format!("({dropped} lines left out: too many at once)");
            lines.push(Line { at, text });
        }
        (traffic, lines)
    }

    /// What was taken and could not be written.
    fn put_back(&self, traffic: &Traffic, lines: &[Line]) {
        for (counter, count) in [
            (&self.received, traffic.received_bytes),
            (&self.sent, traffic.sent_bytes),
            (&self.commands, traffic.commands),
            (&self.connections, traffic.connections),
        ] {
            counter.fetch_add(count, Ordering::Relaxed);
        }
        let mut waiting = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = lines.to_vec();
        all.append(&mut waiting.0);
        waiting.1 += all.len().saturating_sub(MOST_WAITING);
        all.truncate(MOST_WAITING);
        waiting.0 = all;
    }
}

fn add(counter: &AtomicI64, octets: usize) {
    counter.fetch_add(i64::try_from(octets).unwrap_or(i64::MAX), Ordering::Relaxed);
}

/// The taps of this process.
#[derive(Default)]
pub(crate) struct Taps {
    of: Mutex<HashMap<AccountId, Arc<Tap>>>,
    flushing: tokio::sync::Mutex<()>,
}

impl Taps {
    fn all(&self) -> Vec<(AccountId, Arc<Tap>)> {
        let taps = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        taps.iter().map(|(id, tap)| (*id, tap.clone())).collect()
    }
}

impl Store {
    /// The tap of an account, the same for all its connections in this process.
    pub fn tap(&self, account: AccountId) -> Arc<Tap> {
        let mut taps = self
            .0
            .taps
            .of
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taps.entry(account)
            .or_insert_with(|| Arc::new(Tap::new(self.0.world.clone())))
            .clone()
    }

    /// Learns which accounts' talk is to be written down. Called before a check, and by [`Store::flush_taps`].
    pub async fn read_log_switches(&self) -> crate::Result<()> {
        let on = self
            .read(|tx| {
                Box::pin(async move {
                    let now = tx.now();
                    let rows = tx
                        .rows(
                            "SELECT id, protocol_log_until FROM accounts WHERE protocol_log_until > $1",
                            args![now],
                        )
                        .await?;
                    let on: crate::Result<HashMap<AccountId, Millis>> =
                        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
                    on
                })
            })
            .await?;
        for (id, until) in &on {
            self.tap(*id).log_until.store(*until, Ordering::Relaxed);
        }
        for (id, tap) in self.0.taps.all() {
            if !on.contains_key(&id) {
                tap.log_until.store(0, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Writes what the taps hold, and learns the switches anew. What cannot be written goes back into its tap.
    pub async fn flush_taps(&self) -> crate::Result<()> {
        // One at a time, and in one order everywhere: two writers of the same rows would wait for each other.
        let _turn = self.0.taps.flushing.lock().await;
        let mut full = Vec::new();
        for (id, tap) in self.0.taps.all() {
            let (traffic, lines) = tap.take();
            if !traffic.is_empty() || !lines.is_empty() {
                full.push((id, traffic, lines));
            }
        }
        full.sort_by_key(|(id, ..)| *id);
        let mut failed = None;
        // In portions: other writers wait for this one on SQLite.
        for part in full.chunks(50) {
            if failed.is_none() {
                failed = self.write_taps(part.to_vec()).await.err();
            }
            if failed.is_some() {
                for (id, traffic, lines) in part {
                    self.tap(*id).put_back(traffic, lines);
                }
            }
        }
        match failed {
            Some(error) => Err(error),
            None => self.read_log_switches().await,
        }
    }

    async fn write_taps(&self, part: Vec<(AccountId, Traffic, Vec<Line>)>) -> crate::Result<()> {
        self.write(move |tx| {
            Box::pin(async move {
                for (id, traffic, lines) in &part {
                    traffic::add(tx, *id, traffic).await?;
                    if !lines.is_empty() {
                        protocol_log::append(tx, *id, lines).await?;
                    }
                }
                Ok(())
            })
        })
        .await
    }

    /// Forgets the lines that wait to be written: a log was erased.
    pub fn forget_lines(&self, account: AccountId) {
        let tap = self.tap(account);
        let mut waiting = tap.lines.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = (Vec::new(), 0);
    }
}
