//! What a token endpoint's answer means: for the protocol, for the clock, and for people.

use secrecy::{ExposeSecret, SecretString};
use store::Millis;
use wire::oauth::{self, TokenErrorKind};

use super::step::Answer;
use crate::advice::{self, Case, TokenStep};
use crate::profile::{Kind, ProviderProfile};

/// Milliseconds that a new access token lives; an hour where the provider does not say.
pub(crate) fn life_of(reply: &oauth::TokenReply) -> Millis {
    i64::try_from(reply.expires_in.unwrap_or(3_600).min(7 * 24 * 3_600)).unwrap_or(3_600) * 1_000
}

/// A moment so many seconds from now.
pub(crate) fn ends_at(now: Millis, seconds: Option<u64>) -> Option<Millis> {
    seconds
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(|seconds| now.saturating_add(seconds.saturating_mul(1_000)))
}

pub(super) fn answer_of(error: &oauth::TokenError) -> Answer {
    match error.kind {
        TokenErrorKind::InvalidGrant => Answer::GrantRefused,
        TokenErrorKind::InteractionRequired | TokenErrorKind::ConsentRequired => {
            Answer::PersonNeeded
        }
        TokenErrorKind::InvalidClient
        | TokenErrorKind::UnauthorizedClient
        | TokenErrorKind::InvalidScope
        | TokenErrorKind::InvalidRequest => Answer::AppRefused,
        TokenErrorKind::Throttled { retry_after } => Answer::Throttled {
            wait: retry_after
                .and_then(|seconds| i64::try_from(seconds).ok())
                .map(|seconds| seconds.saturating_mul(1_000)),
        },
        TokenErrorKind::Temporary | TokenErrorKind::NotJson | TokenErrorKind::Other => Answer::None,
    }
}

/// The case of a refused token request, with the words of the catalogue.
pub(crate) fn case_of(
    profile: &ProviderProfile,
    error: &oauth::TokenError,
    at: TokenStep,
    days: Option<u64>,
) -> Case {
    // A good status without a token and without an error says as little as a page of HTML.
    let says_nothing = error.status < 300 && error.error.is_none();
    if error.kind == TokenErrorKind::NotJson || says_nothing {
        return Case::new("token-reply-unreadable").said(&error.provider_said);
    }
    let numbers: Vec<u32> = error
        .error_codes
        .iter()
        .filter_map(|code| u32::try_from(*code).ok())
        .collect();
    let case = advice::token_error(&advice::TokenError {
        kind: profile.kind,
        at,
        status: error.status,
        error: error.error.as_deref().unwrap_or_default(),
        description: &error.provider_said,
        numbers: &numbers,
        subtype: error.error_subtype.as_deref().or(error.suberror.as_deref()),
        days_since_consent: days,
    });
    match error.kind {
        TokenErrorKind::Throttled {
            retry_after: Some(seconds),
        } => case.retry(seconds),
        _ => case,
    }
}

pub(super) fn refresh_case(
    profile: &ProviderProfile,
    error: &oauth::TokenError,
    age: Millis,
) -> Case {
    case_of(
        profile,
        error,
        TokenStep::Refresh,
        u64::try_from(age / (24 * 3_600_000)).ok(),
    )
}

/// The refresh token to be stored, where it is another one than what is stored already. Where the one before the
/// newest was taken and no new one came, it is the one that works.
pub(super) fn newer(
    given: Option<SecretString>,
    asked_with: SecretString,
    previous: bool,
) -> Option<SecretString> {
    match given {
        Some(given) if given.expose_secret() != asked_with.expose_secret() || previous => {
            Some(given)
        }
        None if previous => Some(asked_with),
        _ => None,
    }
}

/// Whether the ID token that came with a refresh names another client or another person than the consent's
/// (OpenID Connect Core 12.2). Without one, or without the names, nothing is said.
pub(super) fn is_of_another(
    reply: &oauth::TokenReply,
    kind: Kind,
    client_id: &str,
    subject_key: &str,
) -> bool {
    let claims = reply
        .id_token
        .as_ref()
        .and_then(|token| oauth::id_claims(token.expose_secret()).ok());
    let Some(claims) = claims else {
        return false;
    };
    let subject = match (kind, &claims.tid, &claims.oid) {
        // Without `oid` Microsoft's `sub` may be of another form than what was stored.
        (Kind::Microsoft, Some(tid), Some(oid)) if !subject_key.contains("/sub:") => {
            Some(format!("{}/{oid}", tid.to_lowercase()))
        }
        (Kind::Microsoft, ..) => None,
        _ => Some(claims.sub.clone()),
    };
    let other_client = !claims.aud.iter().any(|aud| aud == client_id);
    other_client || subject.is_some_and(|subject| subject != subject_key)
}
