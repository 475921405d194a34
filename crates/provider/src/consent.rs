//! The consent round trip (RFC 6749, 4.1, with PKCE S256 of RFC 7636).
//!
//!     begin  -> state, verifier, nonce stored -> the provider's address
//!     finish <- the callback: state (once, in time, same browser session) -> iss -> code exchanged
//!            -> identity and scopes judged -> grant, account and check job in one commit
//!
//! What always holds: tokens of a consent that ends without an account (wrong person, missing permission, no
//! identity) are discarded, not revoked, and nothing half-made is left; consent again keeps the account and
//! its mail; what is asked of the provider is built from the configured public address, never from a
//! request's Host.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::audit::{self, Actor};
use store::connects::{self, Connect, NewConnect, Status};
use store::credentials::{self, Credential};
use store::grants::{self, Subject, Tokens};
use store::users::User;
use store::{AccountId, ConnectId, CredentialId, LoginSessionId, accounts, jobs};
use wire::oauth::{self, Callback, TokenReply};

use crate::advice::{self, Case, TokenStep};
use crate::cause::{Step, put};
use crate::http::Failure;
use crate::profile::{ConsentRequest, Expected, Identity, ProviderProfile};
use crate::{Error, Providers, credentials as ours, redirect_uri, tokens};

/// The kind of job that tries a mailbox after its consent; its subject is the connect.
pub const CHECK_JOB: &str = "connect-check";

/// Who begins, and what is wanted.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The person.
    pub user: User,
    /// The browser session, where there is one.
    pub session: Option<LoginSessionId>,
    /// By which OAuth app.
    pub credential_id: CredentialId,
    /// Who will sign in at the provider.
    pub address: String,
    /// Which mailbox; the same unless shared.
    pub mailbox_address: Option<String>,
    /// Let the provider ask which account, after a wrong choice.
    pub choose_account: bool,
}

/// What begins.
pub struct Begun {
    /// Follow this.
    pub connect_id: ConnectId,
    /// Where the person has to go; `None` when a good grant of that person covers it already.
    pub authorization_url: Option<String>,
}

/// Why a consent is not begun.
#[derive(Debug)]
pub enum NotBegun {
    /// No such credential.
    NoCredential,
    /// The public address breaks a rule of this provider: the consent could not succeed.
    Rule(Box<Case>),
    /// An address is not one.
    Address(&'static str),
    /// Our side failed.
    Failed(Error),
}

impl From<Error> for NotBegun {
    fn from(error: Error) -> NotBegun {
        NotBegun::Failed(error)
    }
}
impl From<store::Error> for NotBegun {
    fn from(error: store::Error) -> NotBegun {
        NotBegun::Failed(Error::Store(error))
    }
}

/// Begins a consent, or connects at once where a good grant covers it.
pub async fn begin(providers: &Providers, begin: Begin) -> Result<Begun, NotBegun> {
    let store = providers.store();
    let id = begin.credential_id;
    let credential = store
        .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
        .await?;
    let credential = credential.ok_or(NotBegun::NoCredential)?;
    let profile = providers.profile(&credential.fields.provider)?;
    let address = tidy_address(&begin.address).ok_or(NotBegun::Address("address"))?;
    let mailbox = match begin
        .mailbox_address
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        Some(mailbox) => tidy_address(mailbox).ok_or(NotBegun::Address("mailbox_address"))?,
        None => address.clone(),
    };
    let redirect = redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path);
    let results = redirect_uri::judge_uri(&redirect, profile.kind);
    if let Some(rule) = results
        .iter()
        .find(|result| result.outcome == redirect_uri::Outcome::Fail)
    {
        return Err(NotBegun::Rule(Box::new(ours::rule_case(
            profile, &redirect, rule,
        ))));
    }
    let state = random_text(providers);
    let pkce = oauth::Pkce::new(&store.world().random());
    let nonce = random_text(providers);
    let new = NewConnect {
        user_id: begin.user.id,
        login_session_id: begin.session,
        credential_id: credential.id,
        purpose: "mailbox",
        address: address.clone(),
        mailbox_address: mailbox.clone(),
        state_hash: fingerprint(&state),
        verifier: pkce.verifier.clone(),
        nonce: nonce.clone(),
        redirect_uri: redirect.clone(),
    };
    let (user, wanted) = (begin.user.clone(), address.clone());
    let (connect_id, covered) = store
        .write(move |tx| {
            Box::pin(async move {
                let connect = connects::add(tx, &new).await?;
                // A shared mailbox of somebody who is connected already needs no second consent.
                let other_mailbox = mailbox != wanted;
                let grant = grants::covering(tx, user.id, new.credential_id, &wanted)
                    .await?
                    .filter(|_| other_mailbox);
                Ok((connect, grant))
            })
        })
        .await?;
    if let Some(grant) = covered
        && !begin.choose_account
    {
        let steps = vec![Step::ok("consent", grant.subject.address.clone(), 0)];
        let found = store
            .read(move |tx| Box::pin(async move { connects::find(tx, connect_id).await }))
            .await?;
        if let Some(connect) = found {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        connects::redeem(tx, connect_id).await?;
                        let identity = Person {
                            address: grant.subject.address.clone(),
                            name: user.name.clone(),
                        };
                        make_account(tx, &connect, &credential, grant.id, &identity).await?;
                        save_steps(tx, connect_id, Status::Checking, &steps).await
                    })
                })
                .await?;
        }
        return Ok(Begun {
            connect_id,
            authorization_url: None,
        });
    }
    let parameters = profile.consent_parameters(&ConsentRequest {
        client_id: &credential.fields.client_id,
        redirect_uri: &redirect,
        state: &state,
        challenge: &pkce.challenge,
        nonce: &nonce,
        login_hint: Some(&address),
        choose_account: begin.choose_account,
    });
    let parameters: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let endpoint = profile.authorization_url_for(tenant_of(&credential));
    let url = oauth::authorization_url(&endpoint, &parameters)
        .map_err(|_| Error::NoProvider(profile.name.clone()))?;
    Ok(Begun {
        connect_id,
        authorization_url: Some(url),
    })
}

