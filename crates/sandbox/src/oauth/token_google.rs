//! Google's token endpoint: bodies and wording of transcripts.md E.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Site;
use super::id_token::{self, Claims};
use super::token::{Asked, Secret, judge_secret, life, verifier_fits};
use super::token_reply::{Reply, indented_object};
use crate::ProviderKind;
use crate::faults::{FaultKind, Scope};
use crate::grants::{AccessToken, End, Grant};
use crate::people::{Audience, NewApp};
use crate::world::Books;

const LIFE: i64 = 3599;
const CODE_LIFE: i64 = 600;
const SEVEN_DAYS: i64 = 7 * 86_400;
/// A refresh token that nobody uses dies after six months.
const SIX_MONTHS: i64 = 184 * 86_400;

fn refuse(status: u16, error: &str, description: &str) -> Reply {
    let body = indented_object(&[
        ("error", json!(error)),
        ("error_description", json!(description)),
    ]);
    Reply::json(
        StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
        body,
    )
}

pub(crate) fn answer(books: &mut Books, site: &Site, asked: &Asked) -> Reply {
    let Some(app) = books.app(ProviderKind::Google, &asked.client_id).cloned() else {
        return refuse(401, "invalid_client", "The OAuth client was not found.");
    };
    if app.deleted {
        return refuse(401, "deleted_client", "The OAuth client was deleted.");
    }
    match judge_secret(books, &app, asked) {
        Secret::Good => {}
        // Google knows no end date: a disabled secret is a wrong one.
        Secret::Expired | Secret::Wrong => return refuse(401, "invalid_client", "Unauthorized"),
    }
    match asked.fields.get("grant_type") {
        Some("authorization_code") => redeem(books, site, asked, &app),
        Some("refresh_token") => refresh(books, site, asked, &app),
        other => {
            let said = format!("Invalid grant_type: {}", other.unwrap_or_default());
            refuse(400, "unsupported_grant_type", &said)
        }
    }
}

fn redeem(books: &mut Books, site: &Site, asked: &Asked, app: &NewApp) -> Reply {
    let value = asked.fields.get("code").unwrap_or_default().to_owned();
    let Some(code) = books.grants.codes.get(&value).cloned() else {
        return refuse(400, "invalid_grant", "Bad Request");
    };
    if let Some(number) = code.grant {
        // A code that comes twice may be a stolen one: what it gave ends (RFC 6749, 4.1.2).
        books.grants.end(number, End::Replay);
        return refuse(400, "invalid_grant", "Bad Request");
    }
    if code.client_id != app.client_id || asked.now - code.issued_at > CODE_LIFE {
        return refuse(400, "invalid_grant", "Bad Request");
    }
    if asked.fields.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return refuse(400, "redirect_uri_mismatch", "Bad Request");
    }
    let verifier = asked.fields.get("code_verifier");
    if code.challenge.is_some() && verifier.is_none() {
        return refuse(400, "invalid_grant", "Missing code verifier.");
    }
    if !verifier_fits(code.challenge.as_deref(), verifier) {
        return refuse(400, "invalid_grant", "Invalid code verifier.");
    }
    let long = books
        .faults
        .strike(FaultKind::Token8k, scope(&code.address, app))
        .is_some();
    let refresh_tokens = if code.offline {
        vec![format!(
            "1//0e{}",
            books.dice.text(if long { 8187 } else { 97 })
        )]
    } else {
        Vec::new()
    };
    let testing = app.audience == Audience::Testing;
    let number = books.grants.add(Grant {
        provider: ProviderKind::Google,
        client_id: app.client_id.clone(),
        address: code.address.clone(),
        scopes: code.scopes.clone(),
        issued_at: asked.now,
        dies_at: Some(asked.now + if testing { SEVEN_DAYS } else { SIX_MONTHS }),
        ended: None,
        refresh_tokens: refresh_tokens.clone(),
        refreshes: Vec::new(),
        nonce: code.nonce.clone(),
    });
    books
        .grants
        .keep_newest_hundred(&app.client_id, &code.address);
    if let Some(code) = books.grants.codes.get_mut(&value) {
        code.grant = Some(number);
    }
    let mut extra: Vec<(&str, Value)> = Vec::new();
    if let Some(token) = refresh_tokens.first() {
        extra.push(("refresh_token", json!(token)));
        if testing {
            extra.push(("refresh_token_expires_in", json!(SEVEN_DAYS - 1)));
        }
    }
    grant_access(books, site, asked, number, &extra, long)
}

