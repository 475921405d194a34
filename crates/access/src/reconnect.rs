//! Reconnect links: making one, and what one that is shown still opens.
//!
//!     reconnect_link -> token, shown once -> (mail, screen) -> look_up -> Shown
//!
//! What always holds: a link gives no session and no rights. It says which mailboxes wait for whose consent,
//! and lets exactly that consent begin; of a link that is over nothing is told but that it is over.

use secrecy::{ExposeSecret, SecretString};
use store::accounts::{self, Account, SendStatus, SyncStatus};
use store::audit::{self, Actor};
use store::credentials::{self, Access};
use store::grants::{self, Grant, Status};
use store::reconnect_links::{self, ReconnectLink};
use store::users::{self, User};
use store::{AccountId, Millis, Store, Tx, attempts};

use crate::{fingerprint, new_secret};

/// Tokens that nobody gave out: so many from one address, then it waits.
const GUESSES: i64 = 30;
/// Consents that one link may begin in a window.
const BEGINS: i64 = 20;
const WINDOW: Millis = 15 * 60 * 1000;

/// A link that was made. Its token is shown once.
pub struct Link {
    /// What stands behind `{public_url}/reconnect#`.
    pub token: SecretString,
    /// The row.
    pub link: ReconnectLink,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum NoLink {
    /// No such account.
    #[error("there is no such mailbox")]
    NoAccount,
    /// Nobody consents for it: the credential opens it by itself.
    #[error("the mailbox is opened by an app-only credential, without anybody's consent")]
    AppOnly,
    /// Whoever connected it may not come in any more.
    #[error("the person who connected the mailbox is disabled")]
    Disabled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes a link with which the person of this mailbox renews its grant, without signing in here.
pub async fn reconnect_link(
    tx: &mut Tx,
    actor: &Actor,
    account: AccountId,
) -> Result<Link, NoLink> {
    let account = accounts::find(tx, account)
        .await?
        .ok_or(NoLink::NoAccount)?;
    let grant = grants::find(tx, account.grant_id)
        .await?
        .ok_or(NoLink::NoAccount)?;
    let credential = credentials::find(tx, grant.credential_id).await?;
    if credential.is_none_or(|credential| credential.fields.access == Access::AppOnly) {
        return Err(NoLink::AppOnly);
    }
    let owner = users::find(tx, grant.user_id).await?;
    if owner.is_none_or(|owner| owner.status == users::Status::Disabled) {
        return Err(NoLink::Disabled);
    }
    let token = new_secret(tx.world(), "");
    let hash = fingerprint(token.expose_secret());
    let link = reconnect_links::add(tx, grant.id, account.id, &actor.name, &hash).await?;
    let detail = serde_json::json!({ "link": link.id, "mailbox": account.mailbox_address, "person": grant.subject.address });
    audit::add(tx, actor, "reconnect_link.made", account.id, detail).await?;
    Ok(Link { token, link })
}

/// What became of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It renews the grant.
    Open,
    /// Its grant was renewed.
    Used,
    /// Its two weeks are over.
    Expired,
    /// There is nothing to renew.
    NotNeeded,
}

impl State {
    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Used => "used",
            State::Expired => "expired",
            State::NotNeeded => "not_needed",
        }
    }
}

/// What a link is for.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The row.
    pub link: ReconnectLink,
    /// What became of it.
    pub state: State,
    /// What it can renew.
    pub grant: Grant,
    /// Every mailbox that comes back with it.
    pub accounts: Vec<Account>,
    /// Who connected them here.
    pub person: User,
}

/// What came of looking a token up.
pub enum LookedUp {
    /// The link.
    Found(Box<Shown>),
    /// Nobody gave this token out, or what it was for is gone.
    Unknown,
    /// Too many unknown tokens from there; worth another try after so many seconds.
    TooMany {
        /// Seconds.
        retry_after: i64,
    },
}

/// Whether a consent would mend something: the grant itself, or a mailbox of it that somebody must mend.
pub fn is_needed(grant: &Grant, accounts: &[Account]) -> bool {
    match grant.status {
        Status::NeedsConsent | Status::AppBroken => true,
        Status::Revoked => false,
        Status::Good | Status::Refreshing | Status::Throttled => accounts.iter().any(|account| {
            account.sync.status == SyncStatus::Blocked || account.send.status == SendStatus::Blocked
        }),
    }
}

/// What a token opens. Unknown ones are counted by the address they come from; known ones always pass.
pub async fn look_up(store: &Store, token: &str, address: &str) -> store::Result<LookedUp> {
    let hash = fingerprint(token);
    let found = store
        .read(move |tx| Box::pin(async move { shown(tx, &hash).await }))
        .await?;
    if let Some(found) = found {
        return Ok(LookedUp::Found(Box::new(found)));
    }
    let key = format!("reconnect {address}");
    let over = store
        .write(move |tx| {
            Box::pin(async move {
                let (guesses, ends) = attempts::failures(tx, &key).await?;
                if guesses >= GUESSES {
                    return Ok(Some(ends - tx.now()));
                }
                attempts::failed(tx, &key, WINDOW).await?;
                Ok(None)
            })
        })
        .await?;
    Ok(over.map_or(LookedUp::Unknown, |wait| LookedUp::TooMany {
        retry_after: (wait / 1000).max(1),
    }))
}

async fn shown(tx: &mut Tx, hash: &[u8]) -> store::Result<Option<Shown>> {
    let Some(link) = reconnect_links::by_token(tx, hash).await? else {
        return Ok(None);
    };
    let Some(grant) = grants::find(tx, link.grant_id).await? else {
        return Ok(None);
    };
    let person = users::find(tx, grant.user_id)
        .await?
        .filter(|user| user.status != users::Status::Disabled);
    let Some(person) = person else {
        return Ok(None);
    };
    let accounts = accounts::of_grant(tx, grant.id).await?;
    // An account that went over to another grant is not this link's affair any more.
    let still_its_own = accounts.iter().any(|account| account.id == link.account_id);
    let state = if link.used_at.is_some() {
        State::Used
    } else if link.expires_at <= tx.now() {
        State::Expired
    } else if still_its_own && is_needed(&grant, &accounts) {
        State::Open
    } else {
        State::NotNeeded
    };
    Ok(Some(Shown {
        link,
        state,
        grant,
        accounts,
        person,
    }))
}

/// Counts a consent that a link begins; seconds to wait instead, if it began too many.
pub async fn count_begin(tx: &mut Tx, link: &ReconnectLink) -> store::Result<Option<i64>> {
    let key = format!("reconnect begin {}", link.id);
    let (begins, ends) = attempts::failed(tx, &key, WINDOW).await?;
    Ok((begins > BEGINS).then(|| ((ends - tx.now()) / 1000).max(1)))
}

/// The hash under which a browser's cookie is kept. `shown` is the cookie that it brought: one that we gave out
/// and whose consent may still come back is kept, so that two links in one browser do not shut each other out.
pub async fn browser(
    tx: &mut Tx,
    shown: Option<&SecretString>,
) -> store::Result<(SecretString, Vec<u8>)> {
    if let Some(shown) = shown {
        let hash = fingerprint(shown.expose_secret());
        if reconnect_links::knows_browser(tx, &hash).await? {
            return Ok((shown.clone(), hash));
        }
    }
    let fresh = new_secret(tx.world(), "");
    let hash = fingerprint(fresh.expose_secret());
    Ok((fresh, hash))
}
