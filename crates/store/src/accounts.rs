//! Connected mailboxes. An account's id is its JMAP account id.
//!
//! Three names from the start: who consented (the grant's subject), which mailbox (`mailbox_address`, the
//! IMAP user), which sender (`smtp_user` and `sender_address`). Shared mailboxes need all three.
//! Receiving and sending have a state each; every turn of them is kept as an interval.

use crate::announcements::Announcement;
use crate::args;
use crate::changes::{self, Change, Kind};
use crate::db::Row;
use crate::error::{Error, Result};
use crate::id::{AccountId, GrantId, IdentityId, UserId};
use crate::intervals::{self, Cause, Side};
use crate::tx::Tx;
use crate::world::Millis;

/// The state of receiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStatus {
    /// All of it is here and new mail is heard of.
    Live,
    /// The first mails are being fetched.
    Filling,
    /// The provider refuses for now; tried again by itself.
    Later,
    /// Somebody must do something.
    Blocked,
}

impl SyncStatus {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            SyncStatus::Live => "live",
            SyncStatus::Filling => "filling",
            SyncStatus::Later => "later",
            SyncStatus::Blocked => "blocked",
        }
    }
    fn parse(word: &str) -> Option<Self> {
        [Self::Live, Self::Filling, Self::Later, Self::Blocked]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// The state of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendStatus {
    /// Mail goes out.
    Ready,
    /// The provider refuses for now; tried again by itself.
    Later,
    /// Somebody must do something.
    Blocked,
}

impl SendStatus {
    /// The word in the API and in the row.
    pub fn word(self) -> &'static str {
        match self {
            SendStatus::Ready => "ready",
            SendStatus::Later => "later",
            SendStatus::Blocked => "blocked",
        }
    }
    fn parse(word: &str) -> Option<Self> {
        [Self::Ready, Self::Later, Self::Blocked]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// One side's state.
#[derive(Debug, Clone)]
pub struct State<S> {
    /// Which.
    pub status: S,
    /// Since when.
    pub since: Millis,
    /// Until when, where that is known.
    pub until: Option<Millis>,
    /// Why.
    pub cause: Option<Cause>,
}

/// A connected mailbox.
#[derive(Debug, Clone)]
pub struct Account {
    /// Also the JMAP account id.
    pub id: AccountId,
    /// Who connected it.
    pub owner_id: UserId,
    /// Whose tokens open it.
    pub grant_id: GrantId,
    /// The provider's name in the config.
    pub provider: String,
    /// What people call it; the mailbox address where empty.
    pub name: String,
    /// The address that was typed when connecting.
    pub address: String,
    /// The IMAP user: which mailbox.
    pub mailbox_address: String,
    /// The sender in From.
    pub sender_address: String,
    /// The SMTP user: who hands mail in.
    pub smtp_user: String,
    /// `labels`, `folders`, or empty before the first login.
    pub dialect: String,
    /// Receiving.
    pub sync: State<SyncStatus>,
    /// Sending.
    pub send: State<SendStatus>,
    /// When new mail last came.
    pub last_received_at: Option<Millis>,
    /// When mail last went out.
    pub last_sent_at: Option<Millis>,
    /// When it was connected.
    pub created_at: Millis,
    /// Seconds that the last new mail took from the provider's clock to here.
    pub lag: Option<i64>,
}

/// What somebody may do with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// See mail.
    pub read: bool,
    /// Send in its name.
    pub send: bool,
    /// Reconnect, disconnect, share.
    pub manage: bool,
}

const COLUMNS: &str = "a.id, a.owner_id, a.grant_id, a.provider, a.name, a.address, a.mailbox_address, a.sender_address, \
                       a.smtp_user, a.dialect, a.sync_status, a.sync_since, a.sync_until, a.sync_cause, a.send_status, \
                       a.send_since, a.send_until, a.send_cause, a.last_received_at, a.last_sent_at, a.created_at, a.lag";

