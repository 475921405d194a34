//! Replies of an SMTP server: one or more lines with one code.
//!
//! Exchange writes lines of 2 kB, Gmail writes two spaces after the code of a last line; both are read. No more
//! than the limits is held, whatever comes.

use std::fmt;

/// Longest line and longest reply, in octets.
const LINE_LIMIT: usize = 16 * 1024;
const REPLY_LIMIT: usize = 128 * 1024;

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// RFC 3463, from the first line that has one: class, subject, detail.
    pub enhanced: Option<(u16, u16, u16)>,
    /// Texts without codes, one per line; octets that are no UTF-8 are replaced.
    pub lines: Vec<String>,
}

impl Reply {
    /// The first digit: 2 done, 3 go on, 4 later, 5 refused.
    pub fn class(&self) -> u16 {
        self.code / 100
    }

    pub fn is_positive(&self) -> bool {
        self.class() == 2
    }

    /// The texts of all lines, joined by a space.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    pub fn has_enhanced(&self, code: (u16, u16, u16)) -> bool {
        self.enhanced == Some(code)
    }
}

/// As a person would quote it: `535 5.7.8 Username and Password not accepted.`
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some((class, subject, detail)) = self.enhanced {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        let text = self.text();
        if text.is_empty() {
            Ok(())
        } else {
            write!(f, " {text}")
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error("the server sent a reply that is too long")]
    TooLong,
    /// The beginning of the line.
    #[error("the server sent something that is no SMTP reply: {0}")]
    NotSmtp(String),
}

/// The reader of one connection: feed, then take replies until there is none.
#[derive(Debug, Default)]
pub struct ReplyReader {
    input: Vec<u8>,
    reply: Option<Reply>,
    octets: usize,
}

impl ReplyReader {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Octets that belong to no finished reply; at STARTTLS there must be none.
    pub fn buffered(&self) -> usize {
        self.input.len() + self.octets
    }

    /// The next whole reply, or `None` when more bytes are needed. After an error the connection is lost.
    pub fn next_reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        while let Some(end) = self.input.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.input.drain(..=end).collect();
            self.octets += line.len();
            if line.len() > LINE_LIMIT || self.octets > REPLY_LIMIT {
                return Err(ReplyError::TooLong);
            }
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if self.line(line)? {
                self.octets = 0;
                return Ok(self.reply.take());
            }
        }
        if self.input.len() > LINE_LIMIT {
            Err(ReplyError::TooLong)
        } else {
            Ok(None)
        }
    }

    /// Adds a line; true when it was the last one.
    fn line(&mut self, line: &[u8]) -> Result<bool, ReplyError> {
        let not_smtp = || {
            let head = line.get(..200).unwrap_or(line);
            ReplyError::NotSmtp(String::from_utf8_lossy(head).into_owned())
        };
        let (digits, rest) = line.split_at_checked(3).ok_or_else(not_smtp)?;
        let code = std::str::from_utf8(digits)
            .ok()
            .and_then(|d| d.parse::<u16>().ok());
        let code = code
            .filter(|c| (200..600).contains(c))
            .ok_or_else(not_smtp)?;
        let more = match rest.first() {
            None | Some(b' ') => false,
            Some(b'-') => true,
            Some(_) => return Err(not_smtp()),
        };
        let text = String::from_utf8_lossy(rest.get(1..).unwrap_or_default()).into_owned();
        let (enhanced, text) = split_enhanced(&text);
        let reply = self.reply.get_or_insert(Reply {
            code,
            enhanced: None,
            lines: Vec::new(),
        });
        reply.code = code;
        reply.enhanced = reply.enhanced.or(enhanced);
        reply.lines.push(text.trim().to_owned());
        Ok(!more)
    }
}

/// `5.7.8 text` → code and text.
fn split_enhanced(text: &str) -> (Option<(u16, u16, u16)>, &str) {
    let head = text.split(' ').next().unwrap_or_default();
    let mut parts = head
        .split('.')
        .map(|p| p.parse::<u16>().ok().filter(|_| p.len() <= 3));
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Some(class @ (2 | 4 | 5))), Some(Some(subject)), Some(Some(detail)), None) => (
            Some((class, subject, detail)),
            text.get(head.len()..).unwrap_or_default(),
        ),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(input: &[u8], size: usize) -> Result<Vec<Reply>, ReplyError> {
        let mut reader = ReplyReader::new();
        let mut out = Vec::new();
        for piece in input.chunks(size) {
            reader.feed(piece);
            while let Some(reply) = reader.next_reply()? {
                out.push(reply);
            }
        }
        Ok(out)
    }

    #[test]
    fn gmails_refusal_over_two_lines_is_one_reply() {
        let input = b"535-5.7.8 Username and Password not accepted. For more information, go to\r\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials s68sm6561971pjb.38 - gsmtp\r\n";
        for size in [1, 10, 4096] {
            let got = replies(input, size).expect("SMTP");
            assert_eq!(got.len(), 1);
            assert_eq!(got[0].enhanced, Some((5, 7, 8)));
            assert_eq!(
                got[0].to_string(),
                "535 5.7.8 Username and Password not accepted. For more information, go to https://support.google.com/mail/?p=BadCredentials s68sm6561971pjb.38 - gsmtp"
            );
        }
    }

    #[test]
    fn empty_challenges_and_bare_codes_are_replies() {
        let got = replies(b"334 \r\n334\r\n334 eyJ9\n250 OK\r\n", 5).expect("SMTP");
        let texts: Vec<_> = got.iter().map(Reply::text).collect();
        assert_eq!(texts, ["", "", "eyJ9", "OK"]);
    }

    #[test]
    fn a_refusal_of_two_kilobytes_is_kept_whole() {
        let line = format!("554 5.2.252 SendAsDenied; {}\r\n", "x".repeat(2100));
        assert_eq!(
            replies(line.as_bytes(), 100).expect("SMTP")[0].text().len(),
            2114
        );
    }

    #[test]
    fn hostile_replies_end_in_an_error() {
        assert_eq!(
            replies(&vec![b'x'; 1 << 20], 4096),
            Err(ReplyError::TooLong)
        );
        assert_eq!(
            replies(&b"250-x\r\n".repeat(100_000), 4096),
            Err(ReplyError::TooLong)
        );
        for wrong in [
            "hello\r\n",
            "\r\n",
            "99 x\r\n",
            "2500 x\r\n",
            "700 x\r\n",
            "HTTP/1.1 400\r\n",
        ] {
            assert!(
                matches!(replies(wrong.as_bytes(), 64), Err(ReplyError::NotSmtp(_))),
                "{wrong}"
            );
        }
    }
}
