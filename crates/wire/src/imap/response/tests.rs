use super::super::FetchData;
use super::super::reader::ReadLimits;
use super::super::reader::{ReadEvent, ResponseReader};
use super::super::status::Code;
use super::*;

fn one(line: &str) -> Response {
    parse(&RawResponse::of(line))
}

fn fetch_of(line: &str) -> Fetch {
    match one(line) {
        Response::Fetch(fetch) => *fetch,
        other => panic!("{line}: {other:?}"),
    }
}

fn set(text: &str) -> SequenceSet {
    SequenceSet::parse(text.as_bytes()).expect("a set")
}

#[test]
fn an_item_that_was_not_sent_is_not_empty() {
    let fetch = fetch_of("* 1 FETCH (UID 5)");
    assert_eq!(
        (fetch.flags, fetch.gm_labels, fetch.bodies.len()),
        (None, None, 0)
    );
    let fetch = fetch_of("* 1 FETCH (FLAGS () X-GM-LABELS () BODY[] {0}\r\n)");
    assert_eq!(
        (fetch.flags.as_deref(), fetch.gm_labels.as_deref()),
        (Some(&[][..]), Some(&[][..]))
    );
    assert_eq!(fetch.body(""), Some(&FetchData::Bytes(Vec::new())));
    assert_eq!(
        fetch_of("* 1 FETCH (BODY[] NIL)").body(""),
        Some(&FetchData::Nil)
    );
}

#[test]
fn a_streamed_body_is_found_by_its_number() {
    let mut reader = ResponseReader::new(ReadLimits {
        inline_literal: 2,
        ..ReadLimits::default()
    });
    reader.feed(b"* 1 FETCH (BODY[1] {2}\r\nab BODY[] {5}\r\nhello BODY[2] {3}\r\nyou UID 7)\r\n");
    let raw = loop {
        if let Some(ReadEvent::Response(raw)) = reader.next_event().expect("small") {
            break raw;
        }
    };
    let Response::Fetch(fetch) = parse(&raw) else {
        panic!("a FETCH")
    };
    assert_eq!(fetch.uid, Some(7));
    assert_eq!(fetch.body("1"), Some(&FetchData::Bytes(b"ab".to_vec())));
    assert_eq!(
        fetch.body(""),
        Some(&FetchData::Streamed { index: 0, len: 5 })
    );
    assert_eq!(
        fetch.body("2"),
        Some(&FetchData::Streamed { index: 1, len: 3 })
    );
}

#[test]
fn sizes_above_four_gigabytes_and_64_bit_identities_fit() {
    let fetch =
        fetch_of("* 1 FETCH (RFC822.SIZE 5368709120 X-GM-MSGID 18446744073709551615 MODSEQ (1))");
    assert_eq!(fetch.rfc822_size, Some(5_368_709_120));
    assert_eq!(fetch.gm_msgid, Some(u64::MAX));
}

#[test]
fn what_cannot_be_read_is_kept() {
    for line in [
        "",
        "*",
        "* ",
        "* 5",
        "* 1 FETCH (UID)",
        "* 1 FETCH (UID 1",
        "* 99999999999 EXISTS",
        "* SEARCH 1 x",
        "* LIST",
        "* STATUS \"INBOX\" (MESSAGES",
        "* XYZZY ok",
        "hello",
        "Server Unavailable. 15",
        "[unclosed",
    ] {
        match one(line) {
            Response::Unknown { line: kept, .. } => assert_eq!(kept, line.as_bytes()),
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn hostile_nesting_is_refused_in_linear_time() {
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {})", "(".repeat(900_000));
    assert!(matches!(one(&deep), Response::Unknown { .. }));
    let wide = format!("* 1 FETCH (BODYSTRUCTURE ({}) UID 1)", "()".repeat(200_000));
    assert_eq!(fetch_of(&wide).uid, Some(1));
}

#[test]
fn codes_with_senseless_arguments_are_kept_as_other() {
    let code = |line: &str| match one(line) {
        Response::Status(status) => status.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        code("* OK [UIDNEXT many] x"),
        Some(Code::Other {
            name: "UIDNEXT".into(),
            arguments: "many".into()
        })
    );
    assert_eq!(code("* OK [never closed"), None);
    assert_eq!(
        code("* OK [XYZ a b] x"),
        Some(Code::Other {
            name: "XYZ".into(),
            arguments: "a b".into()
        })
    );
    assert_eq!(
        code("* OK [PERMANENTFLAGS (\\Seen $odd] \\*)] x"),
        Some(Code::PermanentFlags(vec![
            "\\Seen".into(),
            "$odd]".into(),
            "\\*".into()
        ]))
    );
    assert_eq!(
        code("* NO [MODIFIED 7,9] x").map(|c| matches!(c, Code::Other { .. })),
        Some(true)
    );
}

#[test]
fn vanished_and_extended_list_are_read() {
    assert_eq!(
        one("* VANISHED (EARLIER) 300:310,405"),
        Response::Vanished {
            earlier: true,
            uids: set("300:310,405")
        }
    );
    assert_eq!(
        one("* VANISHED 405"),
        Response::Vanished {
            earlier: false,
            uids: set("405")
        }
    );
    let Response::List(entry) = one("* LIST (\\Subscribed) NIL a (\"CHILDINFO\" (\"SUBSCRIBED\"))")
    else {
        panic!("a LIST")
    };
    assert_eq!((entry.name.as_str(), entry.delimiter), ("a", None));
}
