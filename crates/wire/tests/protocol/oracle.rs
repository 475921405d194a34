//! imap-codec as an oracle: what it accepts or writes, we read the same. Input is generated, so failures shrink.

use imap_codec::decode::Decoder as _;
use imap_codec::encode::Encoder as _;
use imap_codec::imap_types::core::NString;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::flag::{FlagFetch, FlagPerm};
use imap_codec::imap_types::response::{
    Code as TheirCode, Data, Response as Theirs, Status as TheirStatus,
};
use imap_codec::{CommandCodec, ResponseCodec};
use proptest::prelude::*;
use wire::imap::command_parser::parse_command;
use wire::imap::response::{Response, parse};
use wire::imap::{
    Code, FetchData, FetchItem, LiteralMode, RawResponse, ReadEvent, ReadLimits, Request,
    ResponseReader, SearchKey, SequenceSet, Step,
};

/// Our reading of one response; a streamed literal would be a bug at these sizes.
fn ours(bytes: &[u8], piece: usize) -> Response {
    let mut reader = ResponseReader::new(ReadLimits::default());
    let mut found: Option<RawResponse> = None;
    for chunk in bytes.chunks(piece.max(1)) {
        reader.feed(chunk);
        while let Some(event) = reader.next_event().expect("small") {
            match event {
                ReadEvent::Response(raw) => assert!(found.replace(raw).is_none(), "one response"),
                other => panic!("{other:?}"),
            }
        }
    }
    parse(&found.expect("a whole response"))
}

fn atom() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9$&+.,'!-]{1,12}"
        .prop_filter("a word of the grammar", |a| !a.eq_ignore_ascii_case("nil"))
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}".prop_map(|s| format!("\"{}\"", s.replace('\\', "\\\\").replace('"', "\\\""))),
        "[ -~\r\n]{0,40}".prop_map(|s| format!("{{{}}}\r\n{s}", s.len())),
    ]
}

fn flag() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\\Seen".to_owned()),
        Just("\\Flagged".to_owned()),
        Just("\\Recent".to_owned()),
        atom().prop_map(|a| format!("${}", a.replace(['&', '+', ',', '.'], "x"))),
    ]
}

fn list_of(one: impl Strategy<Value = String>, sep: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(one, 0..4).prop_map(move |v| v.join(sep))
}

fn address_list() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("NIL".to_owned()),
        (string(), string()).prop_map(|(a, b)| format!("((NIL NIL {a} {b})({b} NIL {a} {b}))")),
    ]
}

fn fetch_item() -> impl Strategy<Value = String> {
    let nstring = || prop_oneof![Just("NIL".to_owned()), string()];
    prop_oneof![
        (1..u32::MAX).prop_map(|n| format!("UID {n}")),
        list_of(flag(), " ").prop_map(|f| format!("FLAGS ({f})")),
        (0..u32::MAX).prop_map(|n| format!("RFC822.SIZE {n}")),
        (1..u64::MAX / 2).prop_map(|n| format!("MODSEQ ({n})")),
        (1_u8..29, 1970..2100_i32).prop_map(|(d, y)| format!("INTERNALDATE \"{d:02}-Feb-{y:04} 10:20:30 +0900\"")),
        nstring().prop_map(|s| format!("BODY[] {s}")),
        nstring().prop_map(|s| format!("BODY[1.2.MIME]<7> {s}")),
        nstring().prop_map(|s| format!("BODY[HEADER.FIELDS (Subject)] {s}")),
        nstring().prop_map(|s| format!("RFC822.HEADER {s}")),
        (nstring(), address_list(), string()).prop_map(|(s, a, id)| format!(
            "ENVELOPE (NIL {s} {a} {a} NIL NIL NIL NIL NIL {id})"
        )),
        (string(), string()).prop_map(|(a, b)| format!(
            "BODYSTRUCTURE ((\"text\" \"plain\" ({a} {b}) NIL NIL \"7bit\" 1 1 NIL NIL NIL NIL)(\"application\" \"pdf\" NIL NIL NIL \"base64\" 9 NIL (\"attachment\" ({a} {b})) NIL NIL) \"mixed\" ({a} {b}) NIL NIL NIL)"
        )),
    ]
}

