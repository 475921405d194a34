//! Answers of the token endpoint: tokens, or what the provider says is wrong.
//!
//! Decisions follow the member `error`, never the text or a number (facts providers 5.5); Microsoft's `suberror` is part of
//! the protocol and tells consent and interaction apart. Numbers and text are kept for the people who have to act.

use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};

/// Longest token. Microsoft gives no bound; its access tokens pass 4 KiB.
const MAX_TOKEN: usize = 16 * 1024;
/// Longest text of the provider that is kept, in characters.
const MAX_SAID: usize = 2_000;
const MAX_CLAIMS: usize = 8_000;

/// Tokens.
#[derive(Clone, Debug)]
pub struct TokenReply {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    pub id_token: Option<SecretString>,
    pub token_type: String,
    /// Seconds.
    pub expires_in: Option<u64>,
    /// Seconds; Google sends it for time-limited consent.
    pub refresh_token_expires_in: Option<u64>,
    /// What the token really holds, separated by spaces.
    pub scope: Option<String>,
}

/// What follows from a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenErrorKind {
    /// The refresh token or code is dead.
    InvalidGrant,
    /// Client id or secret are wrong: every account of the credential stops.
    InvalidClient,
    UnauthorizedClient,
    InvalidScope,
    InvalidRequest,
    /// The user must sign in again (second factor, policy).
    InteractionRequired,
    /// Somebody must approve the application.
    ConsentRequired,
    /// Seconds to wait, where the provider said.
    Throttled {
        retry_after: Option<u64>,
    },
    /// Server trouble: try again later.
    Temporary,
    /// The answer is no JSON: a proxy's or portal's page, most likely.
    NotJson,
    Other,
}

/// A refusal, with all that a person needs to act on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    pub kind: TokenErrorKind,
    pub status: u16,
    pub error: Option<String>,
    /// The provider's own words, bounded, without secrets of ours.
    pub provider_said: String,
    /// Microsoft's AADSTS numbers: only for choosing a help text.
    pub error_codes: Vec<u64>,
    pub error_subtype: Option<String>,
    pub suberror: Option<String>,
    pub trace_id: Option<String>,
    pub correlation_id: Option<String>,
    pub timestamp: Option<String>,
    pub error_uri: Option<String>,
    pub claims: Option<String>,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.error.as_deref().unwrap_or("no error code");
        write!(
            f,
            "token endpoint answered {} ({error}): {}",
            self.status, self.provider_said
        )
    }
}

impl std::error::Error for TokenError {}

/// Reads an answer. `retry_after` is the header of that name (seconds are understood); the caller bounds the body.
///
/// # Errors
/// Anything but a reply with an access token; see [`TokenErrorKind`].
pub fn parse_token_reply(
    status: u16,
    content_type: Option<&str>,
    retry_after: Option<&str>,
    body: &[u8],
) -> Result<TokenReply, Box<TokenError>> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let retry_after = retry_after.and_then(|value| value.trim().parse().ok());
    let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(body) else {
        return Err(Box::new(not_json(status, content_type, retry_after, body)));
    };
    if (200..300).contains(&status) && !members.contains_key("error") {
        return tokens(status, &members);
    }
    Err(Box::new(refusal(status, retry_after, &members)))
}

fn text(members: &Map<String, Value>, name: &str, max: usize) -> Option<String> {
    let value = members.get(name)?.as_str()?;
    (!value.is_empty()).then(|| value.chars().take(max).collect())
}

fn token(members: &Map<String, Value>, name: &str) -> Option<SecretString> {
    let value = members.get(name)?.as_str()?;
    // White space or a control character in a token could end a header or a command later.
    let sound = !value.is_empty()
        && value.len() <= MAX_TOKEN
        && value.bytes().all(|byte| byte.is_ascii_graphic());
    sound.then(|| SecretString::from(value))
}

