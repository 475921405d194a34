use super::*;

fn view() -> View {
    View {
        version: 3,
        status: Status::Good,
        access_ends_at: Some(1_000),
        access_got_at: None,
        leased_until: None,
        not_before: None,
        failures: 0,
        has_previous: false,
        unanswered: false,
    }
}

fn read(now: Millis, view: View) -> Event {
    Event::Read {
        now,
        view,
        least_life: LEAST_LIFE,
    }
}

fn asking(view: View) -> State {
    State::Asking {
        view,
        previous: false,
        until: LEASE,
    }
}

#[test]
fn a_token_with_life_left_is_used_without_asking_anybody() {
    let fresh = View {
        access_ends_at: Some(100_000),
        ..view()
    };
    assert_eq!(
        step(State::Looking, read(0, fresh)).0,
        State::Ended(Outcome::Fresh)
    );
}

#[test]
fn a_refresh_is_asked_for_under_a_lease_and_ends_before_it() {
    let (state, action) = step(State::Looking, read(0, view()));
    assert_eq!(
        action,
        Action::TakeLease {
            version: 3,
            until: LEASE
        }
    );
    let (_, action) = step(
        state,
        Event::Leased {
            now: 0,
            taken: true,
        },
    );
    assert_eq!(
        action,
        Action::Ask {
            previous: false,
            by: LEASE - MARGIN
        }
    );
}

#[test]
fn whoever_loses_the_lease_looks_again() {
    let (state, _) = step(State::Looking, read(0, view()));
    assert_eq!(
        step(
            state,
            Event::Leased {
                now: 0,
                taken: false
            }
        ),
        (State::Looking, Action::Read)
    );
    let busy = View {
        leased_until: Some(500),
        ..view()
    };
    assert_eq!(
        step(State::Looking, read(0, busy)).0,
        State::Ended(Outcome::Busy(500))
    );
}

#[test]
fn tokens_are_stored_before_anyone_uses_them() {
    let answer = Event::Answered {
        now: 10,
        answer: Answer::Tokens {
            access_ends_at: 3_600_010,
        },
    };
    let (state, action) = step(asking(view()), answer);
    assert_eq!(
        action,
        Action::Store {
            version: 3,
            ahead: 300_000
        }
    );
    assert_eq!(
        step(
            state.clone(),
            Event::Stored {
                now: 20,
                stored: true
            }
        )
        .0,
        State::Ended(Outcome::Fresh)
    );
    assert_eq!(
        step(
            state,
            Event::Stored {
                now: 20,
                stored: false
            }
        ),
        (State::Looking, Action::Read)
    );
}

#[test]
fn a_refused_grant_counts_only_after_a_second_look() {
    let (state, action) = step(
        asking(view()),
        Event::Answered {
            now: 10,
            answer: Answer::GrantRefused,
        },
    );
    assert_eq!(action, Action::Read);
    let renewed = View {
        version: 4,
        ..view()
    };
    assert_eq!(
        step(state.clone(), read(20, renewed)),
        (State::Looking, Action::Read)
    );
    let (state, action) = step(state, read(20, view()));
    assert_eq!(
        action,
        Action::GiveBack {
            version: 3,
            status: Some(Status::NeedsConsent),
            next_try: None,
            unanswered: false,
            reply_lost: false
        }
    );
    assert_eq!(
        step(state, Event::GivenBack(true)).0,
        State::Ended(Outcome::NeedsConsent)
    );
}

#[test]
fn the_refresh_token_before_the_newest_is_tried_once() {
    let (state, _) = step(
        asking(view()),
        Event::Answered {
            now: 10,
            answer: Answer::GrantRefused,
        },
    );
    let kept = View {
        has_previous: true,
        ..view()
    };
    let (state, action) = step(state, read(20, kept.clone()));
    assert!(matches!(action, Action::Ask { previous: true, .. }));
    let (state, _) = step(
        state,
        Event::Answered {
            now: 30,
            answer: Answer::GrantRefused,
        },
    );
    let (_, action) = step(state, read(40, kept));
    assert!(matches!(
        action,
        Action::GiveBack {
            status: Some(Status::NeedsConsent),
            ..
        }
    ));
}

