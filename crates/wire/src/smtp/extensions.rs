//! What a server offers in its answer to EHLO.

use super::reply::Reply;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions {
    /// `SIZE n` in octets; `None` when not said, 0 when unlimited.
    pub size: Option<u64>,
    /// Mechanisms of AUTH, upper case.
    pub auth: Vec<String>,
    pub starttls: bool,
    pub eight_bit_mime: bool,
    pub smtputf8: bool,
    pub pipelining: bool,
    pub chunking: bool,
    pub dsn: bool,
}

impl Extensions {
    /// Reads a positive reply to EHLO; its first line is a greeting.
    pub fn of(reply: &Reply) -> Self {
        let mut out = Self::default();
        for line in reply.lines.iter().skip(1) {
            // Old servers write `AUTH=LOGIN`.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("SIZE") => {
                    out.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0))
                }
                Some("AUTH") => out.auth.extend(words.map(str::to_owned)),
                Some("STARTTLS") => out.starttls = true,
                Some("8BITMIME") => out.eight_bit_mime = true,
                Some("SMTPUTF8") => out.smtputf8 = true,
                Some("PIPELINING") => out.pipelining = true,
                Some("CHUNKING") => out.chunking = true,
                Some("DSN") => out.dsn = true,
                _ => {}
            }
        }
        out
    }

    /// Whether AUTH takes the mechanism.
    pub fn has_auth(&self, mechanism: &str) -> bool {
        self.auth.iter().any(|m| m.eq_ignore_ascii_case(mechanism))
    }
}
