//! The authorization endpoints: is the request one that the provider takes up at all?
//!
//! What is wrong with client, redirect URI, tenant or scope is shown on the provider's page; nothing
//! of it reaches the redirect URI (providers.md 8.2, 5.4).

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};

use super::pages::Look;
use super::sitting::{Purpose, Sitting, is_identity};
use super::{Answer, Fields, Site, decide, google, japanese, microsoft};
use crate::ProviderKind;
use crate::faults::{Place, Reply, Scope};
use crate::people::NewApp;
use crate::world::Books;

pub(crate) async fn google(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let sitting = Sitting::read(
        ProviderKind::Google,
        Purpose::Consent,
        String::new(),
        &fields,
    );
    let look = Look {
        japanese: japanese(&headers),
        provider: ProviderKind::Google,
    };
    let mut books = site.world.books();
    books.counts.authorizations += 1;
    if let Some(given) = given_answer(&mut books, &sitting) {
        return given;
    }
    let refuse = |status: StatusCode, code: &str, detail: &str| {
        google::error_page(look, status, code, detail)
    };
    let Some(app) = books.app(ProviderKind::Google, &sitting.client_id) else {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "The OAuth client was not found.",
        );
    };
    if app.deleted {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "deleted_client",
            "The OAuth client was deleted.",
        );
    }
    if !app.redirect_uris.contains(&sitting.redirect_uri) {
        let detail = format!(
            "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy.\n\n\
             If you're the app developer, register the redirect URI in the Google Cloud Console.\n\
             Request details: redirect_uri={}",
            sitting.redirect_uri
        );
        return refuse(StatusCode::BAD_REQUEST, "redirect_uri_mismatch", &detail);
    }
    if let Some(unknown) = sitting.scopes.iter().find(|s| !google::knows_scope(s)) {
        let detail = format!("Some requested scopes were invalid. {{invalid=[{unknown}]}}");
        return refuse(StatusCode::BAD_REQUEST, "invalid_scope", &detail);
    }
    let alone = !sitting.prompts("none") || sitting.prompt.len() == 1;
    let pkce = sitting.challenge.is_none() || fields.get("code_challenge_method") == Some("S256");
    if fields.get("response_type") != Some("code") || sitting.scopes.is_empty() || !alone || !pkce {
        let detail = "Required parameter is missing or invalid: response_type, scope, prompt or \
                      code_challenge_method";
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", detail);
    }
    decide::begin(&mut books, &site, look, sitting)
}

pub(crate) async fn microsoft(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    microsoft_request(&site, &headers, tenant, query, Purpose::Consent)
}

pub(crate) async fn admin_consent(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    microsoft_request(&site, &headers, tenant, query, Purpose::AdminConsent)
}

fn microsoft_request(
    site: &Site,
    headers: &HeaderMap,
    tenant: String,
    query: Option<String>,
    purpose: Purpose,
) -> Answer {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let sitting = Sitting::read(ProviderKind::Microsoft, purpose, tenant, &fields);
    let look = Look {
        japanese: japanese(headers),
        provider: ProviderKind::Microsoft,
    };
    let now = site.world.now();
    let mut books = site.world.books();
    books.counts.authorizations += 1;
    if let Some(given) = given_answer(&mut books, &sitting) {
        return given;
    }
    let wrong = microsoft::wrong_tenant_or_app(&books, &sitting.tenant, &sitting.client_id)
        .or_else(|| {
            let app = books.app(ProviderKind::Microsoft, &sitting.client_id)?;
            wrong_request(app, &sitting, &fields)
        });
    if let Some((number, text)) = wrong {
        return microsoft::error_page(&mut books, look, now, number, &text);
    }
    decide::begin(&mut books, site, look, sitting)
}

/// A page or a way back of given bytes.
fn given_answer(books: &mut Books, sitting: &Sitting) -> Option<Answer> {
    let scope = Scope {
        client_id: Some(&sitting.client_id),
        address: sitting.login_hint.as_deref(),
        ..Scope::provider(sitting.provider)
    };
    match books.faults.answer(Place::Authorize, scope)? {
        Reply::Authorize { status, body } => Some(Answer::Page {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            html: body,
        }),
        Reply::Redirect { mut parameters } => {
            let state = sitting.state.clone().unwrap_or_default();
            parameters.entry("state".to_owned()).or_insert(state);
            let pairs: Vec<(&str, &str)> = parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            Some(Answer::Redirect(sitting.back(&pairs)))
        }
        _ => None,
    }
}

fn wrong_request(app: &NewApp, sitting: &Sitting, fields: &Fields) -> Option<(u32, String)> {
    if !app
        .redirect_uris
        .iter()
        .any(|known| same_redirect(known, &sitting.redirect_uri))
    {
        return Some((
            50011,
            microsoft::redirect_text(&sitting.redirect_uri, &app.client_id),
        ));
    }
    if sitting.purpose == Purpose::AdminConsent {
        return (sitting.tenant == "common").then(|| {
            (50059, "No tenant-identifying information found in either the request or implied by any provided credentials.".to_owned())
        });
    }
    if fields.get("response_type") != Some("code") {
        return Some((
            900_144,
            "The request body must contain the following parameter: 'response_type'.".to_owned(),
        ));
    }
    if sitting.challenge.is_some() && fields.get("code_challenge_method") != Some("S256") {
        return Some((501_471, "Invalid code_challenge_method.".to_owned()));
    }
    if sitting.scopes.is_empty() {
        return Some((
            900_144,
            "The request body must contain the following parameter: 'scope'.".to_owned(),
        ));
    }
    let mixed_default = sitting.scopes.iter().any(|s| s.ends_with("/.default"))
        && sitting.scopes.iter().filter(|s| !is_identity(s)).count() > 1;
    let unknown = sitting.scopes.iter().find(|s| !microsoft::knows_scope(s));
    if mixed_default || unknown.is_some() {
        let named = unknown.map_or(".default", String::as_str);
        return Some((
            70011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {named} is not valid."
            ),
        ));
    }
    None
}

/// Byte for byte, except that the port of `localhost` does not count (providers.md 6.2, M-8).
fn same_redirect(known: &str, asked: &str) -> bool {
    if known == asked {
        return true;
    }
    let without_port = |uri: &str| -> Option<(String, String)> {
        let rest = uri.strip_prefix("http://localhost")?;
        let path = rest
            .find('/')
            .map_or("", |at| rest.get(at..).unwrap_or_default());
        let port = rest.strip_suffix(path)?;
        let is_port = port.is_empty()
            || port
                .strip_prefix(':')
                .is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
        is_port.then(|| ("localhost".to_owned(), path.to_owned()))
    };
    matches!((without_port(known), without_port(asked)), (Some(a), Some(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::same_redirect;

    #[test]
    fn only_the_port_of_localhost_is_ignored() {
        assert!(same_redirect(
            "http://localhost:8080/cb",
            "http://localhost:9090/cb"
        ));
        assert!(same_redirect(
            "http://localhost/cb",
            "http://localhost:9090/cb"
        ));
        assert!(!same_redirect(
            "http://localhost:8080/cb",
            "http://localhost:8080/CB"
        ));
        assert!(!same_redirect(
            "https://a.example:1/cb",
            "https://a.example:2/cb"
        ));
        assert!(!same_redirect(
            "http://localhost.evil.example/cb",
            "http://localhost/cb"
        ));
    }
}
