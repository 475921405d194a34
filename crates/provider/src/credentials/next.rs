//! The next secret of a credential: judged, proven, made current; and the previous one, given up.
//!
//!     PATCH next_secret -> check_next: without a person, then on one grant by a refresh -> switch
//!
//! What always holds: a next secret is judged by the rules of the current one; proving it changes nothing but
//! what is known of it, and the grant it is proven on keeps every token that came.

use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use store::audit::{self, Actor};
use store::credentials::{self, Credential, NextChange, Slot, Status};
use store::{AccountId, CredentialId, GrantId, Store, Tx, accounts, grants};

use super::check::{Check, millis};
use super::{Input, Prepared, Remark, judge_date};
use crate::advice::Language;
use crate::cause::{Outcome, Step, Told, to_cause};
use crate::formats::{self, Draft, Field};
use crate::profile::ProviderProfile;
use crate::tokens::secrets::{Found, try_next};
use crate::{Error, Providers};

/// Tells "not sent" from "sent as null".
pub(super) fn sent<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<SecretString>>, D::Error> {
    Option::<SecretString>::deserialize(from).map(Some)
}

fn remark(field: &'static str, language: Language, ja: &str, en: &str) -> Remark {
    let message = match language {
        Language::Ja => ja,
        Language::En => en,
    };
    Remark {
        field,
        message: message.to_owned(),
    }
}

/// What an input wants of the next secret; what is wrong with it goes to `errors` and `warnings`.
pub(super) fn judge(
    profile: &ProviderProfile,
    input: &Input,
    known: Option<&Credential>,
    language: Language,
    (errors, warnings): (&mut Vec<Remark>, &mut Vec<Remark>),
) -> NextChange {
    let date = input.next_secret_ends_on.as_deref();
    let date = judge_date("next_secret_ends_on", date, language, errors);
    let held = known.and_then(|known| known.next.as_ref());
    let secret = match (&input.next_secret, date) {
        (None, None) => return NextChange::Keep,
        (None, Some(ends_on)) if held.is_some() => return NextChange::EndsOn(ends_on),
        (None, Some(None)) => return NextChange::Keep,
        (None, Some(Some(_))) => {
            errors.push(remark(
                "next_secret_ends_on",
                language,
                "次のシークレットが登録されていません。シークレットの値と一緒に入力してください。",
                "There is no next secret yet. Enter its value together with its end date.",
            ));
            return NextChange::Keep;
        }
        (Some(None), _) => return NextChange::Drop,
        (Some(Some(secret)), date) => (secret, date.flatten()),
    };
    let (secret, ends_on) = secret;
    let client_id = known.map(|known| known.fields.client_id.as_str());
    let draft = Draft {
        client_id: input.client_id.as_deref().or(client_id),
        client_secret: Some(secret.expose_secret()),
        ..Draft::default()
    };
    let report = formats::check(profile.kind, &draft);
    let ours = |findings: &[formats::Finding]| {
        findings
            .iter()
            .filter(|finding| finding.field == Field::ClientSecret)
            .map(|finding| Remark {
                field: "next_secret",
                message: finding.message(language).to_owned(),
            })
            .collect::<Vec<_>>()
    };
    errors.extend(ours(&report.errors));
    warnings.extend(ours(&report.warnings));
    let secret = report.normalized.client_secret.unwrap_or_default();
    let current = input.client_secret.as_ref();
    if current.is_some_and(|current| current.expose_secret().trim() == secret.expose_secret()) {
        errors.push(same(language));
    }
    let hint = formats::secret_hint(secret.expose_secret()).unwrap_or_default();
    NextChange::Set {
        secret,
        hint,
        ends_on,
    }
}

fn same(language: Language) -> Remark {
    remark(
        "next_secret",
        language,
        "現在使用中のシークレットと同じです。プロバイダで新しく追加したシークレットの値を入力してください。",
        "This is the secret that is in use already. Enter the value of the new one that you added at the provider.",
    )
}

/// A remark where the next secret that was sent is the one in use.
pub async fn same_as_current(
    store: &Store,
    id: CredentialId,
    prepared: &Prepared,
    language: Language,
) -> store::Result<Option<Remark>> {
    let NextChange::Set { secret, .. } = &prepared.next else {
        return Ok(None);
    };
    if prepared.secret.is_some() {
        return Ok(None);
    }
    let current = store
        .read(move |tx| Box::pin(async move { credentials::secret(tx, id).await }))
        .await?;
    let is_same = current.is_some_and(|current| current.expose_secret() == secret.expose_secret());
    Ok(is_same.then(|| same(language)))
}

