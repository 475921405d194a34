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
//! The rules are in [`step`]; here they meet the row, the endpoint and the clock. What always holds: a new
//! token is stored before anyone uses it, and a refresh that has begun goes on when its caller is gone, so
//! that no reply is lost with a closed browser.

pub mod step;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use store::credentials::{self, Credential};
use store::grants::{self, Grant, Status, Tokens};
use store::intervals::Cause;
use store::{Announcement, GrantId, Millis, accounts};
use wire::oauth::{self, TokenErrorKind};

use crate::advice::{self, Case, TokenStep};
use crate::cause::to_cause;
use crate::http::Failure;
use crate::profile::ProviderProfile;
use crate::{Error, Providers};
use step::{Action, Answer, Event, Outcome, State, View};

/// How long a caller waits for somebody else's refresh before looking again.
const BUSY_WAIT: Duration = Duration::from_millis(500);
/// The longest that a caller waits in all.
const LONGEST_ASK: Duration = Duration::from_secs(50);
/// Refreshes of the keeper that run at once.
const AT_ONCE: usize = 16;

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

/// What is remembered in this process, so that a token in hand costs no query.
#[derive(Default)]
pub(crate) struct Memory {
    tokens: Mutex<HashMap<GrantId, Fresh>>,
    flights: Mutex<HashMap<GrantId, Arc<tokio::sync::Mutex<()>>>>,
}

impl Memory {
    fn get(&self, id: GrantId, now: Millis, least_life: Millis) -> Option<Fresh> {
        let tokens = self
            .tokens
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        tokens
            .get(&id)
            .filter(|fresh| fresh.ends_at - now >= least_life)
            .cloned()
    }

    fn put(&self, id: GrantId, fresh: Fresh) {
        self.tokens
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .insert(id, fresh);
    }

    fn forget(&self, id: Option<GrantId>) {
        let mut tokens = self
            .tokens
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        match id {
            Some(id) => {
                tokens.remove(&id);
            }
            None => tokens.clear(),
        }
    }

    /// Callers of this process that want the same grant queue here and share the first one's answer.
    fn flight(&self, id: GrantId) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self
            .flights
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        flights.entry(id).or_default().clone()
    }
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
    if let Some(fresh) = providers
        .memory()
        .get(id, providers.store().now(), least_life)
    {
        return Ok(Answered::Fresh(fresh));
    }
    let providers = providers.clone();
    // In a task of its own: the reply of a refresh must be stored even when nobody waits for it any more.
    let task = tokio::spawn(async move { fly(&providers, id, least_life).await });
    task.await
        .unwrap_or_else(|_| Err(Error::Store(store::Error::BrokenOff)))
}

