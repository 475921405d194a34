//! Whatever comes in, no script, frame, form or handler comes out.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|html: &str| {
    let safe = wire::mime::sanitize(html, &wire::mime::SanitizeOptions::default()).html.to_lowercase();
    for tag in ["<script", "<iframe", "<object", "<embed", "<form", "<meta", "<base", "<link", "<svg", "<style"] {
        assert!(!safe.contains(tag), "{tag} in {safe}");
    }
});
