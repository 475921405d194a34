//! Tests of reading mails; helpers that build Japanese octets.

mod charsets;
mod headers;
mod hostile;
mod html;
mod parts;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

/// ISO-2022-JP as Japanese mailers write it, with NEC's characters and half-width kana.
fn jis(text: &str) -> Vec<u8> {
    encode_japanese(text, JapaneseCharset::Iso2022Jp).expect("text that fits")
}

fn sjis(text: &str) -> Vec<u8> {
    encode_japanese(text, JapaneseCharset::ShiftJis).expect("text that fits")
}

fn euc(text: &str) -> Vec<u8> {
    encode_japanese(text, JapaneseCharset::EucJp).expect("text that fits")
}

fn b_word(charset: &str, octets: &[u8]) -> String {
    format!("=?{charset}?B?{}?=", STANDARD.encode(octets))
}

/// A mail of one text part.
fn mail(content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut raw =
        format!("From: alice@example.jp\r\nSubject: test\r\nContent-Type: {content_type}\r\n\r\n")
            .into_bytes();
    raw.extend_from_slice(body);
    raw
}

/// The text of the only part, and whether it was a problem.
fn body_of(raw: &[u8]) -> (String, bool) {
    let message = read(raw);
    let part = message.part("1").expect("part 1");
    part_text(raw, part)
}

/// The subject that a field value is read as.
fn subject(value: &[u8]) -> String {
    let raw = [b"Subject: ".as_slice(), value, b"\r\n\r\n"].concat();
    read(&raw).headers.subject.expect("a subject")
}
