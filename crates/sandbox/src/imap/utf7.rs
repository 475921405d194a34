//! Folder names on the wire: modified UTF-7 (RFC 3501, 5.1.3). The sandbox has its own, so that the
//! client's is not tested against itself.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

pub(crate) fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut wide: Vec<u8> = Vec::new();
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut out, &mut wide);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                wide.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    flush(&mut out, &mut wide);
    out
}

fn flush(out: &mut String, wide: &mut Vec<u8>) {
    if !wide.is_empty() {
        out.push('&');
        out.push_str(&ENGINE.encode(&wide));
        out.push('-');
        wide.clear();
    }
}

/// Raw UTF-8 passes through; a wrong shift sequence too.
pub(crate) fn decode(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((shifted, tail)) = after.split_once('-') else {
            out.push('&');
            rest = after;
            continue;
        };
        rest = tail;
        if shifted.is_empty() {
            out.push('&');
            continue;
        }
        let units: Option<Vec<u16>> = ENGINE.decode(shifted).ok().map(|bytes| {
            bytes
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| u16::from_be_bytes(*pair))
                .collect()
        });
        match units.and_then(|u| String::from_utf16(&u).ok()) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&format!("&{shifted}-")),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_transcripts_encode_as_seen() {
        for (name, wire) in [
            ("[Gmail]/すべてのメール", "[Gmail]/&MFkweTBmMG4w4TD8MOs-"),
            ("[Gmail]/迷惑メール", "[Gmail]/&j,dg0TDhMPww6w-"),
            ("送信済みアイテム", "&kAFP4W4IMH8wojCkMMYw4A-"),
            ("予定表/日本の休日", "&Tohbmoho-/&ZeVnLDBuTxFl5Q-"),
            ("Tom & Jerry", "Tom &- Jerry"),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire), name);
        }
    }
}
