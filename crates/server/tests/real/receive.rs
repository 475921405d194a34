//! What comes in, and the flags that go back.

use serde_json::{Value, json};
use testing::dovecot::Folders;
use testing::wait_for;

use crate::mail::{PATIENCE, SUBJECT, TEXT, flags, japanese, on_disk, short};
use crate::stage::{Plan, Stage};

/// Reads a mail, hears of the next by IDLE, and marks it: the same for both mechanisms.
async fn receives(plan: Plan) {
    let Some(stage) = Stage::set(plan).await else {
        return;
    };
    let (person, other) = (plan.person, plan.other);
    stage.dovecot.deliver(person, &japanese(other, person));
    let mailbox = stage.connect().await;
    let id = mailbox.arrival(SUBJECT).await;
    let wanted = json!({
        "ids": [id], "properties": ["subject", "bodyValues", "textBody"], "fetchTextBodyValues": true,
    });
    let got = mailbox.call("Email/get", wanted).await;
    let email = &got["list"][0];
    assert_eq!(email["subject"], SUBJECT);
    let part = email["textBody"][0]["partId"].as_str().unwrap_or_default();
    let text = email["bodyValues"][part]["value"].as_str();
    assert_eq!(text.unwrap_or_default().trim(), TEXT, "{email}");

    stage.live(&mailbox.account).await;
    stage
        .dovecot
        .deliver(person, &short(other, person, "while idle"));
    // The poll comes after a minute: what is there before that came by IDLE.
    let new = mailbox.arrival("while idle").await;

    let inbox = stage.maildir(person, "");
    let marked = async |wanted: &str| {
        wait_for(wanted, PATIENCE, async || {
            on_disk(&inbox)
                .into_iter()
                .find(|(path, text)| text.contains("while idle") && flags(path) == wanted)
        })
        .await;
    };
    mailbox.keyword(&new, "$seen", true).await;
    mailbox.keyword(&new, "$flagged", true).await;
    marked("FS").await;
    mailbox.keyword(&new, "$flagged", false).await;
    marked("S").await;
    let unread = |folder: &Value| folder["unreadEmails"].clone();
    assert_eq!(unread(&mailbox.folder("inbox").await), json!(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_japanese_mail_arrives_the_next_one_by_idle_and_flags_reach_the_maildir() {
    receives(Plan::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oauthbearer_serves_where_it_is_the_only_mechanism_and_folders_are_japanese() {
    let plan = Plan {
        mechanisms: "oauthbearer",
        folders: Folders::Japanese,
        swapped_tls: true,
        ..Plan::default()
    };
    receives(plan).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_idle_is_missing_the_next_mail_comes_with_the_poll_of_every_minute() {
    let plan = Plan {
        idle: false,
        ..Plan::default()
    };
    let Some(stage) = Stage::set(plan).await else {
        return;
    };
    let mailbox = stage.connect().await;
    stage.live(&mailbox.account).await;
    stage
        .dovecot
        .deliver(plan.person, &short(plan.other, plan.person, "by poll"));
    let minute_and_more = std::time::Duration::from_secs(90);
    wait_for("the poll", minute_and_more, async || {
        mailbox.named("by poll").await.into_iter().next()
    })
    .await;
}

#[test]
fn the_japanese_mail_is_what_it_says() {
    let read = wire::mime::read(&japanese("bob@example.com", "alice@example.com"));
    assert_eq!(read.headers.subject.as_deref(), Some(SUBJECT));
    assert_eq!(read.preview.trim(), TEXT);
}
