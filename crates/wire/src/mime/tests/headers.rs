use super::*;

#[test]
fn a_character_cut_over_two_words_is_whole() {
    let octets = "日本語の件名".as_bytes();
    let (one, two) = octets.split_at(7);
    let value = format!("{} \r\n {}", b_word("UTF-8", one), b_word("utf-8", two));
    assert_eq!(subject(value.as_bytes()), "日本語の件名");
}

#[test]
fn a_jis_shift_state_cut_over_two_words_is_kept() {
    let octets = jis("株式会社の件");
    let (one, two) = octets.split_at(7);
    let value = format!(
        "{}\r\n {}",
        b_word("ISO-2022-JP", one),
        b_word("ISO-2022-JP", two)
    );
    assert_eq!(subject(value.as_bytes()), "株式会社の件");
}

#[test]
fn joined_words_that_each_switch_back_have_nothing_between_them() {
    let value = format!(
        "Re: {}\r\n {} end",
        b_word("iso-2022-jp", &jis("①会議")),
        b_word("iso-2022-jp", &jis("㈱髙橋"))
    );
    assert_eq!(subject(value.as_bytes()), "Re: ①会議㈱髙橋 end");
}

#[test]
fn words_of_odd_labels_and_of_q_encoding_are_read() {
    assert_eq!(
        subject(b_word("cp932", &sjis("髙島屋")).as_bytes()),
        "髙島屋"
    );
    assert_eq!(subject(b_word("CP51932", &euc("請求")).as_bytes()), "請求");
    assert_eq!(subject(b"=?utf-8*ja?Q?=E8=AB=8B_=E6=B1=82?= x"), "請 求 x");
    assert_eq!(
        subject(b"=?iso-8859-1?q?caf=E9?= =?utf-8?q?_=E2=82=AC?="),
        "café €"
    );
}

#[test]
fn base64_cut_between_groups_is_joined() {
    let coded = STANDARD.encode("見積書の件");
    let (one, two) = coded.split_at(5);
    assert_eq!(
        subject(format!("=?UTF-8?B?{one}?= =?UTF-8?B?{two}?=").as_bytes()),
        "見積書の件"
    );
}

#[test]
fn raw_text_in_a_subject_is_read_by_its_octets() {
    let text = "障害報告のお知らせ";
    for octets in [jis(text), sjis(text), euc(text), text.as_bytes().to_vec()] {
        assert_eq!(subject(&octets), text);
    }
}

#[test]
fn what_is_no_encoded_word_stays() {
    for value in [
        "=?utf-8?B?",
        "=?utf-8?X?abc?=",
        "=??B?aa?=",
        "a =? b ?= c",
        "=?utf-8?Q?a =?",
    ] {
        assert_eq!(subject(value.as_bytes()), value);
    }
}

fn from(value: &[u8]) -> Vec<Address> {
    let raw = [b"From: ".as_slice(), value, b"\r\n\r\n"].concat();
    read(&raw).headers.from
}

#[test]
fn addresses_are_read_in_all_their_spellings() {
    let sato = vec![Address::named("佐藤 花子", "hanako@example.jp")];
    let word = b_word("iso-2022-jp", &jis("佐藤 花子"));
    assert_eq!(from(format!("{word} <hanako@example.jp>").as_bytes()), sato);
    assert_eq!(
        from(format!("\"{word}\"\r\n <hanako@example.jp>").as_bytes()),
        sato
    );
    assert_eq!(from(format!("hanako@example.jp ({word})").as_bytes()), sato);
    for octets in [
        jis("佐藤 花子"),
        sjis("佐藤 花子"),
        euc("佐藤 花子"),
        "佐藤 花子".as_bytes().to_vec(),
    ] {
        assert_eq!(
            from(&[octets.as_slice(), b" <hanako@example.jp>"].concat()),
            sato
        );
        assert_eq!(
            from(&[b"\"".as_slice(), &octets, b"\" <hanako@example.jp>"].concat()),
            sato
        );
    }
}

#[test]
fn a_shift_jis_backslash_inside_quotes_ends_nothing() {
    let octets = [
        b"\"".as_slice(),
        &sjis("三井ソフト表"),
        b"\" <a@example.jp>, bob@example.jp",
    ]
    .concat();
    let both = from(&octets);
    assert_eq!(
        both,
        [
            Address::named("三井ソフト表", "a@example.jp"),
            Address::bare("bob@example.jp")
        ]
    );
}

