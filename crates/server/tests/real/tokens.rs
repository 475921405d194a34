//! Tokens that end before their time.

use sandbox::{Fault, FaultKind};
use serde_json::Value;

use crate::mail::short;
use crate::stage::{Plan, Stage};

fn grant_is(status: &str) -> impl Fn(&Value) -> bool {
    move |account| account["grant"]["status"] == status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_token_is_refreshed_once_and_a_revoked_grant_waits_for_a_new_consent() {
    let Some(mut stage) = Stage::set(Plan::default()).await else {
        return;
    };
    let (person, other) = (stage.plan.person, stage.plan.other);
    let mail = |subject: &str| short(other, person, subject);
    stage.dovecot.deliver(person, &mail("the first"));
    let mailbox = stage.connect().await;
    let account = mailbox.account.clone();
    stage.live(&account).await;
    assert_eq!(stage.refreshes(), (0, 0), "the consent's own token serves");

    // By the clock it is good for most of an hour; Dovecot learns otherwise at the next login.
    stage.sandbox.fault(Fault::new(FaultKind::ExpireAccess));
    stage.restart_dovecot();
    stage.dovecot.deliver(person, &mail("after a refresh"));
    mailbox.arrival("after a refresh").await;
    assert_eq!(stage.refreshes(), (1, 1), "one refresh, and it helped");

    // The same at Postfix: 334 with the challenge, 535, a fresh token, sent.
    stage.sandbox.fault(Fault::new(FaultKind::ExpireAccess));
    let order = mailbox.send(person, other, "sent after 535").await;
    mailbox.taken(&order, other).await;
    assert_eq!(stage.refreshes(), (2, 2));
    assert_eq!(stage.account(&account).await["grant"]["status"], "good");

    // The person takes the consent back. An open session lives on; the next login finds it out.
    stage.sandbox.fault(Fault::new(FaultKind::RevokeGrant));
    stage.restart_dovecot();
    let needs = grant_is("needs_consent");
    let told = stage.until("a consent is needed", &account, needs).await;
    assert!(told["grant"]["advice"]["cure"].is_string(), "{told:#}");
    assert_eq!(stage.refreshes(), (3, 2), "asked once, refused once");

    // Consent again: the same account, its mail still there, and the mail that came meanwhile.
    stage.dovecot.deliver(person, &mail("meanwhile"));
    let again = stage.connect().await;
    assert_eq!(again.account, account);
    again.arrival("meanwhile").await;
    assert_eq!(again.named("the first").await.len(), 1);
    let good = grant_is("good");
    stage.until("the grant is good", &account, good).await;
}
