//! The protocol of refreshing, as one pure function.
//!
//!     step(state, event) -> (state, action)
//!
//! `tokens/flight.rs` drives it in production, the model checker of `tests/model` through every order of events
//! (decision 0010). It knows no clock, no database and no network: the time comes with each event, and what is
//! to be done is said as an [`Action`].
//!
//!     Looking --Read--> fresh enough ------------------------------------> Ended(Fresh)
//!                   --> another refreshes -------------------------------> Ended(Busy)
//!                   --> take the lease --Leased--> Asking --tokens------> Storing --Stored--> Ended(Fresh)
//!                                                        --refused------> Doubting --Read---> changed meanwhile: Looking
//!                                                                                        ---> previous token: Asking again
//!                                                                                        ---> GivingBack(needs_consent)
//!                                                        --app refused--> GivingBack(app_broken)
//!                                                        --no answer----> GivingBack(try later)
//!     GivingBack --not ours any more--> Looking
//!
//! What always holds:
//! - a refresh is asked for only under a lease, and until the request's deadline the lease stands; a request that
//!   could not be sent before its deadline is not sent;
//! - tokens are used only after they are stored, never past their end, and not when they come from a time that is
//!   still to come (a clock that was set back);
//! - `invalid_grant` counts only after a second look at the row: if the stored token changed meanwhile, it
//!   was a lost race;
//! - a refused app never touches the grant; no answer never touches either.

use store::Millis;
use store::grants::Status;

/// How long one refresher is believed to be at work.
pub const LEASE: Millis = 40_000;
/// The request ends this long before the lease.
pub const MARGIN: Millis = 10_000;
/// A token that was got so much later than now is not believed: the clock was set back since.
pub const SKEW: Millis = 60_000;
/// An access token with less than this left is not handed out.
pub const LEAST_LIFE: Millis = 30_000;
/// Two planned refreshes of a grant are at least this far apart, however short a life the provider gives.
pub const SOONEST: Millis = 10_000;
/// The first wait after no answer; doubled each time.
pub const FIRST_WAIT: Millis = 2_000;
/// The longest wait after no answer.
pub const LONGEST_WAIT: Millis = 300_000;
/// How often a refused app is tried again by itself.
pub const APP_BROKEN_WAIT: Millis = 3_600_000;

/// What a look at the row told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// Grows with every new token.
    pub version: i64,
    /// The grant's state.
    pub status: Status,
    /// When the access token ends; `None` where there is none.
    pub access_ends_at: Option<Millis>,
    /// When it was got, by the clock of who got it.
    pub access_got_at: Option<Millis>,
    /// Until when somebody else is believed to refresh.
    pub leased_until: Option<Millis>,
    /// Before this time no try is wanted (back-off, throttled, broken app).
    pub not_before: Option<Millis>,
    /// Failed tries in a row.
    pub failures: i64,
    /// Whether the refresh token before the newest is kept.
    pub has_previous: bool,
    /// Whether a request since the last new token may have reached the provider without its reply reaching us.
    pub unanswered: bool,
}

impl View {
    /// Milliseconds that the access token can still be used; 0 where there is none to be trusted.
    pub fn life(&self, now: Millis) -> Millis {
        let from_the_future = self.access_got_at.is_some_and(|got| got > now + SKEW);
        match self.access_ends_at {
            Some(ends) if !from_the_future => (ends - now).max(0),
            _ => 0,
        }
    }
}

