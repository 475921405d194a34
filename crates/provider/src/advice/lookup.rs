//! From an answer of a provider to a case.

use super::{Case, aadsts, numbers_in, search_words};
use crate::profile::Kind;

/// What the token endpoint was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStep {
    /// The code of a consent.
    Exchange,
    /// A new access token.
    Refresh,
    /// A check of ID and secret without a person.
    Probe,
}

/// An error answer of a token endpoint.
#[derive(Debug, Clone, Copy)]
pub struct TokenError<'a> {
    pub kind: Kind,
    pub at: TokenStep,
    /// HTTP status.
    pub status: u16,
    pub error: &'a str,
    pub description: &'a str,
    /// `error_codes`; where it is empty the numbers are looked for in the description.
    pub numbers: &'a [u32],
    /// Google's `error_subtype`, Microsoft's `suberror`.
    pub subtype: Option<&'a str>,
    /// How old the consent is: seven days tell of an app in testing.
    pub days_since_consent: Option<u64>,
}

/// The case of a refused token request.
pub fn token_error(answer: &TokenError<'_>) -> Case {
    let found = numbers_in(answer.description);
    let numbers = if answer.numbers.is_empty() {
        &found
    } else {
        answer.numbers
    };
    // Microsoft says `temporarily_unavailable` to a tenant that asks too often, too.
    let limit = numbers
        .iter()
        .filter(|_| answer.kind == Kind::Microsoft)
        .filter_map(|number| aadsts(*number))
        .find(|id| matches!(*id, "throttled" | "loop-detected"));
    let id = if limit.is_some() {
        limit
    } else if answer.status == 429 {
        Some("throttled")
    } else if answer.status >= 500
        || matches!(answer.error, "server_error" | "temporarily_unavailable")
    {
        Some("provider-server-error")
    } else {
        match answer.kind {
            Kind::Microsoft => microsoft_token(answer, numbers),
            Kind::Google => google_token(answer),
            Kind::Generic => None,
        }
        // A number that is new to us leaves the error itself to speak.
        .or_else(|| by_token_error_name(answer))
    };
    case(id, answer.kind, answer.error, answer.description, numbers)
}

