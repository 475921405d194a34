//! Dovecot and Postfix, talked to by hand.

use std::time::Duration;

use testing::dovecot::{Folders, Setup};
use testing::talk::{challenge, xoauth2};
use testing::{Dovecot, Postfix, Talk, dovecot, postfix, wait_for};

use crate::introspection::Introspection;

const ALICE: &str = "alice@example.jp";
const BOB: &str = "bob@example.jp";

async fn imap(dovecot: &Dovecot) -> Talk {
    let address = format!("127.0.0.1:{}", dovecot.imaps_port);
    let mut talk = Talk::tls(&address, dovecot.authority()).await;
    talk.hear_until("* OK").await;
    talk
}

async fn login(dovecot: &Dovecot, user: &str, token: &str) -> Talk {
    let mut talk = imap(dovecot).await;
    let answer = talk
        .command(
            "a1",
            &format!("AUTHENTICATE XOAUTH2 {}", xoauth2(user, token)),
        )
        .await;
    assert!(answer.last().unwrap().starts_with("a1 OK"), "{answer:?}");
    talk
}

async fn smtp(postfix: &Postfix, dovecot: &Dovecot) -> Talk {
    let address = format!("127.0.0.1:{}", postfix.submission_port);
    let mut talk = Talk::plain(&address).await;
    talk.hear_until("220 ").await;
    talk.say("EHLO localhost").await;
    let offers = talk.hear_until("250 ").await.join("\n");
    assert!(offers.contains("STARTTLS") && !offers.contains("AUTH"));
    talk.say("STARTTLS").await;
    talk.hear_until("220 ").await;
    let mut talk = talk.into_tls(dovecot.authority()).await;
    talk.say("EHLO localhost").await;
    let offers = talk.hear_until("250 ").await.join("\n");
    assert!(offers.contains("XOAUTH2 OAUTHBEARER"));
    talk
}

#[tokio::test]
async fn dovecot_lets_a_good_token_in_and_shows_delivered_mail() {
    let introspection = Introspection::start().await;
    introspection.give("good", ALICE);
    let Some(dovecot) = dovecot::start(Setup::new(&introspection.url, &[ALICE])) else {
        return;
    };
    dovecot.deliver(ALICE, b"From: bob@example.jp\nSubject: one\n\n.dots\n");
    let mut talk = login(&dovecot, ALICE, "good").await;
    let selected = talk.command("a2", "SELECT INBOX").await;
    assert!(selected.contains(&"* 1 EXISTS".to_owned()), "{selected:?}");
    let folders = talk
        .command("a3", "LIST (SPECIAL-USE) \"\" \"*\"")
        .await
        .join("\n");
    for (special, name) in [
        ("\\Sent", "Sent"),
        ("\\Drafts", "Drafts"),
        ("\\Trash", "Trash"),
        ("\\Junk", "Junk"),
    ] {
        assert!(
            folders.contains(special) && folders.contains(name),
            "{folders}"
        );
    }
}

