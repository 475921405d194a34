use std::collections::BTreeSet;

use super::*;
use crate::advice::{Language, aadsts::table, find};

fn refresh<'a>(kind: Kind, status: u16, error: &'a str, description: &'a str) -> TokenError<'a> {
    TokenError {
        kind,
        at: TokenStep::Refresh,
        status,
        error,
        description,
        numbers: &[],
        subtype: None,
        days_since_consent: None,
    }
}

#[test]
fn an_unknown_code_is_shown_as_it_is_with_a_word_to_search_for() {
    let case = token_error(&refresh(
        Kind::Microsoft,
        400,
        "new_error",
        "AADSTS9999999: Something new. Trace ID: 1",
    ));
    assert_eq!(case.cause_id, "unknown-answer");
    let advice = case.advise(Language::En);
    assert!(advice.cause.contains("(AADSTS9999999)") && advice.cure.contains("“AADSTS9999999”"));
    assert!(
        advice
            .provider_said
            .expect("words")
            .contains("Something new")
    );
    let newer = Case::new("written-by-a-newer-version").advise(Language::Ja);
    assert!(newer.cause.contains("written-by-a-newer-version"));
}

/// facts transcripts.md E, and providers.md 8.3.
#[test]
fn googles_token_errors_find_their_rows() {
    for (status, error, description, id) in [
        (
            400,
            "invalid_grant",
            "Token has been expired or revoked.",
            "grant-ended",
        ),
        (400, "invalid_grant", "Bad Request", "grant-ended"),
        (
            400,
            "invalid_grant",
            "reauth related error (invalid_rapt)",
            "session-control",
        ),
        (
            400,
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. ...",
            "clock-wrong",
        ),
        (
            401,
            "invalid_client",
            "The OAuth client was not found.",
            "client-not-found",
        ),
        (401, "invalid_client", "Unauthorized", "client-secret-wrong"),
        (
            401,
            "invalid_client",
            "The provided client secret is invalid.",
            "client-secret-wrong",
        ),
        (
            401,
            "unauthorized_client",
            "Unauthorized",
            "grant-of-another-client",
        ),
        (
            401,
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
            "delegation-not-set",
        ),
        (
            400,
            "redirect_uri_mismatch",
            "Bad Request",
            "redirect-uri-changed",
        ),
        (
            400,
            "invalid_grant",
            "Invalid email or User ID",
            "delegation-wrong-user",
        ),
        (503, "", "", "provider-server-error"),
        (429, "rate_limit", "", "throttled"),
        (400, "temporarily_unavailable", "", "provider-server-error"),
    ] {
        let case = token_error(&refresh(Kind::Google, status, error, description));
        assert_eq!(case.cause_id, id, "{error} {description}");
        assert!(find(&case.cause_id).is_some());
    }
}

#[test]
fn a_google_grant_that_ends_after_seven_days_points_at_testing() {
    let words = "Token has been expired or revoked.";
    for (days, id) in [
        (Some(7), "grant-ended-testing"),
        (Some(30), "grant-ended"),
        (Some(1), "grant-ended"),
        (None, "grant-ended"),
    ] {
        let mut answer = refresh(Kind::Google, 400, "invalid_grant", words);
        answer.days_since_consent = days;
        assert_eq!(token_error(&answer).cause_id, id);
    }
    let mut exchange = refresh(Kind::Google, 400, "invalid_grant", "Bad Request");
    exchange.at = TokenStep::Exchange;
    assert_eq!(token_error(&exchange).cause_id, "code-unusable");
}

