//! OAuth apps that an administrator registered at a provider.
//!
//! The client secret is sealed to its row and never leaves this module but as a [`SecretString`]. A change
//! names the version it was made from; of two administrators who edit at once, the second is told.
//! The next and the previous secret are in [`secrets`](self::secrets).

mod secrets;

use secrecy::{ExposeSecret, SecretString};

use crate::announcements::Announcement;
use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::CredentialId;
use crate::intervals::Cause;
use crate::seal::Place;
use crate::tx::Tx;
use crate::world::Millis;

pub use secrets::{
    Held, Next, NextChange, Previous, Slot, Switched, SwitchedBy, broken, change_next,
    drop_previous, held, judge_next, refused, secret_in, switch, taken, try_one, worked,
};

/// What is known of a credential's ID and secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Never used.
    Unproven,
    /// The provider took them.
    Good,
    /// The provider refused them.
    Broken,
}

impl Status {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Status::Unproven => "unproven",
            Status::Good => "good",
            Status::Broken => "broken",
        }
    }

    fn parse(word: &str) -> Option<Status> {
        [Status::Unproven, Status::Good, Status::Broken]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// Whose permission opens the mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Each person consents for a mailbox of theirs.
    #[default]
    Delegated,
    /// The app itself, for the mailboxes that the administrator listed (Microsoft; facts providers 5.11).
    AppOnly,
}

impl Access {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Access::Delegated => "delegated",
            Access::AppOnly => "app_only",
        }
    }

    /// From its word.
    pub fn parse(word: &str) -> Option<Access> {
        [Access::Delegated, Access::AppOnly]
            .into_iter()
            .find(|access| access.word() == word)
    }
}

/// What an administrator enters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    /// The provider's name in the config: `google`, `microsoft`, another.
    pub provider: String,
    /// Tells several credentials apart.
    pub name: String,
    /// As the console shows it.
    pub client_id: String,
    /// The secret's last characters, for recognising it.
    pub secret_hint: String,
    /// YYYY-MM-DD, from the console.
    pub secret_ends_on: Option<String>,
    /// Free text, line breaks kept.
    pub note: String,
    /// Microsoft: who can sign in. Empty elsewhere.
    pub tenant: String,
    /// `/common/cmn270.do` or `/common/cm270.do`.
    pub redirect_path: String,
    /// Whose permission opens the mailboxes. Cannot be changed later.
    pub access: Access,
    /// App-only: the mailboxes that may be added, lower case.
    pub allowed_addresses: Vec<String>,
}

impl Fields {
    /// Whether an app-only credential may open this mailbox.
    pub fn allows(&self, mailbox: &str) -> bool {
        self.allowed_addresses
            .iter()
            .any(|address| address.eq_ignore_ascii_case(mailbox))
    }
}

/// A registered OAuth app, without its secret.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Names the row.
    pub id: CredentialId,
    /// What was entered.
    pub fields: Fields,
    /// What is known of ID and secret.
    pub status: Status,
    /// Why they are broken.
    pub cause: Option<Cause>,
    /// Since when.
    pub broken_since: Option<Millis>,
    /// The secret that shall become current.
    pub next: Option<Next>,
    /// The secret that was current before the last switch.
    pub previous: Option<Previous>,
    /// The last switch.
    pub switched: Option<Switched>,
    /// When an administrator's consent for the whole tenant came back to us.
    pub admin_consented_at: Option<Millis>,
    /// Grows with every change; the ETag.
    pub version: i64,
    /// When it was registered.
    pub created_at: Millis,
    /// When an administrator last changed it.
    pub updated_at: Millis,
}

const COLUMNS: &str = "id, provider, name, client_id, secret_hint, secret_ends_on, note, tenant, redirect_path, \
                       status, cause, version, created_at, updated_at, access, allowed_addresses, admin_consented_at, \
                       next_secret IS NOT NULL, next_secret_hint, next_secret_ends_on, next_secret_status, \
                       next_secret_cause, previous_secret IS NOT NULL, previous_secret_hint, previous_secret_ends_on, \
                       secret_switched_at, secret_switched_by, secret_switched_cause, broken_since";