fn read(row: &Row) -> Result<Account> {
    let odd = |column: &str| Error::Row {
        column: column.to_owned(),
    };
    Ok(Account {
        id: row.get(0)?,
        owner_id: row.get(1)?,
        grant_id: row.get(2)?,
        provider: row.get(3)?,
        name: row.get(4)?,
        address: row.get(5)?,
        mailbox_address: row.get(6)?,
        sender_address: row.get(7)?,
        smtp_user: row.get(8)?,
        dialect: row.get(9)?,
        sync: State {
            status: SyncStatus::parse(&row.get::<String>(10)?)
                .ok_or_else(|| odd("accounts.sync_status"))?,
            since: row.get(11)?,
            until: row.get(12)?,
            cause: Cause::from_column(row.get(13)?),
        },
        send: State {
            status: SendStatus::parse(&row.get::<String>(14)?)
                .ok_or_else(|| odd("accounts.send_status"))?,
            since: row.get(15)?,
            until: row.get(16)?,
            cause: Cause::from_column(row.get(17)?),
        },
        last_received_at: row.get(18)?,
        last_sent_at: row.get(19)?,
        created_at: row.get(20)?,
        lag: row.get(21)?,
    })
}

/// What a new account needs.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Who connects it.
    pub owner_id: UserId,
    /// Whose tokens open it.
    pub grant_id: GrantId,
    /// The provider's name in the config.
    pub provider: String,
    /// The address that was typed.
    pub address: String,
    /// The IMAP user.
    pub mailbox_address: String,
    /// The sender in From.
    pub sender_address: String,
    /// The SMTP user.
    pub smtp_user: String,
    /// The sender's display name.
    pub sender_name: String,
}