async fn fly(providers: &Providers, id: GrantId, least_life: Millis) -> Result<Answered, Error> {
    let flight = providers.memory().flight(id);
    let began = Instant::now();
    loop {
        let turn = flight.lock().await;
        if let Some(fresh) = providers
            .memory()
            .get(id, providers.store().now(), least_life)
        {
            return Ok(Answered::Fresh(fresh));
        }
        let mut heard = providers.store().listen();
        let outcome = run(providers, id, least_life).await?;
        drop(turn);
        let (grant, token) = read_token(providers, id).await?;
        let cause = grant.cause.clone().unwrap_or_else(|| Cause::new("network"));
        match outcome {
            Outcome::Fresh => {
                // Between the protocol's end and this look a person may have disconnected: then there is none.
                let (Some(token), Some(ends_at)) = (token, grant.access_ends_at) else {
                    continue;
                };
                let fresh = Fresh {
                    token,
                    ends_at,
                    version: grant.version,
                };
                providers.memory().put(id, fresh.clone());
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

/// What a flight knows besides the protocol's state.
struct Flight {
    grant: Grant,
    credential: Credential,
    owner: String,
    tokens: Option<Tokens>,
    refusal: Option<Case>,
}

/// Drives [`step::step`] once from looking to its end.
async fn run(providers: &Providers, id: GrantId, least_life: Millis) -> Result<Outcome, Error> {
    let store = providers.store();
    let mut flight = read_flight(providers, id).await?;
    let mut state = State::Looking;
    let mut event = Event::Read {
        now: store.now(),
        view: flight.view(providers).await?,
        least_life,
    };
    loop {
        let (next, action) = step::step(state, event);
        state = next;
        event = match action {
            Action::Read => {
                let kept = flight.refusal.take();
                flight = read_flight(providers, id).await?;
                flight.refusal = kept;
                Event::Read {
                    now: store.now(),
                    view: flight.view(providers).await?,
                    least_life,
                }
            }
            Action::TakeLease { version, until } => {
                let owner = flight.owner.clone();
                Event::Leased(
                    store
                        .write(move |tx| {
                            Box::pin(async move {
                                grants::take_lease(tx, id, version, &owner, until).await
                            })
                        })
                        .await?,
                )
            }
            Action::Ask { previous, within } => {
                let answer = flight.request(providers, previous, within).await?;
                Event::Answered {
                    now: store.now(),
                    answer,
                }
            }
            Action::Store { version, ahead } => {
                Event::Stored(flight.keep(providers, version, ahead).await?)
            }
            Action::GiveBack {
                version,
                status,
                next_try,
            } => {
                flight
                    .give_back(providers, version, status, next_try)
                    .await?;
                Event::GivenBack
            }
            Action::End => {
                return Ok(match state {
                    State::Ended(outcome) => outcome,
                    _ => Outcome::Later(store.now() + step::FIRST_WAIT),
                });
            }
        };
    }
}

async fn read_flight(providers: &Providers, id: GrantId) -> Result<Flight, Error> {
    let owner = format!(
        "{} {}",
        providers.store().node(),
        store::base32(&providers.store().world().random::<5>())
    );
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(grant) = grants::find(tx, id).await? else {
                    return Ok(None);
                };
                let credential = credentials::find(tx, grant.credential_id).await?;
                Ok(credential.map(|credential| (grant, credential)))
            })
        })
        .await?;
    let (grant, credential) = found.ok_or(Error::NoGrant)?;
    Ok(Flight {
        grant,
        credential,
        owner,
        tokens: None,
        refusal: None,
    })
}

impl Flight {
    async fn view(&self, providers: &Providers) -> Result<View, Error> {
        let id = self.grant.id;
        let has_previous = providers
            .store()
            .read(move |tx| {
                Box::pin(async move { Ok(grants::previous_refresh_token(tx, id).await?.is_some()) })
            })
            .await?;
        let grant = &self.grant;
        Ok(View {
            version: grant.version,
            status: grant.status,
            access_ends_at: grant.access_ends_at.filter(|_| grant.has_access_token),
            leased_until: grant.lease_until,
            not_before: grant.refresh_at.filter(|_| grant.failures > 0),
            failures: grant.failures,
            has_previous,
        })
    }

    async fn request(
        &mut self,
        providers: &Providers,
        previous: bool,
        within: Millis,
    ) -> Result<Answer, Error> {
        let (id, credential_id) = (self.grant.id, self.credential.id);
        let (token, secret) = providers
            .store()
            .read(move |tx| {
                Box::pin(async move {
                    let token = if previous {
                        grants::previous_refresh_token(tx, id).await?
                    } else {
                        grants::refresh_token(tx, id).await?
                    };
                    Ok((token, credentials::secret(tx, credential_id).await?))
                })
            })
            .await?;
        let profile = providers.profile(&self.credential.fields.provider)?;
        let (Some(token), Some(secret)) = (token, secret) else {
            return Ok(Answer::GrantRefused);
        };
        let scope = profile.refresh_scope(Some(&self.grant.scopes));
        let form = oauth::refresh_form(
            &self.credential.fields.client_id,
            Some(&secret),
            &token,
            scope.as_deref(),
        );
        let tenant =
            Some(self.credential.fields.tenant.as_str()).filter(|tenant| !tenant.is_empty());
        let deadline = Duration::from_millis(within.max(1_000).unsigned_abs());
        let reply = providers
            .http()
            .token(profile, &profile.token_url_for(tenant), &form, deadline)
            .await;
        let now = providers.store().now();
        Ok(match reply {
            Ok(reply) => {
                let access_ends_at = now + life_of(&reply);
                self.tokens = Some(Tokens {
                    access_token: reply.access_token,
                    access_ends_at,
                    refresh_token: reply.refresh_token,
                    refresh_ends_at: ends_at(now, reply.refresh_token_expires_in),
                    scopes: reply.scope,
                });
                Answer::Tokens { access_ends_at }
            }
            Err(Failure::Unreachable(words)) => {
                self.refusal = Some(self.facts(profile, Case::new("network").said(words)));
                Answer::None
            }
            Err(Failure::Refused(error)) => {
                let case = refresh_case(profile, &error, now - self.grant.created_at);
                self.refusal = Some(self.facts(profile, case));
                answer_of(&error)
            }
        })
    }

