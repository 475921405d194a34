//! Text to the octets of the old Japanese charsets, for receivers that want them.

use encoding_rs::{EUC_JP, SHIFT_JIS};

/// The charsets that Japanese mail was written in before UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JapaneseCharset {
    /// As Windows mailers write it: with NEC's characters (①, ㈱, 髙) and half-width kana.
    Iso2022Jp,
    ShiftJis,
    EucJp,
}

impl JapaneseCharset {
    /// The name for a charset parameter or an encoded word.
    pub fn label(self) -> &'static str {
        match self {
            JapaneseCharset::Iso2022Jp => "ISO-2022-JP",
            JapaneseCharset::ShiftJis => "Shift_JIS",
            JapaneseCharset::EucJp => "EUC-JP",
        }
    }
}

/// The text in that charset; `None` where a character does not fit (emoji, most of Unicode): send UTF-8 then, never `?`.
pub fn encode_japanese(text: &str, charset: JapaneseCharset) -> Option<Vec<u8>> {
    let encoding = if charset == JapaneseCharset::ShiftJis {
        SHIFT_JIS
    } else {
        EUC_JP
    };
    let (octets, _, unmappable) = encoding.encode(text);
    if unmappable {
        return None;
    }
    match charset {
        JapaneseCharset::ShiftJis | JapaneseCharset::EucJp => Some(octets.into_owned()),
        JapaneseCharset::Iso2022Jp => seven_bit(&octets),
    }
}

const ASCII: &[u8] = b"\x1b(B";
const KANA: &[u8] = b"\x1b(I";
const KANJI: &[u8] = b"\x1b$B";

/// EUC-JP and JIS hold the same characters; JIS names the set by escapes instead of the eighth bit.
fn seven_bit(euc: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(euc.len() + 16);
    let mut set = ASCII;
    let mut rest = euc;
    loop {
        let (next, code, after): (&[u8], &[u8], &[u8]) = match rest {
            [] => break,
            [0x00..=0x7F, after @ ..] => (ASCII, rest.get(..1)?, after),
            [0x8E, _, after @ ..] => (KANA, rest.get(1..2)?, after),
            // JIS X 0212 is not part of what mailers read.
            [0x8F, ..] => return None,
            [_, _, after @ ..] => (KANJI, rest.get(..2)?, after),
            _ => return None,
        };
        if next != set {
            out.extend_from_slice(next);
            set = next;
        }
        out.extend(code.iter().map(|byte| byte & 0x7F));
        rest = after;
    }
    if set != ASCII {
        out.extend_from_slice(ASCII);
    }
    Some(out)
}
