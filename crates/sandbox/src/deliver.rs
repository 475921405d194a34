//! Mail that arrives in a mailbox of the sandbox.

use anyhow::{Result, bail};

use crate::mailbox::{Mailbox, Role};
use crate::world::World;
use crate::{ProviderKind, corpus};

/// A message on its way into a mailbox.
pub(crate) struct Delivery<'a> {
    /// Decoded name; `None` is the inbox. At Google an unknown one becomes a label.
    pub(crate) folder: Option<&'a str>,
    pub(crate) raw: &'a [u8],
    /// Unix seconds.
    pub(crate) internal_date: i64,
    pub(crate) flags: &'a [String],
    /// Google: further labels, `\Inbox`, `\Starred`, ... or names of a person's own.
    pub(crate) labels: &'a [String],
}

/// Files the message and wakes the sessions: its UID in that folder.
pub(crate) fn deliver(world: &World, address: &str, delivery: &Delivery<'_>) -> Result<u32> {
    let mut books = world.books();
    let Some(mailbox) = books.mailbox(address) else {
        bail!("no mailbox {address}");
    };
    let name = delivery.folder.unwrap_or("INBOX");
    let at = match well_known(mailbox, name) {
        Some(at) => at,
        None => {
            if mailbox.find(name).is_none() {
                mailbox.create(name);
            }
            match mailbox.find(name) {
                Some(at) => at,
                None => bail!("no folder {name}"),
            }
        }
    };
    let Some((number, uid)) = mailbox.add(at, delivery.raw, delivery.internal_date, delivery.flags)
    else {
        bail!("folder {name} holds no mail");
    };
    if mailbox.dialect == ProviderKind::Google {
        for label in delivery.labels {
            if let Some(at) = mailbox.label_folder(label, true) {
                mailbox.place(number, at);
            }
        }
    }
    drop(books);
    world.announce();
    Ok(uid)
}

/// A special-use attribute or a plain word may stand for the provider's localised name. Archiving at
/// Google leaves a message in All Mail only.
fn well_known(mailbox: &Mailbox, name: &str) -> Option<usize> {
    let role = match name.trim_start_matches('\\').to_ascii_lowercase().as_str() {
        "inbox" => Role::Inbox,
        "all" => Role::All,
        "sent" => Role::Sent,
        "drafts" => Role::Drafts,
        "junk" | "spam" => Role::Junk,
        "trash" => Role::Trash,
        "archive" if mailbox.dialect == ProviderKind::Google => Role::All,
        "archive" => {
            return mailbox
                .find("Archive")
                .or_else(|| mailbox.find("アーカイブ"));
        }
        _ => return None,
    };
    mailbox.role(role)
}

/// Fills a mailbox with made-up office mail of and to its owner: how many were filed.
pub(crate) fn fill(world: &World, address: &str, seed: u64, count: usize) -> Result<usize> {
    let name = {
        let books = world.books();
        books
            .people
            .iter()
            .find(|p| p.address.eq_ignore_ascii_case(address))
            .map(|p| p.name.clone())
    };
    let Some(name) = name else {
        bail!("nobody has the address {address}")
    };
    let reader = wire::mime::Address::named(name, address);
    let mails = corpus::mails(seed, count, &reader, world.now());
    let filed = mails.len();
    for mail in mails {
        let delivery = Delivery {
            folder: Some(mail.folder),
            raw: &mail.raw,
            internal_date: mail.internal_date_unix,
            flags: &mail.flags,
            labels: &mail.gmail_labels,
        };
        deliver(world, address, &delivery)?;
    }
    Ok(filed)
}
