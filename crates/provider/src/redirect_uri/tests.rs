use super::*;
use Outcome::{Fail, Ok, Warn};

fn worst(uri: &str, kind: Kind) -> Outcome {
    judge_uri(uri, kind)
        .iter()
        .map(|result| result.outcome)
        .max()
        .unwrap_or(Ok)
}

fn fails(uri: &str, kind: Kind) -> Vec<&'static str> {
    judge_uri(uri, kind)
        .into_iter()
        .filter(|result| result.outcome == Fail)
        .map(|result| result.rule)
        .collect()
}

/// facts providers.md 6.3: address, Google, Microsoft. `Warn` is "accept, but".
const TABLE: [(&str, Outcome, Outcome); 26] = [
    ("https://mail.example.com/app/oauth/callback/google", Ok, Ok),
    ("https://mail.example.co.jp:8443/oauth/callback", Ok, Ok),
    ("https://example.com/gsession/common/cmn270.do", Ok, Ok),
    ("http://mail.example.com/oauth/callback", Fail, Fail),
    ("https://192.168.1.1/oauth/callback", Fail, Warn),
    ("https://[2001:db8::1]/cb", Fail, Warn),
    ("https://groupware.local/oauth/callback", Fail, Ok),
    ("https://groupware/oauth/callback", Fail, Ok),
    ("https://co.jp/cb", Fail, Ok),
    ("http://localhost:8080/cb", Ok, Ok),
    ("http://127.0.0.1:8080/cb", Ok, Warn),
    ("http://[::1]:8080/cb", Ok, Fail),
    ("https://u:p@example.com/cb", Fail, Fail),
    ("https://example.com/cb#x", Fail, Fail),
    ("https://example.com/cb?p=google", Ok, Warn),
    ("https://example.com/cb?next=https://evil.test", Fail, Fail),
    ("https://example.com/a/../cb", Fail, Fail),
    ("https://example.com/a/%2e%2e/cb", Fail, Fail),
    ("https://*.example.com/cb", Fail, Fail),
    ("https://example.com/cb(1)", Ok, Fail),
    ("https://example.com/cb%zz", Fail, Fail),
    ("https://example.com/cb%00", Fail, Fail),
    ("https://example.com", Ok, Warn),
    ("urn:ietf:wg:oauth:2.0:oob", Fail, Fail),
    ("https://bit.ly/x", Fail, Ok),
    ("", Fail, Fail),
];

#[test]
fn every_row_of_the_table_holds_for_google() {
    for (uri, google, _) in TABLE {
        assert_eq!(
            worst(uri, Kind::Google),
            google,
            "{uri}: {:?}",
            fails(uri, Kind::Google)
        );
    }
}

#[test]
fn every_row_of_the_table_holds_for_microsoft() {
    for (uri, _, microsoft) in TABLE {
        assert_eq!(
            worst(uri, Kind::Microsoft),
            microsoft,
            "{uri}: {:?}",
            fails(uri, Kind::Microsoft)
        );
    }
}

#[test]
fn the_rule_that_fails_is_the_right_one() {
    for (uri, kind, rule) in [
        ("http://mail.example.com/cb", Kind::Google, "G-1"),
        ("https://192.168.1.1/cb", Kind::Google, "G-2"),
        ("https://3232235777/cb", Kind::Google, "G-2"),
        ("https://groupware.local/cb", Kind::Google, "G-3"),
        ("https://groupware.lan/cb", Kind::Google, "G-3"),
        ("https://groupware.internal/cb", Kind::Google, "G-3"),
        ("https://groupware/cb", Kind::Google, "G-3"),
        ("https://co.jp/cb", Kind::Google, "G-3"),
        ("https://x.googleusercontent.com/cb", Kind::Google, "G-4"),
        ("https://bit.ly/x", Kind::Google, "G-5"),
        ("https://u:p@example.com/cb", Kind::Google, "G-6"),
        ("https://example.com/a/%2E%2e/cb", Kind::Google, "G-7"),
        (
            "https://example.com/cb?next=https%3A%2F%2Fevil.test",
            Kind::Google,
            "G-8",
        ),
        ("https://example.com/cb#", Kind::Google, "G-9"),
        ("https://example.com/cb%C0%80", Kind::Google, "G-10"),
        ("https://メール.jp/cb", Kind::Google, "G-10"),
        ("http://mail.example.com/cb", Kind::Microsoft, "M-1"),
        ("https://example.com/cb(1)", Kind::Microsoft, "M-4"),
        ("http://[::1]:8080/cb", Kind::Microsoft, "M-7"),
        ("https://example.com/cb#x", Kind::Microsoft, "A-4"),
        ("http://mail.example.com/cb", Kind::Generic, "A-2"),
        ("https://example.com/a/..", Kind::Generic, "A-6"),
    ] {
        assert!(
            fails(uri, kind).contains(&rule),
            "{uri}: {:?}",
            fails(uri, kind)
        );
    }
    let long = format!("https://example.com/{}", "a".repeat(240));
    assert_eq!(fails(&long, Kind::Microsoft), ["M-2"]);
    assert_eq!(worst(&long, Kind::Google), Ok);
}

