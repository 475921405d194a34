//! Octets to text, by the charset that a mail declares where that is true, and by the octets where it is not.
//!
//! Japanese mail carries labels that no registry knows (cp932, CP50221, eucJP-ms), labels that are wrong, and 8-bit text
//! without any. The label is believed as long as the octets agree; then UTF-8, ISO-2022-JP, Shift_JIS and EUC-JP are
//! weighed by evidence. Nothing here fails: what cannot be read becomes U+FFFD and is reported.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::{evidence, iso2022};

/// Text and whether its decoding met something it could not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    pub problem: bool,
}

impl Decoded {
    fn sure(text: impl Into<String>) -> Decoded {
        Decoded {
            text: text.into(),
            problem: false,
        }
    }
}

enum Charset {
    /// No label, or one that says nothing.
    Silent,
    Iso2022,
    Known(&'static Encoding),
    /// Rare ones (UTF-7, old code pages) that only mail-parser knows.
    Rare(fn(&[u8]) -> String),
    Unknown,
}

fn charset_of(label: &str) -> Charset {
    let name: String = label
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.:+".contains(*c))
        .take(60)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.as_str() {
        "" | "unknown" | "unknown8bit" | "xunknown" | "default" | "binary" | "8bit" | "none" => {
            return Charset::Silent;
        }
        "iso2022jp" | "iso2022jp1" | "iso2022jp2" | "iso2022jp3" | "iso2022jp2004"
        | "iso2022jpms" | "csiso2022jp" | "csiso2022jp2" | "cp50220" | "cp50221" | "cp50222"
        | "windows50220" | "windows50221" | "windows50222" | "xwindows50220" | "xwindows50221"
        | "jis" | "xjis" | "iso2022jpext" | "cp50220raw" => return Charset::Iso2022,
        "cp932" | "ms932" | "windows31j" | "windows932" | "cswindows31j" | "xmscp932" | "sjis"
        | "xsjis" | "shiftjis" | "xshiftjis" | "sjiswin" | "mskanji" | "shiftjis2004"
        | "shiftjisx0213" | "cp943" | "cp943c" | "ibm943" | "csshiftjis" | "sjismac" => {
            return Charset::Known(SHIFT_JIS);
        }
        "eucjp"
        | "xeucjp"
        | "eucjpms"
        | "eucjpwin"
        | "cp51932"
        | "windows51932"
        | "ujis"
        | "eucjisx0213"
        | "eucjis2004"
        | "cseucpkdfmtjapanese"
        | "cp20932"
        | "eucj" => {
            return Charset::Known(EUC_JP);
        }
        "utf8" | "utf8mb4" | "cp65001" | "utf8mac" | "unicode11utf8" | "utf8n" => {
            return Charset::Known(UTF_8);
        }
        "latin1" | "iso88591" | "usascii" | "ascii" | "ansi" | "ansix341968" => {
            return Charset::Known(WINDOWS_1252);
        }
        "cp936" | "ms936" => return Charset::Known(GBK),
        "cp949" | "ms949" | "ksc56011987" => return Charset::Known(EUC_KR),
        _ => {}
    }
    if let Some(encoding) = Encoding::for_label_no_replacement(name.as_bytes()) {
        return Charset::Known(encoding);
    }
    match charset_decoder(name.as_bytes()) {
        Some(decoder) => Charset::Rare(decoder),
        None => Charset::Unknown,
    }
}

/// Whether two labels mean the same decoder, so that pieces under both may be joined.
pub(super) fn same(one: &str, other: &str) -> bool {
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    match (charset_of(one), charset_of(other)) {
        (Charset::Known(one), Charset::Known(other)) => one == other,
        (Charset::Iso2022, Charset::Iso2022) => true,
        _ => false,
    }
}

/// Decodes by `label` where it holds, else by the octets themselves.
pub fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    let charset = label.map_or(Charset::Silent, charset_of);
    let seven_bit = bytes.is_ascii();
    match charset {
        Charset::Silent => guess(bytes).map_or_else(|| last_resort(bytes), Decoded::sure),
        Charset::Unknown => match guess(bytes) {
            Some(text) => Decoded {
                text,
                problem: !seven_bit,
            },
            None => last_resort(bytes),
        },
        Charset::Rare(decoder) => Decoded::sure(decoder(bytes)),
        Charset::Iso2022 => {
            if !seven_bit
                && !iso2022::has_escapes(bytes)
                && let Some(text) = guess(bytes)
            {
                return Decoded::sure(text);
            }
            let (text, problem) = iso2022::decode(bytes);
            Decoded { text, problem }
        }
        Charset::Known(encoding) => known(bytes, encoding, seven_bit),
    }
}

fn known(bytes: &[u8], encoding: &'static Encoding, seven_bit: bool) -> Decoded {
    let ascii_compatible = encoding.is_ascii_compatible();
    if seven_bit && ascii_compatible {
        if iso2022::has_escapes(bytes) {
            let (text, problem) = iso2022::decode(bytes);
            return Decoded { text, problem };
        }
        return Decoded::sure(String::from_utf8_lossy(bytes));
    }
    // A byte order mark is stronger than any label; `decode` removes it.
    let (text, _, errors) = encoding.decode(bytes);
    if ascii_compatible && encoding.is_single_byte() {
        // Every octet means something in these, so they cannot contradict: look for a better reading.
        if let Ok(utf8) = std::str::from_utf8(bytes) {
            return Decoded::sure(utf8);
        }
        // Thai and Cyrillic octets look like EUC-JP; only a Western label is overruled.
        let western = encoding == WINDOWS_1252 || encoding == ISO_8859_15;
        if let Some(text) = evidence::kana(bytes)
            .filter(|_| western)
            .and_then(|found| strict(bytes, found))
        {
            return Decoded::sure(text);
        }
    } else if errors
        && ascii_compatible
        && let Some(text) = guess(bytes)
    {
        let problem = text.contains(char::REPLACEMENT_CHARACTER);
        return Decoded { text, problem };
    }
    Decoded {
        text: text.into_owned(),
        problem: errors,
    }
}

fn strict(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(Into::into)
}

/// What unlabelled octets most likely say; `None` where nothing speaks for any of the known encodings.
pub(super) fn guess(bytes: &[u8]) -> Option<String> {
    if iso2022::has_escapes(bytes) {
        return Some(iso2022::decode(bytes).0);
    }
    let without_mark = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(without_mark) {
        return Some(text.to_owned());
    }
    let encoding = evidence::strongest(bytes)?;
    Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
}

/// Western text without a label is more likely than anything else that is left.
fn last_resort(bytes: &[u8]) -> Decoded {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    Decoded {
        text: text.into_owned(),
        problem: true,
    }
}
