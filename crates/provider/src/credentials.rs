//! OAuth credentials: what an administrator enters is read, judged, kept and proven here.
//!
//!     Input -> prepare (blanks cut, formats judged) -> add / update -> check (ID and secret, without a person)
//!
//! What always holds: the client secret goes in and never comes out; every change is in the audit log, in
//! the commit of the change.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use store::audit::{self, Actor};
use store::credentials::{self, Credential, Fields, Status};
use store::{CredentialId, Tx};
use wire::oauth::{self, TokenErrorKind};

use crate::advice::{Case, Language, TokenStep};
use crate::cause::{Step, to_cause};
use crate::formats::{self, Draft};
use crate::http::Failure;
use crate::profile::{Kind, ProviderProfile};
use crate::{Error, Providers, microsoft, redirect_uri, tokens};

/// The callback's path, as the product has always had it.
pub const REDIRECT_PATH: &str = "/common/cmn270.do";
/// The path that the manual misprints in its Google part (S-61): URIs registered for it keep working.
pub const MISPRINTED_PATH: &str = "/common/cm270.do";

/// What came in; `None` is "not sent".
#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The provider's name in the configuration. Cannot be changed later.
    pub provider: Option<String>,
    /// As the console shows it.
    pub client_id: Option<String>,
    /// The secret's value.
    pub client_secret: Option<SecretString>,
    /// Free text.
    pub note: Option<String>,
    /// Tells several credentials apart.
    pub name: Option<String>,
    /// Microsoft: who can sign in.
    pub tenant: Option<String>,
    /// YYYY-MM-DD; an empty text takes it away.
    pub secret_ends_on: Option<String>,
    /// Which of the two callback paths is sent.
    pub redirect_path: Option<String>,
}

/// A sentence about one field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Remark {
    /// The field's name in the API.
    pub field: &'static str,
    /// The sentence that helps.
    pub message: String,
}

/// What would be stored.
pub struct Prepared {
    /// All fields, blanks cut, defaults filled in.
    pub fields: Fields,
    /// A new secret, where one was sent.
    pub secret: Option<SecretString>,
    /// What looks unusual; it is stored all the same.
    pub warnings: Vec<Remark>,
}

