//! Which encoding unlabelled octets speak for: UTF-8, Shift_JIS or EUC-JP.
//!
//! Only characters in runs count: a lone curly quote of Windows-1252 before a letter looks like one Shift_JIS kanji, but
//! Japanese text comes in runs. Octets that an encoding cannot hold count heavily against it.

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8};

/// Evidence is weighed on the first octets only.
const LOOK_AT: usize = 256 * 1024;
const COST_OF_BAD: i64 = 5;

#[derive(Default)]
struct Tally {
    /// Two-octet characters that stand next to another one.
    in_runs: i64,
    kana: i64,
    bad: i64,
    before_was_pair: bool,
    before_counted: bool,
}

impl Tally {
    fn pair(&mut self, kana: bool) {
        if self.before_was_pair {
            self.in_runs += if self.before_counted { 1 } else { 2 };
            self.before_counted = true;
        }
        self.before_was_pair = true;
        self.kana += i64::from(kana);
    }

    fn other(&mut self) {
        self.before_was_pair = false;
        self.before_counted = false;
    }

    fn bad(&mut self) {
        self.other();
        self.bad += 1;
    }

    fn weight(&self) -> i64 {
        self.in_runs - COST_OF_BAD * self.bad
    }
}

fn shift_jis(bytes: &[u8]) -> Tally {
    let mut tally = Tally::default();
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return tally,
            [
                lead @ (0x81..=0x9F | 0xE0..=0xFC),
                trail @ (0x40..=0x7E | 0x80..=0xFC),
                after @ ..,
            ] => {
                let kana = matches!((lead, trail), (0x82, 0x9F..=0xF1) | (0x83, 0x40..=0x96));
                tally.pair(kana);
                after
            }
            // Half-width kana say nothing: EUC-JP text is full of the same octets.
            [0x00..=0x7F | 0xA1..=0xDF, after @ ..] => {
                tally.other();
                after
            }
            [_, after @ ..] => {
                tally.bad();
                after
            }
        };
    }
}

fn euc_jp(bytes: &[u8]) -> Tally {
    let mut tally = Tally::default();
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return tally,
            [0x8E, 0xA1..=0xDF, after @ ..] => {
                tally.pair(true);
                after
            }
            [0x8F, 0xA1..=0xFE, 0xA1..=0xFE, after @ ..] => {
                tally.pair(false);
                after
            }
            [lead @ 0xA1..=0xFE, 0xA1..=0xFE, after @ ..] => {
                tally.pair(matches!(lead, 0xA4 | 0xA5));
                after
            }
            [0x00..=0x7F, after @ ..] => {
                tally.other();
                after
            }
            [_, after @ ..] => {
                tally.bad();
                after
            }
        };
    }
}

fn utf8_weight(bytes: &[u8]) -> i64 {
    bytes.utf8_chunks().fold(0, |weight, chunk| {
        let wide = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        let bad = i64::from(!chunk.invalid().is_empty());
        weight + 3 * i64::try_from(wide).unwrap_or(i64::MAX / 8) - COST_OF_BAD * bad
    })
}

/// The encoding that the octets speak for, `None` where none is likely. Valid UTF-8 is not asked here.
pub(super) fn strongest(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..LOOK_AT).unwrap_or(bytes);
    let candidates = [
        (utf8_weight(start), UTF_8),
        (shift_jis(start).weight(), SHIFT_JIS),
        (euc_jp(start).weight(), EUC_JP),
    ];
    let mut best: Option<(i64, &'static Encoding)> = None;
    for (weight, encoding) in candidates {
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, encoding));
        }
    }
    best.map(|(_, encoding)| encoding)
}

/// Shift_JIS or EUC-JP where kana prove it: strong enough to overrule a Western label.
pub(super) fn kana(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..LOOK_AT).unwrap_or(bytes);
    let proves = |tally: &Tally| tally.bad == 0 && tally.kana >= 2 && tally.in_runs >= 2;
    if proves(&shift_jis(start)) {
        Some(SHIFT_JIS)
    } else if proves(&euc_jp(start)) {
        Some(EUC_JP)
    } else {
        None
    }
}