/// The link that a tenant's administrator opens once (facts providers 5.10); its callback is ours too.
pub async fn admin_consent(
    providers: &Providers,
    user: &User,
    session: Option<LoginSessionId>,
    id: CredentialId,
) -> Result<Option<String>, Error> {
    let store = providers.store();
    let credential = store
        .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
        .await?;
    let Some(credential) = credential else {
        return Ok(None);
    };
    let profile = providers.profile(&credential.fields.provider)?;
    let redirect = redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path);
    let state = random_text(providers);
    let url = profile.admin_consent_url_for(
        tenant_of(&credential),
        &credential.fields.client_id,
        &redirect,
        &state,
    );
    let Some(url) = url else { return Ok(None) };
    let new = NewConnect {
        user_id: user.id,
        login_session_id: session,
        credential_id: id,
        purpose: "admin_consent",
        address: String::new(),
        mailbox_address: String::new(),
        state_hash: fingerprint(&state),
        verifier: SecretString::from(String::new()),
        nonce: String::new(),
        redirect_uri: redirect,
    };
    store
        .write(move |tx| Box::pin(async move { connects::add(tx, &new).await }))
        .await?;
    Ok(Some(url))
}

/// What the callback led to.
#[derive(Debug)]
pub enum Finished {
    /// Show this round trip: it is being checked, or failed with its steps.
    Connect(ConnectId),
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

/// Takes the provider's answer. `session` is the browser session that made the request.
pub async fn finish(
    providers: &Providers,
    query: &str,
    session: Option<LoginSessionId>,
) -> Result<Finished, Error> {
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
    if connect.login_session_id.is_some() && connect.login_session_id != session {
        return refused("state-foreign-browser");
    }
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
        return Ok(Finished::Connect(connect.id));
    }
    let id = connect.id;
    let verifier = store
        .write(move |tx| Box::pin(async move { connects::redeem(tx, id).await }))
        .await?;
    let Some(verifier) = verifier else {
        // Twice at once, or the page was loaded again: the first one's result is what counts.
        return if connect.status == Status::Waiting {
            Ok(Finished::Connect(id))
        } else {
            refused("state-used")
        };
    };
    // In a task of its own: a browser that hangs up now must not lose what the provider hands out once.
    let providers = providers.clone();
    let task = tokio::spawn(async move {
        let trip = Trip {
            profile: providers.profile(&credential.fields.provider)?,
            providers: &providers,
            connect: &connect,
            credential: &credential,
        };
        if let Err((steps, cause)) = trip.exchange(&callback, &verifier).await? {
            tracing::info!(connect.id = %id, cause, "a consent ended without an account");
            let store = providers.store();
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
    Ok(Finished::Connect(id))
}

async fn finish_admin_consent(
    providers: &Providers,
    connect: &Connect,
    credential: &Credential,
    callback: &Callback,
) -> Result<Finished, Error> {
    let (id, now) = (connect.id, providers.store().now());
    if connect.state_ends_at + 7 * 24 * 3_600_000 <= now {
        return Ok(Finished::Refused(Box::new(Case::new("state-expired"))));
    }
    let profile = providers.profile(&credential.fields.provider)?;
    let case = callback.error.as_deref().map(|error| {
        let description = callback.error_description.as_deref().unwrap_or_default();
        advice::callback_error(profile.kind, error, description).with("provider", &profile.label)
    });
    let given = case.is_none();
    let credential_id = credential.id;
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                if connects::redeem(tx, id).await?.is_some() {
                    let action = if given {
                        "credential.admin_consent_given"
                    } else {
                        "credential.admin_consent_refused"
                    };
                    audit::add(tx, &Actor::system(), action, credential_id, json!({})).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(Finished::AdminConsent {
        given,
        case: case.map(Box::new),
    })
}

struct Trip<'a> {
    providers: &'a Providers,
    profile: &'a ProviderProfile,
    connect: &'a Connect,
    credential: &'a Credential,
}

/// Who consented, for the account's names.
struct Person {
    address: String,
    name: String,
}

type Ended = Result<(), (Vec<Step>, String)>;

impl Trip<'_> {
    fn case(&self, case: Case) -> Case {
        case.with("provider", &self.profile.label)
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
        let id = self.credential.id;
        let secret = self
            .providers
            .store()
            .read(move |tx| Box::pin(async move { credentials::secret(tx, id).await }))
            .await?;
        let scope = self.profile.exchange_scope();
        let fields = &self.credential.fields;
        let form = oauth::code_form(
            &fields.client_id,
            secret.as_ref(),
            code,
            &self.connect.redirect_uri,
            verifier,
            scope.as_deref(),
        );
        let url = self.profile.token_url_for(tenant_of(self.credential));
        let reply = self
            .providers
            .http()
            .token(self.profile, &url, &form, Duration::from_secs(30))
            .await;
        Ok(reply.map_err(|failure| {
            Box::new(match failure {
                Failure::Unreachable(words) => Case::new("network").said(words),
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
        if !identity.is(&self.connect.address) {
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
        if reply.refresh_token.is_none() && known.is_none() {
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
        let connect = self.connect.clone();
        store
            .write(move |tx| {
                Box::pin(async move {
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
                    credentials::set_status(tx, credential.id, credentials::Status::Good, None)
                        .await?;
                    make_account(tx, &connect, &credential, grant, &person).await?;
                    save_steps(tx, connect.id, Status::Checking, &steps).await
                })
            })
            .await?;
        Ok(Ok(()))
    }
}

/// The account of a consent, with its check job and its entry in the audit log.
async fn make_account(
    tx: &mut store::Tx,
    connect: &Connect,
    credential: &Credential,
    grant: store::GrantId,
    person: &Person,
) -> store::Result<AccountId> {
    let shared = !connect
        .mailbox_address
        .eq_ignore_ascii_case(&connect.address);
    // Exchange's login is the UPN of the ID token, which need not look like the address (facts providers 5.7).
    let mailbox = if shared {
        connect.mailbox_address.clone()
    } else {
        person.address.clone()
    };
    let account = accounts::connect(
        tx,
        accounts::NewAccount {
            owner_id: connect.user_id,
            grant_id: grant,
            provider: credential.fields.provider.clone(),
            address: connect.address.clone(),
            sender_address: if shared {
                mailbox.clone()
            } else {
                connect.address.clone()
            },
            mailbox_address: mailbox,
            smtp_user: person.address.clone(),
            sender_name: if shared {
                String::new()
            } else {
                person.name.clone()
            },
        },
    )
    .await?;
    connects::made(tx, connect.id, account, grant).await?;
    let now = tx.now();
    jobs::add(tx, CHECK_JOB, connect.id.0, "{}", now).await?;
    let actor = match store::users::find(tx, connect.user_id).await? {
        Some(user) => Actor {
            name: user.login,
            remote_address: String::new(),
        },
        None => Actor::system(),
    };
    let detail = json!({ "mailbox": &connect.mailbox_address, "person": &person.address, "credential": credential.id });
    audit::add(tx, &actor, "account.connected", account, detail).await?;
    Ok(account)
}

/// Writes the steps of a round trip.
pub async fn save_steps(
    tx: &mut store::Tx,
    id: ConnectId,
    status: Status,
    steps: &[Step],
) -> store::Result<()> {
    let text = serde_json::to_string(steps).unwrap_or_else(|_| "[]".to_owned());
    connects::update(tx, id, status, &text).await
}

/// The steps of a round trip.
pub fn steps_of(connect: &Connect) -> Vec<Step> {
    serde_json::from_str(&connect.steps).unwrap_or_default()
}

fn tenant_of(credential: &Credential) -> Option<&str> {
    Some(credential.fields.tenant.as_str()).filter(|tenant| !tenant.is_empty())
}

/// 43 characters of base64url that nobody guesses. Microsoft strips HTML from `state`; these have none.
fn random_text(providers: &Providers) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .encode(providers.store().world().random::<32>())
}

fn fingerprint(state: &str) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(state.as_bytes()).to_vec()
}

/// An address as typed, without blanks and `Name <…>` around it; at most 256 characters (G-14).
pub fn tidy_address(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = text
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.strip_suffix('>'))
        .unwrap_or(text)
        .trim();
    let (local, domain) = inner.rsplit_once('@')?;
    let fits = !local.is_empty()
        && !domain.is_empty()
        && inner.chars().count() <= 256
        && !inner.chars().any(|letter| {
            letter.is_whitespace() || letter.is_control() || "<>,;\"".contains(letter)
        });
    fits.then(|| format!("{local}@{}", domain.to_lowercase()))
}
