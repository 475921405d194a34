//! The envelope commands and the message itself, made safe for the wire.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot stand in an SMTP envelope")]
pub struct UnfitAddress(String);

/// `MAIL FROM:<…>` without CRLF. `size` in octets goes along where the server has SIZE.
pub fn mail_from(
    address: &str,
    size: Option<u64>,
    eight_bit: bool,
    utf8: bool,
) -> Result<String, UnfitAddress> {
    check(address, utf8)?;
    let mut line = format!("MAIL FROM:<{address}>");
    if let Some(size) = size {
        line.push_str(&format!(" SIZE={size}"));
    }
    if eight_bit {
        line.push_str(" BODY=8BITMIME");
    }
    if utf8 && !address.is_ascii() {
        line.push_str(" SMTPUTF8");
    }
    Ok(line)
}

/// `RCPT TO:<…>` without CRLF.
pub fn rcpt_to(address: &str, utf8: bool) -> Result<String, UnfitAddress> {
    check(address, utf8)?;
    Ok(format!("RCPT TO:<{address}>"))
}

/// An address that could end its bracket or its line is refused, so no address becomes a command.
fn check(address: &str, utf8: bool) -> Result<(), UnfitAddress> {
    let unfit = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    let wrong = address.is_empty()
        || address.len() > 320
        || address.chars().any(unfit)
        || !(utf8 || address.is_ascii());
    if wrong {
        Err(UnfitAddress(address.chars().take(100).collect()))
    } else {
        Ok(())
    }
}

/// The octets that follow `354`: line ends are CRLF (a lone CR or LF becomes one, so that nothing inside can look
/// like the end to another server), dots at line beginnings doubled, and the final dot.
pub fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 32 + 5);
    let mut at_line_start = true;
    let mut octets = message.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' | b'\n' => {
                if octet == b'\r' {
                    octets.next_if_eq(&b'\n');
                }
                out.extend_from_slice(b"\r\n");
                at_line_start = true;
            }
            _ => {
                if at_line_start && octet == b'.' {
                    out.push(b'.');
                }
                out.push(octet);
                at_line_start = false;
            }
        }
    }
    if !at_line_start {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_line_ends_repaired() {
        let cases: [(&[u8], &[u8]); 7] = [
            (b"", b".\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b".\r\n..x\r\n", b"..\r\n...x\r\n.\r\n"),
            (b"a\n.\nb\r.\rc", b"a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n"),
            (b"a\r\n.\r", b"a\r\n..\r\n.\r\n"),
            (b"a\n\r\nb", b"a\r\n\r\nb\r\n.\r\n"),
        ];
        for (message, wire) in cases {
            assert_eq!(dot_stuffed(message), wire);
        }
    }

    #[test]
    fn an_address_cannot_become_a_command() {
        for address in [
            "a@b>\r\nRCPT TO:<c@d",
            "a@b> SIZE=1",
            "",
            "a b@c",
            "日本@example.jp",
        ] {
            assert!(rcpt_to(address, false).is_err(), "{address}");
        }
        assert_eq!(
            mail_from("佐藤@example.jp", Some(10), true, true).as_deref(),
            Ok("MAIL FROM:<佐藤@example.jp> SIZE=10 BODY=8BITMIME SMTPUTF8")
        );
        assert_eq!(
            rcpt_to("bob@example.org", true).as_deref(),
            Ok("RCPT TO:<bob@example.org>")
        );
    }
}
