//! People who sign in here.
//!
//! What always holds: a login is unique regardless of case; there is always an active administrator once
//! there was one ([`Refusal::LastAdministrator`]).

use serde::Serialize;

use crate::args;
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::tx::Tx;
use crate::world::Millis;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sets the system up; sees states, never mail.
    Administrator,
    /// Has mailboxes.
    Member,
}

impl Role {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Member => "member",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Role> {
        [Role::Administrator, Role::Member]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

/// Whether somebody may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// May sign in.
    Active,
    /// Has a link and no password yet.
    Invited,
    /// May not sign in; mail and grants are kept.
    Disabled,
}

impl Status {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Invited => "invited",
            Status::Disabled => "disabled",
        }
    }

    fn parse(word: &str) -> Option<Status> {
        [Status::Active, Status::Invited, Status::Disabled]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never reused.
    pub id: UserId,
    /// What is typed at sign-in; lower case.
    pub login: String,
    /// Shown to others.
    pub name: String,
    /// Where notices go.
    pub address: String,
    /// Administrator or member.
    pub role: Role,
    /// Whether signing in is possible.
    pub status: Status,
    /// `ja`, `en`, or the browser's.
    pub language: Option<String>,
    /// When the row was made.
    pub created_at: Millis,
    /// Last successful sign-in.
    pub last_sign_in_at: Option<Millis>,
}

/// Why a change of a person was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Somebody has this login.
    #[error("the login is taken")]
    LoginTaken,
    /// There is no such person.
    #[error("there is no such user")]
    NotFound,
    /// Nobody could set the system up any more.
    #[error("this is the last active administrator")]
    LastAdministrator,
    /// The person has mailboxes or grants, which would be lost.
    #[error("the user still has mailboxes")]
    HasAccounts,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

const COLUMNS: &str =
    "id, login, name, address, role, status, language, created_at, last_sign_in_at";

fn read(row: &Row) -> Result<User> {
    let word = |column: &str| Error::Row {
        column: column.to_owned(),
    };
    Ok(User {
        id: row.get(0)?,
        login: row.get(1)?,
        name: row.get(2)?,
        address: row.get(3)?,
        role: Role::parse(&row.get::<String>(4)?).ok_or_else(|| word("users.role"))?,
        status: Status::parse(&row.get::<String>(5)?).ok_or_else(|| word("users.status"))?,
        language: row.get(6)?,
        created_at: row.get(7)?,
        last_sign_in_at: row.get(8)?,
    })
}

/// What a new person needs.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What is typed at sign-in.
    pub login: String,
    /// Shown to others.
    pub name: String,
    /// Where notices go; may be empty.
    pub address: String,
    /// Administrator or member.
    pub role: Role,
    /// PHC string; `None` makes an invited person.
    pub password_hash: Option<String>,
}

/// Adds a person.
pub async fn add(tx: &mut Tx, new: NewUser) -> Result<User, Refusal> {
    let login = new.login.trim().to_lowercase();
    if by_login(tx, &login).await?.is_some() {
        return Err(Refusal::LoginTaken);
    }
    let id = UserId(tx.world().id());
    let now = tx.now();
    let status = if new.password_hash.is_some() {
        Status::Active
    } else {
        Status::Invited
    };
    let added = tx
        .execute(
            "INSERT INTO users (id, login, name, address, role, status, password_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                id,
                login,
                new.name.trim(),
                new.address.trim(),
                new.role.word(),
                status.word(),
                new.password_hash,
                now
            ],
        )
        .await;
    match added {
        Ok(_) => {}
        // Somebody took it since we looked.
        Err(error) if error.is_conflict() => return Err(Refusal::LoginTaken),
        Err(error) => return Err(error.into()),
    }
    find(tx, id).await?.ok_or(Refusal::NotFound)
}

