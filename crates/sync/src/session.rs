//! A logged-in IMAP session of an account.
//!
//!     fresh token -> connect -> login -- refused, and a fresh token may help --> refresh once -> login again
//!
//! The end of a token is a planned reconnect: [`Session::ends_in`] says when.

use std::time::Duration;

use provider::Providers;
use provider::profile::{HostPort, ProviderProfile, Tls};
use provider::tokens::{self, Answered, Fresh};
use store::accounts::Account;
use store::intervals::Cause;
use store::{AccountId, Millis};
use wire::outcome::Outcome;

use crate::imap::{Connection, ImapError, Limits};
use crate::net::{self, Target};

/// How long before the token's end a session is left, so that no command is cut in its middle.
const LEAVE_BEFORE: Millis = 120_000;

/// Why there is no session.
#[derive(Debug)]
pub enum NoSession {
    /// There is no token; the grant's state says why.
    NoToken(Cause),
    /// The server, or the way to it.
    Imap(ImapError),
    /// Our side.
    Ours(provider::Error),
}

impl From<ImapError> for NoSession {
    fn from(error: ImapError) -> NoSession {
        NoSession::Imap(error)
    }
}
impl From<provider::Error> for NoSession {
    fn from(error: provider::Error) -> NoSession {
        NoSession::Ours(error)
    }
}
impl From<store::Error> for NoSession {
    fn from(error: store::Error) -> NoSession {
        NoSession::Ours(provider::Error::Store(error))
    }
}

/// A session.
pub struct Session {
    /// The connection, logged in.
    pub connection: Connection,
    /// The token it was opened with.
    pub token: Fresh,
    /// When it is left for one with a fresh token.
    leave_at: Millis,
}

impl Session {
    fn new(providers: &Providers, connection: Connection, token: Fresh) -> Session {
        let left = (token.ends_at - providers.store().now()).max(0);
        // Tokens of a few minutes (a tenant's policy) are used for most of their life all the same. Reckoned once:
        // a share of what is left now would never come.
        let leave_at = token.ends_at - LEAVE_BEFORE.min(left / 5);
        Session {
            connection,
            token,
            leave_at,
        }
    }

    /// How long the session may be used before it has to be opened again with a fresh token.
    pub fn ends_in(&self, providers: &Providers) -> Duration {
        let left = self.leave_at - providers.store().now();
        Duration::from_millis(left.max(0).unsigned_abs())
    }
}

/// Where a provider's mail server is; with an account, what goes there is counted as its.
pub fn target(
    providers: &Providers,
    profile: &ProviderProfile,
    server: &HostPort,
    tls: Tls,
    account: Option<AccountId>,
) -> Target {
    Target {
        host: server.host.clone(),
        port: server.port,
        tls: match tls {
            Tls::Implicit => net::Tls::Implicit,
            Tls::StartTls => net::Tls::StartTls,
        },
        ca_file: profile.ca_file.clone(),
        proxy: providers.proxy().cloned(),
        allow_private_addresses: profile.allow_private_addresses,
        tap: account.map(|id| providers.store().tap(id)),
    }
}

/// A token for this account, or why there is none.
pub async fn token(providers: &Providers, account: &Account) -> Result<Fresh, NoSession> {
    match tokens::fresh_token(providers, account.grant_id).await? {
        Answered::Fresh(fresh) => Ok(fresh),
        Answered::Later(_, cause) | Answered::AppBroken(cause) | Answered::NeedsConsent(cause) => {
            Err(NoSession::NoToken(cause))
        }
    }
}

/// Opens a session.
pub async fn open(providers: &Providers, account: &Account) -> Result<Session, NoSession> {
    providers.profile(&account.provider)?;
    let token = token(providers, account).await?;
    match log_in(providers, account, &token).await {
        Ok(connection) => Ok(Session::new(providers, connection, token)),
        Err(error) if error.verdict().refresh_first => {
            // The server may know better than the clock: one fresh token, one more try.
            tokens::refused(providers, account.grant_id, token.version).await?;
            let token = self::token(providers, account).await?;
            let connection = log_in(providers, account, &token).await?;
            Ok(Session::new(providers, connection, token))
        }
        Err(error) => Err(error.into()),
    }
}

async fn log_in(
    providers: &Providers,
    account: &Account,
    token: &Fresh,
) -> Result<Connection, ImapError> {
    let mut connection = connect(providers, account).await?;
    authenticate(&mut connection, account, token).await?;
    Ok(connection)
}

/// Connects: name, TCP, TLS, greeting, capabilities.
pub async fn connect(providers: &Providers, account: &Account) -> Result<Connection, ImapError> {
    let profile = match providers.profile(&account.provider) {
        Ok(profile) => profile,
        Err(error) => {
            return Err(ImapError::Protocol {
                said: error.to_string(),
            });
        }
    };
    let (server, tls) = (&profile.imap, profile.imap_tls);
    let target = target(providers, profile, server, tls, Some(account.id));
    Connection::open(&target, Limits::default()).await
}

/// Logs in with a token, and says who we are.
pub async fn authenticate(
    connection: &mut Connection,
    account: &Account,
    token: &Fresh,
) -> Result<(), ImapError> {
    connection
        .authenticate_xoauth2(&account.mailbox_address, &token.token)
        .await?;
    if !connection.capabilities().has("ID") {
        return Ok(());
    }
    // Google asks clients to say who they are; who does not like it says so and goes on.
    let pairs = [
        ("name", "Tegata"),
        ("version", env!("CARGO_PKG_VERSION")),
        ("vendor", "Tegata"),
    ];
    match connection.id(&pairs).await {
        Ok(_) => Ok(()),
        // Who asks us to wait means the whole session.
        Err(error) if matches!(error.verdict().outcome, Outcome::Later { .. }) => Err(error),
        Err(ImapError::Refused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
