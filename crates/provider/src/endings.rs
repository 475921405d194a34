//! When a secret or a grant will end by itself, and why: known before it comes.
//!
//!     a secret's date, the provider's announcement, how earlier grants ended -> endings, the nearest first
//!
//! Pure: the clock, the grant and the deaths come in. What always holds:
//! - an ending is *certain* where the provider said it, and not where it is learnt from an earlier death;
//! - an ending that a grant has outlived (it was refreshed after it) is no ending;
//! - a secret's date ends it at 00:00 UTC of that date. The console does not say at what hour, nor in which zone:
//!   a day too early costs nothing.

use std::collections::BTreeMap;

use store::credentials::Credential;
use store::grants::{Death, Grant};
use store::intervals::Cause;
use store::{CredentialId, Millis};

use crate::advice::Case;
use crate::profile::{Kind, ProviderProfile};

/// Milliseconds of a day.
pub const DAY: Millis = 24 * 3_600_000;
/// Google ends the grants of an app in testing after this.
pub const TESTING: Millis = 7 * DAY;
/// A Google grant that nobody uses ends after six months; the shortest six months have 181 days.
pub const SIX_MONTHS: Millis = 181 * DAY;
/// A Microsoft grant that nobody uses ends after this.
pub const NINETY_DAYS: Millis = 90 * DAY;
/// Notices of a secret go out so many days before its end.
pub const SECRET_NOTICES: [i64; 5] = [60, 30, 14, 7, 1];
/// Those of a grant.
pub const GRANT_NOTICES: [i64; 6] = [60, 30, 14, 7, 3, 1];
/// A life that was cut shorter than this teaches nothing of a rule.
const SHORTEST_LESSON: Millis = 3_600_000;
/// Deaths are remembered for so long.
pub const MEMORY: Millis = 400 * DAY;

/// Why something ends (words of the contract).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The date that an administrator copied from the console.
    SecretDate,
    /// Google, an app in testing.
    TestingSevenDays,
    /// Google, unused.
    UnusedSixMonths,
    /// Microsoft, unused.
    UnusedNinetyDays,
    /// The organisation makes people sign in again after some time.
    SignInFrequency,
    /// Google, the person allowed it for some time only.
    TimeBasedAccess,
    /// The provider itself named the longest life that a policy allows.
    AdminPolicy,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Reason; 7] = [
        Reason::SecretDate,
        Reason::TestingSevenDays,
        Reason::UnusedSixMonths,
        Reason::UnusedNinetyDays,
        Reason::SignInFrequency,
        Reason::TimeBasedAccess,
        Reason::AdminPolicy,
    ];

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Reason::SecretDate => "secret-date",
            Reason::TestingSevenDays => "testing-seven-days",
            Reason::UnusedSixMonths => "unused-six-months",
            Reason::UnusedNinetyDays => "unused-ninety-days",
            Reason::SignInFrequency => "sign-in-frequency",
            Reason::TimeBasedAccess => "time-based-access",
            Reason::AdminPolicy => "admin-policy",
        }
    }

    /// The row of the catalogue.
    fn row(self, over: bool) -> &'static str {
        match self {
            Reason::SecretDate if over => "secret-ended",
            Reason::SecretDate => "secret-ends-soon",
            Reason::TestingSevenDays => "grant-ends-testing",
            Reason::UnusedSixMonths | Reason::UnusedNinetyDays => "grant-kept-alive",
            Reason::SignInFrequency => "grant-ends-sign-in",
            Reason::TimeBasedAccess => "grant-ends-time-based",
            Reason::AdminPolicy => "grant-ends-policy",
        }
    }
}

/// One ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// When.
    pub at: Millis,
    /// Why.
    pub reason: Reason,
    /// Said by the provider or its console; else learnt or assumed.
    pub certain: bool,
    /// Tegata itself moves it further, by refreshing.
    pub moves: bool,
}

impl Ending {
    /// Whole days left; negative when it is past.
    pub fn days(&self, now: Millis) -> i64 {
        (self.at - now).div_euclid(DAY)
    }

    /// Its day in UTC, `YYYY-MM-DD`.
    pub fn day(&self) -> String {
        day_of(self.at)
    }

