//! One refresh, from looking at the row to its end: [`step`](super::step) meets row, endpoint and clock.

use std::sync::Arc;
use std::time::Duration;

use store::credentials::{self, Access, Credential};
use store::failures;
use store::grants::{self, Grant, Status, Tokens};
use store::{GrantId, Millis};
use wire::oauth;

use super::answer::{answer_of, ends_at, is_of_another, life_of, newer, refresh_case};
use super::secrets::{self, Trial, Used};
use super::step::{self, Action, Answer, Event, Outcome, State, View};
use crate::advice::Case;
use crate::cause::to_cause;
use crate::http::Failure;
use crate::profile::{Kind, ProviderProfile};
use crate::{Error, Providers, microsoft};

/// Between two tries to store tokens.
const LONGEST_STORE_PAUSE: Duration = Duration::from_secs(10);

/// How a try ended that brought no token.
struct End {
    version: i64,
    status: Option<Status>,
    next_try: Option<Millis>,
    unanswered: bool,
}

/// What a flight knows besides the protocol's state.
struct Flight {
    grant: Grant,
    credential: Credential,
    owner: String,
    tokens: Option<Tokens>,
    /// How long the access token among them lives,
    life: Millis,
    /// from when on, since boot: the request was sent after it.
    asked: Duration,
    refusal: Option<Case>,
    /// Which of the credential's secrets the last request took.
    used: Option<Used>,
    /// The next secret is to be tried first.
    trial: Option<Trial>,
}

