//! Proving a credential without a person.
//!
//!     redirect_uri   by the provider's rules, without asking anybody
//!     discovery      the provider's endpoints answer, and are those that we use
//!     tenant         Microsoft: it exists
//!     authorize      a consent that may show nothing (`prompt=none`): back at our address proves ID and URI
//!     client         ID and secret at the token endpoint
//!     admin_consent  Microsoft: as far as it shows
//!
//! What always holds: no cookie is sent, no redirect followed, nothing is kept of what comes but words; each
//! failure is counted and has a row of the catalogue.

mod authorize;

use std::time::{Duration, Instant};

use secrecy::SecretString;
use store::credentials::{self, Access, Credential, Status};
use store::{CredentialId, Millis, failures, grants, guides};
use wire::oauth::{self, TokenErrorKind};

use crate::advice::{Case, TokenStep};
use crate::cause::{Outcome, Step, Told, to_cause};
use crate::http::Failure;
use crate::profile::{Kind, ProviderProfile};
use crate::{Error, Providers, microsoft, redirect_uri, tokens};

/// How long one endpoint may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// Proves a credential; `None` where there is none of this id.
pub async fn check(
    providers: &Providers,
    id: CredentialId,
    mut told: Told,
) -> Result<Option<Vec<Step>>, Error> {
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(credential) = credentials::find(tx, id).await? else {
                    return Ok(None);
                };
                let provider = &credential.fields.provider;
                let uri_done = guides::done_at(tx, provider, "client").await?;
                let secret = credentials::secret(tx, id).await?;
                let works = credentials::opens_mailboxes(tx, id).await?;
                Ok(secret.map(|secret| (credential, secret, uri_done, works)))
            })
        })
        .await?;
    let Some((credential, secret, uri_done, works)) = found else {
        return Ok(None);
    };
    let check = Check::new(providers, &credential, uri_done)?;
    told.tell(check.redirect_uri());
    told.tell(Step::running("discovery", check.token_host()));
    told.tell(check.discovery().await);
    if check.profile.kind == Kind::Microsoft {
        told.tell(check.tenant().await);
    }
    told.tell(Step::running("authorize", &check.uri));
    told.tell(check.authorize().await);
    told.tell(Step::running("client", &check.profile.label));
    let (step, verdict) = check.client("client", &secret).await;
    check.note(&secret, &step, verdict).await?;
    told.tell(step);
    if check.profile.kind == Kind::Microsoft {
        told.tell(check.admin_consent(works));
    }
    let steps = told.into_steps();
    check.count(&steps).await;
    Ok(Some(steps))
}

/// The case of a redirect URI that breaks a rule: the rule's own sentence says what and how to mend it.
pub fn rule_case(profile: &ProviderProfile, uri: &str, rule: &redirect_uri::RuleResult) -> Case {
    profile
        .facts(Case::new("redirect-rule"))
        .with("uri", uri)
        .with("rule", rule.rule)
        .with("rule_ja", &rule.ja)
        .with("rule_en", &rule.en)
}

pub(super) struct Check<'a> {
    pub(super) providers: &'a Providers,
    pub(super) profile: &'a ProviderProfile,
    credential: &'a Credential,
    /// The redirect URI, byte for byte.
    uri: String,
    /// When the guide's card of the redirect URI was done.
    uri_done: Option<Millis>,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        providers: &'a Providers,
        credential: &'a Credential,
        uri_done: Option<Millis>,
    ) -> Result<Check<'a>, Error> {
        Ok(Check {
            providers,
            profile: providers.profile(&credential.fields.provider)?,
            uri: redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path),
            credential,
            uri_done,
        })
    }
}

