use secrecy::ExposeSecret;

use super::*;

const GOOGLE_ID: &str = "407408718192-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com";
const GOOGLE_SECRET: &str = "GOCSPX-abcdefghijklmnopqrstuvwxyz01";
const GUID: &str = "11112222-bbbb-3333-cccc-4444dddd5555";
const MICROSOFT_SECRET: &str = "abc8Q~abcdefghijklmnopqrstuvwxyz012345~.";

fn ids(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.id).collect()
}

fn report(kind: Kind, id: &str, secret: &str) -> Report {
    check(
        kind,
        &Draft {
            client_id: Some(id),
            client_secret: Some(secret),
            ..Draft::default()
        },
    )
}

#[test]
fn the_usual_values_pass_without_a_word() {
    for (kind, id, secret) in [
        (Kind::Google, GOOGLE_ID, GOOGLE_SECRET),
        (
            Kind::Google,
            "123456789012.apps.googleusercontent.com",
            "abcdefghijklmnopqrstuvwx",
        ),
        (Kind::Microsoft, GUID, MICROSOFT_SECRET),
        (Kind::Generic, "tegata", "secret"),
    ] {
        let report = report(kind, id, secret);
        assert_eq!(
            (ids(&report.errors), ids(&report.warnings)),
            (vec![], vec![]),
            "{id}"
        );
        assert_eq!(report.normalized.client_id.as_deref(), Some(id));
    }
}

#[test]
fn blanks_of_every_width_are_cut_off_and_it_is_said() {
    let report = report(
        Kind::Google,
        &format!("\u{3000}{GOOGLE_ID}\u{a0}\r\n"),
        &format!("\u{feff}{GOOGLE_SECRET}\u{200b}\t"),
    );
    assert_eq!(ids(&report.errors), Vec::<&str>::new());
    assert_eq!(ids(&report.warnings), ["blanks-trimmed", "blanks-trimmed"]);
    assert_eq!(report.normalized.client_id.as_deref(), Some(GOOGLE_ID));
    let secret = report.normalized.client_secret.expect("secret");
    assert_eq!(secret.expose_secret(), GOOGLE_SECRET);
}

#[test]
fn known_mistakes_in_the_client_id_are_named() {
    for (kind, value, id) in [
        (Kind::Google, "", "client-id-empty"),
        (Kind::Google, "AIzaSyA-example", "api-key"),
        (Kind::Google, "407408718192", "project-number"),
        (Kind::Google, GOOGLE_SECRET, "secret-in-id-field"),
        (Kind::Google, GUID, "microsoft-id-at-google"),
        (
            Kind::Google,
            "x@project.iam.gserviceaccount.com",
            "service-account",
        ),
        (Kind::Google, "alice@example.jp", "address-as-client-id"),
        (Kind::Google, "{\"web\": {}}", "json-in-field"),
        (Kind::Google, "40740 8718192", "blank-inside"),
        (Kind::Google, "４０７４０８", "not-ascii"),
        (Kind::Microsoft, GOOGLE_ID, "google-id-at-microsoft"),
    ] {
        assert_eq!(ids(&client_id(kind, value).errors), [id], "{value}");
    }
}

#[test]
fn known_mistakes_in_the_secret_are_named_and_never_quoted() {
    for (kind, value, id) in [
        (Kind::Microsoft, GUID, "secret-id-not-value"),
        (Kind::Microsoft, GOOGLE_SECRET, "google-secret-at-microsoft"),
        (Kind::Google, "AIzaSyA-example", "api-key"),
        (Kind::Google, "****abcd", "secret-masked"),
        (Kind::Google, "•••••", "secret-masked"),
        (Kind::Google, "*****", "secret-masked"),
        (Kind::Google, "", "client-secret-empty"),
        (Kind::Google, "ya29.token", "token-as-secret"),
        (Kind::Google, GOOGLE_ID, "id-in-secret-field"),
        (Kind::Google, "-----BEGIN-KEY", "key-as-secret"),
    ] {
        let checked = client_secret(kind, value);
        assert_eq!(ids(&checked.errors), [id], "{value}");
        assert!(value.is_empty() || !format!("{checked:?}").contains(value));
    }
}

#[test]
fn unusual_forms_are_only_warned_of() {
    let google = report(Kind::Google, "own-client", "short");
    assert!(google.errors.is_empty());
    assert_eq!(
        ids(&google.warnings),
        ["google-id-unusual", "google-secret-unusual"]
    );
    let microsoft = report(Kind::Microsoft, "own-client", "old+secret/with=");
    assert!(microsoft.errors.is_empty());
    assert_eq!(
        ids(&microsoft.warnings),
        ["microsoft-id-unusual", "microsoft-secret-unusual"]
    );
}

