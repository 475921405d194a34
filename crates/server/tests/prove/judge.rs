//! The sandbox's ledger against the diary: what was broken, and what each loss came of.
//!
//! An answer is *lost* when its process cannot have kept it: it was killed before the answer was out or just after
//! it, or it was held for longer than others wait, and no token of that answer was ever used.

use std::collections::BTreeMap;

use sandbox::ledger::{Entry, Ledger, Refresh, Sent, overlaps};

use crate::diary::Life;
use crate::losses::Told;
use crate::plan::Rule;

/// An answer that was out for longer than this when its process was killed has been stored, also with all processors
/// busy.
const KEPT_AFTER_MS: u64 = 8_000;
/// The end of a line is seen this much later than the kill at most.
const SEEN_AFTER_MS: u64 = 3_000;

/// Why an answer was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Killed with the request open.
    KilledOpen,
    /// Killed when the answer was out and not stored.
    KilledAfter,
    /// Held for longer than the lease with the answer on the line.
    Held,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Verdict {
    pub requests: usize,
    pub granted: usize,
    /// Requests that a kill cut.
    pub open_hit: usize,
    /// Kills that cut at least one request, or an answer that was not stored.
    pub kills_that_hit: usize,
    pub overlaps: usize,
    /// Overlaps and repeats of a process that had just been held: on the wire already when its lease ended.
    pub on_the_wire: usize,
    pub late_uses: usize,
    /// A superseded token again, because every answer since was lost.
    pub repeats: usize,
    /// The token before the newest, after the newest was refused.
    pub after_refusal: usize,
    pub reuses: usize,
    pub lost_to_kills: usize,
    pub lost_to_holds: usize,
    pub lost_unexplained: usize,
    /// By the cause that Tegata showed.
    pub told: BTreeMap<String, usize>,
    /// What must not be.
    pub failures: Vec<String>,
}

struct Court<'a> {
    lives: &'a BTreeMap<String, Life>,
    verdict: Verdict,
}

pub fn judge(
    ledger: &Ledger,
    lives: &BTreeMap<String, Life>,
    told: &Told,
    rule: Rule,
    cause: &str,
) -> Verdict {
    let mut court = Court {
        lives,
        verdict: Verdict {
            late_uses: ledger.late.len(),
            ..Verdict::default()
        },
    };
    for late in &ledger.late {
        court.fail(format!("used past its end: {late:?}"));
    }
    for entry in &ledger.entries {
        court.requests(entry);
        court.overlaps(entry);
        court.reuses(entry);
        if entry.ended {
            court.loss(entry, told.get(&entry.grant), rule, cause);
        }
    }
    court.hits(ledger);
    court.verdict
}

