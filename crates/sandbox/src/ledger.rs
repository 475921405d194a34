//! The ledger of refreshes and of tokens in use, kept by the sandbox's own clock.
//!
//! It is for whoever proves that a client keeps the rules of refreshing: at most one request of a grant open at a
//! time, no access token used past its end, no superseded refresh token used again without cause. A client may
//! name itself in the query of the token endpoint's address (`/token?by=a3`): what was asked under which name
//! tells afterwards who was killed in the middle of what.
//!
//!     request -> Open --answered--> Sent
//!                     --line cut--> Cut     the handler is dropped with the line; `Open` says so when it goes
//!     token of an answer used (login, introspection, `present`, a refresh) -> `used_ms` of that request
//!
//! What always holds: a request whose line ended counts as closed from then on, and times are milliseconds since
//! the start of the sandbox on a clock that nobody moves.

use crate::world::{Books, World};

/// How far an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Still worked on, or held back.
    Open,
    /// Given to the line, whole.
    Whole,
    /// The client's line ended before, or the answer was broken off.
    Cut,
}

/// One refresh request.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// What the client calls itself; empty where it does not.
    pub by: String,
    /// Number of the connection that brought it.
    pub line: u64,
    pub opened_ms: u64,
    pub closed_ms: Option<u64>,
    pub sent: Sent,
    /// New tokens were made.
    pub granted: bool,
    /// Which refresh token of the grant came: 0 is that of the consent.
    pub presented: usize,
    /// Which was the newest then.
    pub newest: usize,
    /// Which one the answer holds.
    pub gave: Option<usize>,
    /// When a token of the answer was first used.
    pub used_ms: Option<u64>,
    /// When the connection ended, if it did.
    pub line_ended_ms: Option<u64>,
}

impl Refresh {
    /// A refresh token came that another answer had superseded before.
    pub fn is_reuse(&self) -> bool {
        self.presented < self.newest
    }
}

/// An access token that came after its end.
#[derive(Clone, Debug)]
pub struct LateUse {
    pub address: String,
    pub at_ms: u64,
    /// Seconds past its end.
    pub late: i64,
}

/// What became of one grant.
#[derive(Clone, Debug)]
pub struct Entry {
    pub grant: u64,
    pub address: String,
    /// It ended because a superseded refresh token came (`strict_rotation`).
    pub replayed: bool,
    /// It ended, however.
    pub ended: bool,
    /// In the order in which they were opened.
    pub refreshes: Vec<Refresh>,
}

/// The whole of it.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub entries: Vec<Entry>,
    /// Access tokens that came to a login, an introspection or [`crate::Sandbox::present`].
    pub uses: u64,
    pub late: Vec<LateUse>,
}

/// What a presented access token is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    Good,
    /// So many seconds past its end.
    Late(i64),
    /// Revoked, or never given out.
    Unknown,
}

/// Pairs of requests that were open at the same time, by their places.
pub fn overlaps(refreshes: &[Refresh]) -> Vec<(usize, usize)> {
    let open = |r: &Refresh, at: u64| {
        r.opened_ms <= at && r.closed_ms.is_none_or(|closed_ms| closed_ms > at)
    };
    let mut pairs = Vec::new();
    for (second, later) in refreshes.iter().enumerate() {
        for (first, earlier) in refreshes.iter().enumerate().take(second) {
            if open(earlier, later.opened_ms) {
                pairs.push((first, second));
            }
        }
    }
    pairs
}

impl World {
    /// An access token comes to be used: noted, and judged by its end.
    pub(crate) fn use_access(&self, books: &mut Books, token: &str) -> Presented {
        let (now, at_ms) = (self.now(), self.uptime_ms());
        let Some(access) = books.grants.access.get(token) else {
            return Presented::Unknown;
        };
        let (late, revoked) = (now - access.expires_at, access.revoked);
        let (answer, address) = (access.answer, access.address.clone());
        books.uses += 1;
        let refresh = answer.and_then(|(grant, row)| {
            let grant = books.grants.grants.get_mut(&grant)?;
            grant.refreshes.get_mut(row)
        });
        if let Some(refresh) = refresh {
            refresh.used_ms.get_or_insert(at_ms);
        }
        if late >= 0 {
            books.late_uses.push(LateUse {
                address,
                at_ms,
                late,
            });
            return Presented::Late(late);
        }
        if revoked {
            Presented::Unknown
        } else {
            Presented::Good
        }
    }
}

