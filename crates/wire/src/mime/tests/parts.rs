use super::*;

fn ids(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

const MIXED: &[u8] = include_bytes!("../../../fixtures/mime/mixed-alternative-related.eml");

#[test]
fn a_mail_with_everything_is_cut_into_its_parts() {
    let message = read(MIXED);
    assert_eq!(message.structure.content_type, "multipart/mixed");
    assert_eq!(message.structure.part_id, None);
    let all: Vec<_> = message
        .parts()
        .iter()
        .filter_map(|part| part.part_id.clone())
        .collect();
    assert_eq!(all, ["1.1", "1.2.1", "1.2.2", "2", "3"]);
    assert_eq!(ids(&message.text_body), ["1.1"]);
    assert_eq!(ids(&message.html_body), ["1.2.1"]);
    assert_eq!(ids(&message.attachments), ["1.2.2", "2", "3"]);
    assert!(message.has_attachment);
    assert!(
        message
            .preview
            .starts_with("鈴木様 お世話になっております。"),
        "{}",
        message.preview
    );
    let picture = message.part("1.2.2").expect("the picture");
    assert_eq!(
        (picture.cid.as_deref(), picture.disposition.as_deref()),
        (Some("logo@example.jp"), Some("inline"))
    );
    let pdf = message.part("2").expect("the file");
    assert_eq!(pdf.name.as_deref(), Some("御見積書①.pdf"));
    assert_eq!(
        (part_bytes(MIXED, pdf), pdf.size),
        (b"%PDF-1.4\n".to_vec(), 9)
    );
    assert_eq!(
        message.part("3").map(|part| part.content_type.as_str()),
        Some("message/rfc822")
    );
}

#[test]
fn the_store_gets_back_what_it_kept_as_json() {
    let message = read(MIXED);
    let json = serde_json::to_string(&message).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Message>(&json).expect("a message"),
        message
    );
}

#[test]
fn search_text_holds_bodies_and_names_of_files() {
    let message = read(MIXED);
    let text = search_text(MIXED, &message);
    assert!(text.contains("御見積書①.pdf") && text.contains("お世話になっております"));
    assert!(text.len() <= SEARCH_BYTES);
}

fn nested(parts: &str, kind: &str) -> Vec<u8> {
    let mut raw = format!("Content-Type: multipart/{kind}; boundary=b\r\n\r\n");
    for part in parts.split('|') {
        let (content_type, more) = part.split_once(' ').unwrap_or((part, ""));
        raw.push_str(&format!("--b\r\nContent-Type: {content_type}\r\n"));
        if !more.is_empty() {
            raw.push_str(&format!("Content-Disposition: {more}\r\n"));
        }
        raw.push_str("\r\nx\r\n");
    }
    raw.push_str("--b--\r\n");
    raw.into_bytes()
}

#[test]
fn bodies_follow_rfc_8621() {
    let bodies = |parts: &str, kind: &str| {
        let message = read(&nested(parts, kind));
        (
            message.text_body.join(","),
            message.html_body.join(","),
            message.attachments.join(","),
        )
    };
    let are =
        |text: &str, html: &str, files: &str| (text.to_owned(), html.to_owned(), files.to_owned());
    assert_eq!(
        bodies("text/plain|text/html", "alternative"),
        are("1", "2", "")
    );
    assert_eq!(bodies("text/html", "alternative"), are("1", "1", ""));
    assert_eq!(
        bodies("text/plain|text/html|text/calendar", "alternative"),
        are("1", "2", "3")
    );
    assert_eq!(
        bodies("text/plain|image/png inline|text/plain", "mixed"),
        are("1,2,3", "1,2,3", "")
    );
    assert_eq!(
        bodies("text/plain|text/plain attachment", "mixed"),
        are("1", "1", "2")
    );
    assert_eq!(bodies("text/html|image/png", "related"), are("1", "1", "2"));
    assert_eq!(
        bodies("text/plain|application/ms-tnef", "mixed"),
        are("1", "1", "2")
    );
}

#[test]
fn names_in_rfc_2231_may_cut_a_jis_shift_state() {
    let octets: String = jis("御見積書（最終版）.xlsx")
        .iter()
        .map(|byte| format!("%{byte:02X}"))
        .collect();
    let (one, two) = octets.split_at(21);
    let raw = format!(
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n filename*1*={two};\r\n filename*0*=ISO-2022-JP'ja'{one}\r\n\r\nx"
    );
    assert_eq!(
        read(raw.as_bytes()).structure.name.as_deref(),
        Some("御見積書（最終版）.xlsx")
    );
}

