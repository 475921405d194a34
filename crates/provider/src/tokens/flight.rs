//! One refresh, from looking at the row to its end: [`step`](super::step) meets row, endpoint and clock.

use std::time::Duration;

use store::credentials::{self, Access, Credential};
use store::failures;
use store::grants::{self, Grant, Status, Tokens};
use store::{GrantId, Millis};
use wire::oauth;

use super::answer::{answer_of, ends_at, life_of, refresh_case};
use super::secrets::{self, Trial, Used};
use super::step::{self, Action, Answer, Event, Outcome, State, View};
use crate::advice::Case;
use crate::cause::to_cause;
use crate::http::Failure;
use crate::profile::{Kind, ProviderProfile};
use crate::{Error, Providers, microsoft};

/// Two planned refreshes of a grant are at least this far apart.
const SOONEST: Millis = 10_000;

/// What a flight knows besides the protocol's state.
struct Flight {
    grant: Grant,
    credential: Credential,
    owner: String,
    tokens: Option<Tokens>,
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
                // The lease is held under the owner's name: a second look must not change it.
                flight = Flight {
                    refusal: flight.refusal,
                    owner: flight.owner,
                    used: flight.used,
                    trial: flight.trial,
                    ..read_flight(providers, id).await?
                };
                Event::Read {
                    now: store.now(),
                    view: flight.view(providers).await?,
                    least_life,
                }
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
        used: None,
        trial: None,
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
        let id = self.grant.id;
        let token = providers
            .store()
            .read(move |tx| {
                Box::pin(async move {
                    if previous {
                        grants::previous_refresh_token(tx, id).await
                    } else {
                        grants::refresh_token(tx, id).await
                    }
                })
            })
            .await?;
        let Ok(profile) = providers.profile(&self.credential.fields.provider) else {
            let case = Case::new("provider-not-configured")
                .with("provider", &self.credential.fields.provider);
            self.refusal = Some(case);
            return Ok(Answer::None);
        };
        let Some(token) = token else {
            return Ok(Answer::GrantRefused);
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
        let deadline = Duration::from_millis(within.max(1_000).unsigned_abs());
        let asking = secrets::Asking {
            providers,
            profile,
            credential: &self.credential,
            trial: self.trial.as_ref(),
        };
        let Some((reply, used)) = asking.ask(deadline, form).await? else {
            return Ok(Answer::GrantRefused);
        };
        self.used = Some(used);
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
                match answer_of(&error) {
                    // Nobody consented, so nobody can consent again: the app itself is what is refused.
                    Answer::GrantRefused | Answer::PersonNeeded if app_only => Answer::AppRefused,
                    answer => answer,
                }
            }
        })
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
        let Some(tokens) = self.tokens.take() else {
            return Ok(false);
        };
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
        let soonest = providers.store().now() + SOONEST;
        let refresh_at = (tokens.access_ends_at - ahead - early).max(soonest);
        let stored = providers
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
        providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let turned = status.map(|status| (status, until, cause.clone()));
                    let next = next_try.map(|time| time + jitter);
                    let ours = grants::give_back(tx, id, version, &owner, turned, next).await?;
                    if let Some(used) = used.filter(|_| ours && status == Some(Status::AppBroken)) {
                        used.refused(tx, &cause).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        crate::failures::count(providers.store(), kind, at, vec![counted]).await;
        tracing::warn!(grant.id = %id, cause = %case.cause_id, "a refresh brought no token");
        Ok(())
    }

    fn facts_only(&self) -> Case {
        Case::new("grant-ended").with("address", &self.grant.subject.address)
    }
}
