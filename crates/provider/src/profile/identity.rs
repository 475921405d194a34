//! Who gave the consent, read from the claims of the ID token.
//!
//! The token came straight from the token endpoint over TLS, so its signature may be left
//! unread (OpenID Connect Core 3.1.3.7, item 6); issuer, audience, end and nonce are checked
//! all the same. The subject key never is an address: addresses move from one person to
//! another (providers.md 4.8, 5.7).

use serde_json::{Map, Value};

use super::{Kind, ProviderProfile, fill_tenant};
use crate::{google, microsoft};

/// Clocks may differ by this much (seconds).
const LEEWAY: i64 = 300;
/// No claim of ours is longer; what is longer is not read.
const LONGEST_CLAIM: usize = 1000;

/// What the token must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub client_id: &'a str,
    /// None where no consent of ours asked for it (a refresh).
    pub nonce: Option<&'a str>,
    pub tenant: Option<&'a str>,
    /// Unix seconds.
    pub now: i64,
}

/// The person who consented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Google: `sub`. Microsoft: `tid/oid`. Generic: `sub`.
    pub subject: String,
    /// The user name for XOAUTH2: Google `email`, Microsoft `preferred_username`.
    pub address: Option<String>,
    /// A second address where the provider gives one (Microsoft's `email`).
    pub other_address: Option<String>,
    pub name: Option<String>,
    /// Microsoft's `tid`, Google's `hd`.
    pub tenant: Option<String>,
    /// Google said that the address is not confirmed.
    pub address_unverified: bool,
}

impl Identity {
    /// Whether this person is the one behind `wanted`, by either address.
    pub fn is(&self, wanted: &str) -> bool {
        let wanted = wanted.trim().to_lowercase();
        [&self.address, &self.other_address]
            .into_iter()
            .flatten()
            .any(|address| address.to_lowercase() == wanted)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    #[error("the ID token names no person")]
    NoSubject,
    #[error("the ID token is from another issuer: {0}")]
    Issuer(String),
    #[error("the ID token is for another client")]
    Audience,
    #[error("the ID token has ended")]
    Expired,
    #[error("the ID token belongs to another consent")]
    Nonce,
}

impl IdentityError {
    /// The row of the advice catalogue.
    pub fn cause_id(&self) -> &'static str {
        match self {
            IdentityError::NoSubject => "no-identity",
            IdentityError::Issuer(_) => "identity-issuer",
            IdentityError::Audience => "identity-audience",
            IdentityError::Expired => "identity-expired",
            IdentityError::Nonce => "identity-nonce",
        }
    }
}

impl ProviderProfile {
    /// Checks the claims and says who it is.
    pub fn identity(
        &self,
        claims: &Map<String, Value>,
        expected: &Expected<'_>,
    ) -> Result<Identity, IdentityError> {
        let text = |name: &str| {
            claims
                .get(name)
                .and_then(Value::as_str)
                .map(str::trim)
                .filter(|text| !text.is_empty() && text.len() <= LONGEST_CLAIM)
                .map(str::to_owned)
        };
        let iss = text("iss").unwrap_or_default();
        let tid = text("tid").unwrap_or_default();
        let issuer_ok = match self.kind {
            Kind::Google => google::issuer_ok(&self.issuer, &iss),
            Kind::Microsoft => microsoft::issuer_ok(
                &self.issuer,
                &iss,
                &tid,
                expected.tenant.unwrap_or_default(),
            ),
            Kind::Generic => fill_tenant(&self.issuer, expected.tenant) == iss,
        };
        if !issuer_ok {
            return Err(IdentityError::Issuer(iss));
        }
        if !audience_has(claims.get("aud"), expected.client_id) {
            return Err(IdentityError::Audience);
        }
        let end = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
        if end.saturating_add(LEEWAY) < expected.now {
            return Err(IdentityError::Expired);
        }
        if let Some(nonce) = expected.nonce
            && text("nonce").as_deref() != Some(nonce)
        {
            return Err(IdentityError::Nonce);
        }
        let sub = text("sub");
        let (subject, address, other_address, tenant) = match self.kind {
            Kind::Google => (sub, text("email"), None, text("hd")),
            Kind::Microsoft => {
                // Without the `profile` scope there is no oid; `sub` is as steady for one client.
                let who = text("oid").or(sub.map(|sub| format!("sub:{sub}")));
                let (address, other) = match (text("preferred_username"), text("email")) {
                    (Some(login), other) => (Some(login), other),
                    (None, email) => (email, None),
                };
                let other = other.filter(|other| Some(other) != address.as_ref());
                let subject = who.map(|who| format!("{}/{who}", tid.to_lowercase()));
                (subject, address, other, Some(tid))
            }
            Kind::Generic => (
                sub,
                text("email").or(text("preferred_username")),
                None,
                None,
            ),
        };
        Ok(Identity {
            subject: subject.ok_or(IdentityError::NoSubject)?,
            // A telephone number can be a Microsoft login; it is no mailbox.
            address: address.filter(|address| address.contains('@')),
            other_address,
            name: text("name"),
            tenant,
            // Some replies write the boolean as a string (transcripts.md E).
            address_unverified: matches!(claims.get("email_verified"), Some(Value::Bool(false)))
                || text("email_verified").as_deref() == Some("false"),
        })
    }
}

/// `aud` is one name or a list of names (RFC 7519 section 4.1.3).
fn audience_has(aud: Option<&Value>, client_id: &str) -> bool {
    match aud {
        Some(Value::String(one)) => one == client_id,
        Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(client_id)),
        _ => false,
    }
}
