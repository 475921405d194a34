//! The refresh protocol, driven through every order of events (decision 0010).
//!
//!     search (every order) -> moves (what can happen) -> step, the function that production runs
//!                          -> rules (what must hold, in every state)
//!
//! Two processes, one grant, a provider. Anything can stop between any two steps, for any time: processes are killed
//! and begin anew, sleep on, requests and replies travel slowly or are lost, clocks are set, the provider rotates as it
//! likes, a person consents meanwhile. For each rule a deliberately wrong protocol ([`variants`]) breaks it here, so
//! that the rules are known to bite. The row has the rules of `store::grants`; [`same_row`] compares the two.

mod moves;
mod row;
mod rules;
mod same_row;
mod search;
mod variants;
mod world;

use rules::Rule;
use search::{Found, search};
use variants::Variant;
use world::{Limits, Rotation, TICK};

fn limits(rotation: Rotation) -> Limits {
    Limits {
        rotation,
        horizon: 6,
        demands: 2,
        ..Limits::default()
    }
}

/// With one process killed, and with one connection broken.
fn troubled(rotation: Rotation) -> [Limits; 2] {
    let (crashes, losses) = (1, 1);
    [
        Limits {
            crashes,
            ..limits(rotation)
        },
        Limits {
            losses,
            ..limits(rotation)
        },
    ]
}

/// Nothing breaks, and enough was looked at for that to mean something.
#[track_caller]
fn holds(limits: Limits, least: usize) {
    match search(limits, Variant::Production) {
        Found::Nothing { states } => {
            println!("{limits:?}: {states} states");
            assert!(states >= least, "only {states} states were reached");
        }
        Found::Broken { rule, trace } => panic!("{rule:?} is broken:\n{trace}"),
    }
}

/// The wrong protocol breaks this rule, and is found out.
#[track_caller]
fn breaks(limits: Limits, variant: Variant, expected: Rule) {
    match search(limits, variant) {
        Found::Broken { rule, trace } => {
            println!("{variant:?} breaks {rule:?}:\n{trace}");
            assert_eq!(rule, expected, "{trace}");
        }
        Found::Nothing { states } => panic!("{variant:?} went unnoticed in {states} states"),
    }
}

#[test]
fn with_a_provider_that_never_rotates_nothing_is_lost() {
    for limits in troubled(Rotation::Never) {
        holds(limits, 20_000);
    }
}

#[test]
fn with_a_provider_that_rotates_and_keeps_old_tokens_valid_nothing_is_lost() {
    for limits in troubled(Rotation::Lenient) {
        holds(limits, 20_000);
    }
}

#[test]
fn with_a_provider_that_ends_the_old_token_at_once_only_lost_replies_lose_a_grant_and_say_so() {
    for limits in troubled(Rotation::Strict) {
        holds(limits, 20_000);
    }
}

#[test]
fn a_provider_that_takes_reuse_for_theft_loses_no_more_than_lost_replies_and_sleepers_on_the_wire()
{
    for limits in troubled(Rotation::Family) {
        holds(limits, 20_000);
    }
}

#[test]
fn a_provider_that_forgets_its_newest_token_is_met_with_the_one_before() {
    let limits = Limits {
        rollbacks: 1,
        demands: 3,
        horizon: 3,
        ..limits(Rotation::Lenient)
    };
    holds(limits, 1_000);
    breaks(limits, Variant::NoPreviousToken, Rule::NothingIsLost);
}

#[test]
fn a_person_who_consents_meanwhile_is_not_overwritten() {
    let limits = Limits {
        consents: 1,
        horizon: 5,
        ..limits(Rotation::Lenient)
    };
    holds(limits, 20_000);
    breaks(limits, Variant::StoreWhateverTheVersion, Rule::NewestToken);
}

#[test]
fn a_clock_that_is_set_loses_nothing_and_uses_no_token_past_its_end() {
    let limits = Limits {
        jumps: 1,
        horizon: 5,
        ..limits(Rotation::Strict)
    };
    holds(limits, 20_000);
}

