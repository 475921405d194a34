//! The socket of an SMTP session: lines and data in, replies out, cut or slowed on command.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// RFC 4954, 4: lines of an AUTH exchange may have so many octets.
const LONGEST_LINE: usize = 12_288;
const MOST_DATA: usize = 160 << 20;
const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) struct Line<S> {
    stream: S,
    buffer: Vec<u8>,
    /// Octets left until the connection is cut.
    pub(crate) budget: Option<u64>,
    pub(crate) delay: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            budget: None,
            delay: Duration::ZERO,
        }
    }

    /// The stream, if nothing was sent ahead.
    pub(crate) fn into_stream(self) -> Option<S> {
        self.buffer.is_empty().then_some(self.stream)
    }

    async fn more(&mut self) -> Result<bool> {
        let mut piece = vec![0_u8; 16 << 10];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut piece)).await??;
        self.buffer
            .extend_from_slice(piece.get(..read).unwrap_or_default());
        Ok(read > 0)
    }

    /// A line without its end; `None` when the client has gone.
    pub(crate) async fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
                return Ok(Some(text));
            }
            if self.buffer.len() > LONGEST_LINE {
                bail!("a line is too long");
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// Up to the lone dot, dots taken off again.
    pub(crate) async fn data(&mut self) -> Result<Vec<u8>> {
        let mut searched = 0;
        let end = loop {
            let from = searched.max(4_usize) - 4;
            let rest = self.buffer.get(from..).unwrap_or_default();
            if self.buffer.starts_with(b".\r\n") {
                break 0;
            }
            if let Some(at) = rest.windows(5).position(|w| w == b"\r\n.\r\n") {
                break from + at + 2;
            }
            searched = self.buffer.len();
            if searched > MOST_DATA {
                bail!("a message is too large");
            }
            if !self.more().await? {
                bail!("the client has gone in the middle of DATA");
            }
        };
        let data: Vec<u8> = self.buffer.drain(..end + 3).collect();
        let data = data.get(..end).unwrap_or_default();
        let mut out = Vec::with_capacity(data.len());
        for line in data.split_inclusive(|b| *b == b'\n') {
            out.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        }
        Ok(out)
    }

    /// Exactly so many octets (BDAT).
    pub(crate) async fn octets(&mut self, count: usize) -> Result<Vec<u8>> {
        if count > MOST_DATA {
            bail!("a chunk is too large");
        }
        while self.buffer.len() < count {
            if !self.more().await? {
                bail!("the client has gone in the middle of BDAT");
            }
        }
        Ok(self.buffer.drain(..count).collect())
    }

    /// A reply of one or more lines, each without its end.
    pub(crate) async fn send(&mut self, reply: &str) -> Result<()> {
        if reply.is_empty() {
            return Ok(());
        }
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let text = format!("{}\r\n", reply.replace('\n', "\r\n"));
        let bytes = text.as_bytes();
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