fn read(row: &Row) -> Result<Credential> {
    Ok(Credential {
        id: row.get(0)?,
        fields: Fields {
            provider: row.get(1)?,
            name: row.get(2)?,
            client_id: row.get(3)?,
            secret_hint: row.get(4)?,
            secret_ends_on: row.get(5)?,
            note: row.get(6)?,
            tenant: row.get(7)?,
            redirect_path: row.get(8)?,
            access: Access::parse(&row.get::<String>(14)?).ok_or_else(|| Error::Row {
                column: "credentials.access".into(),
            })?,
            allowed_addresses: serde_json::from_str(&row.get::<String>(15)?).map_err(|_| {
                Error::Row {
                    column: "credentials.allowed_addresses".into(),
                }
            })?,
        },
        status: Status::parse(&row.get::<String>(9)?).ok_or_else(|| Error::Row {
            column: "credentials.status".into(),
        })?,
        cause: Cause::from_column(row.get(10)?),
        version: row.get(11)?,
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
        admin_consented_at: row.get(16)?,
        broken_since: row.get(28)?,
        next: secrets::read_next(row, 17)?,
        previous: secrets::read_previous(row, 22)?,
        switched: secrets::read_switched(row, 25)?,
    })
}

fn place(id: &CredentialId, slot: Slot) -> Place<'_> {
    Place {
        table: "credentials",
        column: slot.column(),
        row: &id.0,
    }
}

fn addresses_column(fields: &Fields) -> String {
    serde_json::to_string(&fields.allowed_addresses).unwrap_or_else(|_| "[]".to_owned())
}

/// Registers an app.
pub async fn add(tx: &mut Tx, fields: &Fields, secret: &SecretString) -> Result<CredentialId> {
    let id = CredentialId(tx.world().id());
    let now = tx.now();
    let sealed = tx.keys.seal(&tx.world, place(&id, Slot::Current), secret);
    tx.execute(
        "INSERT INTO credentials (id, provider, name, client_id, client_secret, secret_hint, secret_ends_on, note, \
         tenant, redirect_path, status, created_at, updated_at, access, allowed_addresses) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'unproven', $11, $11, $12, $13)",
        args![
            id, &fields.provider, &fields.name, &fields.client_id, sealed, &fields.secret_hint,
            fields.secret_ends_on.clone(), &fields.note, &fields.tenant, &fields.redirect_path, now, fields.access.word(),
            addresses_column(fields)
        ],
    )
    .await?;
    Ok(id)
}

