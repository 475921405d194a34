//! Submission at both providers, line by line (transcripts.md C, D).

mod common;

use ProviderKind::{Google, Microsoft};
use common::tls::{Raw, xoauth2};
use common::*;
use sandbox::{Fault, FaultKind, ProviderKind, Sandbox};

const ALICE: &str = "alice@example.com";
const CAROL: &str = "carol@contoso.example";

async fn token(sandbox: &Sandbox, provider: ProviderKind, address: &str) -> String {
    tokens(sandbox, provider, address)
        .await
        .member("access_token")
        .to_owned()
}

async fn logged_in(sandbox: &Sandbox, provider: ProviderKind, address: &str) -> Raw {
    let token = token(sandbox, provider, address).await;
    let port = match provider {
        Google => &sandbox.google.smtp_implicit,
        Microsoft => &sandbox.microsoft.smtp_implicit,
    };
    let mut raw = Raw::tls(sandbox, port).await;
    raw.line().await;
    raw.reply("EHLO client.example").await;
    assert_eq!(raw.reply("AUTH XOAUTH2").await, ["334 "]);
    let said = raw.reply(&xoauth2(address, &token)).await;
    assert!(said[0].starts_with("235 2.7.0 A"), "{said:?}");
    raw
}

async fn send(raw: &mut Raw, from: &str, to: &str, id: &str) -> Vec<String> {
    raw.reply(&format!("MAIL FROM:<{from}> SIZE=100")).await;
    raw.reply(&format!("RCPT TO:<{to}>")).await;
    let go = raw.reply("DATA").await;
    if !go[0].starts_with("354") {
        return go;
    }
    raw.reply(&format!(
        "From: <{from}>\r\nTo: <{to}>\r\nBcc: x@example.net\r\nMessage-ID: <{id}>\r\n\r\n..dot\r\n."
    ))
    .await
}

