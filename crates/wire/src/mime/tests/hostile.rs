use proptest::prelude::*;

use super::*;

#[test]
fn octets_without_any_header_are_text() {
    for raw in [
        b"".as_slice(),
        b"\r\n",
        b"\r\n\r\nhello",
        b"hello\r\nworld",
        b"\0\0\0",
        b"\xff\xfe",
    ] {
        let message = read(raw);
        assert_eq!(message.structure.content_type, "text/plain", "{raw:?}");
        assert_eq!(message.structure.part_id.as_deref(), Some("1"));
    }
    assert_eq!(
        body_of(b"hello\r\nworld"),
        ("hello\nworld".to_owned(), false)
    );
}

#[test]
fn zero_octets_are_dropped_from_text_and_headers() {
    let raw = b"Subject: a\0b\r\nFrom: \0Ali\0ce <a\0lice@example.jp>\r\n\r\nte\0xt";
    let message = read(raw);
    assert_eq!(message.headers.subject.as_deref(), Some("ab"));
    assert_eq!(
        message.headers.from,
        [Address::named("Alice", "alice@example.jp")]
    );
    assert_eq!(body_of(raw).0, "text");
}

#[test]
fn a_missing_blank_line_does_not_lose_the_text() {
    let raw = b"Subject: s\r\nFrom: a@example.jp\r\nHello Bob,\r\nsecond line\r\n";
    assert_eq!(body_of(raw).0, "Hello Bob,\nsecond line\n");
    assert_eq!(read(raw).headers.subject.as_deref(), Some("s"));
}

#[test]
fn a_multipart_without_children_shows_its_text() {
    let text = "Content-Type: multipart/mixed; boundary=b\r\n\r\njust text\r\n";
    assert_eq!(body_of(text.as_bytes()).0, "just text\n");
    let no_boundary = "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\njust text\r\n";
    assert!(body_of(no_boundary.as_bytes()).0.contains("just text"));
    let empty = read(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n");
    assert!(
        empty.structure.is_multipart()
            && empty.structure.sub_parts.is_empty()
            && empty.text_body.is_empty()
    );
}

#[test]
fn an_unclosed_inner_multipart_ends_with_its_parent() {
    let raw = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nin\r\n--o\r\n\r\nout\r\n--o--\r\n";
    let message = read(raw);
    assert_eq!(part_text(raw, message.part("1.1").expect("in")).0, "in");
    assert_eq!(part_text(raw, message.part("2").expect("out")).0, "out");
}

#[test]
fn twenty_thousand_nested_multiparts_are_bounded_and_survive_json() {
    let mut raw = String::new();
    for level in 0..20_000 {
        raw.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
        ));
    }
    let message = read(raw.as_bytes());
    assert!(message.truncated);
    assert_eq!(message.parts().len(), MAX_DEPTH + 1);
    let json = serde_json::to_string(&vec![&message]).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Vec<Message>>(&json).expect("a message"),
        [message]
    );
}

#[test]
fn a_hundred_thousand_nested_messages_are_one_attachment() {
    let raw = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000);
    assert_eq!(read(raw.as_bytes()).attachments, ["1"]);
}

#[test]
fn more_parts_than_the_bound_are_left_out() {
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nx\r\n".repeat(20_000)
    );
    let message = read(raw.as_bytes());
    assert!(message.truncated);
    assert_eq!(message.parts().len(), MAX_PARTS);
}

#[test]
fn a_hundred_thousand_recipients_are_kept_to_the_bound_and_counted() {
    let list: String = (0..100_000)
        .map(|n| format!("User {n} <user{n}@example.jp>,\r\n "))
        .collect();
    let headers = read(format!("To: {list}\r\n\r\n").as_bytes()).headers;
    assert_eq!(headers.to.len(), MAX_ADDRESSES);
    assert_eq!(headers.addresses_left_out, 95_000);
}

#[test]
fn long_lines_and_many_openings_cost_no_square() {
    for piece in [
        "=?",
        "=?utf-8?B?",
        "\"",
        "(",
        "<",
        "\\",
        "\x1b$B",
        "a,",
        ":",
        ";",
        "<,",
        "\x1b$B,",
        "=?a?B?",
        "=\t",
        "(a)",
        "<a>",
        "\"a\"",
    ] {
        let long = piece.repeat(200_000);
        let raw = format!(
            "Subject: {long}\r\nFrom: {long}\r\nContent-Type: text/plain; {long}\r\n\r\n{long}"
        );
        let message = read(raw.as_bytes());
        assert!(
            message
                .headers
                .subject
                .is_some_and(|subject| subject.chars().count() <= 10_000)
        );
    }
}

#[test]
fn delimiters_without_end_are_bounded() {
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=-\r\n\r\n{}",
        "---\n".repeat(100_000)
    );
    assert!(read(raw.as_bytes()).parts().len() <= MAX_PARTS);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_can_be_read_and_kept(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        let message = read(&raw);
        for part in message.parts() {
            if part.part_id.is_some() {
                prop_assert_eq!(part_bytes(&raw, part).len(), part.size);
            }
            let _ = part_text(&raw, part);
        }
        let json = serde_json::to_string(&message).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Message>(&json).expect("a message"), message);
    }

    #[test]
    fn pieces_of_mails_in_any_order_can_be_read(pieces in proptest::collection::vec(0usize..22, 0..60)) {
        const PIECES: [&[u8]; 22] = [
            b"Content-Type: multipart/mixed; boundary=b\r\n", b"\r\n", b"--b\r\n", b"--b--\r\n", b"Subject: ",
            b"=?utf-8?B?44GC?=", b"=?iso-2022-jp?B?GyRC", b"?=", b"\x1b$B", b"\x1b(B", b"From: ", b"\"", b"<a@b>", b",",
            b"Content-Transfer-Encoding: base64\r\n", b"44GC", b"\x83\x5c", b"\n", b" ", b"filename*0*=utf-8''%E3", b"=E3=\r\n",
            b"Content-Type: text/html; charset=cp932\r\n",
        ];
        let raw: Vec<u8> = pieces.iter().flat_map(|at| PIECES.get(*at).copied().unwrap_or_default()).copied().collect();
        let message = read(&raw);
        let _ = search_text(&raw, &message);
        for part in message.parts() {
            prop_assert!(part.body.start <= part.body.end && part.body.end <= raw.len());
            let _ = part_text(&raw, part);
        }
    }
}