impl Court<'_> {
    fn fail(&mut self, what: String) {
        self.verdict.failures.push(what);
    }

    /// Why this answer was not kept until then; `None` when it was, or could have been.
    fn lost(&self, refresh: &Refresh, until_ms: u64) -> Option<Why> {
        if refresh.used_ms.is_some_and(|used_ms| used_ms < until_ms) {
            return None;
        }
        let life = self.lives.get(&refresh.by)?;
        let closed_ms = refresh.closed_ms.unwrap_or(u64::MAX);
        if let Some((from, to)) = life.killed {
            let at_kill = |ms: u64| (from..=to + SEEN_AFTER_MS).contains(&ms);
            if refresh.sent != Sent::Whole && at_kill(closed_ms) {
                return Some(Why::KilledOpen);
            }
            // Whole, and the line ended with the process before anybody can have stored it.
            let just_out = closed_ms.saturating_add(KEPT_AFTER_MS) >= from;
            if just_out && refresh.line_ended_ms.is_some_and(at_kill) {
                return Some(Why::KilledAfter);
            }
        }
        let over = |(from, to): &(u64, u64)| {
            refresh.opened_ms <= *to && closed_ms.saturating_add(KEPT_AFTER_MS) >= *from
        };
        life.long().any(over).then_some(Why::Held)
    }

    fn woke(&self, refresh: &Refresh) -> bool {
        let life = self.lives.get(&refresh.by);
        life.is_some_and(|life| life.woke_before(refresh.opened_ms))
    }

    fn requests(&mut self, entry: &Entry) {
        self.verdict.requests += entry.refreshes.len();
        let granted = entry.refreshes.iter().filter(|refresh| refresh.granted);
        self.verdict.granted += granted.count();
    }

    fn overlaps(&mut self, entry: &Entry) {
        for (first, second) in overlaps(&entry.refreshes) {
            let (one, other) = (&entry.refreshes[first], &entry.refreshes[second]);
            if self.woke(one) || self.woke(other) {
                self.verdict.on_the_wire += 1;
            } else {
                self.verdict.overlaps += 1;
                self.fail(format!(
                    "two at once, {}: {one:?} and {other:?}",
                    entry.address
                ));
            }
        }
    }

    fn reuses(&mut self, entry: &Entry) {
        for (place, refresh) in entry.refreshes.iter().enumerate() {
            if !refresh.is_reuse() {
                continue;
            }
            let before = &entry.refreshes[..place];
            let mut newer = before
                .iter()
                .filter(|earlier| earlier.gave > Some(refresh.presented));
            if newer.all(|earlier| self.lost(earlier, refresh.opened_ms).is_some()) {
                self.verdict.repeats += 1;
            } else if before
                .iter()
                .any(|earlier| !earlier.granted && earlier.is_reuse())
            {
                self.verdict.after_refusal += 1;
            } else if self.woke(refresh) {
                self.verdict.on_the_wire += 1;
            } else {
                self.verdict.reuses += 1;
                let last = &before[before.len().saturating_sub(3)..];
                let lives = last.iter().map(|one| (&one.by, self.lives.get(&one.by)));
                self.fail(format!(
                    "a superseded token without cause, {}: {refresh:?}, after {last:?}; {:?}",
                    entry.address,
                    lives.collect::<Vec<_>>()
                ));
            }
        }
    }

    fn loss(&mut self, entry: &Entry, told: Option<&String>, rule: Rule, cause: &str) {
        let whose = format!("grant {} of {}", entry.grant, entry.address);
        let killer = entry
            .refreshes
            .iter()
            .position(|refresh| !refresh.granted && refresh.is_reuse());
        let last = killer.and_then(|killer| {
            let newest = entry.refreshes[killer].newest;
            entry.refreshes[..killer]
                .iter()
                .rfind(|refresh| refresh.gave == Some(newest))
        });
        let until_ms = killer.map_or(0, |killer| entry.refreshes[killer].opened_ms);
        match last.and_then(|last| self.lost(last, until_ms)) {
            Some(Why::Held) => self.verdict.lost_to_holds += 1,
            Some(_) => self.verdict.lost_to_kills += 1,
            None if killer.is_some_and(|killer| self.woke(&entry.refreshes[killer])) => {
                self.verdict.lost_to_holds += 1;
            }
            None => {
                self.verdict.lost_unexplained += 1;
                self.fail(format!(
                    "{whose} was lost without a cut answer: {:?}",
                    entry.refreshes
                ));
            }
        }
        if rule == Rule::OldStaysValid || !entry.replayed {
            self.fail(format!("{whose} was lost: {:?}", entry.refreshes));
        }
        match told {
            None => self.fail(format!("{whose} was lost and nobody was told")),
            Some(told) => {
                *self.verdict.told.entry(told.clone()).or_default() += 1;
                if told != cause {
                    self.fail(format!("{whose}: {told} was told, not {cause}"));
                }
            }
        }
    }

    fn hits(&mut self, ledger: &Ledger) {
        let all = ledger.entries.iter().flat_map(|entry| &entry.refreshes);
        let mut hit = std::collections::BTreeSet::new();
        for refresh in all {
            match self.lost(refresh, u64::MAX) {
                Some(Why::KilledOpen) => {
                    self.verdict.open_hit += 1;
                    hit.insert(&refresh.by);
                }
                Some(Why::KilledAfter) if refresh.granted => {
                    hit.insert(&refresh.by);
                }
                _ => {}
            }
        }
        self.verdict.kills_that_hit = hit.len();
    }
}
