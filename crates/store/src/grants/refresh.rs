//! The compare-and-sets of a refresh, and which grants are due for one.
//!
//! What always holds: of all processes one holds the lease; the version grows with every new token, and an answer
//! is stored only under the version that it was asked with. The model checker of `provider/tests/model` has a
//! row with the same rules, and a test there compares it with this one.

use secrecy::SecretString;

use super::{Status, Tokens, place, sealed, set_status};
use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::{CredentialId, GrantId};
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::world::Millis;

/// An access token that lived so long has proved itself: tokens refused before are counted ([`access_token_refused`]).
const PROVEN: Millis = 300_000;
/// So many tokens in a row may be refused too early before the next refresh has to wait.
const AT_ONCE: i64 = 3;
/// The first such wait; doubled with each in a row.
const FIRST_WAIT: Millis = 2_000;
/// No lease is taken for longer; one that seems to last longer was taken by a clock that was set back since.
const LONGEST_LEASE: Millis = 120_000;

/// The refresh token as of a version, the one before it if `previous`; `None` when another version stands by now.
pub async fn refresh_token_of(
    tx: &mut Tx,
    id: GrantId,
    version: i64,
    previous: bool,
) -> Result<Option<SecretString>> {
    let now = tx
        .number(
            "SELECT COUNT(*) FROM grants WHERE id = $1 AND version = $2",
            args![id, version],
        )
        .await?;
    if now == 0 {
        return Ok(None);
    }
    let column = match previous {
        true => "previous_refresh_token",
        false => "refresh_token",
    };
    sealed(tx, id, column).await
}

/// Takes the lease if nobody has it and the version is still the one that was read. A holder that never gave its
/// lease back may have asked without hearing: that is noted.
pub async fn take_lease(
    tx: &mut Tx,
    id: GrantId,
    version: i64,
    owner: &str,
    until: Millis,
) -> Result<bool> {
    let now = tx.now();
    let touched = tx
        .execute(
            "UPDATE grants SET unanswered_at = CASE WHEN lease_owner IS NULL THEN unanswered_at ELSE COALESCE(unanswered_at, $5) END, \
             lease_owner = $3, lease_until = $4 WHERE id = $1 AND version = $2 \
             AND (lease_owner IS NULL OR lease_until <= $5)",
            args![id, version, owner, until, now],
        )
        .await?;
    Ok(touched > 0)
}

/// Stores a refresh's answer if the version is still the one it was asked with; `false` when another answer
/// was quicker and this one must not be used. The lease does not count here: an answer that comes after its
/// lease has ended may hold the only refresh token that still lives. It explains no lost reply, though: whoever
/// held the lease meanwhile may have asked with the old token.
pub async fn renewed(
    tx: &mut Tx,
    id: GrantId,
    version: i64,
    owner: &str,
    tokens: &Tokens,
    refresh_at: Millis,
) -> Result<bool> {
    let now = tx.now();
    let access = tx
        .keys
        .seal(&tx.world, place(&id, "access_token"), &tokens.access_token);
    let refresh = tokens
        .refresh_token
        .as_ref()
        .map(|token| tx.keys.seal(&tx.world, place(&id, "refresh_token"), token));
    let touched = tx
        .execute(
            "UPDATE grants SET previous_refresh_token = CASE WHEN $4 IS NULL THEN previous_refresh_token ELSE refresh_token END, \
             refresh_token = COALESCE($4, refresh_token), access_token = $5, access_ends_at = $6, \
             refresh_ends_at = COALESCE($7, refresh_ends_at), scopes = COALESCE($8, scopes), version = version + 1, \
             unanswered_at = CASE WHEN lease_owner = $3 THEN NULL ELSE unanswered_at END, \
             rejections = CASE WHEN refreshed_at IS NULL OR refreshed_at <= $11 THEN 0 ELSE rejections END, \
             lease_until = CASE WHEN lease_owner = $3 THEN NULL ELSE lease_until END, \
             lease_owner = CASE WHEN lease_owner = $3 THEN NULL ELSE lease_owner END, failures = 0, refresh_at = $9, \
             refreshed_at = $10 WHERE id = $1 AND version = $2 AND status <> 'revoked'",
            args![
                id, version, owner, refresh, access, tokens.access_ends_at, tokens.refresh_ends_at, tokens.scopes.clone(),
                refresh_at, now, now - PROVEN
            ],
        )
        .await?;
    if touched > 0 {
        set_status(tx, id, Status::Good, None, None).await?;
        tx.announce(Announcement::Grant(id));
    }
    Ok(touched > 0)
}

