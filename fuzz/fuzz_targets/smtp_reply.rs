//! Any octets: the reply reader ends in replies or in an error, and every reply has a verdict.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::smtp::{Extensions, Phase, ReplyReader, classify};

fuzz_target!(|octets: &[u8]| {
    let mut reader = ReplyReader::new();
    for chunk in octets.chunks(13) {
        reader.feed(chunk);
        loop {
            match reader.next_reply() {
                Ok(Some(reply)) => {
                    assert!((200..600).contains(&reply.code));
                    let _ = Extensions::of(&reply);
                    for phase in [Phase::Auth, Phase::RcptTo, Phase::Message] {
                        let _ = classify(&reply, phase);
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});