/// What the token endpoint said, or that it said nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// New tokens; the access token ends then.
    Tokens {
        /// When it ends.
        access_ends_at: Millis,
    },
    /// `invalid_grant` and its kin: this refresh token is not taken.
    GrantRefused,
    /// A person must sign in or approve: `interaction_required`, `consent_required`.
    PersonNeeded,
    /// `invalid_client` and its kin: the credential is not taken.
    AppRefused,
    /// The provider wants us to wait.
    Throttled {
        /// For so long, where it says.
        wait: Option<Millis>,
    },
    /// No usable answer: network, 5xx, no JSON. The provider may have acted on the request.
    None,
    /// Nothing was sent: no connection, or the deadline had passed.
    NotAsked,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The row was read, because somebody wants a token.
    Read {
        /// The time.
        now: Millis,
        /// What it told.
        view: View,
        /// How much life the caller wants the token to have; a planned refresh wants more than is left.
        least_life: Millis,
    },
    /// The lease was tried.
    Leased {
        /// The time: the commit may have waited for its turn.
        now: Millis,
        /// Whether it is ours.
        taken: bool,
    },
    /// The request ended.
    Answered {
        /// The time.
        now: Millis,
        /// How.
        answer: Answer,
    },
    /// Storing was tried.
    Stored {
        /// The time.
        now: Millis,
        /// `false` when another answer was quicker.
        stored: bool,
    },
    /// The lease was given back: `false` when it was not ours any more.
    GivenBack(bool),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read the row (again).
    Read,
    /// Take the lease by compare-and-set.
    TakeLease {
        /// Only if the row still has it.
        version: i64,
        /// Until then.
        until: Millis,
    },
    /// Send the request.
    Ask {
        /// With the refresh token before the newest.
        previous: bool,
        /// The deadline: an answer after it is late, and after it nothing is sent.
        by: Millis,
    },
    /// Store the tokens by compare-and-set.
    Store {
        /// Only if the row still has it.
        version: i64,
        /// Plan the next refresh so that this much life is left.
        ahead: Millis,
    },
    /// Give the lease back without tokens.
    GiveBack {
        /// The version it was taken for.
        version: i64,
        /// The grant's new state; `None` leaves it.
        status: Option<Status>,
        /// The next try; `None`: not by itself.
        next_try: Option<Millis>,
        /// The provider may have acted on our request, and we do not know what it said.
        unanswered: bool,
        /// The refusal is explained by an earlier reply that was lost: it held the token that is good now.
        reply_lost: bool,
    },
    /// Nothing more.
    End,
}

/// How it ended for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The row holds a token that is good enough.
    Fresh,
    /// Somebody else refreshes, at the latest until then.
    Busy(Millis),
    /// Not now; worth another try then.
    Later(Millis),
    /// The credential is refused.
    AppBroken,
    /// A person must consent again.
    NeedsConsent,
}

/// Where a caller is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum State {
    /// Wants to know what the row says.
    Looking,
    /// Tried to take the lease.
    Leasing { view: View, until: Millis },
    /// Waits for the answer.
    Asking {
        view: View,
        previous: bool,
        until: Millis,
    },
    /// Waits for the commit of tokens that end then.
    Storing { access_ends_at: Millis },
    /// Was refused and looks again.
    Doubting {
        view: View,
        previous: bool,
        until: Millis,
        person: bool,
    },
    /// Gives the lease back.
    GivingBack(Outcome),
    /// At the end.
    Ended(Outcome),
}

/// One step. An event that does not fit the state changes nothing.
pub fn step(state: State, event: Event) -> (State, Action) {
    match (state, event) {
        (
            State::Looking,
            Event::Read {
                now,
                view,
                least_life,
            },
        ) => look(now, view, least_life),
        (State::Leasing { view, until }, Event::Leased { now, taken: true }) => {
            // Waiting for the commit has used up time of the lease; without enough left nothing is asked.
            let by = until - MARGIN;
            if now >= by {
                // Our own store was slow, which says nothing of the provider: no state is touched.
                let time = now + FIRST_WAIT;
                let action = Action::GiveBack {
                    version: view.version,
                    status: None,
                    next_try: Some(time),
                    unanswered: false,
                    reply_lost: false,
                };
                return (State::GivingBack(Outcome::Later(time)), action);
            }
            let previous = false;
            (
                State::Asking {
                    view,
                    previous,
                    until,
                },
                Action::Ask { previous, by },
            )
        }
        (State::Leasing { .. }, Event::Leased { taken: false, .. }) => {
            (State::Looking, Action::Read)
        }
        (
            State::Asking {
                view,
                previous,
                until,
                ..
            },
            Event::Answered { now, answer },
        ) => answered(view, previous, until, now, answer),
        (State::Doubting { view, .. }, Event::Read { view: seen, .. })
            if seen.version != view.version =>
        {
            // The token was renewed while ours was on its way: it was a lost race, the grant lives.
            (State::Looking, Action::Read)
        }
        (
            State::Doubting {
                view,
                previous: false,
                until,
                person: false,
            },
            Event::Read {
                now, view: seen, ..
            },
        ) if seen.has_previous && now < until - MARGIN => {
            let (previous, by) = (true, until - MARGIN);
            (
                State::Asking {
                    view,
                    previous,
                    until,
                },
                Action::Ask { previous, by },
            )
        }
        // No time for it under this lease: the next one asks both again.
        (
            State::Doubting {
                view,
                previous: false,
                person: false,
                ..
            },
            Event::Read {
                now, view: seen, ..
            },
        ) if seen.has_previous => later(&view, now, FIRST_WAIT, false),
        (State::Doubting { view, person, .. }, Event::Read { view: seen, .. }) => (
            State::GivingBack(Outcome::NeedsConsent),
            Action::GiveBack {
                version: view.version,
                status: Some(Status::NeedsConsent),
                next_try: None,
                unanswered: false,
                reply_lost: seen.unanswered && !person,
            },
        ),
        (State::Storing { access_ends_at }, Event::Stored { now, stored: true }) => {
            // Given with no life at all, or stored so late that none is left.
            let outcome = match access_ends_at > now {
                true => Outcome::Fresh,
                false => Outcome::Later(now + SOONEST),
            };
            (State::Ended(outcome), Action::End)
        }
        (State::Storing { .. }, Event::Stored { stored: false, .. }) => {
            (State::Looking, Action::Read)
        }
        (State::GivingBack(outcome), Event::GivenBack(true)) => {
            (State::Ended(outcome), Action::End)
        }
        // What we have to say is of an older token, or another has begun since: the row knows better.
        (State::GivingBack(_), Event::GivenBack(false)) => (State::Looking, Action::Read),
        (state, _) => (state, Action::End),
    }
}

