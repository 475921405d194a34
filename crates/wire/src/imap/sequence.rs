//! Sets of sequence numbers or UIDs: `1:3,5,7:*` (RFC 9051, section 9, sequence-set).
//!
//! The order of the wire is kept, because COPYUID pairs two sets by position and Gmail does not sort them.
//! `*` is the number `u32::MAX`: no UID is larger, so comparing needs no special case.

use std::fmt;

use super::cursor::ParseError;

/// The number that stands for `*`.
pub const STAR: u32 = u32::MAX;

/// A set of numbers in the order of the wire. May be empty (Exchange sends empty sets in COPYUID).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct SequenceSet {
    ranges: Vec<(u32, u32)>,
}

impl SequenceSet {
    /// The smallest set that holds exactly these numbers; sorts them and drops repeats and zeros.
    pub fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut numbers: Vec<u32> = numbers.into_iter().filter(|n| *n > 0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, end)) if end.checked_add(1) == Some(number) => *end = number,
                _ => ranges.push((number, number)),
            }
        }
        Self { ranges }
    }

    /// `first:last`; `last` may be [`STAR`].
    pub fn range(first: u32, last: u32) -> Self {
        Self {
            ranges: vec![(first, last)],
        }
    }

    /// `first:*`.
    pub fn from(first: u32) -> Self {
        Self::range(first, STAR)
    }

    /// `1:*`.
    pub fn all() -> Self {
        Self::from(1)
    }

    /// The ranges as written; the first of a pair may be the larger one.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// Whether it holds no number at all.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether `number` is in the set when the largest number in use is `largest` (the meaning of `*`).
    pub fn contains(&self, number: u32, largest: u32) -> bool {
        self.ranges.iter().any(|&(a, b)| {
            let a = if a == STAR { largest } else { a };
            let b = if b == STAR { largest } else { b };
            (a.min(b)..=a.max(b)).contains(&number)
        })
    }

    /// How many numbers it stands for, counting `*` as the largest number there is.
    pub fn count(&self) -> u64 {
        self.ranges
            .iter()
            .map(|&(a, b)| u64::from(a.abs_diff(b)) + 1)
            .sum()
    }

    /// Every number in wire order, or `None` when there would be more than `most`.
    pub fn numbers(&self, most: usize) -> Option<Vec<u32>> {
        if self.count() > most as u64 {
            return None;
        }
        let mut out = Vec::new();
        for &(a, b) in &self.ranges {
            if a <= b {
                out.extend(a..=b)
            } else {
                out.extend((b..=a).rev())
            }
        }
        Some(out)
    }

    /// The same numbers as several sets, each at most `bytes` long when written. A single range that is
    /// longer than that (it has at most 21 octets) stands alone.
    pub fn split(&self, bytes: usize) -> Vec<Self> {
        let mut out: Vec<Self> = Vec::new();
        let mut used = 0;
        for range in &self.ranges {
            let len = written(*range).len() + 1;
            match out.last_mut() {
                Some(set) if used + len <= bytes.saturating_add(1) => {
                    set.ranges.push(*range);
                    used += len;
                }
                _ => {
                    out.push(Self {
                        ranges: vec![*range],
                    });
                    used = len;
                }
            }
        }
        out
    }

    /// Reads a set; `*`, ranges in either order and an empty input are taken.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let wrong = |what| ParseError { at: 0, what };
        let text = std::str::from_utf8(text).map_err(|_| wrong("a set of numbers"))?;
        let number = |part: &str| match part {
            "*" => Ok(STAR),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits
                .parse::<u32>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or(wrong("a number above zero")),
            _ => Err(wrong("a number or *")),
        };
        let mut ranges = Vec::new();
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let range = match part.split_once(':') {
                Some((a, b)) => (number(a)?, number(b)?),
                None => {
                    let n = number(part)?;
                    (n, n)
                }
            };
            ranges.push(range);
        }
        Ok(Self { ranges })
    }
}

fn written((a, b): (u32, u32)) -> String {
    let number = |n: u32| {
        if n == STAR {
            "*".to_owned()
        } else {
            n.to_string()
        }
    };
    if a == b {
        number(a)
    } else {
        format!("{}:{}", number(a), number(b))
    }
}

impl fmt::Display for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.ranges.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            f.write_str(&written(*range))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_shortest_set() {
        assert_eq!(
            SequenceSet::of([5, 3, 2, 1, 9, 3, 0]).to_string(),
            "1:3,5,9"
        );
        assert_eq!(SequenceSet::of([STAR, STAR - 1]).count(), 2);
    }

    #[test]
    fn wire_order_is_kept_for_copyuid() {
        let set = SequenceSet::parse(b"9,8,3:1").expect("a set");
        assert_eq!(set.numbers(10), Some(vec![9, 8, 3, 2, 1]));
        assert_eq!(set.to_string(), "9,8,3:1");
    }

    #[test]
    fn a_hostile_range_is_not_expanded() {
        assert_eq!(SequenceSet::all().numbers(1_000), None);
    }

    #[test]
    fn splitting_keeps_every_number_and_the_length_limit() {
        let set = SequenceSet::of((1..2000).filter(|n| n % 3 != 0).chain(5000..9000));
        let parts = set.split(100);
        assert!(parts.iter().all(|p| p.to_string().len() <= 100));
        let again: Vec<u32> = parts
            .iter()
            .flat_map(|p| p.numbers(10_000).expect("small"))
            .collect();
        assert_eq!(again, set.numbers(10_000).expect("small"));
    }

    #[test]
    fn wrong_sets_are_refused() {
        for text in ["0", "1:", ":", "a", "1,,2", "4294967296", "-1", "1 2"] {
            assert!(SequenceSet::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(SequenceSet::parse(b"").expect("empty").is_empty());
    }

    #[test]
    fn star_is_the_largest_number_in_use() {
        let set = SequenceSet::parse(b"10:*").expect("a set");
        assert!(set.contains(7, 7), "n:* always names the last message");
        assert!(!set.contains(6, 7));
    }
}
