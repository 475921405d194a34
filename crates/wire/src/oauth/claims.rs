//! What an ID token says about its user (OpenID Connect Core section 2).
//!
//! The signature is not checked: the token came over TLS from the token endpoint itself (Core section 3.1.3.7, rule 6).
//! Never use this for a token from anywhere else. Checking `iss`, `aud`, `exp` and `nonce` is the caller's.

use base64::{
    Engine, alphabet, engine::DecodePaddingMode, engine::GeneralPurpose,
    engine::general_purpose::GeneralPurposeConfig,
};
use serde_json::{Map, Value};
use thiserror::Error;

const MAX_ID_TOKEN: usize = 16 * 1024;
const MAX_CLAIM: usize = 1_000;

/// The claims that accounts are made from. Key an account by `sub` (Google) or `tid` and `oid` (Microsoft), never by
/// an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct IdClaims {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    /// Seconds since 1970.
    pub exp: i64,
    pub nonce: Option<String>,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    /// Google Workspace domain.
    pub hd: Option<String>,
    pub preferred_username: Option<String>,
    pub oid: Option<String>,
    pub tid: Option<String>,
    pub name: Option<String>,
}

/// Why an ID token could not be read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ClaimsError {
    #[error("the ID token is longer than 16 KiB")]
    TooLong,
    #[error("the ID token is not three parts of base64url with a JSON object inside")]
    Malformed,
    #[error("the ID token lacks {0}")]
    Lacks(&'static str),
}

/// Reads the claims of an ID token that came straight from the token endpoint.
///
/// # Errors
/// The token cannot be read, or lacks a claim that every ID token has.
pub fn id_claims(id_token: &str) -> Result<IdClaims, ClaimsError> {
    if id_token.len() > MAX_ID_TOKEN {
        return Err(ClaimsError::TooLong);
    }
    let mut parts = id_token.trim().split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ClaimsError::Malformed);
    };
    let lenient = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let payload = lenient
        .decode(payload)
        .map_err(|_| ClaimsError::Malformed)?;
    let Ok(Value::Object(claims)) = serde_json::from_slice(&payload) else {
        return Err(ClaimsError::Malformed);
    };
    Ok(IdClaims {
        iss: text(&claims, "iss").ok_or(ClaimsError::Lacks("iss"))?,
        sub: text(&claims, "sub").ok_or(ClaimsError::Lacks("sub"))?,
        aud: audience(&claims).ok_or(ClaimsError::Lacks("aud"))?,
        exp: claims
            .get("exp")
            .and_then(whole)
            .ok_or(ClaimsError::Lacks("exp"))?,
        nonce: text(&claims, "nonce"),
        email: text(&claims, "email"),
        email_verified: claims.get("email_verified").and_then(truth),
        hd: text(&claims, "hd"),
        preferred_username: text(&claims, "preferred_username"),
        oid: text(&claims, "oid"),
        tid: text(&claims, "tid"),
        name: text(&claims, "name"),
    })
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims
        .get(name)?
        .as_str()
        .filter(|value| !value.is_empty() && value.len() <= MAX_CLAIM)
        .map(str::to_owned)
}

fn audience(claims: &Map<String, Value>) -> Option<Vec<String>> {
    let list: Vec<String> = match claims.get("aud")? {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many
            .iter()
            .take(20)
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => return None,
    };
    (!list.is_empty() && list.iter().all(|one| one.len() <= MAX_CLAIM)).then_some(list)
}

fn whole(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str()?.parse().ok())
        .or_else(|| {
            let fraction = value
                .as_f64()
                .filter(|seconds| (0.0..1e15).contains(seconds))?;
            format!("{fraction:.0}").parse().ok()
        })
}

/// Google's tokens of 2013 and its tokeninfo endpoint write the string "true".
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
