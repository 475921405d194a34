//! What a refusal or a BYE of an IMAP server means for us (facts/providers.md, 8.5).
//!
//! Codes come first, then the known texts of Gmail and Exchange, then the kind. `[UNAVAILABLE]` and the like never
//! end a grant: only a person's order does.

use std::time::Duration;

use super::status::{Code, Status, StatusKind};
use crate::outcome::{Outcome, Verdict};

/// What we were doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Greeting, STARTTLS and AUTHENTICATE.
    Login,
    /// Any command after it.
    Command,
    /// APPEND, COPY and MOVE: OVERQUOTA means a full mailbox there.
    Filing,
}

const HOUR: u64 = 3600;

/// The verdict on a status line. OK and PREAUTH are `Done`, also when throttled (cause `gmail-throttled`).
pub fn classify(status: &Status, phase: Phase) -> Verdict {
    match status.kind {
        StatusKind::Ok | StatusKind::PreAuth if status.is_throttled() => {
            Verdict::new(Outcome::Done, "gmail-throttled")
        }
        StatusKind::Ok | StatusKind::PreAuth => Verdict::new(Outcome::Done, "done"),
        _ => refused(status, phase),
    }
}

fn refused(status: &Status, phase: Phase) -> Verdict {
    let text = status.text.to_ascii_lowercase();
    by_text(&text)
        .or_else(|| {
            status
                .code
                .as_ref()
                .and_then(|code| by_code(code, &text, phase))
        })
        .unwrap_or_else(|| match (status.kind, phase) {
            (StatusKind::Bye, _) => Verdict::later(30, "imap-bye"),
            (StatusKind::Bad, _) if is_about_form(&text) => Verdict::broken("imap-client-bug"),
            // Words that nobody knows are not taken for an ended permission: a fresh token is tried, then they are shown.
            (_, Phase::Login) => Verdict::person("imap-login-refused").refreshing(),
            _ => Verdict::broken("imap-refused"),
        })
}

/// BAD for what it is meant for: the form of a command.
fn is_about_form(text: &str) -> bool {
    [
        "could not parse",
        "parse error",
        "syntax",
        "unknown command",
        "unrecognized command",
        "unrecognised command",
        "not allowed now",
        "invalid argument",
        "invalid tag",
        "missing argument",
        "unexpected",
    ]
    .into_iter()
    .any(|part| text.contains(part))
}

/// Also for lines that are no status at all, such as Exchange's bare `Server Unavailable. 15`.
pub fn classify_stray_line(line: &[u8]) -> Option<Verdict> {
    let text = String::from_utf8_lossy(line.get(..1024).unwrap_or(line)).to_ascii_lowercase();
    by_text(&text)
}

