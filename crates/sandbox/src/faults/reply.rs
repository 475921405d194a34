//! An answer of given bytes in the place of the provider's own (the fault `reply`).
//!
//! It is sent as it is: what a transcript shows can be said again, byte for byte, and so can an
//! answer that nobody has seen yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where it is said, and what. The serialised form is that of the control API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// The token endpoint's answer. Without a `content-type` it is JSON.
    Token {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        body: String,
    },
    /// A page of the authorization endpoint.
    Authorize { status: u16, body: String },
    /// The authorization endpoint sends the browser back with these parameters and its `state`.
    Redirect {
        parameters: BTreeMap<String, String>,
    },
    /// Lines of the IMAP server; `{tag}` is the command's. `when`: `greeting`, `authenticate` (a
    /// line that begins with `+ ` waits for the client's), `after_login` (whatever is asked next),
    /// or a command's name (`SELECT` is EXAMINE too, `FETCH` also UID FETCH).
    Imap {
        when: String,
        lines: Vec<String>,
        #[serde(default)]
        close: bool,
    },
    /// Lines of the SMTP server. `when`: `greeting`, `ehlo`, `auth` (a line that begins with `334`
    /// waits for the client's), `mail`, `rcpt`, `data` (the command), `message` (after its dot).
    Smtp {
        when: String,
        lines: Vec<String>,
        #[serde(default)]
        close: bool,
    },
}

impl Reply {
    pub fn token(status: u16, body: impl Into<String>) -> Self {
        Self::Token {
            status,
            headers: BTreeMap::new(),
            body: body.into(),
        }
    }
    pub fn page(status: u16, body: impl Into<String>) -> Self {
        let body = body.into();
        Self::Authorize { status, body }
    }
    pub fn redirect(parameters: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::Redirect {
            parameters: parameters.iter().map(owned).collect(),
        }
    }
    pub fn imap(when: &str, lines: &[&str]) -> Self {
        Self::Imap {
            when: when.to_owned(),
            lines: owned(lines),
            close: false,
        }
    }
    pub fn smtp(when: &str, lines: &[&str]) -> Self {
        Self::Smtp {
            when: when.to_owned(),
            lines: owned(lines),
            close: false,
        }
    }
    /// One more header of the token endpoint's answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Token { headers, .. } = &mut self {
            headers.insert(name.to_owned(), value.to_owned());
        }
        self
    }
    /// The mail server closes the connection afterwards.
    #[must_use]
    pub fn closing(mut self) -> Self {
        if let Self::Imap { close, .. } | Self::Smtp { close, .. } = &mut self {
            *close = true;
        }
        self
    }

    pub(super) fn is_said(&self, place: Place<'_>) -> bool {
        match (self, place) {
            (Self::Token { .. }, Place::Token)
            | (Self::Authorize { .. } | Self::Redirect { .. }, Place::Authorize) => true,
            (Self::Imap { when, .. }, Place::Imap(now)) => {
                when.eq_ignore_ascii_case(now)
                    || when.eq_ignore_ascii_case("select") && now == "EXAMINE"
            }
            (Self::Smtp { when, .. }, Place::Smtp(now)) => when.eq_ignore_ascii_case(now),
            _ => false,
        }
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// Where a server is at the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    Token,
    Authorize,
    Imap(&'a str),
    Smtp(&'a str),
}

/// The name of an IMAP command as faults name it: upper case, what follows UID counting.
pub(crate) fn imap_command(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line.get(..200).unwrap_or(line)).to_ascii_uppercase();
    let mut words = text.split_whitespace().skip(1);
    let first = words.next().unwrap_or_default();
    match (first, words.next()) {
        ("UID", Some(second)) => second.to_owned(),
        _ => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_the_control_api_are_read() {
        for json in [
            r#"{"at":"token","status":400,"headers":{"retry-after":"60"},"body":"{}"}"#,
            r#"{"at":"authorize","status":403,"body":"<p>org_internal"}"#,
            r#"{"at":"redirect","parameters":{"error":"access_denied"}}"#,
            r#"{"at":"imap","when":"authenticate","lines":["{tag} NO AUTHENTICATE failed."]}"#,
            r#"{"at":"smtp","when":"message","lines":["550 5.4.5 x"],"close":true}"#,
        ] {
            let read = serde_json::from_str::<Reply>(json);
            assert!(read.is_ok(), "{json}: {read:?}");
        }
        assert!(serde_json::from_str::<Reply>(r#"{"at":"imap","lines":[]}"#).is_err());
    }

    #[test]
    fn a_command_is_known_by_its_name_and_select_is_examine_too() {
        assert_eq!(imap_command(b"T3 uid fetch 1:* (FLAGS)"), "FETCH");
        assert_eq!(imap_command(b"T4 EXAMINE INBOX"), "EXAMINE");
        let select = Reply::imap("SELECT", &[]);
        assert!(select.is_said(Place::Imap("EXAMINE")));
        assert!(!select.is_said(Place::Smtp("SELECT")));
    }
}
