//! `/api/guides/{provider}`: how far the set-up guide is, for all administrators together.
//!
//! The words of the cards are the web application's; here are state, variant and the values to copy. A secret
//! never comes here: it goes straight into its credential.

pub mod hand_over;

use std::net::IpAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::credentials::{MISPRINTED_PATH, REDIRECT_PATH};
use provider::guide::{self, Answers};
use provider::profile::{Kind, ProviderProfile};
use provider::redirect_uri;
use serde::Deserialize;
use serde_json::{Value, json};
use store::guides::{self, Change, Guide};
use store::{CredentialId, audit, credentials};

use super::Web;
use super::caller::{Administrator, Body, Client, actor};
use super::problem::{Problem, language};
use crate::json::time;
use crate::self_check;

/// The profile of a provider that has a guide.
fn profile<'a>(web: &'a Web, name: &str) -> Result<&'a ProviderProfile, Problem> {
    let profile = web
        .providers()
        .profiles()
        .get(name)
        .ok_or_else(Problem::not_found)?;
    if profile.kind == Kind::Generic {
        return Err(Problem::not_found());
    }
    Ok(profile)
}

fn answers_of(guide: &Guide) -> Answers {
    serde_json::from_str(&guide.answers).unwrap_or_default()
}

async fn load(web: &Web, name: &str) -> Result<(Guide, i64), Problem> {
    let name = name.to_owned();
    Ok(web
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let guide = guides::find(tx, &name).await?;
                let consented = match guide.credential_id {
                    Some(id) => credentials::people_consented(tx, id).await?,
                    None => 0,
                };
                Ok((guide, consented))
            })
        })
        .await?)
}

async fn values(web: &Web, profile: &ProviderProfile) -> Value {
    let public_url = web.providers().public_url();
    let uri = |path| redirect_uri::uri(public_url, path);
    let host = url::Url::parse(public_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default();
    json!({
        "redirect_uri": uri(REDIRECT_PATH), "redirect_uri_misprinted": uri(MISPRINTED_PATH), "public_url": public_url,
        "home_page": format!("{public_url}/"), "authorized_domain": redirect_uri::registrable_domain(&host),
        "scopes": profile.scopes, "server_addresses": public_addresses(&host).await,
    })
}

/// What the public name stands for on the internet, for a provider that asks where logins come from.
async fn public_addresses(host: &str) -> Vec<IpAddr> {
    let mut addresses = self_check::addresses(host, Duration::from_secs(1)).await;
    addresses.retain(|address| match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_private() && !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unique_local() && !v6.is_unicast_link_local(),
    });
    addresses
}

async fn show(web: &Web, profile: &ProviderProfile, guide: &Guide, consented: i64) -> Value {
    let answers = answers_of(guide);
    let variant = guide::variant(profile.kind, &answers);
    let cards: Vec<Value> = guide::cards(profile.kind, &answers)
        .iter()
        .map(|card| {
            let done = guide.cards.get(card.id);
            let settles = done.and_then(|(at, _)| {
                let at = at + guide::settles_in(profile.kind, card.id)?;
                (at > web.store().now()).then(|| time(at))
            });
            json!({
                "id": card.id, "optional": card.optional, "done_at": done.map(|(at, _)| time(*at)),
                "done_by": done.map(|(_, by)| by), "settles_at": settles,
            })
        })
        .collect();
    let external = variant.as_ref().and_then(|variant| variant.audience) == Some("external");
    let step = if guide.step.is_empty() {
        guide::STEPS[0]
    } else {
        &guide.step
    };
    let variant = variant.map(|variant| {
        let remarks: Vec<Value> = variant
            .remarks
            .iter()
            .map(|case| json!(profile.facts(case.clone()).advise(language())))
            .collect();
        json!({
            "audience": variant.audience, "tenancy": variant.tenancy, "access": variant.access,
            "remarks": remarks, "possible": variant.possible,
        })
    });
    json!({
        "provider": profile.name, "kind": profile.kind, "label": profile.label, "step": step, "answers": answers,
        "variant": variant, "cards": cards, "values": values(web, profile).await, "credential_id": guide.credential_id,
        "people": {
            "consented": consented, "cap": external.then_some(guide::PEOPLE_CAP), "warn_from": guide::WARN_FROM,
        },
        "updated_at": guide.updated_at.map(time), "updated_by": guide.updated_by,
    })
}

