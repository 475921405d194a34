//! The dialogue with an SMTP server: lines out, replies in, each step timed.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};
use wire::mask;
use wire::outcome::{Outcome, Verdict};
use wire::sasl;
use wire::smtp::{Auth, AuthStep, Extensions, Phase, Reply, ReplyReader};

use super::verdict_on;
use crate::net::{self, NetError, Stream, Target, Timeouts, Tls};

/// How we call ourselves: an address literal, as mail programs behind NAT do.
const EHLO: &str = "EHLO [127.0.0.1]";
/// How much of a message is written at once.
const WRITE_PIECE: usize = 64 * 1024;
/// QUIT is a courtesy: nobody waits long for its answer.
const QUIT_TIME: Duration = Duration::from_secs(5);

/// One step of the dialogue, for checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `connect`, `greeting`, `ehlo`, `starttls`, `auth`, `mail-from` …
    pub name: &'static str,
    pub ms: u64,
    pub result: StepResult,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepResult {
    /// The server's words.
    Ok(String),
    Failed {
        cause_id: &'static str,
        said: String,
    },
}

/// Why the dialogue ended.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) verdict: Verdict,
    pub(super) said: String,
    pub(super) phase: &'static str,
    pub(super) recipient: Option<String>,
    pub(super) unclear: bool,
}

impl Broken {
    /// Something we found out ourselves.
    pub(super) fn ours(
        cause_id: &'static str,
        outcome: Outcome,
        phase: Phase,
        said: String,
    ) -> Box<Self> {
        let verdict = Verdict {
            outcome,
            cause_id,
            refresh_first: false,
        };
        Box::new(Self {
            verdict,
            said,
            phase: phase.name(),
            recipient: None,
            unclear: false,
        })
    }

    fn net(error: NetError, phase: &'static str) -> Box<Self> {
        let verdict = error.verdict();
        Box::new(Self {
            verdict,
            said: error.said,
            phase,
            recipient: None,
            unclear: false,
        })
    }
}

#[derive(Default)]
pub(super) struct Session {
    stream: Option<Stream>,
    reader: ReplyReader,
    limits: Timeouts,
    steps: Vec<Step>,
    tap: Option<std::sync::Arc<store::taps::Tap>>,
}

impl Session {
    pub(super) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    /// From nothing to logged in; gives what the server offers.
    pub(super) async fn log_in(
        &mut self,
        target: &Target,
        limits: &Timeouts,
        user: &str,
        token: &SecretString,
    ) -> Result<Extensions, Box<Broken>> {
        self.limits = *limits;
        self.tap = target.tap.clone();
        let begun = Instant::now();
        let opened = net::connect(target, limits)
            .await
            .map_err(|e| Broken::net(e, "connect"));
        let place = format!("{}:{}", target.host, target.port);
        self.write_down(|| format!("smtp connecting to {place}"));
        self.stream = Some(self.timed("connect", begun, opened.map(|s| (s, place)))?);
        if let Some(tap) = &self.tap {
            tap.opened();
        }
        let begun = Instant::now();
        let greeting = self.reply(Phase::Greeting).await;
        self.timed("greeting", begun, greeting.map(said))?;
        let mut offers = self.ehlo().await?;
        if target.tls == Tls::StartTls {
            offers = self.upgrade(target, &offers).await?;
        }
        let begun = Instant::now();
        let done = self.authenticate(target, &offers, user, token).await;
        self.timed("auth", begun, done.map(said))?;
        Ok(offers)
    }

    async fn ehlo(&mut self) -> Result<Extensions, Box<Broken>> {
        let reply = self.expect(Phase::Ehlo, EHLO).await?;
        Ok(Extensions::of(&reply))
    }

    /// STARTTLS and EHLO again: what was offered before does not count.
    async fn upgrade(
        &mut self,
        target: &Target,
        offers: &Extensions,
    ) -> Result<Extensions, Box<Broken>> {
        if !offers.starttls {
            let said = format!("{}:{} does not offer STARTTLS", target.host, target.port);
            let phase = Phase::StartTls;
            return Err(Broken::ours(
                "starttls-missing",
                Outcome::NeedsPerson,
                phase,
                said,
            ));
        }
        self.expect(Phase::StartTls, "STARTTLS").await?;
        if self.reader.buffered() > 0 {
            let said = "octets after the answer to STARTTLS".to_owned();
            return Err(Broken::ours(
                "net-protocol",
                Outcome::Broken,
                Phase::StartTls,
                said,
            ));
        }
        let plain = self.stream.take().ok_or_else(|| closed(Phase::StartTls))?;
        let begun = Instant::now();
        let wrapped = net::start_tls(plain, target, &self.limits)
            .await
            .map_err(|e| Broken::net(e, "tls"));
        self.stream = Some(self.timed("tls", begun, wrapped.map(|s| (s, target.host.clone())))?);
        self.ehlo().await
    }

