//! What a person allowed us at a provider: the tokens.
//!
//! The protocol of refreshing is `provider::tokens`; here are its rows and the compare-and-sets that make
//! it safe over processes:
//!
//!     take_lease  (nobody holds one)              -> one refresher
//!     renewed     (version still the same)        -> version + 1, new tokens durable, lease gone
//!     give_back   (lease still ours)              -> state and next try noted, tokens untouched
//!
//! They stand in [`refresh`](self::take_lease); when the next refresh is due, beside them.
//!
//! What always holds: a grant row is never emptied. A refresh token is only replaced by a newer one under
//! a higher version, and the one before it is kept until the new one has worked. Only a person's order
//! ([`give_up_unused`]) takes a grant away.

mod app;
mod app_broken;
mod deaths;
mod given_up;
mod refresh;

use secrecy::SecretString;

use crate::announcements::Announcement;
use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{CredentialId, GrantId, UserId};
use crate::intervals::{self, Cause, Side};
use crate::seal::Place;
use crate::tx::Tx;
use crate::world::Millis;

pub use app::of_app;
pub use app_broken::{mend, park, to_prove_on, try_now, try_one};
pub use deaths::{Death, deaths, is_death_noted, note_death, outlived, people_of, to_watch};
pub use given_up::{give_up_unused, given_up, remove_given_up};
pub use refresh::{
    Due, access_token_refused, distrust_access_tokens, due, give_back, got_after, next_due,
    refresh_token_of, renewed, take_lease,
};

/// The state of a grant (words of the contract).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It works.
    Good,
    /// A refresh is under way and the old access token has ended.
    Refreshing,
    /// The provider asked us to wait, or cannot be reached; until a time.
    Throttled,
    /// The credential is refused; the grant itself is kept.
    AppBroken,
    /// A person must consent again.
    NeedsConsent,
    /// Given up by a person's order.
    Revoked,
}

impl Status {
    /// All states.
    pub const ALL: [Status; 6] = [
        Status::Good,
        Status::Refreshing,
        Status::Throttled,
        Status::AppBroken,
        Status::NeedsConsent,
        Status::Revoked,
    ];

    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Status::Good => "good",
            Status::Refreshing => "refreshing",
            Status::Throttled => "throttled",
            Status::AppBroken => "app_broken",
            Status::NeedsConsent => "needs_consent",
            Status::Revoked => "revoked",
        }
    }

    fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// Who consented, as the provider names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The issuer of the ID token.
    pub issuer: String,
    /// The key that never changes: Google's `sub`, Microsoft's `tid` and `oid`.
    pub key: String,
    /// The address of the person who consented.
    pub address: String,
    /// Microsoft: the tenant; else empty.
    pub tenant: String,
}

/// A grant, without its tokens.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Names the row.
    pub id: GrantId,
    /// Who connected it here.
    pub user_id: UserId,
    /// By which OAuth app.
    pub credential_id: CredentialId,
    /// Who consented there.
    pub subject: Subject,
    /// What was granted, separated by blanks.
    pub scopes: String,
    /// Whether an access token is kept.
    pub has_access_token: bool,
    /// When that ends.
    pub access_ends_at: Option<Millis>,
    /// When the refresh token ends by the provider's own announcement.
    pub refresh_ends_at: Option<Millis>,
    /// State, since when, and until when where that is known.
    pub status: Status,
    /// Since when.
    pub status_since: Millis,
    /// Until when.
    pub status_until: Option<Millis>,
    /// Why.
    pub cause: Option<Cause>,
    /// Grows with every new token.
    pub version: i64,
    /// Who refreshes right now.
    pub lease_owner: Option<String>,
    /// Until when that is believed.
    pub lease_until: Option<Millis>,
    /// Failed tries in a row.
    pub failures: i64,
    /// Access tokens in a row that a server refused before they had proved themselves.
    pub rejections: i64,
    /// Since when it is not known what the provider did with a request of ours; gone with the next new token.
    pub unanswered_at: Option<Millis>,
    /// Whether the refresh token before the newest is kept.
    pub has_previous: bool,
    /// When the next refresh is due.
    pub refresh_at: Option<Millis>,
    /// The last successful refresh or consent.
    pub refreshed_at: Option<Millis>,
    /// When consent was last given.
    pub created_at: Millis,
}

/// Tokens as they came from the provider.
pub struct Tokens {
    /// Good until `access_ends_at`.
    pub access_token: SecretString,
    /// When the access token ends.
    pub access_ends_at: Millis,
    /// A new one, where the provider rotates or consent was given.
    pub refresh_token: Option<SecretString>,
    /// When the refresh token ends, where the provider says so.
    pub refresh_ends_at: Option<Millis>,
    /// What the token has, where the provider says so.
    pub scopes: Option<String>,
}

