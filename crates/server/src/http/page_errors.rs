//! `/api/page-errors`: errors that a provider shows on its own page and never sends to us. People choose theirs
//! from the list, or paste the page's words; what no row knows is counted and shown verbatim.

use axum::Json;
use axum::extract::State;
use provider::advice::{Case, PAGE_ERRORS, page_error};
use provider::cause::to_cause;
use provider::credentials::REDIRECT_PATH;
use provider::profile::ProviderProfile;
use provider::redirect_uri;
use serde::Deserialize;
use serde_json::{Value, json};
use store::failures::{Where, typed_at};

use super::Web;
use super::caller::{Body, Myself, Query};
use super::problem::{Problem, language};

fn profile<'a>(web: &'a Web, name: &str) -> Result<&'a ProviderProfile, Problem> {
    web.providers().profiles().get(name).ok_or_else(|| {
        Problem::field(
            "provider",
            "プロバイダを選択してください。",
            "Choose a provider.",
        )
    })
}

/// What is known without a credential: the provider, and the redirect URI that most register.
fn facts(web: &Web, profile: &ProviderProfile, case: Case) -> Case {
    let uri = redirect_uri::uri(web.providers().public_url(), REDIRECT_PATH);
    profile.facts(case).with("uri", uri)
}

#[derive(Deserialize)]
pub struct Which {
    provider: String,
}

/// `GET /api/page-errors?provider=google`: how the page names each, with its advice.
pub async fn list(
    State(web): State<Web>,
    _: Myself,
    Query(which): Query<Which>,
) -> Result<Json<Value>, Problem> {
    let profile = profile(&web, &which.provider)?;
    let items: Vec<Value> = PAGE_ERRORS
        .iter()
        .filter(|page| page.kind == profile.kind)
        .map(|page| {
            let case = facts(&web, profile, Case::new(page.cause_id));
            json!({ "shown": page.shown, "advice": case.advise(language()) })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    provider: String,
    /// A text of the list, or what stands on the page.
    shown: String,
}

/// `POST /api/page-errors`
pub async fn look_up(
    State(web): State<Web>,
    _: Myself,
    Body(sent): Body<Shown>,
) -> Result<Json<Value>, Problem> {
    let profile = profile(&web, &sent.provider)?;
    let words: String = sent.shown.trim().chars().take(2000).collect();
    if words.is_empty() {
        return Err(Problem::field(
            "shown",
            "プロバイダの画面に表示された文字を入力してください。",
            "Enter what the provider's page says.",
        ));
    }
    let case = facts(&web, profile, page_error(profile.kind, &words));
    let at = Where {
        provider: typed_at(&sent.provider),
        ..Where::default()
    };
    provider::failures::count(web.store(), profile.kind, at, vec![to_cause(&case)]).await;
    Ok(Json(json!({ "advice": case.advise(language()) })))
}
