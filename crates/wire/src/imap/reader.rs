//! Cuts a server's byte stream into logical responses, without IO and within fixed limits.
//!
//! A response is a line with its literals. Small literals stay in the line; larger ones are handed out piece by
//! piece, so that a message of any size costs one read buffer. Feed what the socket gave, then take events until
//! there is none. After an error the stream is out of step: the same error comes back for ever.
//!
//! Tolerated: a lone LF as line end, NUL and 8-bit octets anywhere. Literals are only looked for in untagged
//! data: the human text of `OK`/`NO`/`BAD`/`BYE` lines, tagged and continuation lines may end in `{5}`.

use super::cursor::{Streamed, literal_suffix};

/// Sizes in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// One response with its inline literals.
    pub line: usize,
    /// Up to here a literal stays in the line (if the line has room for it).
    pub inline_literal: usize,
    /// Up to here a literal is handed out; beyond it the reader refuses the announcement.
    pub literal: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            line: 1024 * 1024,
            inline_literal: 64 * 1024,
            literal: 100 * 1024 * 1024,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadEvent {
    Response(RawResponse),
    /// The `index`th streamed literal of the response in progress begins. See [`ResponseReader::line_so_far`].
    LiteralStart {
        index: usize,
        len: u64,
    },
    LiteralData(Vec<u8>),
    LiteralEnd {
        index: usize,
    },
}

/// A response without its last line end. Inline literals stand in it as on the wire; of a streamed one only the
/// announcement `{n}CRLF` is left, and `streamed` says where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawResponse {
    pub line: Vec<u8>,
    pub streamed: Vec<Streamed>,
}

impl RawResponse {
    /// A response without streamed literals.
    pub fn of(line: impl Into<Vec<u8>>) -> Self {
        Self {
            line: line.into(),
            streamed: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("the server sent a line of more than {limit} octets")]
    LineTooLong { limit: usize },
    #[error("the server announced {announced} octets where at most {limit} are allowed")]
    LiteralTooLarge { announced: u64, limit: u64 },
}

/// The reader of one connection.
#[derive(Debug)]
pub struct ResponseReader {
    limits: ReadLimits,
    input: Vec<u8>,
    /// Start of what is not consumed yet, and how far it was searched for a line end.
    from: usize,
    searched: usize,
    response: RawResponse,
    inline_left: usize,
    stream_left: Option<u64>,
    failed: Option<ReadError>,
}

impl ResponseReader {
    pub fn new(limits: ReadLimits) -> Self {
        Self {
            limits,
            input: Vec::new(),
            from: 0,
            searched: 0,
            response: RawResponse::default(),
            inline_left: 0,
            stream_left: None,
            failed: None,
        }
    }

    /// Changes the limits from now on; a SEARCH of a large folder needs a longer line than anything else.
    pub fn set_limits(&mut self, limits: ReadLimits) {
        self.limits = limits;
    }

    /// Gives bytes from the socket. Take all events before feeding again, so that nothing piles up.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.drain(..self.from);
        self.searched = self.searched.saturating_sub(self.from);
        self.from = 0;
        self.input.extend_from_slice(bytes);
    }

    /// Octets that are not part of a finished response: after a complete answer there should be none, and
    /// at STARTTLS there must be none.
    pub fn buffered(&self) -> usize {
        self.input.len() - self.from + self.response.line.len()
    }

    /// What is known of the response in progress, e.g. `* 3 FETCH (UID 9 BODY[] {123}`.
    pub fn line_so_far(&self) -> &[u8] {
        &self.response.line
    }

