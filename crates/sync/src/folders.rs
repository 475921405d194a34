//! From a server's LIST to the folders that people see.
//!
//! Roles come from the special-use attributes (RFC 6154), which Exchange sends without announcing them; where
//! there are none, from names (facts providers 10.3). Gmail's Starred and Important are views, not places.
//! Folders of Exchange that hold no mail are left out.

use store::folders::Listed;
use wire::imap::response::ListEntry;
use wire::imap::utf7;

const BY_ATTRIBUTE: &[(&str, &str)] = &[
    ("\\Sent", "sent"),
    ("\\Drafts", "drafts"),
    ("\\Trash", "trash"),
    ("\\Junk", "junk"),
    ("\\Archive", "archive"),
    ("\\All", "all"),
];

const BY_NAME: &[(&str, &str)] = &[
    ("sent items", "sent"),
    ("sent", "sent"),
    ("sent mail", "sent"),
    ("送信済みアイテム", "sent"),
    ("送信済み", "sent"),
    ("deleted items", "trash"),
    ("deleted", "trash"),
    ("trash", "trash"),
    ("削除済みアイテム", "trash"),
    ("ゴミ箱", "trash"),
    ("drafts", "drafts"),
    ("下書き", "drafts"),
    ("草稿", "drafts"),
    ("junk email", "junk"),
    ("junk", "junk"),
    ("spam", "junk"),
    ("迷惑メール", "junk"),
    ("archive", "archive"),
    ("アーカイブ", "archive"),
];

/// Top-level folders of Exchange that hold appointments, people and notes.
const NO_MAIL: &[&str] = &[
    "calendar",
    "contacts",
    "tasks",
    "notes",
    "journal",
    "outbox",
    "conversation history",
    "sync issues",
    "rss feeds",
    "rss subscriptions",
    "予定表",
    "連絡先",
    "タスク",
    "メモ",
    "履歴",
    "送信トレイ",
    "会話の履歴",
    "会話履歴",
    "同期の失敗",
    "rss フィード",
];

/// What to keep of a server's list. `gmail` says whether the server speaks Gmail's extensions.
pub fn keep(entries: &[ListEntry], gmail: bool) -> Vec<Listed> {
    let mut kept: Vec<Listed> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for entry in entries {
        if entry.name.is_empty() || (gmail && (entry.has("\\Flagged") || entry.has("\\Important")))
        {
            continue;
        }
        let delimiter = entry.delimiter.map(String::from).unwrap_or_default();
        let path = utf7::decode(&entry.name);
        let path = if entry.is_inbox() {
            "INBOX".to_owned()
        } else {
            path
        };
        let top = path
            .split(delimiter.as_str())
            .find(|part| !part.is_empty())
            .unwrap_or(&path)
            .to_lowercase();
        if !gmail && !entry.has("\\Sent") && NO_MAIL.contains(&top.as_str()) {
            continue;
        }
        let name = if delimiter.is_empty() {
            path.clone()
        } else {
            path.rsplit(delimiter.as_str())
                .next()
                .unwrap_or(&path)
                .to_owned()
        };
        let role = if entry.is_inbox() {
            Some("inbox")
        } else {
            BY_ATTRIBUTE
                .iter()
                .find(|(attribute, _)| entry.has(attribute))
                .map(|(_, role)| *role)
        };
        // A role has one folder (RFC 8621, 2): the first one that the server names.
        let role = role
            .filter(|role| !taken.iter().any(|taken| taken == role))
            .map(str::to_owned);
        taken.extend(role.clone());
        kept.push(Listed {
            name,
            path,
            wire_name: entry.name.clone().into_bytes(),
            delimiter,
            role,
            selectable: entry.is_selectable(),
        });
    }
    for folder in &mut kept {
        let at_top =
            !folder.path.contains(folder.delimiter.as_str()) || folder.delimiter.is_empty();
        let under_inbox = folder.path.to_uppercase().starts_with("INBOX")
            && folder.path.matches(folder.delimiter.as_str()).count() == 1;
        if folder.role.is_none() && folder.selectable && (at_top || under_inbox) {
            let name = folder.name.to_lowercase();
            let role = BY_NAME
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, role)| *role);
            if let Some(role) = role.filter(|role| !taken.iter().any(|taken| taken == role)) {
                taken.push(role.to_owned());
                folder.role = Some(role.to_owned());
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[&str], name: &str) -> ListEntry {
        ListEntry {
            attributes: attributes.iter().map(|text| (*text).to_owned()).collect(),
            delimiter: Some('/'),
            name: name.into(),
        }
    }

    #[test]
    fn gmails_roles_come_from_attributes_and_views_are_left_out() {
        let list = [
            entry(&["\\HasNoChildren"], "INBOX"),
            entry(&["\\HasChildren", "\\Noselect"], "[Gmail]"),
            entry(
                &["\\All", "\\HasNoChildren"],
                "[Gmail]/&MFkweTBmMG4w4TD8MOs-",
            ),
            entry(
                &["\\Flagged", "\\HasNoChildren"],
                "[Gmail]/&MLkwvzD8TtgwTQ-",
            ),
            entry(
                &["\\HasNoChildren", "\\Sent"],
                "[Gmail]/&kAFP4W4IMH8w4TD8MOs-",
            ),
        ];
        let kept = keep(&list, true);
        let roles: Vec<(&str, Option<&str>)> = kept
            .iter()
            .map(|folder| (folder.name.as_str(), folder.role.as_deref()))
            .collect();
        assert_eq!(
            roles,
            [
                ("INBOX", Some("inbox")),
                ("[Gmail]", None),
                ("すべてのメール", Some("all")),
                ("送信済みメール", Some("sent"))
            ]
        );
        assert!(!kept[1].selectable);
    }

    #[test]
    fn exchanges_roles_fall_back_on_names_and_folders_without_mail_are_left_out() {
        let list = [
            entry(&["\\Marked"], "Inbox"),
            entry(&[], "&kAFP4W4IMH8wojCkMMYw4A-"),
            entry(&["\\Trash"], "&UkqWZG4IMH8wojCkMMYw4A-"),
            entry(&[], "Trash"),
            entry(&["\\HasChildren"], "&Tohbmoho-"),
            entry(&[], "&Tohbmoho-/&ZeVnLDBuTxFl5Q-"),
            entry(&[], "Archive"),
        ];
        let kept = keep(&list, false);
        let roles: Vec<(&str, Option<&str>)> = kept
            .iter()
            .map(|folder| (folder.path.as_str(), folder.role.as_deref()))
            .collect();
        assert_eq!(
            roles,
            [
                ("INBOX", Some("inbox")),
                ("送信済みアイテム", Some("sent")),
                ("削除済みアイテム", Some("trash")),
                ("Trash", None),
                ("Archive", Some("archive"))
            ]
        );
    }
}
