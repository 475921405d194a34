//! Sending: from the outbox to the provider, and one copy in Sent.
//!
//!     claimed -> SMTP -> taken   -> filing: look for the Message-ID in Sent for a minute, APPEND only if absent
//!                     -> later   -> queued again, at its time
//!                     -> unclear -> looked for in Sent; found: it has gone; else queued again
//!                     -> refused -> failed, with cause and words
//!
//! What always holds: one connection per mailbox at a time (Exchange allows three in all); what may have gone
//! is never sent again before Sent was looked at; the copy found there and the email here are one.

mod sent;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provider::Providers;
use serde::Deserialize;
use store::accounts::{self, Account, SendStatus};
use store::intervals::Side;
use store::submissions::{self, Status, Submission};
use store::{AccountId, Announcement, Millis};
use wire::outcome::Outcome;

use crate::net::Timeouts;
use crate::session::{self, NoSession};
use crate::smtp::{self, Envelope, Failure};
use crate::standing::{self, Shown};
use sent::{file, look_before_again};

/// A claimed submission's worker is believed dead after this.
const LEASE: Millis = 15 * 60_000;
/// A submission that cannot be handed in is given up after this.
const GIVE_UP: Millis = 3 * 24 * 3_600_000;

/// Sends what is due, until the program ends.
pub async fn run(providers: Providers) {
    let mut heard = providers.store().listen();
    let turns: Arc<Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>> = Arc::default();
    loop {
        let owner = providers.store().node().to_owned();
        let claimed = providers
            .store()
            .write(move |tx| Box::pin(async move { submissions::claim(tx, &owner, LEASE).await }))
            .await;
        match claimed {
            Ok(Some(submission)) => {
                let turn = {
                    let mut turns = turns
                        .lock()
                        .unwrap_or_else(|poisoned| poisoned.into_inner());
                    turns.retain(|_, turn| Arc::strong_count(turn) > 1);
                    turns.entry(submission.account_id).or_default().clone()
                };
                let providers = providers.clone();
                tokio::spawn(async move {
                    let _turn = turn.lock().await;
                    if !held(&providers, &submission).await {
                        return;
                    }
                    if let Err(error) = handle(&providers, &submission).await {
                        // The lease ends by itself and the submission is looked at again.
                        tracing::error!(submission.id = %submission.id, %error, "a submission could not be handled");
                    }
                });
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot look for mail to send; trying again"),
        }
        let next = providers
            .store()
            .read(|tx| Box::pin(async move { submissions::next_due(tx).await }))
            .await
            .ok()
            .flatten();
        let wait = next.map_or(30_000, |next| {
            (next - providers.store().now()).clamp(200, 30_000)
        });
        let _ = tokio::time::timeout(Duration::from_millis(wait.unsigned_abs()), async {
            while !matches!(
                heard.recv().await,
                Ok(Announcement::Submissions | Announcement::Anything)
            ) {}
        })
        .await;
    }
}

/// Whether the claim is still ours after the wait for its turn: with many mails before it, it may have run out.
async fn held(providers: &Providers, submission: &Submission) -> bool {
    let submission = submission.clone();
    let held = providers
        .store()
        .write(move |tx| Box::pin(async move { submissions::hold(tx, &submission, LEASE).await }))
        .await;
    held.unwrap_or(false)
}

#[derive(Deserialize)]
struct Addresses {
    mail_from: String,
    rcpt_to: Vec<String>,
}

async fn handle(providers: &Providers, submission: &Submission) -> anyhow::Result<()> {
    let id = submission.account_id;
    let account = providers
        .store()
        .read(move |tx| Box::pin(async move { accounts::find(tx, id).await }))
        .await?;
    let Some(account) = account else {
        return Ok(());
    };
    match submission.status {
        Status::Unclear => look_before_again(providers, &account, submission).await,
        Status::Filing => file(providers, &account, submission).await,
        _ => send(providers, &account, submission).await,
    }
}

async fn turn(
    providers: &Providers,
    submission: &Submission,
    status: Status,
    wait: Duration,
    cause: Option<store::intervals::Cause>,
    delivery: Option<String>,
) -> anyhow::Result<()> {
    let now = providers.store().now();
    // Nothing waits for ever: what cannot be handed in is told as failed, what has gone is done.
    let given_up = now - submission.send_at >= GIVE_UP;
    let status = match status {
        Status::Queued | Status::Unclear if given_up => Status::Failed,
        Status::Filing if given_up => Status::Sent,
        other => other,
    };
    let delivery = match status {
        Status::Failed if delivery.is_none() => {
            let said = cause.as_ref().and_then(|cause| cause.provider_said.clone());
            Some(self::delivery(
                &recipients(submission),
                &said.unwrap_or_default(),
                "no",
            ))
        }
        _ => delivery,
    };
    // The longer something does not work, the rarer it is tried.
    let wait = if submission.attempts > 20 {
        wait.max(Duration::from_secs(300))
    } else {
        wait
    };
    let run_at = now + i64::try_from(wait.as_millis()).unwrap_or(0);
    let submission = submission.clone();
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                submissions::turn(
                    tx,
                    &submission,
                    status,
                    run_at,
                    cause.as_ref(),
                    delivery.as_deref(),
                )
                .await
            })
        })
        .await?;
    Ok(())
}