    /// Which of these numbers of days is the nearest that has been reached.
    pub fn reached(&self, days: &[i64], now: Millis) -> Option<i64> {
        let left = self.at - now;
        days.iter().copied().filter(|days| left <= days * DAY).min()
    }

    /// So many days before it people are told, the most first: a secret's on fixed days, a grant's from the day it is
    /// known (`from`, its consent) on. What is only learnt is told late, and not where the whole life is short.
    pub fn notices(&self, from: Millis) -> Vec<i64> {
        if self.reason == Reason::SecretDate {
            return SECRET_NOTICES.to_vec();
        }
        if self.moves {
            return Vec::new();
        }
        let life = self.at - from;
        let lies_ahead = |days: &i64| match self.certain {
            true => days * DAY < life,
            false => *days <= 7 && 2 * days * DAY <= life,
        };
        let mut days: Vec<i64> = GRANT_NOTICES.into_iter().filter(lies_ahead).collect();
        if self.certain && life > 0 {
            days.insert(0, (life + DAY - 1).div_euclid(DAY));
        }
        days
    }

    /// What to tell people of it.
    pub fn case(&self, profile: Option<&ProviderProfile>, now: Millis) -> Case {
        let case = Case::new(self.reason.row(self.at <= now)).with("date", self.day());
        match profile {
            Some(profile) => profile.facts(case),
            None => case,
        }
    }
}

/// The ending of the current secret.
pub fn of_secret(credential: &Credential) -> Option<Ending> {
    let at = start_of_day(credential.fields.secret_ends_on.as_deref()?)?;
    Some(Ending {
        at,
        reason: Reason::SecretDate,
        certain: true,
        moves: false,
    })
}

/// What earlier grants tell.
#[derive(Debug, Clone, Default)]
pub struct Lessons {
    /// Newest first.
    pub deaths: Vec<Death>,
    /// By credential, the latest consent of a grant that outlived [`TESTING`].
    pub outlived: BTreeMap<CredentialId, Millis>,
}

/// The endings of a grant, the nearest first; `app_only`: the app's own, which has no refresh token.
pub fn of_grant(grant: &Grant, kind: Kind, app_only: bool, lessons: &Lessons) -> Vec<Ending> {
    if app_only {
        return Vec::new();
    }
    let used = grant.refreshed_at.unwrap_or(grant.created_at);
    let mut endings = Vec::new();
    endings.extend(announced(grant, kind));
    endings.extend(learnt(grant, kind, lessons));
    // Whatever was foretold: it was refreshed after that, so it lives.
    endings.retain(|ending| used <= ending.at);
    let unused = match kind {
        Kind::Google => Some((SIX_MONTHS, Reason::UnusedSixMonths)),
        Kind::Microsoft => Some((NINETY_DAYS, Reason::UnusedNinetyDays)),
        Kind::Generic => None,
    };
    endings.extend(unused.map(|(life, reason)| Ending {
        at: used + life,
        reason,
        certain: true,
        moves: true,
    }));
    endings.sort_by_key(|ending| (ending.at, ending.reason));
    endings
}

/// The first ending that does not move: what people must know.
pub fn nearest(endings: &[Ending]) -> Option<Ending> {
    endings.iter().copied().find(|ending| !ending.moves)
}

/// What `refresh_token_expires_in` said. Seven days tell of an app in testing; a person who allows access for a time
/// chooses another. Elsewhere such a life is a policy.
fn announced(grant: &Grant, kind: Kind) -> Option<Ending> {
    let at = grant.refresh_ends_at?;
    let life = at - grant.created_at;
    let near_a_week = (life - TESTING).abs() <= 3_600_000;
    let reason = match kind {
        Kind::Google if near_a_week => Reason::TestingSevenDays,
        Kind::Google => Reason::TimeBasedAccess,
        Kind::Microsoft | Kind::Generic => Reason::AdminPolicy,
    };
    Some(Ending {
        at,
        reason,
        certain: true,
        moves: false,
    })
}

