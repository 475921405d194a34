//! App-only access: mailboxes that an administrator adds, without anybody's consent (facts providers 5.11).
//!
//! The app itself has one grant a credential; its tokens come by client credentials, through the same token
//! core. What always holds: only a mailbox that the administrator listed can be added, and adding one is in
//! the audit log, with who will read it.

use serde_json::json;
use store::accounts::{self, NewAccount};
use store::audit::{self, Actor};
use store::credentials::{Access, Credential};
use store::grants::{self, Subject};
use store::users::User;
use store::{AccountId, Tx, jobs};

use crate::consent::tidy_address;
use crate::profile::ProviderProfile;

/// Why a mailbox is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdded {
    /// Its people consent for themselves.
    Delegated,
    /// It is no mail address.
    Address,
    /// The administrator did not list it.
    NotListed,
}

/// A mailbox to be added.
pub struct NewMailbox<'a> {
    /// The app-only credential.
    pub credential: &'a Credential,
    /// Who will read it.
    pub owner: &'a User,
    /// Which mailbox.
    pub address: &'a str,
    /// What people call it; empty for the address.
    pub name: &'a str,
}

/// Adds a mailbox; its check is ordered in the same commit.
pub async fn add_mailbox(
    tx: &mut Tx,
    actor: &Actor,
    profile: &ProviderProfile,
    new: &NewMailbox<'_>,
) -> store::Result<Result<AccountId, NotAdded>> {
    let fields = &new.credential.fields;
    if fields.access != Access::AppOnly {
        return Ok(Err(NotAdded::Delegated));
    }
    let Some(mailbox) = tidy_address(new.address) else {
        return Ok(Err(NotAdded::Address));
    };
    if !fields.allows(&mailbox) {
        return Ok(Err(NotAdded::NotListed));
    }
    let subject = Subject {
        issuer: profile.issuer.clone(),
        key: format!("app:{}", fields.client_id),
        address: String::new(),
        tenant: fields.tenant.clone(),
    };
    let grant = grants::of_app(tx, new.owner.id, new.credential.id, &subject).await?;
    let account = accounts::connect(
        tx,
        NewAccount {
            owner_id: new.owner.id,
            grant_id: grant,
            provider: fields.provider.clone(),
            address: mailbox.clone(),
            mailbox_address: mailbox.clone(),
            sender_address: mailbox.clone(),
            smtp_user: mailbox.clone(),
            sender_name: new.name.to_owned(),
        },
    )
    .await?;
    if !new.name.is_empty() {
        accounts::rename(tx, account, new.name).await?;
    }
    let now = tx.now();
    jobs::add_once(tx, jobs::ACCOUNT_CHECK, account.0, now).await?;
    let detail = json!({
        "mailbox": mailbox, "credential": new.credential.id, "access": "app_only", "owner": new.owner.login,
    });
    audit::add(tx, actor, "account.connected", account, detail).await?;
    Ok(Ok(account))
}
