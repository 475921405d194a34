//! Gmail's side of a mailbox: folders are labels (providers.md 10.2).

use super::{Mailbox, Role};
use crate::ProviderKind;

impl Mailbox {
    /// Trash and Spam stand alone: who goes in leaves every label, who goes elsewhere leaves them.
    pub(super) fn labels_before_place(&mut self, number: u64, folder: usize) {
        let Some(target) = self.folder(folder).map(|f| f.role) else {
            return;
        };
        let away = matches!(target, Role::Trash | Role::Junk);
        for (at, place) in self.folders.iter_mut().enumerate() {
            let alone = matches!(place.role, Role::Trash | Role::Junk);
            if at != folder && (away || alone) {
                place.take(number);
            }
        }
    }

    pub(super) fn labels_after_place(&mut self, number: u64, folder: usize) {
        let Some(target) = self.folder(folder).map(|f| f.role) else {
            return;
        };
        if matches!(target, Role::Trash | Role::Junk) {
            return;
        }
        if let Some(all) = self.role(Role::All).filter(|all| *all != folder) {
            self.enter(number, all);
        }
        if target == Role::Flagged
            && let Some(message) = self.messages.get_mut(&number)
        {
            message.flags.insert("\\Flagged".to_owned());
        }
        if target == Role::Drafts
            && let Some(message) = self.messages.get_mut(&number)
        {
            message.flags.insert("\\Draft".to_owned());
        }
    }

    /// A star is the flag and the folder at once.
    pub(super) fn star(&mut self, number: u64, starred: bool) {
        let Some(folder) = self.role(Role::Flagged) else {
            return;
        };
        if starred {
            self.enter(number, folder);
        } else if let Some(place) = self.folders.get_mut(folder) {
            place.take(number);
        }
    }

    /// The labels of a message as decoded names (system labels with their backslash), without the
    /// one of the folder it is seen in.
    pub(crate) fn labels(&self, number: u64, seen_in: usize) -> Vec<String> {
        let mut labels: Vec<String> = self
            .folders
            .iter()
            .enumerate()
            .filter(|(at, f)| *at != seen_in && f.holds(number))
            .filter_map(|(_, f)| match f.role {
                Role::Plain => Some(f.name.clone()),
                role => role.label().map(str::to_owned),
            })
            .collect();
        labels.sort_by_key(|l| !l.starts_with('\\'));
        labels
    }

    /// The folder of a label; a user's label is made when it does not exist.
    pub(crate) fn label_folder(&mut self, label: &str, create: bool) -> Option<usize> {
        debug_assert_eq!(self.dialect, ProviderKind::Google);
        let system = self.folders.iter().position(|f| {
            f.role
                .label()
                .is_some_and(|l| l.eq_ignore_ascii_case(label))
        });
        if system.is_some() || label.starts_with('\\') {
            return system;
        }
        if self.find(label).is_none() && create {
            self.create(label);
        }
        self.find(label)
    }

    /// Takes a label off a message.
    pub(crate) fn unlabel(&mut self, number: u64, folder: usize) {
        let uid = self
            .folder(folder)
            .and_then(|f| f.entries.iter().find(|e| e.message == number))
            .map(|e| e.uid);
        if let Some(uid) = uid {
            self.remove(folder, uid);
        }
    }
}
