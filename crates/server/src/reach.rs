//! The report of reach: which mailboxes ran without a pause in a window of days, which did not, and why.
//!
//!     intervals of the grant, of receiving, and of Tegata itself -> judge -> pauses, their union, the share
//!
//! What counts as a pause:
//!
//!     grant     needs_consent, app_broken, revoked          however short
//!               throttled                                   from a minute on
//!     sync      blocked                                     however short
//!               later                                       from a minute on
//!     service   stopped (nobody ran: `store::heartbeat`)    always
//!
//! A wait of less than a minute is a planned return (a token's end, a server that closes), which nobody misses.
//! `throttled` counts though the old access token may still have lived for a while: the report is rather too
//! strict than too kind. Sending does not count: the report is of what comes in. `filling` receives.
//!
//! What always holds: pauses of several sides are told each, and counted once; nothing outside of the window and
//! nothing before the mailbox was connected counts; intervals that a clock turned wrong are left out.

use provider::advice::Language;
use provider::cause::to_case;
use serde_json::{Value, json};
use store::accounts::{self, Account};
use store::intervals::{self, Cause, Interval};
use store::users::{self, User};
use store::{AccountId, Millis, Store, UserId};

use crate::json::time;

/// Shorter waits are planned ones.
const PLANNED: Millis = 60_000;
/// Of one mailbox so many pauses are told one by one, the newest.
const TOLD: usize = 200;
/// Mailboxes that are looked at in one snapshot.
const AT_ONCE: i64 = 200;
const DAY: Millis = 24 * 3600 * 1000;

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its begin.
    pub from: Millis,
    /// Its end: now.
    pub until: Millis,
}

impl Window {
    /// The last so many days.
    pub fn of_days(days: i64, now: Millis) -> Window {
        Window {
            from: now - days * DAY,
            until: now,
        }
    }
}

/// A stretch of time without mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Its begin, within the window.
    pub since: Millis,
    /// Its end; `None` while it lasts.
    pub until: Option<Millis>,
    /// How long it was within the window.
    pub millis: Millis,
    /// `grant`, `sync` or `service`.
    pub side: String,
    /// The state's word.
    pub status: String,
    /// Why.
    pub cause: Option<Cause>,
}

/// How one mailbox ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// From when it is judged: the window's begin, or its connection.
    pub since: Millis,
    /// Without mail, in all; where pauses overlap they count once.
    pub out: Millis,
    /// The share of the time in which mail came, 0 to 1.
    pub receiving: f64,
    /// Oldest first.
    pub pauses: Vec<Pause>,
}

impl Reach {
    /// Whether it ran without a pause.
    pub fn is_unbroken(&self) -> bool {
        self.pauses.is_empty()
    }
}

/// Judges one mailbox: its intervals, its grant's and the service's, in any order.
pub fn judge<'a>(
    window: Window,
    connected_at: Millis,
    intervals: impl IntoIterator<Item = &'a Interval>,
) -> Reach {
    let since = window.from.max(connected_at).min(window.until);
    let mut pauses: Vec<Pause> = intervals
        .into_iter()
        .filter_map(|interval| pause(interval, since, window.until))
        .collect();
    pauses.sort_by(|a, b| (a.since, &a.side).cmp(&(b.since, &b.side)));
    let (mut out, mut counted) = (0, since);
    for pause in &pauses {
        let end = pause.since + pause.millis;
        out += (end - pause.since.max(counted)).max(0);
        counted = counted.max(end);
    }
    let whole = window.until - since;
    let receiving = if whole > 0 {
        1.0 - out as f64 / whole as f64
    } else {
        1.0
    };
    Reach {
        since,
        out,
        receiving,
        pauses,
    }
}

fn pause(interval: &Interval, from: Millis, now: Millis) -> Option<Pause> {
    let whole = interval.ended_at.unwrap_or(now) - interval.since;
    let counts = match (interval.side.as_str(), interval.status.as_str()) {
        ("grant", "needs_consent" | "app_broken" | "revoked")
        | ("sync", "blocked")
        | ("service", "stopped") => whole >= 0,
        ("grant", "throttled") | ("sync", "later") => whole >= PLANNED,
        _ => false,
    };
    let since = interval.since.max(from);
    let end = interval.ended_at.unwrap_or(now).min(now);
    if !counts || end < since || (end == since && interval.ended_at.is_some()) {
        return None;
    }
    Some(Pause {
        since,
        until: interval.ended_at,
        millis: end - since,
        side: interval.side.clone(),
        status: interval.status.clone(),
        cause: interval.cause.clone(),
    })
}

