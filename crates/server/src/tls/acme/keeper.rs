//! The one that orders: it waits until an order is due, tries, and tells.
//!
//!     wait for the lock -> for ever: ask for the window (RFC 9773) -> sleep until due -> order
//!                                      in vain -> told once, remembered, due later
//!
//! What always holds: it never ends, and whatever fails, the certificate that is shown stays.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use instant_acme::CertificateIdentifier;
use store::{Millis, World};
use tokio::net::TcpListener;

use super::folder::Lock;
use super::order::{Desk, Issued, Way};
use super::plain;
use super::plan::{self, Failures, Known, Span};
use super::status::Board;
use super::trouble::{Kind, Trouble};
use crate::tls::files::{self, Files};
use crate::tls::x509;

/// How long one sleeps at most.
const NAP: Millis = 60_000;
/// How often a process without the lock looks whether it is free.
const LOOK: Duration = Duration::from_secs(2);
/// An order that takes longer hangs.
const LONGEST_ORDER: Duration = Duration::from_secs(10 * 60);
/// The authority is asked for its window no more often and no more rarely (RFC 9773, 4.3).
const WINDOW_ASKED: (Millis, Millis) = (60 * 60_000, 24 * 60 * 60_000);

/// What it needs.
pub(super) struct Keeper {
    pub(super) desk: Desk,
    /// In the order in which they are tried at first.
    pub(super) ways: Vec<Way>,
    pub(super) http_listen: String,
    pub(super) public_url: String,
    pub(super) files: Arc<Files>,
    pub(super) board: Board,
    pub(super) world: World,
    /// The certificate that is kept came from another directory than the one of today.
    pub(super) moved: bool,
    /// Set while plain HTTP is answered.
    pub(super) plain: Mutex<bool>,
}

/// What it remembers.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) failures: Option<Failures>,
    /// The certificate is to be replaced, however long it lives.
    stale: bool,
    told: Option<Kind>,
    pub(super) window: Option<Span>,
    /// When the window is asked for again; at once after a new certificate.
    window_at: Millis,
}

impl Keeper {
    pub(super) async fn run(self: Arc<Self>) {
        if let Err(trouble) = self.answer_plain().await {
            tracing::warn!("plain HTTP is not answered: {}", trouble.said);
        }
        let lock = self.wait_for_lock().await;
        self.order_for_ever(lock).await;
    }

