//! What was done to which process, and when, by the sandbox's clock.
//!
//! Each life of a process has a name of its own, which it bears at the token endpoint (`?by=a3`).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::plan::LEASE_MS;

/// What happened to one process.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// From just before the kill to just after it.
    pub killed: Option<(u64, u64)>,
    /// From just before each SIGSTOP to just after its SIGCONT.
    pub holds: Vec<(u64, u64)>,
}

/// A hold that another process may have used to take over: the lease, less what a request leaves of it.
const LONG_MS: u64 = LEASE_MS * 3 / 4;

impl Life {
    /// A long hold that ended shortly before.
    pub fn woke_before(&self, at_ms: u64) -> bool {
        let near =
            |(from, to): &(u64, u64)| to - from >= LONG_MS && (*from..to + 3_000).contains(&at_ms);
        self.holds.iter().any(near)
    }

    /// Long holds.
    pub fn long(&self) -> impl Iterator<Item = &(u64, u64)> {
        self.holds.iter().filter(|(from, to)| to - from >= LONG_MS)
    }
}

#[derive(Default)]
pub struct Diary(Mutex<BTreeMap<String, Life>>);

impl Diary {
    fn lives(&self) -> MutexGuard<'_, BTreeMap<String, Life>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn killed(&self, by: &str, from_ms: u64, to_ms: u64) {
        let mut lives = self.lives();
        lives.entry(by.to_owned()).or_default().killed = Some((from_ms, to_ms));
    }

    pub fn held(&self, by: &str, from_ms: u64, to_ms: u64) {
        let mut lives = self.lives();
        let life = lives.entry(by.to_owned()).or_default();
        life.holds.push((from_ms, to_ms));
    }

    pub fn all(&self) -> BTreeMap<String, Life> {
        self.lives().clone()
    }
}
