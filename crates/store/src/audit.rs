//! Who did what, when, from where. Entries are only added.

use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::AuditId;
use crate::tx::Tx;
use crate::world::Millis;

/// Who acts: a person, a Unix user at the command line, or the program by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `alice`, `operator root`, `system`.
    pub name: String,
    /// The address the request came from; empty where there is none.
    pub remote_address: String,
}

impl Actor {
    /// The program by itself.
    pub fn system() -> Actor {
        Actor {
            name: "system".into(),
            remote_address: String::new(),
        }
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Ordered by time.
    pub id: AuditId,
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: String,
    /// What was done: a noun and a verb in the past, `credential.added`.
    pub action: String,
    /// To what: an id, a login or an address.
    pub subject: String,
    /// What is worth knowing; never a secret.
    pub detail: serde_json::Value,
    /// From where.
    pub remote_address: String,
}

fn read(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: serde_json::from_str(&row.get::<String>(5)?).map_err(|_| Error::Row {
            column: "audit.detail".into(),
        })?,
        remote_address: row.get(6)?,
    })
}

/// Adds an entry, in the transaction of what it tells.
pub async fn add(
    tx: &mut Tx,
    actor: &Actor,
    action: &str,
    subject: impl ToString,
    detail: serde_json::Value,
) -> Result<()> {
    let id = AuditId(tx.world().id());
    let now = tx.now();
    tx.execute(
        "INSERT INTO audit (id, at, actor, action, subject, detail, remote_address) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, now, &actor.name, action, subject.to_string(), detail.to_string(), &actor.remote_address],
    )
    .await?;
    Ok(())
}

/// Entries, newest first; `before` continues a list.
pub async fn list(tx: &mut Tx, before: Option<AuditId>, limit: i64) -> Result<Vec<Entry>> {
    let before = before.map_or([0xff; 16], |id| id.0).to_vec();
    let rows = tx
        .rows(
            "SELECT id, at, actor, action, subject, detail, remote_address FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2",
            args![before, limit],
        )
        .await?;
    rows.iter().map(read).collect()
}