#[tokio::test]
async fn dovecot_shows_the_error_challenge_for_a_revoked_token_and_takes_the_next_at_once() {
    let introspection = Introspection::start().await;
    introspection.give("good", ALICE);
    let Some(dovecot) = dovecot::start(Setup::new(&introspection.url, &[ALICE])) else {
        return;
    };
    drop(login(&dovecot, ALICE, "good").await);
    introspection.revoke("good");
    let mut talk = imap(&dovecot).await;
    talk.say(&format!(
        "a1 AUTHENTICATE XOAUTH2 {}",
        xoauth2(ALICE, "good")
    ))
    .await;
    let line = talk.hear().await;
    let told = challenge(line.strip_prefix("+ ").unwrap());
    assert!(told.contains(r#""status":"401""#), "{told}");
    talk.say("").await;
    let refused = talk.hear_until("a1 ").await;
    assert!(
        refused
            .last()
            .unwrap()
            .starts_with("a1 NO [AUTHENTICATIONFAILED]"),
        "{refused:?}"
    );
    introspection.give("new", ALICE);
    let begun = std::time::Instant::now();
    login(&dovecot, ALICE, "new").await;
    // Dovecot's own penalty would be four seconds here.
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn dovecot_takes_no_token_of_another_person() {
    let introspection = Introspection::start().await;
    introspection.give("bobs", BOB);
    let Some(dovecot) = dovecot::start(Setup::new(&introspection.url, &[ALICE, BOB])) else {
        return;
    };
    let mut talk = imap(&dovecot).await;
    talk.say(&format!(
        "a1 AUTHENTICATE XOAUTH2 {}",
        xoauth2(ALICE, "bobs")
    ))
    .await;
    let line = talk.hear().await;
    assert!(
        line.starts_with("+ ") || line.starts_with("a1 NO"),
        "{line}"
    );
}

#[tokio::test]
async fn dovecot_names_its_folders_in_japanese_and_hides_auth_before_starttls() {
    let introspection = Introspection::start().await;
    introspection.give("good", ALICE);
    let setup = Setup {
        folders: Folders::Japanese,
        ..Setup::new(&introspection.url, &[ALICE])
    };
    let Some(dovecot) = dovecot::start(setup) else {
        return;
    };
    let mut talk = Talk::plain(&format!("127.0.0.2:{}", dovecot.imap_port)).await;
    let greeting = talk.hear().await;
    assert!(
        greeting.contains("LOGINDISABLED") && !greeting.contains("AUTH="),
        "{greeting}"
    );
    talk.command("s", "STARTTLS").await;
    let mut talk = talk.into_tls(dovecot.authority()).await;
    let answer = talk
        .command(
            "a1",
            &format!("AUTHENTICATE XOAUTH2 {}", xoauth2(ALICE, "good")),
        )
        .await;
    assert!(answer.last().unwrap().starts_with("a1 OK"), "{answer:?}");
    let folders = talk.command("a2", "LIST \"\" \"*\"").await.join("\n");
    // 下書き in modified UTF-7.
    assert!(folders.contains("&Tgtm+DBN-"), "{folders}");
}

#[tokio::test]
async fn a_stopped_dovecot_comes_back_with_its_mail() {
    let introspection = Introspection::start().await;
    introspection.give("good", ALICE);
    let Some(mut dovecot) = dovecot::start(Setup::new(&introspection.url, &[ALICE])) else {
        return;
    };
    dovecot.deliver(ALICE, b"Subject: kept\r\n\r\n");
    dovecot.stop();
    let address = format!("127.0.0.1:{}", dovecot.imaps_port);
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    dovecot.start_again();
    let mut talk = login(&dovecot, ALICE, "good").await;
    let selected = talk.command("a2", "SELECT INBOX").await;
    assert!(selected.contains(&"* 1 EXISTS".to_owned()), "{selected:?}");
}

#[tokio::test]
async fn postfix_sends_for_who_signed_in_and_the_mail_arrives() {
    let introspection = Introspection::start().await;
    // As long as Microsoft's.
    let token = "t".repeat(1900);
    introspection.give(&token, ALICE);
    introspection.give("bobs", BOB);
    let Some(dovecot) = dovecot::start(Setup::new(&introspection.url, &[ALICE, BOB])) else {
        return;
    };
    let Some(postfix) = postfix::start(&dovecot) else {
        return;
    };
    let mut talk = smtp(&postfix, &dovecot).await;
    talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(ALICE, &token)))
        .await;
    talk.hear_until("235 ").await;
    for (say, hear) in [
        ("MAIL FROM:<alice@example.jp>", "250 "),
        ("RCPT TO:<bob@example.jp>", "250 "),
        ("DATA", "354 "),
        ("Subject: through Postfix\r\n\r\nhello\r\n.", "250 "),
        ("QUIT", "221 "),
    ] {
        talk.say(say).await;
        talk.hear_until(hear).await;
    }
    let mut inbox = login(&dovecot, BOB, "bobs").await;
    let found = wait_for(
        "the mail in bob's inbox",
        Duration::from_secs(20),
        async || {
            inbox.command("a2", "SELECT INBOX").await;
            let lines = inbox
                .command("a3", "SEARCH SUBJECT \"through Postfix\"")
                .await;
            lines.into_iter().find(|line| line == "* SEARCH 1")
        },
    )
    .await;
    assert_eq!(found, "* SEARCH 1");
}

#[tokio::test]
async fn postfix_refuses_a_wrong_token_a_foreign_sender_and_the_world_outside() {
    let introspection = Introspection::start().await;
    introspection.give("good", ALICE);
    let Some(dovecot) = dovecot::start(Setup::new(&introspection.url, &[ALICE, BOB])) else {
        return;
    };
    let Some(postfix) = postfix::start(&dovecot) else {
        return;
    };
    let mut talk = smtp(&postfix, &dovecot).await;
    talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(ALICE, "wrong")))
        .await;
    let told = talk.hear_until("334 ").await;
    assert!(challenge(&told[0][4..]).contains("401"));
    talk.say("").await;
    talk.hear_until("535 5.7.8").await;
    talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(ALICE, "good")))
        .await;
    talk.hear_until("235 ").await;
    for (say, hear) in [
        ("MAIL FROM:<bob@example.jp>", "250 "),
        ("RCPT TO:<alice@example.jp>", "553 5.7.1"),
        ("RSET", "250 "),
        ("MAIL FROM:<alice@example.jp>", "250 "),
        ("RCPT TO:<carol@elsewhere.example>", "554 5.7.1"),
        ("RCPT TO:<nobody@example.jp>", "550 5.1.1"),
    ] {
        talk.say(say).await;
        talk.hear_until(hear).await;
    }
}
