use std::time::Duration;

use super::*;
use crate::net::Tls;
use crate::net::script::{Script, hasty, testdata};

const BLOB: &str =
    "dXNlcj1hbGljZUBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LkVYQU1QTEUtdG9rZW5fMTIzAQE=";

fn token() -> SecretString {
    "ya29.EXAMPLE-token_123".to_owned().into()
}

fn envelope(to: &[&str]) -> Envelope {
    Envelope {
        from: "alice@example.com".into(),
        to: to.iter().map(|a| (*a).to_owned()).collect(),
    }
}

async fn send_to(script: &Script, limits: &Timeouts, message: &[u8]) -> Result<Sent, Failure> {
    let envelope = envelope(&["bob@example.org", "carol@example.org"]);
    send(
        &script.target,
        limits,
        "alice@example.com",
        &token(),
        &envelope,
        message,
    )
    .await
}

const SESSION: &[&str] = &[
    "S: 220 smtp.gmail.com ESMTP x144sm11813878oif.23 - gsmtp",
    "C: EHLO [127.0.0.1]",
    "S: 250-smtp.gmail.com at your service, [192.0.2.10]",
    "S: 250-SIZE 35882577",
    "S: 250-8BITMIME",
    "S: 250-AUTH LOGIN PLAIN XOAUTH2 OAUTHBEARER",
    "S: 250 SMTPUTF8",
    "C: AUTH XOAUTH2",
    "S: 334 ",
    "C: dXNlcj1hbGljZUBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LkVYQU1QTEUtdG9rZW5fMTIzAQE=",
    "S: 235 2.7.0 Accepted",
    "C: MAIL FROM:<alice@example.com> SIZE=*",
    "S: 250 2.1.0 OK h5sm23980368wjn.20 - gsmtp",
    "C: RCPT TO:<bob@example.org>",
    "S: 250 2.1.5 OK h5sm23980368wjn.20 - gsmtp",
    "C: RCPT TO:<carol@example.org>",
    "S: 250 2.1.5 OK h5sm23980368wjn.20 - gsmtp",
    "C: DATA",
    "S: 354 Go ahead h5sm23980368wjn.20 - gsmtp",
    "C: Subject: x",
    "C:",
    "C: ..dot",
    "C: .",
    "S: 250 2.0.0 OK 1376056636 h5sm23980368wjn.20 - gsmtp",
    "C: QUIT",
    "S: 221 2.0.0 closing connection h5sm23980368wjn.20 - gsmtp",
];
const MESSAGE: &[u8] = b"Subject: x\r\n\r\n.dot\r\n";
/// How many lines of [`SESSION`] come before the final dot was read.
const UP_TO_DOT: usize = 23;

