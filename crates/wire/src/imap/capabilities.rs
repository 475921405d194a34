//! What a server says it can do. Order, case and repeats differ between servers, so it is kept as a set.

use std::collections::BTreeSet;

/// Capability words in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities(BTreeSet<String>);

impl Capabilities {
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(
            words
                .into_iter()
                .filter(|w| !w.is_empty())
                .map(str::to_ascii_uppercase)
                .collect(),
        )
    }

    /// Whether the word (any case) is there, e.g. `X-GM-EXT-1`, `AUTH=XOAUTH2`.
    pub fn has(&self, word: &str) -> bool {
        self.0.contains(&word.to_ascii_uppercase())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// `APPENDLIMIT=n` in octets.
    pub fn append_limit(&self) -> Option<u64> {
        self.iter()
            .find_map(|w| w.strip_prefix("APPENDLIMIT=")?.parse().ok())
    }
}