impl Check<'_> {
    fn facts(&self, case: Case) -> Case {
        self.profile
            .facts(case)
            .with("credential", self.credential.id.to_string())
            .with("uri", &self.uri)
    }

    fn named_tenant(&self) -> bool {
        self.profile.kind == Kind::Microsoft
            && microsoft::is_named_tenant(&self.credential.fields.tenant)
    }

    fn tenant_name(&self) -> Option<&str> {
        Some(self.credential.fields.tenant.as_str()).filter(|tenant| !tenant.is_empty())
    }

    fn token_host(&self) -> String {
        let url = self.profile.token_url_for(self.tenant_name());
        url::Url::parse(&url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or(url)
    }

    fn redirect_uri(&self) -> Step {
        let results = redirect_uri::judge_uri(&self.uri, self.profile.kind);
        let worst = |outcome| results.iter().find(|result| result.outcome == outcome);
        let case = |rule| rule_case(self.profile, &self.uri, rule);
        if let Some(rule) = worst(redirect_uri::Outcome::Fail) {
            Step::fail("redirect_uri", &self.uri, 0, case(rule))
        } else if let Some(rule) = worst(redirect_uri::Outcome::Warn) {
            Step::warn("redirect_uri", &self.uri, 0, case(rule))
        } else {
            Step::ok("redirect_uri", &self.uri, 0)
        }
    }

    /// The provider describes itself, and names the token endpoint that we use.
    async fn discovery(&self) -> Step {
        let subject = self.token_host();
        let url = self.profile.discovery_url_for(match self.profile.kind {
            // Whether the named tenant exists is a question of its own.
            Kind::Microsoft => Some(microsoft::DEFAULT_TENANT),
            _ => None,
        });
        let began = Instant::now();
        let page = self
            .providers
            .http()
            .get(self.profile, &url, "en", DEADLINE)
            .await;
        let ms = millis(began);
        match page {
            Err(failure) => Step::fail("discovery", subject, ms, self.facts(unreachable(failure))),
            Ok(page) => {
                let named = serde_json::from_slice::<serde_json::Value>(&page.body)
                    .ok()
                    .and_then(|document| document["token_endpoint"].as_str().map(str::to_owned));
                match named {
                    Some(endpoint) if same_host(&endpoint, &self.profile.token_url) => {
                        Step::ok("discovery", subject, ms)
                    }
                    // What answers is not the provider: a proxy's page, or a document of somebody else's.
                    _ => {
                        let said = format!("HTTP {}", page.status);
                        let case = self.facts(Case::new("token-reply-unreadable").said(said));
                        Step::warn("discovery", subject, ms, case)
                    }
                }
            }
        }
    }

    async fn tenant(&self) -> Step {
        let tenant = self.credential.fields.tenant.clone();
        if !self.named_tenant() {
            return Step::ok("tenant", tenant, 0);
        }
        let url = self.profile.discovery_url_for(Some(&tenant));
        let began = Instant::now();
        let page = self
            .providers
            .http()
            .get(self.profile, &url, "en", DEADLINE)
            .await;
        let ms = millis(began);
        match page {
            Err(failure) => Step::fail("tenant", tenant, ms, self.facts(unreachable(failure))),
            Ok(page) if page.status < 300 => Step::ok("tenant", tenant, ms),
            Ok(page) => {
                let error = oauth::parse_token_reply(page.status, None, None, &page.body).err();
                let case = match error {
                    Some(error) => tokens::case_of(self.profile, &error, TokenStep::Probe, None),
                    None => Case::new("tenant-unknown").said(format!("HTTP {}", page.status)),
                };
                Step::fail("tenant", tenant, ms, self.facts(case))
            }
        }
    }

    /// A named tenant is asked for a token of the app's own, which is thrown away; else a code is sent that
    /// cannot be right: `invalid_grant` then means that ID and secret were taken ("probably").
    ///
    /// Answers the step `name`, and what it proves of the secret; nothing where the provider could not be asked.
    pub(super) async fn client(&self, name: &str, secret: &SecretString) -> (Step, Option<Status>) {
        let fields = &self.credential.fields;
        let form = if self.named_tenant() {
            oauth::client_credentials_form(&fields.client_id, secret, microsoft::APP_SCOPE)
        } else {
            let bad_code = SecretString::from("tegata-check-this-code-is-not-real".to_owned());
            let verifier = oauth::Pkce::new(&self.providers.store().world().random()).verifier;
            let scope = self.profile.exchange_scope();
            oauth::code_form(
                &fields.client_id,
                Some(secret),
                &bad_code,
                &self.uri,
                &verifier,
                scope.as_deref(),
            )
        };
        let url = self.profile.token_url_for(self.tenant_name());
        let began = Instant::now();
        let reply = self
            .providers
            .http()
            .token(self.profile, &url, &form, DEADLINE)
            .await;
        let ms = millis(began);
        let label = &self.profile.label;
        let fail = |case| Step::fail(name, label, ms, self.facts(case));
        match reply {
            Ok(_) => (Step::ok(name, label, ms), Some(Status::Good)),
            Err(failure @ (Failure::Unreachable(_) | Failure::NotSent(_))) => {
                (fail(unreachable(failure)), None)
            }
            Err(Failure::Refused(error)) => {
                let case = || tokens::case_of(self.profile, &error, TokenStep::Probe, None);
                match error.kind {
                    TokenErrorKind::InvalidGrant if !self.named_tenant() => {
                        let mut step = Step::ok(name, label, ms).said(&error.provider_said);
                        step.case = Some(self.facts(Case::new("client-probably-right")));
                        (step, None)
                    }
                    TokenErrorKind::InvalidClient | TokenErrorKind::UnauthorizedClient => {
                        (fail(case()), Some(Status::Broken))
                    }
                    _ => (fail(case()), None),
                }
            }
        }
    }

    /// Keeps what was proven of the current secret. A refusal while another secret is held is left to the next
    /// token request, which tries that one: a grant makes it now.
    async fn note(
        &self,
        secret: &SecretString,
        step: &Step,
        verdict: Option<Status>,
    ) -> Result<(), Error> {
        // A bad code that is refused as such proves nothing wrong: what was broken may be mended, so grants try.
        let verdict = verdict.or_else(|| {
            (step.outcome == Outcome::Ok && self.credential.status == Status::Broken)
                .then_some(Status::Good)
        });
        let Some(status) = verdict else {
            return Ok(());
        };
        let (id, secret) = (self.credential.id, secret.clone());
        let case = step
            .case
            .clone()
            .unwrap_or_else(|| Case::new("client-refused"));
        let holds_another = self.credential.next.is_some() || self.credential.previous.is_some();
        let until = tokens::secrets::wait(self.providers, &case.cause_id);
        let cause = to_cause(&case);
        self.providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    if status == Status::Good {
                        return credentials::worked(tx, id, &secret).await;
                    }
                    if holds_another && grants::try_now(tx, id).await? {
                        return Ok(());
                    }
                    credentials::refused(tx, id, &secret, &cause, until).await
                })
            })
            .await?;
        Ok(())
    }

    /// Microsoft does not tell it without a person: what is known is whether a consent came back to us, and whether
    /// mailboxes run by it.
    fn admin_consent(&self, works: bool) -> Step {
        let subject = self.credential.fields.tenant.clone();
        if works || self.credential.admin_consented_at.is_some() {
            return Step::ok("admin_consent", subject, 0);
        }
        let link = self.profile.admin_consent_url_for(
            self.tenant_name(),
            &self.credential.fields.client_id,
            &self.uri,
            "link",
        );
        let case = self.facts(Case::new("admin-consent-not-seen"));
        let case = match link {
            Some(link) if self.credential.fields.access == Access::Delegated => {
                case.with("link", link)
            }
            _ => case,
        };
        Step::warn("admin_consent", subject, 0, case)
    }

    pub(super) async fn count(&self, steps: &[Step]) {
        let at = failures::Where {
            provider: self.credential.fields.provider.clone(),
            credential: Some(self.credential.id),
            account: None,
        };
        let causes: Vec<_> = steps
            .iter()
            .filter(|step| step.outcome == Outcome::Fail)
            .filter_map(|step| step.case.as_ref())
            .map(to_cause)
            .collect();
        if !causes.is_empty() {
            let store = self.providers.store();
            crate::failures::count(store, self.profile.kind, at, causes).await;
        }
    }
}

fn unreachable(failure: Failure) -> Case {
    match failure {
        Failure::Unreachable(words) | Failure::NotSent(words) => Case::new("network").said(words),
        Failure::Refused(error) => Case::new("network").said(&error.provider_said),
    }
}

fn same_host(one: &str, other: &str) -> bool {
    let host = |text: &str| {
        let url = url::Url::parse(&text.replace("{tenant}", "tenant")).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    host(one).is_some() && host(one) == host(other)
}

pub(super) fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
