//! The system mailbox: the connected account that an administrator chose to send notices from.

use provider::Providers;
use provider::advice::Case;
use provider::cause::to_case;
use store::accounts::{self, Account, SendStatus};
use store::grants::{self, Grant, Status};
use store::{Tx, settings};

/// A mailbox that could send, or does.
pub struct Sender {
    /// The mailbox.
    pub account: Account,
    /// Its grant.
    pub grant: Option<Grant>,
}

impl Sender {
    /// Whether a mail handed to it goes out, now or in a while by itself.
    pub fn works(&self) -> bool {
        let grant_lives = self.grant.as_ref().is_some_and(|grant| {
            matches!(
                grant.status,
                Status::Good | Status::Refreshing | Status::Throttled
            )
        });
        grant_lives && self.account.send.status != SendStatus::Blocked
    }

    /// Why it does not.
    pub fn case(&self, providers: &Providers) -> Case {
        let causes = [
            self.grant.as_ref().and_then(|grant| grant.cause.as_ref()),
            self.account.send.cause.as_ref(),
        ];
        let said = causes
            .into_iter()
            .flatten()
            .next()
            .and_then(|cause| to_case(cause).provider_said);
        let case = Case::new("system-mailbox-stopped")
            .with("address", &self.account.mailbox_address)
            .with("account", self.account.id.to_string())
            .said(said.unwrap_or_default());
        match providers.profile(&self.account.provider) {
            Ok(profile) => profile.facts(case),
            Err(_) => case,
        }
    }
}

/// The mailbox that was chosen, where there is one.
pub async fn chosen(tx: &mut Tx) -> store::Result<Option<Sender>> {
    let Some(id) = settings::system_mailbox(tx).await? else {
        return Ok(None);
    };
    let Some(account) = accounts::find(tx, id).await? else {
        return Ok(None);
    };
    let grant = grants::find(tx, account.grant_id).await?;
    Ok(Some(Sender { account, grant }))
}

/// The mailboxes that can be chosen, by address.
pub async fn candidates(tx: &mut Tx, most: usize) -> store::Result<Vec<Sender>> {
    let mut all = Vec::new();
    for account in accounts::all(tx).await?.into_iter().take(most) {
        let grant = grants::find(tx, account.grant_id).await?;
        all.push(Sender { account, grant });
    }
    Ok(all)
}

/// Why nothing can be sent; `None` where it can.
pub fn trouble(providers: &Providers, chosen: Option<&Sender>) -> Option<Case> {
    match chosen {
        None => Some(Case::new("system-mailbox-none")),
        Some(sender) if !sender.works() => Some(sender.case(providers)),
        Some(_) => None,
    }
}