fn response() -> impl Strategy<Value = String> {
    let text = || "[a-zA-Z(][ -~]{0,30}".prop_filter("no code", |t| !t.contains(['[', ']']));
    let code = prop_oneof![
        Just(String::new()),
        Just("[ALERT] ".to_owned()),
        Just("[READ-WRITE] ".to_owned()),
        Just("[OVERQUOTA] ".to_owned()),
        Just("[TRYCREATE] ".to_owned()),
        (1..u32::MAX).prop_map(|n| format!("[UIDVALIDITY {n}] ")),
        (1..u32::MAX).prop_map(|n| format!("[UIDNEXT {n}] ")),
        (1..u64::MAX / 2).prop_map(|n| format!("[HIGHESTMODSEQ {n}] ")),
        (1..9999_u32, 1..9999_u32).prop_map(|(v, u)| format!("[APPENDUID {v} {u}] ")),
        (1..9999_u32, 1..9999_u32).prop_map(|(v, u)| format!("[COPYUID {v} {u}:{} 9,7] ", u + 1)),
        list_of(flag(), " ").prop_map(|f| format!(
            "[PERMANENTFLAGS ({} \\*)] ",
            f.replace("\\Recent", "\\Draft")
        )
        .replace("( ", "(")),
    ];
    let head = prop_oneof![Just("*".to_owned()), "[A-Z][0-9]{1,5}"];
    let kind = prop_oneof![Just("OK"), Just("NO"), Just("BAD")];
    prop_oneof![
        (head, kind, code, text()).prop_map(|(h, k, c, t)| format!("{h} {k} {c}{t}\r\n")),
        text().prop_map(|t| format!("* BYE {t}\r\n")),
        (any::<u32>(), prop_oneof![Just("EXISTS"), Just("RECENT")])
            .prop_map(|(n, w)| format!("* {n} {w}\r\n")),
        (1..u32::MAX).prop_map(|n| format!("* {n} EXPUNGE\r\n")),
        prop::collection::vec(1..u32::MAX, 0..9).prop_map(|v| {
            let hits: String = v.iter().map(|n| format!(" {n}")).collect();
            format!("* SEARCH{hits}\r\n")
        }),
        (prop_oneof![atom(), string()], any::<bool>()).prop_map(|(name, nil)| {
            let delimiter = if nil { "NIL" } else { "\"/\"" };
            format!("* LIST (\\HasNoChildren \\Sent) {delimiter} {name}\r\n")
        }),
        (prop_oneof![atom(), string()], any::<u32>(), 1..u32::MAX).prop_map(
            |(name, n, u)| format!("* STATUS {name} (MESSAGES {n} UIDNEXT {u} UNSEEN 0)\r\n")
        ),
        list_of(flag(), " ")
            .prop_map(|f| format!("* FLAGS ({})\r\n", f.replace("\\Recent", "\\Draft"))),
        (1..u32::MAX, prop::collection::vec(fetch_item(), 1..5))
            .prop_map(|(n, items)| format!("* {n} FETCH ({})\r\n", items.join(" "))),
        Just("* CAPABILITY IMAP4REV1 IDLE AUTH=XOAUTH2 SASL-IR LITERAL+\r\n".to_owned()),
        text().prop_map(|t| format!("+ {t}\r\n")),
    ]
}

fn data_of(value: &NString) -> FetchData {
    match &value.0 {
        None => FetchData::Nil,
        Some(string) => FetchData::Bytes(string.clone().into_inner().into_owned()),
    }
}

