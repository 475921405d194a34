//! Consent round trips: from the click to the finished checks.
//!
//!     waiting -> (the callback, once) -> checking -> done | failed
//!
//! The `state` of RFC 6749 is kept as a hash, works once, ten minutes, and only in the login session that
//! began it. The steps are JSON of the contract's *step*, written as they happen.

use secrecy::SecretString;

use crate::announcements::Announcement;
use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{AccountId, ConnectId, CredentialId, GrantId, LoginSessionId, UserId};
use crate::seal::Place;
use crate::tx::Tx;
use crate::world::Millis;

/// The `state` works this long (RFC 6749, 10.12).
pub const STATE_LIFE: Millis = 10 * 60 * 1000;

/// How far a round trip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The person is at the provider.
    Waiting,
    /// Consent is here; the mailbox is being tried.
    Checking,
    /// The account works, at least in one direction.
    Done,
    /// It ended without an account.
    Failed,
}

impl Status {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Status::Waiting => "waiting",
            Status::Checking => "checking",
            Status::Done => "done",
            Status::Failed => "failed",
        }
    }
    fn parse(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Checking, Self::Done, Self::Failed]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// A consent round trip.
#[derive(Debug, Clone)]
pub struct Connect {
    /// Names the row.
    pub id: ConnectId,
    /// Who began it.
    pub user_id: UserId,
    /// In which browser session; `None` when begun by an API token.
    pub login_session_id: Option<LoginSessionId>,
    /// By which OAuth app.
    pub credential_id: CredentialId,
    /// `mailbox` or `admin_consent`.
    pub purpose: String,
    /// The address that was typed.
    pub address: String,
    /// The mailbox that is wanted; the same unless shared.
    pub mailbox_address: String,
    /// The account, once there is one.
    pub account_id: Option<AccountId>,
    /// The grant, once there is one.
    pub grant_id: Option<GrantId>,
    /// What the ID token must carry.
    pub nonce: String,
    /// What was sent; the token request repeats it byte for byte.
    pub redirect_uri: String,
    /// How far it is.
    pub status: Status,
    /// JSON array of steps.
    pub steps: String,
    /// When it was begun.
    pub created_at: Millis,
    /// Until when the `state` works.
    pub state_ends_at: Millis,
    /// When the consent came.
    pub consented_at: Option<Millis>,
}

const COLUMNS: &str = "id, user_id, login_session_id, credential_id, purpose, address, mailbox_address, account_id, grant_id, \
                       nonce, redirect_uri, status, steps, created_at, state_ends_at, consented_at";

fn read(row: &Row) -> Result<Connect> {
    Ok(Connect {
        id: row.get(0)?,
        user_id: row.get(1)?,
        login_session_id: row.get(2)?,
        credential_id: row.get(3)?,
        purpose: row.get(4)?,
        address: row.get(5)?,
        mailbox_address: row.get(6)?,
        account_id: row.get(7)?,
        grant_id: row.get(8)?,
        nonce: row.get(9)?,
        redirect_uri: row.get(10)?,
        status: Status::parse(&row.get::<String>(11)?).ok_or_else(|| Error::Row {
            column: "connects.status".into(),
        })?,
        steps: row.get(12)?,
        created_at: row.get(13)?,
        state_ends_at: row.get(14)?,
        consented_at: row.get(15)?,
    })
}

fn place(id: &ConnectId) -> Place<'_> {
    Place {
        table: "connects",
        column: "verifier",
        row: &id.0,
    }
}

/// What a new round trip needs.
pub struct NewConnect {
    /// Who begins it.
    pub user_id: UserId,
    /// In which browser session.
    pub login_session_id: Option<LoginSessionId>,
    /// By which OAuth app.
    pub credential_id: CredentialId,
    /// `mailbox` or `admin_consent`.
    pub purpose: &'static str,
    /// The address that was typed.
    pub address: String,
    /// The mailbox that is wanted.
    pub mailbox_address: String,
    /// Hash of the `state`.
    pub state_hash: Vec<u8>,
    /// PKCE's verifier.
    pub verifier: SecretString,
    /// For the ID token.
    pub nonce: String,
    /// Where the provider sends the person back.
    pub redirect_uri: String,
}

