//! The sealed stream: STREAM over XChaCha20-Poly1305.
//!
//!     header = magic (16) | key number (u32) | salt (32) | check (16)          says nothing secret
//!     chunk  = seal(64 KiB of content; the last one may be shorter), nonce = 15 zeros | counter (u64) | last (0, 1)
//!
//! The keys of content and check are derived (HKDF-SHA256) from the ring's key and the salt, so no two streams
//! share one; the header is part of what each chunk's seal covers. What always holds: a chunk that is missing,
//! repeated, moved or changed does not open, nor does a stream that ends early or goes on after its end.

use std::io::{Error, ErrorKind, Read, Result, Write};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::seal::KeyRing;
use crate::world::World;

/// How a backup begins.
pub const MAGIC: &[u8; 16] = b"Tegata backup 1\n";
const HEADER: usize = 16 + 4 + 32 + 16;
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;

fn damaged(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, text.into())
}

fn nonce(counter: u64, last: bool) -> XNonce {
    let mut bytes = [0; 24];
    bytes[15..23].copy_from_slice(&counter.to_be_bytes());
    bytes[23] = u8::from(last);
    XNonce::from(bytes)
}

/// Cipher and check of a stream; `None` where the ring does not have the key.
fn keys(ring: &KeyRing, number: u32, salt: &[u8]) -> Option<(XChaCha20Poly1305, [u8; 16])> {
    let content = ring.derive(number, salt, b"tegata backup 1: content")?;
    let check = ring.derive(number, salt, b"tegata backup 1: check")?;
    let mut short = [0; 16];
    short.copy_from_slice(&check[..16]);
    Some((XChaCha20Poly1305::new((&*content).into()), short))
}

