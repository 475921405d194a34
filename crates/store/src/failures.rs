//! What went wrong, counted by the hour: per provider, credential, mailbox and cause.
//!
//! An answer that no row of the catalogue knows is counted by its words, so that it is never swallowed and
//! never drowned by another. What always holds: a month is kept, and one hour of one subject holds at most
//! [`MOST_WORDS`] different unknown answers.

use crate::args;
use crate::error::Result;
use crate::id::{AccountId, CredentialId};
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::world::Millis;

const HOUR: Millis = 3_600_000;
/// Failures are kept this long.
const KEPT: Millis = 31 * 24 * HOUR;
/// Different unknown answers that one hour of one provider may hold.
const MOST_WORDS: i64 = 200;
/// And so many that people typed.
const MOST_TYPED: i64 = 20;
const TYPED: &str = "/typed";
/// Stands for "no credential" and "no account" in the key.
const NOBODY: [u8; 16] = [0; 16];

/// Where something went wrong.
#[derive(Debug, Clone, Default)]
pub struct Where {
    /// The provider's name in the configuration.
    pub provider: String,
    /// By which OAuth app.
    pub credential: Option<CredentialId>,
    /// In which mailbox.
    pub account: Option<AccountId>,
}

/// Where what people typed from a provider's page is counted: apart, so that it never drowns what servers said.
pub fn typed_at(provider: &str) -> String {
    format!("{provider}{TYPED}")
}

/// Counts a failure. `unknown` is the answer's words without what differs each time (ids, times, addresses),
/// where the catalogue has no row for it.
pub async fn note(tx: &mut Tx, at: &Where, cause: &Cause, unknown: Option<&str>) -> Result<()> {
    let now = tx.now();
    let hour = now - now.rem_euclid(HOUR);
    let words: String = unknown.unwrap_or_default().chars().take(500).collect();
    let hash = if words.is_empty() {
        String::new()
    } else {
        crate::base32(&blake3::hash(words.as_bytes()).as_bytes()[..10])
    };
    if !hash.is_empty() {
        let kinds = tx
            .number(
                "SELECT COUNT(DISTINCT said_hash) FROM failures WHERE hour = $1 AND provider = $2 AND said_hash <> $3",
                args![hour, &at.provider, &hash],
            )
            .await?;
        let most = if at.provider.ends_with(TYPED) {
            MOST_TYPED
        } else {
            MOST_WORDS
        };
        if kinds >= most {
            return Ok(());
        }
    }
    let said = if hash.is_empty() {
        String::new()
    } else {
        cause.provider_said.clone().unwrap_or_default()
    };
    let id = |bytes: Option<[u8; 16]>| bytes.unwrap_or(NOBODY).to_vec();
    tx.execute(
        "INSERT INTO failures (hour, provider, credential_id, account_id, cause_id, said_hash, said, cause, count, first_at, last_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9) \
         ON CONFLICT (hour, provider, credential_id, account_id, cause_id, said_hash) DO UPDATE SET \
         count = failures.count + 1, last_at = excluded.last_at, cause = excluded.cause, said = excluded.said",
        args![
            hour, &at.provider, id(at.credential.map(|id| id.0)), id(at.account.map(|id| id.0)), &cause.id, hash, said,
            Cause::to_column(Some(cause)), now
        ],
    )
    .await?;
    tx.execute("DELETE FROM failures WHERE hour < $1", args![now - KEPT])
        .await?;
    Ok(())
}

/// One cause at one credential, over a stretch of time.
#[derive(Debug, Clone)]
pub struct Tally {
    /// The provider's name in the configuration.
    pub provider: String,
    /// By which OAuth app.
    pub credential: Option<CredentialId>,
    /// One of its kind, with its facts and words.
    pub cause: Cause,
    /// The words of an answer that is in no row; empty otherwise.
    pub said: String,
    /// How often.
    pub count: i64,
    /// In how many mailboxes.
    pub accounts: i64,
    /// The first time.
    pub first_at: Millis,
    /// The last time.
    pub last_at: Millis,
}

/// All failures since a time, the most frequent first; at most `limit` kinds.
pub async fn since(tx: &mut Tx, from: Millis, limit: i64) -> Result<Vec<Tally>> {
    let rows = tx
        .rows(
            "SELECT provider, credential_id, MAX(cause), MAX(said), CAST(SUM(count) AS BIGINT), \
             COUNT(DISTINCT NULLIF(account_id, $3)), MIN(first_at), MAX(last_at) FROM failures WHERE hour >= $1 - 3600000 AND last_at >= $1 \
             GROUP BY provider, credential_id, cause_id, said_hash ORDER BY 5 DESC, 8 DESC LIMIT $2",
            args![from, limit, NOBODY.to_vec()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let credential: Vec<u8> = row.get(1)?;
            Ok(Tally {
                provider: row.get::<String>(0)?.trim_end_matches(TYPED).to_owned(),
                credential: CredentialId::from_bytes(&credential).filter(|id| id.0 != NOBODY),
                cause: Cause::from_column(row.get(2)?)
                    .unwrap_or_else(|| Cause::new("unknown-answer")),
                said: row.get(3)?,
                count: row.get(4)?,
                accounts: row.get(5)?,
                first_at: row.get(6)?,
                last_at: row.get(7)?,
            })
        })
        .collect()
}
