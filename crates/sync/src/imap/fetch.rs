//! FETCH as a stream: one message after the other, however many were asked for.

use std::collections::VecDeque;

use tokio::time::Instant;
use wire::imap::classify::Phase;
use wire::imap::commands::{Request, Step};
use wire::imap::response::Response;
use wire::imap::{Fetch, FetchData, FetchItem, SequenceSet};

use super::body::Body;
use super::connection::Connection;
use super::error::ImapError;

/// Longest UID set of one command, in octets: Exchange refuses commands that are much longer.
pub(super) const SET_LIMIT: usize = 3800;

/// One row of an answer.
#[derive(Debug)]
pub struct Fetched {
    pub fetch: Fetch,
    bodies: Vec<Option<Body>>,
}

impl Fetched {
    /// Takes the body of a section (empty: the whole message). `None` when it was not sent or NIL: such a message
    /// has to be marked, never stored as empty.
    pub fn take_body(&mut self, section: &str) -> Option<Body> {
        let wanted = |b: &&mut wire::imap::FetchBody| {
            b.section.eq_ignore_ascii_case(section) && b.origin.unwrap_or(0) == 0
        };
        let body = self.fetch.bodies.iter_mut().find(wanted)?;
        match std::mem::replace(&mut body.data, FetchData::Nil) {
            FetchData::Nil => None,
            FetchData::Bytes(bytes) => Some(Body::Memory(bytes)),
            FetchData::Streamed { index, .. } => self.bodies.get_mut(index)?.take(),
        }
    }
}

/// A running FETCH. Dropped before its end it leaves the connection unusable.
#[derive(Debug)]
pub struct FetchRun<'a> {
    connection: &'a mut Connection,
    parts: VecDeque<SequenceSet>,
    items: Vec<FetchItem>,
    changed_since: Option<u64>,
    /// The command under way: its tag, and when it must have ended.
    under_way: Option<(String, Instant)>,
}

impl Connection {
    /// Fetches `items` of `uids` (UID is always among them). Long sets become several commands, one after another.
    ///
    /// Rows of other messages (changes made elsewhere) come too, and a row may lack items. Messages that are gone, or
    /// that Exchange cannot convert, have no row at all.
    pub fn fetch(
        &mut self,
        uids: &SequenceSet,
        items: &[FetchItem],
        changed_since: Option<u64>,
    ) -> FetchRun<'_> {
        let mut items = items.to_vec();
        if !items.contains(&FetchItem::Uid) {
            items.insert(0, FetchItem::Uid);
        }
        let parts = uids.split(SET_LIMIT).into();
        FetchRun {
            connection: self,
            parts,
            items,
            changed_since,
            under_way: None,
        }
    }

    /// The same for few and small rows: all at once.
    pub async fn fetch_all(
        &mut self,
        uids: &SequenceSet,
        items: &[FetchItem],
        changed_since: Option<u64>,
    ) -> Result<Vec<Fetched>, ImapError> {
        let mut run = self.fetch(uids, items, changed_since);
        let mut rows = Vec::new();
        while let Some(row) = run.next().await? {
            rows.push(row);
        }
        Ok(rows)
    }
}

impl FetchRun<'_> {
    /// The next row, or `None` when all commands have ended well.
    pub async fn next(&mut self) -> Result<Option<Fetched>, ImapError> {
        loop {
            let (tag, until) = match &self.under_way {
                Some(command) => command.clone(),
                None => match self.parts.pop_front() {
                    Some(part) => self.start(&part).await?,
                    None => return Ok(None),
                },
            };
            let (response, bodies) = self.connection.next_response(until).await?;
            match response {
                Response::Fetch(fetch) => {
                    return Ok(Some(Fetched {
                        fetch: *fetch,
                        bodies: bodies.into_iter().map(Some).collect(),
                    }));
                }
                Response::Status(status) if status.tag.is_some() => {
                    let done = self.connection.tagged(&tag, Phase::Command, status)?;
                    if done.is_some() {
                        self.under_way = None;
                    }
                }
                Response::Continuation(text) => {
                    return Err(ImapError::protocol(format!("+ {text}")));
                }
                _ => {}
            }
        }
    }

    async fn start(&mut self, part: &SequenceSet) -> Result<(String, Instant), ImapError> {
        let request = Request::UidFetch {
            uids: part,
            items: &self.items,
            changed_since: self.changed_since,
        };
        let connection = &mut *self.connection;
        let tag = connection.begin(&request).await?;
        let until = connection.within(connection.limits.timeouts.whole);
        for step in request.encode(&tag, connection.literal_mode())? {
            if let Step::Send(bytes) = step {
                connection.send(&bytes, until).await?;
            }
        }
        self.under_way = Some((tag.clone(), until));
        Ok((tag, until))
    }
}
