//! The grant's row with the compare-and-sets of `store::grants`, as the checker has it.

use provider::tokens::step::View;
use store::Millis;
use store::grants::Status;

use crate::world::Given;

/// Who holds a lease: a process, and which of its lives.
pub type Owner = (usize, u8);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    pub version: i64,
    pub status: Status,
    pub access: Option<Given>,
    pub got_at: Option<Millis>,
    pub refresh: Option<u8>,
    pub previous: Option<u8>,
    pub lease: Option<(Owner, Millis)>,
    pub failures: i64,
    pub refresh_at: Option<Millis>,
    pub unanswered: bool,
    /// The last refusal was told as the end of a lost reply.
    pub told_lost: bool,
}

impl Row {
    pub fn new() -> Row {
        Row {
            version: 1,
            status: Status::Good,
            access: None,
            got_at: None,
            refresh: Some(0),
            previous: None,
            lease: None,
            failures: 0,
            refresh_at: None,
            unanswered: false,
            told_lost: false,
        }
    }

    pub fn view(&self) -> View {
        View {
            version: self.version,
            status: self.status,
            access_ends_at: self.access.map(|access| access.ends),
            access_got_at: self.got_at,
            leased_until: self.lease.map(|(_, until)| until),
            not_before: self.refresh_at.filter(|_| self.failures > 0),
            failures: self.failures,
            has_previous: self.previous.is_some(),
            unanswered: self.unanswered,
        }
    }

    /// `grants::take_lease`
    pub fn take_lease(&mut self, version: i64, owner: Owner, until: Millis, now: Millis) -> bool {
        let free = self.lease.is_none_or(|(_, until)| until <= now);
        if self.version != version || !free {
            return false;
        }
        self.unanswered |= self.lease.is_some();
        self.lease = Some((owner, until));
        true
    }

    /// `grants::renewed`
    pub fn renewed(&mut self, version: i64, owner: Owner, given: Given, now: Millis) -> bool {
        if self.version != version || self.status == Status::Revoked {
            return false;
        }
        self.put(given, now);
        let ours = self.lease.is_some_and(|(holder, _)| holder == owner);
        if ours {
            self.lease = None;
            self.unanswered = false;
        }
        true
    }

    /// `grants::consented`
    pub fn consented(&mut self, given: Given, now: Millis) {
        self.put(given, now);
        self.unanswered = false;
    }

    fn put(&mut self, given: Given, now: Millis) {
        if let Some(refresh) = given.refresh {
            self.previous = self.refresh;
            self.refresh = Some(refresh);
        }
        self.access = Some(given);
        self.got_at = Some(now);
        self.version += 1;
        self.failures = 0;
        self.refresh_at = Some(given.ends);
        self.status = Status::Good;
        self.told_lost = false;
    }

    /// `grants::give_back`
    pub fn give_back(
        &mut self,
        version: i64,
        owner: Owner,
        status: Option<Status>,
        refresh_at: Option<Millis>,
        unanswered: bool,
    ) -> bool {
        let ours = self.lease.is_some_and(|(holder, _)| holder == owner);
        if self.version != version || !ours {
            return false;
        }
        self.lease = None;
        // More failures change nothing but the length of the wait.
        self.failures = (self.failures + 1).min(3);
        self.refresh_at = refresh_at;
        self.unanswered |= unanswered;
        if let Some(status) = status {
            self.status = status;
        }
        true
    }

    /// `grants::distrust_access_tokens`
    pub fn distrust(&mut self, now: Millis) {
        if let Some(access) = &mut self.access {
            access.ends = access.ends.min(now);
        }
        self.got_at = self.got_at.map(|at| at.min(now));
        if self.failures == 0 {
            self.refresh_at = self.refresh_at.map(|at| at.min(now));
        }
        if let Some((_, until)) = &mut self.lease {
            *until = (*until).min(now + 120_000);
        }
    }
}
