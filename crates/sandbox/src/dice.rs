//! Chance for the sandbox: tokens, ids and numbers that look like the real ones.
//!
//! A stream of SHA-256 over a seed and a counter: with a fixed seed two runs give the same tokens,
//! with a random seed a token of an earlier run is unknown to the next one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A source of look-alike secrets; never one of real secrets.
#[derive(Debug)]
pub(crate) struct Dice {
    seed: u64,
    counter: u64,
}

impl Dice {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(|| {
            let mut bytes = [0_u8; 8];
            // Without a random source the sandbox still works; only its tokens repeat.
            if getrandom::fill(&mut bytes).is_err() {
                return 7;
            }
            u64::from_le_bytes(bytes)
        });
        Self { seed, counter: 0 }
    }

    pub(crate) fn bytes32(&mut self) -> [u8; 32] {
        self.counter += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(self.counter.to_le_bytes());
        hash.finalize().into()
    }

    pub(crate) fn number(&mut self) -> u64 {
        let bytes = self.bytes32();
        let mut eight = [0_u8; 8];
        eight.copy_from_slice(&bytes[..8]);
        u64::from_le_bytes(eight)
    }

    /// `length` characters of base64url.
    pub(crate) fn text(&mut self, length: usize) -> String {
        let mut out = String::with_capacity(length + 43);
        while out.len() < length {
            out.push_str(&URL_SAFE_NO_PAD.encode(self.bytes32()));
        }
        out.truncate(length);
        out
    }

    /// `length` lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        let mut out = String::with_capacity(length + 64);
        while out.len() < length {
            for byte in self.bytes32() {
                out.push_str(&format!("{byte:02x}"));
            }
        }
        out.truncate(length);
        out
    }

    /// `length` decimal digits, the first one not zero.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        let mut out = String::from("1");
        while out.len() < length {
            out.push_str(&format!("{:010}", self.number() % 10_000_000_000));
        }
        out.truncate(length);
        out
    }

    /// A GUID of random digits (version 4 shape).
    pub(crate) fn guid(&mut self) -> String {
        let h = self.hex(32);
        format!(
            "{}-{}-4{}-a{}-{}",
            &h[..8],
            &h[8..12],
            &h[13..16],
            &h[17..20],
            &h[20..32]
        )
    }
}
