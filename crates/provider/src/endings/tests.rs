use store::grants::{Status, Subject};
use store::id::{GrantId, UserId};

use super::*;

const NOW: Millis = 1_795_392_000_000;

fn grant(consented_at: Millis) -> Grant {
    Grant {
        id: GrantId([1; 16]),
        user_id: UserId([2; 16]),
        credential_id: CredentialId([3; 16]),
        subject: Subject {
            issuer: "https://issuer.example".into(),
            key: "somebody".into(),
            address: "hanako@example.jp".into(),
            tenant: "the-tenant".into(),
        },
        scopes: String::new(),
        has_access_token: true,
        access_ends_at: None,
        refresh_ends_at: None,
        status: Status::Good,
        status_since: consented_at,
        status_until: None,
        cause: None,
        version: 1,
        lease_owner: None,
        lease_until: None,
        failures: 0,
        rejections: 0,
        unanswered_at: None,
        has_previous: false,
        refresh_at: None,
        refreshed_at: Some(consented_at),
        created_at: consented_at,
    }
}

fn death(of: &Grant, cause: Cause, consented_at: Millis, lived: Millis) -> Death {
    Death {
        grant_id: of.id,
        died_at: consented_at + lived,
        credential_id: of.credential_id,
        tenant: of.subject.tenant.clone(),
        cause: Some(cause),
        consented_at,
    }
}

fn after(deaths: Vec<Death>) -> Lessons {
    Lessons {
        deaths,
        outlived: BTreeMap::new(),
    }
}

fn first(grant: &Grant, kind: Kind, lessons: &Lessons) -> Option<(Reason, bool, i64)> {
    nearest(&of_grant(grant, kind, false, lessons))
        .map(|ending| (ending.reason, ending.certain, ending.days(grant.created_at)))
}

#[test]
fn a_secret_ends_when_its_day_begins_in_utc() {
    let at = start_of_day("2027-02-01").expect("a date");
    assert_eq!(day_of(at), "2027-02-01");
    assert_eq!(day_of(at - 1), "2027-01-31");
    for bad in ["", "2027-2-1", "2027-02-30", "01/02/2027", "soon"] {
        assert_eq!(start_of_day(bad), None, "{bad}");
    }
    let ending = Ending {
        at,
        reason: Reason::SecretDate,
        certain: true,
        moves: false,
    };
    assert_eq!(ending.days(at - DAY), 1);
    assert_eq!(ending.days(at - 1), 0);
    assert_eq!(ending.days(at + 1), -1);
    assert_eq!(ending.case(None, at - 1).cause_id, "secret-ends-soon");
    assert_eq!(ending.case(None, at).cause_id, "secret-ended");
}

#[test]
fn of_several_thresholds_that_were_passed_the_nearest_counts() {
    let ending = Ending {
        at: NOW,
        reason: Reason::SecretDate,
        certain: true,
        moves: false,
    };
    let reached = |days: i64| ending.reached(&SECRET_NOTICES, NOW - days * DAY);
    assert_eq!(reached(61), None);
    assert_eq!(reached(60), Some(60));
    assert_eq!(reached(31), Some(60));
    assert_eq!(reached(30), Some(30));
    assert_eq!(reached(8), Some(14));
    assert_eq!(reached(2), Some(7));
    assert_eq!(reached(1), Some(1));
    assert_eq!(reached(-400), Some(1));
}

#[test]
fn an_announced_week_is_testing_and_another_time_is_what_the_person_allowed() {
    let mut one = grant(NOW);
    let lessons = Lessons::default();
    assert_eq!(first(&one, Kind::Google, &lessons), None);
    // The sandbox and Google say a second less than seven days.
    one.refresh_ends_at = Some(NOW + 604_799_000);
    let testing = (Reason::TestingSevenDays, true, 6);
    assert_eq!(first(&one, Kind::Google, &lessons), Some(testing));
    one.refresh_ends_at = Some(NOW + 30 * DAY);
    let allowed = (Reason::TimeBasedAccess, true, 30);
    assert_eq!(first(&one, Kind::Google, &lessons), Some(allowed));
    let policy = (Reason::AdminPolicy, true, 30);
    assert_eq!(first(&one, Kind::Microsoft, &lessons), Some(policy));
}

#[test]
fn what_is_unused_ends_later_with_every_refresh() {
    let mut one = grant(NOW);
    for (kind, days, reason) in [
        (Kind::Google, 181, Reason::UnusedSixMonths),
        (Kind::Microsoft, 90, Reason::UnusedNinetyDays),
    ] {
        for used in [NOW, NOW + 50 * DAY] {
            one.refreshed_at = Some(used);
            let endings = of_grant(&one, kind, false, &Lessons::default());
            assert_eq!(endings.len(), 1);
            assert_eq!((endings[0].reason, endings[0].moves), (reason, true));
            assert_eq!(endings[0].at, used + days * DAY);
        }
        assert_eq!(
            nearest(&of_grant(&one, kind, false, &Lessons::default())),
            None
        );
        assert_eq!(of_grant(&one, kind, true, &Lessons::default()), []);
    }
    assert_eq!(
        of_grant(&one, Kind::Generic, false, &Lessons::default()),
        []
    );
}

