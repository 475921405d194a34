//! Waiting for another process, in the only place that does it.
//!
//! A test never sleeps for a while and hopes: it names what it waits for and
//! for how long, and is told so when that did not come.

use std::time::{Duration, Instant};

/// How often we look. Short, because most things are there at the second look.
const PAUSE: Duration = Duration::from_millis(10);

/// Blocks until `condition` is true, looking every 10 ms.
///
/// # Panics
/// When `limit` passes first; the message names `what`.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < limit,
            "waited {limit:?} in vain until {what}"
        );
        std::thread::sleep(PAUSE);
    }
}

/// Waits, without blocking the runtime, until `look` gives something, looking every 10 ms.
///
/// # Panics
/// When `limit` passes first; the message names `what`.
pub async fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(limit, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {limit:?} in vain for {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_until_returns_as_soon_as_the_condition_holds() {
        let mut looks = 0;
        wait_until("the third look", Duration::from_secs(5), || {
            looks += 1;
            looks == 3
        });
        assert_eq!(looks, 3);
    }

    #[test]
    #[should_panic(expected = "in vain until pigs fly")]
    fn wait_until_names_what_did_not_come() {
        wait_until("pigs fly", Duration::from_millis(20), || false);
    }

    #[tokio::test]
    #[should_panic(expected = "in vain for an answer")]
    async fn wait_for_cuts_a_look_that_never_ends() {
        let silence = async || -> Option<()> { std::future::pending().await };
        wait_for("an answer", Duration::from_millis(20), silence).await;
    }
}