/// Reads and judges an input, for a new credential or on top of a known one.
///
/// Errors: one remark a field, in the caller's language.
pub fn prepare(
    providers: &Providers,
    input: &Input,
    known: Option<&Credential>,
    others: &[Credential],
    language: Language,
) -> Result<Prepared, Vec<Remark>> {
    let say = |ja: &str, en: &str| match language {
        Language::Ja => ja.to_owned(),
        Language::En => en.to_owned(),
    };
    let mut errors = Vec::new();
    let provider = known
        .map(|known| known.fields.provider.clone())
        .or_else(|| input.provider.clone())
        .unwrap_or_default();
    let Ok(profile) = providers.profile(&provider) else {
        let message = say("プロバイダを選択してください。", "Choose a provider.");
        return Err(vec![Remark {
            field: "provider",
            message,
        }]);
    };
    if known.is_some()
        && input
            .provider
            .as_deref()
            .is_some_and(|sent| sent != provider)
    {
        let message = say(
            "プロバイダは変更できません。新しい認証情報を登録してください。",
            "The provider cannot be changed. Register a new credential instead.",
        );
        errors.push(Remark {
            field: "provider",
            message,
        });
    }
    // Google's downloaded file, pasted whole where its ID belongs, brings both values.
    let file = input.client_id.as_deref().map(str::trim);
    let file = file.filter(|text| profile.kind == Kind::Google && text.starts_with('{'));
    let from_file = match file.map(formats::google_json) {
        Some(Err(finding)) => {
            return Err(vec![Remark {
                field: finding.field.as_str(),
                message: finding.message(language).to_owned(),
            }]);
        }
        Some(Ok(client)) => Some(Input {
            client_id: Some(client.client_id),
            client_secret: Some(client.client_secret),
            ..input.clone()
        }),
        None => None,
    };
    let input = from_file.as_ref().unwrap_or(input);
    let is_new = known.is_none();
    // What is required is judged as empty when it was not sent at all.
    let required =
        |sent: Option<&str>| sent.map(str::to_owned).or_else(|| is_new.then(String::new));
    let client_id = required(input.client_id.as_deref());
    let secret = required(
        input
            .client_secret
            .as_ref()
            .map(|secret| secret.expose_secret()),
    );
    let draft = Draft {
        client_id: client_id.as_deref(),
        client_secret: secret.as_deref(),
        tenant: input.tenant.as_deref(),
        name: input.name.as_deref(),
        note: input.note.as_deref(),
    };
    let report = formats::check(profile.kind, &draft);
    let remarks = |findings: &[formats::Finding]| {
        findings
            .iter()
            .map(|finding| Remark {
                field: finding.field.as_str(),
                message: finding.message(language).to_owned(),
            })
            .collect::<Vec<_>>()
    };
    errors.extend(remarks(&report.errors));
    let secret_ends_on = match input.secret_ends_on.as_deref().map(str::trim) {
        None => known.and_then(|known| known.fields.secret_ends_on.clone()),
        Some("") => None,
        Some(date) if is_date(date) => Some(date.to_owned()),
        Some(_) => {
            let message = say(
                "日付は 2027-03-31 の形式で入力してください。",
                "Enter the date as 2027-03-31.",
            );
            errors.push(Remark {
                field: "secret_ends_on",
                message,
            });
            None
        }
    };
    let redirect_path = match input.redirect_path.as_deref() {
        None => known.map_or_else(
            || REDIRECT_PATH.to_owned(),
            |known| known.fields.redirect_path.clone(),
        ),
        Some(path @ (REDIRECT_PATH | MISPRINTED_PATH)) => path.to_owned(),
        Some(_) => {
            let message = say(
                "/common/cmn270.do または /common/cm270.do を選択してください。",
                "Choose /common/cmn270.do or /common/cm270.do.",
            );
            errors.push(Remark {
                field: "redirect_path",
                message,
            });
            String::new()
        }
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let secret = report
        .normalized
        .client_secret
        .filter(|secret| !secret.expose_secret().is_empty());
    let old = known.map(|known| &known.fields);
    let tenant = match (
        profile.wants_tenant,
        report.normalized.tenant.filter(|tenant| !tenant.is_empty()),
    ) {
        (false, _) => String::new(),
        (true, Some(tenant)) => tenant,
        (true, None) if input.tenant.is_none() && old.is_some() => {
            old.map(|old| old.tenant.clone()).unwrap_or_default()
        }
        (true, None) => microsoft::DEFAULT_TENANT.to_owned(),
    };
    let name = match report.normalized.name.filter(|name| !name.is_empty()) {
        Some(name) => name,
        None => old.map_or_else(|| default_name(profile, others), |old| old.name.clone()),
    };
    let hint = secret
        .as_ref()
        .map(|secret| formats::secret_hint(secret.expose_secret()).unwrap_or_default());
    let keep = |sent: Option<String>, old: Option<&String>| {
        sent.or_else(|| old.cloned()).unwrap_or_default()
    };
    Ok(Prepared {
        fields: Fields {
            provider,
            name,
            client_id: keep(report.normalized.client_id, old.map(|old| &old.client_id)),
            secret_hint: keep(hint, old.map(|old| &old.secret_hint)),
            secret_ends_on,
            note: keep(report.normalized.note, old.map(|old| &old.note)),
            tenant,
            redirect_path,
        },
        secret,
        warnings: remarks(&report.warnings),
    })
}

/// "Google Mail", then "Google Mail 2", …
fn default_name(profile: &ProviderProfile, others: &[Credential]) -> String {
    let taken = |name: &str| others.iter().any(|other| other.fields.name == name);
    let mut name = profile.label.clone();
    let mut number = 2;
    while taken(&name) {
        name = format!("{} {number}", profile.label);
        number += 1;
    }
    name
}

fn is_date(text: &str) -> bool {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, format).is_ok()
}

/// Registers a credential.
pub async fn add(tx: &mut Tx, actor: &Actor, prepared: &Prepared) -> store::Result<CredentialId> {
    let secret = prepared
        .secret
        .clone()
        .unwrap_or_else(|| SecretString::from(String::new()));
    let id = credentials::add(tx, &prepared.fields, &secret).await?;
    audit::add(
        tx,
        actor,
        "credential.added",
        id,
        told(&prepared.fields, true),
    )
    .await?;
    Ok(id)
}

/// Changes a credential that still has `version`; `false` when somebody was quicker.
pub async fn update(
    tx: &mut Tx,
    actor: &Actor,
    id: CredentialId,
    version: i64,
    prepared: &Prepared,
) -> store::Result<bool> {
    let done =
        credentials::update(tx, id, version, &prepared.fields, prepared.secret.as_ref()).await?;
    if done {
        audit::add(
            tx,
            actor,
            "credential.changed",
            id,
            told(&prepared.fields, prepared.secret.is_some()),
        )
        .await?;
    }
    Ok(done)
}

/// Removes a credential; answers the addresses that still use it instead, if any.
pub async fn remove(tx: &mut Tx, actor: &Actor, id: CredentialId) -> store::Result<Vec<String>> {
    let users = credentials::in_use_by(tx, id).await?;
    if users.is_empty()
        && let Some(credential) = credentials::find(tx, id).await?
        && credentials::remove(tx, id).await?
    {
        audit::add(
            tx,
            actor,
            "credential.removed",
            id,
            told(&credential.fields, false),
        )
        .await?;
    }
    Ok(users)
}

/// What the audit log tells of a credential: everything but the secret.
fn told(fields: &Fields, new_secret: bool) -> serde_json::Value {
    json!({
        "provider": fields.provider, "name": fields.name, "client_id": fields.client_id, "tenant": fields.tenant,
        "redirect_path": fields.redirect_path, "secret_ends_on": fields.secret_ends_on, "new_secret": new_secret,
    })
}

