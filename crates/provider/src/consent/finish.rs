//! The way back: the callback, the code exchange, who it was and what was allowed.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use store::connects::{self, Connect, Status};
use store::credentials::{self, Credential};
use store::grants::{self, Subject, Tokens};
use store::{ConnectId, LoginSessionId, failures, reconnect_links};
use wire::oauth::{self, Callback, TokenReply};

use super::admin::finish_admin_consent;
use super::again::{self, Again, RECONNECT};
use super::{Person, fingerprint, make_account, save_steps, tenant_of};
use crate::advice::{self, Case, TokenStep};
use crate::cause::{Outcome, Step, put, to_cause};
use crate::http::Failure;
use crate::profile::{Expected, Identity, ProviderProfile};
use crate::tokens::secrets::Asking;
use crate::{Error, Providers, tokens};

/// What the callback led to.
#[derive(Debug)]
pub enum Finished {
    /// Show this round trip: it is being checked, or failed with its steps.
    Connect(ConnectId),
    /// The same for a consent that a reconnect link began: show it on the link's page.
    Reconnect(ConnectId),
    /// The administrator's consent came back.
    AdminConsent {
        /// Whether it was given.
        given: bool,
        /// Why not.
        case: Option<Box<Case>>,
    },
    /// The callback belongs to no round trip of this browser; nothing was done.
    Refused(Box<Case>),
}

/// The browser that comes back: what it proves that it began.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// Its login session.
    pub session: Option<LoginSessionId>,
    /// The hash of the cookie that a reconnect link gave it.
    pub link_cookie: Option<Vec<u8>>,
}

impl From<Option<LoginSessionId>> for Browser {
    fn from(session: Option<LoginSessionId>) -> Browser {
        Browser {
            session,
            link_cookie: None,
        }
    }
}

/// Takes the provider's answer, from the browser that brings it.
pub async fn finish(
    providers: &Providers,
    query: &str,
    browser: impl Into<Browser>,
) -> Result<Finished, Error> {
    let browser = browser.into();
    let callback = oauth::parse_callback(query);
    let store = providers.store();
    let refused = |id: &str| Ok(Finished::Refused(Box::new(Case::new(id))));
    let Some(state) = callback.state.clone().filter(|state| state.len() <= 500) else {
        return refused("state-unknown");
    };
    let hash = fingerprint(&state);
    let found = store
        .read(move |tx| {
            Box::pin(async move {
                let Some(connect) = connects::by_state(tx, &hash).await? else {
                    return Ok(None);
                };
                let credential = credentials::find(tx, connect.credential_id).await?;
                Ok(credential.map(|credential| (connect, credential)))
            })
        })
        .await?;
    let Some((connect, credential)) = found else {
        return refused("state-unknown");
    };
    if connect.purpose == "admin_consent" {
        // Another person, in another browser: the state alone has to do, and it opens nothing here.
        return finish_admin_consent(providers, &connect, &credential, &callback).await;
    }
    let again = if connect.purpose == RECONNECT {
        // Who is signed in here does not matter: the cookie of the link alone proves the browser.
        let found = again::of_browser(providers, &connect, browser.link_cookie).await?;
        let Some(again) = found.filter(|again| again::fits(again, &credential)) else {
            return refused("reconnect-foreign-browser");
        };
        Some(again)
    } else {
        if connect.login_session_id.is_some() && connect.login_session_id != browser.session {
            return refused("state-foreign-browser");
        }
        None
    };
    let shown = |id| match again {
        Some(_) => Finished::Reconnect(id),
        None => Finished::Connect(id),
    };
    if connect.state_ends_at <= store.now() && connect.status == Status::Waiting {
        let steps = vec![Step::fail(
            "consent",
            connect.address.clone(),
            0,
            Case::new("state-expired"),
        )];
        let id = connect.id;
        store
            .write(move |tx| {
                Box::pin(async move { save_steps(tx, id, Status::Failed, &steps).await })
            })
            .await?;
        return Ok(shown(connect.id));
    }
    let id = connect.id;
    let verifier = store
        .write(move |tx| Box::pin(async move { connects::redeem(tx, id).await }))
        .await?;
    let Some(verifier) = verifier else {
        // Twice at once, or the page was loaded again: the first one's result is what counts.
        return if connect.status == Status::Waiting || again.is_some() {
            Ok(shown(id))
        } else {
            refused("state-used")
        };
    };
    // In a task of its own: a browser that hangs up now must not lose what the provider hands out once.
    let providers = providers.clone();
    let ends = shown(id);
    let task = tokio::spawn(async move {
        let trip = Trip {
            profile: providers.profile(&credential.fields.provider)?,
            providers: &providers,
            connect: &connect,
            credential: &credential,
            again: again.as_ref(),
        };
        let ended = match trip.exchange(&callback, &verifier).await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(connect.id = %id, %error, "a consent could not be finished");
                let case = trip.case(Case::new("connect-interrupted"));
                let step = Step::fail("token", &connect.address, 0, case);
                Err((vec![step], "connect-interrupted".to_owned()))
            }
        };
        if let Err((steps, cause)) = ended {
            tracing::info!(connect.id = %id, cause, "a consent ended without an account");
            let store = providers.store();
            let kind = trip.profile.kind;
            let at = failures::Where {
                provider: credential.fields.provider.clone(),
                credential: Some(credential.id),
                account: None,
            };
            let causes = steps
                .iter()
                .filter_map(|step| step.case.as_ref())
                .map(to_cause)
                .collect();
            crate::failures::count(store, kind, at, causes).await;
            store
                .write(move |tx| {
                    Box::pin(async move { save_steps(tx, id, Status::Failed, &steps).await })
                })
                .await?;
        }
        Ok::<_, Error>(())
    });
    task.await
        .unwrap_or_else(|_| Err(Error::Store(store::Error::BrokenOff)))?;
    Ok(ends)
}

