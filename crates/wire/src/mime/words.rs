//! Encoded words (RFC 2047) and raw 8-bit text in header fields.
//!
//! Neighbouring words of one charset are joined before decoding: Japanese senders cut characters, and JIS shift states, in
//! two at a word's end. Everything between the words is decoded by its octets, because raw JIS, Shift_JIS and UTF-8 are all
//! in use there.

use super::{charset, transfer};

struct Word<'a> {
    charset: &'a str,
    base64: bool,
    payload: &'a [u8],
}

impl Word<'_> {
    fn bytes(&self) -> Vec<u8> {
        if self.base64 {
            transfer::base64(self.payload)
        } else {
            q_decode(self.payload)
        }
    }
}

/// The text of an unstructured field value: unfolded, words decoded, control characters gone, trimmed.
pub(super) fn text(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len());
    let mut plain: Vec<u8> = Vec::new();
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut closes = Closes::default();
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        if byte == 0x1B {
            // Two-octet JIS text may hold the octets "=?", so it is taken over as it is.
            let length = jis_run(value.get(at..).unwrap_or_default());
            plain.extend_from_slice(value.get(at..at + length).unwrap_or_default());
            at += length;
            continue;
        }
        if byte == b'='
            && value.get(at + 1) == Some(&b'?')
            && let Some((word, end)) = word_at(value, at, &mut closes)
        {
            let between_words = !words.is_empty() && plain.iter().all(u8::is_ascii_whitespace);
            if between_words {
                plain.clear();
            } else {
                flush_words(&mut out, &mut words);
                flush_plain(&mut out, &mut plain);
            }
            words.push(word);
            at = end;
            continue;
        }
        if byte != b'\r' && byte != b'\n' && byte != 0 {
            plain.push(byte);
        }
        at += 1;
    }
    flush_words(&mut out, &mut words);
    flush_plain(&mut out, &mut plain);
    let clean: String = out
        .chars()
        .map(|c| {
            if c == '\t' || c == '\r' || c == '\n' {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !c.is_control())
        .collect();
    clean.trim().to_owned()
}

/// Length of a run of JIS text that begins with an escape, up to the end of the escape back to ASCII.
pub(super) fn jis_run(bytes: &[u8]) -> usize {
    if !matches!(bytes, [0x1B, b'$' | b'(', ..]) {
        return 1;
    }
    let mut at = 1;
    while at < bytes.len() {
        match bytes.get(at..).unwrap_or_default() {
            [0x1B, b'(', b'B' | b'J', ..] => return at + 3,
            [b'\n', ..] => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Where the next "?=" is, asked once for each one found, so that many openings without an end stay linear.
#[derive(Default)]
struct Closes {
    known: Option<usize>,
    none_left: bool,
}

impl Closes {
    fn at_or_after(&mut self, value: &[u8], from: usize) -> Option<usize> {
        if self.none_left {
            return None;
        }
        if let Some(known) = self.known.filter(|known| *known >= from) {
            return Some(known);
        }
        self.known = value
            .get(from..)?
            .windows(2)
            .position(|two| two == b"?=")
            .map(|found| found + from);
        self.none_left = self.known.is_none();
        self.known
    }
}

/// The encoded word at `at`, and where it ends.
fn word_at<'a>(value: &'a [u8], at: usize, closes: &mut Closes) -> Option<(Word<'a>, usize)> {
    let name_start = at + 2;
    let name_length = value
        .get(name_start..)?
        .iter()
        .take(60)
        .position(|byte| *byte == b'?')?;
    let name = value.get(name_start..name_start + name_length)?;
    let encoding_at = name_start + name_length + 1;
    let base64 = match value.get(encoding_at)? {
        b'B' | b'b' => true,
        b'Q' | b'q' => false,
        _ => return None,
    };
    if value.get(encoding_at + 1) != Some(&b'?') {
        return None;
    }
    let start = encoding_at + 2;
    let end = closes.at_or_after(value, start)?;
    let payload = value.get(start..end)?;
    // A word that is never closed would swallow the next one.
    if payload.windows(2).any(|two| two == b"=?") {
        return None;
    }
    let name = std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.is_empty())?;
    // RFC 2231 section 5: a language may follow the charset.
    let charset = name.split('*').next().unwrap_or(name);
    Some((
        Word {
            charset,
            base64,
            payload,
        },
        end + 2,
    ))
}

fn q_decode(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len());
    let mut rest = payload;
    loop {
        rest = match rest {
            [] => return out,
            [b'_', after @ ..] => {
                out.push(b' ');
                after
            }
            [b'=', high, low, after @ ..] if transfer::hex_pair(*high, *low).is_some() => {
                out.extend(transfer::hex_pair(*high, *low));
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn flush_plain(out: &mut String, plain: &mut Vec<u8>) {
    if !plain.is_empty() {
        out.push_str(&charset::decode(plain, None).text);
        plain.clear();
    }
}

fn flush_words(out: &mut String, words: &mut Vec<Word<'_>>) {
    let mut rest = words.as_slice();
    while let Some(first) = rest.first() {
        let alike = rest
            .iter()
            .take_while(|word| charset::same(word.charset, first.charset))
            .count();
        let (run, after) = rest.split_at(alike.max(1));
        out.push_str(&decode_run(first.charset, run));
        rest = after;
    }
    words.clear();
}

fn decode_run(label: &str, run: &[Word<'_>]) -> String {
    // Base64 that was cut between groups makes sense only when its text is joined.
    let ragged =
        run.iter().rev().skip(1).any(|word| {
            word.base64 && !word.payload.ends_with(b"=") && word.payload.len() % 4 != 0
        });
    let joined: Vec<u8> = if ragged && run.iter().all(|word| word.base64) {
        let text: Vec<u8> = run
            .iter()
            .flat_map(|word| word.payload.iter().copied())
            .collect();
        transfer::base64(&text)
    } else {
        run.iter().flat_map(Word::bytes).collect()
    };
    let together = charset::decode(&joined, Some(label));
    if !together.problem || run.len() == 1 {
        return together.text;
    }
    // A sender that did not switch back at a word's end, as if each word began anew.
    let apart: Vec<_> = run
        .iter()
        .map(|word| charset::decode(&word.bytes(), Some(label)))
        .collect();
    if apart.iter().any(|piece| piece.problem) {
        together.text
    } else {
        apart.into_iter().map(|piece| piece.text).collect()
    }
}
