//! The consent that a reconnect link begins: the same grant again, for the same mailboxes, and nothing else.
//!
//!     begin_again -> state, verifier, nonce, and the browser's cookie -> the provider's address
//!     finish      -> cookie -> code exchanged -> the very same person? -> renew
//!
//! What always holds: who consents must be the grant's subject (issuer and key, not an address, which people
//! change); the grant keeps its id and its accounts keep theirs; a consent that fails leaves the link open.

use serde_json::json;
use store::accounts::{self, Account, SendStatus, SyncStatus};
use store::audit::{self, Actor};
use store::connects::{self, Connect, NewConnect};
use store::credentials::{self, Credential};
use store::grants::{self, Grant, Subject};
use store::reconnect_links::{self, ReconnectLink};
use store::{AccountId, GrantId, jobs};

use super::{Begun, CHECK_JOB, NotBegun, Papers, judged_redirect};
use crate::{Error, Providers};

/// The purpose of such a round trip.
pub const RECONNECT: &str = "reconnect";

/// Begins the consent of a link. `browser_hash` is the hash of the cookie with which the browser comes back.
pub async fn begin_again(
    providers: &Providers,
    link: &ReconnectLink,
    browser_hash: Vec<u8>,
) -> Result<Begun, NotBegun> {
    let store = providers.store();
    let (link_id, grant_id, account_id) = (link.id, link.grant_id, link.account_id);
    let found = store
        .read(move |tx| {
            Box::pin(async move {
                let Some(grant) = grants::find(tx, grant_id).await? else {
                    return Ok(None);
                };
                let account = accounts::find(tx, account_id).await?;
                let credential = credentials::find(tx, grant.credential_id).await?;
                let failed = reconnect_links::has_failed(tx, link_id).await?;
                Ok(account.zip(credential).map(|found| (grant, found, failed)))
            })
        })
        .await?;
    let Some((grant, (account, credential), failed)) = found else {
        return Err(NotBegun::NoCredential);
    };
    if credential.fields.access == credentials::Access::AppOnly {
        return Err(NotBegun::AppOnly);
    }
    let profile = providers.profile(&credential.fields.provider)?;
    let redirect = judged_redirect(providers, profile, &credential)?;
    let papers = Papers::new(providers);
    let new = NewConnect {
        user_id: grant.user_id,
        login_session_id: None,
        credential_id: credential.id,
        purpose: RECONNECT,
        address: grant.subject.address.clone(),
        mailbox_address: account.mailbox_address,
        state_hash: papers.state_hash(),
        verifier: papers.pkce.verifier.clone(),
        nonce: papers.nonce.clone(),
        redirect_uri: redirect.clone(),
    };
    let connect_id = store
        .write(move |tx| {
            Box::pin(async move {
                let connect = connects::add(tx, &new).await?;
                reconnect_links::tried(tx, link_id, connect, &browser_hash).await?;
                Ok(connect)
            })
        })
        .await?;
    // Somebody who came with a wrong account is asked for the account the next time.
    let url = papers.authorization_url(
        profile,
        &credential,
        &redirect,
        &grant.subject.address,
        failed,
    )?;
    Ok(Begun {
        connect_id,
        authorization_url: Some(url),
    })
}

/// What a round trip of a link may renew.
#[derive(Debug, Clone)]
pub(super) struct Again {
    pub(super) link: ReconnectLink,
    pub(super) grant: Grant,
}

impl Again {
    /// Whether this is the person of the grant.
    pub(super) fn is(&self, issuer: &str, key: &str) -> bool {
        self.grant.subject.issuer == issuer && self.grant.subject.key == key
    }
}

/// The link of a round trip with its grant, if this browser began it.
pub(super) async fn of_browser(
    providers: &Providers,
    connect: &Connect,
    browser_hash: Option<Vec<u8>>,
) -> Result<Option<Again>, Error> {
    let id = connect.id;
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(tried) = reconnect_links::try_of(tx, id).await? else {
                    return Ok(None);
                };
                if browser_hash.as_ref() != Some(&tried.browser_hash) {
                    return Ok(None);
                }
                let grant = grants::find(tx, tried.link.grant_id).await?;
                Ok(grant.map(|grant| Again {
                    link: tried.link,
                    grant,
                }))
            })
        })
        .await?;
    Ok(found)
}

/// Brings the accounts of a renewed grant back: they keep their ids and everything they have, and go on where
/// they stopped. The link's own account is checked step by step; the others by themselves where they need it.
pub(super) async fn renew(
    tx: &mut store::Tx,
    connect: &Connect,
    again: &Again,
    now_there: &Subject,
) -> store::Result<()> {
    let own = again.link.account_id;
    let before = &again.grant.subject.address;
    let accounts = accounts::of_grant(tx, again.grant.id).await?;
    if *before != now_there.address {
        for account in &accounts {
            accounts::follow_person(tx, account.id, before, &now_there.address).await?;
        }
    }
    bring_back(tx, &accounts, own).await?;
    connects::made(tx, connect.id, own, again.grant.id).await?;
    let now = tx.now();
    jobs::add(tx, CHECK_JOB, connect.id.0, "{}", now).await?;
    let login = store::users::find(tx, connect.user_id)
        .await?
        .map_or_else(|| "system".to_owned(), |user| user.login);
    let actor = Actor {
        name: format!("{login} (reconnect link)"),
        remote_address: String::new(),
    };
    let link = Some(again.link.id.to_string());
    note(
        tx,
        &actor,
        again.grant.id,
        &now_there.address,
        &accounts,
        link,
    )
    .await
}

/// Checks the mailboxes of a renewed grant that did not work; `own` is being checked step by step already.
async fn bring_back(tx: &mut store::Tx, accounts: &[Account], own: AccountId) -> store::Result<()> {
    let now = tx.now();
    for account in accounts {
        if account.id != own && waits(account) {
            jobs::add_once(tx, jobs::ACCOUNT_CHECK, account.id.0, now).await?;
        }
    }
    Ok(())
}

/// The same for a grant that its person renewed signed in here: the others of its accounts come back too.
pub(super) async fn signed_in(
    tx: &mut store::Tx,
    connect: &Connect,
    own: AccountId,
    grant: GrantId,
    person: &str,
) -> store::Result<()> {
    let actor = match store::users::find(tx, connect.user_id).await? {
        Some(user) => Actor {
            name: user.login,
            remote_address: String::new(),
        },
        None => Actor::system(),
    };
    let accounts = accounts::of_grant(tx, grant).await?;
    bring_back(tx, &accounts, own).await?;
    note(tx, &actor, grant, person, &accounts, None).await
}

fn waits(account: &Account) -> bool {
    matches!(account.sync.status, SyncStatus::Later | SyncStatus::Blocked)
        || account.send.status != SendStatus::Ready
}

/// The audit log's entry of a grant that lives again.
pub(super) async fn note(
    tx: &mut store::Tx,
    actor: &Actor,
    grant: GrantId,
    person: &str,
    accounts: &[Account],
    link: Option<String>,
) -> store::Result<()> {
    let mailboxes: Vec<&str> = accounts
        .iter()
        .take(20)
        .map(|account| account.mailbox_address.as_str())
        .collect();
    let detail = json!({ "person": person, "mailboxes": mailboxes, "link": link });
    audit::add(tx, actor, "grant.reconnected", grant, detail).await
}

/// The credential and the round trip belong to the link's grant; anything else is a mix-up.
pub(super) fn fits(again: &Again, credential: &Credential) -> bool {
    again.grant.credential_id == credential.id
}