/// Looks a person up.
pub async fn find(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM users WHERE id = $1"),
            args![id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Looks a person up by what was typed at sign-in.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<User>> {
    let login = login.trim().to_lowercase();
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM users WHERE login = $1"),
            args![login],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// All people, by login.
pub async fn list(tx: &mut Tx) -> Result<Vec<User>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM users ORDER BY login"),
            args![],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Whether anybody can set the system up.
pub async fn administrators(tx: &mut Tx) -> Result<i64> {
    tx.number(
        "SELECT COUNT(*) FROM users WHERE role = 'administrator' AND status = 'active'",
        args![],
    )
    .await
}

/// The PHC string of a person's password.
pub async fn password_hash(tx: &mut Tx, id: UserId) -> Result<Option<String>> {
    match tx
        .row("SELECT password_hash FROM users WHERE id = $1", args![id])
        .await?
    {
        Some(row) => row.get(0),
        None => Ok(None),
    }
}

/// Gives a person a password; who was invited is active from now on.
pub async fn set_password(tx: &mut Tx, id: UserId, hash: &str) -> Result<()> {
    tx.execute(
        "UPDATE users SET password_hash = $2, status = CASE WHEN status = 'invited' THEN 'active' ELSE status END \
         WHERE id = $1",
        args![id, hash],
    )
    .await?;
    Ok(())
}

/// Remembers a successful sign-in.
pub async fn signed_in(tx: &mut Tx, id: UserId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "UPDATE users SET last_sign_in_at = $2 WHERE id = $1",
        args![id, now],
    )
    .await?;
    Ok(())
}

/// What can be changed of a person; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// Shown to others.
    pub name: Option<String>,
    /// Where notices go.
    pub address: Option<String>,
    /// Administrator or member.
    pub role: Option<Role>,
    /// `true` disables: login sessions and API tokens end, mail is kept. `false` lets the person in again.
    pub disabled: Option<bool>,
    /// `ja`, `en`, or `Some(None)` for the browser's.
    pub language: Option<Option<String>>,
}

/// Changes a person.
pub async fn update(tx: &mut Tx, id: UserId, patch: Patch) -> Result<User, Refusal> {
    lock_people(tx).await?;
    let mut user = find(tx, id).await?.ok_or(Refusal::NotFound)?;
    let was_administrator = user.role == Role::Administrator && user.status == Status::Active;
    if let Some(name) = patch.name {
        user.name = name.trim().to_owned();
    }
    if let Some(address) = patch.address {
        user.address = address.trim().to_owned();
    }
    if let Some(role) = patch.role {
        user.role = role;
    }
    if let Some(language) = patch.language {
        user.language = language;
    }
    match patch.disabled {
        Some(true) => user.status = Status::Disabled,
        Some(false) if user.status == Status::Disabled => {
            let has_password = password_hash(tx, id).await?.is_some();
            user.status = if has_password {
                Status::Active
            } else {
                Status::Invited
            };
        }
        _ => {}
    }
    tx.execute(
        "UPDATE users SET name = $2, address = $3, role = $4, status = $5, language = $6 WHERE id = $1",
        args![id, &user.name, &user.address, user.role.word(), user.status.word(), user.language.clone()],
    )
    .await?;
    // Counted after the change and inside the transaction: two administrators who remove each other at
    // once cannot both succeed.
    if was_administrator && administrators(tx).await? == 0 {
        return Err(Refusal::LastAdministrator);
    }
    if user.status == Status::Disabled {
        end_access(tx, id).await?;
    }
    Ok(user)
}

/// Removes a person who has no mailboxes.
pub async fn remove(tx: &mut Tx, id: UserId) -> Result<User, Refusal> {
    lock_people(tx).await?;
    let user = find(tx, id).await?.ok_or(Refusal::NotFound)?;
    // An app's own grant belongs to nobody in particular: whose mailboxes it opens keeps it.
    tx.execute(
        "UPDATE grants SET user_id = (SELECT a.owner_id FROM accounts a WHERE a.grant_id = grants.id ORDER BY a.created_at, a.id LIMIT 1) \
         WHERE user_id = $1 AND EXISTS (SELECT 1 FROM accounts a WHERE a.grant_id = grants.id AND a.owner_id <> $1) \
         AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.grant_id = grants.id AND a.owner_id = $1)",
        args![id],
    )
    .await?;
    let holds = tx
        .number(
            "SELECT (SELECT COUNT(*) FROM accounts WHERE owner_id = $1) + (SELECT COUNT(*) FROM grants WHERE user_id = $1)",
            args![id],
        )
        .await?;
    if holds > 0 {
        return Err(Refusal::HasAccounts);
    }
    tx.execute("DELETE FROM users WHERE id = $1", args![id])
        .await?;
    if user.role == Role::Administrator
        && user.status == Status::Active
        && administrators(tx).await? == 0
    {
        return Err(Refusal::LastAdministrator);
    }
    Ok(user)
}

/// Ends all ways in: login sessions, API tokens, open links.
pub async fn end_access(tx: &mut Tx, id: UserId) -> Result<()> {
    for table in ["login_sessions", "api_tokens", "invitations"] {
        tx.execute(format!("DELETE FROM {table} WHERE user_id = $1"), args![id])
            .await?;
    }
    Ok(())
}

/// Makes changes of people wait for one another, before anything of them is read (SQLite has one writer
/// anyway): the row locks of PostgreSQL cover neither the count nor what was read.
async fn lock_people(tx: &mut Tx) -> Result<()> {
    if !tx.is_sqlite() {
        tx.rows("SELECT pg_advisory_xact_lock(7236)", args![])
            .await?;
    }
    Ok(())
}
