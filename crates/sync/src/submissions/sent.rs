//! The folder Sent: what may have gone is looked for there, and what has gone has exactly one copy there.

use std::time::Duration;

use provider::Providers;
use store::accounts::Account;
use store::submissions::{Status, Submission};
use store::{Millis, folders};
use wire::imap::SearchKey;

use super::{delivery, recipients, turn};
use crate::session::{self, NoSession};
use crate::{imap::Connection, pull};

/// The copy in Sent is waited for this long before it is put there.
const FILING: Millis = 60_000;
/// How often Sent is looked at before a mail is handed in again.
const LOOKS: [u64; 6] = [1, 2, 4, 8, 15, 30];

/// The connection broke after the end of the mail: is it in Sent?
pub(super) async fn look_before_again(
    providers: &Providers,
    account: &Account,
    submission: &Submission,
) -> anyhow::Result<()> {
    let mut session = match session::open(providers, account).await {
        Ok(session) => session,
        Err(_) => {
            return turn(
                providers,
                submission,
                Status::Unclear,
                Duration::from_secs(60),
                submission.cause.clone(),
                None,
            )
            .await;
        }
    };
    for wait in LOOKS {
        match is_in_sent(
            providers,
            account,
            &mut session.connection,
            &submission.message_id,
        )
        .await
        {
            Ok(Found::There(_)) => {
                let delivery = delivery(&recipients(submission), "", "unknown");
                return turn(
                    providers,
                    submission,
                    Status::Filing,
                    Duration::ZERO,
                    None,
                    Some(delivery),
                )
                .await;
            }
            Ok(Found::NotThere(_)) => tokio::time::sleep(Duration::from_secs(wait)).await,
            Ok(Found::NoSent) => {
                // Without a Sent folder nobody can tell whether it has gone; the list may only not be here yet.
                pull::take_over_folders(providers, account, &mut session.connection)
                    .await
                    .map_err(|error| anyhow::anyhow!("{error:?}"))?;
                let (id, role) = (account.id, "sent");
                let sent = providers
                    .store()
                    .read(move |tx| Box::pin(async move { folders::by_role(tx, id, role).await }))
                    .await?;
                if sent.is_none() {
                    let cause = submission.cause.clone();
                    return turn(
                        providers,
                        submission,
                        Status::Failed,
                        Duration::ZERO,
                        cause,
                        None,
                    )
                    .await;
                }
            }
            Err(_) => {
                return turn(
                    providers,
                    submission,
                    Status::Unclear,
                    Duration::from_secs(30),
                    submission.cause.clone(),
                    None,
                )
                .await;
            }
        }
    }
    turn(
        providers,
        submission,
        Status::Queued,
        Duration::ZERO,
        None,
        None,
    )
    .await
}

enum Found {
    There(folders::Folder),
    NotThere(folders::Folder),
    NoSent,
}

async fn is_in_sent(
    providers: &Providers,
    account: &Account,
    connection: &mut Connection,
    message_id: &str,
) -> Result<Found, NoSession> {
    let id = account.id;
    let sent = providers
        .store()
        .read(move |tx| Box::pin(async move { folders::by_role(tx, id, "sent").await }))
        .await?;
    let Some(sent) = sent else {
        return Ok(Found::NoSent);
    };
    let name = String::from_utf8_lossy(&sent.listed.wire_name).into_owned();
    connection.select(&name, false).await?;
    let key = SearchKey::Header("Message-ID".to_owned(), format!("<{message_id}>"));
    let hits = connection.search(&key).await?;
    Ok(if hits.is_empty() {
        Found::NotThere(sent)
    } else {
        Found::There(sent)
    })
}

/// Makes sure that there is exactly one copy in Sent. One look each time: whoever else waits to be sent from this
/// mailbox does not wait for the minute to pass.
pub(super) async fn file(
    providers: &Providers,
    account: &Account,
    submission: &Submission,
) -> anyhow::Result<()> {
    let age = providers.store().now() - submission.sent_at.unwrap_or(submission.send_at);
    let (status, wait) = look_and_file(providers, account, submission, age).await?;
    turn(providers, submission, status, wait, None, None).await
}

/// One look: what the submission is after it, and when it is looked at next.
async fn look_and_file(
    providers: &Providers,
    account: &Account,
    submission: &Submission,
    age: Millis,
) -> anyhow::Result<(Status, Duration)> {
    let later = |seconds| Ok((Status::Filing, Duration::from_secs(seconds)));
    let done = Ok((Status::Sent, Duration::ZERO));
    let Ok(mut session) = session::open(providers, account).await else {
        return later(60);
    };
    let connection = &mut session.connection;
    let found = is_in_sent(providers, account, connection, &submission.message_id).await;
    let result = match found {
        Ok(Found::There(sent)) => {
            // Pulled at once, so that the copy and the email here become one under people's eyes.
            if pull::pull(
                providers,
                account,
                connection,
                &sent,
                &mut pull::Strikes::default(),
            )
            .await
            .is_err()
            {
                tracing::debug!(account.id = %account.id, "the copy in Sent comes with the next round");
            }
            done
        }
        Ok(Found::NotThere(sent)) if age >= FILING => {
            let Some(message) = providers.store().blobs().get(submission.blob_id).await? else {
                return done;
            };
            let name = String::from_utf8_lossy(&sent.listed.wire_name).into_owned();
            let seen = ["\\Seen".to_owned()];
            match connection.append(&name, &seen, None, &message).await {
                Ok(_) => {
                    // Not looked for again: a search that does not know it yet would have it put there twice.
                    let mut strikes = pull::Strikes::default();
                    let _ = pull::pull(providers, account, connection, &sent, &mut strikes).await;
                    done
                }
                Err(error) => {
                    tracing::warn!(submission.id = %submission.id, "the copy could not be put into Sent: {error}");
                    later(300)
                }
            }
        }
        Ok(Found::NoSent) if age >= FILING => done,
        Ok(_) => Ok((Status::Filing, next_look(age))),
        Err(_) => return later(30),
    };
    let _ = session.connection.logout().await;
    result
}

/// At 0, 1, 2, 4 … seconds, and when the copy is due.
fn next_look(age: Millis) -> Duration {
    let wait = age.max(1_000).min(FILING - age);
    Duration::from_millis(wait.max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_rarer_and_the_last_comes_when_the_copy_is_due() {
        let mut age = 0;
        let mut looks = Vec::new();
        while age < FILING {
            looks.push(age);
            age += i64::try_from(next_look(age).as_millis()).unwrap();
        }
        assert_eq!(looks, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
        assert_eq!(age, FILING);
    }
}