/// A refresh request under way. Dropped with its handler, when the client hangs up, it closes as cut.
pub(crate) struct Open<'a> {
    world: &'a World,
    grant: u64,
    row: usize,
    sent: Sent,
}

impl<'a> Open<'a> {
    /// Notes the request before it is worked on. `token` is the refresh token that came.
    pub(crate) fn begin(
        world: &'a World,
        books: &mut Books,
        token: &str,
        by: &str,
        line: u64,
    ) -> Option<Self> {
        let opened_ms = world.uptime_ms();
        let number = *books.grants.refresh.get(token)?;
        let grant = books.grants.grants.get_mut(&number)?;
        let presented = grant.refresh_tokens.iter().position(|t| t == token)?;
        if let Some(giver) = grant
            .refreshes
            .iter_mut()
            .find(|r| r.gave == Some(presented))
        {
            giver.used_ms.get_or_insert(opened_ms);
        }
        grant.refreshes.push(Refresh {
            by: by.to_owned(),
            line,
            opened_ms,
            closed_ms: None,
            sent: Sent::Open,
            granted: false,
            presented,
            newest: grant.refresh_tokens.len() - 1,
            gave: None,
            used_ms: None,
            line_ended_ms: None,
        });
        Some(Self {
            world,
            grant: number,
            row: grant.refreshes.len() - 1,
            sent: Sent::Cut,
        })
    }

    pub(crate) fn grant(&self) -> u64 {
        self.grant
    }

    /// Notes what the answer holds. The lock is held since [`Self::begin`].
    pub(crate) fn worked(&self, books: &mut Books, granted: bool) {
        let Some(grant) = books.grants.grants.get_mut(&self.grant) else {
            return;
        };
        let newest = grant.refresh_tokens.len() - 1;
        if let Some(row) = grant.refreshes.get_mut(self.row) {
            row.granted = granted;
            row.gave = Some(newest).filter(|newest| *newest > row.newest);
        }
    }

    /// The answer goes out now, whole or not.
    pub(crate) fn answered(mut self, whole: bool) {
        self.sent = if whole { Sent::Whole } else { Sent::Cut };
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        // A panic may hold the lock.
        if std::thread::panicking() {
            return;
        }
        let closed_ms = self.world.uptime_ms();
        let mut books = self.world.books();
        let grant = books.grants.grants.get_mut(&self.grant);
        if let Some(row) = grant.and_then(|grant| grant.refreshes.get_mut(self.row)) {
            row.closed_ms = Some(closed_ms);
            row.sent = self.sent;
        }
    }
}

pub(crate) fn ledger(world: &World) -> Ledger {
    let books = world.books();
    let entries = books.grants.grants.iter().map(|(number, grant)| {
        let refreshes = grant.refreshes.iter().cloned().map(|refresh| Refresh {
            line_ended_ms: books.lines.get(&refresh.line).copied(),
            ..refresh
        });
        Entry {
            grant: *number,
            address: grant.address.clone(),
            replayed: grant.ended == Some(crate::grants::End::Replay),
            ended: grant.ended.is_some(),
            refreshes: refreshes.collect(),
        }
    });
    Ledger {
        entries: entries.collect(),
        uses: books.uses,
        late: books.late_uses.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refresh(opened_ms: u64, closed_ms: Option<u64>) -> Refresh {
        Refresh {
            by: String::new(),
            line: 0,
            opened_ms,
            closed_ms,
            sent: Sent::Open,
            granted: false,
            presented: 0,
            newest: 0,
            gave: None,
            used_ms: None,
            line_ended_ms: None,
        }
    }

    #[test]
    fn a_request_that_opens_before_another_closes_overlaps_it() {
        let all = [
            refresh(0, Some(10)),
            refresh(10, Some(30)),
            refresh(20, Some(25)),
            refresh(40, None),
            refresh(90, Some(95)),
        ];
        assert_eq!(overlaps(&all), vec![(1, 2), (3, 4)]);
    }
}