/// Begins a round trip.
pub async fn add(tx: &mut Tx, new: &NewConnect) -> Result<ConnectId> {
    let id = ConnectId(tx.world().id());
    let now = tx.now();
    let verifier = tx.keys.seal(&tx.world, place(&id), &new.verifier);
    tx.execute(
        "INSERT INTO connects (id, user_id, login_session_id, credential_id, purpose, address, mailbox_address, state_hash, \
         verifier, nonce, redirect_uri, status, steps, created_at, state_ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', '[]', $12, $13)",
        args![
            id, new.user_id, new.login_session_id, new.credential_id, new.purpose, &new.address, &new.mailbox_address,
            new.state_hash.clone(), verifier, &new.nonce, &new.redirect_uri, now, now + STATE_LIFE
        ],
    )
    .await?;
    // Round trips are of no use after a month.
    tx.execute(
        "DELETE FROM connects WHERE created_at < $1",
        args![now - 30 * 24 * 3600 * 1000],
    )
    .await?;
    Ok(id)
}

/// Looks a round trip up.
pub async fn find(tx: &mut Tx, id: ConnectId) -> Result<Option<Connect>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM connects WHERE id = $1"),
            args![id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// The round trip that a `state` belongs to, whatever became of it.
pub async fn by_state(tx: &mut Tx, state_hash: &[u8]) -> Result<Option<Connect>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM connects WHERE state_hash = $1"),
            args![state_hash],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Uses the `state` up; `false` when it was used before. Answers the verifier with it.
pub async fn redeem(tx: &mut Tx, id: ConnectId) -> Result<Option<SecretString>> {
    let now = tx.now();
    let rows = tx
        .rows(
            "UPDATE connects SET status = 'checking', consented_at = $2 WHERE id = $1 AND status = 'waiting' RETURNING verifier",
            args![id, now],
        )
        .await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    tx.announce(Announcement::Connect(id));
    tx.keys.open(place(&id), &row.get::<Vec<u8>>(0)?).map(Some)
}

/// Notes progress.
pub async fn update(tx: &mut Tx, id: ConnectId, status: Status, steps: &str) -> Result<()> {
    tx.execute(
        "UPDATE connects SET status = $2, steps = $3 WHERE id = $1",
        args![id, status.word(), steps],
    )
    .await?;
    tx.announce(Announcement::Connect(id));
    Ok(())
}

/// Notes what the consent made.
pub async fn made(tx: &mut Tx, id: ConnectId, account: AccountId, grant: GrantId) -> Result<()> {
    tx.execute(
        "UPDATE connects SET account_id = $2, grant_id = $3 WHERE id = $1",
        args![id, account, grant],
    )
    .await?;
    tx.announce(Announcement::Connect(id));
    Ok(())
}

/// When the account's last consent came.
pub async fn last_consent(tx: &mut Tx, account: AccountId) -> Result<Option<Millis>> {
    let row = tx
        .row(
            "SELECT MAX(consented_at) FROM connects WHERE account_id = $1",
            args![account],
        )
        .await?;
    row.map_or(Ok(None), |row| row.get(0))
}

/// Round trips whose consent came before a time, which are still being checked and made no account, or whose
/// account is gone.
pub async fn abandoned(tx: &mut Tx, before: Millis) -> Result<Vec<Connect>> {
    let rows = tx
        .rows(
            format!(
                "SELECT {COLUMNS} FROM connects c WHERE status = 'checking' AND consented_at < $1 AND \
                 NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = c.account_id) LIMIT 50"
            ),
            args![before],
        )
        .await?;
    rows.iter().map(read).collect()
}
