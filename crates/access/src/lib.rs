//! Who may come in: passwords, login sessions, API tokens, one-time links, limits on guessing.
//!
//!     sign_in  -> limits -> argon2 -> login session (cookie) + CSRF token
//!     redeem   -> one-time link -> first or new password -> login session
//!     reconnect_link -> one consent, of one person, for one grant; no session
//!     caller   -> cookie or Bearer -> Caller
//!
//! What always holds: of cookies, API tokens and links only hashes are stored; a person who is disabled
//! comes in by none of them; nobody's wrong guesses lock somebody else out.

pub mod passwords;
pub mod people;
pub mod reconnect;
pub mod sign_in;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use store::api_tokens::{self, ApiToken, Scope};
use store::login_sessions::{self, LoginSession};
use store::users::{self, Role, Status, User};
use store::{Store, Tx, World};
use subtle::ConstantTimeEq;

pub use people::{Link, invite, redeem, reset};
pub use reconnect::{NoLink, reconnect_link};
pub use sign_in::{Attempt, SignIn, sign_in};

/// A caller's standing is refreshed in its row at most this often.
const SEEN_EVERY: i64 = 60_000;

/// Who makes a request, and how it was proven.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person.
    pub user: User,
    /// The browser's stay, where a cookie was shown.
    pub session: Option<LoginSession>,
    /// The program's key, where one was shown.
    pub token: Option<ApiToken>,
}

impl Caller {
    /// Whether this way of coming in opens something: a cookie opens all, a key what its scopes say.
    pub fn may(&self, scope: Scope) -> bool {
        self.token
            .as_ref()
            .is_none_or(|token| token.scopes.contains(&scope))
    }

    /// Whether the person is an administrator and came in by a way that allows administration.
    pub fn is_administrator(&self) -> bool {
        self.user.role == Role::Administrator && self.may(Scope::Admin)
    }

    /// Whether a write request carries the session's CSRF token. Keys need none: no browser sends them by itself.
    pub fn csrf_ok(&self, shown: Option<&str>) -> bool {
        match &self.session {
            Some(session) => shown
                .is_some_and(|shown| shown.as_bytes().ct_eq(session.csrf_token.as_bytes()).into()),
            None => self.token.is_some(),
        }
    }
}

/// A value nobody guesses: 32 bytes of chance as base64url, behind a prefix that tells what it is.
pub fn new_secret(world: &World, prefix: &str) -> SecretString {
    use base64::Engine;
    let bytes: [u8; 32] = world.random();
    SecretString::from(format!(
        "{prefix}{}",
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    ))
}

/// What is stored of such a value. It has 256 bits, so one round of SHA-256 is enough.
pub fn fingerprint(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// The caller that a cookie's value proves.
pub async fn by_cookie(store: &Store, value: &str) -> store::Result<Option<Caller>> {
    let hash = fingerprint(value);
    let now = store.now();
    let found = store
        .read(move |tx| {
            Box::pin(async move {
                let Some(session) = login_sessions::find(tx, &hash).await? else {
                    return Ok(None);
                };
                Ok(active(tx, session.user_id).await?.map(|user| Caller {
                    user,
                    session: Some(session),
                    token: None,
                }))
            })
        })
        .await?;
    if let Some(session) = found.as_ref().and_then(|caller| caller.session.clone())
        && now - session.last_seen_at >= SEEN_EVERY
    {
        store
            .write(move |tx| Box::pin(async move { login_sessions::seen(tx, &session).await }))
            .await?;
    }
    Ok(found)
}

/// The caller that an API token proves.
pub async fn by_token(store: &Store, value: &str) -> store::Result<Option<Caller>> {
    let hash = fingerprint(value);
    let now = store.now();
    let found = store
        .read(move |tx| {
            Box::pin(async move {
                let Some(token) = api_tokens::find(tx, &hash).await? else {
                    return Ok(None);
                };
                Ok(active(tx, token.user_id).await?.map(|user| Caller {
                    user,
                    session: None,
                    token: Some(token),
                }))
            })
        })
        .await?;
    if let Some(token) = found.as_ref().and_then(|caller| caller.token.clone())
        && token
            .last_used_at
            .is_none_or(|used| now - used >= SEEN_EVERY)
    {
        store
            .write(move |tx| Box::pin(async move { api_tokens::used(tx, token.id).await }))
            .await?;
    }
    Ok(found)
}

async fn active(tx: &mut Tx, id: store::UserId) -> store::Result<Option<User>> {
    Ok(users::find(tx, id)
        .await?
        .filter(|user| user.status == Status::Active))
}

/// Begins a login session; answers the cookie's value and the session.
pub(crate) async fn begin_session(
    tx: &mut Tx,
    user: &User,
    user_agent: &str,
    remote_address: &str,
) -> store::Result<(SecretString, LoginSession)> {
    let cookie = new_secret(tx.world(), "");
    let csrf = new_secret(tx.world(), "");
    let hash = fingerprint(cookie.expose_secret());
    login_sessions::add(
        tx,
        user.id,
        &hash,
        csrf.expose_secret(),
        user_agent,
        remote_address,
    )
    .await?;
    users::signed_in(tx, user.id).await?;
    let session = login_sessions::find(tx, &hash)
        .await?
        .ok_or(store::Error::BrokenOff)?;
    Ok((cookie, session))
}
