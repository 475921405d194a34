//! A mailbox: folders, messages, flags, UIDs and mod-sequences, in both providers' manner.
//!
//! A *message* exists once; an *entry* is its place in a folder, with a UID. At Microsoft a message
//! has one entry. At Google folders are labels: a message has an entry in All Mail and in the folder
//! of each label, and flags belong to the message.
//!
//! Always: entries of a folder ascend by UID; every entry's message exists; at Google a message is
//! either in All Mail or in one of Trash and Spam.

mod folders;
mod labels;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub(crate) use folders::Role;

use crate::ProviderKind;
use crate::imap::mime;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) uid: u32,
    pub(crate) message: u64,
    pub(crate) recent: bool,
    pub(crate) deleted: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// Decoded, `/` between levels.
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) uidvalidity: u32,
    pub(crate) uidnext: u32,
    /// Ascending by UID; changed only by [`Folder::enter`] and [`Folder::take`].
    pub(crate) entries: Vec<Entry>,
    /// The messages of `entries`.
    members: HashSet<u64>,
    pub(crate) subscribed: bool,
}

impl Folder {
    fn new(name: &str, role: Role, uidvalidity: u32) -> Self {
        Self {
            name: name.to_owned(),
            role,
            uidvalidity,
            uidnext: 1,
            entries: Vec::new(),
            members: HashSet::new(),
            subscribed: true,
        }
    }

    pub(crate) fn holds(&self, number: u64) -> bool {
        self.members.contains(&number)
    }

    fn enter(&mut self, number: u64) -> u32 {
        let uid = self.uidnext;
        self.uidnext += 1;
        self.members.insert(number);
        self.entries.push(Entry {
            uid,
            message: number,
            recent: true,
            deleted: false,
        });
        uid
    }

    fn take(&mut self, number: u64) {
        if self.members.remove(&number) {
            self.entries.retain(|e| e.message != number);
        }
    }

    /// The entry with that UID, and its position.
    pub(crate) fn entry(&self, uid: u32) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&uid, |e| e.uid).ok()?;
        self.entries.get(at)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) raw: Arc<[u8]>,
    /// Unix seconds.
    pub(crate) internal_date: i64,
    /// As on the wire, without `\Deleted` and `\Recent`.
    pub(crate) flags: BTreeSet<String>,
    pub(crate) modseq: u64,
    /// X-GM-THRID: X-GM-MSGID of the first message of the thread.
    pub(crate) thread: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    pub(crate) dialect: ProviderKind,
    pub(crate) folders: Vec<Folder>,
    pub(crate) messages: BTreeMap<u64, Message>,
    pub(crate) modseq: u64,
    pub(crate) keywords: BTreeSet<String>,
    /// The next message's number: X-GM-MSGID at Google.
    next_message: u64,
    next_uidvalidity: u32,
    /// Message-ID to thread.
    threads: HashMap<String, u64>,
}

/// The six flags of Exchange (and no keywords; transcripts.md B3).
pub(crate) const MICROSOFT_FLAGS: [&str; 6] = [
    "\\Seen",
    "\\Answered",
    "\\Flagged",
    "\\Deleted",
    "\\Draft",
    "$MDNSent",
];