/// Looks a credential up.
pub async fn find(tx: &mut Tx, id: CredentialId) -> Result<Option<Credential>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM credentials WHERE id = $1"),
            args![id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// All credentials, in the order of registration.
pub async fn list(tx: &mut Tx) -> Result<Vec<Credential>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM credentials ORDER BY created_at, id"),
            args![],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The client secret, for a request to the provider.
pub async fn secret(tx: &mut Tx, id: CredentialId) -> Result<Option<SecretString>> {
    secret_in(tx, id, Slot::Current).await
}

/// Changes a credential if it still has `version`; `false` when somebody was quicker. A new ID or secret
/// makes it unproven. Another client ID is another app: the next and the previous secret go.
pub async fn update(
    tx: &mut Tx,
    id: CredentialId,
    version: i64,
    fields: &Fields,
    secret: Option<&SecretString>,
) -> Result<bool> {
    let now = tx.now();
    let Some(old) = find(tx, id).await? else {
        return Ok(false);
    };
    let proven_by_this = secret.is_none()
        && old.fields.client_id == fields.client_id
        && old.fields.tenant == fields.tenant;
    let status = if proven_by_this {
        old.status
    } else {
        Status::Unproven
    };
    let cause = if proven_by_this { old.cause } else { None };
    let touched = tx
        .execute(
            "UPDATE credentials SET name = $3, client_id = $4, secret_hint = $5, secret_ends_on = $6, note = $7, \
             tenant = $8, redirect_path = $9, status = $10, cause = $11, version = version + 1, updated_at = $12, \
             allowed_addresses = $13, \
             admin_consented_at = CASE WHEN client_id = $4 AND tenant = $8 THEN admin_consented_at ELSE NULL END \
             WHERE id = $1 AND version = $2",
            args![
                id, version, &fields.name, &fields.client_id, &fields.secret_hint, fields.secret_ends_on.clone(),
                &fields.note, &fields.tenant, &fields.redirect_path, status.word(), Cause::to_column(cause.as_ref()), now,
                addresses_column(fields)
            ],
        )
        .await?;
    if touched == 0 {
        return Ok(false);
    }
    if let Some(secret) = secret {
        let sealed = tx.keys.seal(&tx.world, place(&id, Slot::Current), secret);
        tx.execute(
            "UPDATE credentials SET client_secret = $2 WHERE id = $1",
            args![id, sealed],
        )
        .await?;
        let next = secret_in(tx, id, Slot::Next).await?;
        if next.is_some_and(|next| next.expose_secret() == secret.expose_secret()) {
            change_next(tx, id, &NextChange::Drop).await?;
        }
    }
    if old.fields.client_id != fields.client_id {
        change_next(tx, id, &NextChange::Drop).await?;
        secrets::forget_previous(tx, id).await?;
    } else if old.fields.tenant != fields.tenant {
        tx.execute(
            "UPDATE credentials SET next_secret_status = 'unproven', next_secret_cause = NULL \
             WHERE id = $1 AND next_secret IS NOT NULL",
            args![id],
        )
        .await?;
    }
    if !proven_by_this {
        crate::grants::try_again(tx, id).await?;
    }
    // Another date of the secret may be news.
    tx.announce(Announcement::Accounts);
    Ok(true)
}

/// Notes what the provider said of ID and secret. Not a change by a person: the version stays.
pub async fn set_status(
    tx: &mut Tx,
    id: CredentialId,
    status: Status,
    cause: Option<&Cause>,
) -> Result<()> {
    let now = tx.now();
    let touched = tx
        .execute(
            "UPDATE credentials SET status = $2, cause = $3, broken_since = CASE WHEN $2 <> 'broken' THEN NULL \
             WHEN status = 'broken' THEN broken_since ELSE $4 END \
             WHERE id = $1 AND (status <> $2 OR COALESCE(cause, '') <> COALESCE($3, ''))",
            args![id, status.word(), Cause::to_column(cause), now],
        )
        .await?;
    if touched > 0 {
        tx.announce(Announcement::Accounts);
        if status == Status::Good {
            crate::grants::mend(tx, id).await?;
        }
    }
    Ok(())
}

/// The addresses of the accounts whose grants this credential made.
pub async fn in_use_by(tx: &mut Tx, id: CredentialId) -> Result<Vec<String>> {
    let rows = tx
        .rows(
            "SELECT DISTINCT a.mailbox_address FROM accounts a JOIN grants g ON g.id = a.grant_id \
             WHERE g.credential_id = $1 ORDER BY a.mailbox_address LIMIT 1000",
            args![id],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Removes a credential that no account uses; grants without an account go with it. `false` when an
/// account uses it.
pub async fn remove(tx: &mut Tx, id: CredentialId) -> Result<bool> {
    if !in_use_by(tx, id).await?.is_empty() {
        return Ok(false);
    }
    tx.execute("DELETE FROM connects WHERE credential_id = $1", args![id])
        .await?;
    tx.execute("DELETE FROM grants WHERE credential_id = $1", args![id])
        .await?;
    tx.execute("DELETE FROM credentials WHERE id = $1", args![id])
        .await?;
    Ok(true)
}

/// Notes that an administrator's consent for the whole tenant came back.
pub async fn admin_consented(tx: &mut Tx, id: CredentialId) -> Result<()> {
    let at = tx.now();
    tx.execute(
        "UPDATE credentials SET admin_consented_at = $2 WHERE id = $1",
        args![id, at],
    )
    .await?;
    Ok(())
}

/// Whether a mailbox runs by this credential: proof of everything that it needs.
pub async fn opens_mailboxes(tx: &mut Tx, id: CredentialId) -> Result<bool> {
    let running = tx
        .number(
            "SELECT COUNT(*) FROM accounts a JOIN grants g ON g.id = a.grant_id \
             WHERE g.credential_id = $1 AND g.status = 'good' AND a.sync_status = 'live'",
            args![id],
        )
        .await?;
    Ok(running > 0)
}

/// How many different people ever consented to this app (its client ID): Google counts them over its life.
pub async fn people_consented(tx: &mut Tx, id: CredentialId) -> Result<i64> {
    tx.number(
        "SELECT COUNT(*) FROM consented_people p JOIN credentials c ON c.id = p.credential_id \
         WHERE p.credential_id = $1 AND p.client_id = c.client_id",
        args![id],
    )
    .await
}