#[test]
fn a_thousand_characters_are_taken_and_one_more_is_not() {
    let (long, longer) = ("あ".repeat(1000), "あ".repeat(1001));
    assert!(note(&long).errors.is_empty() && name(&long).errors.is_empty());
    assert_eq!(ids(&note(&longer).errors), ["too-long"]);
    assert_eq!(ids(&name(&longer).errors), ["too-long"]);
    let (long, longer) = ("x".repeat(1000), "x".repeat(1001));
    assert!(client_id(Kind::Google, &long).errors.is_empty());
    assert!(client_secret(Kind::Google, &long).errors.is_empty());
    assert_eq!(ids(&client_id(Kind::Google, &longer).errors), ["too-long"]);
    assert_eq!(
        ids(&client_secret(Kind::Google, &longer).errors),
        ["too-long"]
    );
}

#[test]
fn a_note_keeps_its_line_breaks() {
    let checked = note("GmailのOAuth認証時に使用する認証情報です。\r\n登録: XXXXXX@gmail.com");
    assert!(checked.errors.is_empty() && checked.normalized.contains("です。\n登録"));
    assert_eq!(ids(&note("a\0b").errors), ["control-character"]);
    assert_eq!(ids(&name("two\nlines").errors), ["control-character"]);
}

#[test]
fn the_tenant_is_a_word_a_guid_or_a_domain() {
    for (raw, normalized) in [
        ("common", "common"),
        ("Organizations ", "organizations"),
        ("consumers", "consumers"),
        (GUID, GUID),
        ("", "organizations"),
        ("Example.co.jp", "example.co.jp"),
        ("example.onmicrosoft.com", "example.onmicrosoft.com"),
    ] {
        let checked = tenant(Kind::Microsoft, raw);
        assert_eq!(ids(&checked.errors), Vec::<&str>::new(), "{raw}");
        assert_eq!(checked.normalized.as_deref(), Some(normalized));
    }
    for (raw, id) in [
        ("alice@example.jp", "tenant-address"),
        ("https://login.microsoftonline.com/x", "tenant-url"),
        ("everyone", "tenant-form"),
        ("..", "tenant-form"),
        ("192.168.1.1", "tenant-form"),
        ("-a.example", "tenant-form"),
    ] {
        assert_eq!(ids(&tenant(Kind::Microsoft, raw).errors), [id], "{raw}");
    }
    let google = tenant(Kind::Google, "example.jp");
    assert_eq!(
        (ids(&google.warnings), google.normalized),
        (vec!["tenant-not-used"], None)
    );
}

#[test]
fn the_client_id_in_another_field_is_noticed() {
    let draft = Draft {
        client_id: Some(GUID),
        client_secret: Some(MICROSOFT_SECRET),
        tenant: Some("11112222-BBBB-3333-cccc-4444dddd5555"),
        ..Draft::default()
    };
    assert_eq!(
        ids(&check(Kind::Microsoft, &draft).errors),
        ["tenant-is-client-id"]
    );
    assert_eq!(
        ids(&report(Kind::Generic, "tegata", "tegata").errors),
        ["id-in-secret-field"]
    );
}

#[test]
fn what_was_not_sent_is_not_checked() {
    let report = check(
        Kind::Google,
        &Draft {
            note: Some("n"),
            ..Draft::default()
        },
    );
    assert!(report.errors.is_empty() && report.normalized.client_id.is_none());
    assert_eq!(report.normalized.note.as_deref(), Some("n"));
}

#[test]
fn googles_file_is_read_and_other_files_are_refused_by_name() {
    let client = google_json(&format!(
        r#"{{"web":{{"client_id":"{GOOGLE_ID}","project_id":"p","client_secret":"{GOOGLE_SECRET}",
        "redirect_uris":["https://mail.example.jp/common/cmn270.do"]}}}}"#
    ))
    .expect("client");
    assert_eq!(client.client_id, GOOGLE_ID);
    assert_eq!(
        client.redirect_uris,
        ["https://mail.example.jp/common/cmn270.do"]
    );
    assert!(!format!("{client:?}").contains(GOOGLE_SECRET));
    for (text, id) in [
        (r#"{"installed":{"client_id":"x"}}"#, "desktop-client"),
        (
            r#"{"type":"service_account","private_key":"x"}"#,
            "service-account",
        ),
        (r#"{"web":{"client_id":"x"}}"#, "json-without-secret"),
        ("{}", "json-unreadable"),
        ("<html>", "json-unreadable"),
        (&"[".repeat(60_000), "json-unreadable"),
    ] {
        assert_eq!(google_json(text).expect_err(id).id, id);
    }
}

#[test]
fn the_hint_is_the_last_four_characters_of_a_long_secret_only() {
    assert_eq!(secret_hint(GOOGLE_SECRET).as_deref(), Some("yz01"));
    assert_eq!(secret_hint("short-secret"), None);
    assert_eq!(secret_hint(""), None);
}

#[test]
fn every_sentence_is_there_in_both_languages_under_its_own_id() {
    let mut seen = std::collections::BTreeSet::new();
    for message in messages::ALL {
        let finding = message.at(Field::Name);
        assert!(seen.insert(finding.id), "{} twice", finding.id);
        assert!(
            finding.ja.ends_with('。') && finding.en.ends_with('.'),
            "{}",
            finding.id
        );
        assert!(
            !finding.en.contains('。') && !finding.ja.is_ascii(),
            "{}",
            finding.id
        );
    }
}
