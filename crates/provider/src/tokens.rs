//! Access tokens that still work.
//!
//! Whoever logs in at a provider asks here. One caller refreshes a grant, the others wait and share the
//! answer: a refresh may hand out a new refresh token, and the old one may die with it.
//!
//!     fresh_token -> good for a while  -> Fresh
//!                 -> refresh -> stored -> Fresh
//!                            -> busy   -> waits, looks again
//!                            -> no answer, told to wait -> Later(when)
//!                            -> app refused             -> AppBroken, the credential is told
//!                            -> refused for good        -> NeedsConsent, announced
//!
//! The rules are in [`step`]; in `flight` they meet the row, the endpoint and the clock, behind `gate`, which keeps
//! to a pace for each credential; `keeper` refreshes ahead. What always holds: a new
//! token is stored before anyone uses it, and a refresh that has begun goes on when its caller is gone, so
//! that no reply is lost with a closed browser.

mod answer;
mod flight;
mod gate;
mod keeper;
mod memory;
pub(crate) mod secrets;
pub mod step;

use std::time::{Duration, Instant};

use secrecy::SecretString;
use store::grants::{self, Grant};
use store::intervals::Cause;
use store::{Announcement, GrantId, Millis};

use crate::{Error, Providers};
pub(crate) use answer::{case_of, ends_at, life_of};
use flight::run;
pub use keeper::{end_given_up, forget_changed, keep_fresh};
pub(crate) use memory::Memory;
pub use secrets::keep_trying;
use step::Outcome;

/// How long a caller waits for somebody else's refresh before looking again.
const BUSY_WAIT: Duration = Duration::from_millis(500);
/// The longest that a caller waits in all.
const LONGEST_ASK: Duration = Duration::from_secs(50);

/// A token that works.
#[derive(Clone)]
pub struct Fresh {
    /// For `Authorization: Bearer` and XOAUTH2.
    pub token: SecretString,
    /// When it ends.
    pub ends_at: Millis,
    /// Of which version of the grant: tells [`refused`] which token was meant.
    pub version: i64,
}

/// What became of asking for a token.
pub enum Answered {
    /// Here it is.
    Fresh(Fresh),
    /// Not now; worth another try then.
    Later(Millis, Cause),
    /// The credential is refused: an administrator must mend it.
    AppBroken(Cause),
    /// A person must consent again.
    NeedsConsent(Cause),
}

/// A token of this grant that still works for a while.
///
/// Errors: only the store's; everything the provider can say is an [`Answered`].
pub async fn fresh_token(providers: &Providers, id: GrantId) -> Result<Answered, Error> {
    ask(providers, id, step::LEAST_LIFE).await
}

/// Refreshes now, whatever life the token has left: for a check, or before its planned end.
pub async fn refresh(
    providers: &Providers,
    id: GrantId,
    least_life: Millis,
) -> Result<Answered, Error> {
    ask(providers, id, least_life).await
}

/// A server refused this token before its end: the next caller refreshes first.
pub async fn refused(providers: &Providers, id: GrantId, version: i64) -> Result<(), Error> {
    providers.memory().forget(Some(id));
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move { grants::access_token_refused(tx, id, version).await })
        })
        .await?;
    Ok(())
}

async fn ask(providers: &Providers, id: GrantId, least_life: Millis) -> Result<Answered, Error> {
    let world = providers.store().world();
    if let Some(fresh) = providers.memory().get(id, world, least_life) {
        return Ok(Answered::Fresh(fresh));
    }
    let providers = providers.clone();
    // In a task of its own: the reply of a refresh must be stored even when nobody waits for it any more.
    let now = providers.store().now();
    let task = tokio::spawn(async move { fly(&providers, id, least_life).await });
    match tokio::time::timeout(LONGEST_ASK + LONGEST_ASK, task).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(_)) => Err(Error::Store(store::Error::BrokenOff)),
        // The flight goes on, say until the database takes its tokens.
        Err(_) => Ok(Answered::Later(
            now + step::LONGEST_WAIT,
            Cause::new("network"),
        )),
    }
}

async fn fly(providers: &Providers, id: GrantId, least_life: Millis) -> Result<Answered, Error> {
    let flight = providers.memory().flight(id);
    let began = Instant::now();
    loop {
        let turn = flight.lock().await;
        let world = providers.store().world();
        if let Some(fresh) = providers.memory().get(id, world, least_life) {
            return Ok(Answered::Fresh(fresh));
        }
        let mut heard = providers.store().listen();
        let outcome = run(providers, id, least_life, None).await?;
        drop(turn);
        let (grant, token) = read_token(providers, id).await?;
        let cause = grant.cause.clone().unwrap_or_else(|| Cause::new("network"));
        match outcome {
            Outcome::Fresh => {
                // Between the protocol's end and this look a person may have disconnected: then there is none.
                let (Some(token), Some(ends_at)) = (token, grant.access_ends_at) else {
                    continue;
                };
                // Nor is a token any use whose end has come since.
                if ends_at <= providers.store().now() {
                    continue;
                }
                let fresh = Fresh {
                    token,
                    ends_at,
                    version: grant.version,
                };
                providers.memory().put(id, fresh.clone(), world);
                return Ok(Answered::Fresh(fresh));
            }
            Outcome::Busy(until) if began.elapsed() > LONGEST_ASK => {
                return Ok(Answered::Later(until, cause));
            }
            Outcome::Busy(_) => {
                let mine = async {
                    while !matches!(heard.recv().await, Ok(Announcement::Grant(heard)) if heard == id)
                    {
                    }
                };
                let _ = tokio::time::timeout(BUSY_WAIT, mine).await;
            }
            Outcome::Later(time) => return Ok(Answered::Later(time, cause)),
            Outcome::AppBroken => return Ok(Answered::AppBroken(cause)),
            Outcome::NeedsConsent => return Ok(Answered::NeedsConsent(cause)),
        }
    }
}

async fn read_token(
    providers: &Providers,
    id: GrantId,
) -> Result<(Grant, Option<SecretString>), Error> {
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(grant) = grants::find(tx, id).await? else {
                    return Ok(None);
                };
                Ok(Some((grant, grants::access_token(tx, id).await?)))
            })
        })
        .await?;
    found.ok_or(Error::NoGrant)
}
