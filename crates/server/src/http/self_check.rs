//! `/api/self-check`: does the public address keep every rule of every provider (GET, at once), and does all of
//! it work right now (POST, live)?

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::{Extension, Json};
use provider::advice::Case;
use provider::cause::Step;
use provider::credentials::{MISPRINTED_PATH, REDIRECT_PATH};
use provider::redirect_uri::{self, Outcome};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Web;
use super::caller::{Administrator, Optional, SignedIn};
use super::problem::{Problem, language};
use super::sign_in::origin_ok;
use super::steps;
use crate::tls::acme::Board;

/// `GET /api/self-check`
pub async fn self_check(State(web): State<Web>, _: SignedIn, headers: HeaderMap) -> Json<Value> {
    let public_url = web.providers().public_url();
    let language = language();
    let mut steps = Vec::new();
    for profile in web.providers().profiles().values() {
        for rule in redirect_uri::judge(public_url, REDIRECT_PATH, profile.kind) {
            let case = || {
                Case::new("redirect-rule")
                    .with("provider", &profile.label)
                    .with("rule", rule.rule)
                    .with("rule_ja", &rule.ja)
                    .with("rule_en", &rule.en)
            };
            let step = match rule.outcome {
                Outcome::Ok => Step::ok(rule.rule, &profile.label, 0),
                Outcome::Warn => Step::warn(rule.rule, &profile.label, 0, case()),
                Outcome::Fail => Step::fail(rule.rule, &profile.label, 0, case()),
            };
            let mut json = step.to_json(language);
            json["message"] = json!(rule.message(language));
            steps.push(json);
        }
    }
    let uris: Vec<Value> = [REDIRECT_PATH, MISPRINTED_PATH]
        .iter()
        .map(|path| json!({ "path": path, "uri": redirect_uri::uri(public_url, path) }))
        .collect();
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Json(json!({
        "public_url": public_url, "reached_as": host, "origin_ok": origin_ok(public_url, &headers),
        "redirect_uris": uris, "steps": steps,
    }))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    provider: Option<String>,
}

/// `POST /api/self-check`
pub async fn live(
    State(web): State<Web>,
    _: Administrator,
    Extension(board): Extension<Option<Board>>,
    headers: HeaderMap,
    Optional(wanted): Optional<Wanted>,
) -> Result<Response, Problem> {
    let known = |name: &String| web.providers().profiles().contains_key(name);
    if wanted.provider.as_ref().is_some_and(|name| !known(name)) {
        return Err(Problem::field(
            "provider",
            "プロバイダを選択してください。",
            "Choose a provider.",
        ));
    }
    let providers = web.providers().clone();
    steps::run(&headers, move |told| async move {
        let acme = board.map(|board| board.status());
        Ok(crate::self_check::run(&providers, acme, wanted.provider.as_deref(), told).await)
    })
    .await
}
