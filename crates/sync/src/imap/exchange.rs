//! One command and its answers: sends the steps, reads until the tagged line, hands out the untagged ones.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Duration, Instant, timeout_at};
use wire::imap::classify::{Phase, classify, classify_stray_line};
use wire::imap::commands::{Request, Step};
use wire::imap::reader::{RawResponse, ReadError};
use wire::imap::response::{Response, parse};
use wire::imap::{Code, ReadEvent, Status, StatusKind};
use wire::mask;

use super::body::{Body, BodyWriter};
use super::connection::{Connection, said};
use super::error::{ImapError, spoken};
use crate::net::NetError;

/// How much of a message is written at once; each piece gets the command's time limit.
const WRITE_PIECE: usize = 64 * 1024;

impl Connection {
    /// Runs a command; `each` gets every untagged response. The tagged OK is returned.
    pub(super) async fn run(
        &mut self,
        request: &Request<'_>,
        each: impl FnMut(Response),
    ) -> Result<Status, ImapError> {
        self.run_in(
            request,
            &[],
            Phase::Command,
            self.limits.timeouts.whole,
            each,
        )
        .await
    }

    /// The same before and during login: a refusal ends the connection.
    pub(super) async fn run_login(
        &mut self,
        request: &Request<'_>,
        each: impl FnMut(Response),
    ) -> Result<Status, ImapError> {
        let result = self
            .run_in(request, &[], Phase::Login, self.limits.timeouts.login, each)
            .await;
        self.busy |= result.is_err();
        result
    }

    /// The same for APPEND (with its message), COPY and MOVE.
    pub(super) async fn run_filing(
        &mut self,
        request: &Request<'_>,
        message: &[u8],
        each: impl FnMut(Response),
    ) -> Result<Status, ImapError> {
        self.run_in(
            request,
            message,
            Phase::Filing,
            self.limits.timeouts.whole,
            each,
        )
        .await
    }

    async fn run_in(
        &mut self,
        request: &Request<'_>,
        message: &[u8],
        phase: Phase,
        time: Duration,
        mut each: impl FnMut(Response),
    ) -> Result<Status, ImapError> {
        let tag = self.begin(request).await?;
        let until = self.within(time);
        let literals = self.literal_mode();
        for step in request.encode(&tag, literals)? {
            match step {
                Step::Send(bytes) => self.send(&bytes, until).await?,
                Step::Message => self.send_message(message, until).await?,
                Step::AwaitContinuation => {
                    if let Some(status) = self.answer(&tag, phase, until, true, &mut each).await? {
                        // A tagged line instead of the continuation: refused before anything was sent.
                        return Err(ImapError::protocol(spoken(&status, None)));
                    }
                }
            }
        }
        match self.answer(&tag, phase, until, false, &mut each).await? {
            Some(status) => Ok(status),
            None => Err(ImapError::protocol(
                "a continuation where none was asked for",
            )),
        }
    }

    /// A tag for a new command. Encodes once to refuse unfit arguments while the connection is still good.
    pub(super) async fn begin(&mut self, request: &Request<'_>) -> Result<String, ImapError> {
        if self.busy {
            return Err(ImapError::Poisoned);
        }
        let tag = self.fresh_tag();
        request.encode(&tag, self.literal_mode())?;
        self.busy = true;
        self.alert = None;
        if let Some(tap) = &self.tap {
            tap.command();
        }
        Ok(tag)
    }

    /// Reads up to the tagged answer (`Some`) or, where one is awaited, a continuation (`None`).
    async fn answer(
        &mut self,
        tag: &str,
        phase: Phase,
        until: Instant,
        wants_continuation: bool,
        each: &mut impl FnMut(Response),
    ) -> Result<Option<Status>, ImapError> {
        loop {
            let (response, _) = self.next_response(until).await?;
            match response {
                Response::Continuation(_) if wants_continuation => return Ok(None),
                Response::Continuation(text) => {
                    return Err(ImapError::protocol(format!("+ {text}")));
                }
                Response::Status(status) if status.tag.is_some() => {
                    if let Some(done) = self.tagged(tag, phase, status)? {
                        return Ok(Some(done));
                    }
                }
                response => each(response),
            }
        }
    }

