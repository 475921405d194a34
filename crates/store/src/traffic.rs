//! What the talk with a provider took, by account and day: the budget that Gmail counts (facts providers 9).
//!
//! Workers count in memory and write sums now and then; a crash loses at most what was not written yet.

use std::collections::HashMap;

use crate::args;
use crate::db::Row;
use crate::error::Result;
use crate::id::AccountId;
use crate::tx::Tx;
use crate::world::Millis;

const DAY: Millis = 24 * 3_600_000;
/// Days are kept this long.
const KEPT_DAYS: i64 = 92;

/// A day's sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Octets from the provider, inside TLS.
    pub received_bytes: i64,
    /// Octets to the provider, inside TLS.
    pub sent_bytes: i64,
    /// IMAP commands and SMTP lines.
    pub commands: i64,
    /// Connections that were opened.
    pub connections: i64,
}

impl Traffic {
    /// Nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Traffic::default()
    }
}

/// The number of a day (UTC).
pub fn day_of(time: Millis) -> i64 {
    time.div_euclid(DAY)
}

/// Adds to today's sums. An account that is gone counts nowhere.
pub async fn add(tx: &mut Tx, account: AccountId, more: &Traffic) -> Result<()> {
    let day = day_of(tx.now());
    tx.execute(
        "INSERT INTO traffic (account_id, day, received_bytes, sent_bytes, commands, connections) \
         SELECT id, $2, $3, $4, $5, $6 FROM accounts WHERE id = $1 \
         ON CONFLICT (account_id, day) DO UPDATE SET received_bytes = traffic.received_bytes + excluded.received_bytes, \
         sent_bytes = traffic.sent_bytes + excluded.sent_bytes, commands = traffic.commands + excluded.commands, \
         connections = traffic.connections + excluded.connections",
        args![account, day, more.received_bytes, more.sent_bytes, more.commands, more.connections],
    )
    .await?;
    tx.execute(
        "DELETE FROM traffic WHERE account_id = $1 AND day < $2",
        args![account, day - KEPT_DAYS],
    )
    .await?;
    Ok(())
}

/// Today's sums of every account that has any.
pub async fn today_of_all(tx: &mut Tx) -> Result<HashMap<AccountId, Traffic>> {
    let day = day_of(tx.now());
    let rows = tx
        .rows(
            "SELECT received_bytes, sent_bytes, commands, connections, account_id FROM traffic WHERE day = $1",
            args![day],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.get(4)?, read(row)?)))
        .collect()
}

fn read(row: &Row) -> Result<Traffic> {
    Ok(Traffic {
        received_bytes: row.get(0)?,
        sent_bytes: row.get(1)?,
        commands: row.get(2)?,
        connections: row.get(3)?,
    })
}

/// Today's sums; `None` where nothing was counted yet.
pub async fn today(tx: &mut Tx, account: AccountId) -> Result<Option<Traffic>> {
    let day = day_of(tx.now());
    let row = tx
        .row(
            "SELECT received_bytes, sent_bytes, commands, connections FROM traffic WHERE account_id = $1 AND day = $2",
            args![account, day],
        )
        .await?;
    row.as_ref().map(read).transpose()
}
