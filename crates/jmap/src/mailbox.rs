//! Mailboxes (RFC 8621, 2): folders upstream, as JMAP shows them.

pub mod changes;
pub mod get;
pub mod query;

use serde_json::json;
use store::FolderId;
use store::accounts::Rights;
use store::folders::{Counts, Folder};

use crate::types::Object;

/// All properties of a Mailbox.
pub const PROPERTIES: &[&str] = &[
    "id",
    "name",
    "parentId",
    "role",
    "sortOrder",
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
    "myRights",
    "isSubscribed",
];

/// Whether emails made here may be put there: other folders belong to the server upstream, and carrying
/// emails into them is not done yet.
pub fn takes_local_emails(folder: &Folder) -> bool {
    folder.listed.selectable && matches!(folder.listed.role.as_deref(), Some("drafts" | "sent"))
}

/// A Mailbox.
pub fn show(folder: &Folder, counts: Counts, rights: Rights) -> Object {
    let selectable = folder.listed.selectable;
    let local = takes_local_emails(folder);
    // RFC 8621 wants "inbox" for the inbox's role; its IMAP name INBOX is shown as a word.
    let name = if folder.listed.path.eq_ignore_ascii_case("INBOX") {
        "Inbox"
    } else {
        folder.listed.name.as_str()
    };
    let pairs = [
        ("id", json!(folder.id)),
        ("name", json!(name)),
        ("parentId", json!(folder.parent_id)),
        ("role", json!(folder.listed.role)),
        ("sortOrder", json!(folder.sort_order)),
        ("totalEmails", json!(counts.total_emails)),
        ("unreadEmails", json!(counts.unread_emails)),
        ("totalThreads", json!(counts.total_threads)),
        ("unreadThreads", json!(counts.unread_threads)),
        (
            "myRights",
            json!({
                "mayReadItems": selectable, "mayAddItems": local, "mayRemoveItems": local, "maySetSeen": selectable,
                "maySetKeywords": selectable, "mayCreateChild": false, "mayRename": false, "mayDelete": false,
                "maySubmit": rights.send,
            }),
        ),
        ("isSubscribed", json!(folder.subscribed)),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The counts of one folder.
pub fn counts_of(counts: &[(FolderId, Counts)], folder: FolderId) -> Counts {
    counts
        .iter()
        .find(|(id, _)| *id == folder)
        .map(|(_, counts)| *counts)
        .unwrap_or_default()
}
