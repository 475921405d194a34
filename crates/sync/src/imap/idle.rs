//! IDLE (RFC 2177): waits for news of the selected folder, and ends it properly.

use std::time::Duration;

use wire::imap::classify::Phase;
use wire::imap::commands::{DONE, Request, Step};
use wire::imap::response::Response;

use super::connection::{Connection, News};
use super::error::ImapError;
use crate::net::NetError;

/// Why a wait ended. The connection is ready for the next command in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdleEnd {
    /// Something happened; all that was told up to the end of IDLE.
    News(News),
    /// Nothing happened in that time: do it again (9 min for Gmail, 15 to 25 min for Exchange).
    TimeOut,
    /// The caller's interrupt came first.
    Interrupted,
}

impl Connection {
    /// Waits up to `wait` for news.
    pub async fn idle(&mut self, wait: Duration) -> Result<IdleEnd, ImapError> {
        self.idle_until(wait, std::future::pending()).await
    }

    /// The same, ended early by `interrupt`. News that was told before IDLE ends it at once.
    pub async fn idle_until(
        &mut self,
        wait: Duration,
        interrupt: impl Future<Output = ()>,
    ) -> Result<IdleEnd, ImapError> {
        let request = Request::Idle;
        let tag = self.begin(&request).await?;
        let start = self.within(self.limits.timeouts.command);
        for step in request.encode(&tag, self.literal_mode())? {
            if let Step::Send(bytes) = step {
                self.send(&bytes, start).await?;
            }
        }
        // Exchange sends late news before its `+`.
        loop {
            match self.next_response(start).await?.0 {
                Response::Continuation(_) => break,
                Response::Fetch(_) => self.news.flags = true,
                Response::Status(status) if status.tag.is_some() => {
                    let done = self.tagged(&tag, Phase::Command, status)?;
                    if done.is_some() {
                        return Err(ImapError::protocol("IDLE ended before it began"));
                    }
                }
                _ => {}
            }
        }
        let interrupted = self.wait_for_news(wait, interrupt).await?;
        let end = self.within(self.limits.timeouts.command);
        self.send(DONE, end).await?;
        loop {
            match self.next_response(end).await?.0 {
                Response::Fetch(_) => self.news.flags = true,
                Response::Status(status) if status.tag.is_some() => {
                    let done = self.tagged(&tag, Phase::Command, status)?;
                    if done.is_some() {
                        break;
                    }
                }
                _ => {}
            }
        }
        let news = self.take_news();
        Ok(match (news.is_empty(), interrupted) {
            (false, _) => IdleEnd::News(news),
            (true, true) => IdleEnd::Interrupted,
            (true, false) => IdleEnd::TimeOut,
        })
    }

    /// True when the interrupt ended the wait.
    async fn wait_for_news(
        &mut self,
        wait: Duration,
        interrupt: impl Future<Output = ()>,
    ) -> Result<bool, ImapError> {
        let until = self.within(wait);
        let mut interrupt = std::pin::pin!(interrupt);
        while self.news.is_empty() {
            // What was read already, first; a response that has only begun is read on below.
            if let Some(response) = self.buffered_response()? {
                match response {
                    Response::Fetch(_) => self.news.flags = true,
                    Response::Status(status) if status.tag.is_some() => {
                        // The server ended IDLE by itself.
                        return Err(ImapError::protocol(status.text));
                    }
                    _ => {}
                }
                continue;
            }
            tokio::select! {
                read = self.read_until(until) => match read {
                    Ok(()) => {}
                    Err(ImapError::Net(NetError { cause_id: "net-timeout", .. })) => return Ok(false),
                    Err(error) => return Err(error),
                },
                () = &mut interrupt => return Ok(true),
            }
        }
        Ok(false)
    }
}