    fn facts(&self, profile: &ProviderProfile, case: Case) -> Case {
        case.with("provider", &profile.label)
            .with("address", &self.grant.subject.address)
            .with("credential", self.credential.id.to_string())
    }

    async fn keep(
        &mut self,
        providers: &Providers,
        version: i64,
        ahead: Millis,
    ) -> Result<bool, Error> {
        let Some(tokens) = self.tokens.take() else {
            return Ok(false);
        };
        let (id, credential, owner) = (self.grant.id, self.credential.id, self.owner.clone());
        // Spread: grants that were refreshed in one minute shall not all come back in one minute.
        let early = i64::try_from(
            providers
                .store()
                .world()
                .jitter((ahead / 5).max(1).unsigned_abs()),
        )
        .unwrap_or(0);
        let refresh_at = tokens.access_ends_at - ahead - early;
        let stored = providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let stored =
                        grants::renewed(tx, id, version, &owner, &tokens, refresh_at).await?;
                    if stored {
                        credentials::set_status(tx, credential, credentials::Status::Good, None)
                            .await?;
                    }
                    Ok(stored)
                })
            })
            .await?;
        providers.memory().forget(Some(id));
        Ok(stored)
    }

    async fn give_back(
        &mut self,
        providers: &Providers,
        version: i64,
        status: Option<Status>,
        next_try: Option<Millis>,
    ) -> Result<(), Error> {
        let (id, credential, owner) = (self.grant.id, self.credential.id, self.owner.clone());
        let case = self.refusal.take().unwrap_or_else(|| self.facts_only());
        let cause = to_cause(&case);
        let until = next_try.filter(|_| status == Some(Status::Throttled));
        let jitter = i64::try_from(providers.store().world().jitter(1_000)).unwrap_or(0);
        providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let turned = status.map(|status| (status, until, cause.clone()));
                    let next = next_try.map(|time| time + jitter);
                    let ours = grants::give_back(tx, id, version, &owner, turned, next).await?;
                    if ours && status == Some(Status::AppBroken) {
                        credentials::set_status(
                            tx,
                            credential,
                            credentials::Status::Broken,
                            Some(&cause),
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await?;
        tracing::warn!(grant.id = %id, cause = %case.cause_id, "a refresh brought no token");
        Ok(())
    }

    fn facts_only(&self) -> Case {
        Case::new("grant-ended").with("address", &self.grant.subject.address)
    }
}

/// Milliseconds that a new access token lives; an hour where the provider does not say.
pub(crate) fn life_of(reply: &oauth::TokenReply) -> Millis {
    i64::try_from(reply.expires_in.unwrap_or(3_600).min(7 * 24 * 3_600)).unwrap_or(3_600) * 1_000
}

/// A moment so many seconds from now.
pub(crate) fn ends_at(now: Millis, seconds: Option<u64>) -> Option<Millis> {
    seconds
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(|seconds| now.saturating_add(seconds.saturating_mul(1_000)))
}

fn answer_of(error: &oauth::TokenError) -> Answer {
    match error.kind {
        TokenErrorKind::InvalidGrant => Answer::GrantRefused,
        TokenErrorKind::InteractionRequired | TokenErrorKind::ConsentRequired => {
            Answer::PersonNeeded
        }
        TokenErrorKind::InvalidClient
        | TokenErrorKind::UnauthorizedClient
        | TokenErrorKind::InvalidScope
        | TokenErrorKind::InvalidRequest => Answer::AppRefused,
        TokenErrorKind::Throttled { retry_after } => Answer::Throttled {
            wait: retry_after
                .and_then(|seconds| i64::try_from(seconds).ok())
                .map(|seconds| seconds.saturating_mul(1_000)),
        },
        TokenErrorKind::Temporary | TokenErrorKind::NotJson | TokenErrorKind::Other => Answer::None,
    }
}

/// The case of a refused token request, with the words of the catalogue.
pub(crate) fn case_of(
    profile: &ProviderProfile,
    error: &oauth::TokenError,
    at: TokenStep,
    days: Option<u64>,
) -> Case {
    if error.kind == TokenErrorKind::NotJson {
        return Case::new("token-reply-unreadable").said(&error.provider_said);
    }
    let numbers: Vec<u32> = error
        .error_codes
        .iter()
        .filter_map(|code| u32::try_from(*code).ok())
        .collect();
    advice::token_error(&advice::TokenError {
        kind: profile.kind,
        at,
        status: error.status,
        error: error.error.as_deref().unwrap_or_default(),
        description: &error.provider_said,
        numbers: &numbers,
        subtype: error.error_subtype.as_deref().or(error.suberror.as_deref()),
        days_since_consent: days,
    })
}

fn refresh_case(profile: &ProviderProfile, error: &oauth::TokenError, age: Millis) -> Case {
    case_of(
        profile,
        error,
        TokenStep::Refresh,
        u64::try_from(age / (24 * 3_600_000)).ok(),
    )
}

/// Keeps all grants fresh: refreshes each ahead of its end, until the program ends.
pub async fn keep_fresh(providers: Providers) {
    let store = providers.store().clone();
    let mut heard = store.listen();
    let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    loop {
        let due = store
            .read(|tx| Box::pin(async move { grants::due(tx, 64).await }))
            .await;
        match due {
            Ok(due) if !due.is_empty() => {
                let mut flights = tokio::task::JoinSet::new();
                for id in due {
                    let Ok(turn) = turns.clone().acquire_owned().await else {
                        return;
                    };
                    let providers = providers.clone();
                    flights.spawn(async move {
                        let _turn = turn;
                        if let Err(error) = refresh(&providers, id, planned_life(&providers, id).await).await {
                            tracing::error!(grant.id = %id, %error, "a grant could not be kept fresh");
                        }
                    });
                }
                while flights.join_next().await.is_some() {}
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot see which grants are due; trying again"),
        }
        let next = store
            .read(|tx| Box::pin(async move { grants::next_due(tx).await }))
            .await
            .ok()
            .flatten();
        let wait = next.map_or(30_000, |next| (next - store.now()).clamp(250, 30_000));
        let _ = tokio::time::timeout(Duration::from_millis(wait.unsigned_abs()), async {
            while !matches!(
                heard.recv().await,
                Ok(Announcement::Grant(_) | Announcement::Anything)
            ) {}
        })
        .await;
    }
}

/// A planned refresh wants more life than the old token has: one millisecond more.
async fn planned_life(providers: &Providers, id: GrantId) -> Millis {
    let now = providers.store().now();
    let grant = providers
        .store()
        .read(move |tx| Box::pin(async move { grants::find(tx, id).await }))
        .await
        .ok()
        .flatten();
    grant
        .and_then(|grant| grant.access_ends_at)
        .map_or(step::LEAST_LIFE, |ends| {
            (ends - now + 1).max(step::LEAST_LIFE)
        })
}

/// Forgets tokens in memory when another process changed the grant, until the program ends.
pub async fn forget_changed(providers: Providers) {
    let mut heard = providers.store().listen();
    loop {
        match heard.recv().await {
            Ok(Announcement::Grant(id)) => providers.memory().forget(Some(id)),
            Ok(Announcement::Anything)
            | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                providers.memory().forget(None)
            }
            Ok(_) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Ends a grant by a person's order, when no account uses it any more. It is revoked at the provider only
/// where that hurts no other grant of the same person.
pub async fn end_grant(providers: &Providers, id: GrantId) -> Result<(), Error> {
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(grant) = grants::find(tx, id).await? else {
                    return Ok(None);
                };
                if !accounts::of_grant(tx, id).await?.is_empty() {
                    return Ok(None);
                }
                let Some(credential) = credentials::find(tx, grant.credential_id).await? else {
                    return Ok(None);
                };
                let others =
                    grants::others_of_subject(tx, &grant, &credential.fields.client_id).await?;
                let token = grants::refresh_token(tx, id).await?;
                Ok(Some((credential, others, token)))
            })
        })
        .await?;
    let Some((credential, others, token)) = found else {
        return Ok(());
    };
    let profile = providers.profile(&credential.fields.provider)?;
    if let (0, Some(url), Some(token)) = (others, &profile.revocation_url, &token)
        && let Err(failure) = providers.http().revoke(profile, url, token).await
    {
        tracing::warn!(grant.id = %id, ?failure, "the grant could not be revoked at the provider; it is forgotten here");
    }
    providers.memory().forget(Some(id));
    providers
        .store()
        .write(move |tx| Box::pin(async move { grants::remove(tx, id).await }))
        .await?;
    Ok(())
}
