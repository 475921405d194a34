//! The provider's own token check is down: nobody is disconnected by that.

use sandbox::{Fault, FaultKind};
use testing::wait_for;

use crate::mail::{PATIENCE, on_disk, short};
use crate::stage::{Plan, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_token_check_costs_no_grant_and_ends_by_itself() {
    let Some(mut stage) = Stage::set(Plan::default()).await else {
        return;
    };
    let (person, other) = (stage.plan.person, stage.plan.other);
    let mailbox = stage.connect().await;
    let account = mailbox.account.clone();
    stage.live(&account).await;

    // Dovecot says NO [UNAVAILABLE] without a challenge.
    stage
        .sandbox
        .fault(Fault::new(FaultKind::IntrospectionDown));
    stage.restart_dovecot();
    wait_for("the refusal is logged", PATIENCE, async || {
        let log = stage.log();
        log.contains("imap-unavailable").then_some(())
    })
    .await;
    assert_eq!(stage.refreshes(), (0, 0), "no token is to blame");

    // Postfix says 535 as it does of a wrong token: one refresh is tried, and the mail is kept.
    let order = mailbox.send(person, other, "held back").await;
    let blocked = |account: &serde_json::Value| account["send"]["status"] == "blocked";
    let told = stage.until("sending is blocked", &account, blocked).await;
    assert_eq!(told["grant"]["status"], "good", "{told:#}");
    assert_ne!(told["sync"]["status"], "blocked", "{told:#}");
    assert_eq!(stage.refreshes(), (1, 1));

    let down = Some(FaultKind::IntrospectionDown);
    stage.sandbox.clear_faults(down);
    stage
        .dovecot
        .deliver(person, &short(other, person, "after the outage"));
    mailbox.arrival("after the outage").await;
    stage.live(&account).await;
    // It would be tried again by itself in five minutes; a person need not wait for that.
    stage.check(&account).await;
    let reply = mailbox.taken(&order, other).await;
    assert!(reply.starts_with("250"), "{reply}");
    let theirs = stage.maildir(other, "");
    wait_for("the mail is delivered", PATIENCE, async || {
        (on_disk(&theirs).len() == 1).then_some(())
    })
    .await;
}
