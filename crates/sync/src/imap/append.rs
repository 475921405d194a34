//! APPEND: puts a message into a folder.

use time::OffsetDateTime;
use wire::imap::Code;
use wire::imap::commands::Request;

use super::connection::Connection;
use super::error::ImapError;

/// Where the message is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    pub uidvalidity: u32,
    pub uid: u32,
}

impl Connection {
    /// Uploads a message. `None` when the server did not tell its UID.
    ///
    /// If the connection breaks before the answer the message may be there: look for its Message-ID.
    pub async fn append(
        &mut self,
        folder: &str,
        flags: &[String],
        date: Option<OffsetDateTime>,
        message: &[u8],
    ) -> Result<Option<Appended>, ImapError> {
        let request = Request::Append {
            folder,
            flags,
            date,
            size: message.len() as u64,
        };
        let done = self.run_filing(&request, message, |_| {}).await?;
        Ok(match done.code {
            Some(Code::AppendUid { uidvalidity, uids }) => uids
                .numbers(1)
                .and_then(|uids| uids.first().copied())
                .map(|uid| Appended { uidvalidity, uid }),
            _ => None,
        })
    }
}
