//! Failed guesses, counted in windows; the counts are shared by all nodes.

use crate::args;
use crate::error::Result;
use crate::tx::Tx;
use crate::world::Millis;

/// How many failures a key has in its window, and when the window ends.
pub async fn failures(tx: &mut Tx, key: &str) -> Result<(i64, Millis)> {
    let now = tx.now();
    let row = tx
        .row(
            "SELECT failures, window_ends_at FROM attempts WHERE key = $1 AND window_ends_at > $2",
            args![key, now],
        )
        .await?;
    row.map_or(Ok((0, now)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Counts one more try; a window begins with its first. Answers the count with this one, and when the window ends:
/// of many tries at once each is told another number.
pub async fn failed(tx: &mut Tx, key: &str, window: Millis) -> Result<(i64, Millis)> {
    let now = tx.now();
    let row = tx
        .row(
            "INSERT INTO attempts (key, failures, window_ends_at) VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE SET \
             failures = CASE WHEN attempts.window_ends_at > $3 THEN attempts.failures + 1 ELSE 1 END, \
             window_ends_at = CASE WHEN attempts.window_ends_at > $3 THEN attempts.window_ends_at ELSE excluded.window_ends_at END \
             RETURNING failures, window_ends_at",
            args![key, now + window, now],
        )
        .await?;
    tx.execute(
        "DELETE FROM attempts WHERE window_ends_at < $1",
        args![now - 24 * 3600 * 1000],
    )
    .await?;
    row.map_or(Ok((1, now + window)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Forgets a key's failures: its owner came in.
pub async fn forget(tx: &mut Tx, key: &str) -> Result<()> {
    tx.execute("DELETE FROM attempts WHERE key = $1", args![key])
        .await?;
    Ok(())
}

/// Takes one counted try back: it was no failure.
pub async fn take_back(tx: &mut Tx, key: &str) -> Result<()> {
    tx.execute(
        "UPDATE attempts SET failures = failures - 1 WHERE key = $1 AND failures > 0",
        args![key],
    )
    .await?;
    Ok(())
}