    /// The next event, or `None` when more bytes are needed.
    pub fn next_event(&mut self) -> Result<Option<ReadEvent>, ReadError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.advance();
        if let Err(error) = result {
            self.failed = Some(error);
            self.input = Vec::new();
            self.from = 0;
            self.searched = 0;
        }
        result
    }

    fn advance(&mut self) -> Result<Option<ReadEvent>, ReadError> {
        loop {
            if let Some(left) = self.stream_left {
                return Ok(self.stream(left));
            }
            if self.inline_left > 0 {
                let taken = self.take(self.inline_left);
                if taken.is_empty() {
                    return Ok(None);
                }
                self.inline_left -= taken.len();
                self.response.line.extend_from_slice(&taken);
                continue;
            }
            let Some(mut line) = self.take_line()? else {
                return Ok(None);
            };
            let Some(announced) = self.announced(&line) else {
                self.response.line.append(&mut line);
                return Ok(Some(ReadEvent::Response(std::mem::take(
                    &mut self.response,
                ))));
            };
            let limit = self.limits.literal;
            let at = self.response.line.len() + line.iter().rposition(|b| *b == b'{').unwrap_or(0);
            self.response.line.append(&mut line);
            if announced > limit {
                return Err(ReadError::LiteralTooLarge { announced, limit });
            }
            self.response.line.extend_from_slice(b"\r\n");
            let room = self.limits.line.saturating_sub(self.response.line.len());
            let fits = |len: usize| len <= self.limits.inline_literal && len <= room;
            match usize::try_from(announced).ok().filter(|len| fits(*len)) {
                Some(len) => self.inline_left = len,
                None => {
                    let index = self.response.streamed.len();
                    self.response.streamed.push(Streamed { at, len: announced });
                    self.stream_left = Some(announced);
                    return Ok(Some(ReadEvent::LiteralStart {
                        index,
                        len: announced,
                    }));
                }
            }
        }
    }

    /// The next piece of a streamed literal.
    fn stream(&mut self, left: u64) -> Option<ReadEvent> {
        if left == 0 {
            self.stream_left = None;
            return Some(ReadEvent::LiteralEnd {
                index: self.response.streamed.len().saturating_sub(1),
            });
        }
        let taken = self.take(usize::try_from(left).unwrap_or(usize::MAX));
        if taken.is_empty() {
            return None;
        }
        self.stream_left = Some(left - taken.len() as u64);
        Some(ReadEvent::LiteralData(taken))
    }

    /// Up to `most` octets of the input.
    fn take(&mut self, most: usize) -> Vec<u8> {
        let len = most.min(self.input.len() - self.from);
        let taken = if self.from == 0 && len == self.input.len() {
            std::mem::take(&mut self.input)
        } else {
            let taken = self
                .input
                .get(self.from..self.from + len)
                .unwrap_or_default()
                .to_vec();
            self.from += len;
            taken
        };
        self.searched = self.from;
        taken
    }

    /// A line without its end.
    fn take_line(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let limit = self.limits.line;
        let room = limit.saturating_sub(self.response.line.len());
        let fresh = self.input.get(self.searched..).unwrap_or_default();
        let Some(offset) = fresh.iter().position(|b| *b == b'\n') else {
            self.searched = self.input.len();
            let waiting = self.input.len() - self.from;
            return if waiting > room {
                Err(ReadError::LineTooLong { limit })
            } else {
                Ok(None)
            };
        };
        let end = self.searched + offset;
        let line = self.input.get(self.from..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > room {
            return Err(ReadError::LineTooLong { limit });
        }
        let line = line.to_vec();
        self.from = end + 1;
        self.searched = self.from;
        Ok(Some(line))
    }

    /// The literal that `line` announces, where a literal can stand at all.
    fn announced(&self, line: &[u8]) -> Option<u64> {
        let head = if self.response.line.is_empty() {
            line
        } else {
            &self.response.line
        };
        let data = head.strip_prefix(b"* ")?;
        let word = data.split(|b| *b == b' ').next().unwrap_or_default();
        let status = [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"];
        if status.iter().any(|s| word.eq_ignore_ascii_case(s)) {
            return None;
        }
        literal_suffix(line).map(|(len, _)| len)
    }
}

#[cfg(test)]
mod tests;