/// One mailbox with its owner, judged.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which.
    pub account: Account,
    /// Whose.
    pub owner: Option<User>,
    /// How it ran.
    pub reach: Reach,
}

/// The counts of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Mailboxes in all.
    pub total: usize,
    /// Of them without a pause.
    pub unbroken: usize,
}

/// A page of a report.
#[derive(Debug, Clone)]
pub struct Report {
    /// The time it is of.
    pub window: Window,
    /// Of all mailboxes, not only of this page's.
    pub sum: Sum,
    /// In the order of their ids.
    pub lines: Vec<Line>,
    /// Behind which it goes on.
    pub next: Option<AccountId>,
}

/// The report over the mailboxes of one person, or over all. Everything is looked at in bounded pieces; of it
/// `limit` lines behind `after` are kept.
pub async fn report(
    store: &Store,
    days: i64,
    owner: Option<UserId>,
    after: Option<AccountId>,
    limit: usize,
) -> store::Result<Report> {
    let window = Window::of_days(days, store.now());
    let mut report = Report {
        window,
        sum: Sum::default(),
        lines: Vec::new(),
        next: None,
    };
    let mut read_to = None;
    loop {
        let page = judged(store, window, owner, read_to).await?;
        let Some(last) = page.last() else {
            return Ok(report);
        };
        read_to = Some(last.account.id);
        for line in page {
            report.sum.total += 1;
            report.sum.unbroken += usize::from(line.reach.is_unbroken());
            if after.is_some_and(|after| line.account.id <= after) {
                continue;
            }
            if report.lines.len() < limit {
                report.lines.push(line);
            } else {
                report.next = report.lines.last().map(|last| last.account.id);
            }
        }
    }
}

/// The next mailboxes behind an id, judged in one snapshot.
async fn judged(
    store: &Store,
    window: Window,
    owner: Option<UserId>,
    after: Option<AccountId>,
) -> store::Result<Vec<Line>> {
    store
        .read(move |tx| {
            Box::pin(async move {
                let stopped = intervals::out_of_service(tx, window.from).await?;
                let mut lines = Vec::new();
                for account in accounts::page(tx, owner, after, AT_ONCE).await? {
                    let mut times =
                        intervals::out(tx, account.id, account.grant_id, window.from).await?;
                    times.extend(stopped.iter().cloned());
                    lines.push(Line {
                        reach: judge(window, account.created_at, &times),
                        owner: users::find(tx, account.owner_id).await?,
                        account,
                    });
                }
                Ok(lines)
            })
        })
        .await
}

/// One mailbox as the API shows it.
pub fn line_json(line: &Line, now: Millis, language: Language) -> Value {
    let reach = &line.reach;
    let left_out = reach.pauses.len().saturating_sub(TOLD);
    let pauses: Vec<Value> = reach.pauses[left_out..]
        .iter()
        .map(|pause| {
            json!({
                "since": time(pause.since), "until": pause.until.filter(|until| *until <= now).map(time),
                "seconds": pause.millis / 1000, "side": pause.side, "status": pause.status,
                "cause_id": pause.cause.as_ref().map(|cause| &cause.id),
                "advice": pause.cause.as_ref().map(|cause| to_case(cause).advise(language)),
            })
        })
        .collect();
    let person = line
        .owner
        .as_ref()
        .map(|owner| json!({ "id": owner.id, "login": owner.login, "name": owner.name }));
    json!({
        "account_id": line.account.id, "mailbox_address": line.account.mailbox_address, "person": person,
        "unbroken": reach.is_unbroken(), "receiving": rounded(reach.receiving), "seconds_out": reach.out / 1000,
        "since": time(reach.since), "pauses": pauses, "pauses_left_out": left_out,
    })
}

/// The report as the API shows it.
pub fn report_json(report: &Report, days: i64, language: Language) -> Value {
    let now = report.window.until;
    let items: Vec<Value> = report
        .lines
        .iter()
        .map(|line| line_json(line, now, language))
        .collect();
    json!({
        "from": time(report.window.from), "until": time(now), "days": days,
        "accounts": {
            "total": report.sum.total, "unbroken": report.sum.unbroken,
            "paused": report.sum.total - report.sum.unbroken,
        },
        "items": items, "next": report.next,
    })
}

/// Four digits, cut rather than rounded: what was not whole never reads as whole.
pub fn rounded(share: f64) -> f64 {
    (share * 10_000.0).floor() / 10_000.0
}

#[cfg(test)]
mod tests;
