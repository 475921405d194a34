//! Bodies of requests to the token and revocation endpoints (`application/x-www-form-urlencoded`).

use secrecy::{ExposeSecret, SecretString};

/// One value of a form; `Debug` prints no secret.
#[derive(Clone, Debug)]
pub enum FormValue {
    Plain(String),
    Secret(SecretString),
}

impl FormValue {
    fn expose(&self) -> &str {
        match self {
            FormValue::Plain(value) => value,
            FormValue::Secret(value) => value.expose_secret(),
        }
    }
}

/// Names and values in the order in which they are sent.
pub type Form = Vec<(String, FormValue)>;

fn plain(name: &str, value: &str) -> (String, FormValue) {
    (name.to_owned(), FormValue::Plain(value.to_owned()))
}

fn secret(name: &str, value: &SecretString) -> (String, FormValue) {
    (name.to_owned(), FormValue::Secret(value.clone()))
}

fn client(form: &mut Form, client_id: &str, client_secret: Option<&SecretString>) {
    form.push(plain("client_id", client_id));
    form.extend(client_secret.map(|value| secret("client_secret", value)));
}

/// Redeems a code (RFC 6749 section 4.1.3). `redirect_uri` must be the very bytes of the authorization request;
/// Microsoft wants `scope` here too.
pub fn code_form(
    client_id: &str,
    client_secret: Option<&SecretString>,
    code: &SecretString,
    redirect_uri: &str,
    verifier: &SecretString,
    scope: Option<&str>,
) -> Form {
    let mut form = vec![plain("grant_type", "authorization_code")];
    client(&mut form, client_id, client_secret);
    form.push(secret("code", code));
    form.push(plain("redirect_uri", redirect_uri));
    form.push(secret("code_verifier", verifier));
    form.extend(scope.map(|scope| plain("scope", scope)));
    form
}

/// A new access token from a refresh token (RFC 6749 section 6).
pub fn refresh_form(
    client_id: &str,
    client_secret: Option<&SecretString>,
    refresh_token: &SecretString,
    scope: Option<&str>,
) -> Form {
    let mut form = vec![plain("grant_type", "refresh_token")];
    client(&mut form, client_id, client_secret);
    form.push(secret("refresh_token", refresh_token));
    form.extend(scope.map(|scope| plain("scope", scope)));
    form
}

/// A token of the application itself (RFC 6749 section 4.4).
pub fn client_credentials_form(client_id: &str, client_secret: &SecretString, scope: &str) -> Form {
    let mut form = vec![plain("grant_type", "client_credentials")];
    client(&mut form, client_id, Some(client_secret));
    form.push(plain("scope", scope));
    form
}

/// Takes a token back (RFC 7009). Google answers 400 for one that is gone already.
pub fn revoke_form(token: &SecretString) -> Form {
    vec![secret("token", token)]
}

/// The body of the request; a secret, because it holds one.
pub fn encode_form(form: &Form) -> SecretString {
    let mut encoder = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in form {
        encoder.append_pair(name, value.expose());
    }
    SecretString::from(encoder.finish())
}
