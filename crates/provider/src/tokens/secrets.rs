//! Which of a credential's secrets a token request takes.
//!
//!     ask: current -> taken                      -> as always
//!                  -> refused -> next, previous  -> one is taken   -> worked:  it becomes current, everybody goes on
//!                                                -> none is taken  -> refused: the credential is broken, all grants wait
//!     a trial: next -> taken or refused: that is noted, no more  -> then the current one, so that no grant suffers
//!     keep_trying: of a broken credential one grant in [`EVERY`], until the provider takes it again
//!
//! What always holds: all tries of one request are made within its one deadline; a reply with tokens is stored in
//! the commit that makes its secret current; what is said of a secret counts only while it is in its place. An
//! answer that judges no secret (no network, told to wait) moves none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::json;
use store::audit::{self, Actor};
use store::credentials::{self, Credential, Slot, Status};
use store::intervals::Cause;
use store::{CredentialId, GrantId, Millis, Store, Tx};
use wire::oauth::{Form, TokenErrorKind, TokenReply};

use super::answer::{answer_of, case_of};
use super::flight::run;
use super::step::{APP_BROKEN_WAIT, Answer, Outcome};
use super::{BUSY_WAIT, LONGEST_ASK};
use crate::advice::{Case, TokenStep};
use crate::cause::to_cause;
use crate::http::Failure;
use crate::profile::ProviderProfile;
use crate::{Error, Providers};

/// A broken credential is tried again so often, by one request.
const EVERY: Millis = 30_000;
/// With less time left no other secret is tried.
const LEAST_TIME: Duration = Duration::from_secs(1);
/// Longer than any access token lives: a trial always asks.
const WHATEVER_IS_LEFT: Millis = Millis::MAX / 4;

/// Refusals that hold for the app itself, not only for the grant that was told.
const OF_THE_APP: &[&str] = &[
    "client-secret-wrong",
    "client-secret-expired",
    "client-secret-missing",
    "client-refused",
    "client-not-found",
    "client-is-public",
    "app-disabled",
];

/// Until when all grants of a credential wait after this refusal; `None` where it may be one grant's alone.
pub(crate) fn wait(providers: &Providers, cause_id: &str) -> Option<Millis> {
    OF_THE_APP
        .contains(&cause_id)
        .then(|| providers.store().now() + APP_BROKEN_WAIT)
}

/// What a trial found of the next secret.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// The provider took it.
    Good,
    /// The provider refused it.
    Refused(Case),
    /// Nothing is known: the provider could not be asked, or said something else.
    Unknown(Case),
}

/// A try of the next secret, and what it found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trial(Arc<Mutex<Option<Found>>>);

impl Trial {
    fn put(&self, found: Found) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }

    fn take(&self) -> Option<Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Who asks, for which credential.
pub(crate) struct Asking<'a> {
    pub(crate) providers: &'a Providers,
    pub(crate) profile: &'a ProviderProfile,
    pub(crate) credential: &'a Credential,
    pub(crate) trial: Option<&'a Trial>,
}

/// The secrets that a request tried.
#[derive(Clone)]
pub(crate) struct Used {
    credential: CredentialId,
    /// The current one when it was asked.
    current: SecretString,
    /// Another one that was taken after the current one was refused, with why it was.
    instead: Option<(Slot, SecretString, Cause)>,
    /// The reply that counts is the answer to the current one.
    is_current: bool,
    /// Why the current one was refused.
    refusal: Option<Cause>,
    /// How long all grants wait for that.
    until: Option<Millis>,
}

/// What a reply says of the secret that was sent.
enum Verdict {
    Taken,
    Refused,
    Unknown,
}

fn verdict(reply: &Result<TokenReply, Failure>) -> Verdict {
    match reply {
        Ok(_) => Verdict::Taken,
        Err(Failure::Unreachable(_) | Failure::NotSent(_)) => Verdict::Unknown,
        Err(Failure::Refused(error)) => match error.kind {
            TokenErrorKind::InvalidClient => Verdict::Refused,
            // It was the person's permission that was looked at: the app was let in.
            TokenErrorKind::InvalidGrant
            | TokenErrorKind::InteractionRequired
            | TokenErrorKind::ConsentRequired => Verdict::Taken,
            _ => Verdict::Unknown,
        },
    }
}