#[test]
fn a_refused_app_leaves_the_grant_alone() {
    let (_, action) = step(
        asking(view()),
        Event::Answered {
            now: 10,
            answer: Answer::AppRefused,
        },
    );
    assert_eq!(
        action,
        Action::GiveBack {
            version: 3,
            status: Some(Status::AppBroken),
            next_try: Some(10 + APP_BROKEN_WAIT),
            unanswered: false,
            reply_lost: false
        }
    );
}

#[test]
fn no_answer_means_another_try_and_nothing_else() {
    let failing = View {
        failures: 3,
        ..view()
    };
    let (state, action) = step(
        asking(failing),
        Event::Answered {
            now: 10,
            answer: Answer::None,
        },
    );
    assert_eq!(
        action,
        Action::GiveBack {
            version: 3,
            status: Some(Status::Throttled),
            next_try: Some(10 + 16_000),
            unanswered: true,
            reply_lost: false
        }
    );
    assert_eq!(state, State::GivingBack(Outcome::Later(16_010)));
    let still_good = View {
        access_ends_at: Some(200_000),
        ..view()
    };
    let (state, action) = step(
        asking(still_good),
        Event::Answered {
            now: 10,
            answer: Answer::None,
        },
    );
    assert_eq!(
        action,
        Action::GiveBack {
            version: 3,
            status: None,
            next_try: Some(2_010),
            unanswered: true,
            reply_lost: false
        }
    );
    assert_eq!(state, State::GivingBack(Outcome::Fresh));
}

#[test]
fn a_broken_app_is_not_asked_again_before_its_time() {
    let broken = View {
        status: Status::AppBroken,
        not_before: Some(5_000),
        ..view()
    };
    assert_eq!(
        step(State::Looking, read(1_000, broken.clone())).0,
        State::Ended(Outcome::AppBroken)
    );
    assert!(matches!(
        step(State::Looking, read(5_000, broken)).1,
        Action::TakeLease { .. }
    ));
}

#[test]
fn a_lease_that_ran_out_while_it_was_taken_asks_nobody() {
    let (state, _) = step(State::Looking, read(0, view()));
    let late = Event::Leased {
        now: LEASE - MARGIN,
        taken: true,
    };
    let (_, action) = step(state, late);
    assert!(matches!(action, Action::GiveBack { status: None, .. }));
}

#[test]
fn a_token_from_a_time_that_is_still_to_come_is_not_believed() {
    let future = View {
        access_ends_at: Some(3_600_000),
        access_got_at: Some(SKEW + 1),
        ..view()
    };
    assert!(matches!(
        step(State::Looking, read(0, future)).1,
        Action::TakeLease { .. }
    ));
}

#[test]
fn a_refusal_after_a_lost_reply_is_told_as_that() {
    let (state, _) = step(
        asking(view()),
        Event::Answered {
            now: 10,
            answer: Answer::GrantRefused,
        },
    );
    let unanswered = View {
        unanswered: true,
        ..view()
    };
    let (_, action) = step(state, read(20, unanswered));
    assert!(matches!(
        action,
        Action::GiveBack {
            status: Some(Status::NeedsConsent),
            reply_lost: true,
            ..
        }
    ));
}

#[test]
fn tokens_that_ended_before_they_were_stored_are_not_handed_out() {
    let storing = State::Storing {
        access_ends_at: 1_000,
    };
    let stored = Event::Stored {
        now: 1_000,
        stored: true,
    };
    assert_eq!(
        step(storing, stored).0,
        State::Ended(Outcome::Later(1_000 + SOONEST))
    );
}

#[test]
fn whoever_lost_the_lease_has_nothing_to_say_about_the_grant() {
    let state = State::GivingBack(Outcome::NeedsConsent);
    assert_eq!(
        step(state, Event::GivenBack(false)),
        (State::Looking, Action::Read)
    );
}
