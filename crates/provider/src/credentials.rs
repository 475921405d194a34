//! OAuth credentials: what an administrator enters is read, judged, kept and proven here.
//!
//!     Input -> prepare (blanks cut, formats judged) -> add / update -> check (without a person)
//!
//! What always holds: the client secret goes in and never comes out; every change is in the audit log, in
//! the commit of the change.

mod check;
mod next;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use store::audit::{self, Actor};
use store::credentials::{self, Access, Credential, Fields, NextChange};
use store::{CredentialId, Tx};

use crate::advice::Language;
use crate::consent::tidy_address;
use crate::formats::{self, Draft};
use crate::profile::{Kind, ProviderProfile};
use crate::{Providers, microsoft};

pub use check::{check, rule_case};
pub use next::{NotSwitched, check_next, drop_previous, grant_of_account, same_as_current, switch};

/// An app-only credential opens at most so many mailboxes.
const MOST_ADDRESSES: usize = 10_000;

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
    /// The value of the secret that shall become current; `Some(None)` gives it up.
    #[serde(default, deserialize_with = "next::sent")]
    pub next_secret: Option<Option<SecretString>>,
    /// YYYY-MM-DD; an empty text takes it away.
    pub next_secret_ends_on: Option<String>,
    /// Which of the two callback paths is sent.
    pub redirect_path: Option<String>,
    /// `delegated` or `app_only`. Cannot be changed later.
    pub access: Option<String>,
    /// App-only: the mailboxes that may be added.
    pub allowed_addresses: Option<Vec<String>>,
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
    /// What happens to the next secret.
    pub next: NextChange,
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
    let secret_ends_on = match judge_date(
        "secret_ends_on",
        input.secret_ends_on.as_deref(),
        language,
        &mut errors,
    ) {
        Some(sent) => sent,
        None => known.and_then(|known| known.fields.secret_ends_on.clone()),
    };
    let mut warnings = remarks(&report.warnings);
    let next = next::judge(
        profile,
        input,
        known,
        language,
        (&mut errors, &mut warnings),
    );
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
    let access = judge_access(profile, input, known, language, &mut errors);
    let allowed_addresses = judge_addresses(input, known, access, language, &mut errors);
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
    if access == Access::AppOnly && !microsoft::is_named_tenant(&tenant) {
        return Err(vec![Remark {
            field: "tenant",
            message: say(
                "アプリケーションのアクセス許可を使うには、「ディレクトリ (テナント) ID」を入力してください。",
                "App-only access needs the Directory (tenant) ID.",
            ),
        }]);
    }
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
            access,
            allowed_addresses,
        },
        secret,
        next,
        warnings,
    })
}

fn judge_access(
    profile: &ProviderProfile,
    input: &Input,
    known: Option<&Credential>,
    language: Language,
    errors: &mut Vec<Remark>,
) -> Access {
    let mut refuse = |ja: &str, en: &str| {
        let message = match language {
            Language::Ja => ja.to_owned(),
            Language::En => en.to_owned(),
        };
        errors.push(Remark {
            field: "access",
            message,
        });
    };
    let old = known.map(|known| known.fields.access);
    let sent = match input.access.as_deref().map(Access::parse) {
        None => return old.unwrap_or_default(),
        Some(None) => {
            refuse(
                "delegated または app_only を指定してください。",
                "Use delegated or app_only.",
            );
            return old.unwrap_or_default();
        }
        Some(Some(access)) => access,
    };
    if old.is_some_and(|old| old != sent) {
        refuse(
            "アクセスの種類は変更できません。新しい認証情報を登録してください。",
            "The kind of access cannot be changed. Register a new credential instead.",
        );
    } else if sent == Access::AppOnly && profile.kind != Kind::Microsoft {
        refuse(
            "アプリケーションのアクセス許可は Microsoft Exchange Online だけで使えます。",
            "App-only access exists for Microsoft Exchange Online only.",
        );
    }
    sent
}

fn judge_addresses(
    input: &Input,
    known: Option<&Credential>,
    access: Access,
    language: Language,
    errors: &mut Vec<Remark>,
) -> Vec<String> {
    let Some(sent) = &input.allowed_addresses else {
        return known.map_or_else(Vec::new, |known| known.fields.allowed_addresses.clone());
    };
    let mut refuse = |ja: String, en: String| {
        let message = match language {
            Language::Ja => ja,
            Language::En => en,
        };
        errors.push(Remark {
            field: "allowed_addresses",
            message,
        });
    };
    let mut tidy = Vec::new();
    for text in sent
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
    {
        match tidy_address(text) {
            Some(address) => tidy.push(address.to_lowercase()),
            None => {
                let shown: String = text.chars().take(60).collect();
                refuse(
                    format!(
                        "「{shown}」はメールアドレスではありません。1 行に 1 件ずつ入力してください。"
                    ),
                    format!("“{shown}” is no mail address. Enter one address a line."),
                );
            }
        }
    }
    tidy.sort_unstable();
    tidy.dedup();
    if tidy.len() > MOST_ADDRESSES {
        refuse(
            format!("{MOST_ADDRESSES} 件までです。"),
            format!("At most {MOST_ADDRESSES} addresses."),
        );
    }
    if access == Access::Delegated && !tidy.is_empty() {
        refuse(
            "アドレスの一覧は、アプリケーションのアクセス許可でのみ使います。".to_owned(),
            "A list of addresses belongs to app-only access.".to_owned(),
        );
    }
    tidy
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

/// A date that was sent: `Some(None)` takes it away. What is no date is an error.
fn judge_date(
    field: &'static str,
    sent: Option<&str>,
    language: Language,
    errors: &mut Vec<Remark>,
) -> Option<Option<String>> {
    match sent.map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(date) if is_date(date) => Some(Some(date.to_owned())),
        Some(_) => {
            let message = match language {
                Language::Ja => "日付は 2027-03-31 の形式で入力してください。",
                Language::En => "Enter the date as 2027-03-31.",
            };
            errors.push(Remark {
                field,
                message: message.to_owned(),
            });
            None
        }
    }
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
    next::change(tx, actor, id, &prepared.next).await?;
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
    let old = credentials::find(tx, id).await?.map(|old| old.fields);
    let done =
        credentials::update(tx, id, version, &prepared.fields, prepared.secret.as_ref()).await?;
    if !done {
        return Ok(false);
    }
    next::change(tx, actor, id, &prepared.next).await?;
    let next_only = prepared.secret.is_none() && old.as_ref() == Some(&prepared.fields);
    if !next_only || matches!(prepared.next, NextChange::Keep) {
        audit::add(
            tx,
            actor,
            "credential.changed",
            id,
            told(&prepared.fields, prepared.secret.is_some()),
        )
        .await?;
    }
    Ok(true)
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
        "access": fields.access.word(), "allowed_addresses": fields.allowed_addresses.len(),
    })
}
