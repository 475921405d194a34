//! OAuth 2.0 as Google and Microsoft speak it: what is sent to them and what their answers mean.
//!
//! Pure functions: no request is made here, no clock is read, chance is handed in. A consent begins with [`Pkce`] and
//! [`authorization_url`], comes back as [`parse_callback`], and is redeemed with a [`Form`] whose answer
//! [`parse_token_reply`] reads. Secrets are [`SecretString`] and do not print. Sources: RFC 6749, 7636, 9207; facts
//! providers 2, 4.3 to 4.5, 5.4 to 5.7, transcripts E and F.

mod claims;
mod forms;
mod reply;
mod scopes;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::{ParseError, Url};

pub use claims::{ClaimsError, IdClaims, id_claims};
pub use forms::{
    Form, FormValue, client_credentials_form, code_form, encode_form, refresh_form, revoke_form,
};
pub use reply::{TokenError, TokenErrorKind, TokenReply, parse_token_reply};
pub use scopes::{granted_scopes, missing_scopes};

/// Longest value of a callback parameter that is kept. Google's codes are up to 256 octets; Microsoft gives no bound.
const MAX_PARAMETER: usize = 16 * 1024;

/// Proof Key for Code Exchange (RFC 7636), always with S256.
#[derive(Clone, Debug)]
pub struct Pkce {
    pub verifier: SecretString,
    pub challenge: String,
}

impl Pkce {
    /// A new pair; the verifier is the 43 characters of the random octets in base64url.
    pub fn new(random: &[u8; 32]) -> Pkce {
        Pkce::from_verifier(SecretString::from(URL_SAFE_NO_PAD.encode(random)))
    }

    /// The pair of a verifier that was stored.
    pub fn from_verifier(verifier: SecretString) -> Pkce {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()));
        Pkce {
            verifier,
            challenge,
        }
    }
}

/// The address of the consent page: the endpoint's own query is kept, the parameters follow in the given order.
///
/// # Errors
/// The endpoint is no absolute URL.
pub fn authorization_url(
    endpoint: &str,
    parameters: &[(&str, &str)],
) -> Result<String, ParseError> {
    let mut url = Url::parse(endpoint)?;
    url.set_fragment(None);
    url.query_pairs_mut().extend_pairs(parameters);
    Ok(url.into())
}

/// What the provider's redirect carried (RFC 6749 section 4.1.2, RFC 9207 for `iss`).
#[derive(Clone, Debug, Default)]
pub struct Callback {
    pub code: Option<SecretString>,
    pub state: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
    pub error_uri: Option<String>,
    pub iss: Option<String>,
    pub scope: Option<String>,
}

/// Reads the query of the callback. Of a name that comes twice the first counts; too long values are as if absent.
pub fn parse_callback(query: &str) -> Callback {
    let mut callback = Callback::default();
    let query = query.strip_prefix('?').unwrap_or(query);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).take(50) {
        if value.len() > MAX_PARAMETER {
            continue;
        }
        let value = value.into_owned();
        let place = match name.as_ref() {
            "code" => {
                callback
                    .code
                    .get_or_insert_with(|| SecretString::from(value));
                continue;
            }
            "state" => &mut callback.state,
            "error" => &mut callback.error,
            "error_description" => &mut callback.error_description,
            "error_uri" => &mut callback.error_uri,
            "iss" => &mut callback.iss,
            "scope" => &mut callback.scope,
            _ => continue,
        };
        place.get_or_insert(value);
    }
    callback
}

#[cfg(test)]
mod tests;