fn refresh(books: &mut Books, site: &Site, asked: &Asked, app: &NewApp) -> Reply {
    let value = asked.fields.get("refresh_token").unwrap_or_default();
    let found = books.grants.refresh.get(value).copied();
    let Some((number, grant)) = found.and_then(|n| Some((n, books.grants.grants.get(&n)?))) else {
        return refuse(400, "invalid_grant", "Bad Request");
    };
    if grant.provider != ProviderKind::Google {
        return refuse(400, "invalid_grant", "Bad Request");
    }
    if grant.client_id != app.client_id {
        return refuse(401, "unauthorized_client", "Unauthorized");
    }
    if grant.ended.is_some() || grant.dies_at.is_some_and(|at| at <= asked.now) {
        return refuse(400, "invalid_grant", "Token has been expired or revoked.");
    }
    let address = grant.address.clone();
    // The seven days of an app in testing are counted from the consent, whatever it is used for.
    let unused = grant.dies_at != Some(grant.issued_at + SEVEN_DAYS);
    if let Some(grant) = books.grants.grants.get_mut(&number).filter(|_| unused) {
        grant.dies_at = Some(asked.now + SIX_MONTHS);
    }
    let long = books
        .faults
        .strike(FaultKind::Token8k, scope(&address, app))
        .is_some();
    grant_access(books, site, asked, number, &[], long)
}

fn scope<'a>(address: &'a str, app: &'a NewApp) -> Scope<'a> {
    Scope {
        client_id: Some(&app.client_id),
        ..Scope::of(ProviderKind::Google, address)
    }
}

fn grant_access(
    books: &mut Books,
    site: &Site,
    asked: &Asked,
    number: u64,
    extra: &[(&str, Value)],
    long: bool,
) -> Reply {
    let Some(grant) = books.grants.grants.get(&number).cloned() else {
        return refuse(400, "invalid_grant", "Bad Request");
    };
    let reach = Scope {
        client_id: Some(&grant.client_id),
        ..Scope::of(ProviderKind::Google, &grant.address)
    };
    let life = life(books, reach, LIFE);
    let access = format!("ya29.a0{}", books.dice.text(if long { 8185 } else { 215 }));
    let answer = books.grants.under_work(number);
    books.grants.access.insert(
        access.clone(),
        AccessToken {
            provider: ProviderKind::Google,
            grant: Some(number),
            address: grant.address.clone(),
            scopes: grant.scopes.clone(),
            expires_at: asked.now + life,
            revoked: false,
            answer,
        },
    );
    let mut members = vec![("access_token", json!(access)), ("expires_in", json!(life))];
    members.extend(extra.iter().cloned());
    members.push(("scope", json!(grant.scopes.join(" "))));
    members.push(("token_type", json!("Bearer")));
    let person = books.person(ProviderKind::Google, &grant.address).cloned();
    if let Some(person) = person.filter(|_| grant.scopes.iter().any(|s| s == "openid")) {
        let claims = Claims {
            origin: &site.origin,
            client_id: &grant.client_id,
            person: &person,
            scopes: &grant.scopes,
            // A refresh answers no request of a browser: its id_token has no nonce.
            nonce: grant
                .nonce
                .as_deref()
                .filter(|_| asked.fields.get("code").is_some()),
            access_token: &access,
            now: asked.now,
        };
        members.push(("id_token", json!(id_token::google(books, &claims))));
    }
    Reply::json(StatusCode::OK, indented_object(&members))
}
