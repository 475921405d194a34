//! The connection itself: its parts, how it opens, how it says good-bye.

use std::time::Instant;

use wire::imap::commands::{LiteralMode, Request};
use wire::imap::response::Response;
use wire::imap::{Capabilities, ReadLimits, ResponseReader, StatusKind};

use super::body::BodyLimits;
use super::error::ImapError;
use crate::net::{self, NetError, Stream, Target, Timeouts, Tls};

/// Read buffer, in octets.
const READ_BUFFER: usize = 64 * 1024;

/// What a connection may take of us.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    pub timeouts: Timeouts,
    pub bodies: BodyLimits,
}

/// What the server told about the selected folder without being asked, since the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// The last EXISTS.
    pub exists: Option<u32>,
    /// How many messages went away.
    pub expunged: u32,
    /// Flags (or labels) of some message changed.
    pub flags: bool,
}

impl News {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A connection that is open; logged in after [`Connection::authenticate_xoauth2`].
pub struct Connection {
    pub(super) stream: Stream,
    pub(super) reader: ResponseReader,
    pub(super) buffer: Box<[u8]>,
    pub(super) limits: Limits,
    pub(super) capabilities: Capabilities,
    pub(super) news: News,
    /// A command is under way. Still set when the next one begins: the last one broke off.
    pub(super) busy: bool,
    pub(super) alert: Option<String>,
    pub(super) throttled: bool,
    pub(super) unknown_lines: u64,
    pub(super) tap: Option<std::sync::Arc<store::taps::Tap>>,
    next_tag: u32,
    host: String,
    port: u16,
    opened: Instant,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({}:{})", self.host, self.port)
    }
}

impl Connection {
    /// Connects, reads the greeting, starts TLS where that is asked for, and learns the capabilities.
    pub async fn open(target: &Target, limits: Limits) -> Result<Self, ImapError> {
        let stream = net::connect(target, &limits.timeouts).await?;
        let mut connection = Self {
            stream,
            reader: ResponseReader::new(read_limits(&limits)),
            buffer: vec![0; READ_BUFFER].into_boxed_slice(),
            limits,
            capabilities: Capabilities::default(),
            news: News::default(),
            busy: true,
            alert: None,
            throttled: false,
            unknown_lines: 0,
            tap: target.tap.clone(),
            next_tag: 0,
            host: target.host.clone(),
            port: target.port,
            opened: Instant::now(),
        };
        if let Some(tap) = &connection.tap {
            tap.opened();
            if tap.is_on() {
                tap.line(format!("imap connected to {}:{}", target.host, target.port));
            }
        }
        connection.greeting().await?;
        connection.busy = false;
        if target.tls == Tls::StartTls {
            connection = connection.upgraded(target).await?;
        }
        if connection.capabilities.is_empty() {
            connection.refresh_capabilities().await?;
        }
        Ok(connection)
    }

    async fn greeting(&mut self) -> Result<(), ImapError> {
        let until = self.within(self.limits.timeouts.login);
        match self.next_response(until).await?.0 {
            Response::Status(status) if status.tag.is_none() => match status.kind {
                StatusKind::Ok | StatusKind::PreAuth => {
                    self.learn(&status);
                    Ok(())
                }
                // BYE is taken by `next_response`; NO and BAD are no greetings, but they are said.
                _ => Err(ImapError::protocol(status.text)),
            },
            Response::Unknown { line, .. } => Err(ImapError::protocol(said(&line))),
            other => Err(ImapError::protocol(
                format!("{other:?}").chars().take(200).collect::<String>(),
            )),
        }
    }

    /// STARTTLS. What was known before it does not count after it.
    async fn upgraded(mut self, target: &Target) -> Result<Self, ImapError> {
        if self.capabilities.is_empty() {
            self.refresh_capabilities().await?;
        }
        if !self.capabilities.has("STARTTLS") {
            return Err(
                NetError::new("starttls-missing", format!("{}:{}", self.host, self.port)).into(),
            );
        }
        self.run_login(&Request::StartTls, |_| {}).await?;
        if self.reader.buffered() > 0 {
            // Words that came with the OK would be taken for words inside TLS.
            return Err(ImapError::protocol("octets after the answer to STARTTLS"));
        }
        self.stream = net::start_tls(self.stream, target, &self.limits.timeouts).await?;
        self.capabilities = Capabilities::default();
        Ok(self)
    }

    pub(super) async fn refresh_capabilities(&mut self) -> Result<(), ImapError> {
        self.capabilities = Capabilities::default();
        self.run_login(&Request::Capability, |_| {}).await?;
        if self.capabilities.is_empty() {
            return Err(ImapError::protocol("no capabilities were told"));
        }
        Ok(())
    }

    /// What the server can do, as told last.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether the next command may be sent.
    pub fn is_alive(&self) -> bool {
        !self.busy
    }

    /// When the connection was opened: sessions end with their token.
    pub fn opened(&self) -> Instant {
        self.opened
    }

    /// Whether the server marked an answer as `[THROTTLED]` since the last look.
    pub fn take_throttled(&mut self) -> bool {
        std::mem::take(&mut self.throttled)
    }

    /// Lines that could not be read, since the connection was opened.
    pub fn unknown_lines(&self) -> u64 {
        self.unknown_lines
    }

    /// Octets of the largest message that is taken.
    pub fn largest_message(&self) -> u64 {
        self.limits.bodies.most
    }

    /// What was told unasked since the last look.
    pub fn take_news(&mut self) -> News {
        std::mem::take(&mut self.news)
    }

    /// ID (RFC 2971): says who we are, gives who they are.
    pub async fn id(
        &mut self,
        pairs: &[(&str, &str)],
    ) -> Result<Vec<(String, Option<String>)>, ImapError> {
        let mut told = Vec::new();
        let keep = |response: Response| {
            if let Response::Id(pairs) = response {
                told = pairs;
            }
        };
        self.run(&Request::Id(pairs), keep).await?;
        Ok(told)
    }

    /// NOOP, which also fetches news.
    pub async fn noop(&mut self) -> Result<(), ImapError> {
        let mut flags = false;
        self.run(&Request::Noop, |response| {
            flags |= matches!(response, Response::Fetch(_))
        })
        .await?;
        self.news.flags |= flags;
        Ok(())
    }

    /// LOGOUT; the connection is closed whatever the answer.
    pub async fn logout(mut self) -> Result<(), ImapError> {
        match self.run(&Request::Logout, |_| {}).await {
            // The BYE is the answer; some servers close without the tagged line.
            Ok(_) | Err(ImapError::Bye { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn literal_mode(&self) -> LiteralMode {
        LiteralMode::of(&self.capabilities)
    }

    pub(super) fn fresh_tag(&mut self) -> String {
        self.next_tag = self.next_tag.wrapping_add(1);
        format!("T{}", self.next_tag)
    }

    pub(super) fn place(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

pub(super) fn read_limits(limits: &Limits) -> ReadLimits {
    ReadLimits {
        literal: limits.bodies.most,
        ..ReadLimits::default()
    }
}

/// The beginning of an outside line, for an error.
pub(super) fn said(line: &[u8]) -> String {
    String::from_utf8_lossy(line.get(..500).unwrap_or(line)).into_owned()
}