/// Ends a try that brought no token, if the lease is still ours; `false` when it is not. The tokens stay.
/// `unanswered`: the provider may have acted on the request.
pub async fn give_back(
    tx: &mut Tx,
    id: GrantId,
    version: i64,
    owner: &str,
    status: Option<(Status, Option<Millis>, Cause)>,
    refresh_at: Option<Millis>,
    unanswered: bool,
) -> Result<bool> {
    let since = unanswered.then(|| tx.now());
    let touched = tx
        .execute(
            "UPDATE grants SET lease_owner = NULL, lease_until = NULL, failures = failures + 1, refresh_at = $4, \
             unanswered_at = COALESCE(unanswered_at, $5) WHERE id = $1 AND version = $2 AND lease_owner = $3",
            args![id, version, owner, refresh_at, since],
        )
        .await?;
    if touched > 0 {
        if let Some((status, until, cause)) = status {
            set_status(tx, id, status, until, Some(&cause)).await?;
        }
        tx.announce(Announcement::Grant(id));
    }
    Ok(touched > 0)
}

/// The access token was refused though its time has not come: whoever asks next refreshes first. One that had
/// not lived long enough to prove itself counts: the next refresh then waits, longer with each in a row, so that a
/// server that refuses every token is not a reason to ask for tokens without end.
pub async fn access_token_refused(tx: &mut Tx, id: GrantId, version: i64) -> Result<()> {
    let now = tx.now();
    let Some(row) = tx
        .row(
            "SELECT refreshed_at, rejections FROM grants WHERE id = $1 AND version = $2 AND access_ends_at > $3",
            args![id, version, now],
        )
        .await?
    else {
        return Ok(());
    };
    let refreshed_at: Option<Millis> = row.get(0)?;
    let early = refreshed_at.is_some_and(|at| now - at < PROVEN);
    let rejections = row.get::<i64>(1)? + i64::from(early);
    // The first ones are mended at once: a token can be revoked at any time.
    let wait = match rejections - AT_ONCE {
        ..=0 => 0,
        more => FIRST_WAIT << (more - 1).clamp(0, 8),
    };
    tx.execute(
        "UPDATE grants SET access_ends_at = $3, refresh_at = $4, rejections = $5, \
         failures = CASE WHEN $4 > $3 AND failures = 0 THEN 1 ELSE failures END WHERE id = $1 AND version = $2",
        args![id, version, now, now + wait, rejections],
    )
    .await?;
    tx.announce(Announcement::Grant(id));
    Ok(())
}

/// The clock was set back: what was written by the old clock is not believed. Every access token is refreshed
/// (spread by whoever refreshes), and leases that seem to last for ever end soon.
pub async fn distrust_access_tokens(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE grants SET access_ends_at = CASE WHEN access_ends_at > $1 THEN $1 ELSE access_ends_at END, \
         refresh_at = CASE WHEN failures = 0 AND refresh_at > $1 THEN $1 WHEN refresh_at > $2 THEN $2 ELSE refresh_at END, \
         refreshed_at = CASE WHEN refreshed_at > $1 THEN $1 ELSE refreshed_at END, \
         lease_until = CASE WHEN lease_until > $3 THEN $3 ELSE lease_until END",
        args![now, now + 24 * 3_600_000, now + LONGEST_LEASE],
    )
    .await?;
    tx.announce(Announcement::Anything);
    Ok(())
}

/// Whether any token was got after this time.
pub async fn got_after(tx: &mut Tx, time: Millis) -> Result<bool> {
    let found = tx
        .number(
            "SELECT COUNT(*) FROM grants WHERE refreshed_at > $1",
            args![time],
        )
        .await?;
    Ok(found > 0)
}

/// A grant whose refresh is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub id: GrantId,
    /// When its access token ends.
    pub access_ends_at: Option<Millis>,
}

/// Grants of a credential whose refresh is due, the most overdue first.
pub async fn due(tx: &mut Tx, credential: CredentialId, limit: i64) -> Result<Vec<Due>> {
    let now = tx.now();
    let rows = tx
        .rows(
            "SELECT id, access_ends_at FROM grants WHERE credential_id = $1 AND refresh_at <= $2 \
             AND status NOT IN ('needs_consent', 'revoked') \
             AND (lease_until IS NULL OR lease_until <= $2) ORDER BY refresh_at LIMIT $3",
            args![credential, now, limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                id: row.get(0)?,
                access_ends_at: row.get(1)?,
            })
        })
        .collect()
}

/// When the next refresh of each credential's grants is due; those without one are left out.
pub async fn next_due(tx: &mut Tx) -> Result<Vec<(CredentialId, Millis)>> {
    let rows = tx
        .rows(
            "SELECT credential_id, MIN(CASE WHEN lease_until > refresh_at THEN lease_until ELSE refresh_at END) FROM grants \
             WHERE status NOT IN ('needs_consent', 'revoked') AND refresh_at IS NOT NULL GROUP BY credential_id",
            args![],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}
