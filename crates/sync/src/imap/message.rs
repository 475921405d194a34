//! Messages of the selected folder: flags and labels, search, copy, move, expunge.

use wire::imap::command::{StoreChange, StoreItem, StoreMode};
use wire::imap::commands::Request;
use wire::imap::response::Response;
use wire::imap::{Code, Fetch, ReadLimits, SearchKey, SequenceSet, Status};

use super::connection::{Connection, read_limits};
use super::error::ImapError;
use super::fetch::SET_LIMIT;

/// Longest SEARCH line, in octets: about a million UIDs.
const SEARCH_LINE: usize = 8 * 1024 * 1024;
/// More hits than this are refused.
const MOST_HITS: usize = 5_000_000;

/// Where messages went: pairs of (UID here, UID there).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moved {
    /// UIDVALIDITY of the folder they went to; `None` when the server did not tell.
    pub uidvalidity: Option<u32>,
    /// Empty when the server did not tell, or when the messages were gone already.
    pub pairs: Vec<(u32, u32)>,
}

impl Moved {
    fn add(&mut self, code: Option<Code>) {
        let Some(Code::CopyUid {
            uidvalidity,
            source,
            copies,
        }) = code
        else {
            return;
        };
        let pairs = source.numbers(MOST_HITS).zip(copies.numbers(MOST_HITS));
        if let Some((source, copies)) = pairs.filter(|(a, b)| a.len() == b.len()) {
            self.uidvalidity = Some(uidvalidity);
            self.pairs.extend(source.into_iter().zip(copies));
        }
    }
}

impl Connection {
    /// STORE. Gives the rows the server sent, which may be fewer than the messages (Gmail: none when silent).
    pub async fn store(
        &mut self,
        uids: &SequenceSet,
        change: &StoreChange,
    ) -> Result<Vec<Fetch>, ImapError> {
        let mut rows = Vec::new();
        for part in uids.split(SET_LIMIT) {
            let keep = |response: Response| {
                if let Response::Fetch(fetch) = response {
                    rows.push(*fetch);
                }
            };
            self.run(
                &Request::UidStore {
                    uids: &part,
                    change,
                },
                keep,
            )
            .await?;
        }
        Ok(rows)
    }

    /// UIDs that match, sorted. Uses ESEARCH where there is one, so that a large folder stays a short line.
    pub async fn search(&mut self, key: &SearchKey) -> Result<Vec<u32>, ImapError> {
        let request = Request::UidSearch {
            key,
            all_as_set: self.capabilities.has("ESEARCH"),
        };
        let normal = read_limits(&self.limits);
        self.reader.set_limits(ReadLimits {
            line: SEARCH_LINE,
            ..normal
        });
        let mut hits: Vec<u32> = Vec::new();
        let mut too_many = false;
        let mut told = false;
        let done = self
            .run(&request, |response| {
                if let Response::Search(result) = response {
                    told = true;
                    let set = result
                        .all
                        .map_or(Some(Vec::new()), |set| set.numbers(MOST_HITS));
                    too_many |= set.is_none() || hits.len() > MOST_HITS;
                    if !too_many {
                        hits.extend(set.unwrap_or_default());
                        hits.extend(result.hits);
                    }
                }
            })
            .await;
        self.reader.set_limits(normal);
        done?;
        if too_many || !told {
            let what = if told {
                "more hits than there can be messages"
            } else {
                "no answer to SEARCH"
            };
            return Err(ImapError::protocol(what));
        }
        hits.sort_unstable();
        hits.dedup();
        Ok(hits)
    }

    /// COPY to another folder.
    pub async fn uid_copy(&mut self, uids: &SequenceSet, folder: &str) -> Result<Moved, ImapError> {
        let mut moved = Moved::default();
        for part in uids.split(SET_LIMIT) {
            self.transfer(
                &Request::UidCopy {
                    uids: &part,
                    folder,
                },
                &mut moved,
            )
            .await?;
        }
        Ok(moved)
    }

    /// MOVE to another folder; without MOVE: COPY, mark, and expunge just these UIDs.
    pub async fn uid_move(&mut self, uids: &SequenceSet, folder: &str) -> Result<Moved, ImapError> {
        if self.capabilities.has("MOVE") {
            let mut moved = Moved::default();
            for part in uids.split(SET_LIMIT) {
                self.transfer(
                    &Request::UidMove {
                        uids: &part,
                        folder,
                    },
                    &mut moved,
                )
                .await?;
            }
            return Ok(moved);
        }
        let moved = self.uid_copy(uids, folder).await?;
        let what = StoreItem::Flags(vec!["\\Deleted".to_owned()]);
        self.store(
            uids,
            &StoreChange {
                mode: StoreMode::Add,
                silent: true,
                what,
            },
        )
        .await?;
        // Without UIDPLUS an EXPUNGE would take other clients' marked messages too: then the marks stay.
        if self.capabilities.has("UIDPLUS") {
            self.uid_expunge(uids).await?;
        }
        Ok(moved)
    }

    /// UID EXPUNGE: removes the messages among `uids` that are marked `\Deleted`.
    pub async fn uid_expunge(&mut self, uids: &SequenceSet) -> Result<(), ImapError> {
        for part in uids.split(SET_LIMIT) {
            self.run(&Request::UidExpunge { uids: &part }, |_| {})
                .await?;
        }
        Ok(())
    }

    /// COPYUID comes untagged (Exchange, also as a bare line) or in the tagged answer (Gmail).
    async fn transfer(
        &mut self,
        request: &Request<'_>,
        moved: &mut Moved,
    ) -> Result<(), ImapError> {
        let mut codes: Vec<Option<Code>> = Vec::new();
        let done: Status = self
            .run_filing(request, &[], |response| {
                if let Response::Status(status) = response {
                    codes.push(status.code);
                }
            })
            .await?;
        codes.push(done.code);
        for code in codes {
            moved.add(code);
        }
        Ok(())
    }
}
