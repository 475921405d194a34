//! When the next order is due: a pure function of what is known.
//!
//!     no certificate        at once
//!     a certificate         when a third of its life is left, or in the window that the authority names
//!     the last order failed not before a pause: a minute, doubled with every failure, at most six hours;
//!                           and not before the time that the authority names
//!
//! Chance spreads it, so that not all servers of a house come at the same second.

use store::Millis;

const MINUTE: Millis = 60_000;
/// The longest pause between two orders that fail.
const LONGEST: Millis = 6 * 60 * MINUTE;

/// From when to when: a certificate's life, or the window that the authority suggests for its renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Millis,
    pub(super) until: Millis,
}

/// Orders that failed, one after the other, up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failures {
    /// How many; at least one.
    pub(super) count: u32,
    /// When the last one ended.
    pub(super) at: Millis,
    /// The authority said: not before this (`Retry-After`).
    pub(super) not_before: Option<Millis>,
    /// It came to look at a challenge and did not find it.
    pub(super) looked: bool,
}

/// What the time of the next order depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Known {
    /// The life of the certificate that is shown, if the authority gave one.
    pub(super) certificate: Option<Span>,
    /// When the authority wants it renewed (RFC 9773, 4.2), if it says so.
    pub(super) suggested: Option<Span>,
    pub(super) failures: Option<Failures>,
    /// From 0 to 1, the same for as long as the certificate is the same.
    pub(super) chance: f64,
}

/// When the next order is due; what is past is due now.
pub(super) fn due(known: &Known) -> Millis {
    let wanted = match (known.certificate, known.suggested) {
        (None, _) => Millis::MIN,
        // However late a window is named: never in the last tenth of the certificate's life.
        (Some(life), Some(window)) => {
            (window.from + share(length(window), known.chance)).min(life.until - length(life) / 10)
        }
        (Some(life), None) => {
            let length = length(life);
            life.until - length / 3 - share(length / 30, known.chance)
        }
    };
    match known.failures {
        None => wanted,
        Some(failures) => wanted
            .max(failures.at + pause(failures, known.chance))
            .max(failures.not_before.unwrap_or(Millis::MIN)),
    }
}

fn pause(failures: Failures, chance: f64) -> Millis {
    // Authorities count validations that fail (Let's Encrypt: five an hour), and a try may spend two.
    let first = if failures.looked { 10 * MINUTE } else { MINUTE };
    let doubled = first << failures.count.saturating_sub(1).min(9);
    doubled.min(LONGEST) + share(doubled.min(LONGEST) / 10, chance)
}

fn length(span: Span) -> Millis {
    (span.until - span.from).max(0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a share of a time needs no exactness"
)]
fn share(of: Millis, chance: f64) -> Millis {
    (of as f64 * chance.clamp(0.0, 1.0)) as Millis
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Millis = 24 * 60 * MINUTE;
    const NOW: Millis = 1_795_305_600_000;

    fn ninety_days() -> Known {
        Known {
            certificate: Some(Span {
                from: NOW,
                until: NOW + 90 * DAY,
            }),
            ..Known::default()
        }
    }

    fn failed(count: u32) -> Option<Failures> {
        Some(Failures {
            count,
            at: NOW,
            not_before: None,
            looked: false,
        })
    }

    #[test]
    fn a_name_that_the_authority_could_not_prove_is_not_tried_every_minute() {
        let looked = Failures {
            looked: true,
            ..failed(1).unwrap()
        };
        let known = Known {
            failures: Some(looked),
            ..Known::default()
        };
        assert_eq!(due(&known), NOW + 10 * MINUTE);
    }

    #[test]
    fn a_window_after_the_certificates_end_lets_it_not_end() {
        let mut known = ninety_days();
        known.suggested = Some(Span {
            from: NOW + 200 * DAY,
            until: NOW + 300 * DAY,
        });
        assert_eq!(due(&known), NOW + 81 * DAY);
    }

    #[test]
    fn without_a_certificate_an_order_is_due_at_once() {
        assert!(due(&Known::default()) < 0);
    }

    #[test]
    fn a_certificate_is_renewed_when_a_third_of_its_life_is_left_or_a_little_earlier() {
        let mut known = ninety_days();
        assert_eq!(due(&known), NOW + 60 * DAY);
        known.chance = 1.0;
        assert_eq!(due(&known), NOW + 57 * DAY);
        known.certificate = Some(Span {
            from: NOW,
            until: NOW + 6 * DAY,
        });
        known.chance = 0.0;
        assert_eq!(due(&known), NOW + 4 * DAY, "short-lived ones too");
    }

    #[test]
    fn the_authoritys_window_goes_before_our_own_reckoning() {
        let mut known = ninety_days();
        known.suggested = Some(Span {
            from: NOW - 2 * DAY,
            until: NOW - DAY,
        });
        known.chance = 0.5;
        assert_eq!(due(&known), NOW - 2 * DAY + DAY / 2, "revoked soon: now");
    }

    #[test]
    fn failures_pause_for_a_minute_doubled_up_to_six_hours() {
        let pauses: Vec<Millis> = [1, 2, 3, 9, 10, 1000]
            .into_iter()
            .map(|count| {
                due(&Known {
                    failures: failed(count),
                    ..Known::default()
                }) - NOW
            })
            .collect();
        let minutes = [1, 2, 4, 256, 360, 360].map(|minutes| minutes * MINUTE);
        assert_eq!(pauses, minutes);
    }

    #[test]
    fn a_rate_limit_waits_for_what_the_authority_says() {
        let known = Known {
            failures: Some(Failures {
                count: 1,
                at: NOW,
                not_before: Some(NOW + 7 * DAY),
                looked: false,
            }),
            ..Known::default()
        };
        assert_eq!(due(&known), NOW + 7 * DAY);
    }

    #[test]
    fn a_failed_renewal_is_tried_again_while_the_certificate_still_lives() {
        let mut known = ninety_days();
        known.failures = Some(Failures {
            count: 3,
            at: NOW + 61 * DAY,
            not_before: None,
            looked: false,
        });
        assert_eq!(due(&known), NOW + 61 * DAY + 4 * MINUTE);
    }
}