#[test]
fn two_machines_whose_clocks_differ_by_no_more_than_the_margin_are_as_one() {
    for skew in [TICK, -TICK] {
        let limits = Limits {
            skew,
            ..limits(Rotation::Strict)
        };
        holds(limits, 20_000);
    }
    let limits = Limits {
        skew: 2 * TICK,
        ..limits(Rotation::Strict)
    };
    breaks(limits, Variant::Production, Rule::OneRequest);
}

#[test]
fn a_token_from_the_future_must_not_be_believed() {
    let limits = Limits {
        jumps: 1,
        ..limits(Rotation::Lenient)
    };
    breaks(limits, Variant::BelieveTheFuture, Rule::NoTokenPastItsEnd);
}

#[test]
fn without_a_lease_two_requests_meet() {
    breaks(
        limits(Rotation::Lenient),
        Variant::NoLease,
        Rule::OneRequest,
    );
}

#[test]
fn without_a_margin_the_request_outlives_its_lease() {
    breaks(
        limits(Rotation::Lenient),
        Variant::NoMargin,
        Rule::OneRequest,
    );
}

#[test]
fn a_sender_that_does_not_look_at_the_clock_again_sends_too_late() {
    breaks(
        limits(Rotation::Lenient),
        Variant::SendWhenever,
        Rule::OneRequest,
    );
}

#[test]
fn a_token_that_is_used_before_it_is_stored_is_found_out() {
    breaks(
        limits(Rotation::Strict),
        Variant::UseBeforeStore,
        Rule::DurableBeforeUse,
    );
}

#[test]
fn discarding_a_late_answer_by_its_lease_loses_the_grant() {
    let limits = Limits {
        ..limits(Rotation::Strict)
    };
    breaks(limits, Variant::FenceByLease, Rule::NothingIsLost);
}

#[test]
fn a_refusal_without_a_second_look_takes_a_lost_race_for_a_death() {
    breaks(
        limits(Rotation::Strict),
        Variant::NoSecondLook,
        Rule::ToldTheTruth,
    );
}

#[test]
fn no_answer_taken_for_a_refusal_loses_the_grant() {
    breaks(
        troubled(Rotation::Lenient)[1],
        Variant::NoAnswerIsRefusal,
        Rule::NothingIsLost,
    );
}

#[test]
fn a_refusal_that_empties_the_row_is_found_out() {
    breaks(
        troubled(Rotation::Strict)[1],
        Variant::RefusalErases,
        Rule::NeverEmptied,
    );
}

#[test]
fn a_token_handed_out_to_its_last_second_is_used_past_its_end() {
    breaks(
        limits(Rotation::Lenient),
        Variant::NoLeastLife,
        Rule::NoTokenPastItsEnd,
    );
}

#[test]
fn an_end_that_counts_from_the_replys_arrival_is_too_late() {
    breaks(
        limits(Rotation::Lenient),
        Variant::LifeFromArrival,
        Rule::NoTokenPastItsEnd,
    );
}

#[test]
fn a_token_of_another_version_than_the_leases_is_spent_for_nothing() {
    let limits = Limits {
        demands: 4,
        ..limits(Rotation::Strict)
    };
    breaks(limits, Variant::AskWithAnyVersion, Rule::NothingIsLost);
}

#[test]
fn a_lost_reply_that_is_not_remembered_leaves_the_death_unexplained() {
    breaks(
        troubled(Rotation::Strict)[1],
        Variant::ForgetLostReplies,
        Rule::LostReplyIsTold,
    );
}

#[test]
fn a_back_off_without_end_leaves_the_grant_waiting() {
    breaks(
        troubled(Rotation::Lenient)[1],
        Variant::NeverTryAgain,
        Rule::ComesBack,
    );
}

/// The same with more of everything: minutes (`make prove`).
#[test]
#[ignore = "takes minutes; part of `make prove`"]
fn with_more_of_everything_the_rules_still_hold() {
    for rotation in Rotation::ALL {
        let limits = Limits {
            horizon: 8,
            crashes: 1,
            losses: 1,
            ..limits(rotation)
        };
        holds(limits, 500_000);
    }
}