fn check_fetch(items: &[MessageDataItem], fetch: &wire::imap::Fetch) {
    let bodies: Vec<FetchData> = items
        .iter()
        .filter_map(|item| match item {
            MessageDataItem::BodyExt { data, .. } => Some(data_of(data)),
            MessageDataItem::Rfc822Header(data) => Some(data_of(data)),
            _ => None,
        })
        .collect();
    assert_eq!(
        fetch
            .bodies
            .iter()
            .map(|b| b.data.clone())
            .collect::<Vec<_>>(),
        bodies
    );
    // With an item twice the last one counts, on both sides.
    for item in items {
        match item {
            MessageDataItem::Uid(_) => assert!(fetch.uid.is_some()),
            MessageDataItem::Flags(_) => assert!(fetch.flags.is_some()),
            MessageDataItem::Envelope(_) => assert!(fetch.envelope.is_some()),
            MessageDataItem::BodyStructure(_) => assert!(fetch.bodystructure.is_some()),
            MessageDataItem::InternalDate(_) => assert!(fetch.internal_date.is_some()),
            _ => {}
        }
    }
    let last = |pick: &dyn Fn(&MessageDataItem) -> Option<String>| {
        items.iter().filter_map(pick).next_back()
    };
    let uid = last(&|i| {
        if let MessageDataItem::Uid(n) = i {
            Some(n.to_string())
        } else {
            None
        }
    });
    assert_eq!(fetch.uid.map(|n| n.to_string()), uid);
    let size = last(&|i| {
        if let MessageDataItem::Rfc822Size(n) = i {
            Some(n.to_string())
        } else {
            None
        }
    });
    assert_eq!(fetch.rfc822_size.map(|n| n.to_string()), size);
    let flags = last(&|i| match i {
        MessageDataItem::Flags(flags) => Some(
            flags
                .iter()
                .map(|f| match f {
                    FlagFetch::Flag(flag) => format!("{flag} "),
                    FlagFetch::Recent => "\\Recent ".to_owned(),
                })
                .collect(),
        ),
        _ => None,
    });
    let own = fetch
        .flags
        .as_ref()
        .map(|flags| flags.iter().map(|f| format!("{f} ")).collect());
    assert_eq!(own, flags);
}

fn check_code(theirs: Option<&TheirCode>, ours: Option<&Code>) {
    match (theirs, ours) {
        (None, None) | (Some(TheirCode::Alert), Some(Code::Alert)) => {}
        (Some(TheirCode::ReadWrite), Some(Code::ReadWrite)) => {}
        (Some(TheirCode::OverQuota), Some(Code::OverQuota)) => {}
        (Some(TheirCode::TryCreate), Some(Code::TryCreate)) => {}
        (Some(TheirCode::UidNext(a)), Some(Code::UidNext(b))) => assert_eq!(a.get(), *b),
        (Some(TheirCode::UidValidity(a)), Some(Code::UidValidity(b))) => assert_eq!(a.get(), *b),
        (Some(TheirCode::HighestModSeq(a)), Some(Code::HighestModSeq(b))) => {
            assert_eq!(a.get(), *b)
        }
        (Some(TheirCode::AppendUid { .. }), Some(Code::AppendUid { .. })) => {}
        (Some(TheirCode::CopyUid { .. }), Some(Code::CopyUid { source, copies, .. })) => {
            assert_eq!((source.count(), copies.numbers(2)), (2, Some(vec![9, 7])));
        }
        (Some(TheirCode::PermanentFlags(a)), Some(Code::PermanentFlags(b))) => {
            let shown = |f: &FlagPerm| match f {
                FlagPerm::Flag(flag) => flag.to_string(),
                FlagPerm::Asterisk => "\\*".to_owned(),
            };
            assert_eq!(a.iter().map(shown).collect::<Vec<_>>(), *b);
        }
        (theirs, ours) => panic!("{theirs:?} is not {ours:?}"),
    }
}