/// Connects a mailbox, or gives a known one its new grant: consent again keeps the account and its mail.
pub async fn connect(tx: &mut Tx, new: NewAccount) -> Result<AccountId> {
    let now = tx.now();
    let known = tx
        .row(
            "SELECT id, grant_id FROM accounts WHERE owner_id = $1 AND provider = $2 AND LOWER(mailbox_address) = LOWER($3)",
            args![new.owner_id, &new.provider, &new.mailbox_address],
        )
        .await?;
    if let Some(row) = known {
        let (id, before): (AccountId, GrantId) = (row.get(0)?, row.get(1)?);
        tx.execute(
            "UPDATE accounts SET grant_id = $2, smtp_user = $3 WHERE id = $1",
            args![id, new.grant_id, &new.smtp_user],
        )
        .await?;
        if before != new.grant_id {
            intervals::leave_grant(tx, id, before).await?;
            crate::grants::give_up_unused(tx, before).await?;
        }
        fulfil(tx, id, &new).await?;
        tx.announce(Announcement::Accounts);
        return Ok(id);
    }
    let id = AccountId(tx.world().id());
    tx.execute(
        "INSERT INTO accounts (id, owner_id, grant_id, provider, address, mailbox_address, sender_address, smtp_user, \
         sync_status, sync_since, send_status, send_since, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'filling', $9, 'ready', $9, $9)",
        args![
            id, new.owner_id, new.grant_id, &new.provider, &new.address, &new.mailbox_address, &new.sender_address,
            &new.smtp_user, now
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO account_members (account_id, user_id, may_read, may_send, may_manage) VALUES ($1, $2, 1, 1, 1)",
        args![id, new.owner_id],
    )
    .await?;
    let identity = IdentityId(tx.world().id());
    tx.execute(
        "INSERT INTO identities (account_id, id, name, email) VALUES ($1, $2, $3, $4)",
        args![id, identity, &new.sender_name, &new.sender_address],
    )
    .await?;
    changes::record(tx, id, Kind::Identity, identity.0, Change::Created).await?;
    fulfil(tx, id, &new).await?;
    intervals::turn(tx, id.0, Side::Sync, "filling", None).await?;
    intervals::turn(tx, id.0, Side::Send, "ready", None).await?;
    tx.announce(Announcement::Accounts);
    Ok(id)
}

/// What a list announced is here now; the account gets the name that it was to have.
async fn fulfil(tx: &mut Tx, id: AccountId, new: &NewAccount) -> Result<()> {
    // Exchange's login may look different from the address that the list had; a shared mailbox has an address of its
    // own, and its person's own mailbox goes on waiting.
    let shared = !new.sender_address.eq_ignore_ascii_case(&new.address);
    let typed = if shared {
        &new.mailbox_address
    } else {
        &new.address
    };
    let addresses = [new.mailbox_address.as_str(), typed.as_str()];
    let name = crate::pending_accounts::fulfilled(tx, new.owner_id, addresses).await?;
    if let Some(name) = name {
        tx.execute(
            "UPDATE accounts SET name = $2 WHERE id = $1 AND name = ''",
            args![id, name],
        )
        .await?;
    }
    Ok(())
}

/// The person who consented has another address now: it is the login of the person's own mailbox, and hands mail
/// in for the others. The account stays the same one; where another account has that mailbox already, it stays there.
pub async fn follow_person(tx: &mut Tx, id: AccountId, before: &str, address: &str) -> Result<()> {
    tx.execute(
        "UPDATE accounts SET mailbox_address = $3 WHERE id = $1 AND LOWER(smtp_user) = LOWER($2) \
         AND LOWER(mailbox_address) = LOWER($2) AND NOT EXISTS (SELECT 1 FROM accounts b \
         WHERE b.id <> accounts.id AND b.owner_id = accounts.owner_id AND b.provider = accounts.provider \
         AND LOWER(b.mailbox_address) = LOWER($3))",
        args![id, before, address],
    )
    .await?;
    tx.execute(
        "UPDATE accounts SET smtp_user = $3 WHERE id = $1 AND LOWER(smtp_user) = LOWER($2)",
        args![id, before, address],
    )
    .await?;
    tx.announce(Announcement::Accounts);
    Ok(())
}

/// Notes how long the last new mail took from the provider's clock to here, in seconds.
pub async fn set_lag(tx: &mut Tx, id: AccountId, lag: i64) -> Result<()> {
    tx.execute("UPDATE accounts SET lag = $2 WHERE id = $1", args![id, lag])
        .await?;
    Ok(())
}

/// Looks an account up.
pub async fn find(tx: &mut Tx, id: AccountId) -> Result<Option<Account>> {
    let row = tx
        .row(
            format!("SELECT {COLUMNS} FROM accounts a WHERE a.id = $1"),
            args![id],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// The accounts of a mailbox address, whoever connected them.
pub async fn by_address(tx: &mut Tx, address: &str) -> Result<Vec<Account>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM accounts a WHERE LOWER(a.mailbox_address) = LOWER($1) ORDER BY a.id"),
            args![address],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Every account.
pub async fn all(tx: &mut Tx) -> Result<Vec<Account>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM accounts a ORDER BY a.mailbox_address, a.id"),
            args![],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Accounts behind an id, in the order of their ids: one person's own, or everybody's.
pub async fn page(
    tx: &mut Tx,
    owner: Option<UserId>,
    after: Option<AccountId>,
    limit: i64,
) -> Result<Vec<Account>> {
    let after = after.map_or([0; 16], |id| id.0).to_vec();
    let (one, owner) = match owner {
        Some(owner) => ("a.owner_id = $3", owner.0.to_vec()),
        None => ("LENGTH($3) = 16", [0; 16].to_vec()),
    };
    let rows = tx
        .rows(
            format!(
                "SELECT {COLUMNS} FROM accounts a WHERE a.id > $1 AND {one} ORDER BY a.id LIMIT $2"
            ),
            args![after, limit, owner],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The accounts that a grant opens.
pub async fn of_grant(tx: &mut Tx, grant: GrantId) -> Result<Vec<Account>> {
    let rows = tx
        .rows(
            format!("SELECT {COLUMNS} FROM accounts a WHERE a.grant_id = $1 ORDER BY a.id"),
            args![grant],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The accounts that a person may use, with the rights on each.
pub async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<(Account, Rights)>> {
    let rows = tx
        .rows(
            format!(
                "SELECT {COLUMNS}, m.may_read, m.may_send, m.may_manage FROM accounts a \
                 JOIN account_members m ON m.account_id = a.id WHERE m.user_id = $1 ORDER BY a.created_at, a.id"
            ),
            args![user],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                read(row)?,
                Rights {
                    read: row.get(22)?,
                    send: row.get(23)?,
                    manage: row.get(24)?,
                },
            ))
        })
        .collect()
}

/// A person's rights on an account; `None` for a stranger.
pub async fn rights(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Option<Rights>> {
    let row = tx
        .row(
            "SELECT may_read, may_send, may_manage FROM account_members WHERE account_id = $1 AND user_id = $2",
            args![account, user],
        )
        .await?;
    row.map(|row| {
        Ok(Rights {
            read: row.get(0)?,
            send: row.get(1)?,
            manage: row.get(2)?,
        })
    })
    .transpose()
}

/// Turns receiving to a state.
pub async fn set_sync(
    tx: &mut Tx,
    id: AccountId,
    status: SyncStatus,
    until: Option<Millis>,
    cause: Option<&Cause>,
) -> Result<()> {
    turn(tx, id, Side::Sync, status.word(), until, cause)
        .await
        .map(drop)
}

/// Turns sending to a state.
pub async fn set_send(
    tx: &mut Tx,
    id: AccountId,
    status: SendStatus,
    until: Option<Millis>,
    cause: Option<&Cause>,
) -> Result<()> {
    let turned = turn(tx, id, Side::Send, status.word(), until, cause).await?;
    if turned && status == SendStatus::Ready {
        crate::submissions::try_again(tx, id).await?;
    }
    Ok(())
}

async fn turn(
    tx: &mut Tx,
    id: AccountId,
    side: Side,
    status: &str,
    until: Option<Millis>,
    cause: Option<&Cause>,
) -> Result<bool> {
    let now = tx.now();
    let word = side.word();
    let old = tx
        .row(
            format!("SELECT {word}_status, {word}_cause, {word}_until FROM accounts WHERE id = $1"),
            args![id],
        )
        .await?;
    let Some(old) = old else { return Ok(false) };
    let turned = old.get::<String>(0)? != status;
    let cause_text = Cause::to_column(cause);
    if !turned && old.get::<Option<String>>(1)? == cause_text && old.get::<Option<i64>>(2)? == until
    {
        return Ok(false);
    }
    tx.execute(
        format!(
            "UPDATE accounts SET {word}_status = $2, {word}_since = CASE WHEN {word}_status = $2 THEN {word}_since ELSE $3 END, \
             {word}_until = $4, {word}_cause = $5 WHERE id = $1"
        ),
        args![id, status, now, until, cause_text],
    )
    .await?;
    if turned {
        intervals::turn(tx, id.0, side, status, cause).await?;
    }
    tx.announce(Announcement::Accounts);
    Ok(turned)
}

/// Notes which dialect of replication the mailbox speaks.
pub async fn set_dialect(tx: &mut Tx, id: AccountId, dialect: &str) -> Result<()> {
    tx.execute(
        "UPDATE accounts SET dialect = $2 WHERE id = $1",
        args![id, dialect],
    )
    .await?;
    Ok(())
}

/// Gives an account another name.
pub async fn rename(tx: &mut Tx, id: AccountId, name: &str) -> Result<()> {
    tx.execute(
        "UPDATE accounts SET name = $2 WHERE id = $1",
        args![id, name.trim()],
    )
    .await?;
    tx.announce(Announcement::Accounts);
    Ok(())
}

/// Notes that mail came or went.
pub async fn touched(tx: &mut Tx, id: AccountId, side: Side) -> Result<()> {
    let column = match side {
        Side::Send => "last_sent_at",
        _ => "last_received_at",
    };
    let now = tx.now();
    tx.execute(
        format!("UPDATE accounts SET {column} = $2 WHERE id = $1"),
        args![id, now],
    )
    .await?;
    Ok(())
}

/// Disconnects an account, by a person's order: its mail here goes, the mailbox at the provider is untouched.
pub async fn remove(tx: &mut Tx, id: AccountId) -> Result<()> {
    crate::search::forget_account(tx, id).await?;
    tx.execute("DELETE FROM copies WHERE account_id = $1", args![id])
        .await?;
    tx.execute("DELETE FROM email_folders WHERE account_id = $1", args![id])
        .await?;
    tx.execute("DELETE FROM thread_ids WHERE account_id = $1", args![id])
        .await?;
    let gone = tx
        .row(
            "DELETE FROM accounts WHERE id = $1 RETURNING grant_id",
            args![id],
        )
        .await?;
    if let Some(row) = gone {
        crate::grants::give_up_unused(tx, row.get(0)?).await?;
    }
    tx.announce(Announcement::Accounts);
    Ok(())
}