#[test]
fn every_rule_of_the_facts_answers_once_in_both_languages() {
    let url = "https://mail.example.jp/gsession";
    for (kind, letter) in [(Kind::Google, "G"), (Kind::Microsoft, "M")] {
        let results = judge(url, "/common/cmn270.do", kind);
        assert!(may_begin(&results));
        for number in 1..=12 {
            let rule = format!("{letter}-{number}");
            assert_eq!(
                results.iter().filter(|result| result.rule == rule).count(),
                1,
                "{rule}"
            );
        }
        for result in results {
            assert!(
                !result.ja.is_ascii() && !result.en.is_empty(),
                "{}",
                result.rule
            );
        }
    }
}

#[test]
fn an_address_whose_bytes_may_change_is_warned_of() {
    for uri in [
        "https://mail.example.jp:443/cb",
        "https://Mail.example.jp/cb",
        "https://mail.example.jp./cb",
        "https://mail.example.jp//cb",
        "https://mail.example.jp:99999/cb",
    ] {
        assert_eq!(worst(uri, Kind::Google), Warn, "{uri}");
        assert_eq!(worst(uri, Kind::Microsoft), Warn, "{uri}");
    }
}

#[test]
fn a_shorteners_own_callback_is_only_warned_of() {
    assert_eq!(worst("https://bit.ly/google-callback", Kind::Google), Warn);
    assert_eq!(worst("https://rabbit.ly/x", Kind::Google), Ok);
}

#[test]
fn the_registered_address_is_compared_byte_by_byte() {
    let sent = "https://mail.example.jp/common/cmn270.do";
    assert_eq!(difference(sent, sent, Kind::Google), None);
    for (registered, word) in [
        ("https://mail.example.jp/common/cmn270.do/", "slash"),
        ("https://mail.example.jp/common/CMN270.do", "case"),
        ("http://mail.example.jp/common/cmn270.do", "https"),
        ("https://mail.example.jp/common/cm270.do", "cm270.do"),
        (" https://mail.example.jp/common/cmn270.do", "blanks"),
        ("https://other.example.jp/", "different"),
    ] {
        let result = difference(registered, sent, Kind::Google).expect(registered);
        assert_eq!((result.rule, result.outcome), ("G-11", Fail));
        assert!(
            result.en.contains(word) && result.en.contains(sent),
            "{}",
            result.en
        );
    }
    let microsoft = difference("x", sent, Kind::Microsoft).expect("differs");
    assert_eq!(microsoft.rule, "M-3");
}

#[test]
fn a_pasted_base_address_is_made_usable_and_every_change_is_told() {
    for (pasted, url, notes) in [
        (
            "https://mail.example.jp/gsession",
            "https://mail.example.jp/gsession",
            &[][..],
        ),
        ("https://mail.example.jp", "https://mail.example.jp", &[]),
        ("https://mail.example.jp/", "https://mail.example.jp", &[]),
        (
            "https://mail.example.jp/gsession/",
            "https://mail.example.jp/gsession",
            &["slash-removed"],
        ),
        (
            "https://mail.example.jp/gsession/common/cmn001.do",
            "https://mail.example.jp/gsession",
            &["page-removed"],
        ),
        (
            "https://mail.example.jp/gsession/common/cmn001.do;jsessionid=1?x=1",
            "https://mail.example.jp/gsession",
            &["query-removed", "page-removed"],
        ),
        (
            "https://https://mail.example.jp/gsession",
            "https://mail.example.jp/gsession",
            &["scheme-doubled"],
        ),
        (
            "mail.example.jp/gsession",
            "https://mail.example.jp/gsession",
            &["scheme-added"],
        ),
        (
            "　https://Mail.Example.jp:443/ ",
            "https://mail.example.jp",
            &[],
        ),
        ("http://localhost:8080/", "http://localhost:8080", &[]),
        (
            "https://192.168.1.1/gsession/common/cmn001.do",
            "https://192.168.1.1/gsession",
            &["page-removed"],
        ),
        (
            "https://u:p@mail.example.jp",
            "https://mail.example.jp",
            &["userinfo-removed"],
        ),
    ] {
        let base = normalize_base(pasted).expect(pasted);
        assert_eq!(base.url, url, "{pasted}");
        let ids: Vec<&str> = base.notes.iter().map(|note| note.id).collect();
        assert_eq!(ids, notes, "{pasted}");
    }
    for pasted in [
        "",
        "  ",
        "https://",
        "ftp://mail.example.jp",
        "/gsession",
        "a b c",
    ] {
        assert_eq!(
            normalize_base(pasted).expect_err(pasted).id,
            "base-unreadable"
        );
    }
}

#[test]
fn the_callback_stands_below_the_path_of_the_public_address() {
    assert_eq!(
        uri("https://mail.example.jp/gsession", "/common/cm270.do"),
        "https://mail.example.jp/gsession/common/cm270.do"
    );
}