/// Carries out what shall happen to the next secret, in the commit of the change, with its entry in the audit log.
pub(super) async fn change(
    tx: &mut Tx,
    actor: &Actor,
    id: CredentialId,
    change: &NextChange,
) -> store::Result<()> {
    credentials::change_next(tx, id, change).await?;
    let (action, detail) = match change {
        NextChange::Keep => return Ok(()),
        NextChange::Drop => ("credential.next_secret_dropped", json!({})),
        NextChange::EndsOn(date) => (
            "credential.next_secret_set",
            json!({ "new_secret": false, "ends_on": date }),
        ),
        NextChange::Set { ends_on, .. } => (
            "credential.next_secret_set",
            json!({ "new_secret": true, "ends_on": ends_on }),
        ),
    };
    audit::add(tx, actor, action, id, detail).await
}

/// Why no switch was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSwitched {
    /// There is no next secret.
    NoNext,
    /// The provider did not take it yet.
    Unproven,
    /// Somebody changed the credential meanwhile.
    Changed,
}

/// Makes the next secret current. Unless `anyway`, only a proven one.
pub async fn switch(
    tx: &mut Tx,
    actor: &Actor,
    id: CredentialId,
    version: i64,
    anyway: bool,
) -> store::Result<Result<(), NotSwitched>> {
    let Some(known) = credentials::find(tx, id).await? else {
        return Ok(Err(NotSwitched::Changed));
    };
    if known.version != version {
        return Ok(Err(NotSwitched::Changed));
    }
    let Some(next) = known.next else {
        return Ok(Err(NotSwitched::NoNext));
    };
    if next.status != Status::Good && !anyway {
        return Ok(Err(NotSwitched::Unproven));
    }
    if !credentials::switch(tx, id, version).await? {
        return Ok(Err(NotSwitched::Changed));
    }
    let detail = json!({ "by": "person", "taken": "next", "proven": next.status == Status::Good });
    audit::add(tx, actor, "credential.secret_switched", id, detail).await?;
    Ok(Ok(()))
}

/// Gives the previous secret up; nothing where there is none.
pub async fn drop_previous(tx: &mut Tx, actor: &Actor, id: CredentialId) -> store::Result<()> {
    if credentials::drop_previous(tx, id).await? {
        let action = "credential.previous_secret_dropped";
        audit::add(tx, actor, action, id, json!({})).await?;
    }
    Ok(())
}

/// The grant of an account, if it is one of this credential.
pub async fn grant_of_account(
    tx: &mut Tx,
    credential: CredentialId,
    account: AccountId,
) -> store::Result<Option<GrantId>> {
    let Some(account) = accounts::find(tx, account).await? else {
        return Ok(None);
    };
    let grant = grants::find(tx, account.grant_id).await?;
    Ok(grant
        .filter(|grant| grant.credential_id == credential)
        .map(|grant| grant.id))
}

/// Proves the next secret: without a person, then by a refresh of `wanted` or of one grant that works. `None`
/// where there is no such credential, or it holds no next secret.
pub async fn check_next(
    providers: &Providers,
    id: CredentialId,
    wanted: Option<GrantId>,
    mut told: Told,
) -> Result<Option<Vec<Step>>, Error> {
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(credential) = credentials::find(tx, id).await? else {
                    return Ok(None);
                };
                let secret = credentials::secret_in(tx, id, Slot::Next).await?;
                Ok(secret.map(|secret| (credential, secret)))
            })
        })
        .await?;
    let Some((credential, secret)) = found else {
        return Ok(None);
    };
    let check = Check::new(providers, &credential, None)?;
    told.tell(Step::running("next-secret", &check.profile.label));
    let (step, verdict) = check.client("next-secret", &secret).await;
    let failed = step.outcome == Outcome::Fail;
    if let Some(status) = verdict {
        let cause = step.case.as_ref().map(to_cause);
        let secret = secret.clone();
        providers
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    credentials::judge_next(tx, id, &secret, status, cause.as_ref()).await
                })
            })
            .await?;
    }
    told.tell(step);
    let grant = providers
        .store()
        .write(move |tx| Box::pin(async move { grants::to_prove_on(tx, id, wanted).await }))
        .await?;
    match grant {
        Some(grant) if !failed => {
            let subject = address_of(providers, grant).await?;
            told.tell(Step::running("next-secret-grant", &subject));
            told.tell(check.on_grant(grant, &subject).await?);
        }
        _ => told.tell(Step::skip("next-secret-grant", &check.profile.label)),
    }
    let steps = told.into_steps();
    check.count(&steps).await;
    Ok(Some(steps))
}

async fn address_of(providers: &Providers, grant: GrantId) -> Result<String, Error> {
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let accounts = accounts::of_grant(tx, grant).await?;
                Ok(accounts.into_iter().next())
            })
        })
        .await?;
    Ok(found.map_or_else(String::new, |account| account.mailbox_address))
}

impl Check<'_> {
    async fn on_grant(&self, grant: GrantId, subject: &str) -> Result<Step, Error> {
        let name = "next-secret-grant";
        let began = Instant::now();
        let found = try_next(self.providers, grant).await?;
        let ms = millis(began);
        Ok(match found {
            Found::Good => Step::ok(name, subject, ms),
            Found::Refused(case) | Found::Unknown(case) => Step::fail(name, subject, ms, case),
        })
    }
}
