//! From a server's refusal to the state of an account's side.
//!
//! A passing fault does not show before it has lasted; what a fresh setting explains (mail apps switched on
//! take one to two hours, S-38) is `later` until two hours after the consent, then `blocked` under its real
//! name; what needs a person is `blocked` at once and tried again by itself once an hour.

use std::time::Duration;

use provider::Providers;
use provider::profile::Kind;
use provider::{advice, guide};
use store::accounts::{self, Account, SendStatus, SyncStatus};
use store::credentials::{self, Access};
use store::intervals::Cause;
use store::{Millis, Store, connects, failures, grants, guides, jobs};
use wire::outcome::{Outcome, Verdict};

/// Settings at Microsoft work after one to two hours.
pub const SETTLING: Millis = 2 * 3_600_000;
/// While a setting may be settling, it is tried this often.
pub const SETTLING_TRY: Duration = Duration::from_secs(300);
/// What needs a person is looked at this often.
pub const BLOCKED_TRY: Duration = Duration::from_secs(3600);
/// So many passing faults in a row do not show.
pub(crate) const PATIENCE: u32 = 3;

/// Refusals that a setting which has not settled yet explains.
pub fn can_be_delay(cause_id: &str) -> bool {
    matches!(
        cause_id,
        "exchange-not-connected"
            | "exchange-auth-failed"
            | "exchange-smtp-auth-failed"
            | "smtp-auth-disabled-tenant"
            | "smtp-auth-disabled-mailbox"
            | "smtp-auth-policy"
            | "gmail-imap-disabled-user"
            | "gmail-imap-disabled-domain"
            | "gmail-service-off"
    )
}

/// What follows from a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `None`: nothing to show yet.
    pub show: Option<Shown>,
    /// When to try again.
    pub again: Duration,
}

/// What people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Waiting; until then.
    Later(Millis),
    /// A person must act.
    Blocked,
}

/// Judges a refusal. Until `settled` a fresh setting may explain it (see [`settled`]); `failures` are the faults in a
/// row before.
pub fn judge(verdict: &Verdict, now: Millis, settled: Millis, failures: u32) -> Standing {
    if can_be_delay(verdict.cause_id) && now < settled {
        return Standing {
            show: Some(Shown::Later(settled)),
            again: SETTLING_TRY,
        };
    }
    match verdict.outcome {
        Outcome::Done => Standing {
            show: None,
            again: Duration::ZERO,
        },
        Outcome::Later { after } => {
            // A cut line is mended by the next try; only when that does not help the pause grows.
            let again = if passing(verdict.cause_id) && failures <= PATIENCE {
                back_off(failures)
            } else {
                after.max(back_off(failures))
            };
            if can_be_delay(verdict.cause_id) && failures >= PATIENCE {
                // It had its two hours, and it lasts: a person must look. A passing one ends by itself all the same.
                return Standing {
                    show: Some(Shown::Blocked),
                    again: SETTLING_TRY,
                };
            }
            let until = now + i64::try_from(again.as_millis()).unwrap_or(i64::MAX / 2);
            let long = again >= Duration::from_secs(60);
            let show = (failures >= PATIENCE || long && !passing(verdict.cause_id))
                .then_some(Shown::Later(until));
            Standing { show, again }
        }
        Outcome::NeedsPerson | Outcome::Broken => Standing {
            show: Some(Shown::Blocked),
            // Postfix with Dovecot says the same words when the token could not be checked at all.
            again: if verdict.cause_id == "smtp-auth-failed" {
                SETTLING_TRY
            } else {
                BLOCKED_TRY
            },
        },
    }
}

/// Faults of the way, not of the mailbox.
fn passing(cause_id: &str) -> bool {
    cause_id.starts_with("net-")
        || matches!(
            cause_id,
            "imap-bye"
                | "imap-unavailable"
                | "gmail-system-error"
                | "exchange-connection-closed"
                | "exchange-server-unavailable"
                | "message-too-large"
        )
}

/// Seconds that double: 1, 2, 4 … up to five minutes.
pub fn back_off(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.min(9)).min(Duration::from_secs(300))
}

/// Until when a refusal may be a setting that is still on its way: two hours from the last consent, or as long as the
/// guide says of a card that somebody did, whichever is later.
pub async fn settled(providers: &Providers, account: &Account) -> store::Result<Millis> {
    let (id, created, provider) = (account.id, account.created_at, account.provider.clone());
    let profile = providers.profile(&provider);
    let kind = profile.map_or(Kind::Generic, |profile| profile.kind);
    providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let consented = connects::last_consent(tx, id).await?.unwrap_or(created);
                let mut settled = consented + SETTLING;
                for (card, (done_at, _)) in guides::find(tx, &provider).await?.cards {
                    if let Some(time) = guide::mail_settles_in(kind, &card) {
                        settled = settled.max(done_at + time);
                    }
                }
                Ok(settled)
            })
        })
        .await
}

/// Phases of SMTP whose refusal is the mailbox's; one of sender, recipient or content is a mail's.
pub fn of_mailbox(phase: &str) -> bool {
    matches!(
        phase,
        "connect" | "tls" | "greeting" | "ehlo" | "starttls" | "auth"
    )
}

/// Counts a refusal for the health of its provider. That it could not be counted stands in nobody's way.
pub async fn count(providers: &Providers, account: &Account, cause: &Cause) {
    let profile = providers.profile(&account.provider);
    let kind = profile.map_or(Kind::Generic, |profile| profile.kind);
    let at = failures::Where {
        provider: account.provider.clone(),
        credential: cause
            .values
            .get("credential")
            .and_then(|id| id.parse().ok()),
        account: Some(account.id),
    };
    provider::failures::count(providers.store(), kind, at, vec![cause.clone()]).await;
}

