//! Lines of a protocol for people to read: without tokens, without what a mail says.
//!
//! What always holds, whatever the bytes: the arguments of a login are gone; of a FETCH and a SEARCH only
//! numbers, flags and the names of items stay, of labels nothing; literals are told by their size; a long run of letters that
//! could be a token is gone wherever it stands.

/// The longest masked line, in characters.
const LONGEST: usize = 500;
/// A run this long could be a secret.
const LONG_RUN: usize = 24;

/// What we say to an IMAP server: one step of a command.
pub fn imap_client(bytes: &[u8]) -> String {
    let text = first_line(bytes);
    let words: Vec<&str> = text.split(' ').collect();
    let verb = words.get(1).map(|word| word.to_ascii_uppercase());
    match verb.as_deref() {
        Some("AUTHENTICATE") => format!(
            "{} AUTHENTICATE {} [masked]",
            words[0],
            words.get(2).unwrap_or(&"")
        ),
        Some("LOGIN") => format!("{} LOGIN [masked]", words[0]),
        Some(verb) => {
            let quiet = verb == "SEARCH"
                || words
                    .get(2)
                    .is_some_and(|word| word.eq_ignore_ascii_case("SEARCH"));
            tidy(&if quiet {
                without_quoted(&text)
            } else {
                text.clone()
            })
        }
        // A line of one word is an answer to a continuation: a blob, or DONE.
        None if text.eq_ignore_ascii_case("DONE") => "DONE".to_owned(),
        None if text.is_empty() => String::new(),
        None => "[masked]".to_owned(),
    }
}

/// What an IMAP server says: a response with its inline literals.
pub fn imap_server(line: &[u8]) -> String {
    let bare = without_literals(line);
    let text = String::from_utf8_lossy(&bare).into_owned();
    let mut words = text.split(' ');
    let tag = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    let numbered = second.bytes().all(|b| b.is_ascii_digit()) && !second.is_empty();
    if tag == "*" && numbered && third.eq_ignore_ascii_case("FETCH") {
        return tidy(&without_labels(&without_quoted(&text)));
    }
    if tag == "+" && second.len() >= LONG_RUN {
        return "+ [challenge]".to_owned();
    }
    tidy(&text)
}

/// What we say to an SMTP server: one line.
pub fn smtp_client(line: &str) -> String {
    let line = line.trim_end();
    let upper = line.to_ascii_uppercase();
    if let Some(rest) = upper.strip_prefix("AUTH ") {
        let mechanism = rest.split(' ').next().unwrap_or_default();
        let more = if rest.contains(' ') { " [masked]" } else { "" };
        return format!("AUTH {mechanism}{more}");
    }
    let known = [
        "EHLO", "HELO", "MAIL", "RCPT", "DATA", "STARTTLS", "QUIT", "RSET", "NOOP", "BDAT",
    ];
    let verb = upper.split([' ', ':']).next().unwrap_or_default();
    if line.is_empty() {
        String::new()
    } else if known.contains(&verb) {
        tidy(line)
    } else {
        "[masked]".to_owned()
    }
}

/// What an SMTP server says: one reply, its lines joined.
pub fn smtp_server(reply: &str) -> String {
    match reply.strip_prefix("334 ") {
        Some(rest) if rest.len() >= LONG_RUN => "334 [challenge]".to_owned(),
        _ => tidy(reply),
    }
}

fn first_line(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|b| *b == b'\r' || *b == b'\n')
        .unwrap_or(bytes.len());
    let rest = bytes.len() - end;
    let mut text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    if rest > 2 {
        text.push_str(&format!(" [{} octets more]", rest - 2));
    }
    text
}

/// Cuts out what stands behind `{n}CRLF`, as far as it is there.
fn without_literals(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len().min(4 * LONGEST));
    let mut rest = line;
    while let Some(at) = rest.windows(3).position(|three| three == b"}\r\n") {
        let (head, tail) = rest.split_at(at + 1);
        out.extend_from_slice(head);
        let open = head.iter().rposition(|b| *b == b'{');
        let size = open
            .and_then(|open| std::str::from_utf8(&head[open + 1..at]).ok())
            .and_then(|digits| digits.trim_end_matches('+').parse::<usize>().ok());
        let after = &tail[2..];
        rest = match size {
            Some(size) if size <= after.len() => &after[size..],
            _ => after,
        };
        out.push(b' ');
        if out.len() > 8 * LONGEST {
            return out;
        }
    }
    out.extend_from_slice(&rest[..rest.len().min(8 * LONGEST)]);
    out
}

/// Quoted strings lose what is between the quotes; one that does not end takes the rest of the line along.
pub fn without_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(c);
        if c != '"' {
            continue;
        }
        let mut escaped = false;
        let mut closed = false;
        for inner in chars.by_ref() {
            match inner {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    closed = true;
                    break;
                }
                _ => {}
            }
        }
        out.push('…');
        if closed {
            out.push('"');
        }
    }
    out
}

