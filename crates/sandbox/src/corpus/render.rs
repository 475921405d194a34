//! Letters to raw mails, written as the mailers of the cast write them (not by `wire`, whose reader is tested on these).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use wire::mime::{DateTime, JapaneseCharset, encode_japanese};

use super::files::File;

/// How a mailer writes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8 in base64.
    Utf8,
    /// UTF-8 as it is.
    Eight,
    /// ISO-2022-JP as it is.
    Jis,
    /// Shift_JIS in base64.
    ShiftJis,
    /// EUC-JP as it is.
    EucJp,
}

impl Charset {
    fn japanese(self) -> Option<JapaneseCharset> {
        match self {
            Charset::Utf8 | Charset::Eight => None,
            Charset::Jis => Some(JapaneseCharset::Iso2022Jp),
            Charset::ShiftJis => Some(JapaneseCharset::ShiftJis),
            Charset::EucJp => Some(JapaneseCharset::EucJp),
        }
    }

    /// The octets and the label; text that does not fit goes as UTF-8.
    fn encode(self, text: &str) -> (Vec<u8>, &'static str) {
        match self
            .japanese()
            .and_then(|charset| Some((encode_japanese(text, charset)?, charset.label())))
        {
            Some(written) => written,
            None => (text.as_bytes().to_vec(), "UTF-8"),
        }
    }
}

/// A mail before it is written.
pub(super) struct Letter {
    /// Name and address.
    pub(super) from: (String, String),
    pub(super) to: Vec<(String, String)>,
    pub(super) cc: Vec<(String, String)>,
    pub(super) subject: String,
    pub(super) date: DateTime,
    /// Ids with angle brackets.
    pub(super) id: String,
    pub(super) references: Vec<String>,
    pub(super) charset: Charset,
    pub(super) mailer: &'static str,
    pub(super) text: String,
    pub(super) html: Option<String>,
    pub(super) files: Vec<File>,
    /// More header lines, ASCII, without line ends.
    pub(super) more: Vec<String>,
}

pub(super) fn render(letter: &Letter) -> Vec<u8> {
    let mut head = Vec::new();
    line(&mut head, "Date", &letter.date.to_rfc5322());
    line(&mut head, "From", &mailbox(&letter.from, letter.charset));
    line(&mut head, "To", &mailboxes(&letter.to, letter.charset));
    if !letter.cc.is_empty() {
        line(&mut head, "Cc", &mailboxes(&letter.cc, letter.charset));
    }
    line(
        &mut head,
        "Subject",
        &words(&letter.subject, letter.charset),
    );
    line(&mut head, "Message-ID", &letter.id);
    if let Some(last) = letter.references.last() {
        line(&mut head, "In-Reply-To", last);
        line(&mut head, "References", &letter.references.join("\r\n "));
    }
    if !letter.mailer.is_empty() {
        line(&mut head, "X-Mailer", letter.mailer);
    }
    for more in &letter.more {
        head.extend_from_slice(format!("{more}\r\n").as_bytes());
    }
    line(&mut head, "MIME-Version", "1.0");
    head.extend(content(letter));
    head
}

fn line(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
}

fn content(letter: &Letter) -> Vec<u8> {
    let mark: String = letter
        .id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect();
    let text = text_part("plain", &letter.text, letter.charset);
    let body = match &letter.html {
        Some(html) => {
            let html = text_part("html", html, letter.charset);
            multipart("alternative", &format!("----=_A_{mark}"), &[text, html])
        }
        None => text,
    };
    if letter.files.is_empty() {
        return body;
    }
    let mut parts = vec![body];
    parts.extend(
        letter
            .files
            .iter()
            .map(|file| file_part(file, letter.charset)),
    );
    multipart("mixed", &format!("----=_M_{mark}"), &parts)
}

fn text_part(subtype: &str, text: &str, charset: Charset) -> Vec<u8> {
    let lines = text.replace('\n', "\r\n");
    let (octets, label) = charset.encode(&lines);
    let base64 = matches!(charset, Charset::Utf8 | Charset::ShiftJis) && !lines.is_ascii();
    let label = if lines.is_ascii() { "us-ascii" } else { label };
    let encoding = match (base64, octets.is_ascii()) {
        (true, _) => "base64",
        (false, true) => "7bit",
        (false, false) => "8bit",
    };
    let mut out = format!(
        "Content-Type: text/{subtype}; charset={label}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    .into_bytes();
    out.extend(if base64 {
        base64_lines(&octets)
    } else {
        octets
    });
    out.extend_from_slice(b"\r\n");
    out
}

/// Newer mailers name files by RFC 2231, older ones by encoded words in quotes.
fn file_part(file: &File, charset: Charset) -> Vec<u8> {
    let old = words(&file.name, charset);
    let name = match charset {
        Charset::Jis | Charset::ShiftJis | Charset::EucJp => format!("filename=\"{old}\""),
        Charset::Utf8 | Charset::Eight => {
            let percent: String = file.name.bytes().map(percent).collect();
            format!("filename*=UTF-8''{percent}")
        }
    };
    let mut out = format!(
        "Content-Type: {};\r\n\tname=\"{old}\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n\t{name}\r\n\r\n",
        file.content_type
    )
    .into_bytes();
    out.extend(base64_lines(&file.bytes));
    out.extend_from_slice(b"\r\n");
    out
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn multipart(subtype: &str, boundary: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut out =
        format!("Content-Type: multipart/{subtype};\r\n\tboundary=\"{boundary}\"\r\n\r\n")
            .into_bytes();
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(part);
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

fn base64_lines(octets: &[u8]) -> Vec<u8> {
    let lines: Vec<String> = octets
        .chunks(57)
        .map(|line| STANDARD.encode(line))
        .collect();
    lines.join("\r\n").into_bytes()
}

/// Encoded words of some characters each, folded.
fn words(text: &str, charset: Charset) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    // One charset for the whole field: the mailer decides once.
    let fits = charset
        .japanese()
        .filter(|charset| encode_japanese(text, *charset).is_some());
    let words: Vec<String> = characters
        .chunks(12)
        .map(|chunk| {
            let piece: String = chunk.iter().collect();
            let (octets, label) = match fits {
                Some(_) => charset.encode(&piece),
                None => (piece.into_bytes(), "UTF-8"),
            };
            format!("=?{label}?B?{}?=", STANDARD.encode(octets))
        })
        .collect();
    words.join("\r\n ")
}

fn mailbox((name, email): &(String, String), charset: Charset) -> String {
    if name.is_empty() {
        return email.clone();
    }
    let plain = name.is_ascii()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
    let name = if name.is_ascii() && !plain {
        format!("\"{}\"", name.replace('"', "'"))
    } else {
        words(name, charset)
    };
    format!("{name} <{email}>")
}

fn mailboxes(list: &[(String, String)], charset: Charset) -> String {
    list.iter()
        .map(|one| mailbox(one, charset))
        .collect::<Vec<_>>()
        .join(",\r\n ")
}
