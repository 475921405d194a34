//! Time and chance, handed in.
//!
//! Everything that asks what time it is, or needs something unguessable, asks a [`World`]. The program
//! has the real one; tests hand in a clock they turn by hand and a seeded source, so that they neither
//! sleep nor flicker.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = i64;

/// Where time and chance come from.
#[derive(Clone)]
pub struct World(Arc<dyn Source>);

trait Source: Send + Sync {
    fn now(&self) -> Millis;
    fn since_boot(&self) -> Duration;
    fn fill(&self, bytes: &mut [u8]);
}

impl World {
    /// The machine's clock and random numbers.
    pub fn real() -> World {
        World(Arc::new(Real))
    }

    /// A clock that stands at `start` until it is turned, and a repeatable source of chance.
    pub fn for_tests(start: Millis, seed: u64) -> (World, TestWorld) {
        let test = TestWorld(Arc::new(Clock {
            now: AtomicI64::new(start),
            booted: AtomicI64::new(start),
        }));
        (test.world(seed), test)
    }

    /// The time, in milliseconds since 1970.
    pub fn now(&self) -> Millis {
        self.0.now()
    }

    /// Time since the machine started, counting suspension: for deadlines that must not be fooled by a
    /// clock that is set, nor by a lid that was closed.
    pub fn since_boot(&self) -> Duration {
        self.0.since_boot()
    }

    /// Unguessable bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }

    /// A number from 0 up to and including `most`, for jitter.
    pub fn jitter(&self, most: u64) -> u64 {
        u64::from_le_bytes(self.random::<8>()) % (most + 1)
    }

    /// A new UUIDv7.
    pub fn id(&self) -> [u8; 16] {
        let millis = u64::try_from(self.now()).unwrap_or(0);
        *uuid::Builder::from_unix_timestamp_millis(millis, &self.random::<10>())
            .as_uuid()
            .as_bytes()
    }
}

struct Real;

impl Source for Real {
    fn now(&self) -> Millis {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            })
    }
    fn since_boot(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(
            time.tv_sec.max(0) as u64,
            time.tv_nsec.clamp(0, 999_999_999) as u32,
        )
    }
    fn fill(&self, bytes: &mut [u8]) {
        // Without random numbers nothing here is safe: better no program than a guessable one.
        getrandom::fill(bytes).expect("the system gives random numbers");
    }
}

/// The hand on a test's clock.
#[derive(Clone)]
pub struct TestWorld(Arc<Clock>);

struct Clock {
    now: AtomicI64,
    booted: AtomicI64,
}

struct Fixed {
    clock: Arc<Clock>,
    counter: AtomicU64,
    seed: u64,
    hash: Mutex<()>,
}

impl TestWorld {
    /// Another process on the same machine: the same clock, chance of its own.
    pub fn world(&self, seed: u64) -> World {
        World(Arc::new(Fixed {
            clock: self.0.clone(),
            counter: AtomicU64::new(0),
            seed,
            hash: Mutex::new(()),
        }))
    }

    /// Turns the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0
            .now
            .fetch_add(by.as_millis() as i64, Ordering::SeqCst);
    }

    /// Sets the clock, back or forward, as somebody does it by hand: no time passes.
    pub fn set_by(&self, millis: Millis) {
        self.0.now.fetch_add(millis, Ordering::SeqCst);
        self.0.booted.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Source for Fixed {
    fn now(&self) -> Millis {
        self.clock.now.load(Ordering::SeqCst)
    }
    fn since_boot(&self) -> Duration {
        Duration::from_millis((self.now() - self.clock.booted.load(Ordering::SeqCst)).max(0) as u64)
    }
    fn fill(&self, bytes: &mut [u8]) {
        let _order = self
            .hash
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let turn = self.counter.fetch_add(1, Ordering::SeqCst);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&turn.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}