/// facts transcripts.md F.
#[test]
fn microsofts_token_errors_find_their_rows() {
    for (error, description, id) in [
        (
            "invalid_client",
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '11112222-bbbb-3333-cccc-4444dddd5555'.\r\nTrace ID: 00000000-0000-0000-0000-000000000001",
            "client-secret-wrong",
        ),
        (
            "invalid_client",
            "AADSTS7000222: The provided client secret keys for app '...' are expired.",
            "client-secret-expired",
        ),
        (
            "invalid_grant",
            "AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed.",
            "grant-revoked",
        ),
        (
            "invalid_grant",
            "AADSTS700082: The refresh token has expired due to inactivity. The token was issued on 2026-05-20T16:18:37.2732417Z and was inactive for 90.00:00:00.",
            "grant-unused",
        ),
        (
            "invalid_grant",
            "AADSTS65001: The user or administrator has not consented to use the application with ID '...' named 'Example'.",
            "admin-consent-needed",
        ),
        (
            "invalid_grant",
            "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000002-0000-0ff1-ce00-000000000000'.",
            "sign-in-again",
        ),
        (
            "invalid_request",
            "AADSTS90023: Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
            "platform-not-web",
        ),
        (
            "invalid_request",
            "AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
            "platform-not-web",
        ),
        (
            "invalid_grant",
            "AADSTS70000: The user could not be authenticated as the grant is expired. The user must sign in again.",
            "grant-ended",
        ),
        (
            "invalid_grant",
            "AADSTS70000: User account is found to be in service abuse mode.",
            "account-locked-abuse",
        ),
        ("interaction_required", "", "sign-in-again"),
        ("invalid_grant", "", "grant-ended"),
        ("invalid_client", "AADSTS1234567: new", "client-refused"),
        (
            "unauthorized_client",
            "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
            "app-not-found",
        ),
    ] {
        let case = token_error(&refresh(Kind::Microsoft, 400, error, description));
        assert_eq!(case.cause_id, id, "{description}");
    }
    let mut exchange = refresh(
        Kind::Microsoft,
        400,
        "invalid_grant",
        "AADSTS70008: The code has expired.",
    );
    exchange.at = TokenStep::Exchange;
    assert_eq!(token_error(&exchange).cause_id, "code-unusable");
    exchange.numbers = &[501_481];
    assert_eq!(token_error(&exchange).cause_id, "pkce-mismatch");
}

#[test]
fn every_number_of_the_table_leads_to_a_row_and_stands_there_once() {
    let mut seen = BTreeSet::new();
    for (id, numbers) in table() {
        assert!(find(id).is_some(), "{id}");
        for number in *numbers {
            assert!(seen.insert(*number), "{number} twice");
        }
    }
    assert_eq!(
        numbers_in("AADSTS50011: x AADSTS: y AADSTS99999999999999: z"),
        [50011]
    );
}

#[test]
fn callback_errors_find_their_rows() {
    for (kind, error, description, id) in [
        (Kind::Google, "access_denied", "", "consent-cancelled"),
        (
            Kind::Microsoft,
            "access_denied",
            "the user canceled the authentication",
            "consent-cancelled",
        ),
        (
            Kind::Microsoft,
            "consent_required",
            "AADSTS65004: User declined",
            "consent-cancelled",
        ),
        (
            Kind::Microsoft,
            "access_denied",
            "AADSTS90094: needs admin",
            "admin-consent-needed",
        ),
        (
            Kind::Microsoft,
            "invalid_client",
            "AADSTS650052: no service principal",
            "permission-missing",
        ),
        (Kind::Google, "org_internal", "", "org-internal"),
        (
            Kind::Google,
            "admin_policy_enforced",
            "",
            "admin-policy-enforced",
        ),
        (Kind::Generic, "server_error", "", "provider-server-error"),
        (Kind::Generic, "brand_new", "", "unknown-answer"),
    ] {
        let case = callback_error(kind, error, description);
        assert_eq!(case.cause_id, id, "{error} {description}");
    }
}

#[test]
fn what_a_page_showed_is_found_from_the_list_and_from_typed_words() {
    for page in PAGE_ERRORS {
        assert!(find(page.cause_id).is_some(), "{}", page.cause_id);
        assert_eq!(page_error(page.kind, page.shown).cause_id, page.cause_id);
    }
    for (kind, typed, id) in [
        (
            Kind::Google,
            "エラー 400: redirect_uri_mismatch",
            "redirect-uri-mismatch",
        ),
        (
            Kind::Google,
            "Access blocked: Tegata has not completed",
            "access-blocked-testing",
        ),
        (
            Kind::Google,
            "アクセスをブロック: エラー 403: org_internal",
            "org-internal",
        ),
        (
            Kind::Microsoft,
            "AADSTS50011: The redirect URI",
            "redirect-uri-mismatch",
        ),
        (Kind::Microsoft, "何か別のもの", "unknown-answer"),
        (
            Kind::Google,
            "Error 401: disabled_client Sign in with Google temporarily disabled for this app. This app has not been verified yet by Google in order to use Google Sign In.",
            "user-cap-reached",
        ),
        (
            Kind::Google,
            "Error 401: disabled_client The OAuth client was disabled.",
            "app-disabled",
        ),
        (
            Kind::Google,
            "Error 403: rate_limit_exceeded",
            "new-user-rate",
        ),
        (
            Kind::Google,
            "このアプリは Google で確認されていません",
            "unverified-app",
        ),
    ] {
        assert_eq!(page_error(kind, typed).cause_id, id, "{typed}");
    }
}
