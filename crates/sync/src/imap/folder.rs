//! Folders: their list, their numbers, and opening one. Names are wire names.

use wire::imap::commands::Request;
use wire::imap::response::{ListEntry, MailboxStatus, Response};
use wire::imap::{Code, StatusKind};

use super::connection::Connection;
use super::error::ImapError;

/// More folders than this are no mailbox of a person.
const MOST_FOLDERS: usize = 50_000;

/// A folder with its numbers, where they were told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderLine {
    pub entry: ListEntry,
    pub status: Option<MailboxStatus>,
}

/// A folder that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    pub uidvalidity: u32,
    /// Not told by every server: then new messages are found by searching.
    pub uidnext: Option<u32>,
    pub exists: u32,
    /// `None` where there is no CONDSTORE.
    pub highestmodseq: Option<u64>,
    /// `None` when not told (all flags of FLAGS are kept then); `\*` means any keyword.
    pub permanent_flags: Option<Vec<String>>,
    pub read_only: bool,
}

impl Connection {
    /// All folders, with special-use attributes where the server has them.
    pub async fn list_folders(&mut self) -> Result<Vec<ListEntry>, ImapError> {
        Ok(self
            .list(&[])
            .await?
            .into_iter()
            .map(|line| line.entry)
            .collect())
    }

    /// All folders with their numbers in one go; without LIST-STATUS the numbers are `None`.
    pub async fn list_folders_with_status(
        &mut self,
        items: &[&str],
    ) -> Result<Vec<FolderLine>, ImapError> {
        let items = if self.capabilities.has("LIST-STATUS") {
            items
        } else {
            &[]
        };
        self.list(items).await
    }

    async fn list(&mut self, status: &[&str]) -> Result<Vec<FolderLine>, ImapError> {
        let special_use =
            self.capabilities.has("SPECIAL-USE") && self.capabilities.has("LIST-EXTENDED");
        let request = Request::List {
            reference: "",
            pattern: "*",
            special_use,
            status,
        };
        let mut lines: Vec<FolderLine> = Vec::new();
        let mut numbers: Vec<MailboxStatus> = Vec::new();
        self.run(&request, |response| match response {
            Response::List(entry) if lines.len() < MOST_FOLDERS => {
                lines.push(FolderLine {
                    entry,
                    status: None,
                });
            }
            Response::MailboxStatus(status) if numbers.len() < MOST_FOLDERS => numbers.push(status),
            _ => {}
        })
        .await?;
        let mut by_name: std::collections::HashMap<String, MailboxStatus> = numbers
            .into_iter()
            .map(|s| (s.mailbox.clone(), s))
            .collect();
        for line in &mut lines {
            line.status = by_name.remove(&line.entry.name);
        }
        Ok(lines)
    }

    /// STATUS of one folder; not for the selected one.
    pub async fn folder_status(
        &mut self,
        folder: &str,
        items: &[&str],
    ) -> Result<MailboxStatus, ImapError> {
        let mut told = None;
        self.run(&Request::Status { folder, items }, |response| {
            if let Response::MailboxStatus(status) = response {
                told = Some(status);
            }
        })
        .await?;
        told.ok_or_else(|| ImapError::protocol(format!("no STATUS of {folder} was told")))
    }

    /// Opens a folder for reading and writing. CONDSTORE is asked for only where the server has it.
    pub async fn select(&mut self, folder: &str, condstore: bool) -> Result<Selected, ImapError> {
        self.open_folder(folder, condstore, false).await
    }

    /// Opens a folder for reading only.
    pub async fn examine(&mut self, folder: &str, condstore: bool) -> Result<Selected, ImapError> {
        self.open_folder(folder, condstore, true).await
    }

    /// Creates a folder.
    pub async fn create(&mut self, folder: &str) -> Result<(), ImapError> {
        self.run(&Request::Create { folder }, |_| {})
            .await
            .map(drop)
    }

    async fn open_folder(
        &mut self,
        folder: &str,
        condstore: bool,
        read_only: bool,
    ) -> Result<Selected, ImapError> {
        let condstore = condstore && self.capabilities.has("CONDSTORE");
        let request = Request::Select {
            folder,
            condstore,
            read_only,
        };
        let (mut exists, mut uidvalidity, mut uidnext) = (None, None, None);
        let (mut highestmodseq, mut permanent_flags) = (None, None);
        self.take_news();
        let done = self
            .run(&request, |response| match response {
                Response::Exists(n) => exists = Some(n),
                Response::Status(status) if status.kind == StatusKind::Ok => match status.code {
                    Some(Code::UidValidity(n)) => uidvalidity = Some(n),
                    Some(Code::UidNext(n)) => uidnext = Some(n),
                    Some(Code::HighestModSeq(n)) => highestmodseq = Some(n),
                    Some(Code::NoModSeq) => highestmodseq = None,
                    Some(Code::PermanentFlags(flags)) => permanent_flags = Some(flags),
                    _ => {}
                },
                _ => {}
            })
            .await?;
        self.take_news();
        let missing = |what: &str| ImapError::protocol(format!("{what} of {folder} was not told"));
        Ok(Selected {
            uidvalidity: uidvalidity.ok_or_else(|| missing("UIDVALIDITY"))?,
            uidnext,
            exists: exists.ok_or_else(|| missing("EXISTS"))?,
            highestmodseq,
            permanent_flags,
            read_only: read_only || done.code == Some(Code::ReadOnly),
        })
    }
}
