//! Reconnect links: with one, a person renews one grant without signing in here.
//!
//!     add -> (tried: a consent begins, bound to a browser) -> use_up, by the consent that succeeded
//!
//! What always holds: only the hash of a link's token is kept; a link belongs to one grant and one account and
//! is gone with either; a consent that succeeded closes every open link of its grant, and nothing else does; a
//! new link leaves the older ones open until then, so that a mail that comes late still works.

use crate::args;
use crate::db::Row;
use crate::error::Result;
use crate::id::{AccountId, ConnectId, GrantId, ReconnectLinkId};
use crate::tx::Tx;
use crate::world::Millis;

/// A link is good for two weeks.
pub const LIFE: Millis = 14 * 24 * 3600 * 1000;
/// What has ended is kept this long, so that a late click is told why.
const KEPT: Millis = 60 * 24 * 3600 * 1000;

/// A link, open or not.
#[derive(Debug, Clone)]
pub struct ReconnectLink {
    /// Names the row.
    pub id: ReconnectLinkId,
    /// What it can renew.
    pub grant_id: GrantId,
    /// The mailbox it was made for.
    pub account_id: AccountId,
    /// Who made it, as the audit log names them.
    pub made_by: String,
    /// When.
    pub created_at: Millis,
    /// Until when it works.
    pub expires_at: Millis,
    /// When a consent of its grant succeeded.
    pub used_at: Option<Millis>,
}

/// A consent that was begun by a link.
#[derive(Debug, Clone)]
pub struct Try {
    /// By which link.
    pub link: ReconnectLink,
    /// Hash of the cookie of the browser that began it.
    pub browser_hash: Vec<u8>,
}

const COLUMNS: &str =
    "l.id, l.grant_id, l.account_id, l.made_by, l.created_at, l.expires_at, l.used_at";

fn read(row: &Row) -> Result<ReconnectLink> {
    Ok(ReconnectLink {
        id: row.get(0)?,
        grant_id: row.get(1)?,
        account_id: row.get(2)?,
        made_by: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        used_at: row.get(6)?,
    })
}

/// Makes a link. Older ones of the same grant go on working.
pub async fn add(
    tx: &mut Tx,
    grant: GrantId,
    account: AccountId,
    made_by: &str,
    token_hash: &[u8],
) -> Result<ReconnectLink> {
    let now = tx.now();
    tx.execute(
        "DELETE FROM reconnect_links WHERE expires_at < $1",
        args![now - KEPT],
    )
    .await?;
    let link = ReconnectLink {
        id: ReconnectLinkId(tx.world().id()),
        grant_id: grant,
        account_id: account,
        made_by: made_by.to_owned(),
        created_at: now,
        expires_at: now + LIFE,
        used_at: None,
    };
    tx.execute(
        "INSERT INTO reconnect_links (id, grant_id, account_id, token_hash, made_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![link.id, grant, account, token_hash, made_by, now, link.expires_at],
    )
    .await?;
    Ok(link)
}

/// The link that a token belongs to, whatever became of it.
pub async fn by_token(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<ReconnectLink>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM reconnect_links l WHERE l.token_hash = $1"),
            args![token_hash],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// The newest link of a grant, whatever became of it.
pub async fn newest(tx: &mut Tx, grant: GrantId) -> Result<Option<ReconnectLink>> {
    let row = tx
        .row(
            format!(
                "SELECT {COLUMNS} FROM reconnect_links l WHERE l.grant_id = $1 ORDER BY l.created_at DESC, l.id DESC LIMIT 1"
            ),
            args![grant],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Notes that a link began a consent, and in which browser.
pub async fn tried(
    tx: &mut Tx,
    link: ReconnectLinkId,
    connect: ConnectId,
    browser_hash: &[u8],
) -> Result<()> {
    tx.execute(
        "INSERT INTO reconnect_tries (connect_id, link_id, browser_hash) VALUES ($1, $2, $3)",
        args![connect, link, browser_hash],
    )
    .await?;
    Ok(())
}

/// By which link a consent was begun, and in which browser.
pub async fn try_of(tx: &mut Tx, connect: ConnectId) -> Result<Option<Try>> {
    let row = tx
        .row(
            format!(
                "SELECT {COLUMNS}, t.browser_hash FROM reconnect_tries t JOIN reconnect_links l ON l.id = t.link_id \
                 WHERE t.connect_id = $1"
            ),
            args![connect],
        )
        .await?;
    row.map(|row| {
        Ok(Try {
            link: read(&row)?,
            browser_hash: row.get(7)?,
        })
    })
    .transpose()
}

/// Whether a consent of this link has failed: the next one lets the person choose the account.
pub async fn has_failed(tx: &mut Tx, link: ReconnectLinkId) -> Result<bool> {
    let failed = tx
        .number(
            "SELECT COUNT(*) FROM reconnect_tries t JOIN connects c ON c.id = t.connect_id \
             WHERE t.link_id = $1 AND c.status = 'failed'",
            args![link],
        )
        .await?;
    Ok(failed > 0)
}

/// Whether a browser with this cookie began a consent whose `state` may still come back.
pub async fn knows_browser(tx: &mut Tx, browser_hash: &[u8]) -> Result<bool> {
    let now = tx.now();
    let known = tx
        .number(
            "SELECT COUNT(*) FROM reconnect_tries t JOIN connects c ON c.id = t.connect_id \
             WHERE t.browser_hash = $1 AND c.state_ends_at > $2",
            args![browser_hash, now],
        )
        .await?;
    Ok(known > 0)
}

/// Uses a link up, and closes all others of its grant; `false` when it was used before. One that ended while
/// its person was at the provider still works: the `state` has its own ten minutes.
pub async fn use_up(tx: &mut Tx, link: &ReconnectLink) -> Result<bool> {
    let now = tx.now();
    let used = tx
        .execute(
            "UPDATE reconnect_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL",
            args![link.id, now],
        )
        .await?;
    if used == 0 {
        return Ok(false);
    }
    close(tx, link.grant_id).await?;
    Ok(true)
}

/// Closes all links of a grant: its person consented.
pub async fn close(tx: &mut Tx, grant: GrantId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE reconnect_links SET used_at = $2 WHERE grant_id = $1 AND used_at IS NULL",
        args![grant, now],
    )
    .await?;
    Ok(())
}

/// Grants that a person must consent to again, in the order of their ids, after `after`; only such that open a
/// mailbox.
pub async fn waiting(tx: &mut Tx, after: Option<GrantId>, limit: i64) -> Result<Vec<GrantId>> {
    let after = after.map_or([0; 16], |id| id.0).to_vec();
    let rows = tx
        .rows(
            "SELECT g.id FROM grants g WHERE g.status = 'needs_consent' AND g.id > $1 \
             AND EXISTS (SELECT 1 FROM accounts a WHERE a.grant_id = g.id) ORDER BY g.id LIMIT $2",
            args![after, limit],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}