#[tokio::test]
async fn a_message_is_sent_with_stuffed_dots_and_the_token_on_a_line_of_its_own() {
    let script = Script::start(&SESSION.join("\n")).await;
    let sent = send_to(&script, &Timeouts::default(), MESSAGE)
        .await
        .expect("sent");
    assert_eq!(
        sent.reply.to_string(),
        "250 2.0.0 OK 1376056636 h5sm23980368wjn.20 - gsmtp"
    );
    let names: Vec<_> = sent.steps.iter().map(|s| s.name).collect();
    assert_eq!(
        names,
        [
            "connect",
            "greeting",
            "ehlo",
            "auth",
            "mail-from",
            "rcpt-to",
            "rcpt-to",
            "data",
            "message"
        ]
    );
    assert!(!format!("{:?}", sent.steps).contains(BLOB));
    let heard = script.done().await;
    assert_eq!(heard.last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn a_dialogue_that_is_cut_at_any_line_fails_and_is_unclear_only_after_the_dot() {
    for cut in 0..SESSION.len() - 2 {
        let script = Script::start(&SESSION[..cut].join("\n")).await;
        let result = send_to(&script, &Timeouts::default(), MESSAGE).await;
        match result {
            Ok(_) => assert_eq!(cut, UP_TO_DOT + 1, "cut after {cut} lines"),
            Err(failure) if cut < 19 => {
                assert!(!failure.unclear, "cut after {cut} lines: {failure:?}");
                assert!(
                    matches!(failure.cause_id, "net-closed" | "net-protocol"),
                    "{failure:?}"
                );
                assert!(matches!(failure.outcome, Outcome::Later { .. }));
            }
            // From the last octets of the message on, nobody knows what the server has got.
            Err(failure) => {
                assert!(failure.unclear, "cut after {cut} lines: {failure:?}");
                assert_eq!(failure.cause_id, "smtp-outcome-unknown");
                assert_eq!(failure.phase, "message");
            }
        }
        script.abandon();
    }
}

#[tokio::test]
async fn no_reply_to_the_message_in_time_is_unclear() {
    let script = Script::start(&format!("{}\nWAIT", SESSION[..UP_TO_DOT].join("\n"))).await;
    let limits = Timeouts {
        message: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let failure = send_to(&script, &limits, MESSAGE)
        .await
        .expect_err("silence");
    assert!(failure.unclear);
    script.done().await;

    let script = Script::start("WAIT").await;
    let failure = send_to(&script, &hasty(), MESSAGE)
        .await
        .expect_err("silence");
    assert_eq!(
        (failure.cause_id, failure.phase, failure.unclear),
        ("net-timeout", "greeting", false)
    );
    script.done().await;
}

/// Runs the session up to `keep` lines, then `reply`.
async fn refused_after(keep: usize, reply: &str) -> Failure {
    let script = Script::start(&format!("{}\n{reply}\nWAIT", SESSION[..keep].join("\n"))).await;
    let failure = send_to(&script, &Timeouts::default(), MESSAGE)
        .await
        .expect_err("a refusal");
    script.done().await;
    failure
}

#[tokio::test]
async fn each_phase_can_refuse() {
    let cases = [
        (
            0,
            "S: 421 4.7.0 Try again later, closing connection.",
            "smtp-busy",
            "greeting",
        ),
        (
            10,
            "S: 535 5.7.3 Authentication unsuccessful [X]",
            "exchange-smtp-auth-failed",
            "auth",
        ),
        (
            12,
            "S: 451 4.7.0 Temporary server error. Please try again later. PRX4 [X]",
            "smtp-busy",
            "mail-from",
        ),
        (
            14,
            "S: 550 5.1.1 The email account that you tried to reach does not exist.\nC: QUIT\nS: 221 bye",
            "smtp-recipient-refused",
            "rcpt-to",
        ),
        (
            18,
            "S: 432 4.3.2 Concurrent connections limit exceeded. [Hostname=X]",
            "smtp-concurrent-limit",
            "data",
        ),
        (
            23,
            "S: 554 5.2.252 SendAsDenied; alice@example.com not allowed to send as other@example.com; STOREDRV",
            "send-as-denied",
            "message",
        ),
        (
            23,
            "S: 550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\nS: 550 5.4.5 sending limits go to",
            "smtp-daily-limit",
            "message",
        ),
    ];
    for (keep, reply, wanted, phase) in cases {
        let failure = refused_after(keep, reply).await;
        assert_eq!(
            (failure.cause_id, failure.phase, failure.unclear),
            (wanted, phase, false),
            "{failure:?}"
        );
    }
    let failure = refused_after(14, "S: 550 5.1.1 no such user\nC: QUIT\nS: 221 bye").await;
    assert_eq!(failure.recipient.as_deref(), Some("bob@example.org"));
}

#[tokio::test]
async fn gmails_challenge_is_answered_and_quoted() {
    let rest = "S: 334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
        C:
        S: 535-5.7.8 Username and Password not accepted. For more information, go to
        S: 535 5.7.8  https://support.google.com/mail/?p=BadCredentials s68sm6561971pjb.38 - gsmtp";
    let failure = refused_after(10, rest).await;
    assert_eq!(
        (failure.cause_id, failure.refresh_first),
        ("smtp-auth-failed", true)
    );
    assert!(
        failure
            .provider_said
            .starts_with("challenge: status 400, scope https://mail.google.com/; 535 5.7.8")
    );
    let shown = format!("{failure:?} {failure}");
    assert!(!shown.contains(BLOB) && !shown.contains("EXAMPLE-token"));
}

#[tokio::test]
async fn a_message_above_the_announced_size_is_not_sent() {
    let lines = SESSION[..11].join("\n").replace("SIZE 35882577", "SIZE 10");
    let script = Script::start(&format!("{lines}\nC: QUIT")).await;
    let failure = send_to(&script, &Timeouts::default(), MESSAGE)
        .await
        .expect_err("too large");
    assert_eq!(
        (failure.cause_id, failure.outcome),
        ("smtp-too-large", Outcome::NeedsPerson)
    );
    script.done().await;
}

#[tokio::test]
async fn a_mechanism_that_is_missing_sends_no_token() {
    let lines = SESSION[..7]
        .join("\n")
        .replace("XOAUTH2 OAUTHBEARER", "CRAM-MD5");
    let script = Script::start(&format!("{lines}\nWAIT")).await;
    let failure = send_to(&script, &Timeouts::default(), MESSAGE)
        .await
        .expect_err("no mechanism");
    assert_eq!(
        (failure.cause_id, failure.phase),
        ("smtp-mechanism-missing", "auth")
    );
    assert_eq!(script.done().await.len(), 1, "only EHLO was sent");
}

#[tokio::test]
async fn a_probe_goes_through_starttls_and_times_each_step() {
    let script = Script::start(
        "S: 220 AM3PR05CA0094.outlook.office365.com Microsoft ESMTP MAIL Service ready
         C: EHLO [127.0.0.1]
         S: 250-AM3PR05CA0094.outlook.office365.com Hello [192.0.2.10]
         S: 250-SIZE 157286400
         S: 250 STARTTLS
         C: STARTTLS
         S: 220 2.0.0 SMTP server ready
         TLS
         C: EHLO [127.0.0.1]
         S: 250-AM3PR05CA0094.outlook.office365.com Hello [192.0.2.10]
         S: 250 AUTH LOGIN XOAUTH2
         C: AUTH XOAUTH2
         S: 334 
         C: *
         S: 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [X]
         WAIT",
    )
    .await;
    let target = Target {
        tls: Tls::StartTls,
        ca_file: Some(testdata("ca.pem")),
        ..script.target.clone()
    };
    let probe = probe(&target, &Timeouts::default(), "alice@example.com", &token()).await;
    let names: Vec<_> = probe.steps.iter().map(|s| s.name).collect();
    assert_eq!(
        names,
        [
            "connect", "greeting", "ehlo", "starttls", "tls", "ehlo", "auth"
        ]
    );
    let failure = probe.failure.expect("a refusal");
    assert_eq!(
        (failure.cause_id, failure.refresh_first),
        ("smtp-auth-disabled-tenant", false)
    );
    assert!(matches!(
        &probe.steps[6].result,
        StepResult::Failed {
            cause_id: "smtp-auth-disabled-tenant",
            ..
        }
    ));
    script.done().await;
}

#[tokio::test]
async fn a_stripped_starttls_sends_no_token() {
    let script = Script::start("S: 220 x\nC: EHLO*\nS: 250-x\nS: 250 AUTH XOAUTH2\nWAIT").await;
    let target = Target {
        tls: Tls::StartTls,
        ..script.target.clone()
    };
    let probe = probe(&target, &Timeouts::default(), "alice@example.com", &token()).await;
    assert_eq!(probe.failure.map(|f| f.cause_id), Some("starttls-missing"));
    assert_eq!(script.done().await.len(), 1);
}
