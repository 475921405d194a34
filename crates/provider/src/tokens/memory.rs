//! Tokens remembered in this process, so that one in hand costs no query.
//!
//! What always holds: a token's end is measured by time since boot as well, so that a clock that is set back does
//! not make it live longer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use store::{CredentialId, GrantId, Millis, World};

use super::Fresh;
use super::gate::Gate;

/// What is remembered.
#[derive(Default)]
pub(crate) struct Memory {
    tokens: Mutex<HashMap<GrantId, Remembered>>,
    flights: Mutex<HashMap<GrantId, Arc<tokio::sync::Mutex<()>>>>,
    gates: Mutex<HashMap<CredentialId, Arc<Gate>>>,
}

struct Remembered {
    fresh: Fresh,
    /// Since boot.
    ends: Duration,
}

impl Memory {
    /// A token with at least so much life left.
    pub(super) fn get(&self, id: GrantId, world: &World, least_life: Millis) -> Option<Fresh> {
        let tokens = lock(&self.tokens);
        let known = tokens.get(&id)?;
        let least = Duration::from_millis(least_life.max(0).unsigned_abs());
        let lives = known.fresh.ends_at - world.now() >= least_life
            && world.since_boot() + least <= known.ends;
        lives.then(|| known.fresh.clone())
    }

    pub(super) fn put(&self, id: GrantId, fresh: Fresh, world: &World) {
        let life = (fresh.ends_at - world.now()).max(0).unsigned_abs();
        let ends = world.since_boot() + Duration::from_millis(life);
        lock(&self.tokens).insert(id, Remembered { fresh, ends });
    }

    pub(super) fn forget(&self, id: Option<GrantId>) {
        let mut tokens = lock(&self.tokens);
        match id {
            Some(id) => {
                tokens.remove(&id);
            }
            None => tokens.clear(),
        }
    }

    /// Callers of this process that want the same grant queue here and share the first one's answer.
    pub(super) fn flight(&self, id: GrantId) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = lock(&self.flights);
        // Those that ended are swept now and then: at each turn it would cost a look at all.
        if flights.len() > 64 && flights.len().is_power_of_two() {
            flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        }
        flights.entry(id).or_default().clone()
    }

    /// The gate of a credential.
    pub(super) fn gate(&self, credential: CredentialId) -> Arc<Gate> {
        lock(&self.gates).entry(credential).or_default().clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
