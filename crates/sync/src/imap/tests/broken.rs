use std::time::Duration;

use wire::imap::{FetchItem, SearchKey};
use wire::outcome::Outcome;

use super::*;

const CAPS: &str = "IMAP4rev1 SASL-IR AUTH=XOAUTH2 MOVE";

#[tokio::test]
async fn a_bye_as_greeting_is_quoted() {
    let script = Script::start("S: * BYE Too busy, 混んでいます").await;
    let error = Connection::open(&script.target, limits())
        .await
        .expect_err("no greeting");
    assert!(matches!(&error, ImapError::Bye { said, .. } if said == "BYE Too busy, 混んでいます"));
    script.done().await;
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_quoted() {
    for (line, part) in [
        ("S: SSH-2.0-OpenSSH_9", "SSH-2.0"),
        ("S: 220 mail ESMTP", "220"),
        ("S: * NO go away", "go away"),
    ] {
        let script = Script::start(line).await;
        let error = Connection::open(&script.target, limits())
            .await
            .expect_err("no greeting");
        assert_eq!(cause(&error), "net-protocol");
        assert!(
            error.provider_said().is_some_and(|s| s.contains(part)),
            "{error:?}"
        );
        script.done().await;
    }
}

/// A session with every kind of command, for cutting it off at each line.
const SESSION: &[&str] = &[
    "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 MOVE] ready",
    "C: T1 AUTHENTICATE XOAUTH2*",
    "S: * CAPABILITY IMAP4rev1 MOVE",
    "S: T1 OK in",
    "C: T2 SELECT*",
    "S: * 1 EXISTS",
    "S: * OK [UIDVALIDITY 14] x",
    "S: T2 OK [READ-WRITE] done",
    "C: T3 UID FETCH*",
    "S: * 1 FETCH (UID 1 BODY[] {5}",
    "S~ hello",
    "S: )",
    "S: T3 OK done",
    "C: T4 APPEND*",
    "S: + go",
    "C# 3",
    "C:",
    "S: T4 OK done",
    "C: T5 IDLE",
    "S: + idling",
    "S: * 2 EXISTS",
    "C: DONE",
    "S: T5 OK done",
    "C: T6 UID SEARCH*",
    "S: * SEARCH 1",
    "S: T6 OK done",
];

async fn whole_session(script: &Script) -> Result<(), (ImapError, Option<bool>)> {
    let mut connection = Connection::open(&script.target, limits())
        .await
        .map_err(|e| (e, None))?;
    let result = async {
        connection
            .authenticate_xoauth2("alice@example.com", &token())
            .await?;
        connection.select("INBOX", false).await?;
        connection
            .fetch_all(&uids("1"), &[FetchItem::whole()], None)
            .await?;
        connection.append("INBOX", &[], None, b"abc").await?;
        connection.idle(Duration::from_secs(60)).await?;
        connection.search(&SearchKey::All).await?;
        Ok(())
    }
    .await;
    result.map_err(|e| (e, Some(connection.is_alive())))
}

#[tokio::test]
async fn a_session_that_is_cut_at_any_line_ends_in_an_error_and_is_not_used_again() {
    for cut in 0..SESSION.len() {
        let script = Script::start(&SESSION[..cut].join("\n")).await;
        let (error, alive) = whole_session(&script).await.expect_err("cut off");
        assert_eq!(
            cause(&error),
            "net-closed",
            "cut after {cut} lines: {error:?}"
        );
        // Cut between commands, the next one finds out; it never began to be answered.
        assert_ne!(alive, Some(true), "cut after {cut} lines");
        script.abandon();
    }
    let script = Script::start(&SESSION.join("\n")).await;
    whole_session(&script).await.expect("a whole session");
    script.done().await;
}

#[tokio::test]
async fn a_bye_at_any_line_is_an_error_with_its_words() {
    let bye = "S: * BYE Session invalidated - AccessTokenExpired";
    for cut in 0..SESSION.len() {
        let inside_literal = SESSION
            .get(cut)
            .is_some_and(|l| l.starts_with("S~") || *l == "S: )");
        if inside_literal || SESSION[cut].starts_with("C") {
            continue;
        }
        let lines = [&SESSION[..cut], &[bye]].concat();
        let script = Script::start(&lines.join("\n")).await;
        let (error, alive) = whole_session(&script).await.expect_err("the session ended");
        assert_eq!(
            cause(&error),
            "exchange-access-token-expired",
            "BYE after {cut} lines: {error:?}"
        );
        assert!(error.verdict().refresh_first);
        assert_ne!(alive, Some(true));
        script.abandon();
    }
}

#[tokio::test]
async fn silence_is_a_time_out_and_poisons() {
    let script = Script::start(&format!(
        "S: * OK [CAPABILITY {CAPS}] ready\nC: T1 NOOP\nWAIT"
    ))
    .await;
    let mut connection = Connection::open(&script.target, hasty_limits())
        .await
        .expect("a greeting");
    let error = connection.noop().await.expect_err("silence");
    assert_eq!(cause(&error), "net-timeout");
    assert!(matches!(connection.noop().await, Err(ImapError::Poisoned)));
    drop(connection);
    script.done().await;

    let script = Script::start("WAIT").await;
    let error = Connection::open(&script.target, hasty_limits())
        .await
        .expect_err("silence");
    assert_eq!(cause(&error), "net-timeout");
    script.done().await;
}

#[tokio::test]
async fn a_dropped_command_poisons() {
    let script = Script::start(&format!(
        "S: * OK [CAPABILITY {CAPS}] ready\nC: T1 NOOP\nWAIT"
    ))
    .await;
    let mut connection = Connection::open(&script.target, limits())
        .await
        .expect("a greeting");
    let given_up = tokio::time::timeout(Duration::from_millis(20), connection.noop()).await;
    assert!(given_up.is_err());
    assert!(!connection.is_alive());
    assert!(matches!(
        connection.select("INBOX", false).await,
        Err(ImapError::Poisoned)
    ));
    drop(connection);
    script.done().await;
}

#[tokio::test]
async fn a_dropped_fetch_poisons() {
    let (mut connection, script) = opened(
        CAPS,
        "C: T1 UID FETCH*\nS: * 1 FETCH (UID 1)\nS: * 2 FETCH (UID 2)\nS: T1 OK done",
    )
    .await;
    let mut run = connection.fetch(&uids("1:2"), &[FetchItem::Flags], None);
    assert!(run.next().await.expect("a row").is_some());
    drop(run);
    assert!(matches!(connection.noop().await, Err(ImapError::Poisoned)));
    script.done().await;
}

#[tokio::test]
async fn a_message_above_the_limit_is_named_by_its_uid() {
    let (mut connection, script) = opened(
        CAPS,
        "C: T1 UID FETCH*
         S: * 3 FETCH (UID 9 BODY[] {5368709120}
         WAIT",
    )
    .await;
    let error = connection
        .fetch_all(&uids("9"), &[FetchItem::whole()], None)
        .await
        .expect_err("too large");
    assert!(matches!(
        error,
        ImapError::TooLarge {
            uid: Some(9),
            announced: 5_368_709_120,
            ..
        }
    ));
    assert!(!connection.is_alive());
    drop(connection);
    script.done().await;
}

#[tokio::test]
async fn throttling_says_for_how_long() {
    let (mut connection, script) = opened(
        CAPS,
        "C: T1 NOOP
         S: T1 BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds",
    )
    .await;
    let error = connection.noop().await.expect_err("throttled");
    assert_eq!(
        error.verdict().outcome,
        Outcome::Later {
            after: Duration::from_millis(89117)
        }
    );
    script.done().await;
}

#[tokio::test]
async fn lines_without_a_tag_that_mean_the_end_are_understood() {
    for (line, wanted) in [
        ("Server Unavailable. 15", "exchange-server-unavailable"),
        ("* BAD [CLIENTBUG] Invalid tag", "imap-client-bug"),
        ("<body BAD Command Error. 10", "exchange-command-too-long"),
    ] {
        let (mut connection, script) = opened(CAPS, &format!("C: T1 NOOP\nS: {line}")).await;
        let error = connection.noop().await.expect_err("the end");
        assert_eq!(cause(&error), wanted);
        assert!(!connection.is_alive());
        script.done().await;
    }
}

#[tokio::test]
async fn odd_lines_are_counted_and_passed_over() {
    let (mut connection, script) = opened(
        CAPS,
        "C: T1 NOOP
         S: * XYZZY something new
         S: * 3 FETCH (UID
         S: hello
         S: T1 OK done",
    )
    .await;
    connection.noop().await.expect("in step");
    assert_eq!(connection.unknown_lines(), 3);
    script.done().await;
}

#[tokio::test]
async fn an_unfit_argument_costs_nothing() {
    let (mut connection, script) = opened(CAPS, "C: T2 NOOP\nS: T2 OK done").await;
    let error = connection
        .select("x\r\nT9 LOGOUT", false)
        .await
        .expect_err("unfit");
    assert_eq!(cause(&error), "imap-client-bug");
    assert!(connection.is_alive());
    // The refused command took a number but no octet went out.
    connection.noop().await.expect("in step");
    script.done().await;
}