/// Texts that mean one thing wherever they stand. Lower case.
fn by_text(text: &str) -> Option<Verdict> {
    let has = |part: &str| text.contains(part);
    Some(
        if has("suggested backoff time") || has("request is throttled") {
            let wait = backoff(text).unwrap_or(Duration::from_secs(300));
            Verdict::new(Outcome::Later { after: wait }, "exchange-throttled")
        } else if has("too many simultaneous connections") {
            Verdict::later(120, "gmail-too-many-connections")
        } else if has("exceeded command or bandwidth limits") {
            Verdict::later(HOUR, "gmail-overquota")
        } else if has("log in via your web browser") || has("web login required") {
            Verdict {
                outcome: Outcome::NeedsPerson,
                ..Verdict::later(HOUR, "gmail-web-login")
            }
        } else if has("application-specific password") {
            Verdict::person("gmail-app-password")
        } else if has("not enabled for imap use") {
            Verdict::person("gmail-imap-disabled-user")
        } else if has("imap access is disabled for your domain") {
            Verdict::person("gmail-imap-disabled-domain")
        } else if has("lookup failed") || has("full imap support is not enabled") {
            Verdict::person("gmail-service-off")
        } else if has("session expired, please login again") {
            Verdict::later(0, "gmail-session-expired").refreshing()
        } else if has("accesstokenexpired") {
            Verdict::later(0, "exchange-access-token-expired").refreshing()
        } else if has("authenticated but not connected") {
            Verdict::later(60, "exchange-not-connected")
        } else if has("server unavailable") {
            Verdict::later(60, "exchange-server-unavailable")
        } else if has("connection closed. 1") || has("connection is closed. 1") {
            Verdict::later(30, "exchange-connection-closed")
        } else if has("received in invalid state") {
            Verdict::later(0, "exchange-invalid-state")
        } else if has("basic authentication is disabled") {
            Verdict::person("exchange-basic-auth-disabled")
        } else if has("command argument error. 1") {
            Verdict::broken("exchange-bad-argument")
        } else if has("command error. 12") {
            Verdict::later(5, "exchange-command-error")
        } else if has("command error. 1") {
            Verdict::broken("exchange-command-too-long")
        } else if has("authenticate failed.") || has("login failed.") {
            Verdict::person("exchange-auth-failed").refreshing()
        } else if has("invalid sasl argument") {
            Verdict::broken("imap-sasl-malformed")
        } else if has("invalid credentials") {
            Verdict::person("imap-auth-failed").refreshing()
        } else if has("maximum size of appendable message") {
            Verdict::person("imap-too-big")
        } else if has("system error") {
            Verdict::later(30, "gmail-system-error")
        } else if has("temporary authentication failure") {
            Verdict::later(30, "imap-unavailable")
        } else {
            return None;
        },
    )
}

fn by_code(code: &Code, text: &str, phase: Phase) -> Option<Verdict> {
    Some(match code {
        Code::AuthenticationFailed => Verdict::person("imap-auth-failed").refreshing(),
        Code::AuthorizationFailed => Verdict::person("imap-authorization-failed"),
        Code::Expired => Verdict::person("imap-expired").refreshing(),
        Code::Unavailable => Verdict::later(30, "imap-unavailable"),
        Code::WebAlert(_) => Verdict::person("gmail-web-login"),
        Code::OverQuota if phase == Phase::Filing => Verdict::person("imap-over-quota"),
        Code::OverQuota => Verdict::later(HOUR, "gmail-overquota"),
        Code::TooBig => Verdict::person("imap-too-big"),
        Code::InUse | Code::Limit => Verdict::later(60, "imap-in-use"),
        Code::ContactAdmin => Verdict::person("imap-contact-admin"),
        Code::ServerBug | Code::Corruption => Verdict::later(300, "imap-server-bug"),
        Code::PrivacyRequired => Verdict::broken("imap-login-not-allowed"),
        Code::Cannot => Verdict::broken("imap-cannot"),
        Code::AlreadyExists => Verdict::broken("imap-already-exists"),
        Code::NonExistent | Code::TryCreate => Verdict::broken("imap-nonexistent"),
        Code::NoPerm => Verdict::person("imap-no-permission"),
        Code::BadCharset => Verdict::broken("imap-bad-charset"),
        Code::ClientBug => Verdict::broken("imap-client-bug"),
        Code::Other { name, .. } if name == "THROTTLED" => Verdict::later(300, "gmail-overquota"),
        Code::Alert if text.contains("imap") && phase == Phase::Login => {
            Verdict::person("gmail-imap-disabled-user")
        }
        _ => return None,
    })
}

/// The milliseconds of Exchange's `Suggested Backoff Time: 299609 milliseconds`, between 1 s and 1 h.
fn backoff(text: &str) -> Option<Duration> {
    let (_, after) = text.split_once("backoff time:")?;
    let digits = after
        .trim_start()
        .split(|c: char| !c.is_ascii_digit())
        .next()?;
    let wait = Duration::from_millis(digits.parse().ok()?);
    Some(wait.clamp(Duration::from_secs(1), Duration::from_secs(HOUR)))
}

