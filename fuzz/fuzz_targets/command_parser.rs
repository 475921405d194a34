//! Any octets as a client: collecting and parsing neither panics nor outgrows its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::imap::command_parser::{CommandEvent, CommandLimits, CommandReader, parse_command};

fuzz_target!(|octets: &[u8]| {
    let limits = CommandLimits {
        line: 500,
        literals: 300,
    };
    let mut reader = CommandReader::new(limits);
    for chunk in octets.chunks(11) {
        reader.feed(chunk);
        loop {
            match reader.next_event() {
                Ok(Some(CommandEvent::Line(line))) => {
                    assert!(line.len() <= 500 + 300 + 1500);
                    let _ = parse_command(&line);
                }
                Ok(Some(CommandEvent::SendContinuation { octets })) => assert!(octets <= 300),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});