fn count(sandbox: &Sandbox, address: &str, folder: &str) -> u64 {
    sandbox.state()["mailboxes"][address]["folders"][folder]["messages"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn gmail_over_starttls_takes_a_mail_delivers_it_and_files_sent() {
    let sandbox = sandbox().await;
    let token = token(&sandbox, Google, ALICE).await;
    let (mut raw, said) = Raw::starttls(&sandbox, &sandbox.google.smtp).await;
    let id = said[0]
        .strip_prefix("220 smtp.gmail.com ESMTP ")
        .unwrap()
        .to_owned();
    assert_eq!(
        said[1..],
        [
            "250-smtp.gmail.com at your service, [192.0.2.10]",
            "250-SIZE 35882577",
            "250-8BITMIME",
            "250-STARTTLS",
            "250-ENHANCEDSTATUSCODES",
            "250-PIPELINING",
            "250-CHUNKING",
            "250 SMTPUTF8",
            "220 2.0.0 Ready to start TLS",
        ]
    );
    let said = raw.reply("EHLO client.example").await;
    assert_eq!(
        said[3],
        "250-AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH"
    );
    assert_eq!(raw.reply("AUTH XOAUTH2").await, ["334 "]);
    assert_eq!(
        raw.reply(&xoauth2(ALICE, &token)).await,
        ["235 2.7.0 Accepted"]
    );
    assert_eq!(
        raw.reply("MAIL FROM:alice@example.com").await,
        [format!("555 5.5.2 Syntax error. {id}")]
    );
    assert_eq!(
        raw.reply("MAIL FROM:<alice@example.com>").await,
        [format!("250 2.1.0 OK {id}")]
    );
    assert_eq!(
        raw.reply("RCPT TO:<carol@contoso.example>").await,
        [format!("250 2.1.5 OK {id}")]
    );
    assert_eq!(
        raw.reply("RCPT TO:<somebody@example.net>").await,
        [format!("250 2.1.5 OK {id}")]
    );
    assert_eq!(raw.reply("DATA").await, [format!("354 Go ahead {id}")]);
    let said = raw.reply("From: alice@example.com\r\nTo: carol@contoso.example\r\nBcc: somebody@example.net\r\nMessage-ID: <m1@example.com>\r\n\r\n..dot\r\n.").await;
    assert_eq!(said, [format!("250 2.0.0 OK {NOW} {id}")]);
    assert_eq!(
        raw.reply("QUIT").await,
        [format!("221 2.0.0 closing connection {id}")]
    );
    assert_eq!(count(&sandbox, ALICE, "[Gmail]/Sent Mail"), 1);
    let received = sandbox.messages(CAROL, Some("INBOX"));
    let text = received["items"][0]["raw"].as_str().unwrap();
    assert!(
        text.ends_with("\r\n\r\n.dot\r\n") && !text.contains("Bcc"),
        "{text}"
    );
    assert_eq!(
        sandbox.messages("*", None)["items"][0]["to"],
        "somebody@example.net"
    );
}

#[tokio::test]
async fn gmail_answers_a_bad_token_with_a_challenge_and_two_lines() {
    let sandbox = sandbox().await;
    let mut raw = Raw::tls(&sandbox, &sandbox.google.smtp_implicit).await;
    let id = raw.line().await.replace("220 smtp.gmail.com ESMTP ", "");
    raw.reply("EHLO client.example").await;
    let said = raw.reply("MAIL FROM:<alice@example.com>").await;
    assert!(
        said[0].starts_with("530-5.7.0 Authentication Required."),
        "{said:?}"
    );
    let said = raw
        .reply(&format!("AUTH XOAUTH2 {}", xoauth2(ALICE, "wrong")))
        .await;
    assert!(said[0].starts_with("334 eyJzdGF0dXMiOiI0MDAi"));
    assert_eq!(
        raw.reply("").await,
        [
            "535-5.7.8 Username and Password not accepted. For more information, go to".to_owned(),
            format!("535 5.7.8  https://support.google.com/mail/?p=BadCredentials {id}"),
        ]
    );
}

#[tokio::test]
async fn exchange_speaks_its_own_words_with_a_token_of_its_size() {
    let sandbox = sandbox().await;
    let token = token(&sandbox, Microsoft, CAROL).await;
    let (mut raw, said) = Raw::starttls(&sandbox, &sandbox.microsoft.smtp).await;
    assert!(said[0].contains(".outlook.office365.com Microsoft ESMTP MAIL Service ready at Sun, 1 Mar 2026 00:00:00 +0000 [08D"), "{said:?}");
    assert_eq!(
        said[2..],
        [
            "250-SIZE 157286400",
            "250-PIPELINING",
            "250-DSN",
            "250-ENHANCEDSTATUSCODES",
            "250-STARTTLS",
            "250-8BITMIME",
            "250-BINARYMIME",
            "250-CHUNKING",
            "250 SMTPUTF8",
            "220 2.0.0 SMTP server ready",
        ]
    );
    let said = raw.reply("EHLO client.example").await;
    assert_eq!(said[5], "250-AUTH LOGIN XOAUTH2");
    assert_eq!(
        raw.reply("MAIL FROM:<carol@contoso.example>").await,
        ["530 5.7.57 Client not authenticated to send mail."]
    );
    // On one line: longer than 2,048 octets, which breaks servers with short buffers.
    let blob = xoauth2(CAROL, &token);
    assert!(blob.len() > 2_500);
    assert_eq!(
        raw.reply(&format!("AUTH XOAUTH2 {blob}")).await,
        ["235 2.7.0 Authentication successful"]
    );
    assert_eq!(
        raw.reply("MAIL FROM:<carol@contoso.example>").await,
        ["250 2.1.0 Sender OK"]
    );
    assert_eq!(
        raw.reply("RCPT TO:<alice@example.com>").await,
        ["250 2.1.5 Recipient OK"]
    );
    assert_eq!(
        raw.reply("DATA").await,
        ["354 Start mail input; end with <CRLF>.<CRLF>"]
    );
    let said = raw
        .reply("From: carol@contoso.example\r\nMessage-ID: <m1@example.com>\r\n\r\nx\r\n.")
        .await;
    assert!(
        said[0].starts_with("250 2.0.0 OK <m1@example.com> [Hostname=OS0PR01MB"),
        "{said:?}"
    );
    assert_eq!(count(&sandbox, CAROL, "Sent Items"), 1);
    assert_eq!(count(&sandbox, ALICE, "INBOX"), 1);
    assert_eq!(
        raw.reply("QUIT").await,
        ["221 2.0.0 Service closing transmission channel"]
    );
}

#[tokio::test]
async fn exchanges_refusals_of_a_login() {
    let sandbox = sandbox().await;
    let token = token(&sandbox, Microsoft, CAROL).await;
    let attempt = async |user: &str, token: &str| {
        let mut raw = Raw::tls(&sandbox, &sandbox.microsoft.smtp_implicit).await;
        raw.line().await;
        raw.reply("EHLO client.example").await;
        raw.reply(&format!("AUTH XOAUTH2 {}", xoauth2(user, token)))
            .await
            .concat()
    };
    let wrong = attempt(CAROL, "wrong").await;
    assert!(
        wrong.starts_with("535 5.7.3 Authentication unsuccessful [AM3PR05CA")
            && wrong.contains("2026-03-01T00:00:00.419Z 08D"),
        "{wrong}"
    );
    let shared = attempt("info@contoso.example", &token).await;
    assert!(shared.starts_with("535 5.7.3 "), "{shared}");
    sandbox.fault(Fault::new(FaultKind::SmtpAuthDisabledTenant).times(1));
    let tenant = attempt(CAROL, &token).await;
    assert!(tenant.starts_with("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. ["), "{tenant}");
    sandbox.fault(
        Fault::new(FaultKind::SmtpAuthDisabledMailbox)
            .of(CAROL)
            .times(1),
    );
    assert!(
        attempt(CAROL, &token)
            .await
            .contains("disabled for the Mailbox.")
    );
    let mut raw = Raw::tls(&sandbox, &sandbox.microsoft.smtp_implicit).await;
    raw.line().await;
    raw.reply("EHLO client.example").await;
    assert_eq!(
        raw.reply("AUTH XOAUTH2 AQ==").await,
        ["501 5.5.124 Invalid XOAUTH2 auth data"]
    );
}

#[tokio::test]
async fn exchange_denies_a_foreign_sender_in_two_kilobytes_and_lets_a_right_pass() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox, Microsoft, CAROL).await;
    let said = send(&mut raw, "ichiro@contoso.example", ALICE, "m1@example.com").await;
    assert!(said[0].starts_with("554 5.2.252 SendAsDenied; carol@contoso.example not allowed to send as ichiro@contoso.example; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; "), "{said:?}");
    assert!(said[0].len() > 1_900);
    let said = send(&mut raw, "info@contoso.example", ALICE, "m2@example.com").await;
    assert!(
        said[0].starts_with("250 2.0.0 OK <m2@example.com>"),
        "{said:?}"
    );
    sandbox.fault(Fault::new(FaultKind::TooManyConnections).of(CAROL).times(1));
    let said = send(&mut raw, CAROL, ALICE, "m3@example.com").await;
    assert!(said[0].starts_with("432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [Hostname="), "{said:?}");
}

