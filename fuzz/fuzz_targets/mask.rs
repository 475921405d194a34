//! Any octets: a line of a protocol log stays short, holds no line break, and never a run that could be a token.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::mask;

fuzz_target!(|octets: &[u8]| {
    let text = String::from_utf8_lossy(octets);
    for told in [
        mask::imap_client(octets),
        mask::imap_server(octets),
        mask::smtp_client(&text),
        mask::smtp_server(&text),
    ] {
        assert!(told.chars().count() <= 600, "{told}");
        assert!(!told.contains(['\r', '\n']), "{told}");
        let run = |c: char| c.is_ascii_alphanumeric() || "+/=_-~".contains(c);
        let longest = told.split(|c| !run(c)).map(str::len).max().unwrap_or(0);
        assert!(longest < 64, "{told}");
    }
});
