//! The folders a new mailbox has, in the names and order each provider lists them
//! (transcripts.md A2, B2).

use crate::ProviderKind;

/// What a folder is for; the special-use attribute comes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Inbox,
    All,
    Sent,
    Drafts,
    Junk,
    Trash,
    Flagged,
    Important,
    /// `[Gmail]`, which cannot be selected.
    Parent,
    /// A folder of a person, or one without meaning for mail.
    Plain,
}

impl Role {
    /// The special-use attribute, if the provider sends one.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        Some(match self {
            Self::All => "\\All",
            Self::Sent => "\\Sent",
            Self::Drafts => "\\Drafts",
            Self::Junk => "\\Junk",
            Self::Trash => "\\Trash",
            Self::Flagged => "\\Flagged",
            Self::Important => "\\Important",
            Self::Inbox | Self::Parent | Self::Plain => return None,
        })
    }

    /// Gmail's system label (transcripts.md A4), `None` for folders that are no label.
    pub(crate) fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::Inbox => "\\Inbox",
            Self::Sent => "\\Sent",
            Self::Drafts => "\\Draft",
            Self::Junk => "\\Spam",
            Self::Trash => "\\Trash",
            Self::Flagged => "\\Starred",
            Self::Important => "\\Important",
            Self::All | Self::Parent | Self::Plain => return None,
        })
    }
}

/// Decoded name, role, UIDVALIDITY.
pub(crate) type Seed = (&'static str, Role, u32);

pub(crate) fn seeds(provider: ProviderKind, japanese: bool) -> &'static [Seed] {
    match (provider, japanese) {
        (ProviderKind::Google, false) => &[
            ("INBOX", Role::Inbox, 1),
            ("[Gmail]", Role::Parent, 0),
            ("[Gmail]/All Mail", Role::All, 11),
            ("[Gmail]/Drafts", Role::Drafts, 6),
            ("[Gmail]/Important", Role::Important, 9),
            ("[Gmail]/Sent Mail", Role::Sent, 5),
            ("[Gmail]/Spam", Role::Junk, 3),
            ("[Gmail]/Starred", Role::Flagged, 4),
            ("[Gmail]/Trash", Role::Trash, 2),
        ],
        (ProviderKind::Google, true) => &[
            ("INBOX", Role::Inbox, 1),
            ("[Gmail]", Role::Parent, 0),
            ("[Gmail]/すべてのメール", Role::All, 11),
            ("[Gmail]/ゴミ箱", Role::Trash, 2),
            ("[Gmail]/スター付き", Role::Flagged, 4),
            ("[Gmail]/下書き", Role::Drafts, 6),
            ("[Gmail]/迷惑メール", Role::Junk, 3),
            ("[Gmail]/送信済みメール", Role::Sent, 5),
            ("[Gmail]/重要", Role::Important, 9),
        ],
        (ProviderKind::Microsoft, false) => &[
            ("INBOX", Role::Inbox, 14),
            ("Archive", Role::Plain, 15),
            ("Calendar", Role::Plain, 16),
            ("Contacts", Role::Plain, 17),
            ("Conversation History", Role::Plain, 18),
            ("Deleted Items", Role::Trash, 19),
            ("Drafts", Role::Drafts, 20),
            ("Journal", Role::Plain, 21),
            ("Junk Email", Role::Junk, 22),
            ("Notes", Role::Plain, 23),
            ("Outbox", Role::Plain, 24),
            ("Sent Items", Role::Sent, 25),
            ("Sync Issues", Role::Plain, 26),
            ("Tasks", Role::Plain, 27),
        ],
        (ProviderKind::Microsoft, true) => &[
            ("INBOX", Role::Inbox, 14),
            ("RSS フィード", Role::Plain, 15),
            ("アーカイブ", Role::Plain, 16),
            ("タスク", Role::Plain, 17),
            ("メモ", Role::Plain, 18),
            ("下書き", Role::Drafts, 19),
            ("予定表", Role::Plain, 20),
            ("予定表/日本の休日", Role::Plain, 21),
            ("会話の履歴", Role::Plain, 22),
            ("削除済みアイテム", Role::Trash, 23),
            ("同期の失敗", Role::Plain, 24),
            ("迷惑メール", Role::Junk, 25),
            ("送信トレイ", Role::Plain, 26),
            ("送信済みアイテム", Role::Sent, 27),
            ("連絡先", Role::Plain, 28),
        ],
    }
}