struct Trip<'a> {
    providers: &'a Providers,
    profile: &'a ProviderProfile,
    connect: &'a Connect,
    credential: &'a Credential,
    /// What a reconnect link may renew; else a mailbox is connected.
    again: Option<&'a Again>,
}

type Ended = Result<(), (Vec<Step>, String)>;

impl Trip<'_> {
    fn case(&self, case: Case) -> Case {
        self.profile
            .facts(case)
            .with("address", &self.connect.mailbox_address)
            .with("credential", self.credential.id.to_string())
            .with("uri", &self.connect.redirect_uri)
    }

    async fn exchange(&self, callback: &Callback, verifier: &SecretString) -> Result<Ended, Error> {
        let subject = self.connect.address.clone();
        let mut steps = Vec::new();
        let failed = |mut steps: Vec<Step>, step: Step| {
            let cause = step
                .case
                .as_ref()
                .map_or_else(String::new, |case| case.cause_id.clone());
            put(&mut steps, step);
            Ok(Err((steps, cause)))
        };
        if !self
            .profile
            .callback_iss_ok(callback.iss.as_deref(), tenant_of(self.credential))
        {
            return failed(
                steps,
                Step::fail("consent", subject, 0, self.case(Case::new("iss-mismatch"))),
            );
        }
        if let Some(error) = &callback.error {
            let description = callback.error_description.as_deref().unwrap_or_default();
            let mut case = self.case(advice::callback_error(
                self.profile.kind,
                error,
                description,
            ));
            if let Some(link) = self.admin_link() {
                case = case.with("link", link);
            }
            return failed(steps, Step::fail("consent", subject, 0, case));
        }
        let Some(code) = callback
            .code
            .as_ref()
            .filter(|code| !code.expose_secret().is_empty())
        else {
            return failed(
                steps,
                Step::fail("consent", subject, 0, self.case(Case::new("code-unusable"))),
            );
        };
        steps.push(Step::ok("consent", subject.clone(), 0));
        let began = Instant::now();
        let reply = self.redeem(code, verifier).await?;
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let reply = match reply {
            Ok(reply) => reply,
            Err(case) => {
                return failed(
                    steps,
                    Step::fail("token", &self.profile.label, ms, self.case(*case)),
                );
            }
        };
        steps.push(Step::ok("token", &self.profile.label, ms));
        let identity = match self.identity(&reply) {
            Ok(identity) => identity,
            Err(case) => return failed(steps, Step::fail("identity", subject, 0, self.case(case))),
        };
        let person = identity.address.clone().unwrap_or_default();
        steps.push(Step::ok("identity", &person, 0));
        let granted = self.profile.granted(reply.scope.as_deref());
        if let Some(cause) = granted.cause_id() {
            let case = self.case(Case::new(cause).with("scope", granted.missing.join(" ")));
            let step = if granted.imap || granted.smtp {
                Step::warn("scopes", granted.missing.join(" "), 0, case)
            } else {
                return failed(
                    steps,
                    Step::fail("scopes", granted.missing.join(" "), 0, case),
                );
            };
            steps.push(step);
        } else {
            steps.push(Step::ok(
                "scopes",
                reply.scope.clone().unwrap_or_default(),
                0,
            ));
        }
        self.keep(reply, identity, steps).await
    }

    fn admin_link(&self) -> Option<String> {
        // Without a state of ours it still grants consent; the person who follows it comes back to a page that says so.
        self.profile.admin_consent_url_for(
            tenant_of(self.credential),
            &self.credential.fields.client_id,
            &self.connect.redirect_uri,
            "link",
        )
    }

    async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Result<TokenReply, Box<Case>>, Error> {
        let scope = self.profile.exchange_scope();
        let client_id = &self.credential.fields.client_id;
        let form = |secret: &SecretString| {
            oauth::code_form(
                client_id,
                Some(secret),
                code,
                &self.connect.redirect_uri,
                verifier,
                scope.as_deref(),
            )
        };
        let asking = Asking {
            providers: self.providers,
            profile: self.profile,
            credential: self.credential,
            trial: None,
        };
        let asked = asking.ask(Duration::from_secs(30), form).await?;
        let (reply, used) = asked.ok_or(Error::NoGrant)?;
        used.settle(self.providers, &reply).await;
        Ok(reply.map_err(|failure| {
            Box::new(match failure {
                Failure::Unreachable(words) | Failure::NotSent(words) => {
                    Case::new("network").said(words)
                }
                Failure::Refused(error) => {
                    tokens::case_of(self.profile, &error, TokenStep::Exchange, None)
                }
            })
        }))
    }

    fn identity(&self, reply: &TokenReply) -> Result<Identity, Case> {
        let none = || Case::new("no-identity");
        let token = reply.id_token.as_ref().ok_or_else(none)?;
        let claims = oauth::id_claims(token.expose_secret())
            .map_err(|error| none().said(error.to_string()))?;
        let claims = serde_json::to_value(&claims)
            .ok()
            .and_then(|value| value.as_object().cloned())
            .ok_or_else(none)?;
        let expected = Expected {
            client_id: &self.credential.fields.client_id,
            nonce: Some(&self.connect.nonce),
            tenant: tenant_of(self.credential),
            now: self.providers.store().now() / 1000,
        };
        let identity = self
            .profile
            .identity(&claims, &expected)
            .map_err(|error| Case::new(error.cause_id()).said(error.to_string()))?;
        if identity.address.is_none() {
            return Err(none());
        }
        let right = match self.again {
            Some(again) => again.is(&self.profile.issuer, &identity.subject),
            None => identity.is(&self.connect.address),
        };
        if !right {
            let got = identity.address.unwrap_or_default();
            return Err(Case::new("wrong-person")
                .with("got", got)
                .with("expected", &self.connect.address));
        }
        Ok(identity)
    }

    async fn keep(
        &self,
        reply: TokenReply,
        identity: Identity,
        mut steps: Vec<Step>,
    ) -> Result<Ended, Error> {
        let store = self.providers.store();
        let now = store.now();
        let person = Person {
            address: identity.address.clone().unwrap_or_default(),
            name: identity.name.clone().unwrap_or_default(),
        };
        let subject = Subject {
            issuer: self.profile.issuer.clone(),
            key: identity.subject.clone(),
            address: person.address.clone(),
            tenant: identity.tenant.clone().unwrap_or_default(),
        };
        let (connect, credential) = (self.connect.clone(), self.credential.clone());
        let looked_up = subject.clone();
        let known = store
            .read(move |tx| {
                Box::pin(async move {
                    grants::of_subject(tx, connect.user_id, connect.credential_id, &looked_up).await
                })
            })
            .await?;
        // The stored refresh token goes on only where it is known to live.
        let had_died = known
            .as_ref()
            .is_some_and(|grant| grant.status != grants::Status::Good);
        let lives = known.is_some_and(|grant| {
            !matches!(
                grant.status,
                grants::Status::NeedsConsent | grants::Status::Revoked
            )
        });
        if reply.refresh_token.is_none() && !lives {
            let cause = "no-refresh-token";
            put(
                &mut steps,
                Step::fail("token", &self.profile.label, 0, self.case(Case::new(cause))),
            );
            return Ok(Err((steps, cause.to_owned())));
        }
        let life = tokens::life_of(&reply);
        let scopes = reply
            .scope
            .clone()
            .unwrap_or_else(|| self.profile.scopes.join(" "));
        let kept = Tokens {
            access_token: reply.access_token,
            access_ends_at: now + life,
            refresh_token: reply.refresh_token,
            refresh_ends_at: tokens::ends_at(now, reply.refresh_token_expires_in),
            scopes: Some(scopes.clone()),
        };
        let refresh_at = kept.access_ends_at - tokens::step::ahead(life);
        put(
            &mut steps,
            Step::running("imap", self.profile.imap.to_string()),
        );
        put(
            &mut steps,
            Step::running("smtp", self.profile.smtp.to_string()),
        );
        let (connect, again) = (self.connect.clone(), self.again.cloned());
        let told = steps.clone();
        let renewed = store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(again) = &again
                        && !reconnect_links::use_up(tx, &again.link).await?
                    {
                        return Ok(false);
                    }
                    let grant = grants::consented(
                        tx,
                        connect.user_id,
                        credential.id,
                        &subject,
                        &kept,
                        &scopes,
                        refresh_at,
                    )
                    .await?;
                    match &again {
                        Some(again) => again::renew(tx, &connect, again, &subject).await?,
                        None => {
                            let account =
                                make_account(tx, &connect, &credential, grant, &person).await?;
                            reconnect_links::close(tx, grant).await?;
                            if had_died {
                                let person = &person.address;
                                again::signed_in(tx, &connect, account, grant, person).await?;
                            }
                        }
                    }
                    save_steps(tx, connect.id, Status::Checking, &told).await?;
                    Ok(true)
                })
            })
            .await?;
        if renewed {
            return Ok(Ok(()));
        }
        // Two of one link at once: the other was quicker, and what came here is discarded.
        steps.retain(|step| step.outcome != Outcome::Running);
        let cause = "reconnect-link-used";
        let subject = self.connect.address.clone();
        put(
            &mut steps,
            Step::fail("consent", subject, 0, self.case(Case::new(cause))),
        );
        Ok(Err((steps, cause.to_owned())))
    }
}