    async fn authenticate(
        &mut self,
        target: &Target,
        offers: &Extensions,
        user: &str,
        token: &SecretString,
    ) -> Result<Reply, Box<Broken>> {
        let unfit = |e: sasl::UnfitForSasl| {
            Broken::ours(
                "smtp-sasl-malformed",
                Outcome::Broken,
                Phase::Auth,
                e.to_string(),
            )
        };
        let (first, mut auth) = if offers.has_auth("XOAUTH2") {
            Auth::xoauth2(sasl::xoauth2(user, token).map_err(unfit)?)
        } else if offers.has_auth("OAUTHBEARER") {
            let blob = sasl::oauthbearer(user, &target.host, target.port, token).map_err(unfit)?;
            Auth::oauthbearer(blob)
        } else {
            let said = format!("AUTH {}", offers.auth.join(" "));
            let outcome = Outcome::NeedsPerson;
            return Err(Broken::ours(
                "smtp-mechanism-missing",
                outcome,
                Phase::Auth,
                said,
            ));
        };
        let mut line = SecretString::from(first);
        loop {
            self.write_line(line.expose_secret(), Phase::Auth).await?;
            let reply = self.read_reply(self.limits.login, Phase::Auth).await?;
            match auth.on_reply(reply.clone()) {
                AuthStep::Send(next) => line = next,
                AuthStep::Done => return Ok(reply),
                AuthStep::Refused { reply, challenge } => {
                    let mut broken = refusal(&reply, Phase::Auth);
                    if let Some(c) = challenge {
                        broken.said = format!(
                            "challenge: status {}, scope {}; {}",
                            c.status, c.scope, broken.said
                        );
                    }
                    return Err(broken);
                }
            }
        }
    }

    /// Sends a line and takes a reply of class 2 (3 after DATA); anything else is a refusal.
    pub(super) async fn expect(&mut self, phase: Phase, line: &str) -> Result<Reply, Box<Broken>> {
        let begun = Instant::now();
        let result = match self.write_line(line, phase).await {
            Ok(()) => self.reply(phase).await,
            Err(broken) => Err(broken),
        };
        self.timed(phase.name(), begun, result.map(said))
    }

    /// Sends what follows `354` and takes the verdict on the message.
    pub(super) async fn message(&mut self, octets: &[u8]) -> Result<Reply, Box<Broken>> {
        let begun = Instant::now();
        let result = self.message_inner(octets).await;
        self.timed(Phase::Message.name(), begun, result.map(said))
    }

    async fn message_inner(&mut self, octets: &[u8]) -> Result<Reply, Box<Broken>> {
        // The last piece holds the final dot: from its first octet on the end is unclear until a reply comes.
        self.write_down(|| format!("smtp C: [message, {} octets]", octets.len()));
        let dot = octets.len().saturating_sub(5);
        let (most, last) = octets.split_at(dot);
        for piece in most.chunks(WRITE_PIECE) {
            self.write(piece, Phase::Message).await?;
        }
        let unclear = |mut broken: Box<Broken>| {
            broken.verdict.cause_id = "smtp-outcome-unknown";
            broken.verdict.outcome = Outcome::Later {
                after: Duration::from_secs(60),
            };
            broken.unclear = true;
            broken
        };
        self.write(last, Phase::Message).await.map_err(unclear)?;
        let reply = self
            .read_reply(self.limits.message, Phase::Message)
            .await
            .map_err(unclear)?;
        if reply.is_positive() {
            Ok(reply)
        } else {
            Err(refusal(&reply, Phase::Message))
        }
    }

    /// Says good-bye if that is still possible.
    pub(super) async fn quit(&mut self) {
        let bye = async {
            if self.write_line("QUIT", Phase::Ehlo).await.is_ok() {
                let _ = self.read_reply(QUIT_TIME, Phase::Ehlo).await;
            }
        };
        let _ = timeout(QUIT_TIME, bye).await;
        self.stream = None;
    }