#[cfg(test)]
mod tests {
    use super::super::reader::RawResponse;
    use super::super::response::{Response, parse};
    use super::*;

    fn verdict(line: &str, phase: Phase) -> Verdict {
        match parse(&RawResponse::of(line)) {
            Response::Status(status) => classify(&status, phase),
            other => panic!("{other:?}"),
        }
    }

    /// Lines of facts/transcripts.md A9, B1, B6, B7, B8 and facts/real-servers.md.
    #[test]
    fn each_logged_refusal_has_its_cause() {
        use Phase::{Command, Filing, Login};
        let cases = [
            (
                "A1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
                Login,
                "imap-auth-failed",
            ),
            (
                "A1 NO [ALERT] Invalid credentials (Failure)",
                Login,
                "imap-auth-failed",
            ),
            (
                "A1 NO [ALERT] Too many simultaneous connections. (Failure)",
                Login,
                "gmail-too-many-connections",
            ),
            (
                "* NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1] Web login required.",
                Login,
                "gmail-web-login",
            ),
            (
                "A1 NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
                Login,
                "gmail-web-login",
            ),
            (
                "A1 NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)",
                Login,
                "gmail-imap-disabled-user",
            ),
            (
                "A1 NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about this feature. (Failure)",
                Login,
                "gmail-imap-disabled-domain",
            ),
            (
                "A1 NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)",
                Login,
                "gmail-app-password",
            ),
            (
                "A1 NO [ALERT] full IMAP support is NOT enabled for this account",
                Command,
                "gmail-service-off",
            ),
            (
                "A12 NO [OVERQUOTA] Account exceeded command or bandwidth limits.",
                Command,
                "gmail-overquota",
            ),
            (
                "A13 BAD Could not parse command",
                Command,
                "imap-client-bug",
            ),
            ("* BAD [CLIENTBUG] Invalid tag", Command, "imap-client-bug"),
            ("* BYE System error", Command, "gmail-system-error"),
            (
                "A15 NO System error (Failure)",
                Command,
                "gmail-system-error",
            ),
            (
                "* BYE Session expired, please login again.",
                Command,
                "gmail-session-expired",
            ),
            (
                "A5 BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit",
                Filing,
                "imap-too-big",
            ),
            (
                "A6 NO [ALREADYEXISTS] Folder name conflicts with existing folder name. (Failure)",
                Command,
                "imap-already-exists",
            ),
            (
                "A7 NO [CANNOT] Folder contains excess whitespace (Failure)",
                Command,
                "imap-cannot",
            ),
            (
                "43 NO [NONEXISTENT] Unknown Mailbox: [Gmail]/Gönderilmiş Postalar (Failure)",
                Command,
                "imap-nonexistent",
            ),
            ("A1 NO AUTHENTICATE failed.", Login, "exchange-auth-failed"),
            (
                "A1 NO Basic authentication is disabled.",
                Login,
                "exchange-basic-auth-disabled",
            ),
            (
                "A3 NO Request is throttled. Suggested Backoff Time: 299609 milliseconds",
                Filing,
                "exchange-throttled",
            ),
            (
                "A3 NO Maximum size of appendable message has been exceeded",
                Filing,
                "imap-too-big",
            ),
            (
                "A1 NO [BADCHARSET (US-ASCII)] The specified charset is not supported.",
                Command,
                "imap-bad-charset",
            ),
            (
                "<body BAD Command Error. 10",
                Filing,
                "exchange-command-too-long",
            ),
            (
                "A5 BAD Command Argument Error. 12",
                Command,
                "exchange-bad-argument",
            ),
            (
                "A5 BAD Command Argument Error. 11",
                Command,
                "exchange-bad-argument",
            ),
            (
                "A5 BAD Command Error. 12",
                Command,
                "exchange-command-error",
            ),
            (
                "* BYE Connection is closed. 13",
                Command,
                "exchange-connection-closed",
            ),
            (
                "* BYE Connection closed. 14",
                Command,
                "exchange-connection-closed",
            ),
            (
                "* BYE Session invalidated - AccessTokenExpired",
                Command,
                "exchange-access-token-expired",
            ),
            (
                "A6 BAD User is authenticated but not connected.",
                Command,
                "exchange-not-connected",
            ),
            (
                "A7 NO Server Unavailable. 15",
                Command,
                "exchange-server-unavailable",
            ),
            (
                "TAG6 BAD Command received in Invalid state.",
                Command,
                "exchange-invalid-state",
            ),
            (
                "* BYE Microsoft Exchange Server IMAP4 server signing off.",
                Command,
                "imap-bye",
            ),
            (
                "A1 NO [UNAVAILABLE] Temporary authentication failure.",
                Login,
                "imap-unavailable",
            ),
            (
                "A1 NO [OVERQUOTA] Quota exceeded",
                Filing,
                "imap-over-quota",
            ),
            ("A1 BAD Invalid SASL argument", Login, "imap-sasl-malformed"),
        ];
        for (line, phase, cause) in cases {
            assert_eq!(verdict(line, phase).cause_id, cause, "{line}");
        }
    }