fn learnt(grant: &Grant, kind: Kind, lessons: &Lessons) -> Vec<Ending> {
    let ending = |life: Millis, reason, certain| Ending {
        at: grant.created_at + life,
        reason,
        certain,
        moves: false,
    };
    let of_credential = || {
        lessons
            .deaths
            .iter()
            .filter(|death| death.credential_id == grant.credential_id)
    };
    let mut endings = Vec::new();
    // The person's own last death by policy; else what the provider told a colleague.
    let own = of_credential()
        .filter(|death| death.grant_id == grant.id)
        .find(|death| is_sign_in_frequency(death.cause.as_ref()));
    let told = |death: &Death| death.cause.as_ref().and_then(longest_life_told);
    if let Some(death) = own {
        let lived = death.died_at - death.consented_at;
        match told(death) {
            Some(life) => endings.push(ending(life, Reason::AdminPolicy, true)),
            None if lived >= SHORTEST_LESSON => {
                endings.push(ending(lived, Reason::SignInFrequency, false))
            }
            None => {}
        }
    } else if !grant.subject.tenant.is_empty() {
        let colleague = of_credential()
            .filter(|death| death.tenant == grant.subject.tenant)
            .find_map(told);
        endings.extend(colleague.map(|life| ending(life, Reason::AdminPolicy, false)));
    }
    // An app in testing that did not announce it: one death after a week tells of the others, unless a grant that
    // was given later has outlived the week (the app was published meanwhile).
    if kind == Kind::Google && grant.refresh_ends_at.is_none() {
        let published = lessons.outlived.get(&grant.credential_id);
        let in_testing = of_credential()
            .filter(|death| cause_is(death.cause.as_ref(), "grant-ended-testing"))
            .any(|death| published.is_none_or(|consent| *consent < death.consented_at));
        endings.extend(in_testing.then(|| ending(TESTING, Reason::TestingSevenDays, false)));
    }
    endings
}

fn cause_is(cause: Option<&Cause>, id: &str) -> bool {
    cause.is_some_and(|cause| cause.id == id)
}

/// Whether a grant died because people of its organisation must sign in again after some time.
pub fn is_sign_in_frequency(cause: Option<&Cause>) -> bool {
    let Some(cause) = cause else { return false };
    let said = cause.provider_said.as_deref().unwrap_or_default();
    let code = cause.values.get("code").map(String::as_str);
    match cause.id.as_str() {
        "session-control" => true,
        "sign-in-again" => {
            matches!(code, Some("AADSTS70043" | "AADSTS50078"))
                || said.to_ascii_lowercase().contains("sign-in frequency")
        }
        _ => false,
    }
}

/// The longest life that a refusal names: `… the maximum allowed lifetime for this request is 1209600.` (seconds), or
/// `14.00:00:00`.
pub fn longest_life_told(cause: &Cause) -> Option<Millis> {
    const BEFORE: &str = "lifetime for this request is ";
    let said = cause.provider_said.as_deref()?;
    let (_, rest) = said.split_once(BEFORE)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
        .unwrap_or(rest.len());
    span(rest.get(..end)?.trim_end_matches('.')).filter(|life| *life >= SHORTEST_LESSON)
}

/// `1209600` (seconds), or `[days.]hh:mm:ss`.
fn span(text: &str) -> Option<Millis> {
    let number = |text: &str| {
        text.parse::<i64>()
            .ok()
            .filter(|n| (0..100_000_000).contains(n))
    };
    if !text.contains(':') {
        return number(text)?.checked_mul(1_000);
    }
    let (days, clock) = text.split_once('.').unwrap_or(("0", text));
    let mut parts = clock.split(':');
    let mut next = || number(parts.next()?);
    let (hours, minutes) = (next()?, next()?);
    let seconds = clock
        .rsplit(':')
        .next()?
        .split('.')
        .next()
        .and_then(number)?;
    let days = number(days).filter(|days| *days < 10_000)?;
    Some(days * DAY + ((hours * 60 + minutes) * 60 + seconds) * 1_000)
}

/// 00:00 UTC of a date `YYYY-MM-DD`; `None` for any other text.
pub fn start_of_day(date: &str) -> Option<Millis> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let date = time::Date::parse(date.trim(), format).ok()?;
    Some(date.midnight().assume_utc().unix_timestamp() * 1_000)
}

/// The day of a moment in UTC, `YYYY-MM-DD`.
pub fn day_of(at: Millis) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::OffsetDateTime::from_unix_timestamp(at.div_euclid(1_000))
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