/// Seals what is written.
pub(super) struct Sealer<W> {
    out: W,
    cipher: XChaCha20Poly1305,
    header: Vec<u8>,
    waiting: Vec<u8>,
    counter: u64,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(mut out: W, ring: &KeyRing, world: &World) -> Result<Sealer<W>> {
        let number = ring.sealing();
        let salt: [u8; 32] = world.random();
        let (cipher, check) =
            keys(ring, number, &salt).ok_or_else(|| damaged("the key ring holds no key"))?;
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&number.to_be_bytes());
        header.extend_from_slice(&salt);
        header.extend_from_slice(&check);
        out.write_all(&header)?;
        Ok(Sealer {
            out,
            cipher,
            header,
            waiting: Vec::with_capacity(CHUNK),
            counter: 0,
        })
    }

    fn chunk(&mut self, last: bool) -> Result<()> {
        let payload = Payload {
            msg: &self.waiting,
            aad: &self.header,
        };
        let sealed = self
            .cipher
            .encrypt(&nonce(self.counter, last), payload)
            .map_err(|_| damaged("a chunk could not be sealed"))?;
        self.counter += 1;
        self.waiting.clear();
        self.out.write_all(&sealed)
    }

    /// Writes the last chunk; without it the stream counts as cut.
    pub(super) fn finish(mut self) -> Result<W> {
        self.chunk(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        // A full chunk waits until more comes: it may be the last one.
        if self.waiting.len() == CHUNK {
            self.chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Opens what is read.
pub(super) struct Opener<R> {
    source: R,
    cipher: XChaCha20Poly1305,
    header: Vec<u8>,
    /// A chunk as it came, with what follows it so far.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
    counter: u64,
    over: bool,
}

impl<R: Read> Opener<R> {
    /// Reads the header.
    pub(super) fn new(mut source: R, ring: &KeyRing) -> Result<Opener<R>> {
        let mut header = vec![0; HEADER];
        let length = fill(&mut source, &mut header)?;
        let same = header.iter().zip(MAGIC).take(length).all(|(a, b)| a == b);
        if !same || length == 0 {
            return Err(damaged(
                "this is no backup of Tegata, or one of a newer version",
            ));
        }
        if length < HEADER {
            return Err(damaged("the backup is cut: it ends in its header"));
        }
        let number = u32::from_be_bytes([header[16], header[17], header[18], header[19]]);
        let Some((cipher, check)) = keys(ring, number, &header[20..52]) else {
            let held: Vec<String> = ring.numbers().iter().map(u32::to_string).collect();
            return Err(damaged(format!(
                "the backup is sealed with key {number}, and the key file holds key {}: put the key file there that was in \
                 use when it was made",
                held.join(", ")
            )));
        };
        if check != header[52..] {
            return Err(damaged(format!(
                "the backup is sealed with another key {number} than the key file's (or its header is damaged): put the key \
                 file there that was in use when it was made"
            )));
        }
        Ok(Opener {
            source,
            cipher,
            header,
            ahead: Vec::new(),
            plain: Vec::new(),
            at: 0,
            counter: 0,
            over: false,
        })
    }

    fn chunk(&mut self) -> Result<()> {
        let mut sealed = std::mem::take(&mut self.ahead);
        let known = sealed.len();
        sealed.resize(CHUNK + TAG + 1, 0);
        let length = known + fill(&mut self.source, &mut sealed[known..])?;
        sealed.truncate(length);
        let last = length <= CHUNK + TAG;
        if !last {
            self.ahead = sealed.split_off(CHUNK + TAG);
        }
        let payload = Payload {
            msg: &sealed,
            aad: &self.header,
        };
        self.plain = self
            .cipher
            .decrypt(&nonce(self.counter, last), payload)
            .map_err(|_| {
                let octet = HEADER as u64 + self.counter * (CHUNK + TAG) as u64;
                damaged(format!(
                    "the backup is cut or damaged in the 64 KiB behind octet {octet}"
                ))
            })?;
        self.at = 0;
        self.counter += 1;
        self.over = last;
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        while self.at == self.plain.len() {
            if self.over {
                return Ok(0);
            }
            self.chunk()?;
        }
        let taken = bytes.len().min(self.plain.len() - self.at);
        bytes[..taken].copy_from_slice(&self.plain[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

/// Reads until the buffer is full or the source ends; how many octets came.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(ring: &KeyRing, world: &World, content: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), ring, world).unwrap();
        sealer.write_all(content).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(ring: &KeyRing, stream: &[u8]) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        Opener::new(stream, ring)?.read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn what_was_sealed_opens_whatever_its_length() {
        let (world, _) = World::for_tests(0, 1);
        let ring = KeyRing::generate(&world);
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let stream = sealed(&ring, &world, &content);
            assert!(opened(&ring, &stream).unwrap() == content, "{length}");
            assert!(stream.len() >= HEADER + length + TAG, "{length}");
        }
    }

    #[test]
    fn a_stream_that_is_cut_anywhere_or_goes_on_does_not_open() {
        let (world, _) = World::for_tests(0, 1);
        let ring = KeyRing::generate(&world);
        let stream = sealed(&ring, &world, &vec![7; 2 * CHUNK + 100]);
        let edges = (0..HEADER + 40)
            .chain((1..4).flat_map(|n| {
                let edge = (HEADER + n * (CHUNK + TAG)).min(stream.len());
                edge.saturating_sub(20)..edge
            }))
            .chain((HEADER..stream.len()).step_by(1009));
        for at in edges.filter(|at| *at < stream.len()) {
            assert!(opened(&ring, &stream[..at]).is_err(), "cut at {at}");
        }
        let mut longer = stream.clone();
        longer.push(0);
        assert!(opened(&ring, &longer).is_err());
        longer = [stream.clone(), stream].concat();
        assert!(opened(&ring, &longer).is_err());
    }

    #[test]
    fn a_flipped_bit_anywhere_is_found() {
        let (world, _) = World::for_tests(0, 1);
        let ring = KeyRing::generate(&world);
        let stream = sealed(&ring, &world, &vec![7; CHUNK + 100]);
        for at in (0..HEADER).chain((HEADER..stream.len()).step_by(499)) {
            let mut changed = stream.clone();
            changed[at] ^= 1;
            assert!(opened(&ring, &changed).is_err(), "bit in octet {at}");
        }
    }

    #[test]
    fn chunks_that_are_swapped_repeated_or_taken_from_another_stream_do_not_open() {
        let (world, _) = World::for_tests(0, 1);
        let ring = KeyRing::generate(&world);
        let content = vec![7; 4 * CHUNK];
        let (one, other) = (
            sealed(&ring, &world, &content),
            sealed(&ring, &world, &content),
        );
        let chunk = |stream: &[u8], n: usize| {
            stream[HEADER + n * (CHUNK + TAG)..HEADER + (n + 1) * (CHUNK + TAG)].to_vec()
        };
        let put = |order: &[Vec<u8>]| [one[..HEADER].to_vec(), order.concat()].concat();
        let [a, b, c, d] = [0, 1, 2, 3].map(|n| chunk(&one, n));
        assert!(opened(&ring, &put(&[a.clone(), b.clone(), c.clone(), d.clone()])).is_ok());
        for order in [
            vec![b.clone(), a.clone(), c.clone(), d.clone()],
            vec![a.clone(), c.clone(), b.clone(), d.clone()],
            vec![a.clone(), a.clone(), b.clone(), c.clone(), d.clone()],
            vec![a.clone(), c.clone(), d.clone()],
            vec![b.clone(), c.clone(), d.clone()],
            vec![a.clone(), b.clone(), c.clone()],
            vec![a, chunk(&other, 1), c, d],
        ] {
            assert!(opened(&ring, &put(&order)).is_err());
        }
    }

    #[test]
    fn another_key_is_told_from_damage_and_shows_nothing() {
        let (world, _) = World::for_tests(0, 1);
        let (ring, other) = (KeyRing::generate(&world), KeyRing::generate(&world));
        let stream = sealed(&ring, &world, b"the people's mail");
        assert!(!stream.windows(4).any(|piece| piece == b"mail"));
        let refused = opened(&other, &stream).unwrap_err().to_string();
        assert!(refused.contains("sealed with another key 1"), "{refused}");
        let refused = opened(&KeyRing::empty(), &stream).unwrap_err().to_string();
        assert!(refused.contains("sealed with key 1"), "{refused}");
        let refused = opened(&ring, b"SQLite format 3").unwrap_err().to_string();
        assert!(refused.contains("no backup of Tegata"), "{refused}");
    }
}
