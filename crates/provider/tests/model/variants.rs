//! Protocols that are wrong on purpose, one for each rule and for each reason why the protocol is as it is.

use provider::tokens::step::{self, Action, Answer, Event, LEASE, MARGIN, Outcome, State};
use store::grants::Status;

use crate::world::TICK;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// What runs.
    Production,
    /// Asks without taking the lease.
    NoLease,
    /// Gives the request more time than the lease has.
    NoMargin,
    /// Decides to send, and sends whenever it wakes up.
    SendWhenever,
    /// Hands the token out, and stores it afterwards.
    UseBeforeStore,
    /// Stores an answer whatever the row's version is.
    StoreWhateverTheVersion,
    /// Discards an answer whose lease has ended.
    FenceByLease,
    /// Believes a refusal at once.
    NoSecondLook,
    /// Does not try the refresh token before the newest.
    NoPreviousToken,
    /// Takes no answer for a refusal.
    NoAnswerIsRefusal,
    /// Empties the row when the provider refuses.
    RefusalErases,
    /// Hands out tokens as long as the row has one.
    NoLeastLife,
    /// Counts a token's life from the reply's arrival.
    LifeFromArrival,
    /// Believes a token that was got in the future.
    BelieveTheFuture,
    /// Takes the refresh token that stands in the row, of whatever version.
    AskWithAnyVersion,
    /// Does not note that a reply never came.
    ForgetLostReplies,
    /// After a failure never tries again.
    NeverTryAgain,
}

/// The step of production, or a wrong one.
pub fn step(variant: Variant, state: State, event: Event) -> (State, Action) {
    match (variant, &state, &event) {
        (Variant::NoLeastLife, State::Looking, Event::Read { now, view, .. })
            if view.access_ends_at.is_some_and(|ends| ends > now - TICK)
                && view.status == Status::Good =>
        {
            return (State::Ended(Outcome::Fresh), Action::End);
        }
        (
            Variant::BelieveTheFuture,
            State::Looking,
            Event::Read {
                now,
                view,
                least_life,
            },
        ) => {
            let mut view = view.clone();
            view.access_got_at = None;
            let (now, least_life) = (*now, *least_life);
            let event = Event::Read {
                now,
                view,
                least_life,
            };
            return step::step(state, event);
        }
        (
            Variant::NoSecondLook,
            State::Asking { view, .. },
            Event::Answered {
                answer: Answer::GrantRefused,
                ..
            },
        ) => {
            let action = Action::GiveBack {
                version: view.version,
                status: Some(Status::NeedsConsent),
                next_try: None,
                unanswered: false,
                reply_lost: view.unanswered,
            };
            return (State::GivingBack(Outcome::NeedsConsent), action);
        }
        (Variant::NoSecondLook, State::GivingBack(outcome), Event::GivenBack(_)) => {
            return (State::Ended(*outcome), Action::End);
        }
        (
            Variant::NoAnswerIsRefusal,
            State::Asking { .. },
            Event::Answered {
                now,
                answer: Answer::None,
            },
        ) => {
            let answer = Answer::GrantRefused;
            let now = *now;
            return step::step(state, Event::Answered { now, answer });
        }
        (
            Variant::NoPreviousToken,
            State::Doubting { .. },
            Event::Read {
                now,
                view,
                least_life,
            },
        ) => {
            let mut view = view.clone();
            view.has_previous = false;
            let (now, least_life) = (*now, *least_life);
            let event = Event::Read {
                now,
                view,
                least_life,
            };
            return step::step(state, event);
        }
        _ => {}
    }
    let (state, action) = step::step(state, event);
    match (variant, action) {
        (Variant::NoLease, Action::TakeLease { version: _, until }) => {
            let State::Leasing { view, .. } = state else {
                return (state, Action::End);
            };
            let previous = false;
            let by = until - MARGIN;
            (
                State::Asking {
                    view,
                    previous,
                    until,
                },
                Action::Ask { previous, by },
            )
        }
        (Variant::NoMargin, Action::Ask { previous, by }) => (
            state,
            Action::Ask {
                previous,
                by: by + LEASE,
            },
        ),
        (
            Variant::NeverTryAgain,
            Action::GiveBack {
                version,
                status,
                unanswered,
                reply_lost,
                next_try: Some(_),
            },
        ) => {
            let next_try = Some(i64::MAX / 2);
            (
                state,
                Action::GiveBack {
                    version,
                    status,
                    next_try,
                    unanswered,
                    reply_lost,
                },
            )
        }
        (
            Variant::ForgetLostReplies,
            Action::GiveBack {
                version,
                status,
                next_try,
                unanswered,
                ..
            },
        ) => {
            let reply_lost = false;
            (
                state,
                Action::GiveBack {
                    version,
                    status,
                    next_try,
                    unanswered,
                    reply_lost,
                },
            )
        }
        (_, action) => (state, action),
    }
}