#[test]
fn names_come_in_many_spellings() {
    let name = |field: &[u8]| read(&[field, b"\r\n\r\nx"].concat()).structure.name;
    let expected = Some("議事録 表.txt".to_owned());
    let word = b_word("iso-2022-jp", &jis("議事録 表.txt"));
    assert_eq!(
        name(format!("Content-Type: text/csv; name=\"{word}\"").as_bytes()),
        expected
    );
    assert_eq!(
        name(format!("Content-Type: text/csv; name={word}").as_bytes()),
        expected
    );
    assert_eq!(
        name(
            &[
                b"Content-Disposition: attachment; filename=\"".as_slice(),
                &sjis("議事録 表.txt"),
                b"\""
            ]
            .concat()
        ),
        expected
    );
    assert_eq!(
        name(
            &[
                b"Content-Disposition: attachment; filename=".as_slice(),
                &jis("議事録 表.txt")
            ]
            .concat()
        ),
        expected
    );
    assert_eq!(
        name(b"Content-Disposition: attachment; filename*=cp932''%8Bc%8E%96%98%5E%20%95%5C.txt"),
        expected
    );
    assert_eq!(
        name(b"Content-Disposition: attachment; filename=a b;c.txt"),
        Some("a b".into())
    );
    assert_eq!(
        name(b"Content-Disposition: attachment; filename*0=\"a\"; filename*1=\"b.txt\""),
        Some("ab.txt".into())
    );
}

#[test]
fn transfer_encodings_are_undone_as_written_by_careless_senders() {
    let bytes = |encoding: &str, body: &[u8]| {
        let raw = [
            format!("Content-Transfer-Encoding: {encoding}\r\n\r\n").as_bytes(),
            body,
        ]
        .concat();
        let message = read(&raw);
        let bytes = part_bytes(&raw, &message.structure);
        assert_eq!(bytes.len(), message.structure.size, "{encoding}");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    assert_eq!(bytes("BASE64", b"SGVs\r\nbG8=\r\nIQ==\r\n"), "Hello!");
    assert_eq!(bytes("base64", b"SGVsb G8"), "Hello");
    assert_eq!(
        bytes("Quoted-Printable", b"a=3Db =\r\nc  \r\n=E3=81=82=ZZ="),
        "a=b c\r\nあ=ZZ"
    );
    assert_eq!(bytes("x-uuencode", b"begin 644 a\n#0V%T\n`\nend\n"), "Cat");
    assert_eq!(bytes("8bit", "あ".as_bytes()), "あ");
    let raw = b"Content-Transfer-Encoding: x-own\r\n\r\nabc";
    assert_eq!(
        part_text(raw, &read(raw).structure),
        ("abc".to_owned(), true)
    );
}

#[test]
fn an_attached_message_is_a_leaf_that_can_be_read_itself() {
    let message = read(MIXED);
    let part = message.part("3").expect("the message");
    let inner = part_bytes(MIXED, part);
    assert_eq!(read(&inner).headers.subject.as_deref(), Some("inner"));
    assert_eq!(
        header_values(part.header.of(MIXED), "content-type", HeaderForm::Text).len(),
        1
    );
}

#[test]
fn a_picture_shown_in_the_html_is_no_attachment_and_a_file_is() {
    let raw = b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src=cid:a>\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <a>\r\n\r\nx\r\n--b--\r\n";
    let message = read(raw);
    assert_eq!(
        (ids(&message.attachments), message.has_attachment),
        (vec!["2"], false)
    );
    assert!(read(&nested("text/plain|application/pdf", "mixed")).has_attachment);
}

#[test]
fn html_is_previewed_as_its_text() {
    let html = "<html><head><title>t</title><style>p{color:red}</style></head><body><div>新製品の</div><div>ご案内 &amp; more&nbsp;&#x3042;</div><script>x()</script><table><tr><td>a</td><td>b</td></tr></table></body></html>";
    let raw = mail("text/html; charset=utf-8", html.as_bytes());
    assert_eq!(read(&raw).preview, "新製品の ご案内 & more あ a b");
    assert_eq!(html_to_text("a < b &unknown; & c"), "a < b &unknown; & c");
}

#[test]
fn a_preview_has_at_most_256_characters() {
    let raw = mail(
        "text/plain; charset=utf-8",
        "長い文章。".repeat(10_000).as_bytes(),
    );
    assert_eq!(read(&raw).preview.chars().count(), PREVIEW_CHARS);
    let message = read(&raw);
    assert!(search_text(&raw, &message).len() <= SEARCH_BYTES);
}