#[tokio::test]
async fn quota_missing_copy_and_a_lost_reply_come_on_command() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox, Google, ALICE).await;
    sandbox.fault(Fault::new(FaultKind::SendQuota).of(ALICE).times(1));
    let said = send(&mut raw, ALICE, CAROL, "m1@example.com").await;
    assert_eq!(
        said[0],
        "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail"
    );
    assert_eq!(said.len(), 3);
    sandbox.fault(Fault::new(FaultKind::NoSentCopy).of(ALICE).times(1));
    send(&mut raw, ALICE, CAROL, "m2@example.com").await;
    assert_eq!(
        (
            count(&sandbox, ALICE, "[Gmail]/Sent Mail"),
            count(&sandbox, CAROL, "INBOX")
        ),
        (0, 1)
    );
    sandbox.fault(Fault::new(FaultKind::LostDataReply).of(ALICE).times(1));
    assert_eq!(send(&mut raw, ALICE, CAROL, "m3@example.com").await, [""]);
    assert_eq!(
        (
            count(&sandbox, ALICE, "[Gmail]/Sent Mail"),
            count(&sandbox, CAROL, "INBOX")
        ),
        (1, 2)
    );
}

#[tokio::test]
async fn mail_to_oneself_is_one_message_with_two_labels_at_gmail() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox, Google, ALICE).await;
    send(&mut raw, ALICE, ALICE, "m1@example.com").await;
    for folder in ["INBOX", "[Gmail]/Sent Mail", "[Gmail]/All Mail"] {
        assert_eq!(count(&sandbox, ALICE, folder), 1, "{folder}");
    }
}
