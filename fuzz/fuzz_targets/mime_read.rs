//! Any bytes are a mail: reading never fails, and every part can be taken out of it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let message = wire::mime::read(raw);
    for part in message.parts() {
        let _ = wire::mime::part_bytes(raw, part);
        let _ = wire::mime::part_text(raw, part);
    }
    let text = serde_json::to_string(&message).expect("a message is JSON");
    assert_eq!(serde_json::from_str::<wire::mime::Message>(&text).expect("and back"), message);
    let _ = wire::mime::search_text(raw, &message);
    let _ = wire::mime::without_bcc(raw);
});
