//! A Google and a Microsoft to rehearse with: OAuth servers, IMAP, SMTP, and faults on command.
//!
//! Every reply is a literal line of what the real servers were seen to say; nothing of it is made by
//! the encoders of `wire`, so that our readers are not tested against our own writers. The oddities
//! of the real servers (NIL parts, unescaped quotes, late news, a challenge before the real reason)
//! are on unless the fault `oddities_off` stands.
//!
//! All state is in memory behind one lock ([`world`]). The HTTP servers ([`oauth`]), the mail
//! sessions ([`imap`], [`smtp`]) and the control API work on it; a change wakes who waits in IDLE.
//!
//! # Faults
//!
//! `POST /faults` with `{"kind": ..., "provider"?: "google" | "microsoft", "address"?, "client_id"?,
//! "count"?, "ms"?, "protocol"?: "imap" | "smtp" | "token", "bytes"?, "folder"?}`; what is left out
//! matches everything, without `count` a fault stands until cleared. `{"clear": true, "kind"?,
//! "provider"?, "address"?}` (or `DELETE /faults`) ends them.
//!
//! Done at once: `expire_access`, `revoke_grant`, `seven_days`, `uidvalidity_change` (`folder`).
//!
//! Token endpoint: `wrong_secret`, `secret_expired`, `throttle_token` (`ms` becomes Retry-After),
//! `token_html`, `token_empty_200`, `token_huge`, `token_8k`, `token_5xx`, `token_slow` (`ms`),
//! `short_tokens` (`ms` of life), `strict_rotation`, `hang_up_after_bytes` (`protocol: "token"`), `introspection_down`.
//!
//! IMAP: `not_connected`, `imap_off`, `too_many_connections`, `imap_unavailable`, `greeting_bye`,
//! `imap_throttled`, `unreadable_message`, `huge_literal`, `long_line`, `slow` (`ms`),
//! `hang_up_after_bytes` (`protocol: "imap"`, `bytes`).
//!
//! SMTP: `smtp_auth_disabled_tenant`, `smtp_auth_disabled_mailbox`, `too_many_connections`,
//! `no_sent_copy`, `lost_data_reply`, `send_quota`, `slow`, `hang_up_after_bytes`
//! (`protocol: "smtp"`).
//!
//! Anywhere: `reply`, an answer of given bytes in `reply` ([`Reply`]):
//! `{"at": "token", "status", "headers"?, "body"}`, `{"at": "authorize", "status", "body"}` (a page),
//! `{"at": "redirect", "parameters": {"error": ...}}`, `{"at": "imap" | "smtp", "when", "lines", "close"?}`.
//!
//! `oddities_off` makes both providers behave.
//!
//! # Proofs
//!
//! [`Sandbox::ledger`] tells of every refresh who asked (`?by=` at the token endpoint), whether the answer got out,
//! and whether its tokens were used; see [`ledger`].

pub mod browser;
mod control;
pub mod corpus;
mod deliver;
mod dice;
mod faults;
mod given;
mod grants;
mod imap;
pub mod ledger;
mod lines;
mod login;
mod mailbox;
mod oauth;
mod people;
mod report;
mod serve;
mod smtp;
mod tls;
mod world;

use std::sync::Arc;

use anyhow::Result;
use tokio::sync::watch;

pub use faults::{Fault, FaultKind, Protocol, Reply};
pub use given::Given;
pub use people::{
    Audience, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET,
    MICROSOFT_TENANT_ID, NewApp, NewPerson, PERSONAL_TENANT_ID, ProviderKind,
};
pub use world::Clock;

use world::World;

/// How a sandbox is set up.
#[derive(Clone)]
pub struct Options {
    /// The address to listen on.
    pub listen_host: String,
    /// The host in all addresses that are given out. Not `localhost` by default: a product under
    /// test at `localhost` then sees another site, as it does with the real providers.
    pub public_host: String,
    /// 0: ports chosen by the system. Else the first of nine: control, Google HTTP, Microsoft HTTP,
    /// Google IMAP, Google SMTP (STARTTLS), Google SMTP (TLS), and the same three of Microsoft.
    pub port_base: u16,
    pub clock: Clock,
    /// The same seed gives the same tokens; `None` is random.
    pub seed: Option<u64>,
    /// Registered with both seeded apps.
    pub redirect_uris: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen_host: "127.0.0.1".to_owned(),
            public_host: "127.0.0.1".to_owned(),
            port_base: 0,
            clock: Arc::new(|| time::OffsetDateTime::now_utc().unix_timestamp()),
            seed: None,
            redirect_uris: Vec::new(),
        }
    }
}

/// Where a provider is. Microsoft's addresses hold `{tenant}`.
#[derive(Clone, Debug)]
pub struct ProviderUrls {
    pub authorization_url: String,
    pub token_url: String,
    /// Google only.
    pub revocation_url: Option<String>,
    pub introspection_url: String,
    pub issuer: String,
    /// `host:port`
    pub imap: String,
    pub smtp: String,
    /// `implicit`
    pub imap_tls: &'static str,
    /// `starttls`
    pub smtp_tls: &'static str,
    /// A second SMTP port, with TLS from the first octet.
    pub smtp_implicit: String,
}

/// A running sandbox; it ends when this is dropped.
pub struct Sandbox {
    pub control_url: String,
    pub google: ProviderUrls,
    pub microsoft: ProviderUrls,
    /// The authority that signed the certificate of the mail ports.
    pub ca_pem: String,
    world: Arc<World>,
    stop: watch::Sender<bool>,
}

