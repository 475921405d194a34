//! Whether Tegata itself ran: any node says so every twenty seconds, and a longer silence becomes an interval.
//!
//!     beat -> silence since the last one? -> intervals: `stopped` (that long), then `running`
//!
//! What always holds: on one database the beat of any node counts for all; of nodes that begin at once one
//! records the silence; a clock that was turned forward while a node ran is no silence, because the node itself
//! knows by its own watch how long it was away.

use std::time::Duration;

use crate::args;
use crate::error::Result;
use crate::intervals::{self, Cause, SERVICE, Side};
use crate::tx::Tx;
use crate::world::Millis;

/// Every so often a node beats.
pub const EVERY: Duration = Duration::from_secs(20);
/// A silence of more than this is one: a restart is shorter, and a beat may be late.
pub const SILENCE: Millis = 90_000;

/// A node says that it runs. `away`: how long it was since its own last beat, by a watch that nobody turns; `None`
/// for its first one. Answers how long nobody ran, where that was a silence.
pub async fn beat(tx: &mut Tx, away: Option<Duration>) -> Result<Option<Millis>> {
    let now = tx.now();
    let row = tx
        .row(
            "UPDATE heartbeat SET previous = at, at = $1 WHERE one = 1 RETURNING previous",
            args![now],
        )
        .await?;
    let Some(row) = row else {
        tx.execute(
            "INSERT INTO heartbeat (one, at, previous) VALUES (1, $1, $1) ON CONFLICT (one) DO NOTHING",
            args![now],
        )
        .await?;
        intervals::turn(tx, SERVICE, Side::Service, "running", None).await?;
        return Ok(None);
    };
    let last: Millis = row.get(0)?;
    let silence = now - last;
    let by_its_watch = away.is_none_or(|away| away.as_millis() > SILENCE.unsigned_abs().into());
    if silence <= SILENCE || !by_its_watch {
        return Ok(None);
    }
    let cause = Cause::new("service-stopped");
    intervals::was(
        tx,
        SERVICE,
        Side::Service,
        ("stopped", "running"),
        last,
        &cause,
    )
    .await?;
    Ok(Some(silence))
}
