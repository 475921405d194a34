//! Grants whose app the provider refuses: they stop together, and come back together.
//!
//!     the app is refused -> park: all of the credential are app_broken and wait; tokens in hand work to their end
//!     the app is taken   -> mend: who has a token in hand is good at once, the others are due now
//!
//! What always holds: no token is touched here, and a grant that needs its person's consent stays as it is.

use super::Status;
use crate::announcements::Announcement;
use crate::args;
use crate::db::{Row, Value};
use crate::error::Result;
use crate::id::{CredentialId, GrantId};
use crate::intervals::Cause;
use crate::tx::Tx;
use crate::world::Millis;

/// An access token is in hand if it lives at least so long.
const IN_HAND: Millis = 30_000;
/// A token in hand is refreshed so long before its end.
const AHEAD: Millis = 300_000;
/// So many grants are announced one by one; more are announced as "anything".
const ONE_BY_ONE: usize = 200;

/// All grants of a refused app wait until `until`, with the reason. Who waits as long already is left alone.
pub async fn park(
    tx: &mut Tx,
    credential: CredentialId,
    cause: &Cause,
    until: Millis,
) -> Result<()> {
    let now = tx.now();
    let which = "credential_id = $1 AND status IN ('good', 'refreshing', 'throttled')";
    turn(tx, which, args![credential], Status::AppBroken, Some(cause)).await?;
    let half = now + (until - now) / 2;
    tx.execute(
        "UPDATE grants SET refresh_at = $2, failures = CASE WHEN failures > 0 THEN failures ELSE 1 END \
         WHERE credential_id = $1 AND status = 'app_broken' AND (failures = 0 OR refresh_at IS NULL OR refresh_at < $3)",
        args![credential, until, half],
    )
    .await?;
    Ok(())
}

/// The app is taken again: its grants are good where a token is in hand, and due now where not.
pub async fn mend(tx: &mut Tx, credential: CredentialId) -> Result<()> {
    let now = tx.now();
    let which = "credential_id = $1 AND status = 'app_broken' AND access_token IS NOT NULL AND access_ends_at > $2";
    tx.execute(
        format!(
            "UPDATE grants SET failures = 0, refresh_at = CASE WHEN access_ends_at - $3 > $4 \
             THEN access_ends_at - $3 ELSE $4 END WHERE {which}"
        ),
        args![credential, now + IN_HAND, AHEAD, now],
    )
    .await?;
    let values = args![credential, now + IN_HAND];
    turn(tx, which, values, Status::Good, None).await?;
    super::try_again(tx, credential).await
}

/// Turns all grants of a `WHERE` to a state at once, each with its interval.
async fn turn(
    tx: &mut Tx,
    which: &str,
    values: &[Value],
    status: Status,
    cause: Option<&Cause>,
) -> Result<()> {
    let now = tx.now();
    let (time, word, why) = (values.len() + 1, values.len() + 2, values.len() + 3);
    let with = |more: Vec<Value>| [values.to_vec(), more].concat();
    tx.execute(
        format!(
            "UPDATE intervals SET ended_at = ${time} WHERE side = 'grant' AND ended_at IS NULL \
             AND subject_id IN (SELECT id FROM grants WHERE {which})"
        ),
        &with(vec![now.into()]),
    )
    .await?;
    let all = with(vec![
        now.into(),
        status.word().into(),
        Cause::to_column(cause).into(),
    ]);
    tx.execute(
        format!(
            "INSERT INTO intervals (subject_id, side, since, status, cause) \
             SELECT id, 'grant', ${time}, ${word}, ${why} FROM grants WHERE {which} \
             ON CONFLICT (subject_id, side, since) DO UPDATE SET status = excluded.status, cause = excluded.cause, \
             ended_at = NULL"
        ),
        &all,
    )
    .await?;
    let turned = tx
        .rows(
            format!(
                "UPDATE grants SET status = ${word}, status_since = ${time}, status_until = NULL, cause = ${why} \
                 WHERE {which} RETURNING id"
            ),
            &all,
        )
        .await?;
    announce(tx, &turned)
}

fn announce(tx: &mut Tx, turned: &[Row]) -> Result<()> {
    if turned.is_empty() {
        return Ok(());
    }
    tx.announce(Announcement::Accounts);
    if turned.len() > ONE_BY_ONE {
        tx.announce(Announcement::Anything);
        return Ok(());
    }
    for row in turned {
        tx.announce(Announcement::Grant(row.get(0)?));
    }
    Ok(())
}

/// Makes one grant of a refused app due now, the one that waits longest.
pub async fn try_one(tx: &mut Tx, credential: CredentialId) -> Result<Option<GrantId>> {
    let now = tx.now();
    let row = tx
        .row(
            "SELECT id FROM grants WHERE credential_id = $1 AND status = 'app_broken' \
             AND (lease_until IS NULL OR lease_until <= $2) ORDER BY refresh_at, id LIMIT 1",
            args![credential, now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id: GrantId = row.get(0)?;
    tx.execute(
        "UPDATE grants SET refresh_at = $2, failures = 0 WHERE id = $1 AND status = 'app_broken'",
        args![id, now],
    )
    .await?;
    tx.announce(Announcement::Grant(id));
    Ok(Some(id))
}

/// A grant on which a secret can be proven: `wanted`, or one that works, else one that waits for its app.
/// Where it waits for its app, it is due now.
pub async fn to_prove_on(
    tx: &mut Tx,
    credential: CredentialId,
    wanted: Option<GrantId>,
) -> Result<Option<GrantId>> {
    let now = tx.now();
    let row = tx
        .row(
            "SELECT id FROM grants WHERE credential_id = $1 AND status NOT IN ('needs_consent', 'revoked') \
             AND ($2 IS NULL OR id = $2) \
             ORDER BY CASE status WHEN 'good' THEN 0 WHEN 'app_broken' THEN 1 ELSE 2 END, \
             CASE WHEN lease_until > $3 THEN 1 ELSE 0 END, refresh_at, id LIMIT 1",
            args![credential, wanted.map(|id| id.0.to_vec()), now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id: GrantId = row.get(0)?;
    tx.execute(
        "UPDATE grants SET refresh_at = $2, failures = 0 WHERE id = $1 AND status = 'app_broken'",
        args![id, now],
    )
    .await?;
    Ok(Some(id))
}

/// Makes one grant of an app due now, so that the app is tried by its next request; `false` where it has none.
pub async fn try_now(tx: &mut Tx, credential: CredentialId) -> Result<bool> {
    let Some(id) = to_prove_on(tx, credential, None).await? else {
        return Ok(false);
    };
    let now = tx.now();
    tx.execute(
        "UPDATE grants SET refresh_at = $2 WHERE id = $1",
        args![id, now],
    )
    .await?;
    tx.announce(Announcement::Grant(id));
    Ok(true)
}