fn check(theirs: &Theirs, own: &Response) {
    match (theirs, own) {
        (Theirs::CommandContinuationRequest(_), Response::Continuation(_)) => {}
        (Theirs::Status(status), Response::Status(own)) => {
            let (tag, code, text) = match status {
                TheirStatus::Untagged(body) => (None, body.code.as_ref(), body.text.as_ref()),
                TheirStatus::Tagged(t) => (
                    Some(t.tag.as_ref()),
                    t.body.code.as_ref(),
                    t.body.text.as_ref(),
                ),
                TheirStatus::Bye(bye) => (None, bye.code.as_ref(), bye.text.as_ref()),
            };
            assert_eq!((own.tag.as_deref(), own.text.as_str()), (tag, text));
            check_code(code, own.code.as_ref());
        }
        (Theirs::Data(data), own) => match (data, own) {
            (Data::Exists(a), Response::Exists(b)) | (Data::Recent(a), Response::Recent(b)) => {
                assert_eq!(a, b)
            }
            (Data::Expunge(a), Response::Expunge(b)) => assert_eq!(a.get(), *b),
            (Data::Search(a, _), Response::Search(b)) => {
                assert_eq!(a.iter().map(|n| n.get()).collect::<Vec<_>>(), b.hits);
            }
            (
                Data::List {
                    items,
                    mailbox,
                    delimiter,
                },
                Response::List(entry),
            ) => {
                let name = format!("{mailbox:?}");
                assert_eq!(
                    items.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    entry.attributes
                );
                assert_eq!(delimiter.is_some(), entry.delimiter.is_some());
                if entry.is_inbox() {
                    assert_eq!(name, "Inbox");
                } else if let imap_codec::imap_types::mailbox::Mailbox::Other(other) = mailbox {
                    assert_eq!(other.as_ref(), entry.name.as_bytes());
                }
            }
            (Data::Status { items, .. }, Response::MailboxStatus(status)) => {
                assert_eq!(items.len(), 3);
                assert!(
                    status.messages.is_some()
                        && status.uidnext.is_some()
                        && status.unseen == Some(0)
                );
            }
            (Data::Flags(a), Response::Flags(b)) => {
                assert_eq!(a.iter().map(ToString::to_string).collect::<Vec<_>>(), *b);
            }
            (Data::Fetch { seq, items }, Response::Fetch(fetch)) => {
                assert_eq!(seq.get(), fetch.seq);
                check_fetch(items.as_ref(), fetch);
            }
            (Data::Capability(a), Response::Capability(b)) => {
                assert!(a.as_ref().iter().all(|c| b.has(&c.to_string())));
            }
            (theirs, own) => panic!("{theirs:?} is not {own:?}"),
        },
        (theirs, own) => panic!("{theirs:?} is not {own:?}"),
    }
}

fn uid_set() -> impl Strategy<Value = SequenceSet> {
    prop::collection::vec(1..100_000_u32, 1..20).prop_map(SequenceSet::of)
}

fn search_key() -> impl Strategy<Value = SearchKey> {
    let leaf = prop_oneof![
        Just(SearchKey::All),
        uid_set().prop_map(SearchKey::Uid),
        Just(SearchKey::NoFlag("\\Seen".into())),
        Just(SearchKey::Flag("$Done".into())),
        "[ -~]{0,20}".prop_map(|v| SearchKey::Header("Message-ID".into(), v)),
        "[a-z]{1,9}".prop_map(|v| SearchKey::Field("SUBJECT", v)),
        (1..u32::MAX).prop_map(|n| SearchKey::Larger(n.into())),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|k| SearchKey::Not(Box::new(k))),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| SearchKey::Or(Box::new(a), Box::new(b))),
            prop::collection::vec(inner, 2..4).prop_map(SearchKey::And),
        ]
    })
}

/// The octets of a request with LITERAL+, so that nothing waits.
fn written(request: &Request) -> Vec<u8> {
    let mut out = Vec::new();
    for step in request.encode("a1", LiteralMode::Plus).expect("fit") {
        match step {
            Step::Send(bytes) => out.extend_from_slice(&bytes),
            other => panic!("{other:?}"),
        }
    }
    out
}