#[test]
fn a_death_by_sign_in_frequency_teaches_how_long_the_next_grant_of_the_same_person_lives() {
    let one = grant(NOW);
    let mut cause = Cause::new("sign-in-again").with("code", "AADSTS70043");
    let before = NOW - 20 * DAY;
    let lessons = after(vec![death(&one, cause.clone(), before, 14 * DAY)]);
    let learnt = (Reason::SignInFrequency, false, 14);
    assert_eq!(first(&one, Kind::Microsoft, &lessons), Some(learnt));
    // Somebody else learns nothing from a life alone.
    let mut other = grant(NOW);
    other.id = GrantId([9; 16]);
    assert_eq!(first(&other, Kind::Microsoft, &lessons), None);
    // What the provider itself names is certain, and worth a warning for colleagues.
    cause.provider_said = Some(
        "invalid_grant: AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency checks by \
         Conditional Access. The token was issued on 2026-11-01T05:37:32.9970000Z and the maximum allowed lifetime for \
         this request is 864000. Trace ID: 1"
            .into(),
    );
    let lessons = after(vec![death(&one, cause, before, 14 * DAY)]);
    let told = |certain| Some((Reason::AdminPolicy, certain, 10));
    assert_eq!(first(&one, Kind::Microsoft, &lessons), told(true));
    assert_eq!(first(&other, Kind::Microsoft, &lessons), told(false));
    other.subject.tenant = "another-tenant".into();
    assert_eq!(first(&other, Kind::Microsoft, &lessons), None);
}

#[test]
fn a_second_factor_asked_for_once_teaches_nothing_and_session_control_does() {
    let one = grant(NOW);
    let once = Cause::new("sign-in-again").with("code", "AADSTS50076");
    let lessons = after(vec![death(&one, once, NOW - 9 * DAY, 8 * DAY)]);
    assert_eq!(first(&one, Kind::Microsoft, &lessons), None);
    let session = Cause::new("session-control");
    let lessons = after(vec![death(&one, session, NOW - 9 * DAY, 8 * DAY)]);
    let learnt = (Reason::SignInFrequency, false, 8);
    assert_eq!(first(&one, Kind::Google, &lessons), Some(learnt));
}

#[test]
fn an_ending_that_the_grant_has_outlived_is_none() {
    let mut one = grant(NOW);
    let cause = Cause::new("sign-in-again").with("code", "AADSTS70043");
    let lessons = after(vec![death(&one, cause, NOW - 20 * DAY, 14 * DAY)]);
    one.refreshed_at = Some(NOW + 14 * DAY + 1);
    assert_eq!(first(&one, Kind::Microsoft, &lessons), None);
    one.refresh_ends_at = Some(NOW + 10 * DAY);
    assert_eq!(first(&one, Kind::Google, &Lessons::default()), None);
}

#[test]
fn one_death_after_a_week_tells_of_the_other_grants_until_one_outlives_it() {
    let one = grant(NOW);
    let mut dead = grant(NOW - 8 * DAY);
    dead.id = GrantId([7; 16]);
    let cause = Cause::new("grant-ended-testing");
    let mut lessons = after(vec![death(&dead, cause, NOW - 8 * DAY, 7 * DAY)]);
    let testing = (Reason::TestingSevenDays, false, 7);
    assert_eq!(first(&one, Kind::Google, &lessons), Some(testing));
    assert_eq!(first(&one, Kind::Microsoft, &lessons), None);
    lessons.outlived.insert(one.credential_id, NOW - 7 * DAY);
    assert_eq!(first(&one, Kind::Google, &lessons), None);
    // One from before the app went to testing proves nothing.
    lessons.outlived.insert(one.credential_id, NOW - 300 * DAY);
    assert_eq!(first(&one, Kind::Google, &lessons), Some(testing));
}

#[test]
fn lives_in_a_refusal_are_read_in_seconds_and_as_a_span() {
    let life = |words: &str| {
        let said = format!("… the maximum allowed lifetime for this request is {words}");
        longest_life_told(&Cause::new("sign-in-again").said(&said))
    };
    assert_eq!(life("43200."), Some(DAY / 2));
    assert_eq!(life("14.00:00:00."), Some(14 * DAY));
    assert_eq!(life("12:30:00"), Some(45_000_000));
    for bad in ["", "soon", "-1", "99999999999999999999", "0", "1:x:2", "."] {
        assert_eq!(life(bad), None, "{bad}");
    }
    assert_eq!(longest_life_told(&Cause::new("sign-in-again")), None);
}

#[test]
fn people_are_told_of_a_grant_as_early_as_it_is_known_and_of_what_is_learnt_not_too_often() {
    let ending = |life: Millis, certain| Ending {
        at: NOW + life,
        reason: Reason::TimeBasedAccess,
        certain,
        moves: false,
    };
    assert_eq!(ending(604_799_000, true).notices(NOW), [7, 3, 1]);
    assert_eq!(
        ending(90 * DAY, true).notices(NOW),
        [90, 60, 30, 14, 7, 3, 1]
    );
    assert_eq!(ending(DAY / 2, true).notices(NOW), [1]);
    assert_eq!(ending(30 * DAY, false).notices(NOW), [7, 3, 1]);
    assert_eq!(ending(7 * DAY, false).notices(NOW), [3, 1]);
    assert!(ending(DAY, false).notices(NOW).is_empty());
    assert!(ending(-DAY, true).notices(NOW).is_empty());
}
