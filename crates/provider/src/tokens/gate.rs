//! How many refreshes of a credential are under way at once, and how fast they follow each other.
//!
//! Each credential has a gate of its own, so that a provider or tenant that is slow or dead keeps nobody else
//! waiting. After a long stop all grants are due in the same minute: they pass one after the other, in the order in
//! which they came. Neither provider publishes a limit of its token endpoint; both throttle bursts (facts providers 9).

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Refreshes of a credential between asking and commit at once: more would wait for the database with a reply in hand,
/// which a kill then takes.
const AT_ONCE: usize = 16;
/// Between two requests of a credential: at most 200 in a second.
const APART: Duration = Duration::from_millis(5);

/// A credential's gate.
pub(crate) struct Gate {
    turns: Semaphore,
    next: Mutex<Instant>,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            turns: Semaphore::new(AT_ONCE),
            next: Mutex::new(Instant::now()),
        }
    }
}

impl Gate {
    /// Waits for a turn, which lasts as long as what is returned.
    pub(super) async fn pass(&self) -> Option<SemaphorePermit<'_>> {
        // A semaphore that is never closed never refuses.
        let turn = self.turns.acquire().await.ok();
        let mine = {
            let mut next = self.next.lock().await;
            let mine = (*next).max(Instant::now());
            *next = mine + APART;
            mine
        };
        tokio::time::sleep_until(mine).await;
        turn
    }
}
