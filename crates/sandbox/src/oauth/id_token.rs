//! ID tokens: the claims in the providers' order, with a signature nobody can check.
//!
//! The client reads them straight from the token endpoint, where no signature is needed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::token_reply::object;
use crate::people::Person;
use crate::world::Books;

pub(crate) struct Claims<'a> {
    pub(crate) origin: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) person: &'a Person,
    pub(crate) scopes: &'a [String],
    pub(crate) nonce: Option<&'a str>,
    pub(crate) access_token: &'a str,
    pub(crate) now: i64,
}

pub(crate) fn google(books: &mut Books, c: &Claims<'_>) -> String {
    let header = format!(
        r#"{{"alg":"RS256","kid":"{}","typ":"JWT"}}"#,
        books.dice.hex(40)
    );
    let hash = Sha256::digest(c.access_token.as_bytes());
    let at_hash = URL_SAFE_NO_PAD.encode(hash.get(..16).unwrap_or_default());
    let email = has(c, "https://www.googleapis.com/auth/userinfo.email");
    let profile = has(c, "https://www.googleapis.com/auth/userinfo.profile");
    let mut claims = vec![
        ("iss", json!(c.origin)),
        ("azp", json!(c.client_id)),
        ("aud", json!(c.client_id)),
        ("sub", json!(c.person.subject)),
    ];
    claims.extend(c.person.tenant.as_deref().map(|hd| ("hd", json!(hd))));
    if email {
        claims.push(("email", json!(c.person.address)));
        claims.push(("email_verified", json!(true)));
    }
    claims.push(("at_hash", json!(at_hash)));
    claims.extend(c.nonce.map(|n| ("nonce", json!(n))));
    if profile {
        claims.push(("name", json!(c.person.name)));
    }
    claims.push(("iat", json!(c.now)));
    claims.push(("exp", json!(c.now + 3600)));
    sign(books, &header, &object(&claims))
}

pub(crate) fn microsoft(books: &mut Books, c: &Claims<'_>) -> String {
    let tid = c.person.tenant.clone().unwrap_or_default();
    // `sub` is another one for each app (providers.md 5.7).
    let sub = URL_SAFE_NO_PAD.encode(Sha256::digest(
        format!("{}{}", c.person.subject, c.client_id).as_bytes(),
    ));
    // Work accounts' tokens last about an hour and begin some minutes before the issue.
    let issued = c.now - 300;
    let mut claims = vec![
        ("ver", json!("2.0")),
        ("iss", json!(format!("{}/{tid}/v2.0", c.origin))),
        ("sub", json!(sub)),
        ("aud", json!(c.client_id)),
        ("exp", json!(issued + 3900)),
        ("iat", json!(issued)),
        ("nbf", json!(issued)),
    ];
    if has(c, "profile") {
        claims.push(("name", json!(c.person.name)));
        claims.push(("preferred_username", json!(c.person.address)));
        claims.push(("oid", json!(c.person.subject)));
    }
    claims.push(("tid", json!(tid)));
    if has(c, "email") {
        claims.push(("email", json!(c.person.address)));
    }
    claims.extend(c.nonce.map(|n| ("nonce", json!(n))));
    claims.push(("aio", json!(books.dice.text(40))));
    let header = r#"{"typ":"JWT","alg":"RS256","kid":"1LTMzakihiRla_8z2BEJVXeWMqo"}"#;
    sign(books, header, &object(&claims))
}

fn has(c: &Claims<'_>, scope: &str) -> bool {
    c.scopes.iter().any(|s| s == scope)
}

fn sign(books: &mut Books, header: &str, claims: &str) -> String {
    format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims),
        books.dice.text(342)
    )
}