    /// A tagged line: ours and OK ends the command; a refusal, even under a wrong tag, is one of ours.
    pub(super) fn tagged(
        &mut self,
        tag: &str,
        phase: Phase,
        status: Status,
    ) -> Result<Option<Status>, ImapError> {
        let own = status.tag.as_deref() == Some(tag);
        match status.kind {
            StatusKind::Ok | StatusKind::PreAuth if own => {
                self.learn(&status);
                self.busy = false;
                Ok(Some(status))
            }
            StatusKind::Ok | StatusKind::PreAuth => Ok(None),
            _ => {
                // Only under our own tag both sides still agree on where they are.
                self.busy = !own;
                let verdict = classify(&status, phase);
                let alert = self.alert.take();
                Err(ImapError::refused(status, verdict, alert))
            }
        }
    }

    /// The next response, with its large literals in bodies. BYE, untagged BAD and known stray lines are errors here,
    /// so no caller can overlook them.
    pub(super) async fn next_response(
        &mut self,
        until: Instant,
    ) -> Result<(Response, Vec<Body>), ImapError> {
        let mut bodies = Vec::new();
        let mut writer: Option<BodyWriter> = None;
        loop {
            match self.reader.next_event() {
                Err(ReadError::LiteralTooLarge { announced, limit }) => {
                    self.busy = true;
                    let uid = uid_in(self.reader.line_so_far());
                    return Err(ImapError::TooLarge {
                        uid,
                        announced,
                        limit,
                    });
                }
                Err(error) => {
                    self.busy = true;
                    return Err(ImapError::protocol(error.to_string()));
                }
                Ok(None) => self.read(until).await?,
                Ok(Some(ReadEvent::LiteralStart { len, .. })) => {
                    let begun = BodyWriter::begin(len, &self.limits.bodies).await;
                    writer = Some(begun.map_err(ImapError::Spill)?);
                }
                Ok(Some(ReadEvent::LiteralData(bytes))) => {
                    if let Some(writer) = &mut writer {
                        writer.write(&bytes).await.map_err(ImapError::Spill)?;
                    }
                }
                Ok(Some(ReadEvent::LiteralEnd { .. })) => {
                    if let Some(writer) = writer.take() {
                        bodies.push(writer.finish().await.map_err(ImapError::Spill)?);
                    }
                }
                Ok(Some(ReadEvent::Response(raw))) => {
                    self.write_down(&raw);
                    let response = parse(&raw);
                    self.note(&response)?;
                    return Ok((response, bodies));
                }
            }
        }
    }

    /// A whole response that was read already, for IDLE. A literal to be streamed does not occur there.
    pub(super) fn buffered_response(&mut self) -> Result<Option<Response>, ImapError> {
        match self.reader.next_event() {
            Ok(None) => Ok(None),
            Ok(Some(ReadEvent::Response(raw))) => {
                self.write_down(&raw);
                let response = parse(&raw);
                self.note(&response)?;
                Ok(Some(response))
            }
            Ok(Some(_)) => Err(ImapError::protocol("a large literal in IDLE")),
            Err(error) => Err(ImapError::protocol(error.to_string())),
        }
    }

