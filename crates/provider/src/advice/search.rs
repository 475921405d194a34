//! What to search for when no row names an answer.
//!
//! The provider's words are cut down to what is the same for everybody: a code and some words of
//! the message. Addresses, hosts, ids, links and times of this one occasion are left out, so that
//! the phrase finds others with the same trouble and tells nobody who asks.

use super::{find, numbers_in};
use crate::profile::Kind;

/// Longest phrase, in words and characters.
const MOST_WORDS: usize = 10;
const MOST_CHARACTERS: usize = 90;

/// The rows that show an answer without knowing what it means.
const UNKNOWN: [&str; 9] = [
    "unknown-answer",
    "imap-login-refused",
    "imap-refused",
    "imap-bye",
    "smtp-login-refused",
    "smtp-refused",
    "smtp-later",
    "acme-refused",
    "authorize-page",
];

/// Whether a cause is an answer that the catalogue does not know: shown verbatim, and counted.
pub fn is_unknown(cause_id: &str) -> bool {
    UNKNOWN.contains(&cause_id) || find(cause_id).is_none()
}

/// A phrase to search for: the provider, and the code or the words of its answer.
pub fn search_words(kind: Kind, said: &str) -> String {
    if let Some(number) = numbers_in(said).first() {
        return format!("AADSTS{number}");
    }
    let oauth = said.split_whitespace().next().is_some_and(|word| {
        let word = word.trim_end_matches(':');
        word.contains('_') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    });
    let who = match (kind, oauth) {
        (Kind::Google, true) => "Google OAuth",
        (Kind::Google, false) => "Gmail",
        (Kind::Microsoft, true) => "Microsoft OAuth",
        (Kind::Microsoft, false) => "Exchange Online",
        (Kind::Generic, true) => "OAuth",
        (Kind::Generic, false) => "",
    };
    let mut phrase = who.to_owned();
    for word in words(said).into_iter().take(MOST_WORDS) {
        if phrase.chars().count() + 1 + word.chars().count() > MOST_CHARACTERS {
            break;
        }
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(&word);
    }
    phrase
}

/// The words that are not of this occasion alone.
fn words(said: &str) -> Vec<String> {
    // What follows is different each time (transcripts.md F).
    let said = ["Trace ID", "Correlation ID", "Timestamp", "Request details"]
        .iter()
        .filter_map(|mark| said.find(mark))
        .min()
        .and_then(|end| said.get(..end))
        .unwrap_or(said);
    let mut kept: Vec<String> = Vec::new();
    let mut rest = without(said, '<', '>');
    rest = without(&rest, '{', '}');
    for word in bracketed(&rest).split_whitespace() {
        let word = word.trim_matches(|c: char| ",;:()\"'“”.".contains(c));
        if is_of_everybody(word) && !kept.iter().any(|old| old == word) {
            kept.push(word.to_owned());
        }
    }
    // The kind of an IMAP line says nothing that one could search for.
    if kept
        .first()
        .is_some_and(|word| matches!(word.as_str(), "NO" | "BAD" | "BYE" | "OK"))
    {
        kept.remove(0);
    }
    kept
}

/// Without what stands between two signs.
fn without(text: &str, open: char, close: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            c if c == open => inside = true,
            c if c == close && inside => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// Response codes stay (`[OVERQUOTA]`), hosts, addresses and ids in brackets go.
fn bracketed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let (inside, after) = after.split_once(']').unwrap_or((after, ""));
        let name = inside.split_whitespace().next().unwrap_or_default();
        if !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
            out.push_str(name);
        }
        out.push(' ');
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_of_everybody(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let host = word
        .split('.')
        .filter(|label| label.chars().any(char::is_alphabetic))
        .count()
        > 1;
    let time = word.contains(':') && digits > 2;
    let one_of_a_kind = digits > 4 || (digits > 2 && letters > 2);
    (digits > 0 || letters > 0)
        && word.chars().count() <= 60
        && !word.contains('@')
        && !word.contains('/')
        && !word.contains('=')
        && !word.contains('\\')
        && !(host || time || one_of_a_kind)
        && !matches!(word, "Failure" | "gsmtp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_keeps_the_code_and_the_words_and_leaves_out_who_and_when() {
        for (kind, said, phrase) in [
            (
                Kind::Microsoft,
                "invalid_client: AADSTS7000299: Something new. Trace ID: 8c1e2a00-0000-0000-0000-000000000001",
                "AADSTS7000299",
            ),
            (
                Kind::Google,
                "NO [ALERT] Quantum flux exceeded for alice@example.com (Failure)",
                "Gmail ALERT Quantum flux exceeded for",
            ),
            (
                Kind::Google,
                "550 5.9.9 [192.0.2.10      12] Quantum flux exceeded. https://support.google.com/mail/answer/1 s68sm6561971pjb.38 - gsmtp",
                "Gmail 550 5.9.9 Quantum flux exceeded",
            ),
            (
                Kind::Microsoft,
                "554 5.9.9 Quantum flux exceeded [MN2PR05CA0004.namprd05.prod.outlook.com 2026-09-12T20:59:57.214Z 08DBB276B7E699C4]",
                "Exchange Online 554 5.9.9 Quantum flux exceeded",
            ),
            (
                Kind::Google,
                "brand_new_error: Something is not right",
                "Google OAuth brand_new_error Something is not right",
            ),
            (
                Kind::Generic,
                "NO Mailbox of <bob@x.example> is gone",
                "Mailbox of is gone",
            ),
        ] {
            assert_eq!(search_words(kind, said), phrase, "{said}");
        }
    }

    #[test]
    fn no_answer_makes_a_long_phrase_or_tells_an_address() {
        let long = format!("NO {} alice@example.com", "wort ".repeat(5000));
        let phrase = search_words(Kind::Generic, &long);
        assert!(phrase.chars().count() <= MOST_CHARACTERS && !phrase.contains('@'));
        for odd in [
            "",
            "[",
            "]<>{",
            "<a@b",
            "\u{0}\u{1}",
            "\"bob@example.com\"",
            "<<a@b>",
        ] {
            assert!(!search_words(Kind::Google, odd).contains('@'), "{odd}");
        }
    }

    #[test]
    fn what_no_row_names_is_unknown_and_what_a_row_names_is_not() {
        for unknown in UNKNOWN {
            assert!(is_unknown(unknown) && find(unknown).is_some(), "{unknown}");
        }
        assert!(is_unknown("written-by-a-newer-version"));
        for known in ["imap-auth-failed", "exchange-throttled", "client-refused"] {
            assert!(!is_unknown(known), "{known}");
        }
    }
}