fn microsoft_token(answer: &TokenError<'_>, numbers: &[u32]) -> Option<&'static str> {
    let description = answer.description.to_ascii_lowercase();
    numbers.iter().find_map(|number| match number {
        70000 | 70008 if answer.at != TokenStep::Refresh => Some("code-unusable"),
        70000 if description.contains("service abuse mode") => Some("account-locked-abuse"),
        number => aadsts(*number),
    })
}

fn google_token(answer: &TokenError<'_>) -> Option<&'static str> {
    let description = answer.description.to_ascii_lowercase();
    let says = |words: &str| description.contains(words);
    match answer.error {
        "invalid_grant" if answer.subtype == Some("invalid_rapt") || says("invalid_rapt") => {
            Some("session-control")
        }
        "invalid_grant" if says("reasonable timeframe") => Some("clock-wrong"),
        "invalid_grant" if says("invalid email or user id") || says("account not found") => {
            Some("delegation-wrong-user")
        }
        "invalid_request" if says("invalid impersonation") => Some("delegation-wrong-user"),
        "invalid_grant" if says("account has been deleted") => Some("account-disabled"),
        "invalid_grant"
            if answer.at == TokenStep::Refresh
                && matches!(answer.days_since_consent, Some(6..=8)) =>
        {
            Some("grant-ended-testing")
        }
        "invalid_client" if says("client was not found") => Some("client-not-found"),
        "invalid_client" => Some("client-secret-wrong"),
        "deleted_client" | "disabled_client" => Some("app-disabled"),
        "unauthorized_client" if says("using this method") => Some("delegation-not-set"),
        // The refresh token was given to another client (transcripts.md E).
        "unauthorized_client" if answer.at == TokenStep::Refresh => Some("grant-of-another-client"),
        "redirect_uri_mismatch" => Some("redirect-uri-changed"),
        "admin_policy_enforced" => Some("admin-policy-enforced"),
        "org_internal" => Some("org-internal"),
        _ => None,
    }
}

/// RFC 6749 section 5.2, and OpenID Connect Core 3.1.2.6.
fn by_token_error_name(answer: &TokenError<'_>) -> Option<&'static str> {
    Some(match (answer.error, answer.at) {
        ("invalid_grant", TokenStep::Refresh) => "grant-ended",
        ("invalid_grant", _) => "code-unusable",
        ("invalid_client", _) => "client-refused",
        ("unauthorized_client", _) => "app-not-allowed",
        ("invalid_scope", _) => "scope-wrong",
        ("invalid_request" | "unsupported_grant_type" | "unsupported_response_type", _) => {
            "request-malformed"
        }
        ("consent_required", _) => "admin-consent-needed",
        ("interaction_required" | "login_required", _) => "sign-in-again",
        ("slow_down" | "rate_limit_exceeded", _) => "throttled",
        _ => return None,
    })
}

/// The case of an `error` in the callback. What people cancel and what was refused looks the
/// same there (`access_denied`).
pub fn callback_error(kind: Kind, error: &str, description: &str) -> Case {
    let numbers = numbers_in(description);
    let by_number = numbers.iter().find_map(|number| aadsts(*number));
    let id = by_number.or(match error {
        "access_denied" => Some("consent-cancelled"),
        "consent_required" => Some("admin-consent-needed"),
        "admin_policy_enforced" => Some("admin-policy-enforced"),
        "org_internal" => Some("org-internal"),
        "disallowed_useragent" => Some("disallowed-useragent"),
        "redirect_uri_mismatch" => Some("redirect-uri-mismatch"),
        "deleted_client" | "disabled_client" => Some("app-disabled"),
        "rate_limit_exceeded" => Some("new-user-rate"),
        "invalid_client" => Some("client-not-found"),
        "unauthorized_client" => Some("app-not-allowed"),
        "invalid_scope" => Some("scope-wrong"),
        "invalid_request" | "unsupported_response_type" | "invalid_resource" => {
            Some("request-malformed")
        }
        "server_error" | "temporarily_unavailable" => Some("provider-server-error"),
        "interaction_required" | "login_required" | "account_selection_required" => {
            Some("browser-session-trouble")
        }
        _ => None,
    });
    case(id, kind, error, description, &numbers)
}

fn case(
    id: Option<&'static str>,
    kind: Kind,
    error: &str,
    description: &str,
    numbers: &[u32],
) -> Case {
    let code = match numbers.first() {
        Some(number) if kind == Kind::Microsoft => format!("AADSTS{number}"),
        _ => error.to_owned(),
    };
    let words = match (error, description) {
        (error, "") => error.to_owned(),
        ("", description) => description.to_owned(),
        (error, description) => format!("{error}: {description}"),
    };
    let search = match kind {
        _ if code.is_empty() => search_words(kind, &words),
        Kind::Google => format!("Google OAuth {code}"),
        Kind::Microsoft if numbers.is_empty() => format!("Microsoft OAuth {code}"),
        Kind::Microsoft => code.clone(),
        Kind::Generic => format!("OAuth {code}"),
    };
    Case::new(id.unwrap_or("unknown-answer"))
        .with("code", code)
        .with("search", search)
        .said(words)
}

/// An error that the provider shows on its own page and never sends to us: people choose it
/// from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageError {
    pub kind: Kind,
    /// How the page names it; shown as it is, in both languages.
    pub shown: &'static str,
    pub cause_id: &'static str,
}

const fn page(kind: Kind, shown: &'static str, cause_id: &'static str) -> PageError {
    PageError {
        kind,
        shown,
        cause_id,
    }
}

/// In the order in which they are offered.
pub const PAGE_ERRORS: &[PageError] = &[
    page(
        Kind::Google,
        "Error 400: redirect_uri_mismatch",
        "redirect-uri-mismatch",
    ),
    page(
        Kind::Google,
        "Access blocked: ... has not completed the Google verification process (Error 403: access_denied)",
        "access-blocked-testing",
    ),
    page(
        Kind::Google,
        "Google hasn't verified this app",
        "unverified-app",
    ),
    page(Kind::Google, "Error 403: org_internal", "org-internal"),
    page(
        Kind::Google,
        "Error 400: admin_policy_enforced",
        "admin-policy-enforced",
    ),
    page(
        Kind::Google,
        "Error 401: invalid_client",
        "client-not-found",
    ),
    page(Kind::Google, "Error 401: deleted_client", "app-disabled"),
    page(
        Kind::Google,
        "Sign in with Google temporarily disabled for this app (Error 401: disabled_client)",
        "user-cap-reached",
    ),
    page(
        Kind::Google,
        "Error 403: rate_limit_exceeded",
        "new-user-rate",
    ),
    page(
        Kind::Google,
        "Error 403: disallowed_useragent",
        "disallowed-useragent",
    ),
    page(
        Kind::Google,
        "Error 400: invalid_request",
        "request-malformed",
    ),
    page(Kind::Google, "Error 400: invalid_scope", "scope-wrong"),
    page(Kind::Microsoft, "AADSTS50011", "redirect-uri-mismatch"),
    page(
        Kind::Microsoft,
        "Need admin approval / AADSTS90094",
        "admin-consent-needed",
    ),
    page(Kind::Microsoft, "AADSTS700016", "app-not-found"),
    page(Kind::Microsoft, "AADSTS90002", "tenant-unknown"),
    page(Kind::Microsoft, "AADSTS50194", "single-tenant-app"),
    page(Kind::Microsoft, "AADSTS50020", "account-not-in-tenant"),
    page(Kind::Microsoft, "AADSTS50105", "user-not-assigned"),
    page(Kind::Microsoft, "AADSTS53003", "blocked-by-policy"),
];

/// The case of a page's error. `shown` is a text of [`PAGE_ERRORS`], or what people typed from
/// the page: a code in it is found, anything else is kept verbatim.
pub fn page_error(kind: Kind, shown: &str) -> Case {
    let listed = PAGE_ERRORS
        .iter()
        .find(|page| page.kind == kind && page.shown == shown)
        .map(|page| page.cause_id);
    let lower = shown.to_ascii_lowercase();
    let typed = || {
        PAGE_ERRORS
            .iter()
            .filter(|page| page.kind == kind)
            .find_map(|page| {
                let code = page.shown.rsplit(": ").next()?.trim_end_matches(')');
                (code.contains('_') && code != "access_denied" && lower.contains(code))
                    .then_some(page.cause_id)
            })
    };
    // One code stands for two things: a client that was switched off, and an app whose 100 users are there.
    let switched_off = || {
        let off = lower.contains("client was disabled") || lower.contains("client is disabled");
        (kind == Kind::Google && off).then_some("app-disabled")
    };
    let by_words = || google_page_words(&lower).filter(|_| kind == Kind::Google);
    let numbers = numbers_in(shown);
    let id = listed
        .or_else(|| numbers.iter().find_map(|number| aadsts(*number)))
        .or_else(switched_off)
        .or_else(typed)
        .or_else(by_words);
    case(id, kind, "", shown, &numbers)
}

/// What people type from a page that shows no code, lower case.
fn google_page_words(shown: &str) -> Option<&'static str> {
    let any = |words: &[&str]| words.iter().any(|word| shown.contains(word));
    if any(&["temporarily disabled for this app", "一時的に無効"]) {
        Some("user-cap-reached")
    } else if any(&[
        "hasn't verified this app",
        "hasn’t verified this app",
        "確認されていません",
    ]) {
        Some("unverified-app")
    } else if any(&["access blocked", "ブロック"]) {
        Some("access-blocked-testing")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