const COLUMNS: &str = "id, user_id, credential_id, issuer, subject, address, tenant, scopes, access_token IS NOT NULL, \
                       access_ends_at, refresh_ends_at, status, status_since, status_until, cause, version, \
                       lease_owner, lease_until, failures, refresh_at, refreshed_at, created_at, rejections, unanswered_at, \
                       previous_refresh_token IS NOT NULL";

fn read(row: &Row) -> Result<Grant> {
    Ok(Grant {
        id: row.get(0)?,
        user_id: row.get(1)?,
        credential_id: row.get(2)?,
        subject: Subject {
            issuer: row.get(3)?,
            key: row.get(4)?,
            address: row.get(5)?,
            tenant: row.get(6)?,
        },
        scopes: row.get(7)?,
        has_access_token: row.get(8)?,
        access_ends_at: row.get(9)?,
        refresh_ends_at: row.get(10)?,
        status: Status::parse(&row.get::<String>(11)?).ok_or_else(|| Error::Row {
            column: "grants.status".into(),
        })?,
        status_since: row.get(12)?,
        status_until: row.get(13)?,
        cause: Cause::from_column(row.get(14)?),
        version: row.get(15)?,
        lease_owner: row.get(16)?,
        lease_until: row.get(17)?,
        failures: row.get(18)?,
        refresh_at: row.get(19)?,
        refreshed_at: row.get(20)?,
        created_at: row.get(21)?,
        rejections: row.get(22)?,
        unanswered_at: row.get(23)?,
        has_previous: row.get(24)?,
    })
}

fn place<'a>(id: &'a GrantId, column: &'static str) -> Place<'a> {
    Place {
        table: "grants",
        column,
        row: &id.0,
    }
}

