//! Signing in, and its limits.
//!
//! Tries are counted before the password is looked at and taken back by whoever comes in, three ways, in windows
//! of fifteen minutes:
//!
//!     login and address together   10   a forgetful person waits a while
//!     login alone                  50   many machines that try one login: from then on 3 from each new address
//!     address alone               100   one machine that tries many logins: from then on 2 for each login
//!
//! Only a pair's own tries ever stop it: others' attempts, whether at the same login or from the same address, make
//! it stricter and lock nobody out. Who has come in from an address within a month keeps all ten there.

use secrecy::SecretString;
use store::login_sessions::LoginSession;
use store::users::{self, Status, User};
use store::{Millis, Store, attempts, audit};

use crate::{begin_session, passwords};

const WINDOW: Millis = 15 * 60 * 1000;
const PER_PAIR: i64 = 10;
const PER_ADDRESS: i64 = 100;
const PER_LOGIN: i64 = 50;
const STRICT_LOGIN: i64 = 3;
const STRICT_ADDRESS: i64 = 2;
const KNOWN_FOR: Millis = 30 * 24 * 3600 * 1000;

/// A try to come in.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What was typed as login.
    pub login: String,
    /// What was typed as password.
    pub password: SecretString,
    /// From where.
    pub remote_address: String,
    /// The browser's own words.
    pub user_agent: String,
}

/// What became of it.
pub enum SignIn {
    /// Came in: the cookie's value, the person and the session.
    In {
        /// The cookie's value; shown once.
        cookie: SecretString,
        /// Who.
        user: Box<User>,
        /// The stay.
        session: Box<LoginSession>,
    },
    /// Wrong login or password; which of them is not said.
    Wrong,
    /// Too many failures; worth another try after so many seconds.
    TooMany {
        /// Seconds.
        retry_after: i64,
    },
}

/// Tries to come in.
pub async fn sign_in(store: &Store, attempt: Attempt) -> store::Result<SignIn> {
    let login = attempt.login.trim().to_lowercase();
    let login: String = login.chars().take(200).collect();
    let limits = Limits::of(&login, &attempt.remote_address);
    let asked = limits.clone();
    let looked_up = login.clone();
    let (wait, found) = store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(wait) = asked.count(tx, &looked_up).await? {
                    return Ok((Some(wait), None));
                }
                let user = users::by_login(tx, &looked_up).await?;
                let hash = match &user {
                    Some(user) => users::password_hash(tx, user.id).await?,
                    None => None,
                };
                Ok((None, user.map(|user| (user, hash))))
            })
        })
        .await?;
    if let Some(retry_after) = wait {
        return Ok(SignIn::TooMany { retry_after });
    }
    let active = found.filter(|(user, _)| user.status == Status::Active);
    let hash = active.as_ref().and_then(|(_, hash)| hash.clone());
    if !passwords::fits(&attempt.password, hash).await {
        return Ok(SignIn::Wrong);
    }
    let Some((user, hash)) = active else {
        return Ok(SignIn::Wrong);
    };
    store
        .write(move |tx| {
            Box::pin(async move {
                // Hashing takes a while: who was disabled or got another password meanwhile stays outside. Noting
                // the sign-in first holds the person's row until the session stands.
                users::signed_in(tx, user.id).await?;
                let now = users::find(tx, user.id).await?;
                if now.is_none_or(|now| now.status != Status::Active)
                    || users::password_hash(tx, user.id).await? != hash
                {
                    return Ok(SignIn::Wrong);
                }
                limits.succeeded(tx).await?;
                let (cookie, session) =
                    begin_session(tx, &user, &attempt.user_agent, &attempt.remote_address).await?;
                let actor = audit::Actor {
                    name: user.login.clone(),
                    remote_address: attempt.remote_address,
                };
                audit::add(
                    tx,
                    &actor,
                    "user.signed_in",
                    &user.login,
                    serde_json::json!({}),
                )
                .await?;
                Ok(SignIn::In {
                    cookie,
                    user: Box::new(user),
                    session: Box::new(session),
                })
            })
        })
        .await
}

#[derive(Clone)]
struct Limits {
    pair: String,
    address: String,
    login: String,
    known: String,
}

impl Limits {
    fn of(login: &str, address: &str) -> Limits {
        Limits {
            pair: format!("pair {login} {address}"),
            address: format!("address {address}"),
            login: format!("login {login}"),
            known: format!("known {login} {address}"),
        }
    }

    /// Counts a try; seconds to wait instead, if this pair has none left.
    async fn count(&self, tx: &mut store::Tx, login: &str) -> store::Result<Option<i64>> {
        let (known, _) = attempts::failures(tx, &self.known).await?;
        let (of_login, _) = attempts::failures(tx, &self.login).await?;
        let (of_address, _) = attempts::failures(tx, &self.address).await?;
        let most = if known > 0 {
            PER_PAIR
        } else if of_address >= PER_ADDRESS {
            STRICT_ADDRESS
        } else if of_login >= PER_LOGIN {
            STRICT_LOGIN
        } else {
            PER_PAIR
        };
        let (tries, window_ends) = attempts::failed(tx, &self.pair, WINDOW).await?;
        if tries > most {
            return Ok(Some(((window_ends - tx.now()) / 1000).max(1)));
        }
        for key in [&self.address, &self.login] {
            attempts::failed(tx, key, WINDOW).await?;
        }
        if tries == most {
            audit::add(
                tx,
                &audit::Actor::system(),
                "user.sign_in_limited",
                login,
                serde_json::json!({ "keys": &self.pair }),
            )
            .await?;
        }
        Ok(None)
    }

    async fn succeeded(&self, tx: &mut store::Tx) -> store::Result<()> {
        attempts::forget(tx, &self.pair).await?;
        attempts::take_back(tx, &self.address).await?;
        attempts::take_back(tx, &self.login).await?;
        // Counted under "known": this person has come in from this address.
        attempts::forget(tx, &self.known).await?;
        attempts::failed(tx, &self.known, KNOWN_FOR).await?;
        Ok(())
    }
}

/// Counts a try at a person's own password, when it is changed; seconds to wait instead, if none is left.
pub async fn count_own(tx: &mut store::Tx, user: store::UserId) -> store::Result<Option<i64>> {
    let key = format!("own {user}");
    let (tries, window_ends) = attempts::failed(tx, &key, WINDOW).await?;
    if tries > PER_PAIR {
        return Ok(Some(((window_ends - tx.now()) / 1000).max(1)));
    }
    Ok(None)
}

/// The person knew the own password.
pub async fn forget_own(tx: &mut store::Tx, user: store::UserId) -> store::Result<()> {
    attempts::forget(tx, &format!("own {user}")).await
}
