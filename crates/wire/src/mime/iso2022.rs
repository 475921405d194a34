//! The ISO-2022-JP family as senders really use it: -JP, -JP-1, -JP-2, -JP-MS, CP50220, CP50221, CP50222.
//!
//! `encoding_rs` follows the web's rules: it knows no JIS X 0212, no GB 2312 and no SO/SI kana, and takes two escapes in a
//! row (which joined encoded words have) for an error. So the text is cut at its escapes here, and each run goes to
//! `encoding_rs` in the eight-bit form of the same character set.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK};

const ESCAPE: u8 = 0x1B;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    Kana,
    Jis0208,
    Jis0212,
    Gb2312,
    Ksc5601,
}

/// Whether the octets hold an escape that switches to a Japanese set.
pub(super) fn has_escapes(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|three| {
        matches!(
            three,
            [ESCAPE, b'$', b'B' | b'@' | b'(' | b'A'] | [ESCAPE, b'(', b'J' | b'I']
        )
    })
}

/// Length of the escape sequence at the start of `bytes`, and the set it names.
fn escape(bytes: &[u8]) -> Option<(usize, Set)> {
    Some(match bytes {
        [ESCAPE, b'$', b'(', b'D', ..] => (4, Set::Jis0212),
        [ESCAPE, b'$', b'(', b'C', ..] => (4, Set::Ksc5601),
        [ESCAPE, b'$', b'(', b'B' | b'@' | b'O' | b'P' | b'Q', ..] => (4, Set::Jis0208),
        [ESCAPE, b'$', b'(', b'A', ..] => (4, Set::Gb2312),
        [ESCAPE, b'$', b'B' | b'@', ..] => (3, Set::Jis0208),
        [ESCAPE, b'$', b'A', ..] => (3, Set::Gb2312),
        [ESCAPE, b'(', b'I', ..] => (3, Set::Kana),
        [ESCAPE, b'(', b'B' | b'J' | b'H', ..] => (3, Set::Ascii),
        [ESCAPE, b'&', b'@', ..] => (3, Set::Ascii),
        _ => return None,
    })
}

/// Decodes; the flag says that something could not be.
pub(super) fn decode(bytes: &[u8]) -> (String, bool) {
    let mut out = Output::default();
    let mut set = Set::Ascii;
    // SO switches to kana until SI, on top of the set that is in force (CP50222).
    let mut shifted = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if let Some((length, next)) = escape(rest) {
            set = next;
            at += length;
            continue;
        }
        at += 1;
        match byte {
            0x0E => shifted = true,
            0x0F => shifted = false,
            // RFC 1468: a line ends in ASCII; text that forgets to switch back must not spoil the next line.
            b'\r' | b'\n' => {
                out.push(Set::Ascii, &[byte]);
                if byte == b'\n' {
                    set = Set::Ascii;
                    shifted = false;
                }
            }
            _ if shifted || set == Set::Kana || (byte >= 0xA1 && set == Set::Ascii) => {
                if matches!(byte & 0x7F, 0x21..=0x5F) {
                    out.push(Set::Kana, &[byte]);
                } else {
                    out.push(Set::Ascii, &[byte & 0x7F]);
                }
            }
            _ if set == Set::Ascii || byte <= b' ' => out.push(Set::Ascii, &[byte]),
            _ => match rest.get(1) {
                Some(&second) if second > b' ' => {
                    out.push(set, &[byte, second]);
                    at += 1;
                }
                _ => out.bad(),
            },
        }
    }
    out.flush();
    (out.text, out.problem)
}

/// Collects runs of one eight-bit encoding, so that `encoding_rs` is asked once a run.
#[derive(Default)]
struct Output {
    text: String,
    run: Vec<u8>,
    run_encoding: Option<&'static Encoding>,
    problem: bool,
}

impl Output {
    fn push(&mut self, set: Set, code: &[u8]) {
        let encoding = match set {
            Set::Gb2312 => GBK,
            Set::Ksc5601 => EUC_KR,
            _ => EUC_JP,
        };
        if self.run_encoding != Some(encoding) {
            self.flush();
            self.run_encoding = Some(encoding);
        }
        match set {
            Set::Ascii => self.run.extend(code.iter().map(|byte| byte & 0x7F)),
            Set::Kana => {
                self.run.push(0x8E);
                self.run.extend(code.iter().map(|byte| byte | 0x80));
            }
            Set::Jis0212 => {
                self.run.push(0x8F);
                self.run.extend(code.iter().map(|byte| byte | 0x80));
            }
            Set::Jis0208 | Set::Gb2312 | Set::Ksc5601 => {
                self.run.extend(code.iter().map(|byte| byte | 0x80));
            }
        }
    }

    fn bad(&mut self) {
        self.flush();
        self.text.push(char::REPLACEMENT_CHARACTER);
        self.problem = true;
    }

    fn flush(&mut self) {
        if let Some(encoding) = self.run_encoding.take() {
            let (text, errors) = encoding.decode_without_bom_handling(&self.run);
            self.text.push_str(&text);
            self.problem |= errors;
            self.run.clear();
        }
    }
}