fn look(now: Millis, view: View, least_life: Millis) -> (State, Action) {
    let left = view.life(now);
    let end = |outcome| (State::Ended(outcome), Action::End);
    if matches!(view.status, Status::NeedsConsent | Status::Revoked) {
        return end(Outcome::NeedsConsent);
    }
    if left >= least_life {
        return end(Outcome::Fresh);
    }
    let waiting = view.not_before.filter(|time| *time > now);
    if view.status == Status::AppBroken && waiting.is_some() {
        return end(Outcome::AppBroken);
    }
    let busy = view.leased_until.filter(|until| *until > now);
    // A token that still works is better than waiting, whoever is at work and whatever was refused.
    if (busy.is_some() || waiting.is_some()) && left >= LEAST_LIFE {
        return end(Outcome::Fresh);
    }
    if let Some(until) = busy {
        return end(Outcome::Busy(until));
    }
    if let Some(time) = waiting {
        return end(Outcome::Later(time));
    }
    let until = now + LEASE;
    let action = Action::TakeLease {
        version: view.version,
        until,
    };
    (State::Leasing { view, until }, action)
}

fn answered(
    view: View,
    previous: bool,
    until: Millis,
    now: Millis,
    answer: Answer,
) -> (State, Action) {
    let version = view.version;
    match answer {
        Answer::Tokens { access_ends_at } => (
            State::Storing { access_ends_at },
            Action::Store {
                version,
                ahead: ahead(access_ends_at - now),
            },
        ),
        Answer::GrantRefused | Answer::PersonNeeded => (
            State::Doubting {
                view,
                previous,
                until,
                person: answer == Answer::PersonNeeded,
            },
            Action::Read,
        ),
        Answer::AppRefused => (
            State::GivingBack(Outcome::AppBroken),
            Action::GiveBack {
                version,
                status: Some(Status::AppBroken),
                next_try: Some(now + APP_BROKEN_WAIT),
                unanswered: false,
                reply_lost: false,
            },
        ),
        Answer::Throttled { wait } => {
            let wait = wait
                .unwrap_or_else(|| back_off(60_000, view.failures, 3_600_000))
                .clamp(1_000, 24 * 3_600_000);
            later(&view, now, wait, false)
        }
        Answer::None => {
            let wait = back_off(FIRST_WAIT, view.failures, LONGEST_WAIT);
            later(&view, now, wait, true)
        }
        Answer::NotAsked => {
            let wait = back_off(FIRST_WAIT, view.failures, LONGEST_WAIT);
            later(&view, now, wait, false)
        }
    }
}

/// Not now: while the old token works, nobody needs to be told.
fn later(view: &View, now: Millis, wait: Millis, unanswered: bool) -> (State, Action) {
    let still_good = view.life(now) >= LEAST_LIFE;
    let outcome = if still_good {
        Outcome::Fresh
    } else {
        Outcome::Later(now + wait)
    };
    (
        State::GivingBack(outcome),
        Action::GiveBack {
            version: view.version,
            status: (!still_good).then_some(Status::Throttled),
            next_try: Some(now + wait),
            unanswered,
            reply_lost: false,
        },
    )
}

/// Doubles with every failure.
pub fn back_off(first: Millis, failures: i64, longest: Millis) -> Millis {
    first
        .saturating_mul(1 << failures.clamp(0, 20))
        .min(longest)
}

/// How long before its end a token with so much life is refreshed: five minutes, less for short lives.
pub fn ahead(life: Millis) -> Millis {
    (life / 6).clamp(0, 300_000)
}

#[cfg(test)]
mod tests;