/// Drives [`step::step`] once from looking to its end.
pub(super) async fn run(
    providers: &Providers,
    id: GrantId,
    least_life: Millis,
    trial: Option<Trial>,
) -> Result<Outcome, Error> {
    let store = providers.store();
    let mut flight = Flight {
        trial,
        ..read_flight(providers, id).await?
    };
    let gate = providers.memory().gate(flight.credential.id);
    let mut turn = None;
    let mut state = State::Looking;
    let mut event = Event::Read {
        now: store.now(),
        view: flight.view(),
        least_life,
    };
    loop {
        let (next, action) = step::step(state, event);
        state = next;
        event = match action {
            Action::Read => flight.look_again(providers, least_life).await?,
            // Whoever has to ask the provider waits for a turn first, and looks again: the lease is for the
            // request, not for the queue.
            Action::TakeLease { .. } if turn.is_none() => {
                turn = gate.pass().await;
                state = State::Looking;
                flight.look_again(providers, least_life).await?
            }
            Action::TakeLease { version, until } => {
                let owner = flight.owner.clone();
                let taken = store
                    .write(move |tx| {
                        Box::pin(
                            async move { grants::take_lease(tx, id, version, &owner, until).await },
                        )
                    })
                    .await?;
                Event::Leased {
                    now: store.now(),
                    taken,
                }
            }
            Action::Ask { previous, by } => {
                let answer = flight.request(providers, previous, by).await?;
                Event::Answered {
                    now: store.now(),
                    answer,
                }
            }
            Action::Store { version, ahead } => {
                let stored = flight.keep(providers, version, ahead).await?;
                Event::Stored {
                    now: store.now(),
                    stored,
                }
            }
            Action::GiveBack {
                version,
                status,
                next_try,
                unanswered,
                reply_lost,
            } => {
                if reply_lost {
                    flight.blame_lost_reply(providers);
                }
                let end = End {
                    version,
                    status,
                    next_try,
                    unanswered,
                };
                Event::GivenBack(flight.give_back(providers, end).await?)
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
        life: 0,
        asked: Duration::ZERO,
        refusal: None,
        used: None,
        trial: None,
    })
}

impl Flight {
    /// Reads the row again. The lease is held under the owner's name, so that stays.
    async fn look_again(
        &mut self,
        providers: &Providers,
        least_life: Millis,
    ) -> Result<Event, Error> {
        let seen = read_flight(providers, self.grant.id).await?;
        (self.grant, self.credential) = (seen.grant, seen.credential);
        Ok(Event::Read {
            now: providers.store().now(),
            view: self.view(),
            least_life,
        })
    }

    fn view(&self) -> View {
        let grant = &self.grant;
        View {
            version: grant.version,
            status: grant.status,
            access_ends_at: grant.access_ends_at.filter(|_| grant.has_access_token),
            access_got_at: grant.refreshed_at,
            leased_until: grant.lease_until,
            not_before: grant.refresh_at.filter(|_| grant.failures > 0),
            failures: grant.failures,
            has_previous: grant.has_previous,
            unanswered: grant.unanswered_at.is_some(),
        }
    }

    async fn request(
        &mut self,
        providers: &Providers,
        previous: bool,
        by: Millis,
    ) -> Result<Answer, Error> {
        let (id, version) = (self.grant.id, self.grant.version);
        let token = providers
            .store()
            .read(move |tx| {
                Box::pin(async move { grants::refresh_token_of(tx, id, version, previous).await })
            })
            .await?;
        let Ok(profile) = providers.profile(&self.credential.fields.provider) else {
            let case = Case::new("provider-not-configured")
                .with("provider", &self.credential.fields.provider);
            self.refusal = Some(case);
            return Ok(Answer::NotAsked);
        };
        // Without a token of that version somebody was quicker: the row knows better.
        let Some(token) = token else {
            return Ok(Answer::NotAsked);
        };
        let client_id = &self.credential.fields.client_id;
        let app_only = self.credential.fields.access == Access::AppOnly;
        let form = |secret: &_| {
            if app_only {
                oauth::client_credentials_form(client_id, secret, microsoft::APP_SCOPE)
            } else {
                let scope = profile.refresh_scope(Some(&self.grant.scopes));
                oauth::refresh_form(client_id, Some(secret), &token, scope.as_deref())
            }
        };
        // The last look at the clock before the request is on the wire: whoever slept since sends nothing.
        let asked_at = providers.store().now();
        if asked_at >= by {
            return Ok(Answer::NotAsked);
        }
        self.asked = providers.store().world().since_boot();
        let within = Duration::from_millis((by - asked_at).unsigned_abs());
        let asking = secrets::Asking {
            providers,
            profile,
            credential: &self.credential,
            trial: self.trial.as_ref(),
        };
        let Some((reply, used)) = asking.ask(within, form).await? else {
            return Ok(Answer::NotAsked);
        };
        self.used = Some(used);
        Ok(match reply {
            Ok(reply)
                if !app_only
                    && is_of_another(&reply, profile.kind, client_id, &self.grant.subject.key) =>
            {
                let said = "the ID token of the answer names another client or another person";
                let case = Case::new("token-reply-unreadable").said(said);
                self.refusal = Some(self.facts(profile, case));
                Answer::None
            }
            Ok(reply) => {
                self.life = life_of(&reply);
                let access_ends_at = self.access_ends_at(providers);
                self.tokens = Some(Tokens {
                    access_token: reply.access_token,
                    access_ends_at,
                    refresh_token: newer(reply.refresh_token, token, previous),
                    refresh_ends_at: ends_at(asked_at, reply.refresh_token_expires_in),
                    scopes: reply.scope,
                });
                Answer::Tokens { access_ends_at }
            }
            Err(Failure::NotSent(words)) => {
                self.refusal = Some(self.facts(profile, Case::new("network").said(words)));
                Answer::NotAsked
            }
            Err(Failure::Unreachable(words)) => {
                self.refusal = Some(self.facts(profile, Case::new("network").said(words)));
                Answer::None
            }
            Err(Failure::Refused(error)) => {
                let case = refresh_case(profile, &error, asked_at - self.grant.created_at);
                self.refusal = Some(self.facts(profile, case));
                match answer_of(&error) {
                    // Nobody consented, so nobody can consent again: the app itself is what is refused.
                    Answer::GrantRefused | Answer::PersonNeeded if app_only => Answer::AppRefused,
                    answer => answer,
                }
            }
        })
    }

    /// The refusal has a better explanation than the provider's general one: its reply to an earlier request,
    /// with the token that it takes now, never reached us. Google does not rotate, so there it explains nothing.
    fn blame_lost_reply(&mut self, providers: &Providers) {
        let Ok(profile) = providers.profile(&self.credential.fields.provider) else {
            return;
        };
        let rotates = profile.kind != Kind::Google || self.grant.has_previous;
        if let Some(case) = &self.refusal
            && case.cause_id == "grant-ended"
            && rotates
        {
            let said = case.provider_said.clone().unwrap_or_default();
            let lost = Case::new("refresh-reply-lost").said(said);
            self.refusal = Some(self.facts(profile, lost));
        }
    }

    /// Its life counts from the asking, by a clock that nobody sets: the reply may have been on its way, or this
    /// process asleep, for long, and the machine's clock may have been set meanwhile.
    fn access_ends_at(&self, providers: &Providers) -> Millis {
        let world = providers.store().world();
        let age = world.since_boot().saturating_sub(self.asked).as_millis();
        let age = i64::try_from(age).unwrap_or(i64::MAX);
        world.now().saturating_add(self.life).saturating_sub(age)
    }

    fn facts(&self, profile: &ProviderProfile, case: Case) -> Case {
        profile
            .facts(case)
            .with("address", &self.grant.subject.address)
            .with("credential", self.credential.id.to_string())
            .with(
                "date",
                self.credential
                    .fields
                    .secret_ends_on
                    .clone()
                    .unwrap_or_default(),
            )
    }

    async fn keep(
        &mut self,
        providers: &Providers,
        version: i64,
        ahead: Millis,
    ) -> Result<bool, Error> {
        let Some(mut tokens) = self.tokens.take() else {
            return Ok(false);
        };
        tokens.access_ends_at = self.access_ends_at(providers);
        let (id, owner) = (self.grant.id, self.owner.clone());
        let used = self.used.take();
        // Spread: grants that were refreshed in one minute shall not all come back in one minute.
        let early = i64::try_from(
            providers
                .store()
                .world()
                .jitter((ahead / 5).max(1).unsigned_abs()),
        )
        .unwrap_or(0);
        // However short a life the provider gives: grants are not refreshed in a loop.
        let soonest = providers.store().now() + step::SOONEST;
        let refresh_at = (tokens.access_ends_at - ahead - early).max(soonest);
        let tokens = Arc::new(tokens);
        let mut pause = Duration::from_millis(100);
        let stored = loop {
            let (owner, tokens, used) = (owner.clone(), tokens.clone(), used.clone());
            let tried = providers
                .store()
                .write(move |tx| {
                    Box::pin(async move {
                        let stored =
                            grants::renewed(tx, id, version, &owner, &tokens, refresh_at).await?;
                        if let Some(used) = used {
                            used.worked(tx).await?;
                        }
                        Ok(stored)
                    })
                })
                .await;
            match tried {
                Ok(stored) => break stored,
                // This reply may hold the only refresh token that still lives: it is not dropped because the
                // disk is full or the database away. The version tells whether it is still wanted.
                Err(error) => {
                    tracing::error!(grant.id = %id, %error, "new tokens cannot be stored yet; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_STORE_PAUSE);
                }
            }
        };
        providers.memory().forget(Some(id));
        Ok(stored)
    }

    async fn give_back(&mut self, providers: &Providers, end: End) -> Result<bool, Error> {
        let End {
            version,
            status,
            next_try,
            unanswered,
        } = end;
        let (id, credential, owner) = (self.grant.id, self.credential.id, self.owner.clone());
        let used = self.used.take();
        let case = self.refusal.take().unwrap_or_else(|| self.facts_only());
        let cause = to_cause(&case);
        let counted = cause.clone();
        let until = next_try.filter(|_| status == Some(Status::Throttled));
        let jitter = i64::try_from(providers.store().world().jitter(1_000)).unwrap_or(0);
        let profile = providers.profile(&self.credential.fields.provider);
        let kind = profile.map_or(Kind::Generic, |profile| profile.kind);
        let at = failures::Where {
            provider: self.credential.fields.provider.clone(),
            credential: Some(credential),
            account: None,
        };
        let ours = providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let turned = status.map(|status| (status, until, cause.clone()));
                    let next = next_try.map(|time| time + jitter);
                    let ours = grants::give_back(tx, id, version, &owner, turned, next, unanswered)
                        .await?;
                    if let Some(used) = used.filter(|_| ours && status == Some(Status::AppBroken)) {
                        used.refused(tx, &cause).await?;
                    }
                    Ok(ours)
                })
            })
            .await?;
        if ours {
            crate::failures::count(providers.store(), kind, at, vec![counted]).await;
            tracing::warn!(grant.id = %id, cause = %case.cause_id, "a refresh brought no token");
        }
        Ok(ours)
    }

    fn facts_only(&self) -> Case {
        Case::new("network").with("address", &self.grant.subject.address)
    }
}