/// Proves a credential without a person: the redirect URI by the provider's rules, then ID and secret at the
/// token endpoint. A named tenant is asked for a token of its own, which is thrown away; else a code is sent
/// that cannot be right: `invalid_grant` then means that ID and secret were taken ("probably").
pub async fn check(providers: &Providers, id: CredentialId) -> Result<Option<Vec<Step>>, Error> {
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(credential) = credentials::find(tx, id).await? else {
                    return Ok(None);
                };
                let secret = credentials::secret(tx, id).await?;
                Ok(secret.map(|secret| (credential, secret)))
            })
        })
        .await?;
    let Some((credential, secret)) = found else {
        return Ok(None);
    };
    let profile = providers.profile(&credential.fields.provider)?;
    let steps = vec![
        judge_redirect_uri(providers, profile, &credential),
        prove_client(providers, profile, &credential, &secret).await?,
    ];
    Ok(Some(steps))
}

fn judge_redirect_uri(
    providers: &Providers,
    profile: &ProviderProfile,
    credential: &Credential,
) -> Step {
    let uri = redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path);
    let results = redirect_uri::judge_uri(&uri, profile.kind);
    let worst = |outcome| results.iter().find(|result| result.outcome == outcome);
    if let Some(rule) = worst(redirect_uri::Outcome::Fail) {
        Step::fail(
            "redirect_uri",
            uri.clone(),
            0,
            rule_case(profile, &uri, rule),
        )
    } else if let Some(rule) = worst(redirect_uri::Outcome::Warn) {
        Step::warn(
            "redirect_uri",
            uri.clone(),
            0,
            rule_case(profile, &uri, rule),
        )
    } else {
        Step::ok("redirect_uri", uri, 0)
    }
}

/// The case of a redirect URI that breaks a rule: the rule's own sentence says what and how to mend it.
pub fn rule_case(profile: &ProviderProfile, uri: &str, rule: &redirect_uri::RuleResult) -> Case {
    Case::new("redirect-rule")
        .with("provider", &profile.label)
        .with("uri", uri)
        .with("rule", rule.rule)
        .with("rule_ja", &rule.ja)
        .with("rule_en", &rule.en)
}

async fn prove_client(
    providers: &Providers,
    profile: &ProviderProfile,
    credential: &Credential,
    secret: &SecretString,
) -> Result<Step, Error> {
    let fields = &credential.fields;
    let named_tenant = profile.kind == Kind::Microsoft
        && !matches!(
            fields.tenant.as_str(),
            "common" | "organizations" | "consumers"
        );
    let form = if named_tenant {
        oauth::client_credentials_form(&fields.client_id, secret, microsoft::APP_SCOPE)
    } else {
        let redirect = redirect_uri::uri(providers.public_url(), &fields.redirect_path);
        let bad_code = SecretString::from("tegata-check-this-code-is-not-real".to_owned());
        let verifier = oauth::Pkce::new(&providers.store().world().random()).verifier;
        let scope = profile.exchange_scope();
        oauth::code_form(
            &fields.client_id,
            Some(secret),
            &bad_code,
            &redirect,
            &verifier,
            scope.as_deref(),
        )
    };
    let tenant = Some(fields.tenant.as_str()).filter(|tenant| !tenant.is_empty());
    let url = profile.token_url_for(tenant);
    let began = Instant::now();
    let reply = providers
        .http()
        .token(profile, &url, &form, Duration::from_secs(20))
        .await;
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let facts = |case: Case| {
        case.with("provider", &profile.label)
            .with("credential", credential.id.to_string())
    };
    let (step, verdict) = match reply {
        Ok(_) => (Step::ok("client", &profile.label, ms), Some(Status::Good)),
        Err(Failure::Unreachable(words)) => (
            Step::fail(
                "client",
                &profile.label,
                ms,
                facts(Case::new("network").said(words)),
            ),
            None,
        ),
        Err(Failure::Refused(error)) => match error.kind {
            TokenErrorKind::InvalidGrant if !named_tenant => {
                let mut step = Step::ok("client", &profile.label, ms).said(&error.provider_said);
                step.case = Some(facts(Case::new("client-probably-right")));
                (step, None)
            }
            TokenErrorKind::InvalidClient | TokenErrorKind::UnauthorizedClient => {
                let case = facts(tokens::case_of(profile, &error, TokenStep::Probe, None));
                (
                    Step::fail("client", &profile.label, ms, case),
                    Some(Status::Broken),
                )
            }
            _ => {
                let case = facts(tokens::case_of(profile, &error, TokenStep::Probe, None));
                (Step::fail("client", &profile.label, ms, case), None)
            }
        },
    };
    // A bad code that is refused as such proves nothing wrong: what was broken may be mended, so grants try.
    let verdict = verdict.or_else(|| {
        (step.outcome == crate::cause::Outcome::Ok && credential.status == Status::Broken)
            .then_some(Status::Good)
    });
    if let Some(status) = verdict {
        let cause = step.case.as_ref().map(to_cause);
        let id = credential.id;
        providers
            .store()
            .write(move |tx| {
                Box::pin(
                    async move { credentials::set_status(tx, id, status, cause.as_ref()).await },
                )
            })
            .await?;
    }
    Ok(step)
}