/// Gmail's labels are names that people gave, and stand there without quotation marks.
fn without_labels(text: &str) -> String {
    const LABELS: &str = "X-GM-LABELS (";
    let Some((before, after)) = text.split_once(LABELS) else {
        return text.to_owned();
    };
    let rest = after.split_once(')').map_or("", |(_, rest)| rest);
    format!("{before}{LABELS}…){rest}")
}

/// One line, without control characters and long runs, cut to its length.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    let mut count = 0;
    let flush = |run: &mut String, out: &mut String| {
        if run.len() >= LONG_RUN {
            out.push_str("[masked]");
        } else {
            out.push_str(run);
        }
        run.clear();
    };
    for c in text.chars().take(16 * LONGEST) {
        if c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-' | '~') {
            run.push(c);
            continue;
        }
        flush(&mut run, &mut out);
        out.push(if c.is_control() { ' ' } else { c });
        count += 1;
        if count > LONGEST {
            break;
        }
    }
    flush(&mut run, &mut out);
    if out.chars().count() > LONGEST {
        out = out.chars().take(LONGEST).collect();
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "EwBAA8l6BAAUs5Y9Hoq2Yp1kTg7Hq3mVYfJz0wABQz1TtV5m";

    #[test]
    fn a_login_is_told_without_its_blob() {
        let line = format!("T1 AUTHENTICATE XOAUTH2 {TOKEN}\r\n");
        assert_eq!(
            imap_client(line.as_bytes()),
            "T1 AUTHENTICATE XOAUTH2 [masked]"
        );
        assert_eq!(imap_client(format!("{TOKEN}\r\n").as_bytes()), "[masked]");
        assert_eq!(imap_client(b"short==\r\n"), "[masked]");
        assert_eq!(
            smtp_client(&format!("AUTH XOAUTH2 {TOKEN}")),
            "AUTH XOAUTH2 [masked]"
        );
        assert_eq!(smtp_client(TOKEN), "[masked]");
        assert_eq!(smtp_client("c2hvcnQ="), "[masked]");
        assert_eq!(
            smtp_client("MAIL FROM:<a@example.jp>"),
            "MAIL FROM:<a@example.jp>"
        );
    }

    #[test]
    fn of_a_fetch_only_numbers_and_flags_stay() {
        let line = b"* 3 FETCH (UID 7 FLAGS (\\Seen) ENVELOPE (\"Fri, 1 Jan\" \"secret plan\" NIL) BODY[HEADER] {9}\r\nSubject: )";
        let told = imap_server(line);
        assert!(told.contains("UID 7 FLAGS (\\Seen)"), "{told}");
        assert!(
            !told.contains("plan") && !told.contains("Subject"),
            "{told}"
        );
        assert!(told.contains("{9}"));
        let told = imap_server(b"* 4 FETCH (UID 8 X-GM-LABELS (\\Inbox Takeover) FLAGS ())");
        assert!(
            told.contains("FLAGS") && !told.contains("Takeover"),
            "{told}"
        );
    }

    #[test]
    fn refusals_stay_readable_and_tokens_in_them_do_not() {
        let told = imap_server(b"T2 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)");
        assert_eq!(
            told,
            "T2 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
        );
        let told = smtp_server(
            "535 5.7.3 Authentication unsuccessful [TYCP286CA0070.JPNP286.PROD.OUTLOOK.COM 2026-11-28T01:02:03.456Z 08DE2B]",
        );
        assert!(
            told.contains("TYCP286CA0070.JPNP286.PROD.OUTLOOK.COM"),
            "{told}"
        );
        assert!(!imap_server(format!("* OK token {TOKEN}").as_bytes()).contains(TOKEN));
        let search = imap_client(b"T3 UID SEARCH SUBJECT \"secret\"\r\n");
        assert!(!search.contains("secret"), "{search}");
    }

    #[test]
    fn hostile_lines_end_and_stay_short() {
        for line in [
            b"* 1 FETCH (BODY[] {99999999999999999999}\r\n".as_slice(),
            b"}\r\n}\r\n{5}\r\nab",
            b"\"\\",
            b"* 1 FETCH (\"unclosed",
        ] {
            assert!(imap_server(line).chars().count() <= LONGEST + 1);
            assert!(imap_client(line).chars().count() <= LONGEST + 40);
        }
        let long = vec![b'x'; 1_000_000];
        assert!(imap_server(&long).chars().count() <= LONGEST + 1);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_a_line_is_short_has_no_break_and_no_run_that_could_be_a_token(
            octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..2_000),
            token in "[A-Za-z0-9+/=_~-]{24,200}",
            at in 0..2_000_usize,
        ) {
            let mut octets = octets;
            let at = at.min(octets.len());
            octets.splice(at..at, token.bytes());
            let text = String::from_utf8_lossy(&octets).into_owned();
            for told in [
                imap_client(&octets),
                imap_server(&octets),
                smtp_client(&text),
                smtp_server(&text),
            ] {
                proptest::prop_assert!(told.chars().count() <= LONGEST + 40);
                proptest::prop_assert!(!told.contains(['\r', '\n']));
                proptest::prop_assert!(!told.contains(&token), "{told}");
            }
        }
    }
}