    #[test]
    fn words_that_nobody_knows_keep_a_general_cause() {
        for (line, phase, cause) in [
            (
                "A1 NO Mailbox is being moved.",
                Phase::Login,
                "imap-login-refused",
            ),
            (
                "A2 BAD Quantum flux exceeded. 77",
                Phase::Command,
                "imap-refused",
            ),
            (
                "A3 NO Quantum flux exceeded. 77",
                Phase::Command,
                "imap-refused",
            ),
            (
                "A4 BAD Syntax error in command",
                Phase::Command,
                "imap-client-bug",
            ),
            (
                "A5 NO [ALERT] Quantum flux exceeded (Failure)",
                Phase::Login,
                "imap-login-refused",
            ),
            ("* BYE Quantum flux exceeded", Phase::Command, "imap-bye"),
        ] {
            assert_eq!(verdict(line, phase).cause_id, cause, "{line}");
        }
    }

    #[test]
    fn the_back_off_of_exchange_is_taken_and_bounded() {
        let after = |line| verdict(line, Phase::Command).outcome;
        let ms = |n| Outcome::Later {
            after: Duration::from_millis(n),
        };
        assert_eq!(
            after("A5 BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds"),
            ms(89117)
        );
        assert_eq!(
            after("A5 NO Request is throttled. Suggested Backoff Time: 99999999999 milliseconds"),
            ms(3_600_000)
        );
        assert_eq!(after("A5 NO Request is throttled."), ms(300_000));
    }

    #[test]
    fn an_issuer_that_is_down_asks_for_no_new_token_and_a_refused_token_does() {
        assert!(
            !verdict(
                "a NO [UNAVAILABLE] Temporary authentication failure",
                Phase::Login
            )
            .refresh_first
        );
        assert!(verdict("a NO [AUTHENTICATIONFAILED]", Phase::Login).refresh_first);
        assert!(
            !verdict(
                "a NO [ALERT] Too many simultaneous connections. (Failure)",
                Phase::Login
            )
            .refresh_first
        );
    }

    #[test]
    fn throttled_success_is_still_success() {
        let got = verdict("A00000002 OK Success [THROTTLED]", Phase::Command);
        assert_eq!(
            (got.outcome, got.cause_id),
            (Outcome::Done, "gmail-throttled")
        );
    }

    #[test]
    fn the_bare_line_of_exchange_is_understood() {
        let got = classify_stray_line(b"Server Unavailable. 15").expect("known");
        assert_eq!(got.cause_id, "exchange-server-unavailable");
        assert_eq!(classify_stray_line(b"hello"), None);
    }
}
