//! Mail that arrives in a mailbox of the sandbox.

use anyhow::{Result, bail};

use crate::ProviderKind;
use crate::mailbox::Role;
use crate::world::World;

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
    let at = match role_named(name).and_then(|role| mailbox.role(role)) {
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
    let Some((number, uid)) =
        mailbox.add(at, delivery.raw, delivery.internal_date, delivery.flags)
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

/// A special-use attribute or a plain word may stand for the provider's localised name.
fn role_named(name: &str) -> Option<Role> {
    Some(match name.trim_start_matches('\\').to_ascii_lowercase().as_str() {
        "inbox" => Role::Inbox,
        "all" => Role::All,
        "sent" => Role::Sent,
        "drafts" => Role::Drafts,
        "junk" | "spam" => Role::Junk,
        "trash" => Role::Trash,
        _ => return None,
    })
}
