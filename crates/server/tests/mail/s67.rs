//! The manual's own case (S-67): an external, unverified Google app that belongs to a personal Gmail account, a
//! multi-tenant Microsoft app for organizations, three users, mail apps switched on user by user.

use sandbox::browser::{Choice, Refused, consent};
use sandbox::{
    Audience, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET,
    NewApp, NewPerson, ProviderKind,
};
use serde_json::json;
use testing::program::{begin, connect};

use crate::scene::{House, Mailbox, cause, step, text};

const USERS: [(&str, &str); 3] = [
    ("sato", "sato@contoso.example"),
    ("suzuki", "suzuki@contoso.example"),
    ("tanaka", "tanaka@contoso.example"),
];

fn user(address: &str, mail_apps: bool) -> NewPerson {
    NewPerson {
        imap: mail_apps,
        smtp: mail_apps,
        japanese: true,
        ..NewPerson::new(ProviderKind::Microsoft, address, "佐藤")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manuals_own_case_works_from_registration_to_mail() {
    let house = House::new().await;
    let uris = vec![format!("{}/common/cmn270.do", house.tegata.base)];
    house.sandbox.add_app(NewApp {
        redirect_uris: uris.clone(),
        audience: Audience::External,
        unverified: true,
        ..NewApp::new(ProviderKind::Google, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)
    });
    house.sandbox.add_app(NewApp {
        redirect_uris: uris,
        ..NewApp::new(
            ProviderKind::Microsoft,
            MICROSOFT_CLIENT_ID,
            MICROSOFT_CLIENT_SECRET,
        )
    });
    // Google: past "Google hasn't verified this app", which a person has to click through.
    let gmail = house.connect(crate::scene::ALICE).await;
    house.deliver(crate::scene::ALICE, "gmail works");
    gmail.arrived("gmail works").await;

    // Microsoft: nobody has mail apps switched on yet, and SMTP AUTH is off as it comes.
    let mut connected = Vec::new();
    for (login, address) in USERS {
        house.sandbox.add_person(user(address, false));
        let member = house.tegata.member(login).await;
        let done = connect(&member, &house.microsoft, address, Choice::allow(address)).await;
        assert_eq!(done["state"], "done", "{done}");
        assert_eq!(step(&done, "scopes")["outcome"], "ok");
        assert_eq!(step(&done, "imap")["outcome"], "warn", "{done}");
        assert_eq!(step(&done, "smtp")["outcome"], "warn", "{done}");
        assert_eq!(cause(&done, "smtp"), "smtp-auth-disabled-mailbox");
        let wait = step(&done, "imap")["advice"]["retry_after"].as_i64();
        assert!(
            wait.is_some_and(|seconds| (7_000..=7_200).contains(&seconds)),
            "{done}"
        );
        let path = format!("/api/accounts/{}", text(&done["account_id"]));
        let account = member.get(&path).await.ok();
        assert_eq!(account["grant"]["status"], "good");
        assert_eq!(account["sync"]["status"], "later");
        assert_eq!(account["send"]["status"], "later");
        assert!(account["sync"]["until"].is_string(), "{account}");
        connected.push((member, address, done));
    }
    let consents = house.count("authorizations");
    // The administrator switches them on, one user after the other; the last one stays off.
    for (member, address, done) in &connected[..2] {
        house.sandbox.add_person(user(address, true));
        let retry = format!("/api/connect/{}/retry", text(&done["id"]));
        let _ = member.post(&retry, &json!({})).await.is(202);
        let done = testing::program::finished(member, &text(&done["id"])).await;
        for name in ["imap", "smtp"] {
            assert_eq!(step(&done, name)["outcome"], "ok", "{done}");
        }
        let mailbox = Mailbox {
            address: (*address).to_owned(),
            id: text(&done["account_id"]),
            jmap: testing::program::Jmap::open(member).await,
        };
        house.deliver(address, "受信できます");
        testing::wait_for("mail", crate::scene::PATIENCE, async || {
            (!mailbox.in_folder("inbox").await.is_empty()).then_some(())
        })
        .await;
        let submission = mailbox.send("guest@elsewhere.example", "out it goes").await;
        let reply = mailbox.reply(&submission, "guest@elsewhere.example").await;
        assert!(text(&reply["smtpReply"]).starts_with("250"), "{reply}");
    }
    assert_eq!(
        house.count("authorizations"),
        consents,
        "no new consent was needed"
    );
    let (member, _, done) = &connected[2];
    let last = member
        .get(&format!("/api/accounts/{}", text(&done["account_id"])))
        .await
        .ok();
    assert_eq!(last["sync"]["status"], "later");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_in_testing_keeps_strangers_on_googles_own_page() {
    let house = House::new().await;
    house.sandbox.add_app(NewApp {
        redirect_uris: vec![format!("{}/common/cmn270.do", house.tegata.base)],
        audience: Audience::Testing,
        test_users: vec![crate::scene::ALICE.to_owned()],
        unverified: true,
        ..NewApp::new(ProviderKind::Google, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)
    });
    let begun = begin(&house.member, &house.google, crate::scene::BOB).await;
    let choice = Choice::allow(crate::scene::BOB);
    let refused = consent(&begun.authorization_url, &choice).await;
    assert!(
        matches!(refused, Err(Refused::Page { status: 403, .. })),
        "{refused:?}"
    );
    house.connect(crate::scene::ALICE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn smtp_auth_off_for_the_tenant_never_stops_receiving() {
    let house = House::new().await;
    let carol = crate::scene::CAROL;
    house.fault(
        sandbox::FaultKind::SmtpAuthDisabledTenant,
        ProviderKind::Microsoft,
    );
    let done = house.try_connect(carol).await;
    assert_eq!(done["state"], "done");
    assert_eq!(step(&done, "imap")["outcome"], "ok");
    assert_eq!(cause(&done, "smtp"), "smtp-auth-disabled-tenant");
    let mailbox = house.mailbox(carol, &done).await;
    let account = house.until(&mailbox.id, "sync", "live").await;
    assert_eq!(account["send"]["status"], "later");
    house.deliver(carol, "comes in");
    mailbox.arrived("comes in").await;
    // What is sent meanwhile waits, and goes when sending works.
    let submission = mailbox.send("guest@elsewhere.example", "waits").await;
    house.sandbox.clear_faults(None);
    let retry = format!("/api/connect/{}/retry", text(&done["id"]));
    let _ = house.member.post(&retry, &json!({})).await.is(202);
    mailbox.reply(&submission, "guest@elsewhere.example").await;
    house.until(&mailbox.id, "send", "ready").await;
}
