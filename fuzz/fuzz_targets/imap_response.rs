//! Any line: parsing never panics, and what is read is classified without panic too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::imap::classify::{Phase, classify, classify_stray_line};
use wire::imap::response::{Response, parse};
use wire::imap::{RawResponse, utf7};

fuzz_target!(|octets: &[u8]| {
    match parse(&RawResponse::of(octets)) {
        Response::Status(status) => {
            for phase in [Phase::Login, Phase::Command, Phase::Filing] {
                let _ = classify(&status, phase);
            }
        }
        Response::List(entry) => {
            let _ = utf7::decode(&entry.name);
        }
        Response::Unknown { line, .. } => {
            assert_eq!(line, octets);
            let _ = classify_stray_line(&line);
        }
        _ => {}
    }
});
