use super::*;
use crate::net::script::testdata;
use crate::net::{Target, Tls};

#[tokio::test]
async fn gmail_takes_the_token_in_one_line_and_tells_its_capabilities() {
    let script = Script::start(&format!(
        "S: * OK Gimap ready for requests from 192.0.2.10 x145mb143154643vke
         C: T1 CAPABILITY
         S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN
         S: T1 OK Thats all she wrote! x145mb143154643vke
         C: T2 AUTHENTICATE XOAUTH2 {BLOB}
         S: * CAPABILITY IMAP4rev1 X-GM-EXT-1 CONDSTORE MOVE LITERAL-
         S: T2 OK alice@example.com authenticated (Success)
         C: T3 LOGOUT
         S: * BYE LOGOUT Requested
         S: T3 OK 73 good day (Success)"
    ))
    .await;
    let mut connection = Connection::open(&script.target, limits())
        .await
        .expect("a greeting");
    connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect("a login");
    assert!(connection.capabilities().has("X-GM-EXT-1"));
    connection.logout().await.expect("a good-bye");
    script.done().await;
}

#[tokio::test]
async fn without_sasl_ir_the_token_waits_for_the_server() {
    let (mut connection, script) = opened(
        "IMAP4rev1 AUTH=XOAUTH2",
        &format!(
            "C: T1 AUTHENTICATE XOAUTH2
             S: +
             C: {BLOB}
             S: T1 OK AUTHENTICATE completed.
             C: T2 CAPABILITY
             S: * CAPABILITY IMAP4 IMAP4rev1 MOVE
             S: T2 OK CAPABILITY completed."
        ),
    )
    .await;
    connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect("a login");
    assert!(
        connection.capabilities().has("MOVE"),
        "Exchange has to be asked again"
    );
    script.done().await;
}

#[tokio::test]
async fn a_server_that_overlooked_the_initial_response_gets_it_again() {
    let (mut connection, script) = opened(
        "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
        &format!(
            "C: T1 AUTHENTICATE XOAUTH2 {BLOB}
             S: +
             C: {BLOB}
             S: T1 OK [CAPABILITY IMAP4rev1 IDLE] in"
        ),
    )
    .await;
    connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect("a login");
    script.done().await;
}

#[tokio::test]
async fn an_error_challenge_is_answered_and_quoted_without_the_token() {
    let (mut connection, script) = opened(
        "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
        &format!(
            "C: T1 AUTHENTICATE XOAUTH2 {BLOB}
             S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
             C:
             S: T1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
        ),
    )
    .await;
    let error = connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect_err("a refusal");
    assert_eq!(cause(&error), "imap-auth-failed");
    assert!(error.verdict().refresh_first);
    assert_eq!(
        error.provider_said(),
        Some(
            "challenge: status 400, scope https://mail.google.com/; NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
        )
    );
    let shown = format!("{error:?} {error} {connection:?}");
    assert!(!shown.contains("EXAMPLE-token") && !shown.contains(BLOB));
    assert!(!connection.is_alive());
    script.done().await;
}

#[tokio::test]
async fn too_many_connections_after_the_same_challenge_is_no_token_trouble() {
    let (mut connection, script) = opened(
        "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
        "C: T1 AUTHENTICATE XOAUTH2*
         S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
         C:
         S: T1 NO [ALERT] Too many simultaneous connections. (Failure)",
    )
    .await;
    let error = connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect_err("a refusal");
    assert_eq!(
        (cause(&error), error.verdict().refresh_first),
        ("gmail-too-many-connections", false)
    );
    script.done().await;
}

#[tokio::test]
async fn a_web_alert_before_the_refusal_is_quoted() {
    let (mut connection, script) = opened(
        "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
        "C: T1 AUTHENTICATE XOAUTH2*
         S: * NO [WEBALERT https://accounts.google.com/signin/continue?plt=EXAMPLE] Web login required.
         S: T1 NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
    )
    .await;
    let error = connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect_err("a refusal");
    assert_eq!(cause(&error), "gmail-web-login");
    assert!(
        error
            .provider_said()
            .is_some_and(|s| s.contains("[WEBALERT https://accounts.google.com/signin/"))
    );
    script.done().await;
}

#[tokio::test]
async fn an_issuer_that_is_down_costs_no_grant() {
    let (mut connection, script) = opened(
        "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
        "C: T1 AUTHENTICATE XOAUTH2*
         S: T1 NO [UNAVAILABLE] Temporary authentication failure. [host:2026-11-22 10:00:00]",
    )
    .await;
    let error = connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect_err("a refusal");
    assert_eq!(
        (cause(&error), error.verdict().refresh_first),
        ("imap-unavailable", false)
    );
    script.done().await;
}

#[tokio::test]
async fn oauthbearer_is_used_where_it_is_the_only_one() {
    let (mut connection, script) = opened(
        "IMAP4rev1 SASL-IR AUTH=OAUTHBEARER",
        "C: T1 AUTHENTICATE OAUTHBEARER bixhPWFsaWNlQGV4YW1wbGUuY29t*
         S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=
         C: AQ==
         S: T1 NO [AUTHENTICATIONFAILED] Authentication failed.",
    )
    .await;
    let error = connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect_err("a refusal");
    assert!(
        error
            .provider_said()
            .is_some_and(|s| s.contains("invalid_token"))
    );
    script.done().await;

    let (mut connection, script) = opened("IMAP4rev1 AUTH=PLAIN", "WAIT").await;
    let error = connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect_err("a refusal");
    assert_eq!(cause(&error), "imap-mechanism-missing");
    drop(connection);
    script.done().await;
}

#[tokio::test]
async fn starttls_comes_before_the_token_and_forgets_what_was_said_before() {
    let script = Script::start(&format!(
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready
         C: T1 STARTTLS
         S: T1 OK begin
         TLS
         C: T2 CAPABILITY
         S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2
         S: T2 OK done
         C: T3 AUTHENTICATE XOAUTH2 {BLOB}
         S: T3 OK [CAPABILITY IMAP4rev1] in"
    ))
    .await;
    let ca_file = Some(testdata("ca.pem"));
    let target = Target {
        tls: Tls::StartTls,
        ca_file,
        ..script.target.clone()
    };
    let mut connection = Connection::open(&target, limits()).await.expect("TLS");
    assert!(!connection.capabilities().has("STARTTLS"));
    connection
        .authenticate_xoauth2("alice@example.com", &token())
        .await
        .expect("a login");
    script.done().await;
}

#[tokio::test]
async fn a_stripped_or_poisoned_starttls_is_refused() {
    let script = Script::start("S: * OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready\nWAIT").await;
    let target = Target {
        tls: Tls::StartTls,
        ..script.target.clone()
    };
    let error = Connection::open(&target, limits())
        .await
        .expect_err("no STARTTLS");
    assert_eq!(cause(&error), "starttls-missing");
    script.done().await;

    let script = Script::start(
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
         C: T1 STARTTLS
         S~ T1 OK begin\\r\\n* CAPABILITY AUTH=EVIL\\r\\n
         WAIT",
    )
    .await;
    let target = Target {
        tls: Tls::StartTls,
        ..script.target.clone()
    };
    let error = Connection::open(&target, limits())
        .await
        .expect_err("something is wrong");
    assert_eq!(cause(&error), "net-protocol", "{error:?}");
    script.done().await;
}