impl Asking<'_> {
    /// Asks the token endpoint with the current secret and, where that is refused, with the others that are held.
    /// Answers the reply that counts; `None` where the credential is gone.
    ///
    /// Errors: only the store's.
    pub(crate) async fn ask(
        &self,
        deadline: Duration,
        form: impl Fn(&SecretString) -> Form,
    ) -> Result<Option<(Result<TokenReply, Failure>, Used)>, Error> {
        let world = self.providers.store().world();
        let began = world.since_boot();
        let left = || deadline.saturating_sub(world.since_boot().saturating_sub(began));
        let id = self.credential.id;
        let held = self
            .providers
            .store()
            .read(move |tx| Box::pin(async move { credentials::held(tx, id).await }))
            .await?;
        let Some(held) = held else { return Ok(None) };
        let mut used = Used {
            credential: id,
            current: held.current.clone(),
            instead: None,
            is_current: true,
            refusal: None,
            until: None,
        };
        let mut others = held.others.into_iter();
        if let Some(trial) = self.trial {
            match others.next() {
                Some((Slot::Next, next)) => {
                    let reply = self.send(&form(&next), left()).await;
                    if self.tried(trial, &next, &reply).await {
                        used.is_current = false;
                        return Ok(Some((reply, used)));
                    }
                }
                _ => trial.put(Found::Unknown(Case::new("client-refused"))),
            }
        }
        let reply = self.send(&form(&used.current), left()).await;
        if !matches!(verdict(&reply), Verdict::Refused) {
            return Ok(Some((reply, used)));
        }
        let refusal = self.case(&reply);
        used.until = refusal
            .as_ref()
            .and_then(|case| wait(self.providers, &case.cause_id));
        used.refusal = refusal.as_ref().map(to_cause);
        for (slot, secret) in others {
            if left() < LEAST_TIME {
                break;
            }
            let other = self.send(&form(&secret), left()).await;
            match verdict(&other) {
                Verdict::Taken => {
                    let cause = self.switched(slot, &reply);
                    used.instead = Some((slot, secret, cause));
                    if other.is_err() {
                        // No tokens come that could carry it: it is kept by itself.
                        used.settle(self.providers, &other).await;
                    }
                    return Ok(Some((other, used)));
                }
                Verdict::Refused => {
                    if slot == Slot::Next {
                        self.judge(&secret, Status::Broken, self.case(&other)).await;
                    }
                }
                // Nobody knows whether this one is right: it is tried again.
                Verdict::Unknown => {
                    used.is_current = false;
                    return Ok(Some((other, used)));
                }
            }
        }
        Ok(Some((reply, used)))
    }

    async fn send(&self, form: &Form, deadline: Duration) -> Result<TokenReply, Failure> {
        // Whoever slept over the deadline sends nothing.
        if deadline.is_zero() {
            return Err(Failure::NotSent("no time was left to ask".to_owned()));
        }
        let fields = &self.credential.fields;
        let tenant = Some(fields.tenant.as_str()).filter(|tenant| !tenant.is_empty());
        let url = self.profile.token_url_for(tenant);
        let http = self.providers.http();
        http.token(self.profile, &url, form, deadline).await
    }

    fn case(&self, reply: &Result<TokenReply, Failure>) -> Option<Case> {
        let case = match reply {
            Ok(_) => return None,
            Err(Failure::Unreachable(words) | Failure::NotSent(words)) => {
                Case::new("network").said(words)
            }
            Err(Failure::Refused(error)) => case_of(self.profile, error, TokenStep::Refresh, None),
        };
        let ends_on = self.credential.fields.secret_ends_on.clone();
        let case = self.profile.facts(case);
        let case = case.with("credential", self.credential.id.to_string());
        Some(case.with("date", ends_on.unwrap_or_default()))
    }

    /// Why another secret became current: what the provider said of the one before.
    fn switched(&self, slot: Slot, refusal: &Result<TokenReply, Failure>) -> Cause {
        let hint = match slot {
            Slot::Next => self.credential.next.as_ref().map(|next| &next.hint),
            _ => self.credential.previous.as_ref().map(|kept| &kept.hint),
        };
        let refused = self.case(refusal);
        let said = refused.and_then(|case| case.provider_said);
        let case = Case::new("secret-switched")
            .with("credential", self.credential.id.to_string())
            .with("refused", &self.credential.fields.secret_hint)
            .with("taken", hint.cloned().unwrap_or_default())
            .said(said.unwrap_or_default());
        to_cause(&self.profile.facts(case))
    }

    /// Notes what a trial found; `true` where its reply is the one that counts.
    async fn tried(
        &self,
        trial: &Trial,
        next: &SecretString,
        reply: &Result<TokenReply, Failure>,
    ) -> bool {
        let case = self.case(reply);
        match (verdict(reply), case) {
            (Verdict::Taken, _) => {
                self.judge(next, Status::Good, None).await;
                trial.put(Found::Good);
                true
            }
            (Verdict::Refused, case) => {
                self.judge(next, Status::Broken, case.clone()).await;
                trial.put(Found::Refused(
                    case.unwrap_or_else(|| Case::new("client-refused")),
                ));
                false
            }
            (Verdict::Unknown, case) => {
                trial.put(Found::Unknown(case.unwrap_or_else(|| Case::new("network"))));
                // What refuses the app shall not meet a grant that the current secret serves.
                !matches!(reply, Err(Failure::Refused(error)) if answer_of(error) == Answer::AppRefused)
            }
        }
    }

    /// A store that is away must not cost the reply: what was found is found again.
    async fn judge(&self, next: &SecretString, status: Status, case: Option<Case>) {
        let (id, next) = (self.credential.id, next.clone());
        let cause = case.as_ref().map(to_cause);
        let noted = self
            .providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    credentials::judge_next(tx, id, &next, status, cause.as_ref()).await
                })
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!(credential.id = %id, %error, "what the next secret is worth could not be noted");
        }
    }
}

