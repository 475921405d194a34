//! From a notice to a mail of the system mailbox.
//!
//!     waiting, undeliverable -> [mail + submission + "queued", one commit] -> the submission goes, fails, or is gone
//!     no mailbox that works, no address -> undeliverable, told in the log once
//!
//! What always holds: the compare-and-set of the row decides who sends, so two nodes send one mail; a submission
//! survives restarts by itself (`sync::submissions`).

use access::NoLink;
use provider::Providers;
use provider::advice::{Case, Language};
use provider::cause::to_cause;
use provider::endings::DAY;
use secrecy::{ExposeSecret, SecretString};
use store::accounts::{self, SyncStatus};
use store::audit::Actor;
use store::grants::{self, Status as GrantStatus};
use store::intervals::Cause;
use store::notices::{self, Kind, Notice, Status};
use store::submissions::{self, NewSubmission, Status as Handed};
use store::users::{self, User};
use store::{EmailId, GrantId, Millis, Store, ThreadId, Tx, credentials, identities};
use wire::mime::{Address, DateTime, Draft, new_message_id};

use super::mailbox::{self, Sender};
use super::words::{self, Around};

/// Open notices that are looked at in one round.
const MOST: i64 = 10_000;
/// The wait after a mail that was refused for good; doubled each time.
const FIRST_WAIT: Millis = 3_600_000;
/// After so many refusals it is tried once a month.
const MOST_REFUSALS: i64 = 6;

/// Moves every open notice on by one step.
pub async fn deliver(providers: &Providers) -> store::Result<()> {
    let store = providers.store();
    let (open, sender) = store
        .read(|tx| {
            Box::pin(async move {
                let open = notices::open(tx, MOST).await?;
                Ok((open, mailbox::chosen(tx).await?))
            })
        })
        .await?;
    let trouble = mailbox::trouble(providers, sender.as_ref()).map(|case| to_cause(&case));
    for notice in open {
        match (notice.status, &trouble, &sender) {
            (Status::Queued, ..) => settle(store, &notice, sender.as_ref()).await?,
            (_, Some(why), _) => {
                let known = notice.status == Status::Undeliverable
                    && notice.why.as_ref().is_some_and(|old| old.id == why.id);
                if !known {
                    give_up(store, &notice, why.clone(), false, store.now()).await?;
                }
            }
            (_, None, Some(sender)) if is_due(&notice, store.now()) => {
                send(providers, &notice, sender).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What waited for a mailbox or an address goes as soon as there is one.
fn is_due(notice: &Notice, now: Millis) -> bool {
    let refused = notice
        .why
        .as_ref()
        .is_some_and(|why| !why.id.starts_with("system-mailbox-") && why.id != "notice-no-address");
    !refused || notice.run_at <= now
}

/// Looks what became of the submission.
async fn settle(store: &Store, notice: &Notice, sender: Option<&Sender>) -> store::Result<()> {
    let (Some(account), Some(submission)) = (notice.account_id, notice.submission_id) else {
        let id = notice.id;
        return store
            .write(move |tx| Box::pin(async move { notices::wait_again(tx, id).await }))
            .await;
    };
    let found = store
        .read(move |tx| Box::pin(async move { submissions::find(tx, account, submission).await }))
        .await?;
    let now = store.now();
    let id = notice.id;
    let carries = sender.is_some_and(|sender| sender.account.id == account && sender.works());
    match found {
        Some(handed) if matches!(handed.status, Handed::Filing | Handed::Sent) => {
            let at = handed.sent_at.unwrap_or(now);
            store
                .write(move |tx| Box::pin(async move { notices::sent(tx, id, at).await }))
                .await
        }
        Some(handed) if handed.status == Handed::Failed => {
            let why = handed.cause.unwrap_or_else(|| Cause::new("unknown-answer"));
            let wait = match notice.attempts {
                0..MOST_REFUSALS => FIRST_WAIT << notice.attempts,
                _ => 30 * DAY,
            };
            give_up(store, notice, why, true, now + wait).await
        }
        // The mailbox that should send it stopped, or another one was chosen: not by this way.
        Some(handed) if handed.status == Handed::Queued && !carries => {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        if submissions::cancel(tx, account, submission).await? {
                            notices::wait_again(tx, id).await?;
                        }
                        Ok(())
                    })
                })
                .await
        }
        Some(handed) if handed.status != Handed::Canceled => Ok(()),
        _ => {
            store
                .write(move |tx| Box::pin(async move { notices::wait_again(tx, id).await }))
                .await
        }
    }
}