impl Mailbox {
    /// `chance` makes message numbers differ between mailboxes.
    pub(crate) fn new(dialect: ProviderKind, japanese: bool, chance: u64) -> Self {
        let folders = folders::seeds(dialect, japanese)
            .iter()
            .map(|(name, role, uidvalidity)| Folder::new(name, *role, *uidvalidity))
            .collect();
        Self {
            dialect,
            folders,
            messages: BTreeMap::new(),
            modseq: 41_234,
            keywords: BTreeSet::new(),
            // 19 digits, larger than 2^53, as Gmail's are.
            next_message: 1_500_000_000_000_000_000 + chance % 300_000_000_000_000_000,
            next_uidvalidity: 30,
            threads: HashMap::new(),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.folders.iter().position(|f| {
            f.name == name || (f.role == Role::Inbox && name.eq_ignore_ascii_case("INBOX"))
        })
    }

    pub(crate) fn role(&self, role: Role) -> Option<usize> {
        self.folders.iter().position(|f| f.role == role)
    }

    pub(crate) fn folder(&self, at: usize) -> Option<&Folder> {
        self.folders.get(at)
    }

    pub(crate) fn next_modseq(&mut self) -> u64 {
        self.modseq += 1;
        self.modseq
    }

    /// A new message in a folder: (message, uid). `None` if the folder cannot hold mail.
    pub(crate) fn add(
        &mut self,
        folder: usize,
        raw: &[u8],
        internal_date: i64,
        flags: &[String],
    ) -> Option<(u64, u32)> {
        if self.folder(folder)?.role == Role::Parent {
            return None;
        }
        let number = self.next_message;
        self.next_message += 1_003;
        let thread = self.thread_of(raw).unwrap_or(number);
        if let Some(id) = mime::value(&mime::headers(raw), "Message-ID") {
            self.threads.entry(id).or_insert(thread);
        }
        let modseq = self.next_modseq();
        let message = Message {
            raw: Arc::from(raw),
            internal_date,
            flags: BTreeSet::new(),
            modseq,
            thread,
        };
        self.messages.insert(number, message);
        let uid = self.place(number, folder)?;
        let flags: BTreeSet<String> = flags.iter().cloned().collect();
        self.set_flags(number, &flags);
        Some((number, uid))
    }

    /// An entry for a message in a folder; the UID it has there already, if it is there.
    pub(crate) fn place(&mut self, number: u64, folder: usize) -> Option<u32> {
        if self.dialect == ProviderKind::Google {
            self.labels_before_place(number, folder);
        }
        let uid = self.enter(number, folder)?;
        if self.dialect == ProviderKind::Google {
            self.labels_after_place(number, folder);
        }
        Some(uid)
    }

    fn enter(&mut self, number: u64, folder: usize) -> Option<u32> {
        let google = self.dialect == ProviderKind::Google;
        let folder = self.folders.get_mut(folder)?;
        if google && folder.holds(number) {
            return folder
                .entries
                .iter()
                .find(|e| e.message == number)
                .map(|e| e.uid);
        }
        Some(folder.enter(number))
    }

    /// A copy in another folder: at Google a label more, at Microsoft another message.
    pub(crate) fn copy(&mut self, number: u64, to: usize) -> Option<u32> {
        if self.dialect == ProviderKind::Google {
            let modseq = self.next_modseq();
            self.messages.get_mut(&number)?.modseq = modseq;
            return self.place(number, to);
        }
        let message = self.messages.get(&number)?.clone();
        let flags: Vec<String> = message.flags.iter().cloned().collect();
        self.add(to, &message.raw, message.internal_date, &flags)
            .map(|(_, uid)| uid)
    }

    /// Takes a message out of a folder; with its last entry it is gone for good.
    pub(crate) fn remove(&mut self, folder: usize, uid: u32) {
        let Some(place) = self.folders.get_mut(folder) else {
            return;
        };
        let Some(at) = place.entries.iter().position(|e| e.uid == uid) else {
            return;
        };
        let number = place.entries.get(at).map_or(0, |e| e.message);
        // Reported: EXPUNGE in All Mail does nothing (transcripts.md A5).
        if place.role == Role::All {
            if let Some(entry) = place.entries.get_mut(at) {
                entry.deleted = false;
            }
            return;
        }
        place.take(number);
        let role = place.role;
        let modseq = self.next_modseq();
        if let Some(message) = self.messages.get_mut(&number) {
            message.modseq = modseq;
            if role == Role::Flagged {
                message.flags.remove("\\Flagged");
            }
        }
        if !self.folders.iter().any(|f| f.holds(number)) {
            self.messages.remove(&number);
        }
    }

    /// Moves an entry: the new UID. At Google the label of the folder goes, another comes.
    pub(crate) fn relocate(&mut self, from: usize, uid: u32, to: usize) -> Option<u32> {
        let number = self.folder(from)?.entry(uid)?.message;
        let new = self.place(number, to)?;
        if from != to {
            self.remove(from, uid);
        }
        Some(new)
    }

    /// The flags of a message, without `\Deleted` (see [`Self::set_deleted`]) and `\Recent`.
    pub(crate) fn set_flags(&mut self, number: u64, flags: &BTreeSet<String>) {
        let known = |f: &String| MICROSOFT_FLAGS.iter().any(|k| k.eq_ignore_ascii_case(f));
        let mut kept: BTreeSet<String> = flags
            .iter()
            .filter(|f| !f.eq_ignore_ascii_case("\\Deleted") && !f.eq_ignore_ascii_case("\\Recent"))
            .filter(|f| self.dialect == ProviderKind::Google || known(f))
            .cloned()
            .collect();
        for keyword in kept.iter().filter(|f| !f.starts_with(['\\', '$'])) {
            self.keywords.insert(keyword.clone());
        }
        let Some(message) = self.messages.get(&number) else {
            return;
        };
        if message.flags == kept {
            return;
        }
        let starred = kept.contains("\\Flagged");
        let changed = starred != message.flags.contains("\\Flagged");
        let modseq = self.next_modseq();
        if let Some(message) = self.messages.get_mut(&number) {
            std::mem::swap(&mut message.flags, &mut kept);
            message.modseq = modseq;
        }
        if changed && self.dialect == ProviderKind::Google {
            self.star(number, starred);
        }
    }

    pub(crate) fn set_deleted(&mut self, folder: usize, uid: u32, deleted: bool) {
        let modseq = self.next_modseq();
        let Some(folder) = self.folders.get_mut(folder) else {
            return;
        };
        let Some(entry) = folder.entries.iter_mut().find(|e| e.uid == uid) else {
            return;
        };
        if entry.deleted == deleted {
            return;
        }
        entry.deleted = deleted;
        if let Some(message) = self.messages.get_mut(&entry.message) {
            message.modseq = modseq;
        }
    }

    pub(crate) fn create(&mut self, name: &str) -> bool {
        if self.find(name).is_some() {
            return false;
        }
        self.next_uidvalidity += 1;
        self.folders
            .push(Folder::new(name, Role::Plain, self.next_uidvalidity));
        // Code-point order of the decoded names, INBOX first (transcripts.md A2).
        self.folders.sort_by(|a, b| {
            (a.role != Role::Inbox, &a.name).cmp(&(b.role != Role::Inbox, &b.name))
        });
        true
    }

    /// Removes a folder of a person; at Google its mail stays in All Mail.
    pub(crate) fn delete(&mut self, at: usize) -> bool {
        let Some(folder) = self.folder(at) else {
            return false;
        };
        if folder.role != Role::Plain {
            return false;
        }
        let uids: Vec<u32> = folder.entries.iter().map(|e| e.uid).collect();
        for uid in uids {
            self.remove(at, uid);
        }
        self.folders.remove(at);
        true
    }

    pub(crate) fn rename(&mut self, at: usize, to: &str) -> bool {
        if self.find(to).is_some() {
            return false;
        }
        match self.folders.get_mut(at) {
            Some(folder) if folder.role == Role::Plain => {
                folder.name = to.to_owned();
                true
            }
            _ => false,
        }
    }

    /// New UIDVALIDITY and new UIDs, of one folder or of all.
    pub(crate) fn change_uidvalidity(&mut self, name: Option<&str>) {
        let only = name.and_then(|n| self.find(n));
        for (at, folder) in self.folders.iter_mut().enumerate() {
            if name.is_some() && only != Some(at) {
                continue;
            }
            folder.uidvalidity += 1_000;
            let mut uid = 0;
            for entry in &mut folder.entries {
                uid += 1;
                entry.uid = uid;
            }
            folder.uidnext = uid + 1;
        }
    }

    /// The thread that a reply's References or In-Reply-To belong to.
    fn thread_of(&self, raw: &[u8]) -> Option<u64> {
        let mail = mime::headers(raw);
        ["References", "In-Reply-To"]
            .iter()
            .filter_map(|name| mime::value(&mail, name))
            .flat_map(|ids| {
                ids.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .find_map(|id| self.threads.get(&id).copied())
    }
}

#[cfg(test)]
mod tests;
