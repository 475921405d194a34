//! A place in one line of IMAP, and the tokens that can be taken from there.
//!
//! Both parsers (responses and commands) walk with it. It never looks beyond its slice, never recurses, and
//! every step moves forward, so a line costs at most its own length.

use std::fmt;

/// How deep parentheses may nest in a value that is skipped or kept raw.
pub(crate) const MAX_DEPTH: usize = 512;

/// Where a line stopped making sense. `what` is a fixed phrase, so it never carries outside words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    /// Offset in the line.
    pub at: usize,
    /// What was expected there.
    pub what: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at octet {}", self.what, self.at)
    }
}

impl std::error::Error for ParseError {}

/// A string value: its bytes, or the number of a literal that went to the caller's sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    Bytes(Vec<u8>),
    Streamed { index: usize, len: u64 },
}

/// A literal that was not kept in the line: where its `{n}` stands, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streamed {
    /// Offset of the `{`.
    pub at: usize,
    /// Octets announced.
    pub len: u64,
}

pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    streamed: &'a [Streamed],
    /// Servers forget to escape quotes; then a quote only ends a string where a string can end.
    tolerant_quotes: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn strict(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            streamed: &[],
            tolerant_quotes: false,
        }
    }

    pub(crate) fn tolerant(bytes: &'a [u8], streamed: &'a [Streamed]) -> Self {
        Self {
            bytes,
            at: 0,
            streamed,
            tolerant_quotes: true,
        }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Go back to a place that [`Self::at`] gave.
    pub(crate) fn rewind(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
    }

    pub(crate) fn fail<T>(&self, what: &'static str) -> Result<T, ParseError> {
        Err(ParseError { at: self.at, what })
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    pub(crate) fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn expect_end(&self) -> Result<(), ParseError> {
        if self.at_end() {
            Ok(())
        } else {
            self.fail("the end of the line")
        }
    }

    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let hit = self.peek() == Some(byte);
        if hit {
            self.at += 1;
        }
        hit
    }

    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), ParseError> {
        if self.eat(byte) {
            Ok(())
        } else {
            self.fail(what)
        }
    }

    pub(crate) fn eat_spaces(&mut self) {
        while self.eat(b' ') {}
    }

    /// One space; more are taken too, because some clients and servers send two.
    pub(crate) fn space(&mut self) -> Result<(), ParseError> {
        self.expect(b' ', "a space")?;
        self.eat_spaces();
        Ok(())
    }

    /// Takes `word` without regard to case when it stands here and no atom character follows.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let Some(head) = self.rest().get(..word.len()) else {
            return false;
        };
        let next = self.rest().get(word.len()).copied();
        let ends = next.is_none_or(|b| !is_atom_byte(b));
        let hit = ends && head.eq_ignore_ascii_case(word.as_bytes());
        if hit {
            self.at += word.len();
        }
        hit
    }

    pub(crate) fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|b| !keep(*b)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// Everything up to `byte`, which is taken too but not returned.
    pub(crate) fn take_until(
        &mut self,
        byte: u8,
        what: &'static str,
    ) -> Result<&'a [u8], ParseError> {
        let head = self.take_while(|b| b != byte);
        self.expect(byte, what)?;
        Ok(head)
    }

    pub(crate) fn atom(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let bytes = self.take_while(is_atom_byte);
        self.as_utf8(bytes, start, "an atom")
    }

    /// A flag or keyword: an atom that may begin with a backslash, or `\*`.
    pub(crate) fn flag(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        self.eat(b'\\');
        if !self.eat(b'*') {
            self.take_while(is_atom_byte);
        }
        let bytes = self.since(start);
        self.as_utf8(bytes, start, "a flag")
    }

    fn as_utf8(
        &self,
        bytes: &[u8],
        start: usize,
        what: &'static str,
    ) -> Result<String, ParseError> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(ParseError { at: start, what }),
        }
    }

    pub(crate) fn number(&mut self) -> Result<u64, ParseError> {
        let start = self.at;
        let digits = self.take_while(|b| b.is_ascii_digit());
        std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or(ParseError {
                at: start,
                what: "a number",
            })
    }

    pub(crate) fn number32(&mut self) -> Result<u32, ParseError> {
        let start = self.at;
        u32::try_from(self.number()?).map_err(|_| ParseError {
            at: start,
            what: "a 32-bit number",
        })
    }

    /// A quoted string or a literal.
    pub(crate) fn string(&mut self) -> Result<Text, ParseError> {
        match self.peek() {
            Some(b'"') => self.quoted().map(Text::Bytes),
            Some(b'{' | b'~') => self.literal(),
            _ => self.fail("a string"),
        }
    }

    /// A string, or `NIL` as `None`.
    pub(crate) fn nstring(&mut self) -> Result<Option<Text>, ParseError> {
        if self.eat_word("NIL") {
            Ok(None)
        } else {
            self.string().map(Some)
        }
    }

    pub(crate) fn quoted(&mut self) -> Result<Vec<u8>, ParseError> {
        self.expect(b'"', "a quoted string")?;
        let mut out = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' if !self.tolerant_quotes || self.can_follow_string() => return Ok(out),
                b'\\' => {
                    let Some(next) = self.peek() else { break };
                    self.at += 1;
                    // Only these two may be escaped; elsewhere the backslash was meant.
                    if !matches!(next, b'"' | b'\\') {
                        out.push(b'\\');
                    }
                    out.push(next);
                }
                _ => out.push(byte),
            }
        }
        self.fail("the end of a quoted string")
    }

    fn can_follow_string(&self) -> bool {
        matches!(
            self.peek(),
            None | Some(b' ' | b'(' | b')' | b']' | b'\r' | b'\n')
        )
    }

    /// `{n}` or `{n+}`, line end, n octets; also the literal8 form with `~`.
    pub(crate) fn literal(&mut self) -> Result<Text, ParseError> {
        self.eat(b'~');
        let brace = self.at;
        self.expect(b'{', "a literal")?;
        let len = self.number()?;
        if !self.eat(b'+') {
            self.eat(b'-');
        }
        self.expect(b'}', "the end of a literal's length")?;
        self.eat(b'\r');
        self.expect(b'\n', "a line end after a literal's length")?;
        if let Ok(index) = self.streamed.binary_search_by_key(&brace, |s| s.at) {
            let len = self.streamed.get(index).map_or(len, |s| s.len);
            return Ok(Text::Streamed { index, len });
        }
        let taken = usize::try_from(len)
            .ok()
            .and_then(|len| self.rest().get(..len));
        match taken {
            Some(bytes) => {
                self.at += bytes.len();
                Ok(Text::Bytes(bytes.to_vec()))
            }
            None => self.fail("the octets of a literal"),
        }
    }

    /// Steps over one value of any shape and returns its raw bytes. Parentheses are counted, not recursed.
    pub(crate) fn raw_value(&mut self) -> Result<&'a [u8], ParseError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'(') => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return self.fail("less nesting");
                    }
                    self.at += 1;
                }
                Some(b')') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b' ') if depth > 0 => self.eat_spaces(),
                Some(b'"') => drop(self.quoted()?),
                Some(b'{') => drop(self.literal()?),
                Some(b'~') if self.rest().get(1) == Some(&b'{') => drop(self.literal()?),
                Some(byte) if byte != b' ' && byte != b')' => {
                    // An atom here may hold anything that cannot open or close something.
                    self.at += 1;
                    self.take_while(|b| !matches!(b, b'(' | b')' | b' ' | b'"' | b'{'));
                    // A section such as `BINARY.SIZE[1]` belongs to its atom; so does a brace inside one.
                }
                _ => return self.fail("a value"),
            }
            if depth == 0 && matches!(self.peek(), None | Some(b' ' | b')')) {
                return Ok(self.since(start));
            }
        }
    }
}

/// Bytes of an atom as servers really send them: TAB and 8-bit occur, list brackets and quotes do not.
pub(crate) fn is_atom_byte(byte: u8) -> bool {
    !matches!(
        byte,
        b' ' | b'(' | b')' | b'{' | b'"' | b'\\' | b'\r' | b'\n' | 0
    )
}

/// The literal that a line (without its line end) announces at its end: (octets, non-synchronizing).
pub(crate) fn literal_suffix(line: &[u8]) -> Option<(u64, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|b| *b == b'{')?;
    let digits = inner.get(open + 1..)?;
    let (digits, free) = match digits.split_last() {
        Some((b'+' | b'-', digits)) => (digits, true),
        _ => (digits, false),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // More digits than fit are still a literal: one that no limit allows.
    let len = std::str::from_utf8(digits)
        .ok()?
        .parse()
        .unwrap_or(u64::MAX);
    Some((len, free))
}
