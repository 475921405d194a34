//! Collects one command of a client from a byte stream: the line and its literals.
//!
//! Feed what the socket gave, then ask for events until there is none. The server writes a `+` line when told
//! to, and parses each line it gets; during AUTHENTICATE and IDLE the line is not a command but an answer.
//! No more than the limits is ever held.

use super::cursor::literal_suffix;

/// Sizes in octets.
#[derive(Debug, Clone, Copy)]
pub struct CommandLimits {
    /// A line without its literals. AUTH lines with a Microsoft token need 12,288.
    pub line: usize,
    /// All literals of one command together (an APPEND's message).
    pub literals: u64,
}

impl Default for CommandLimits {
    fn default() -> Self {
        Self {
            line: 64 * 1024,
            literals: 50 * 1024 * 1024,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum CommandEvent {
    /// The client waits: write a line that begins with `+ `. `octets` it announced.
    SendContinuation { octets: u64 },
    /// A whole command without its last line end; literals stand in it as `{n}CRLF` and n octets.
    Line(Vec<u8>),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandReadError {
    /// The connection cannot be used any more.
    #[error("a command line is longer than {limit} octets")]
    LineTooLong { limit: usize },
    /// Answer `BAD [TOOBIG]` with the tag of `line`. The connection can go on only when the client waited
    /// for our `+` (`waits`).
    #[error("a literal of {announced} octets is above the limit of {limit}")]
    LiteralTooLarge {
        announced: u64,
        limit: u64,
        line: Vec<u8>,
        waits: bool,
    },
}

/// The reader of one connection.
#[derive(Debug)]
pub struct CommandReader {
    limits: CommandLimits,
    input: Vec<u8>,
    /// Start of what is not consumed yet, and how far it was searched for a line end.
    from: usize,
    searched: usize,
    command: Vec<u8>,
    line_octets: usize,
    literal_octets: u64,
    literal_left: usize,
}

impl CommandReader {
    pub fn new(limits: CommandLimits) -> Self {
        Self {
            limits,
            input: Vec::new(),
            from: 0,
            searched: 0,
            command: Vec::new(),
            line_octets: 0,
            literal_octets: 0,
            literal_left: 0,
        }
    }

    /// Gives bytes from the socket. Take all events before feeding again, so that nothing piles up.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.drain(..self.from);
        self.searched = self.searched.saturating_sub(self.from);
        self.from = 0;
        self.input.extend_from_slice(bytes);
    }

    /// Bytes that belong to no complete line yet: what stands here at STARTTLS was sent too early.
    pub fn buffered(&self) -> usize {
        self.input.len() - self.from
    }

    /// The next event, or `None` when more bytes are needed.
    pub fn next_event(&mut self) -> Result<Option<CommandEvent>, CommandReadError> {
        loop {
            let rest = self.input.get(self.from..).unwrap_or_default();
            if self.literal_left > 0 {
                let take = rest.len().min(self.literal_left);
                if take == 0 {
                    return Ok(None);
                }
                self.command
                    .extend_from_slice(rest.get(..take).unwrap_or_default());
                self.from += take;
                self.searched = self.from;
                self.literal_left -= take;
                continue;
            }
            let fresh = self.input.get(self.searched..).unwrap_or_default();
            let Some(offset) = fresh.iter().position(|b| *b == b'\n') else {
                self.searched = self.input.len();
                if self.line_octets + self.buffered() > self.limits.line {
                    return Err(CommandReadError::LineTooLong {
                        limit: self.limits.line,
                    });
                }
                return Ok(None);
            };
            let end = self.searched + offset;
            let line = self.input.get(self.from..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.line_octets += line.len();
            if self.line_octets > self.limits.line {
                return Err(CommandReadError::LineTooLong {
                    limit: self.limits.line,
                });
            }
            // Only this line counts: the literal before it may end in anything.
            let announced = literal_suffix(line);
            self.command.extend_from_slice(line);
            self.from = end + 1;
            self.searched = self.from;
            match announced {
                Some((len, free)) => {
                    self.literal_octets = self.literal_octets.saturating_add(len);
                    if self.literal_octets > self.limits.literals {
                        let line = self.start_over();
                        let limit = self.limits.literals;
                        return Err(CommandReadError::LiteralTooLarge {
                            announced: len,
                            limit,
                            line,
                            waits: !free,
                        });
                    }
                    self.command.extend_from_slice(b"\r\n");
                    self.literal_left = usize::try_from(len).unwrap_or(usize::MAX);
                    if !free {
                        return Ok(Some(CommandEvent::SendContinuation { octets: len }));
                    }
                }
                None => {
                    let line = self.start_over();
                    return Ok(Some(CommandEvent::Line(line)));
                }
            }
        }
    }

    fn start_over(&mut self) -> Vec<u8> {
        self.line_octets = 0;
        self.literal_octets = 0;
        std::mem::take(&mut self.command)
    }
}
