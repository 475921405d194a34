//! Any octets in any pieces: the reader must neither panic nor hold more than its limits, and the pieces must not
//! change what it reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::imap::{ReadEvent, ReadLimits, ResponseReader};

const LIMITS: ReadLimits = ReadLimits {
    line: 200,
    inline_literal: 20,
    literal: 400,
};

fn read(octets: &[u8], piece: usize) -> (Vec<Vec<u8>>, Vec<u8>, bool) {
    let mut reader = ResponseReader::new(LIMITS);
    let (mut lines, mut streamed) = (Vec::new(), Vec::new());
    for chunk in octets.chunks(piece) {
        reader.feed(chunk);
        loop {
            match reader.next_event() {
                Ok(Some(ReadEvent::Response(raw))) => lines.push(raw.line),
                Ok(Some(ReadEvent::LiteralData(data))) => streamed.extend(data),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return (lines, streamed, true),
            }
            assert!(reader.line_so_far().len() <= LIMITS.line + 30);
        }
    }
    (lines, streamed, false)
}

fuzz_target!(|octets: &[u8]| {
    let (lines, streamed, failed) = read(octets, 7);
    let (lines_too, streamed_too, failed_too) = read(octets, 64);
    if !failed && !failed_too {
        assert_eq!((lines, streamed), (lines_too, streamed_too));
    }
});