    async fn wait_for_lock(&self) -> Lock {
        let mut told = false;
        loop {
            if let Some(lock) = self.desk.folder.try_lock() {
                return lock;
            }
            if !told {
                tracing::info!("another process orders the certificate; its files are followed");
                told = true;
            }
            self.files.look();
            self.board.read_again();
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn order_for_ever(&self, _lock: Lock) {
        self.files.look();
        let mut memory = Memory {
            failures: self.remembered(),
            stale: self.moved,
            ..Memory::default()
        };
        loop {
            self.ask_for_window(&mut memory).await;
            let known = self.known(&memory);
            let (due, now) = (plan::due(&known).max(0), self.world.now());
            self.board.change(|status| {
                status.not_after = self.facts().map(|facts| facts.not_after);
                status.next_try = Some(due.max(now)).filter(|_| due > now);
            });
            if due > now {
                // Milliseconds above zero and below a minute.
                let nap = (due - now).min(NAP).unsigned_abs();
                tokio::time::sleep(Duration::from_millis(nap)).await;
                continue;
            }
            match self.one_order(memory.window.is_some()).await {
                Ok(()) => memory = Memory::default(),
                Err(trouble) => self.tell(&mut memory, trouble),
            }
        }
    }

    /// A wait that the authority asked for counts after a restart too; other failures may have been mended.
    pub(super) fn remembered(&self) -> Option<Failures> {
        let before = self.board.status().last_error?;
        (before.kind == Kind::RateLimited && !self.moved).then_some(Failures {
            count: 1,
            at: 0,
            not_before: before.not_before,
            looked: false,
        })
    }

    pub(super) fn known(&self, memory: &Memory) -> Known {
        let facts = self.facts();
        Known {
            certificate: facts.as_ref().filter(|_| !memory.stale).map(|facts| Span {
                from: facts.not_before,
                until: facts.not_after,
            }),
            suggested: memory.window,
            failures: memory.failures,
            chance: facts.map_or(0.5, |facts| chance(&facts.serial)),
        }
    }

    /// Of the certificate that is shown; `None` while it is the one for the time being.
    fn facts(&self) -> Option<x509::Facts> {
        let file = self.desk.folder.certificate(&self.desk.domain);
        let shown = self.files.current();
        let kept = files::chain(&std::fs::read(file).ok()?).ok()?;
        (kept == shown.cert).then(|| x509::facts(shown.cert.first()?))?
    }

    fn identifier(&self) -> Option<CertificateIdentifier<'static>> {
        let facts = self.facts()?;
        let authority = facts.authority?;
        Some(
            CertificateIdentifier::new(authority.as_slice().into(), facts.serial.as_slice().into())
                .into_owned(),
        )
    }

    /// RFC 9773, where the authority offers it; without an answer our own reckoning goes on.
    pub(super) async fn ask_for_window(&self, memory: &mut Memory) {
        let now = self.world.now();
        if now < memory.window_at {
            return;
        }
        memory.window_at = now + WINDOW_ASKED.1 / 4;
        let Some(identifier) = self.identifier() else {
            return;
        };
        let Ok(account) = self.desk.account().await else {
            return;
        };
        match account.renewal_info(&identifier).await {
            Ok((info, again)) => {
                let millis = |time: time::OffsetDateTime| time.unix_timestamp() * 1000;
                let window = info.suggested_window;
                memory.window = Some(Span {
                    from: millis(window.start),
                    until: millis(window.end),
                });
                let again = Millis::try_from(again.as_millis()).unwrap_or(WINDOW_ASKED.1);
                memory.window_at = now + again.clamp(WINDOW_ASKED.0, WINDOW_ASKED.1);
            }
            Err(error) => tracing::debug!(%error, "the authority names no time for renewal"),
        }
    }

    /// By the way that worked last, and by the other one where that may help.
    pub(super) async fn one_order(&self, known_to_authority: bool) -> Result<(), Trouble> {
        let last = self.board.status().challenge;
        let mut ways = self.ways.clone();
        ways.sort_by_key(|way| Some(way.name()) != last.as_deref());
        let mut first = None;
        for way in ways {
            let replaces = self.identifier().filter(|_| known_to_authority);
            match self.order_by(way, replaces).await {
                Ok(issued) => return self.take(way, &issued),
                Err(trouble) if trouble.another_way() => {
                    tracing::debug!(way = way.name(), said = %trouble.said, "a challenge failed");
                    first.get_or_insert(trouble);
                }
                // Of two failures the first tells about the way that was meant.
                Err(trouble) => {
                    tracing::debug!(way = way.name(), said = %trouble.said, "an order failed");
                    return Err(first.unwrap_or(trouble));
                }
            }
        }
        Err(first.unwrap_or_else(|| Trouble::new(Kind::Other, "no challenge is left")))
    }

    async fn order_by(
        &self,
        way: Way,
        replaces: Option<CertificateIdentifier<'static>>,
    ) -> Result<Issued, Trouble> {
        if way == Way::Http01 {
            self.answer_plain().await?;
        }
        let order = self.desk.order(way, replaces);
        match tokio::time::timeout(LONGEST_ORDER, order).await {
            Ok(done) => done,
            Err(_) => Err(Trouble::new(Kind::Directory, "the order takes too long")),
        }
    }

    fn take(&self, way: Way, issued: &Issued) -> Result<(), Trouble> {
        let ours = |error: anyhow::Error| Trouble::new(Kind::Other, format!("{error:#}"));
        let domain = &self.desk.domain;
        self.desk
            .folder
            .keep(domain, &issued.chain_pem, &issued.key_pem)
            .map_err(ours)?;
        self.files.look();
        let facts = self.facts().ok_or_else(|| {
            Trouble::new(Kind::Other, "the authority's certificate cannot be used")
        })?;
        self.board.change(|status| {
            status.not_after = Some(facts.not_after);
            status.last_error = None;
            status.directory_url.clone_from(&self.desk.directory_url);
            if issued.proven || status.challenge.is_none() {
                status.challenge = Some(way.name().to_owned());
            }
        });
        tracing::info!(
            domain,
            challenge = way.name(),
            not_after = crate::json::time(facts.not_after),
            "the certificate is here"
        );
        Ok(())
    }

    pub(super) fn tell(&self, memory: &mut Memory, trouble: Trouble) {
        let domain = &self.desk.domain;
        if memory.told == Some(trouble.kind) {
            tracing::debug!(kind = trouble.kind.name(), said = %trouble.said, "still no certificate");
        } else {
            tracing::warn!(
                domain,
                kind = trouble.kind.name(),
                said = %trouble.said,
                "no new certificate: {}",
                trouble.kind.sentence()
            );
        }
        memory.told = Some(trouble.kind);
        memory.failures = Some(Failures {
            count: memory
                .failures
                .map_or(0, |before| before.count)
                .saturating_add(1),
            at: self.world.now(),
            not_before: trouble.not_before,
            looked: matches!(trouble.kind, Kind::Port | Kind::Proxy | Kind::Dns),
        });
        self.board
            .change(|status| status.last_error = Some(trouble));
    }

    /// Answers on `http_listen`, if it does not yet.
    async fn answer_plain(&self) -> Result<(), Trouble> {
        let answered = || *self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        if answered() || self.http_listen.is_empty() {
            return Ok(());
        }
        let listener = TcpListener::bind(&self.http_listen)
            .await
            .map_err(|error| {
                let at = &self.http_listen;
                Trouble::new(Kind::Port, format!("cannot listen on {at}: {error}"))
            })?;
        let challenges = self.desk.challenges.clone();
        tokio::spawn(plain::serve(listener, challenges, self.public_url.clone()));
        *self.plain.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Ok(())
    }
}

/// From 0 to 1: an authority's serial numbers are random (at least 64 bits of it), and stay.
fn chance(serial: &[u8]) -> f64 {
    let last = serial.iter().rev().take(2).copied();
    last.fold(0.0, |sum, byte| (sum + f64::from(byte)) / 256.0)
}