/// Shows what was judged of receiving.
pub async fn show_sync(
    store: &Store,
    account: &Account,
    standing: &Standing,
    cause: Cause,
) -> store::Result<()> {
    let id = account.id;
    let Some(shown) = standing.show else {
        return Ok(());
    };
    store
        .write(move |tx| {
            Box::pin(async move {
                match shown {
                    Shown::Later(until) => {
                        accounts::set_sync(tx, id, SyncStatus::Later, Some(until), Some(&cause))
                            .await
                    }
                    Shown::Blocked => {
                        accounts::set_sync(tx, id, SyncStatus::Blocked, None, Some(&cause)).await
                    }
                }
            })
        })
        .await
}

/// Shows what was judged of sending, and orders the next try: nobody has to send a mail to find out that a
/// setting has settled.
pub async fn show_send(
    store: &Store,
    account: &Account,
    standing: &Standing,
    cause: Cause,
) -> store::Result<()> {
    let id = account.id;
    let Some(shown) = standing.show else {
        // A passing fault on top of a refusal: the refusal stays, and so does the next try.
        return look_again(store, account).await;
    };
    let again = i64::try_from(standing.again.as_millis()).unwrap_or(0);
    store
        .write(move |tx| {
            Box::pin(async move {
                let (status, until) = match shown {
                    Shown::Later(until) => (SendStatus::Later, Some(until)),
                    Shown::Blocked => (SendStatus::Blocked, None),
                };
                accounts::set_send(tx, id, status, until, Some(&cause)).await?;
                let run_at = tx.now() + again;
                jobs::add_once(tx, crate::checks::SEND_CHECK, id.0, run_at).await?;
                Ok(())
            })
        })
        .await
}

/// Orders the next try of sending for as long as it is refused.
pub async fn look_again(store: &Store, account: &Account) -> store::Result<()> {
    let id = account.id;
    let again = i64::try_from(SETTLING_TRY.as_millis()).unwrap_or(0);
    store
        .write(move |tx| {
            Box::pin(async move {
                let now = accounts::find(tx, id).await?;
                if now.is_some_and(|now| now.send.status != SendStatus::Ready) {
                    let run_at = tx.now() + again;
                    jobs::add_once(tx, crate::checks::SEND_CHECK, id.0, run_at).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The cause of a refusal, with what the sentences and cards need. With app-only access the same words of
/// Exchange have causes of their own: there is no person who could have signed in wrongly.
pub async fn cause(
    providers: &Providers,
    account: &Account,
    cause_id: &str,
    said: Option<&str>,
) -> store::Result<Cause> {
    let grant = account.grant_id;
    let credential = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                match grants::find(tx, grant).await? {
                    Some(grant) => credentials::find(tx, grant.credential_id).await,
                    None => Ok(None),
                }
            })
        })
        .await?;
    let app_only = credential
        .as_ref()
        .is_some_and(|credential| credential.fields.access == Access::AppOnly);
    let cause_id = match app_only {
        true => advice::app_only(cause_id, None).unwrap_or(cause_id),
        false => cause_id,
    };
    let mut cause = Cause::new(cause_id)
        .with("address", &account.mailbox_address)
        .with("person", &account.smtp_user)
        .with("sender", &account.sender_address)
        .with("account", account.id);
    if let Some(credential) = credential {
        cause = cause.with("credential", credential.id);
    }
    if let Ok(profile) = providers.profile(&account.provider) {
        cause = cause
            .with("provider", &profile.label)
            .with("guide", &profile.name);
    }
    Ok(match said {
        Some(said) => cause.said(said),
        None => cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(outcome: Outcome, cause_id: &'static str) -> Verdict {
        Verdict {
            outcome,
            cause_id,
            refresh_first: false,
        }
    }

    #[test]
    fn a_refusal_that_can_be_a_delay_waits_two_hours_and_then_is_blocked() {
        let refusal = verdict(Outcome::NeedsPerson, "smtp-auth-disabled-mailbox");
        assert_eq!(
            judge(&refusal, 1_000, SETTLING, 0).show,
            Some(Shown::Later(SETTLING))
        );
        assert_eq!(
            judge(&refusal, SETTLING, SETTLING, 0).show,
            Some(Shown::Blocked)
        );
    }

    #[test]
    fn no_way_to_the_mailbox_is_a_delay_then_a_hiccup_and_blocked_when_it_lasts() {
        let minute = Outcome::Later {
            after: Duration::from_secs(60),
        };
        let refusal = verdict(minute, "exchange-not-connected");
        let shown = |now, failures| judge(&refusal, now, SETTLING, failures).show;
        assert_eq!(shown(1_000, 9), Some(Shown::Later(SETTLING)));
        assert_eq!(shown(SETTLING, 0), Some(Shown::Later(SETTLING + 60_000)));
        assert_eq!(shown(SETTLING, PATIENCE), Some(Shown::Blocked));
    }

    #[test]
    fn a_passing_fault_shows_only_when_it_lasts() {
        let fault = verdict(
            Outcome::Later {
                after: Duration::from_secs(60),
            },
            "net-closed",
        );
        assert_eq!(judge(&fault, 0, 0, 0).show, None);
        assert!(matches!(judge(&fault, 0, 0, 4).show, Some(Shown::Later(_))));
    }

    #[test]
    fn a_provider_that_asks_to_wait_is_shown_at_once_with_its_time() {
        let throttled = verdict(
            Outcome::Later {
                after: Duration::from_secs(300),
            },
            "exchange-throttled",
        );
        assert_eq!(judge(&throttled, 0, 0, 0).show, Some(Shown::Later(300_000)));
    }
}
