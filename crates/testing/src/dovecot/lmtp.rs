//! Just enough LMTP (RFC 2033) to put a message into a mailbox.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn deliver(socket: &Path, to: &str, message: &[u8]) {
    let stream = UnixStream::connect(socket).expect("Dovecot listens for LMTP");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a time limit can be set");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be doubled"));
    let mut talk = |say: &[u8], expected: &str| {
        (&stream).write_all(say).expect("Dovecot listens on");
        let reply = reply(&mut reader);
        assert!(
            reply.starts_with(expected),
            "Dovecot refused the mail to {to}: {reply}"
        );
    };
    talk(b"", "220");
    talk(b"LHLO localhost\r\n", "250");
    talk(b"MAIL FROM:<>\r\n", "250");
    talk(format!("RCPT TO:<{to}>\r\n").as_bytes(), "250");
    talk(b"DATA\r\n", "354");
    talk(&stuffed(message), "250");
    talk(b"QUIT\r\n", "221");
}

/// The last line of one reply.
fn reply(reader: &mut BufReader<UnixStream>) -> String {
    loop {
        let mut line = String::new();
        reader
            .read_line(&mut line)
            .expect("Dovecot answers within 20 seconds");
        assert!(!line.is_empty(), "Dovecot hung up");
        if line.as_bytes().get(3) != Some(&b'-') {
            return line.trim_end().to_owned();
        }
    }
}

/// The message with CRLF line ends, dots doubled, and the final dot.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    let mut wire = Vec::with_capacity(message.len() + 5);
    for line in message.split(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_one_dot_does_not_end_the_message() {
        assert_eq!(
            stuffed(b"a\n.\r\n.b"),
            b"a\r\n..\r\n..b\r\n.\r\n".as_slice()
        );
    }
}