    /// What every response means for the connection itself.
    fn note(&mut self, response: &Response) -> Result<(), ImapError> {
        match response {
            Response::Status(status) if status.tag.is_none() => match status.kind {
                StatusKind::Bye => {
                    self.busy = true;
                    let verdict = classify(status, Phase::Command);
                    let said = spoken(status, self.alert.take());
                    return Err(ImapError::Bye { verdict, said });
                }
                StatusKind::Bad => {
                    self.busy = true;
                    let verdict = classify(status, Phase::Command);
                    return Err(ImapError::refused(status.clone(), verdict, None));
                }
                StatusKind::No => self.alert = Some(spoken(status, None)),
                StatusKind::Ok | StatusKind::PreAuth => self.learn(status),
            },
            Response::Status(status) => self.throttled |= status.is_throttled(),
            Response::Capability(capabilities) => self.capabilities = capabilities.clone(),
            Response::Exists(n) => self.news.exists = Some(*n),
            Response::Expunge(_) => self.news.expunged = self.news.expunged.saturating_add(1),
            Response::Vanished {
                earlier: false,
                uids,
            } => {
                let gone = u32::try_from(uids.count()).unwrap_or(u32::MAX);
                self.news.expunged = self.news.expunged.saturating_add(gone);
            }
            Response::Unknown { line, .. } => {
                if let Some(verdict) = classify_stray_line(line).filter(|_| !line.starts_with(b"*"))
                {
                    self.busy = true;
                    return Err(ImapError::Bye {
                        verdict,
                        said: said(line),
                    });
                }
                self.unknown_lines += 1;
                tracing::debug!(line = %said(line), "an IMAP line that cannot be read");
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn learn(&mut self, status: &Status) {
        self.throttled |= status.is_throttled();
        if let Some(Code::Capability(capabilities)) = &status.code {
            self.capabilities = capabilities.clone();
        }
    }

    pub(super) fn within(&self, time: Duration) -> Instant {
        Instant::now() + time
    }

    /// Reads something. Limited by the silence a command allows and by the end of the whole command.
    pub(super) async fn read(&mut self, until: Instant) -> Result<(), ImapError> {
        let until = until.min(self.within(self.limits.timeouts.command));
        self.read_until(until).await
    }

    /// Reads something, limited by `until` alone. Dropping it loses nothing.
    pub(super) async fn read_until(&mut self, until: Instant) -> Result<(), ImapError> {
        match timeout_at(until, self.stream.read(&mut self.buffer)).await {
            Ok(Ok(0)) => {
                Err(NetError::new("net-closed", "the server closed the connection").into())
            }
            Ok(Ok(n)) => {
                if let Some(tap) = &self.tap {
                    tap.received(n);
                }
                self.reader.feed(self.buffer.get(..n).unwrap_or_default());
                Ok(())
            }
            Ok(Err(error)) => Err(NetError::new("net-closed", error.to_string()).into()),
            Err(_) => Err(NetError::new("net-timeout", "the server did not answer in time").into()),
        }
    }

    /// Sends a step of a command.
    pub(super) async fn send(&mut self, bytes: &[u8], until: Instant) -> Result<(), ImapError> {
        if let Some(tap) = self.tap.as_ref().filter(|tap| tap.is_on()) {
            tap.line(format!("imap C: {}", mask::imap_client(bytes)));
        }
        self.write(bytes, until).await
    }

    /// Sends a message: told by its size alone.
    async fn send_message(&mut self, message: &[u8], until: Instant) -> Result<(), ImapError> {
        if let Some(tap) = self.tap.as_ref().filter(|tap| tap.is_on()) {
            tap.line(format!("imap C: [message, {} octets]", message.len()));
        }
        self.write(message, until).await
    }

    /// Writes a response down, where that is wanted.
    fn write_down(&self, raw: &RawResponse) {
        if let Some(tap) = self.tap.as_ref().filter(|tap| tap.is_on()) {
            tap.line(format!("imap S: {}", mask::imap_server(&raw.line)));
        }
    }

    async fn write(&mut self, bytes: &[u8], until: Instant) -> Result<(), ImapError> {
        if let Some(tap) = &self.tap {
            tap.sent(bytes.len());
        }
        let closed = |e: std::io::Error| NetError::new("net-closed", e.to_string());
        for piece in bytes.chunks(WRITE_PIECE) {
            let until = until.min(self.within(self.limits.timeouts.command));
            match timeout_at(until, self.stream.write_all(piece)).await {
                Ok(written) => written.map_err(closed)?,
                Err(_) => {
                    return Err(NetError::new("net-timeout", "the server takes no more").into());
                }
            }
        }
        match timeout_at(until, self.stream.flush()).await {
            Ok(flushed) => Ok(flushed.map_err(closed)?),
            Err(_) => Err(NetError::new("net-timeout", "the server takes no more").into()),
        }
    }
}

/// The UID in the beginning of a FETCH line.
fn uid_in(line: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(line).to_ascii_uppercase();
    let mut words = text.split([' ', '(']);
    words.find(|word| *word == "UID")?;
    words.next()?.parse().ok()
}
