//! Sending, as far as a minute, a lease or a day matters.

use sandbox::{Fault, FaultKind, ProviderKind};
use store::submissions::{self, Status};

use crate::scene::{ALICE, CAROL, GUEST, PATIENCE, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_files_the_copy_is_given_none() {
    let scene = Scene::new().await;
    for person in [ALICE, CAROL] {
        let account = scene.connect(person).await;
        let id = scene.order(&account, "filed there").await;
        scene.until(&account, id, Status::Sent).await;
        scene.turn_clock(120);
        assert_eq!(scene.copies(person, "filed there").len(), 1);
        assert_eq!(scene.here(&account, "filed there").await, 1);
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_files_no_copy_is_given_exactly_one_after_a_minute() {
    let scene = Scene::new().await;
    scene.sandbox.fault(Fault::new(FaultKind::NoSentCopy));
    for person in [ALICE, CAROL] {
        let account = scene.connect(person).await;
        let id = scene.order(&account, "filed by us").await;
        let filing = scene.until(&account, id, Status::Filing).await;
        assert!(filing.delivery.contains("250"), "its end is known already");
        scene.turn_clock(30);
        assert_eq!(
            scene.copies(person, "filed by us").len(),
            0,
            "a minute has not passed"
        );
        // The clock goes on: a look that was under way counts its next one from here.
        testing::wait_for("the filing", PATIENCE, async || {
            scene.turn_clock(2);
            (scene.submission(&account, id).await.status == Status::Sent).then_some(())
        })
        .await;
        let copies = scene.copies(person, "filed by us");
        assert_eq!(copies.len(), 1, "{copies:?}");
        assert!(
            copies[0]["flags"].to_string().contains("Seen"),
            "{copies:?}"
        );
        assert_eq!(
            scene.here(&account, "filed by us").await,
            1,
            "the copy and the email are one"
        );
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_worker_may_have_sent_is_looked_for_and_not_sent_twice() {
    let scene = Scene::new().await;
    for person in [ALICE, CAROL] {
        let account = scene.connect(person).await;
        let id = scene.order_for_a_dead_worker(&account, "was it sent").await;
        let submission = scene.submission(&account, id).await;
        assert_eq!(submission.status, Status::Sending);
        let blob = scene.store().blobs().get(submission.blob_id).await;
        let raw = blob.expect("the store works").expect("the bytes are there");
        let filed = scene
            .sandbox
            .deliver_to(person, "sent", &raw, scene.sandbox.now(), &[], &[]);
        filed.expect("delivered");
        let sent = scene.count("submissions");
        scene.turn_clock(16 * 60);
        let done = scene.until(&account, id, Status::Sent).await;
        assert!(done.delivery.contains(GUEST), "{}", done.delivery);
        assert_eq!(scene.count("submissions"), sent, "nothing was sent again");
        assert_eq!(scene.copies(person, "was it sent").len(), 1);
        assert_eq!(scene.here(&account, "was it sent").await, 1);
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_at_data_is_waited_for_and_the_mail_goes_once() {
    let scene = Scene::new().await;
    let account = scene.connect(CAROL).await;
    scene.sandbox.fault(
        Fault::new(FaultKind::TooManyConnections)
            .at(ProviderKind::Microsoft)
            .times(1),
    );
    let id = scene.order(&account, "one too many").await;
    let waits = wait_with_cause(&scene, &account, id).await;
    assert_eq!(waits, "smtp-concurrent-limit");
    scene.turn_clock(62);
    scene.until(&account, id, Status::Sent).await;
    assert_eq!(scene.count("submissions"), 1);
    scene.close().await;
}

async fn wait_with_cause(
    scene: &Scene,
    account: &store::accounts::Account,
    id: store::SubmissionId,
) -> String {
    testing::wait_for("a cause", PATIENCE, async || {
        let now = scene.submission(account, id).await;
        (now.status == Status::Queued).then_some(now.cause?.id)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_quota_is_waited_for_and_a_mail_is_given_up_after_three_days() {
    let scene = Scene::new().await;
    for person in [ALICE, CAROL] {
        let account = scene.connect(person).await;
        scene
            .sandbox
            .fault(Fault::new(FaultKind::SendQuota).of(person));
        let goes = scene.order(&account, "goes tomorrow").await;
        assert_eq!(
            wait_with_cause(&scene, &account, goes).await,
            "smtp-daily-limit"
        );
        scene.sandbox.clear_faults(None);
        scene.turn_clock(24 * 3_600 + 5);
        scene.until(&account, goes, Status::Sent).await;
        scene
            .sandbox
            .fault(Fault::new(FaultKind::SendQuota).of(person));
        let never = scene.order(&account, "never goes").await;
        for _ in 0..4 {
            wait_with_cause(&scene, &account, never).await;
            let before = scene.submission(&account, never).await.attempts;
            scene.turn_clock(24 * 3_600 + 5);
            testing::wait_for("the next try", PATIENCE, async || {
                let now = scene.submission(&account, never).await;
                (now.attempts > before && now.status != Status::Sending).then_some(())
            })
            .await;
            if scene.submission(&account, never).await.status == Status::Failed {
                break;
            }
        }
        let failed = scene.until(&account, never, Status::Failed).await;
        assert!(failed.delivery.contains("\"no\""), "{}", failed.delivery);
        assert_eq!(scene.copies(person, "never goes").len(), 0);
        scene.sandbox.clear_faults(None);
    }
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_taken_back_in_time_is_not_sent() {
    let scene = Scene::new().await;
    let account = scene.connect(CAROL).await;
    scene
        .sandbox
        .fault(Fault::new(FaultKind::SmtpAuthDisabledMailbox));
    let id = scene.order(&account, "taken back").await;
    wait_with_cause(&scene, &account, id).await;
    let account_id = account.id;
    let canceled = scene
        .store()
        .write(move |tx| Box::pin(async move { submissions::cancel(tx, account_id, id).await }))
        .await;
    assert!(canceled.expect("the store works"));
    scene.sandbox.clear_faults(None);
    scene.turn_clock(3_600);
    let next = scene.order(&account, "the next").await;
    scene.until(&account, next, Status::Sent).await;
    assert_eq!(
        scene.submission(&account, id).await.status,
        Status::Canceled
    );
    assert_eq!(scene.count("submissions"), 1);
    scene.close().await;
}