/// Both readers take what we write.
fn taken_by_both(request: &Request) {
    let bytes = written(request);
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    assert!(
        CommandCodec::new()
            .decode(&bytes)
            .is_ok_and(|(rest, _)| rest.is_empty()),
        "oracle: {shown}"
    );
    let line = bytes.strip_suffix(b"\r\n").expect("a line end");
    if let Err(error) = parse_command(line) {
        panic!("{error}: {shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_oracle_accepts_we_read_the_same(line in response(), piece in 1..50_usize) {
        // Too many refusals end the test: the oracle must know most of what is generated.
        let decoded = ResponseCodec::new().decode(line.as_bytes());
        prop_assume!(decoded.is_ok());
        if let Ok((rest, theirs)) = decoded {
            prop_assert!(rest.is_empty());
            check(&theirs, &ours(line.as_bytes(), piece));
            // And what it writes itself.
            let again = ResponseCodec::new().encode(&theirs).dump();
            check(&theirs, &ours(&again, piece));
        }
    }

    #[test]
    fn no_octets_make_the_reader_or_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1..40_usize) {
        let limits = ReadLimits { line: 120, inline_literal: 10, literal: 100 };
        let mut reader = ResponseReader::new(limits);
        'all: for chunk in bytes.chunks(piece) {
            reader.feed(chunk);
            loop {
                match reader.next_event() {
                    Ok(Some(ReadEvent::Response(raw))) => drop(parse(&raw)),
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => break 'all,
                }
            }
        }
        let _ = parse(&RawResponse::of(bytes.clone()));
        let _ = parse_command(&bytes);
    }

    #[test]
    fn pieces_do_not_change_what_is_read(lines in prop::collection::vec(response(), 1..5), size in 1..40_usize, inline in 0..60_usize) {
        let octets = lines.concat().into_bytes();
        let read = |size: usize| {
            let limits = ReadLimits { inline_literal: inline, ..ReadLimits::default() };
            let mut reader = ResponseReader::new(limits);
            let (mut raws, mut streamed) = (Vec::new(), Vec::new());
            for chunk in octets.chunks(size) {
                reader.feed(chunk);
                while let Some(event) = reader.next_event().expect("within the limits") {
                    match event {
                        ReadEvent::Response(raw) => raws.push(raw),
                        ReadEvent::LiteralData(data) => streamed.extend(data),
                        _ => {}
                    }
                }
            }
            assert_eq!(reader.buffered(), 0);
            (raws, streamed)
        };
        let whole = read(octets.len());
        prop_assert_eq!(whole.0.len(), lines.len());
        // Streamed or inline, a response is readable or not just the same.
        for (raw, line) in whole.0.iter().zip(&lines) {
            let inline = parse(&RawResponse::of(line.strip_suffix("\r\n").unwrap_or(line)));
            let known = !matches!(inline, Response::Unknown { .. });
            if raw.streamed.is_empty() {
                prop_assert_eq!(parse(raw), inline);
            } else if let (Response::Fetch(a), Response::Fetch(b)) = (parse(raw), inline) {
                prop_assert_eq!((a.uid, a.flags, a.bodies.len()), (b.uid, b.flags, b.bodies.len()));
            } else {
                prop_assert!(known);
            }
        }
        prop_assert_eq!(read(size), whole);
    }

    #[test]
    fn broken_copies_of_real_lines_make_nothing_panic(line in response(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = line.into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at); } else { bytes[at] = byte; }
        let _ = parse(&RawResponse::of(bytes));
    }

    #[test]
    fn searches_we_write_are_read_by_both(key in search_key(), set in uid_set()) {
        taken_by_both(&Request::UidSearch { key: &key, all_as_set: false });
        let items = [FetchItem::Uid, FetchItem::Flags, FetchItem::ModSeq, FetchItem::whole(), FetchItem::header()];
        taken_by_both(&Request::UidFetch { uids: &set, items: &items, changed_since: None });
        let bytes = written(&Request::UidSearch { key: &key, all_as_set: true });
        let line = bytes.strip_suffix(b"\r\n").expect("a line end");
        let again = format!("{:?}", parse_command(line).expect("readable").body);
        let shown = format!("key: {key:?}");
        prop_assert!(again.contains(&shown), "{again} has no {shown}");
    }

    #[test]
    fn names_we_write_come_back(name in "[ -~]{0,30}") {
        let request = Request::Select { folder: &name, condstore: false, read_only: false };
        taken_by_both(&request);
    }
}