/// Seconds as a number or, as Microsoft's first endpoint wrote them, as a string.
fn seconds(members: &Map<String, Value>, name: &str) -> Option<u64> {
    match members.get(name)? {
        // A negative number says that it is over already.
        Value::Number(number) => number
            .as_u64()
            .or_else(|| number.as_f64().map(|value| value.clamp(0.0, 4e9) as u64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn tokens(status: u16, members: &Map<String, Value>) -> Result<TokenReply, Box<TokenError>> {
    let Some(access_token) = token(members, "access_token") else {
        let said = if members.contains_key("access_token") {
            "the access token of the answer is empty, too long or malformed"
        } else {
            "the answer holds no access token"
        };
        return Err(Box::new(TokenError {
            provider_said: said.to_owned(),
            ..empty(TokenErrorKind::Other, status)
        }));
    };
    let token_type = text(members, "token_type", 100).unwrap_or_else(|| "Bearer".to_owned());
    if !token_type.eq_ignore_ascii_case("bearer") {
        let provider_said = format!("the answer's token type is {token_type}, not Bearer");
        return Err(Box::new(TokenError {
            provider_said,
            ..empty(TokenErrorKind::Other, status)
        }));
    }
    Ok(TokenReply {
        access_token,
        refresh_token: token(members, "refresh_token"),
        id_token: token(members, "id_token"),
        token_type,
        expires_in: seconds(members, "expires_in"),
        refresh_token_expires_in: seconds(members, "refresh_token_expires_in"),
        scope: text(members, "scope", 8_000),
    })
}

fn empty(kind: TokenErrorKind, status: u16) -> TokenError {
    TokenError {
        kind,
        status,
        error: None,
        provider_said: String::new(),
        error_codes: Vec::new(),
        error_subtype: None,
        suberror: None,
        trace_id: None,
        correlation_id: None,
        timestamp: None,
        error_uri: None,
        claims: None,
    }
}

fn refusal(status: u16, retry_after: Option<u64>, members: &Map<String, Value>) -> TokenError {
    // Some Google services nest: {"error": {"code": 400, "message": "...", "status": "..."}}.
    let nested = members.get("error").and_then(Value::as_object);
    let error = match nested {
        Some(nested) => text(nested, "status", 200).map(|status| status.to_ascii_lowercase()),
        None => text(members, "error", 200),
    };
    let said = text(members, "error_description", MAX_SAID)
        .or_else(|| nested.and_then(|nested| text(nested, "message", MAX_SAID)))
        .or_else(|| error.clone())
        .unwrap_or_else(|| format!("HTTP {status} without an error code"));
    let suberror = text(members, "suberror", 200);
    let codes = members.get("error_codes").and_then(Value::as_array);
    let claims = match members.get("claims") {
        Some(Value::String(claims)) => Some(claims.clone()),
        Some(object @ Value::Object(_)) => Some(object.to_string()),
        _ => None,
    };
    TokenError {
        kind: kind_of(status, retry_after, error.as_deref(), suberror.as_deref()),
        provider_said: one_line(&said),
        error_codes: codes
            .into_iter()
            .flatten()
            .filter_map(number)
            .take(20)
            .collect(),
        error_subtype: text(members, "error_subtype", 200),
        trace_id: text(members, "trace_id", 100),
        correlation_id: text(members, "correlation_id", 100),
        timestamp: text(members, "timestamp", 100),
        error_uri: text(members, "error_uri", 1_000),
        claims: claims.filter(|claims| claims.len() <= MAX_CLAIMS),
        error,
        suberror,
        ..empty(TokenErrorKind::Other, status)
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn kind_of(
    status: u16,
    retry_after: Option<u64>,
    error: Option<&str>,
    suberror: Option<&str>,
) -> TokenErrorKind {
    use TokenErrorKind::{
        ConsentRequired, InteractionRequired, InvalidClient, InvalidGrant, InvalidRequest,
        InvalidScope, Other, Temporary, Throttled, UnauthorizedClient,
    };
    if status == 429 {
        return Throttled { retry_after };
    }
    match (error.unwrap_or_default(), suberror.unwrap_or_default()) {
        ("invalid_grant" | "interaction_required", "consent_required") => ConsentRequired,
        ("invalid_grant", "basic_action" | "additional_action" | "message_only") => {
            InteractionRequired
        }
        ("invalid_grant", _) => InvalidGrant,
        ("invalid_client" | "deleted_client", _) => InvalidClient,
        ("unauthorized_client", _) => UnauthorizedClient,
        ("invalid_scope", _) => InvalidScope,
        (
            "invalid_request"
            | "unsupported_grant_type"
            | "redirect_uri_mismatch"
            | "invalid_resource",
            _,
        ) => InvalidRequest,
        ("interaction_required" | "login_required", _) => InteractionRequired,
        ("consent_required" | "admin_policy_enforced", _) => ConsentRequired,
        ("slow_down" | "rate_limit_exceeded" | "resource_exhausted", _) => {
            Throttled { retry_after }
        }
        ("server_error" | "temporarily_unavailable" | "internal_failure" | "unavailable", _) => {
            Temporary
        }
        _ if status >= 500 => Temporary,
        _ => Other,
    }
}

fn not_json(
    status: u16,
    content_type: Option<&str>,
    retry_after: Option<u64>,
    body: &[u8],
) -> TokenError {
    let kind = match status {
        429 => TokenErrorKind::Throttled { retry_after },
        500.. => TokenErrorKind::Temporary,
        _ => TokenErrorKind::NotJson,
    };
    let start = body.get(..64 * 1024).unwrap_or(body);
    // A body that should have been JSON may hold tokens; only pages are quoted.
    let page =
        content_type.is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("text/"));
    let said = if page {
        let title = crate::mime::html_to_text(&String::from_utf8_lossy(start));
        one_line(&title).chars().take(300).collect()
    } else {
        format!("HTTP {status}, {} octets that are no JSON", body.len())
    };
    TokenError {
        provider_said: said,
        ..empty(kind, status)
    }
}

/// Microsoft's texts hold line ends and no-break spaces.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