/// Notes that it cannot be sent, and tells it in the log when that is news.
async fn give_up(
    store: &Store,
    notice: &Notice,
    why: Cause,
    failed: bool,
    run_at: Millis,
) -> store::Result<()> {
    let (of, why_id) = (notice.clone(), why.id.clone());
    let news = store
        .write(move |tx| {
            Box::pin(async move { notices::undeliverable(tx, &of, &why, failed, run_at).await })
        })
        .await?;
    if news {
        let title = words::title(&notice.of, Language::En);
        tracing::error!(notice.id = %notice.id, kind = notice.of.kind.word(), why = %why_id, "nobody was told by mail: {title}");
    }
    Ok(())
}

/// What became of an attempt.
enum Tried {
    Queued,
    /// Somebody was quicker, or it is no longer true.
    Passed,
    NoAddress(String),
}

async fn send(providers: &Providers, notice: &Notice, sender: &Sender) -> store::Result<()> {
    let store = providers.store();
    let (with, of, account) = (providers.clone(), notice.clone(), sender.account.clone());
    let tried = store
        .write(move |tx| {
            Box::pin(async move {
                let fresh = notices::find(tx, of.id).await?;
                let Some(user) = users::find(tx, of.of.user_id).await? else {
                    return Ok(Tried::Passed);
                };
                let open = |notice: &Notice| {
                    matches!(notice.status, Status::Waiting | Status::Undeliverable)
                };
                if !fresh.as_ref().is_some_and(open) || !is_true(tx, &of).await? {
                    return Ok(Tried::Passed);
                }
                let to = recipients(tx, &of, &user).await?;
                let Some(first) = to.addresses.first() else {
                    let name = crate::endings::shown_name(&user).to_owned();
                    return Ok(Tried::NoAddress(name));
                };
                let Some(identity) = identities::list(tx, account.id).await?.into_iter().next()
                else {
                    return Ok(Tried::Passed);
                };
                let link = link(tx, &of, &user, with.public_url()).await?;
                let around = Around {
                    public_url: with.public_url(),
                    name: "",
                    link: link.as_ref().map(|link| link.expose_secret()),
                    to_itself: to.itself,
                };
                let words = words::for_person(&of, &user, &around);
                let (bytes, message_id) =
                    mail(tx, &words, &identity.email, &to.addresses, of.of.kind);
                // Durable before the commit that names it.
                let blob_id = with.store().blobs().put(&bytes).await?;
                let (email, thread) = (tx.world().id(), tx.world().id());
                let new = NewSubmission {
                    account_id: account.id,
                    user_id: account.owner_id,
                    identity_id: identity.id,
                    email_id: EmailId(email),
                    thread_id: ThreadId(thread),
                    blob_id,
                    size: bytes.len(),
                    message_id,
                    mail_from: identity.email.clone(),
                    rcpt_to: to.addresses.clone(),
                    send_at: tx.now(),
                };
                let submission = submissions::add(tx, &new).await?;
                let ours = notices::queue(tx, of.id, first, account.id, submission).await?;
                if !ours {
                    // Rolls the submission back.
                    return Err(store::Error::BrokenOff);
                }
                Ok(Tried::Queued)
            })
        })
        .await;
    match tried {
        Ok(Tried::NoAddress(name)) => {
            let why = to_cause(&Case::new("notice-no-address").with("name", name));
            give_up(store, notice, why, false, store.now()).await
        }
        Ok(Tried::Queued | Tried::Passed) | Err(store::Error::BrokenOff) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A reconnect link for the person whose consent it takes; the others who read the mailbox could not use it.
async fn link(
    tx: &mut Tx,
    notice: &Notice,
    user: &User,
    public_url: &str,
) -> store::Result<Option<SecretString>> {
    if notice.of.kind != Kind::GrantDied {
        return Ok(None);
    }
    let grant = grants::find(tx, GrantId(notice.of.subject_id)).await?;
    let Some(grant) = grant.filter(|grant| grant.user_id == user.id) else {
        return Ok(None);
    };
    let Some(account) = accounts::of_grant(tx, grant.id).await?.into_iter().next() else {
        return Ok(None);
    };
    match access::reconnect_link(tx, &Actor::system(), account.id).await {
        Ok(made) => {
            let token = made.token.expose_secret();
            Ok(Some(format!("{public_url}/reconnect#{token}").into()))
        }
        Err(NoLink::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether what it tells is still so; an ending and a switch stay true.
async fn is_true(tx: &mut Tx, notice: &Notice) -> store::Result<bool> {
    Ok(match notice.of.kind {
        Kind::GrantDied => {
            let grant = grants::find(tx, GrantId(notice.of.subject_id)).await?;
            grant.is_some_and(|grant| {
                grant.status == GrantStatus::NeedsConsent
                    && (grant.status_since.to_string() == notice.of.occasion
                        || super::plan::is_asked(&notice.of))
            })
        }
        Kind::CredentialBroken => {
            let id = store::CredentialId(notice.of.subject_id);
            let credential = credentials::find(tx, id).await?;
            credential.is_some_and(|known| known.status == credentials::Status::Broken)
        }
        Kind::SecretEnds | Kind::GrantEnds | Kind::SecretSwitched => true,
    })
}

/// Where a notice goes.
struct Recipients {
    addresses: Vec<String>,
    /// Only to mailboxes that are stopped here; their owners read them at the provider.
    itself: bool,
}

/// The address of the person's profile. Where that is a mailbox of theirs which is stopped, also one that works;
/// where there is no other, the stopped one itself: it can be read in the provider's own web mail.
async fn recipients(tx: &mut Tx, notice: &Notice, user: &User) -> store::Result<Recipients> {
    let (mut works, mut stopped, mut subject) = (Vec::new(), Vec::new(), Vec::new());
    for (account, rights) in accounts::of_user(tx, user.id).await? {
        let grant = grants::find(tx, account.grant_id).await?;
        let lives = grant.is_some_and(|grant| {
            matches!(
                grant.status,
                GrantStatus::Good | GrantStatus::Refreshing | GrantStatus::Throttled
            )
        });
        if account.grant_id.0 == notice.of.subject_id {
            subject.push(account.sender_address.clone());
        }
        if lives && account.sync.status != SyncStatus::Blocked && rights.read {
            works.push(account.sender_address);
        } else {
            stopped.extend([account.mailbox_address, account.sender_address]);
        }
    }
    let profile = user.address.trim();
    let is_stopped = |address: &str| {
        stopped
            .iter()
            .any(|one: &String| one.eq_ignore_ascii_case(address))
    };
    if !profile.is_empty() && !is_stopped(profile) {
        return Ok(Recipients {
            addresses: vec![profile.to_owned()],
            itself: false,
        });
    }
    let mut addresses: Vec<String> = works.into_iter().take(1).collect();
    let itself = addresses.is_empty();
    if !profile.is_empty() {
        addresses.push(profile.to_owned());
    } else if itself {
        addresses.extend(subject.into_iter().take(1));
    }
    Ok(Recipients { addresses, itself })
}

/// The mail and its Message-ID. No program answers it (RFC 3834).
fn mail(tx: &Tx, words: &words::Words, from: &str, to: &[String], kind: Kind) -> (Vec<u8>, String) {
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let message_id = new_message_id(&tx.world().random(), domain);
    let address = |name: Option<&str>, email: &str| Address {
        name: name.map(str::to_owned),
        email: email.to_owned(),
    };
    let draft = Draft {
        from: vec![address(Some("Tegata"), from)],
        to: to.iter().map(|to| address(None, to)).collect(),
        subject: words.title.clone(),
        date: DateTime {
            unix: tx.now().div_euclid(1_000),
            offset_minutes: 0,
        },
        message_id: message_id.clone(),
        text: Some(words.text.clone()),
        extra: vec![
            ("Auto-Submitted".to_owned(), "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress".to_owned(), "All".to_owned()),
            ("X-Tegata-Notice".to_owned(), kind.word().to_owned()),
        ],
        ..Draft::default()
    };
    (draft.for_submission(&tx.world().random()), message_id)
}
