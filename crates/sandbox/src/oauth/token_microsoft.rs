//! Microsoft's token endpoint: bodies and wording of transcripts.md F.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Site;
use super::id_token::{self, Claims};
use super::microsoft::{Said, long_timestamp, redirect_text, say, wrong_tenant_or_app};
use super::sitting::{full_scope, is_identity};
use super::token::{Asked, Secret, judge_secret, life, verifier_fits};
use super::token_reply::{Reply, object};
use crate::ProviderKind;
use crate::faults::{FaultKind, Scope};
use crate::grants::{AccessToken, End, Grant};
use crate::people::NewApp;
use crate::world::Books;

const LIFE: i64 = 3599;
const CODE_LIFE: i64 = 600;
const INACTIVE: i64 = 90 * 86_400;

/// The members every error has, then the ones of this error.
pub(crate) fn error_body(site: &Site, error: &str, said: &Said, extra: &[(&str, Value)]) -> String {
    let mut members = vec![
        ("error", json!(error)),
        ("error_description", json!(said.description)),
        ("error_codes", json!([said.number])),
        ("timestamp", json!(said.timestamp)),
        ("trace_id", json!(said.trace)),
        ("correlation_id", json!(said.correlation)),
        (
            "error_uri",
            json!(format!("{}/error?code={}", site.origin, said.number)),
        ),
    ];
    members.extend(extra.iter().cloned());
    object(&members)
}

struct Refusal {
    status: u16,
    error: &'static str,
    number: u32,
    text: String,
    suberror: Option<&'static str>,
}

fn no(status: u16, error: &'static str, number: u32, text: impl Into<String>) -> Refusal {
    Refusal {
        status,
        error,
        number,
        text: text.into(),
        suberror: None,
    }
}

pub(crate) fn answer(books: &mut Books, site: &Site, asked: &Asked) -> Reply {
    match try_answer(books, site, asked) {
        Ok(members) => Reply::json(StatusCode::OK, object(&members)),
        Err(refusal) => {
            let said = say(books, asked.now, refusal.number, &refusal.text);
            let extra: Vec<(&str, Value)> = refusal
                .suberror
                .map(|s| ("suberror", json!(s)))
                .into_iter()
                .collect();
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
            Reply::json(status, error_body(site, refusal.error, &said, &extra))
        }
    }
}

type Members = Vec<(&'static str, Value)>;

fn try_answer(books: &mut Books, site: &Site, asked: &Asked) -> Result<Members, Refusal> {
    if asked.origin_header {
        return Err(no(
            400,
            "invalid_request",
            90023,
            "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
        ));
    }
    if let Some((number, text)) = wrong_tenant_or_app(books, &asked.tenant, &asked.client_id) {
        let error = if number == 700_016 {
            "unauthorized_client"
        } else {
            "invalid_request"
        };
        return Err(no(400, error, number, text));
    }
    let Some(app) = books
        .app(ProviderKind::Microsoft, &asked.client_id)
        .cloned()
    else {
        return Err(no(400, "unauthorized_client", 700_016, ""));
    };
    if asked.client_secret.is_none() {
        return Err(no(
            401,
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        ));
    }
    match judge_secret(books, &app, asked) {
        Secret::Good => {}
        Secret::Expired => {
            return Err(no(
                401,
                "invalid_client",
                7_000_222,
                format!(
                    "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
                    app.client_id
                ),
            ));
        }
        Secret::Wrong => {
            return Err(no(
                401,
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
                    app.client_id
                ),
            ));
        }
    }
    match asked.fields.get("grant_type") {
        Some("authorization_code") => redeem(books, site, asked, &app),
        Some("refresh_token") => refresh(books, site, asked, &app),
        Some("client_credentials") => app_only(books, asked, &app),
        Some(other) => Err(no(
            400,
            "unsupported_grant_type",
            70003,
            format!("The app requested an unsupported grant type '{other}'."),
        )),
        None => Err(no(
            400,
            "invalid_request",
            900_144,
            "The request body must contain the following parameter: 'grant_type'.",
        )),
    }
}

