//! The two SASL mechanisms that carry an OAuth access token, and the challenge that refuses one.
//!
//! XOAUTH2 is what Google and Microsoft document (facts/providers.md, 3.1); OAUTHBEARER is RFC 7628. The blobs
//! hold the token, so they come out as `SecretString` and are only opened where they are written to a socket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// A user, host or token with a control character could say something else than meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} holds a control character")]
pub struct UnfitForSasl(&'static str);

/// `user=…^Aauth=Bearer …^A^A` in base64, without line breaks.
pub fn xoauth2(user: &str, token: &SecretString) -> Result<SecretString, UnfitForSasl> {
    check(user, token)?;
    let plain = format!(
        "user={user}\x01auth=Bearer {}\x01\x01",
        token.expose_secret()
    );
    Ok(STANDARD.encode(plain).into())
}

/// The OAUTHBEARER message in base64; `host` and `port` are those of the connection in use.
pub fn oauthbearer(
    user: &str,
    host: &str,
    port: u16,
    token: &SecretString,
) -> Result<SecretString, UnfitForSasl> {
    check(user, token)?;
    if host.chars().any(char::is_control) {
        return Err(UnfitForSasl("the host name"));
    }
    let user = user.replace('=', "=3D").replace(',', "=2C");
    let token = token.expose_secret();
    let plain = format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01");
    Ok(STANDARD.encode(plain).into())
}

fn check(user: &str, token: &SecretString) -> Result<(), UnfitForSasl> {
    if user.chars().any(char::is_control) {
        return Err(UnfitForSasl("the user name"));
    }
    if token.expose_secret().chars().any(char::is_control) {
        return Err(UnfitForSasl("the token"));
    }
    Ok(())
}

/// Why a token was refused, as the server puts it before the final refusal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Challenge {
    /// `400` or `401` (Google), or a word such as `invalid_token` (RFC 7628). All mean: not this token.
    #[serde(default, deserialize_with = "string_or_number")]
    pub status: String,
    #[serde(default)]
    pub schemes: String,
    #[serde(default)]
    pub scope: String,
}

impl Challenge {
    /// Reads the base64 that follows `+ ` or `334 `. `None` when it is no such object (an empty challenge asks
    /// for the blob instead).
    pub fn decode(base64: &str) -> Option<Self> {
        let text = base64.trim();
        if text.is_empty() || text.len() > 16 * 1024 {
            return None;
        }
        serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()
    }
}

/// The answer to a challenge: XOAUTH2 wants an empty line, OAUTHBEARER one `^A`.
pub fn answer_to_challenge(mechanism: &str) -> &'static str {
    if mechanism.eq_ignore_ascii_case("OAUTHBEARER") {
        "AQ=="
    } else {
        ""
    }
}

fn string_or_number<'de, D: serde::Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(input)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(user: &str, token: &str) -> String {
        xoauth2(user, &token.to_owned().into())
            .expect("fit")
            .expose_secret()
            .to_owned()
    }

    #[test]
    fn xoauth2_gives_the_vectors_of_google_and_microsoft() {
        assert_eq!(
            blob("alice@example.com", "ya29.EXAMPLE-token_123"),
            "dXNlcj1hbGljZUBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LkVYQU1QTEUtdG9rZW5fMTIzAQE="
        );
        assert_eq!(
            blob(
                "someuser@example.com",
                "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
            ),
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
        );
        assert_eq!(
            blob(
                "test@contoso.onmicrosoft.com",
                "EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA"
            ),
            "dXNlcj10ZXN0QGNvbnRvc28ub25taWNyb3NvZnQuY29tAWF1dGg9QmVhcmVyIEV3QkFBbDNCQUFVRkZwVUFvN0ozVmUwYmpMQldaV0NjbFJDM0VvQUEBAQ=="
        );
    }

    #[test]
    fn oauthbearer_gives_the_vector_and_escapes_the_user() {
        let token: SecretString = "ya29.EXAMPLE-token_123".to_owned().into();
        let made = oauthbearer("alice@example.com", "imap.gmail.com", 993, &token).expect("fit");
        assert_eq!(
            made.expose_secret(),
            "bixhPWFsaWNlQGV4YW1wbGUuY29tLAFob3N0PWltYXAuZ21haWwuY29tAXBvcnQ9OTkzAWF1dGg9QmVhcmVyIHlhMjkuRVhBTVBMRS10b2tlbl8xMjMBAQ=="
        );
        let odd = oauthbearer("a,b=c", "h", 1, &token).expect("fit");
        let plain = STANDARD.decode(odd.expose_secret()).expect("base64");
        assert!(plain.starts_with(b"n,a=a=2Cb=3Dc,\x01"));
    }

    #[test]
    fn a_control_character_cannot_smuggle_a_second_field() {
        let token: SecretString = "t".to_owned().into();
        assert!(xoauth2("alice\x01auth=Bearer x", &token).is_err());
        assert!(xoauth2("alice", &"a\r\nb".to_owned().into()).is_err());
    }

    #[test]
    fn both_logged_challenges_are_read() {
        let documented = Challenge::decode(
            "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K",
        )
        .expect("a challenge");
        assert_eq!(
            (documented.status.as_str(), documented.schemes.as_str()),
            ("401", "bearer mac")
        );
        let logged = Challenge::decode(
            "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==",
        )
        .expect("a challenge");
        assert_eq!(logged.scope, "https://mail.google.com/");
        assert_eq!(Challenge::decode(""), None);
        assert_eq!(Challenge::decode("UGFzc3dvcmQ6"), None);
        let number = Challenge::decode(&STANDARD.encode(r#"{"status":401}"#)).expect("a challenge");
        assert_eq!(number.status, "401");
    }
}
