//! Small files to attach: real enough to be opened.

use wire::mime::{JapaneseCharset, encode_japanese};

use super::story::Files;

/// A file of a mail.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) content_type: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// The file of this kind; `number` is the document's, `amount` its total.
pub(super) fn make(
    kind: Files,
    english: bool,
    number: &str,
    amount: &str,
    text: &str,
) -> Vec<File> {
    let named = |japanese: &str, plain: &str, ending: &str| {
        let name = if english { plain } else { japanese };
        format!("{name}_{number}.{ending}")
    };
    let document = |title: &str| {
        pdf(&[
            title,
            &format!("No. {number}"),
            &format!("Total: JPY {amount}"),
        ])
    };
    let file = match kind {
        Files::None => return Vec::new(),
        Files::Quotation => File {
            name: named("御見積書", "quotation", "pdf"),
            content_type: "application/pdf",
            bytes: document("QUOTATION"),
        },
        Files::Invoice => File {
            name: named("請求書", "invoice", "pdf"),
            content_type: "application/pdf",
            bytes: document("INVOICE"),
        },
        Files::Order => File {
            name: named("注文書", "order", "pdf"),
            content_type: "application/pdf",
            bytes: document("PURCHASE ORDER"),
        },
        Files::Table => File {
            name: named("出荷明細", "packing-list", "csv"),
            content_type: "text/csv",
            bytes: table(english, number),
        },
        Files::Note => File {
            name: named("議事録", "log", "txt"),
            content_type: "text/plain; charset=UTF-8",
            bytes: text.replace('\n', "\r\n").into_bytes(),
        },
        Files::Picture => File {
            name: named("画面写真①", "screen", "png"),
            content_type: "image/png",
            bytes: png(number),
        },
    };
    vec![file]
}

/// Spreadsheets in Japan open CSV as Shift_JIS.
fn table(english: bool, number: &str) -> Vec<u8> {
    let rows: String = (1..=6)
        .map(|row| format!("{row},{number}-{row:02},{}\r\n", row * 12))
        .collect();
    if english {
        return format!("carton,item,quantity\r\n{rows}").into_bytes();
    }
    let text = format!("行,品番,数量\r\n{rows}");
    encode_japanese(&text, JapaneseCharset::ShiftJis).unwrap_or_else(|| text.into_bytes())
}

/// One page of Helvetica, with a correct table of offsets.
fn pdf(lines: &[&str]) -> Vec<u8> {
    let shown: String = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let size = if at == 0 { 20 } else { 12 };
            let escaped = line
                .replace('\\', "\\\\")
                .replace('(', "\\(")
                .replace(')', "\\)");
            format!(
                "BT /F1 {size} Tf 72 {} Td ({escaped}) Tj ET\n",
                760 - at * 30
            )
        })
        .collect();
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{shown}endstream", shown.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let xref = out.len();
    out.push_str(&format!(
        "xref\n0 {}\n0000000000 65535 f \n",
        objects.len() + 1
    ));
    for offset in offsets {
        out.push_str(&format!("{offset:010} 00000 n \n"));
    }
    out.push_str(&format!(
        "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n",
        objects.len() + 1
    ));
    out.into_bytes()
}

/// A picture of stripes whose colour comes from `number`.
fn png(number: &str) -> Vec<u8> {
    const SIDE: u32 = 48;
    let tint = number.bytes().fold(90u8, u8::wrapping_add);
    let mut pixels = Vec::new();
    for row in 0..SIDE {
        pixels.push(0);
        for column in 0..SIDE {
            let shade = if (row + column) / 8 % 2 == 0 {
                230
            } else {
                120
            };
            pixels.extend([shade, tint, 255 - shade]);
        }
    }
    let length = u16::try_from(pixels.len()).unwrap_or(u16::MAX);
    // One stored block: no compression is needed here.
    let mut data = vec![0x78, 0x01, 0x01];
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(&pixels);
    data.extend(adler32(&pixels).to_be_bytes());
    let mut header = Vec::new();
    header.extend(SIDE.to_be_bytes());
    header.extend(SIDE.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [(b"IHDR", header), (b"IDAT", data), (b"IEND", Vec::new())] {
        out.extend(u32::try_from(content.len()).unwrap_or(0).to_be_bytes());
        let body = [name.as_slice(), &content].concat();
        out.extend(&body);
        out.extend(crc32(&body).to_be_bytes());
    }
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    let (one, two) = bytes.iter().fold((1u32, 0u32), |(one, two), byte| {
        let one = (one + u32::from(*byte)) % 65_521;
        (one, (two + one) % 65_521)
    });
    two << 16 | one
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}
