//! Sending through Postfix, and the one copy in Sent that Dovecot does not make by itself.

use std::time::Duration;

use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use testing::wait_for;

use crate::mail::{Mailbox, PATIENCE, on_disk, short, subject_of};
use crate::stage::{Plan, Stage};

/// The copy is put into Sent a minute after the mail was taken.
const FILING: Duration = Duration::from_secs(80);

/// Sends a mail and waits until it is in the other's Maildir: its octets.
async fn sends(stage: &Stage, mailbox: &Mailbox, subject: &str) -> String {
    let (person, other) = (stage.plan.person, stage.plan.other);
    let order = mailbox.send(person, other, subject).await;
    let reply = mailbox.taken(&order, other).await;
    assert!(reply.starts_with("250 2.0.0"), "{reply}");
    let theirs = stage.maildir(other, "");
    wait_for("the mail is delivered", PATIENCE, async || {
        let all = on_disk(&theirs).into_iter();
        all.map(|(_, raw)| raw)
            .find(|raw| subject_of(raw).as_deref() == Some(subject))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oauthbearer_sends_a_mail_whole_and_learns_of_a_token_that_ended() {
    let plan = Plan {
        mechanisms: "oauthbearer",
        swapped_tls: true,
        ..Plan::default()
    };
    let Some(mut stage) = Stage::set(plan).await else {
        return;
    };
    let mailbox = stage.connect().await;
    stage.live(&mailbox.account).await;
    let raw = sends(&stage, &mailbox, "ご返答 ①").await;
    let dot = wire::mime::read(raw.as_bytes()).preview;
    assert!(dot.contains("お見積りをお送りします。 . 佐藤"), "{raw}");

    // A token that ended is refused with `{"status":"invalid_token"}`: one refresh for each direction.
    stage.sandbox.fault(Fault::new(FaultKind::ExpireAccess));
    sends(&stage, &mailbox, "失効のあと").await;
    assert_eq!(stage.refreshes(), (1, 1));
    stage.sandbox.fault(Fault::new(FaultKind::ExpireAccess));
    stage.restart_dovecot();
    let later = short(plan.other, plan.person, "after a refresh");
    stage.dovecot.deliver(plan.person, &later);
    mailbox.arrival("after a refresh").await;
    assert_eq!(stage.refreshes(), (2, 2));
}

/// Microsoft's tokens are long (1.9 kB, 2.6 kB on the wire); these live 36 seconds, so that sessions end by
/// plan while the copy is waited for. This is the one slow test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_mail_is_filed_exactly_once_while_sessions_end_with_their_tokens() {
    let plan = Plan {
        kind: "microsoft",
        person: "carol@contoso.example",
        other: "ichiro@contoso.example",
        ..Plan::default()
    };
    let Some(stage) = Stage::set(plan).await else {
        return;
    };
    let (person, other) = (plan.person, plan.other);
    stage
        .sandbox
        .fault(Fault::new(FaultKind::ShortTokens).ms(36_000));
    let mailbox = stage.connect().await;
    stage.live(&mailbox.account).await;
    let subject = "お見積りをお送りします ①㈱髙橋";
    sends(&stage, &mailbox, subject).await;
    // The second mail does not wait for the first one's copy.
    sends(&stage, &mailbox, "追伸").await;
    let sent = stage.maildir(person, "Sent");
    assert!(on_disk(&sent).is_empty(), "Dovecot files nothing by itself");

    wait_for("both copies are in Sent", FILING, async || {
        (on_disk(&sent).len() >= 2).then_some(())
    })
    .await;
    let filed = |account: &Value| {
        let folders = account["folders"].as_array();
        let sent = folders.and_then(|all| all.iter().find(|folder| folder["role"] == "sent"));
        sent.is_some_and(|sent| sent["messages_there"] == 2 && sent["total"] == 2)
    };
    let account = &mailbox.account;
    stage.until("the copies are pulled", account, filed).await;
    assert_eq!(on_disk(&sent).len(), 2, "one copy each");
    let ids = mailbox.named(subject).await;
    assert_eq!(ids.len(), 1, "the copy and the email here are one");
    let wanted = json!({ "ids": ids, "properties": ["keywords", "mailboxIds"] });
    let got = mailbox.call("Email/get", wanted).await;
    let folder = mailbox.folder("sent").await;
    let folder = folder["id"].as_str().unwrap_or_default();
    assert_eq!(got["list"][0]["mailboxIds"], json!({ folder: true }));
    assert_eq!(got["list"][0]["keywords"], json!({ "$seen": true }));

    // More than a minute of tokens that end after 36 seconds: sessions were opened anew, and nobody noticed.
    assert!(stage.refreshes().1 >= 2, "{:?}", stage.refreshes());
    stage
        .dovecot
        .deliver(person, &short(other, person, "after the token's end"));
    mailbox.arrival("after the token's end").await;
    let told = stage.account(account).await;
    let seen = told["intervals"].as_array().expect("intervals");
    let bad = seen.iter().find(|interval| {
        let status = interval["status"].as_str().unwrap_or_default();
        matches!(status, "later" | "blocked" | "needs_consent" | "throttled")
    });
    assert!(bad.is_none(), "{told:#}");
    assert!(
        !stage.log().contains("a session ended"),
        "{}",
        stage.dovecot.log()
    );
}
