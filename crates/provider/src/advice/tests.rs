use std::collections::BTreeSet;

use super::{case::UNKNOWN_FACTS, *};
use crate::guide::is_card;
use crate::profile::Kind;

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
fn a_wait_is_told_in_words_where_no_time_of_day_is_given() {
    let case = Case::new("exchange-throttled").retry(300);
    assert!(case.advise(Language::Ja).cure.contains("(次回 約 5 分後)"));
    assert!(
        case.advise(Language::En)
            .cure
            .contains("(next: in about 5 minutes)")
    );
    let timed = case.with("time", "14:30").advise(Language::En);
    assert!(timed.cure.contains("(next: 14:30)"));
    assert_eq!(timed.retry_after, Some(300));
    let day = Case::new("smtp-daily-limit").advise(Language::Ja);
    assert!(day.cure.contains("約 24 時間後"));
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
fn a_row_leads_only_to_steps_that_a_guide_has() {
    let mut leading = 0;
    for row in rows() {
        if let Card::Guide { google, microsoft } = row.card {
            leading += 1;
            assert!(!google.is_empty() || !microsoft.is_empty(), "{}", row.id);
            assert!(
                google.is_empty() || is_card(Kind::Google, google),
                "{}",
                row.id
            );
            assert!(
                microsoft.is_empty() || is_card(Kind::Microsoft, microsoft),
                "{}",
                row.id
            );
        }
    }
    assert!(leading > 30, "{leading}");
}

#[test]
fn a_step_of_the_guide_is_that_of_the_readers_provider() {
    let card = |case: Case| case.advise(Language::Ja).card.unwrap_or_default();
    let both = || Case::new("redirect-uri-mismatch").with("credential", "c1a2b3");
    for (case, route) in [
        (both().with("guide", "google"), "/admin/guide/google/client"),
        (
            both().with("guide", "microsoft"),
            "/admin/guide/microsoft/platform",
        ),
        (both(), "/admin/credentials/c1a2b3"),
        (
            both().with("guide", "keycloak"),
            "/admin/credentials/c1a2b3",
        ),
        (both().with("guide", "../x"), "/admin/credentials/c1a2b3"),
        (
            Case::new("admin-consent-needed"),
            "/admin/guide/microsoft/admin-consent",
        ),
        (
            Case::new("admin-policy-enforced").with("guide", "workspace-two"),
            "/admin/guide/workspace-two/trust",
        ),
        (
            Case::new("admin-policy-enforced")
                .with("guide", "microsoft")
                .with("credential", "c1a2b3"),
            "/admin/credentials/c1a2b3",
        ),
    ] {
        assert_eq!(card(case), route);
    }
}

#[test]
fn an_answer_that_no_row_names_is_told_with_its_words_and_a_phrase_to_search_for() {
    let said = "NO [ALERT] Quantum flux exceeded for alice@example.jp (Failure)";
    for id in ["imap-refused", "imap-login-refused", "imap-bye"] {
        assert!(is_unknown(id), "{id}");
        for language in [Language::Ja, Language::En] {
            let case = Case::new(id).with("provider", "Google Mail").said(said);
            let advice = case.advise(language);
            assert!(
                advice
                    .cure
                    .contains("Gmail ALERT Quantum flux exceeded for"),
                "{id}: {}",
                advice.cure
            );
            assert_eq!(advice.provider_said.as_deref(), Some(said));
        }
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
    smtp-outcome-unknown imap-login-refused smtp-login-refused";

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
