use std::collections::BTreeSet;

use super::{case::UNKNOWN_FACTS, *};
use crate::profile::Kind;

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

fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn every_row_has_three_parts_in_both_languages_and_an_id_of_its_own() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.id), "{} twice", row.id);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(row.id.chars().all(plain), "{}", row.id);
        for (ja, en) in [
            (row.ja.what, row.en.what),
            (row.ja.why, row.en.why),
            (row.ja.cure, row.en.cure),
        ] {
            assert!(!ja.is_ascii() && ja.chars().count() > 5, "{}: {ja}", row.id);
            assert!(en.len() > 5, "{}: {en}", row.id);
            assert!(
                !en.contains('。') && !en.contains(" simply "),
                "{}: {en}",
                row.id
            );
            assert!(!ja.contains('！') && !en.contains('!'), "{}", row.id);
        }
        for sentence in [row.ja.what, row.ja.cure] {
            assert!(
                sentence.contains('。') || sentence.contains('{'),
                "{}: {sentence}",
                row.id
            );
        }
    }
    assert!(seen.len() > 130, "{}", seen.len());
}

#[test]
fn placeholders_are_known_and_a_row_tells_the_same_facts_in_both_languages() {
    let known: BTreeSet<&str> = UNKNOWN_FACTS.iter().map(|(name, ..)| *name).collect();
    for row in rows() {
        let all = |text: &Text| {
            let joined = [text.what, text.why, text.cure].join(" ");
            placeholders(&joined)
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<BTreeSet<_>>()
        };
        let (ja, en) = (all(&row.ja), all(&row.en));
        // Where one language names the provider, the other may say "it".
        let without = |names: &BTreeSet<String>| {
            names
                .iter()
                .filter(|name| name.as_str() != "provider")
                .cloned()
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(without(&ja), without(&en), "{}", row.id);
        for name in ja.union(&en) {
            assert!(known.contains(name.as_str()), "{}: {name}", row.id);
        }
    }
}

#[test]
fn who_waits_is_told_when_and_nobody_is_never_asked_to_act_on_a_setting() {
    for row in rows() {
        if row.who == Who::Nobody {
            assert!(
                !matches!(row.class, Class::Config | Class::Consent | Class::Reauth),
                "{}",
                row.id
            );
        }
        if matches!(row.class, Class::Reauth) {
            assert_eq!(row.card, Card::Connect, "{}", row.id);
        }
    }
}

#[test]
fn a_case_is_put_into_each_readers_language_with_its_facts() {
    let case = Case::new("wrong-person")
        .with("got", "bob@example.jp")
        .with("expected", "alice@example.jp")
        .with("provider", "Google Mail")
        .with("account", "a1b2c3");
    let stored = serde_json::to_string(&case).expect("json");
    let case: Case = serde_json::from_str(&stored).expect("case");
    let (ja, en) = (case.advise(Language::Ja), case.advise(Language::En));
    assert!(ja.cause.starts_with(
        "bob@example.jp でログインしていますが、接続するメールボックスは alice@example.jp です。"
    ));
    assert!(
        en.cause
            .starts_with("You signed in as bob@example.jp, but this mailbox is alice@example.jp. ")
    );
    assert_eq!(en.card.as_deref(), Some("/connect?account=a1b2c3"));
    assert_eq!(en.who, Who::Member);
    let json = serde_json::to_value(&ja).expect("json");
    assert_eq!(json["who"], "member");
    assert_eq!(json["cause_id"], "wrong-person");
}

#[test]
fn facts_that_are_missing_leave_a_readable_sentence() {
    for row in rows() {
        for language in [Language::Ja, Language::En] {
            let advice = Case::new(row.id).advise(language);
            let all = format!("{}{}", advice.cause, advice.cure);
            assert!(
                !all.contains('{') && !all.contains('}'),
                "{}: {all}",
                row.id
            );
        }
    }
}

#[test]
fn a_fact_cannot_bring_placeholders_routes_or_line_breaks() {
    let advice = Case::new("client-secret-wrong")
        .with("credential", "../../x?y")
        .advise(Language::En);
    assert_eq!(advice.card.as_deref(), Some("/admin/credentials"));
    let case = Case::new("grant-ended")
        .with("address", "{provider}\r\nalice")
        .said("a\u{0}b\r\nTrace ID: 1");
    let advice = case.advise(Language::En);
    assert!(advice.cause.contains("{provider} alice"));
    assert_eq!(advice.provider_said.as_deref(), Some("a b Trace ID: 1"));
    let long = Case::new("imap-bye").said("あ".repeat(9000));
    assert_eq!(long.provider_said.expect("words").chars().count(), 2000);
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
    for (id, numbers) in aadsts::table() {
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
    ] {
        assert_eq!(page_error(kind, typed).cause_id, id, "{typed}");
    }
}

/// The ids that `wire` (imap, smtp) and `sync` (net) give.
const GIVEN_BY_OTHERS: &str = "\
    net-name-not-found net-connect-refused net-connect-timeout net-private-address \
    net-proxy-refused net-proxy-auth net-tls-untrusted net-tls-wrong-name net-tls-failed \
    net-tls-timeout net-ca-file net-timeout net-closed net-protocol starttls-missing \
    message-too-large imap-auth-failed exchange-auth-failed imap-sasl-malformed \
    imap-mechanism-missing imap-expired imap-authorization-failed imap-login-not-allowed \
    gmail-too-many-connections gmail-overquota gmail-throttled gmail-web-login \
    gmail-app-password gmail-imap-disabled-user gmail-imap-disabled-domain gmail-service-off \
    gmail-session-expired gmail-system-error exchange-access-token-expired \
    exchange-not-connected exchange-throttled exchange-server-unavailable \
    exchange-connection-closed exchange-invalid-state exchange-command-too-long \
    exchange-bad-argument exchange-command-error exchange-basic-auth-disabled \
    imap-unavailable imap-bye imap-over-quota imap-too-big imap-in-use imap-contact-admin \
    imap-server-bug imap-cannot imap-already-exists imap-nonexistent imap-no-permission \
    imap-bad-charset imap-client-bug imap-refused smtp-auth-failed exchange-smtp-auth-failed \
    smtp-auth-disabled-tenant smtp-auth-disabled-mailbox smtp-basic-auth-disabled \
    smtp-auth-policy smtp-auth-unavailable smtp-too-many-logins smtp-web-login \
    smtp-app-password smtp-not-authenticated smtp-sasl-malformed smtp-mechanism-missing \
    smtp-unusual-rate smtp-busy smtp-recipient-rate smtp-daily-limit smtp-concurrent-limit \
    smtp-too-many-recipients smtp-too-large smtp-mailbox-full smtp-sender-blocked \
    smtp-recipient-refused smtp-recipient-greylisted smtp-sender-refused \
    smtp-content-refused smtp-unauthenticated-domain send-as-denied smtp-later smtp-refused \
    smtp-outcome-unknown";

#[test]
fn every_cause_id_of_wire_and_sync_has_a_row() {
    let ids: Vec<&str> = GIVEN_BY_OTHERS.split_whitespace().collect();
    for id in &ids {
        assert!(find(id).is_some(), "{id}");
    }
    assert!(ids.len() > 80);
}

#[test]
fn the_language_follows_accept_language() {
    for (header, language) in [
        ("ja", Language::Ja),
        ("ja-JP,ja;q=0.9,en-US;q=0.8", Language::Ja),
        ("fr;q=1,en;q=0.5,ja;q=0.7", Language::Ja),
        ("en-GB,ja;q=0.9", Language::En),
        ("ja;q=0", Language::En),
        ("", Language::En),
        ("*;q=x,,;;", Language::En),
    ] {
        assert_eq!(Language::from_accept(header), language, "{header}");
    }
}
