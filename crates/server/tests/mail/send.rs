//! Mail out: once, whatever breaks; one copy in Sent; its end shown to the sender.

use sandbox::{Fault, FaultKind, NewPerson, Protocol, ProviderKind};
use serde_json::json;
use testing::program::{begin_with, call_back, decide, finished};
use testing::wait_for;

use sandbox::browser::Choice;

use crate::scene::{BOTH, CAROL, House, ICHIRO, INFO, Mailbox, PATIENCE, text};

const GUEST: &str = "guest@elsewhere.example";

/// How many mails of this subject went out to strangers.
fn gone(house: &House, subject: &str) -> usize {
    house.at_provider("*", None, subject).len()
}

/// The copies in Sent at the provider.
async fn sent_there(house: &House, mailbox: &Mailbox, subject: &str) -> usize {
    let name = text(&mailbox.folder("sent").await["name"]);
    let all = house.at_provider(&mailbox.address, None, subject);
    let of_sent = all
        .iter()
        .filter(|item| text(&item["folder"]).ends_with(&name));
    of_sent.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_mail_is_one_email_with_one_id_and_one_copy_at_the_provider() {
    let house = House::new().await;
    for (_, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        let subject = format!("one copy of {person}");
        let submission = mailbox.send(GUEST, &subject).await;
        let here = mailbox.with_subject(&subject).await;
        assert_eq!(here.len(), 1);
        let reply = mailbox.reply(&submission, GUEST).await;
        assert!(
            text(&reply["smtpReply"]).starts_with("250 2.0.0"),
            "{reply}"
        );
        wait_for("the copy at the provider", PATIENCE, async || {
            (sent_there(&house, &mailbox, &subject).await == 1).then_some(())
        })
        .await;
        // The copy was found and taken over: the email is the one that was written here.
        wait_for("the filing", PATIENCE, async || {
            let now = mailbox.with_subject(&subject).await;
            (now.len() == 1
                && now[0]["id"] == here[0]["id"]
                && now[0]["keywords"].get("$draft").is_none())
            .then_some(())
        })
        .await;
        assert_eq!(gone(&house, &subject), 1);
        let in_sent = mailbox.in_folder("sent").await;
        assert_eq!(
            in_sent
                .iter()
                .filter(|email| email["subject"] == subject.as_str())
                .count(),
            1
        );
        // A flag set now reaches the copy.
        mailbox.mark(&here[0], "$flagged", true).await;
        wait_for("the flag on the copy", PATIENCE, async || {
            let copies = house.at_provider(person, None, &subject);
            copies
                .iter()
                .any(|copy| copy["flags"].to_string().contains("Flagged"))
                .then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waits_survives_kill_nine_and_goes_once() {
    let mut house = House::new().await;
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    house.fault(FaultKind::SmtpAuthDisabledMailbox, ProviderKind::Microsoft);
    let submission = mailbox.send(GUEST, "patient").await;
    let account = house.until(&mailbox.id, "send", "later").await;
    assert_eq!(
        account["send"]["advice"]["cause_id"],
        "smtp-auth-disabled-mailbox"
    );
    assert_eq!(
        account["sync"]["status"], "live",
        "receiving is not touched"
    );
    house.tegata.kill();
    house.tegata.restart();
    house.sandbox.clear_faults(None);
    assert_eq!(
        mailbox.submission(&submission).await["undoStatus"],
        "pending"
    );
    let checked = house
        .member
        .post(&format!("/api/accounts/{}/check", mailbox.id), &json!({}))
        .await
        .ok();
    assert_eq!(
        crate::scene::step(&checked, "smtp_auth")["outcome"],
        "ok",
        "{checked}"
    );
    mailbox.reply(&submission, GUEST).await;
    assert_eq!(mailbox.submission(&submission).await["undoStatus"], "final");
    assert_eq!(gone(&house, "patient"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_up_after_the_final_dot_is_looked_up_and_not_sent_twice() {
    let house = House::new().await;
    for (provider, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        house
            .sandbox
            .fault(Fault::new(FaultKind::LostDataReply).at(provider).times(1));
        let submission = mailbox.send(GUEST, "unclear").await;
        wait_for("the end of the doubt", PATIENCE, async || {
            let now = mailbox.submission(&submission).await;
            (now["undoStatus"] == "final" && now["deliveryStatus"].get(GUEST).is_some())
                .then_some(())
        })
        .await;
        house.until(&mailbox.id, "send", "ready").await;
        assert_eq!(sent_there(&house, &mailbox, "unclear").await, 1);
    }
    assert_eq!(gone(&house, "unclear"), 2, "one for each person");
    assert_eq!(house.count("submissions"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_before_the_mail_is_tried_again_by_itself() {
    let house = House::new().await;
    for (provider, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        for bytes in [0, 60, 400] {
            let cut = Fault::new(FaultKind::HangUpAfterBytes).after_bytes(Protocol::Smtp, bytes);
            house.sandbox.fault(cut.at(provider).times(1));
            let subject = format!("cut after {bytes} at {person}");
            let submission = mailbox.send(GUEST, &subject).await;
            mailbox.reply(&submission, GUEST).await;
            assert_eq!(gone(&house, &subject), 1);
            house.sandbox.clear_faults(None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_not_allowed_fails_visibly_with_the_providers_words() {
    let house = House::new().await;
    let ichiro = |rights: &[&str]| NewPerson {
        rights: rights.iter().map(|right| (*right).to_owned()).collect(),
        ..NewPerson::new(ProviderKind::Microsoft, ICHIRO, "鈴木一郎")
    };
    house.sandbox.add_person(ichiro(&[INFO]));
    let body =
        json!({ "credential_id": house.microsoft, "address": ICHIRO, "mailbox_address": INFO });
    let begun = begin_with(&house.member, &body).await;
    let callback = decide(&house.member, &begun, &Choice::allow(ICHIRO)).await;
    let _ = call_back(&house.member, &callback).await.is(303);
    let done = finished(&house.member, &begun.connect_id).await;
    let info = house.mailbox(INFO, &done).await;
    house.until(&info.id, "sync", "live").await;
    house.sandbox.add_person(ichiro(&[]));
    let submission = info.send(GUEST, "not allowed").await;
    let reply = info.reply(&submission, GUEST).await;
    assert_eq!(reply["delivered"], "no");
    assert!(
        text(&reply["smtpReply"]).contains("SendAsDenied"),
        "{reply}"
    );
    assert_eq!(gone(&house, "not allowed"), 0);
    // It is this mail's trouble, not the mailbox's.
    assert_eq!(house.account(&info.id).await["send"]["status"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_before_the_login_costs_the_sender_nothing() {
    let house = House::new().await;
    for (provider, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        house.end_access_tokens(provider);
        let submission = mailbox.send(GUEST, "with a dead token").await;
        let reply = mailbox.reply(&submission, GUEST).await;
        assert!(text(&reply["smtpReply"]).starts_with("250"), "{reply}");
    }
    assert_eq!(gone(&house, "with a dead token"), 2);
}
