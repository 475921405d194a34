//! A test that cannot run here says so, and where everything must run it fails.

/// Whether a skip is a failure: `TEGATA_STRICT=1`, as `.ci/run` sets it.
#[must_use]
pub fn strict() -> bool {
    std::env::var("TEGATA_STRICT").is_ok_and(|value| value == "1")
}

/// Tells that `what` is left out because of `why`; gives `None`, so that a caller can return it.
///
/// # Panics
/// Under `TEGATA_STRICT=1`.
#[must_use]
pub fn skip<T>(what: &str, why: &str) -> Option<T> {
    assert!(
        !strict(),
        "{what} cannot be tested here, and TEGATA_STRICT=1 allows no skip: {why}"
    );
    eprintln!("skipped: {what}: {why}");
    None
}