fn redeem(books: &mut Books, site: &Site, asked: &Asked, app: &NewApp) -> Result<Members, Refusal> {
    let value = asked.fields.get("code").unwrap_or_default().to_owned();
    let Some(code) = books.grants.codes.get(&value).cloned() else {
        return Err(no(
            400,
            "invalid_grant",
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        ));
    };
    if let Some(number) = code.grant {
        books.grants.end(number, End::Replay);
        return Err(no(
            400,
            "invalid_grant",
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        ));
    }
    if asked.now - code.issued_at > CODE_LIFE {
        return Err(no(
            400,
            "invalid_grant",
            70008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
        ));
    }
    if code.provider != ProviderKind::Microsoft || code.client_id != app.client_id {
        return Err(no(
            400,
            "invalid_grant",
            70000,
            "The provided value for the 'code' parameter is not valid.",
        ));
    }
    if code.tenant != asked.tenant {
        return Err(no(
            400,
            "invalid_grant",
            700_005,
            format!(
                "The provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for ({}).",
                code.tenant
            ),
        ));
    }
    if asked.fields.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        let given = asked.fields.get("redirect_uri").unwrap_or_default();
        return Err(no(
            400,
            "invalid_request",
            50011,
            redirect_text(given, &app.client_id),
        ));
    }
    if !verifier_fits(code.challenge.as_deref(), asked.fields.get("code_verifier")) {
        return Err(no(
            400,
            "invalid_grant",
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    let number = books.grants.add(Grant {
        provider: ProviderKind::Microsoft,
        client_id: app.client_id.clone(),
        address: code.address.clone(),
        scopes: code.scopes.clone(),
        issued_at: asked.now,
        dies_at: None,
        ended: None,
        refresh_tokens: Vec::new(),
        refreshes: Vec::new(),
        nonce: code.nonce.clone(),
    });
    if let Some(code) = books.grants.codes.get_mut(&value) {
        code.grant = Some(number);
    }
    grant_access(books, site, asked, number, code.offline)
}

fn refresh(
    books: &mut Books,
    site: &Site,
    asked: &Asked,
    app: &NewApp,
) -> Result<Members, Refusal> {
    let value = asked.fields.get("refresh_token").unwrap_or_default();
    let found = books.grants.refresh.get(value).copied();
    let Some((number, grant)) = found.and_then(|n| Some((n, books.grants.grants.get(&n)?.clone())))
    else {
        return Err(no(
            400,
            "invalid_grant",
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        ));
    };
    if grant.client_id != app.client_id {
        return Err(no(
            400,
            "invalid_grant",
            700_007,
            "The refresh token was issued to another client.",
        ));
    }
    match grant.ended {
        None => {}
        Some(End::Replay) => return Err(expired_grant()),
        Some(End::Revoked | End::Testing) => {
            return Err(no(
                400,
                "invalid_grant",
                50173,
                format!(
                    "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{}'.",
                    long_timestamp(grant.issued_at),
                    long_timestamp(asked.now)
                ),
            ));
        }
    }
    if grant.dies_at.is_some_and(|at| at <= asked.now) {
        return Err(Refusal {
            suberror: Some("bad_token"),
            ..no(
                400,
                "invalid_grant",
                700_082,
                format!(
                    "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for 90.00:00:00.",
                    long_timestamp(grant.issued_at)
                ),
            )
        });
    }
    let scope = Scope {
        client_id: Some(&app.client_id),
        ..Scope::of(ProviderKind::Microsoft, &grant.address)
    };
    let strict = books.faults.stands(FaultKind::StrictRotation, scope);
    if strict && grant.refresh_tokens.last().map(String::as_str) != Some(value) {
        books.grants.end(number, End::Replay);
        return Err(expired_grant());
    }
    grant_access(books, site, asked, number, true)
}

fn expired_grant() -> Refusal {
    no(
        400,
        "invalid_grant",
        70000,
        "The user could not be authenticated as the grant is expired. The user must sign in again.",
    )
}

/// An app's own token: proves ID and secret without a user (providers.md 5.11).
fn app_only(books: &mut Books, asked: &Asked, app: &NewApp) -> Result<Members, Refusal> {
    let Some(tenant) = books.tenant_id(&asked.tenant) else {
        return Err(no(
            400,
            "invalid_request",
            9_001_023,
            "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.",
        ));
    };
    let scope = asked.fields.get("scope").unwrap_or_default();
    if !scope.ends_with("/.default") {
        return Err(no(
            400,
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ));
    }
    let token = format!("eyJ0eXAiOiJKV1Qi{}", books.dice.text(1_200));
    books.grants.access.insert(
        token.clone(),
        AccessToken {
            provider: ProviderKind::Microsoft,
            grant: None,
            address: format!("{}@{tenant}", app.client_id),
            scopes: vec![scope.to_owned()],
            expires_at: asked.now + LIFE,
            revoked: false,
            answer: None,
        },
    );
    Ok(vec![
        ("token_type", json!("Bearer")),
        ("expires_in", json!(LIFE)),
        ("ext_expires_in", json!(LIFE)),
        ("access_token", json!(token)),
    ])
}

/// The scopes asked for now, of those that were granted; all mail scopes if none was named.
fn narrowed(asked: &Asked, granted: &[String]) -> Result<Vec<String>, Refusal> {
    let named: Vec<String> = asked
        .fields
        .get("scope")
        .unwrap_or_default()
        .split_whitespace()
        .map(|s| full_scope(ProviderKind::Microsoft, s))
        .filter(|s| !is_identity(s))
        .collect();
    let mut kept: Vec<String> = granted
        .iter()
        .filter(|s| !is_identity(s) && (named.is_empty() || named.contains(s)))
        .cloned()
        .collect();
    // One token serves one resource: that of the first scope (providers.md 5.3).
    let resource = |s: &str| {
        s.rsplit_once('/')
            .map_or_else(String::new, |(base, _)| base.to_owned())
    };
    if let Some(first) = kept.first().map(|s| resource(s)) {
        kept.retain(|s| resource(s) == first);
    } else if !named.is_empty() {
        return Err(Refusal {
            suberror: Some("consent_required"),
            ..no(
                400,
                "invalid_grant",
                65001,
                format!(
                    "The user or administrator has not consented to use the application with ID '{}' named 'Tegata'. Send an interactive authorization request for this user and resource.",
                    asked.client_id
                ),
            )
        });
    }
    Ok(kept)
}

fn grant_access(
    books: &mut Books,
    site: &Site,
    asked: &Asked,
    number: u64,
    offline: bool,
) -> Result<Members, Refusal> {
    let Some(grant) = books.grants.grants.get(&number).cloned() else {
        return Err(expired_grant());
    };
    let scopes = narrowed(asked, &grant.scopes)?;
    let scope = Scope {
        client_id: Some(&grant.client_id),
        ..Scope::of(ProviderKind::Microsoft, &grant.address)
    };
    let long = books.faults.strike(FaultKind::Token8k, scope).is_some();
    let life = life(books, scope, LIFE);
    // Some 1,900 characters: with XOAUTH2 around them longer than many a line buffer.
    let access = format!("EwB{}", books.dice.text(if long { 8189 } else { 1_907 }));
    let answer = books.grants.under_work(number);
    books.grants.access.insert(
        access.clone(),
        AccessToken {
            provider: ProviderKind::Microsoft,
            grant: Some(number),
            address: grant.address.clone(),
            scopes: scopes.clone(),
            expires_at: asked.now + life,
            revoked: false,
            answer,
        },
    );
    let mut members = vec![
        ("token_type", json!("Bearer")),
        ("scope", json!(scopes.join(" "))),
        ("expires_in", json!(life)),
        ("ext_expires_in", json!(life)),
        ("access_token", json!(access)),
    ];
    if offline {
        let token = format!("1.{}", books.dice.text(if long { 8190 } else { 1_100 }));
        books.grants.refresh.insert(token.clone(), number);
        if let Some(grant) = books.grants.grants.get_mut(&number) {
            grant.refresh_tokens.push(token.clone());
            grant.dies_at = Some(asked.now + INACTIVE);
        }
        members.push(("refresh_token", json!(token)));
    }
    let person = books
        .person(ProviderKind::Microsoft, &grant.address)
        .cloned();
    if let Some(person) = person.filter(|_| grant.scopes.iter().any(|s| s == "openid")) {
        let claims = Claims {
            origin: &site.origin,
            client_id: &grant.client_id,
            person: &person,
            scopes: &grant.scopes,
            nonce: grant
                .nonce
                .as_deref()
                .filter(|_| asked.fields.get("code").is_some()),
            access_token: &access,
            now: asked.now,
        };
        members.push(("id_token", json!(id_token::microsoft(books, &claims))));
    }
    Ok(members)
}
