use super::*;

const LINE: &str = "①㈱髙橋商事のご担当者様、ｶﾅも読めます。";

#[test]
fn every_label_of_the_jis_family_reads_nec_characters_and_half_width_kana() {
    for label in [
        "iso-2022-jp",
        "ISO-2022-JP-MS",
        "CP50220",
        "cp50221",
        "CP50222",
        "ISO-2022-JP-2",
        "iso-2022-jp-1",
        "csISO2022JP",
    ] {
        let raw = mail(&format!("text/plain; charset={label}"), &jis(LINE));
        assert_eq!(body_of(&raw), (LINE.to_owned(), false), "{label}");
    }
}

#[test]
fn every_label_of_shift_jis_is_known() {
    for label in [
        "Shift_JIS",
        "cp932",
        "CP932",
        "windows-31j",
        "MS932",
        "x-sjis",
        "sjis",
        "Windows-31J",
        "ms_kanji",
    ] {
        let raw = mail(&format!("text/plain; charset=\"{label}\""), &sjis(LINE));
        assert_eq!(body_of(&raw), (LINE.to_owned(), false), "{label}");
    }
}

#[test]
fn every_label_of_euc_jp_is_known() {
    for label in ["EUC-JP", "eucJP-ms", "CP51932", "x-euc-jp", "eucjp", "ujis"] {
        let raw = mail(&format!("text/plain; charset={label}"), &euc(LINE));
        assert_eq!(body_of(&raw), (LINE.to_owned(), false), "{label}");
    }
}

#[test]
fn a_body_without_charset_is_read_by_its_octets() {
    let text = "お世話になっております。佐藤です。";
    for octets in [jis(text), sjis(text), euc(text), text.as_bytes().to_vec()] {
        assert_eq!(
            body_of(&mail("text/plain", &octets)),
            (text.to_owned(), false)
        );
    }
}

#[test]
fn a_wrong_label_gives_way_to_the_octets() {
    let text = "お世話になっております。会議の件、承知いたしました。";
    let octets = [jis(text), sjis(text), euc(text), text.as_bytes().to_vec()];
    for label in [
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "Shift_JIS",
        "iso-2022-jp",
        "x-nobody-knows",
    ] {
        for (kind, octets) in octets.iter().enumerate() {
            let (read, _) = body_of(&mail(&format!("text/plain; charset={label}"), octets));
            assert_eq!(read, text, "{label} over {kind}");
        }
    }
}

#[test]
fn utf8_and_shift_jis_under_the_label_euc_jp_are_found() {
    let text = "請求書をお送りします。ご確認ください。";
    assert_eq!(decode_charset(text.as_bytes(), Some("euc-jp")).text, text);
    assert_eq!(decode_charset(&sjis(text), Some("euc-jp")).text, text);
}

#[test]
fn western_text_stays_western() {
    for text in [
        "Résumé – “don’t” worry, it’s élan",
        "Müller & Söhne GmbH, Zürich",
        "“Hello” ‘world’",
    ] {
        let octets = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
        assert_eq!(
            decode_charset(&octets, Some("iso-8859-1")),
            Decoded {
                text: text.into(),
                problem: false
            }
        );
        assert_eq!(decode_charset(&octets, None).text, text);
    }
    assert_eq!(decode_charset(&[0xC1, 0xC3], Some("koi8-r")).text, "ац");
}

#[test]
fn what_cannot_be_read_is_reported_and_replaced() {
    let read = decode_charset(b"abc \xff\xfe\xff def", Some("utf-8"));
    assert!(read.problem && read.text.starts_with("abc "));
    assert!(decode_charset(b"caf\xe9", Some("x-nobody-knows")).problem);
    assert!(!decode_charset(b"plain", Some("x-nobody-knows")).problem);
}

#[test]
fn jis_that_forgets_to_switch_back_spoils_one_line_only() {
    let mut octets = b"\x1b$B$3$s$K$A$O\r\nplain line\r\n".to_vec();
    octets.extend(jis("次の行"));
    assert_eq!(
        decode_charset(&octets, Some("iso-2022-jp")).text,
        "こんにちは\r\nplain line\r\n次の行"
    );
}

#[test]
fn jis_x_0212_gb_2312_and_shifted_kana_are_read() {
    assert_eq!(
        decode_charset(b"\x1b$(D0!\x1b(B", Some("iso-2022-jp-1")).text,
        "丂"
    );
    assert_eq!(
        decode_charset(b"\x1b$A0!\x1b(B", Some("iso-2022-jp-2")).text,
        "啊"
    );
    assert_eq!(
        decode_charset(b"a\x0e123\x0fb", Some("cp50222")).text,
        "aｱｲｳb"
    );
    assert_eq!(
        decode_charset(b"\xb1\xb2\xb3 \x1b$B$\"\x1b(B", Some("iso-2022-jp")).text,
        "ｱｲｳ あ"
    );
}

#[test]
fn what_does_not_fit_an_old_charset_is_refused_whole() {
    assert_eq!(jis("aあ①ｱb"), b"a\x1b$B$\"-!\x1b(I1\x1b(Bb");
    for charset in [
        JapaneseCharset::Iso2022Jp,
        JapaneseCharset::ShiftJis,
        JapaneseCharset::EucJp,
    ] {
        assert_eq!(
            encode_japanese("了解です😀", charset),
            None,
            "{}",
            charset.label()
        );
    }
}

#[test]
fn two_escapes_in_a_row_are_no_character() {
    assert_eq!(
        decode_charset(
            b"\x1b(B\x1b$B\x1b(B\x1b$B$\"\x1b(B\x1b(Ba",
            Some("iso-2022-jp")
        )
        .text,
        "あa"
    );
}

#[test]
fn a_byte_order_mark_beats_the_label() {
    assert_eq!(
        decode_charset(b"\xef\xbb\xbf\xe3\x81\x82", Some("shift_jis")).text,
        "あ"
    );
    assert_eq!(decode_charset(b"\xff\xfea\0b\0", Some("utf-16")).text, "ab");
    assert_eq!(decode_charset(b"+MEI-", Some("utf-7")).text, "あ");
}

#[test]
fn html_may_declare_its_charset_itself() {
    let html = [
        b"<html><head><meta charset=\"shift_jis\"></head><body>".as_slice(),
        &sjis("ｱ"),
        b"</body></html>",
    ]
    .concat();
    let raw = mail("text/html", &html);
    assert!(body_of(&raw).0.contains('ｱ'));
}