impl Used {
    /// The provider let the app in: the secret that it took is the current one from now on.
    pub(super) async fn worked(&self, tx: &mut Tx) -> store::Result<()> {
        let id = self.credential;
        let Some((slot, secret, cause)) = &self.instead else {
            if self.is_current {
                credentials::worked(tx, id, &self.current).await?;
            }
            return Ok(());
        };
        if credentials::taken(tx, id, &self.current, (*slot, secret), cause).await? {
            tracing::warn!(credential.id = %id, "the provider refused the client secret; the other one was taken and is current now");
            let detail = json!({
                "by": "refusal", "taken": if *slot == Slot::Next { "next" } else { "previous" },
                "provider_said": cause.provider_said,
            });
            let system = Actor::system();
            audit::add(tx, &system, "credential.secret_switched", id, detail).await?;
        }
        Ok(())
    }

    /// The provider refused the app, with every secret that is held.
    pub(super) async fn refused(&self, tx: &mut Tx, cause: &Cause) -> store::Result<()> {
        if !self.is_current {
            return Ok(());
        }
        credentials::refused(tx, self.credential, &self.current, cause, self.until).await
    }

    /// Keeps what a reply says of the secrets, where no commit of its own carries it. A store that is away is no
    /// reason to lose the reply: the next request finds the same.
    pub(crate) async fn settle(&self, providers: &Providers, reply: &Result<TokenReply, Failure>) {
        let used = self.clone();
        let cause = match verdict(reply) {
            Verdict::Taken => None,
            Verdict::Refused => self.refusal.clone(),
            Verdict::Unknown => return,
        };
        let id = self.credential;
        let kept = providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    match cause {
                        Some(cause) => used.refused(tx, &cause).await,
                        None => used.worked(tx).await,
                    }
                })
            })
            .await;
        if let Err(error) = kept {
            tracing::warn!(credential.id = %id, %error, "what a client secret is worth could not be kept");
        }
    }
}

/// Tries the next secret on a grant, by a refresh like any other: its tokens are stored, and where the next
/// secret is refused the current one is asked, so that the grant loses nothing.
pub(crate) async fn try_next(providers: &Providers, id: GrantId) -> Result<Found, Error> {
    let providers = providers.clone();
    // In a task of its own, as every refresh: its reply must be stored even when nobody waits any more.
    let task = tokio::spawn(async move {
        let flight = providers.memory().flight(id);
        let began = Instant::now();
        loop {
            let turn = flight.lock().await;
            let trial = Trial::default();
            let outcome = run(&providers, id, WHATEVER_IS_LEFT, Some(trial.clone())).await?;
            drop(turn);
            if let Some(found) = trial.take() {
                return Ok(found);
            }
            // Nothing was asked: another refresh is under way, or the provider asked for a pause.
            let waits = matches!(outcome, Outcome::Fresh | Outcome::Busy(_));
            if !waits || began.elapsed() > LONGEST_ASK {
                let cause = super::read_token(&providers, id).await?.0.cause;
                let case = cause.map_or_else(
                    || Case::new("network"),
                    |cause| crate::cause::to_case(&cause),
                );
                return Ok(Found::Unknown(case));
            }
            tokio::time::sleep(BUSY_WAIT).await;
        }
    });
    task.await
        .unwrap_or_else(|_| Err(Error::Store(store::Error::BrokenOff)))
}

/// Tries broken credentials again, each by one of its grants, until the program ends: a secret that the provider
/// takes again needs nobody's hand.
pub async fn keep_trying(providers: Providers) {
    let store = providers.store().clone();
    loop {
        tokio::time::sleep(Duration::from_millis(EVERY.unsigned_abs() / 6)).await;
        let tried = try_broken(&store).await;
        if let Err(error) = tried {
            tracing::warn!(%error, "broken credentials wait for their next try");
        }
    }
}

async fn try_broken(store: &Store) -> store::Result<()> {
    let before = store.now() - EVERY;
    let broken = store
        .read(move |tx| Box::pin(async move { credentials::broken(tx, before).await }))
        .await?;
    for (id, cause) in broken {
        if OF_THE_APP.contains(&cause.id.as_str()) {
            store
                .write(move |tx| {
                    Box::pin(async move { credentials::try_one(tx, id, before).await })
                })
                .await?;
        }
    }
    Ok(())
}