async fn answer(web: &Web, profile: &ProviderProfile, guide: &Guide, consented: i64) -> Response {
    let mut response = Json(show(web, profile, guide, consented).await).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", guide.version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// `GET /api/guides/{provider}`
pub async fn find(
    State(web): State<Web>,
    _: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let profile = profile(&web, &name)?;
    let (guide, consented) = load(&web, &name).await?;
    Ok(answer(&web, profile, &guide, consented).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    step: Option<String>,
    /// Only what is sent is changed; null takes an answer away.
    answers: Option<serde_json::Map<String, Value>>,
    credential_id: Option<CredentialId>,
}

/// `PATCH /api/guides/{provider}` with `If-Match`
pub async fn update(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(sent): Body<Patch>,
) -> Result<Response, Problem> {
    let profile = profile(&web, &name)?;
    let (guide, _) = load(&web, &name).await?;
    let shown = headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.trim().trim_matches('"').to_owned());
    if shown.as_deref() != Some(guide.version.to_string().as_str()) {
        return Err(changed_meanwhile(shown.is_none()));
    }
    let change = merged(profile, &guide, sent)?;
    if let Some(id) = change.credential_id {
        let found = web
            .store()
            .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
            .await?;
        if found.is_none_or(|credential| credential.fields.provider != name) {
            return Err(Problem::field(
                "credential_id",
                "このプロバイダの認証情報ではありません。",
                "This is no credential of this provider.",
            ));
        }
    }
    let (version, login, provider) = (guide.version, caller.user.login, name.clone());
    let done = web
        .store()
        .write(move |tx| {
            Box::pin(async move { guides::save(tx, &provider, version, &change, &login).await })
        })
        .await?;
    if !done {
        return Err(changed_meanwhile(false));
    }
    let (guide, consented) = load(&web, &name).await?;
    Ok(answer(&web, profile, &guide, consented).await)
}

fn changed_meanwhile(missing: bool) -> Problem {
    if missing {
        return Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match-missing",
            "If-Match ヘッダーが必要です。",
            "The header If-Match is missing: send the ETag of what you read.",
        );
    }
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "changed-meanwhile",
        "ほかの管理者がガイドを先に進めました。",
        "Somebody else moved the guide on first.",
    )
    .detail(
        "最新の内容を読み込み直してください。入力は失われていません。",
        "Load it again; nothing of it is lost.",
    )
}

/// What was sent, on top of what was known.
fn merged(profile: &ProviderProfile, guide: &Guide, sent: Patch) -> Result<Change, Problem> {
    let step = match sent.step {
        Some(step) if guide::STEPS.contains(&step.as_str()) => step,
        Some(_) => {
            return Err(Problem::field(
                "step",
                "ガイドにない手順です。",
                "The guide has no such step.",
            ));
        }
        None if guide.step.is_empty() => guide::STEPS[0].to_owned(),
        None => guide.step.clone(),
    };
    let mut answers = serde_json::to_value(answers_of(guide)).unwrap_or_default();
    if let (Some(all), Some(sent)) = (answers.as_object_mut(), sent.answers) {
        for (name, value) in sent {
            // An unknown answer stays and is refused below, by its name.
            all.insert(name, value);
        }
        if all.get("manual").is_some_and(Value::is_null) {
            all.remove("manual");
        }
    }
    let answers: Answers = serde_json::from_value(answers).map_err(|error| {
        Problem::field(
            "answers",
            "回答の形式が正しくありません。",
            "These answers cannot be read.",
        )
        .detail(error.to_string(), error.to_string())
    })?;
    let only_microsoft = answers.approval == Some(guide::Approval::AppOnly);
    if only_microsoft && profile.kind != Kind::Microsoft {
        return Err(Problem::field(
            "answers",
            "アプリケーションのアクセス許可は Microsoft Exchange Online だけで使えます。",
            "App-only access exists for Microsoft Exchange Online only.",
        ));
    }
    Ok(Change {
        step,
        answers: serde_json::to_string(&answers).unwrap_or_default(),
        credential_id: sent.credential_id.or(guide.credential_id),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    done: bool,
}

/// `PUT /api/guides/{provider}/cards/{card}`
pub async fn mark(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    Path((name, card)): Path<(String, String)>,
    Body(sent): Body<Mark>,
) -> Result<Response, Problem> {
    let profile = profile(&web, &name)?;
    if !guide::is_card(profile.kind, &card) {
        return Err(Problem::not_found());
    }
    let (provider, login) = (name.clone(), caller.user.login);
    web.store()
        .write(move |tx| {
            Box::pin(async move { guides::mark(tx, &provider, &card, sent.done, &login).await })
        })
        .await?;
    let (guide, consented) = load(&web, &name).await?;
    Ok(answer(&web, profile, &guide, consented).await)
}

/// `DELETE /api/guides/{provider}`: start over. The credential stays.
pub async fn forget(
    State(web): State<Web>,
    Administrator(caller): Administrator,
    client: Client,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    profile(&web, &name)?;
    let actor = actor(&caller, &client);
    web.store()
        .write(move |tx| {
            Box::pin(async move {
                guides::forget(tx, &name).await?;
                audit::add(tx, &actor, "guide.restarted", name, json!({})).await
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