async fn send(
    providers: &Providers,
    account: &Account,
    submission: &Submission,
) -> anyhow::Result<()> {
    let addresses: Addresses = serde_json::from_str(&submission.envelope)?;
    let Some(message) = providers.store().blobs().get(submission.blob_id).await? else {
        let cause = standing::cause(
            providers,
            account,
            "unknown-answer",
            Some("the message\'s bytes are missing from the blob store"),
        )
        .await?;
        return turn(
            providers,
            submission,
            Status::Failed,
            Duration::ZERO,
            Some(cause),
            None,
        )
        .await;
    };
    let token = match session::token(providers, account).await {
        Ok(token) => token,
        Err(NoSession::NoToken(cause)) => {
            return turn(
                providers,
                submission,
                Status::Queued,
                Duration::from_secs(60),
                Some(cause),
                None,
            )
            .await;
        }
        Err(error) => {
            tracing::warn!(submission.id = %submission.id, ?error, "a mail waits");
            let wait = Duration::from_secs(60);
            return turn(providers, submission, Status::Queued, wait, None, None).await;
        }
    };
    let Ok(profile) = providers.profile(&account.provider) else {
        let cause = standing::cause(providers, account, "provider-not-configured", None)
            .await?
            .with("provider", &account.provider);
        let wait = Duration::from_secs(300);
        return turn(
            providers,
            submission,
            Status::Queued,
            wait,
            Some(cause),
            None,
        )
        .await;
    };
    let (server, tls) = (&profile.smtp, profile.smtp_tls);
    let target = session::target(providers, profile, server, tls, Some(account.id));
    let envelope = Envelope {
        from: addresses.mail_from,
        to: addresses.rcpt_to.clone(),
    };
    let mut result = smtp::send(
        &target,
        &Timeouts::default(),
        &account.smtp_user,
        &token.token,
        &envelope,
        &message,
    )
    .await;
    if matches!(&result, Err(failure) if failure.refresh_first && !failure.unclear) {
        provider::tokens::refused(providers, account.grant_id, token.version).await?;
        if let Ok(token) = session::token(providers, account).await {
            result = smtp::send(
                &target,
                &Timeouts::default(),
                &account.smtp_user,
                &token.token,
                &envelope,
                &message,
            )
            .await;
        }
    }
    match result {
        Ok(sent) => {
            let id = account.id;
            providers
                .store()
                .write(move |tx| {
                    Box::pin(async move {
                        accounts::touched(tx, id, Side::Send).await?;
                        accounts::set_send(tx, id, SendStatus::Ready, None, None).await
                    })
                })
                .await?;
            let delivery = delivery(&addresses.rcpt_to, &sent.reply.to_string(), "unknown");
            turn(
                providers,
                submission,
                Status::Filing,
                Duration::ZERO,
                None,
                Some(delivery),
            )
            .await
        }
        Err(failure) => refused(providers, account, submission, &addresses.rcpt_to, &failure).await,
    }
}

/// RFC 8621, 7: what is known of each recipient.
fn delivery(recipients: &[String], reply: &str, delivered: &str) -> String {
    let all: serde_json::Map<String, serde_json::Value> = recipients
        .iter()
        .map(|to| (to.clone(), serde_json::json!({ "smtpReply": reply, "delivered": delivered, "displayed": "unknown" })))
        .collect();
    serde_json::Value::Object(all).to_string()
}

async fn refused(
    providers: &Providers,
    account: &Account,
    submission: &Submission,
    recipients: &[String],
    failure: &Failure,
) -> anyhow::Result<()> {
    let cause = standing::cause(
        providers,
        account,
        failure.cause_id,
        Some(&failure.provider_said),
    )
    .await?;
    standing::count(providers, account, &cause).await;
    tracing::info!(submission.id = %submission.id, cause = failure.cause_id, phase = failure.phase, unclear = failure.unclear, "a mail was not taken");
    if failure.unclear {
        return turn(
            providers,
            submission,
            Status::Unclear,
            Duration::from_secs(5),
            Some(cause),
            None,
        )
        .await;
    }
    let verdict = wire::outcome::Verdict {
        outcome: failure.outcome,
        cause_id: failure.cause_id,
        refresh_first: failure.refresh_first,
    };
    let now = providers.store().now();
    let settled = standing::settled(providers, account).await?;
    let attempts = u32::try_from(submission.attempts.max(1) - 1).unwrap_or(0);
    let judged = standing::judge(&verdict, now, settled, attempts);
    // A refusal at login is the mailbox's; one of sender, recipient or content is this mail's.
    let of_mailbox = standing::of_mailbox(failure.phase);
    if of_mailbox || of_all_mail(failure.cause_id, failure.phase) {
        standing::show_send(providers.store(), account, &judged, cause.clone()).await?;
    }
    let waits = matches!(failure.outcome, Outcome::Later { .. })
        || of_mailbox
        || matches!(judged.show, Some(Shown::Later(_)));
    if waits && now - submission.send_at < GIVE_UP {
        return turn(
            providers,
            submission,
            Status::Queued,
            judged.again,
            Some(cause),
            None,
        )
        .await;
    }
    let delivery = delivery(recipients, &failure.provider_said, "no");
    turn(
        providers,
        submission,
        Status::Failed,
        Duration::ZERO,
        Some(cause),
        Some(delivery),
    )
    .await
}

/// Refusals of one mail that every other mail of this mailbox would meet too. At a recipient the same words are the
/// recipient's.
fn of_all_mail(cause_id: &str, phase: &str) -> bool {
    phase != "rcpt-to"
        && matches!(
            cause_id,
            "smtp-daily-limit"
                | "smtp-sender-blocked"
                | "smtp-mailbox-full"
                | "smtp-concurrent-limit"
        )
}

fn recipients(submission: &Submission) -> Vec<String> {
    serde_json::from_str::<Addresses>(&submission.envelope)
        .map(|addresses| addresses.rcpt_to)
        .unwrap_or_default()
}
