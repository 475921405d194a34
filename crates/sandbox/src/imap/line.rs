//! The socket of an IMAP session: commands in, literal lines out, cut or slowed on command.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use wire::imap::command_parser::{CommandEvent, CommandLimits, CommandReadError, CommandReader};

use crate::ProviderKind;

/// How long a silent client is kept. Longer than any test, shorter than for ever.
const PATIENCE: Duration = Duration::from_secs(35 * 60);

pub(crate) struct Line<S> {
    stream: S,
    reader: CommandReader,
    provider: ProviderKind,
    /// Octets left until the connection is cut.
    pub(crate) budget: Option<u64>,
    pub(crate) delay: Duration,
}

/// What came in.
pub(crate) enum Input {
    Line(Vec<u8>),
    /// An announced literal is too large; the reply's text after the tag was sent.
    Refused,
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(crate) fn new(stream: S, provider: ProviderKind) -> Self {
        let limits = match provider {
            ProviderKind::Google => CommandLimits {
                line: 64 << 10,
                literals: 35_651_584,
            },
            ProviderKind::Microsoft => CommandLimits {
                line: 64 << 10,
                literals: 50 << 20,
            },
        };
        Self {
            stream,
            reader: CommandReader::new(limits),
            provider,
            budget: None,
            delay: Duration::ZERO,
        }
    }

    /// The next line with its literals. Nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Result<Input> {
        let mut buffer = vec![0_u8; 16 << 10];
        loop {
            match self.reader.next_event() {
                Ok(Some(CommandEvent::Line(line))) => return Ok(Input::Line(line)),
                Ok(Some(CommandEvent::SendContinuation { .. })) => {
                    let go = match self.provider {
                        ProviderKind::Google => "+ go ahead\r\n",
                        ProviderKind::Microsoft => "+ Ready for additional command text.\r\n",
                    };
                    self.send(go.as_bytes()).await?;
                    continue;
                }
                Ok(None) => {}
                Err(CommandReadError::LiteralTooLarge { line, waits, .. }) => {
                    let tag = line.split(|b| *b == b' ').next().unwrap_or_default();
                    let tag = String::from_utf8_lossy(tag).into_owned();
                    let said = match self.provider {
                        ProviderKind::Google => format!(
                            "{tag} BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit\r\n"
                        ),
                        ProviderKind::Microsoft => format!(
                            "{tag} NO Maximum size of appendable message has been exceeded\r\n"
                        ),
                    };
                    self.send(said.as_bytes()).await?;
                    if !waits {
                        bail!("a literal too large that does not wait");
                    }
                    return Ok(Input::Refused);
                }
                Err(error) => {
                    let said: &[u8] = match self.provider {
                        ProviderKind::Google => b"* BAD Could not parse command\r\n",
                        ProviderKind::Microsoft => b"* BAD Command Error. 10\r\n",
                    };
                    self.send(said).await?;
                    bail!(error);
                }
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer)).await??;
            if read == 0 {
                return Ok(Input::End);
            }
            self.reader.feed(buffer.get(..read).unwrap_or_default());
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        if let Some(left) = &mut self.budget {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if length >= *left {
                let keep = usize::try_from(*left).unwrap_or(usize::MAX);
                self.stream
                    .write_all(bytes.get(..keep).unwrap_or(bytes))
                    .await?;
                self.stream.flush().await?;
                bail!("hung up on command");
            }
            *left -= length;
        }
        self.stream.write_all(bytes).await?;
        self.stream.flush().await?;
        Ok(())
    }

    pub(crate) async fn close(&mut self) {
        let _ = self.stream.shutdown().await;
    }
}
