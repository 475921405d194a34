use store::intervals::{Cause, Interval};

use super::{DAY, Reach, Window, judge, rounded};

const NOW: i64 = 1_795_392_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn interval(side: &str, status: &str, since: i64, ended_at: Option<i64>) -> Interval {
    Interval {
        side: side.into(),
        status: status.into(),
        since,
        ended_at,
        cause: Some(Cause::new("grant-ended")),
    }
}

fn over(intervals: &[Interval]) -> Reach {
    judge(Window::of_days(90, NOW), NOW - 400 * DAY, intervals)
}

#[test]
fn a_mailbox_without_a_pause_is_whole() {
    let running = [
        interval("grant", "good", NOW - 300 * DAY, None),
        interval("sync", "filling", NOW - 300 * DAY, Some(NOW - 299 * DAY)),
        interval("sync", "live", NOW - 299 * DAY, None),
        interval("send", "blocked", NOW - 9 * DAY, None),
    ];
    let reach = over(&running);
    assert!(reach.is_unbroken());
    assert_eq!((reach.out, reach.receiving), (0, 1.0));
    assert_eq!(reach.since, NOW - 90 * DAY);
}

#[test]
fn short_waits_are_planned_and_refusals_count_however_short() {
    let at = NOW - DAY;
    for (side, status) in [("sync", "later"), ("grant", "throttled")] {
        assert!(over(&[interval(side, status, at, Some(at + MINUTE - 1))]).is_unbroken());
        assert_eq!(
            over(&[interval(side, status, at, Some(at + MINUTE))]).out,
            MINUTE
        );
        // One that lasts is judged by its age.
        assert!(over(&[interval(side, status, NOW - 30_000, None)]).is_unbroken());
        assert_eq!(over(&[interval(side, status, NOW - HOUR, None)]).out, HOUR);
    }
    for (side, status) in [
        ("grant", "needs_consent"),
        ("grant", "app_broken"),
        ("grant", "revoked"),
        ("sync", "blocked"),
        ("service", "stopped"),
    ] {
        let reach = over(&[interval(side, status, at, Some(at + 5_000))]);
        assert_eq!((reach.pauses.len(), reach.out), (1, 5_000), "{status}");
    }
}

#[test]
fn pauses_that_overlap_are_told_each_and_counted_once() {
    let at = NOW - 10 * DAY;
    let reach = over(&[
        interval("sync", "blocked", at + HOUR, Some(at + 3 * HOUR)),
        interval("grant", "needs_consent", at, Some(at + 2 * HOUR)),
        interval(
            "service",
            "stopped",
            at + 90 * MINUTE,
            Some(at + 100 * MINUTE),
        ),
        interval("sync", "later", at + 5 * HOUR, Some(at + 6 * HOUR)),
    ]);
    assert_eq!(reach.pauses.len(), 4);
    assert_eq!(reach.out, 4 * HOUR);
    let order: Vec<_> = reach
        .pauses
        .iter()
        .map(|pause| pause.side.as_str())
        .collect();
    assert_eq!(order, ["grant", "sync", "service", "sync"]);
    let whole = 90.0 * 24.0;
    assert!((reach.receiving - (1.0 - 4.0 / whole)).abs() < 1e-9);
}

#[test]
fn only_what_lies_in_the_window_and_behind_the_connection_counts() {
    let window = Window::of_days(7, NOW);
    let before = [interval(
        "grant",
        "needs_consent",
        NOW - 30 * DAY,
        Some(NOW - 6 * DAY),
    )];
    let reach = judge(window, NOW - 100 * DAY, &before);
    assert_eq!((reach.out, reach.pauses[0].since), (DAY, window.from));
    assert_eq!(reach.pauses[0].until, Some(NOW - 6 * DAY));
    let ended = [interval(
        "sync",
        "blocked",
        NOW - 30 * DAY,
        Some(window.from),
    )];
    assert!(judge(window, NOW - 100 * DAY, &ended).is_unbroken());
    // Connected in the middle: from then on, and the grant's earlier troubles are not this mailbox's.
    let reach = judge(window, NOW - 2 * DAY, &before);
    assert_eq!(
        (reach.since, reach.out, reach.receiving),
        (NOW - 2 * DAY, 0, 1.0)
    );
    let young = judge(window, NOW, &[]);
    assert_eq!((young.since, young.receiving), (NOW, 1.0));
    let lasting = [interval("grant", "app_broken", NOW - HOUR, None)];
    let reach = judge(window, NOW - 2 * HOUR, &lasting);
    assert_eq!((reach.out, reach.receiving), (HOUR, 0.5));
    assert_eq!(reach.pauses[0].until, None);
}

#[test]
fn a_clock_that_was_wrong_makes_no_time() {
    let odd = [
        interval("grant", "needs_consent", NOW + DAY, None),
        interval("sync", "blocked", NOW - HOUR, Some(NOW - 2 * HOUR)),
        interval("sync", "later", NOW + DAY, Some(NOW + 2 * DAY)),
    ];
    let reach = over(&odd);
    assert_eq!((reach.pauses.len(), reach.out), (0, 0));
    // One that ends in the future counts up to now.
    let reach = over(&[interval("sync", "blocked", NOW - HOUR, Some(NOW + DAY))]);
    assert_eq!(reach.out, HOUR);
    // Connected in the future: nothing to judge, nothing missed.
    let reach = judge(Window::of_days(7, NOW), NOW + DAY, &odd);
    assert_eq!((reach.out, reach.receiving), (0, 1.0));
}

#[test]
fn what_was_not_whole_never_reads_as_whole() {
    assert_eq!(rounded(0.999_99), 0.9999);
    assert_eq!(rounded(1.0), 1.0);
    assert_eq!(rounded(0.0), 0.0);
}
