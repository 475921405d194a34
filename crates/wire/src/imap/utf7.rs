//! Modified UTF-7, the writing of mailbox names (RFC 3501, 5.1.3), in both directions.
//!
//! Our own tables keep names as they were on the wire; only screens and JMAP see the decoded form.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The wire form of a name.
pub fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut wide: Vec<u8> = Vec::new();
    for ch in name.chars() {
        if (' '..='~').contains(&ch) {
            flush(&mut wide, &mut out);
            out.push(ch);
            if ch == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0_u16; 2];
            wide.extend(
                ch.encode_utf16(&mut units)
                    .iter()
                    .flat_map(|u| u.to_be_bytes()),
            );
        }
    }
    flush(&mut wide, &mut out);
    out
}

fn flush(wide: &mut Vec<u8>, out: &mut String) {
    if !wide.is_empty() {
        out.push('&');
        out.push_str(&BASE64.encode(&*wide));
        out.push('-');
        wide.clear();
    }
}

/// The name behind a wire form. A wire form that is none (raw UTF-8, broken base64) is returned as it is, so that
/// a folder is shown under an odd name rather than not at all.
pub fn decode(wire: &str) -> String {
    try_decode(wire).unwrap_or_else(|| wire.to_owned())
}

/// Like [`decode`], but `None` where the wire form is broken.
pub fn try_decode(wire: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = wire;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (base64, after) = shifted.split_once('-')?;
        if base64.is_empty() {
            out.push('&');
        } else {
            let bytes = BASE64.decode(base64).ok()?;
            let (pairs, odd) = bytes.as_chunks::<2>();
            if !odd.is_empty() {
                return None;
            }
            let units: Vec<u16> = pairs.iter().map(|p| u16::from_be_bytes(*p)).collect();
            out.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of Gmail and Exchange in Japanese, from facts/transcripts.md A2 and B2.
    const NAMES: &[(&str, &str)] = &[
        ("[Gmail]/すべてのメール", "[Gmail]/&MFkweTBmMG4w4TD8MOs-"),
        ("[Gmail]/ゴミ箱", "[Gmail]/&MLQw33ux-"),
        ("[Gmail]/スター付き", "[Gmail]/&MLkwvzD8TtgwTQ-"),
        ("[Gmail]/下書き", "[Gmail]/&Tgtm+DBN-"),
        ("[Gmail]/迷惑メール", "[Gmail]/&j,dg0TDhMPww6w-"),
        ("[Gmail]/送信済みメール", "[Gmail]/&kAFP4W4IMH8w4TD8MOs-"),
        ("[Gmail]/重要", "[Gmail]/&kc2JgQ-"),
        ("受信トレイ", "&U9dP4TDIMOwwpA-"),
        ("請求書", "&istsQmb4-"),
        ("送信済みアイテム", "&kAFP4W4IMH8wojCkMMYw4A-"),
        ("削除済みアイテム", "&UkqWZG4IMH8wojCkMMYw4A-"),
        ("予定表/日本の休日", "&Tohbmoho-/&ZeVnLDBuTxFl5Q-"),
        ("RSS フィード", "RSS &MNUwozD8MMk-"),
        ("Gelöschte Elemente", "Gel&APY-schte Elemente"),
        ("a & b", "a &- b"),
        ("😀", "&2D3eAA-"),
    ];

    #[test]
    fn the_folder_names_of_both_providers_go_both_ways() {
        for (name, wire) in NAMES {
            assert_eq!(encode(name), *wire);
            assert_eq!(decode(wire), *name);
        }
    }

    #[test]
    fn broken_or_raw_names_are_shown_as_they_are() {
        for wire in ["&", "&abc", "&2D0-", "&A-", "[Gmail]/全部郵件", "a&b"] {
            assert_eq!(decode(wire), wire);
        }
    }
}