    async fn reply(&mut self, phase: Phase) -> Result<Reply, Box<Broken>> {
        let reply = self.read_reply(self.limits.command, phase).await?;
        let wanted = if phase == Phase::Data { 3 } else { 2 };
        if reply.class() == wanted {
            Ok(reply)
        } else {
            Err(refusal(&reply, phase))
        }
    }

    async fn read_reply(&mut self, time: Duration, phase: Phase) -> Result<Reply, Box<Broken>> {
        let late = |_| {
            Broken::net(
                NetError::new("net-timeout", "no reply in time"),
                phase.name(),
            )
        };
        timeout(time, self.read_any(phase)).await.map_err(late)?
    }

    async fn read_any(&mut self, phase: Phase) -> Result<Reply, Box<Broken>> {
        let mut buffer = [0_u8; 4096];
        loop {
            match self.reader.next_reply() {
                Ok(Some(reply)) => {
                    self.write_down(|| {
                        format!("smtp S: {}", mask::smtp_server(&reply.to_string()))
                    });
                    return Ok(reply);
                }
                Ok(None) => {}
                Err(error) => {
                    return Err(Broken::net(
                        NetError::new("net-protocol", error.to_string()),
                        phase.name(),
                    ));
                }
            }
            let stream = self.stream.as_mut().ok_or_else(|| closed(phase))?;
            match stream.read(&mut buffer).await {
                Ok(0) => return Err(closed(phase)),
                Ok(n) => {
                    if let Some(tap) = &self.tap {
                        tap.received(n);
                    }
                    self.reader.feed(buffer.get(..n).unwrap_or_default());
                }
                Err(error) => {
                    return Err(Broken::net(
                        NetError::new("net-closed", error.to_string()),
                        phase.name(),
                    ));
                }
            }
        }
    }

    async fn write_line(&mut self, line: &str, phase: Phase) -> Result<(), Box<Broken>> {
        self.write_down(|| format!("smtp C: {}", mask::smtp_client(line)));
        if let Some(tap) = &self.tap {
            tap.command();
        }
        self.write(format!("{line}\r\n").as_bytes(), phase).await
    }

    /// Writes a line down, where that is wanted; it is masked only then.
    fn write_down(&self, line: impl FnOnce() -> String) {
        if let Some(tap) = self.tap.as_ref().filter(|tap| tap.is_on()) {
            tap.line(line());
        }
    }

    async fn write(&mut self, octets: &[u8], phase: Phase) -> Result<(), Box<Broken>> {
        if let Some(tap) = &self.tap {
            tap.sent(octets.len());
        }
        let stream = self.stream.as_mut().ok_or_else(|| closed(phase))?;
        let written = timeout(self.limits.command, async {
            stream.write_all(octets).await?;
            stream.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Broken::net(
                NetError::new("net-closed", error.to_string()),
                phase.name(),
            )),
            Err(_) => Err(Broken::net(
                NetError::new("net-timeout", "the server takes no more"),
                phase.name(),
            )),
        }
    }

    /// Notes a step.
    fn timed<T>(
        &mut self,
        name: &'static str,
        begun: Instant,
        result: Result<(T, String), Box<Broken>>,
    ) -> Result<T, Box<Broken>> {
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (result, noted) = match result {
            Ok((value, said)) => (Ok(value), StepResult::Ok(said)),
            Err(broken) => {
                let noted = StepResult::Failed {
                    cause_id: broken.verdict.cause_id,
                    said: broken.said.clone(),
                };
                (Err(broken), noted)
            }
        };
        self.steps.push(Step {
            name,
            ms,
            result: noted,
        });
        result
    }
}

fn said(reply: Reply) -> (Reply, String) {
    let words = reply.to_string();
    (reply, words)
}

fn refusal(reply: &Reply, phase: Phase) -> Box<Broken> {
    Box::new(Broken {
        verdict: verdict_on(reply, phase),
        said: reply.to_string(),
        phase: phase.name(),
        recipient: None,
        unclear: false,
    })
}

fn closed(phase: Phase) -> Box<Broken> {
    Broken::net(
        NetError::new("net-closed", "the server closed the connection"),
        phase.name(),
    )
}