#[test]
fn an_encoded_name_cannot_pretend_to_be_an_address() {
    let word = b_word("utf-8", b"boss@example.jp> , <evil@example.com");
    assert_eq!(
        from(format!("{word} <eve@example.com>").as_bytes()),
        [Address::named(
            "boss@example.jp> , <evil@example.com",
            "eve@example.com"
        )]
    );
}

#[test]
fn groups_comments_routes_and_quoted_local_parts_are_understood() {
    let all = from(b"Team: Alice <alice@example.jp>, bob@example.jp;, (x) <@a,@b:carol@example.jp>, \"dave d\"@example.jp, root, Foo Bar, undisclosed-recipients:;");
    assert_eq!(
        all,
        [
            Address::named("Alice", "alice@example.jp"),
            Address::bare("bob@example.jp"),
            Address::named("x", "carol@example.jp"),
            Address::bare("\"dave d\"@example.jp"),
            Address::bare("root"),
            Address {
                name: Some("Foo Bar".into()),
                email: String::new()
            },
        ]
    );
    let raw = b"To: Team: alice@example.jp, bob@example.jp;, carol@example.jp\r\n\r\n";
    let groups = header_values(raw, "to", HeaderForm::GroupedAddresses);
    assert_eq!(
        groups.first().map(HeaderValue::to_json),
        Some(serde_json::json!([
            {"name": "Team", "addresses": [{"name": null, "email": "alice@example.jp"}, {"name": null, "email": "bob@example.jp"}]},
            {"name": null, "addresses": [{"name": null, "email": "carol@example.jp"}]},
        ]))
    );
}

#[test]
fn ids_are_read_with_and_without_brackets_and_folded() {
    let raw = b"Message-ID: <a@x>\r\nIn-Reply-To: b@x\r\nReferences: <c@x>\r\n\t<d@\r\n x> (comment) <e@x>\r\n\r\n";
    let headers = read(raw).headers;
    assert_eq!(headers.message_id, ["a@x"]);
    assert_eq!(headers.in_reply_to, ["b@x"]);
    assert_eq!(headers.references, ["c@x", "d@x", "e@x"]);
}

#[test]
fn fields_come_in_all_jmap_forms() {
    let raw = b"X-A: one \r\n two\r\nx-a: =?utf-8?q?=E3=81=82?=\r\nDate: Mon, 23 Nov 2026 11:40:00 +0900\r\nList-Unsubscribe: <https://example.jp/u>, <mailto:u@example.jp>\r\nX-Empty:\r\n\r\nX-A: body";
    let json = |name, form| {
        header_values(raw, name, form)
            .iter()
            .map(HeaderValue::to_json)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        json("x-A", HeaderForm::Raw),
        [" one \r\n two", " =?utf-8?q?=E3=81=82?="]
    );
    assert_eq!(json("X-A", HeaderForm::Text), ["one  two", "あ"]);
    assert_eq!(
        json("date", HeaderForm::Date),
        ["2026-11-23T11:40:00+09:00"]
    );
    assert_eq!(
        json("x-a", HeaderForm::Date),
        [serde_json::Value::Null, serde_json::Value::Null]
    );
    assert_eq!(
        json("list-unsubscribe", HeaderForm::Urls),
        [serde_json::json!([
            "https://example.jp/u",
            "mailto:u@example.jp"
        ])]
    );
    assert_eq!(
        json("x-empty", HeaderForm::MessageIds),
        [serde_json::Value::Null]
    );
    assert!(json("x-none", HeaderForm::Raw).is_empty());
    assert_eq!(
        header_fields(raw)
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["X-A", "x-a", "Date", "List-Unsubscribe", "X-Empty"]
    );
    assert_eq!(HeaderForm::parse("asURLs"), Some(HeaderForm::Urls));
    assert_eq!(HeaderForm::parse("asUrls"), None);
}

#[test]
fn bcc_is_taken_out_with_its_folded_lines_and_nothing_else() {
    let raw = b"From: a@x\r\nBCC: b@x,\r\n c@x\r\nSubject: s\r\n\r\nBcc: in the text\r\n";
    assert_eq!(
        without_bcc(raw),
        b"From: a@x\r\nSubject: s\r\n\r\nBcc: in the text\r\n"
    );
}