/// Starts all servers.
///
/// # Errors
/// When a port cannot be opened.
pub async fn start(options: Options) -> Result<Sandbox> {
    use_ring();
    serve::start(options).await
}

/// Ring is the only crypto provider; whoever installed it first is right.
pub(crate) fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// All tokens that a sandbox ever gave out, readable for longer than it lives.
#[derive(Clone)]
pub struct Issued(Arc<World>);

impl Issued {
    /// Access tokens, dead ones too.
    pub fn access(&self) -> Vec<String> {
        self.0.books().grants.access.keys().cloned().collect()
    }

    /// Refresh tokens, dead ones too.
    pub fn refresh(&self) -> Vec<String> {
        self.0.books().grants.refresh.keys().cloned().collect()
    }
}

impl Sandbox {
    /// What it gave out, for who searches for leaks.
    pub fn issued(&self) -> Issued {
        Issued(Arc::clone(&self.world))
    }

    /// The sections that point a Tegata at this sandbox. `ca_file`: where [`Self::ca_pem`] was
    /// written.
    pub fn config_toml(&self, ca_file: &str) -> String {
        serve::config_toml(&self.google, &self.microsoft, ca_file)
    }

    pub fn add_person(&self, person: NewPerson) {
        self.world.books().add_person(person);
    }

    pub fn add_app(&self, app: NewApp) {
        self.world.books().add_app(app);
    }

    /// Which secrets of an app are taken from now on, and which have ended; the app stays as it is otherwise.
    pub fn set_secrets(
        &self,
        provider: ProviderKind,
        client_id: &str,
        secrets: &[&str],
        expired: &[&str],
    ) {
        let owned = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
        self.world
            .books()
            .set_secrets(provider, client_id, owned(secrets), owned(expired));
    }

    /// One more redirect URI at both seeded apps.
    pub fn register_redirect_uri(&self, uri: &str) {
        for app in &mut self.world.books().apps {
            if !app.redirect_uris.iter().any(|known| known == uri) {
                app.redirect_uris.push(uri.to_owned());
            }
        }
    }

    /// The apps know no redirect URI any more, as before anybody registered one.
    pub fn forget_redirect_uris(&self) {
        for app in &mut self.world.books().apps {
            app.redirect_uris.clear();
        }
    }

    /// Mail for the inbox of an address: its UID.
    ///
    /// # Errors
    /// When nobody here has that address.
    pub fn deliver(&self, address: &str, raw: &[u8]) -> Result<u32> {
        self.deliver_to(address, "INBOX", raw, self.world.now(), &[], &[])
    }

    /// Mail for a folder (`INBOX`, `Sent`, `Drafts`, `Junk`, `Trash` or a name), received at
    /// `internal_date` (Unix seconds), with flags (`\Seen`) and, at Google, labels.
    ///
    /// # Errors
    /// When nobody here has that address.
    pub fn deliver_to(
        &self,
        address: &str,
        folder: &str,
        raw: &[u8],
        internal_date: i64,
        flags: &[String],
        labels: &[String],
    ) -> Result<u32> {
        let delivery = deliver::Delivery {
            folder: Some(folder),
            raw,
            internal_date,
            flags,
            labels,
        };
        deliver::deliver(&self.world, address, &delivery)
    }

    /// Fills a mailbox with made-up office mail ([`corpus`]), dated up to now: how many were filed.
    ///
    /// # Errors
    /// When nobody here has that address.
    pub fn fill(&self, address: &str, seed: u64, count: usize) -> Result<usize> {
        deliver::fill(&self.world, address, seed, count)
    }

    pub fn fault(&self, fault: Fault) {
        self.world.fault(fault);
    }

    /// Ends all faults of a kind, or all there are.
    pub fn clear_faults(&self, kind: Option<FaultKind>) {
        self.world.books().faults.clear(kind, None, None);
    }

    /// Ends all faults of one address.
    pub fn clear_faults_of(&self, address: &str) {
        self.world.books().faults.clear(None, None, Some(address));
    }

    pub fn advance_clock(&self, seconds: i64) {
        self.world.advance(seconds);
    }

    /// Unix seconds on the sandbox's clock.
    pub fn now(&self) -> i64 {
        self.world.now()
    }

    /// Milliseconds since its start, on a clock that nobody moves: the ledger's times.
    pub fn uptime_ms(&self) -> u64 {
        self.world.uptime_ms()
    }

    /// All refreshes and uses of tokens so far.
    pub fn ledger(&self) -> ledger::Ledger {
        ledger::ledger(&self.world)
    }

    /// Uses an access token as a login would, without a mail server.
    pub fn present(&self, access_token: &str) -> ledger::Presented {
        self.world.use_access(&mut self.world.books(), access_token)
    }

    /// A grant of Microsoft's for this person and app, as a consent would have brought it.
    pub fn give(&self, client_id: &str, address: &str) -> Given {
        given::give(&self.world, client_id, address)
    }

    /// Counts and times, as `GET /state` gives them.
    pub fn state(&self) -> serde_json::Value {
        report::state(&self.world)
    }

    /// The raw messages of a folder (decoded name), oldest first; `address` `*`: mail to others.
    pub fn messages(&self, address: &str, folder: Option<&str>) -> serde_json::Value {
        report::messages(&self.world, address, folder)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}