/// Looks a grant up.
pub async fn find(tx: &mut Tx, id: GrantId) -> Result<Option<Grant>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM grants WHERE id = $1"),
            args![id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// The grant of the same person here, by the same app, of the same person there.
pub async fn of_subject(
    tx: &mut Tx,
    user: UserId,
    credential: CredentialId,
    subject: &Subject,
) -> Result<Option<Grant>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM grants WHERE user_id = $1 AND credential_id = $2 AND issuer = $3 AND subject = $4 ORDER BY created_at LIMIT 1"),
            args![user, credential, &subject.issuer, &subject.key],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// A good grant of this person for this address: a second mailbox needs no second consent.
pub async fn covering(
    tx: &mut Tx,
    user: UserId,
    credential: CredentialId,
    address: &str,
) -> Result<Option<Grant>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM grants WHERE user_id = $1 AND credential_id = $2 AND LOWER(address) = LOWER($3) AND status IN ('good', 'refreshing', 'throttled') ORDER BY created_at LIMIT 1"),
            args![user, credential, address],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// How many other living grants the same person gave the same client: revoking one at Google ends all.
pub async fn others_of_subject(tx: &mut Tx, grant: &Grant, client_id: &str) -> Result<i64> {
    tx.number(
        "SELECT COUNT(*) FROM grants g JOIN credentials c ON c.id = g.credential_id WHERE g.id <> $1 AND g.issuer = $2 \
         AND g.subject = $3 AND c.client_id = $4 AND g.status <> 'revoked'",
        args![grant.id, &grant.subject.issuer, &grant.subject.key, client_id],
    )
    .await
}

/// The access token, for a login.
pub async fn access_token(tx: &mut Tx, id: GrantId) -> Result<Option<SecretString>> {
    sealed(tx, id, "access_token").await
}

/// The refresh token, for ending the grant at the provider.
pub async fn refresh_token(tx: &mut Tx, id: GrantId) -> Result<Option<SecretString>> {
    sealed(tx, id, "refresh_token").await
}

/// The refresh token before the newest, kept until that has worked.
pub async fn previous_refresh_token(tx: &mut Tx, id: GrantId) -> Result<Option<SecretString>> {
    sealed(tx, id, "previous_refresh_token").await
}

async fn sealed(tx: &mut Tx, id: GrantId, column: &'static str) -> Result<Option<SecretString>> {
    match tx
        .row(
            format!("SELECT {column} FROM grants WHERE id = $1"),
            args![id],
        )
        .await?
    {
        Some(row) => match row.get::<Option<Vec<u8>>>(0)? {
            Some(bytes) => tx
                .keys
                .open(place(&id, seal_column(column)), &bytes)
                .map(Some),
            None => Ok(None),
        },
        None => Ok(None),
    }
}

/// The previous refresh token moves between columns without being opened: both have one seal.
fn seal_column(column: &'static str) -> &'static str {
    if column == "previous_refresh_token" {
        "refresh_token"
    } else {
        column
    }
}

/// Stores what a consent gave: a new grant, or the same one again with new tokens. The tokens of a grant
/// that is replaced are discarded, not revoked. A lease stays: its holder's request may be on the wire.
pub async fn consented(
    tx: &mut Tx,
    user: UserId,
    credential: CredentialId,
    subject: &Subject,
    tokens: &Tokens,
    scopes: &str,
    refresh_at: Millis,
) -> Result<GrantId> {
    let now = tx.now();
    let known = of_subject(tx, user, credential, subject).await?;
    let id = known
        .as_ref()
        .map_or_else(|| GrantId(tx.world().id()), |grant| grant.id);
    let access = tx
        .keys
        .seal(&tx.world, place(&id, "access_token"), &tokens.access_token);
    let refresh = match &tokens.refresh_token {
        Some(token) => Some(tx.keys.seal(&tx.world, place(&id, "refresh_token"), token)),
        None => None,
    };
    if known.is_some() {
        // Without a new refresh token the stored one goes on: overwriting it with nothing breaks the account.
        tx.execute(
            "UPDATE grants SET address = $2, tenant = $3, scopes = $4, \
             previous_refresh_token = CASE WHEN $5 IS NULL THEN previous_refresh_token ELSE refresh_token END, \
             refresh_token = COALESCE($5, refresh_token), access_token = $6, access_ends_at = $7, refresh_ends_at = $8, \
             version = version + 1, failures = 0, refresh_at = $9, refreshed_at = $10, created_at = $10, \
             rejections = 0, unanswered_at = NULL WHERE id = $1",
            args![id, &subject.address, &subject.tenant, scopes, refresh, access, tokens.access_ends_at, tokens.refresh_ends_at, refresh_at, now],
        )
        .await?;
    } else {
        let refresh = refresh
            .ok_or_else(|| Error::Config("a first consent brings a refresh token".into()))?;
        tx.execute(
            "INSERT INTO grants (id, user_id, credential_id, issuer, subject, address, tenant, scopes, refresh_token, \
             access_token, access_ends_at, refresh_ends_at, status, status_since, refresh_at, refreshed_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'unset', $13, $14, $13, $13)",
            args![
                id, user, credential, &subject.issuer, &subject.key, &subject.address, &subject.tenant, scopes, refresh,
                access, tokens.access_ends_at, tokens.refresh_ends_at, now, refresh_at
            ],
        )
        .await?;
    }
    set_status(tx, id, Status::Good, None, None).await?;
    tx.execute(
        "INSERT INTO consented_people (credential_id, client_id, issuer, subject, first_at) \
         SELECT id, client_id, $2, $3, $4 FROM credentials WHERE id = $1 \
         ON CONFLICT (credential_id, client_id, issuer, subject) DO NOTHING",
        args![credential, &subject.issuer, &subject.key, now],
    )
    .await?;
    tx.announce(Announcement::Grant(id));
    Ok(id)
}

/// Turns a grant to a state; the same state again only updates cause and end.
pub async fn set_status(
    tx: &mut Tx,
    id: GrantId,
    status: Status,
    until: Option<Millis>,
    cause: Option<&Cause>,
) -> Result<()> {
    let now = tx.now();
    let old = tx
        .row("SELECT status FROM grants WHERE id = $1", args![id])
        .await?;
    let Some(old) = old else { return Ok(()) };
    let turned = old.get::<String>(0)? != status.word();
    tx.execute(
        "UPDATE grants SET status = $2, status_since = CASE WHEN status = $2 THEN status_since ELSE $3 END, \
         status_until = $4, cause = $5 WHERE id = $1",
        args![id, status.word(), now, until, Cause::to_column(cause)],
    )
    .await?;
    if turned {
        intervals::turn(tx, id.0, Side::Grant, status.word(), cause).await?;
        tx.announce(Announcement::Grant(id));
        tx.announce(Announcement::Accounts);
    }
    Ok(())
}

/// A credential's grants are worth another try: somebody mended it.
pub async fn try_again(tx: &mut Tx, credential: CredentialId) -> Result<()> {
    let now = tx.now();
    let rows = tx
        .rows(
            "UPDATE grants SET refresh_at = $2, failures = 0 WHERE credential_id = $1 AND status = 'app_broken' RETURNING id",
            args![credential, now],
        )
        .await?;
    for row in rows {
        tx.announce(Announcement::Grant(row.get(0)?));
    }
    Ok(())
}

/// All grants.
pub async fn all(tx: &mut Tx) -> Result<Vec<Grant>> {
    let rows = tx
        .rows(format!("SELECT {COLUMNS} FROM grants ORDER BY id"), args![])
        .await?;
    rows.iter().map(read).collect()
}

/// All grants of a credential.
pub async fn of_credential(tx: &mut Tx, credential: CredentialId) -> Result<Vec<Grant>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM grants WHERE credential_id = $1 ORDER BY id"),
            args![credential],
        )
        .await?;
    rows.iter().map(read).collect()
}
