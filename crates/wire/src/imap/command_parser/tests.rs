use time::macros::{date, datetime};

use super::super::command::{List, ListKind, StoreChange, StoreItem, StoreMode};
use super::super::fetch_item::FetchItem;
use super::super::search_key::SearchKey;
use super::super::sequence::SequenceSet;
use super::*;

fn body_of(line: &str) -> CommandBody {
    parse_command(line.as_bytes())
        .unwrap_or_else(|e| panic!("{line}: {e}"))
        .body
}

fn set(text: &str) -> SequenceSet {
    SequenceSet::parse(text.as_bytes()).expect("a set")
}

/// Feeds in small pieces and answers what the reader says.
fn read_all(input: &[u8], limits: CommandLimits) -> Result<Vec<CommandEvent>, CommandReadError> {
    let mut reader = CommandReader::new(limits);
    let mut out = Vec::new();
    for chunk in input.chunks(3) {
        reader.feed(chunk);
        while let Some(event) = reader.next_event()? {
            out.push(event);
        }
    }
    Ok(out)
}

#[test]
fn a_line_with_two_literals_is_one_command() {
    let events = read_all(
        b"a LOGIN {5}\r\nalice {4+}\r\npass\r\nb NOOP\n",
        CommandLimits::default(),
    );
    assert_eq!(
        events.expect("within the limits"),
        [
            CommandEvent::SendContinuation { octets: 5 },
            CommandEvent::Line(b"a LOGIN {5}\r\nalice {4+}\r\npass".to_vec()),
            CommandEvent::Line(b"b NOOP".to_vec()),
        ]
    );
    let login = body_of("a LOGIN {5}\r\nalice {4+}\r\npass");
    assert_eq!(
        login,
        CommandBody::Login {
            user: "alice".into(),
            password: Unprinted::new("pass")
        }
    );
    assert!(
        !format!("{login:?}").contains("pass\""),
        "a password is never printed"
    );
}

#[test]
fn a_literal_that_ends_like_a_literal_is_not_taken_for_one() {
    let events = read_all(
        b"a APPEND x {8+}\r\nabc\r\n{9}\r\nb NOOP\r\n",
        CommandLimits::default(),
    );
    assert_eq!(events.expect("within the limits").len(), 2);
}

#[test]
fn a_huge_literal_is_refused_before_anything_is_kept() {
    let limits = CommandLimits {
        line: 100,
        literals: 1000,
    };
    let events = read_all(b"a APPEND INBOX {5368709120}\r\n", limits);
    let line = b"a APPEND INBOX {5368709120}".to_vec();
    let wanted = CommandReadError::LiteralTooLarge {
        announced: 5_368_709_120,
        limit: 1000,
        line,
        waits: true,
    };
    assert_eq!(events, Err(wanted));
    let long = vec![b'x'; 200];
    assert_eq!(
        read_all(&long, limits),
        Err(CommandReadError::LineTooLong { limit: 100 })
    );
}

#[test]
fn authenticate_takes_an_initial_response_or_none() {
    let initial = Some(Unprinted::new("dXNlcj0="));
    assert_eq!(
        body_of("A1 authenticate xoauth2 dXNlcj0="),
        CommandBody::Authenticate {
            mechanism: "XOAUTH2".into(),
            initial
        }
    );
    assert_eq!(
        body_of("A1 AUTHENTICATE OAUTHBEARER"),
        CommandBody::Authenticate {
            mechanism: "OAUTHBEARER".into(),
            initial: None
        }
    );
}

#[test]
fn fetch_reads_gmail_items_sections_and_changedsince() {
    assert_eq!(
        body_of(
            "a UID FETCH 1:*,7 (UID FLAGS X-GM-MSGID X-GM-THRID X-GM-LABELS RFC822.SIZE INTERNALDATE MODSEQ BODY.PEEK[]<0.1024> body[header.fields (Message-ID \"From\")]) (CHANGEDSINCE 41234)"
        ),
        CommandBody::Fetch {
            uid: true,
            set: set("1:*,7"),
            items: vec![
                FetchItem::Uid,
                FetchItem::Flags,
                FetchItem::GmMsgId,
                FetchItem::GmThrId,
                FetchItem::GmLabels,
                FetchItem::Rfc822Size,
                FetchItem::InternalDate,
                FetchItem::ModSeq,
                FetchItem::Section {
                    peek: true,
                    section: String::new(),
                    partial: Some((0, 1024))
                },
                FetchItem::Section {
                    peek: false,
                    section: "HEADER.FIELDS (MESSAGE-ID FROM)".into(),
                    partial: None
                },
            ],
            changed_since: Some(41234),
        }
    );
    assert!(
        parse_command(b"a FETCH 1 ()").is_err(),
        "Exchange calls this a bad argument, too"
    );
}

#[test]
fn store_reads_flags_and_labels_in_all_forms() {
    let labels = |mode, list: &[Option<&str>]| StoreChange {
        mode,
        silent: false,
        what: StoreItem::GmLabels(list.iter().map(|l| l.map(str::to_owned)).collect()),
    };
    let CommandBody::Store { change, uid, .. } =
        body_of("a UID STORE 1 +X-GM-LABELS (\\Important \"Custom Label\" NIL)")
    else {
        panic!("a STORE")
    };
    assert!(uid);
    assert_eq!(
        change,
        labels(
            StoreMode::Add,
            &[Some("\\Important"), Some("Custom Label"), None]
        )
    );
    let CommandBody::Store {
        change,
        unchanged_since,
        ..
    } = body_of("a STORE 2:4 (UNCHANGEDSINCE 9) -FLAGS.SILENT \\Seen $Done")
    else {
        panic!("a STORE")
    };
    assert_eq!(unchanged_since, Some(9));
    let what = StoreItem::Flags(vec!["\\Seen".into(), "$Done".into()]);
    assert_eq!(
        change,
        StoreChange {
            mode: StoreMode::Remove,
            silent: true,
            what
        }
    );
}

#[test]
fn search_reads_nested_keys_and_gmail_keys() {
    let CommandBody::Search {
        uid,
        options,
        charset,
        key,
    } = body_of(
        "a UID SEARCH RETURN (ALL) CHARSET utf-8 UNSEEN SINCE 1-Feb-2026 OR (UID 1:3 NOT DELETED) HEADER Message-ID \"<m1@example.com>\" X-GM-RAW {3}\r\na b",
    )
    else {
        panic!("a SEARCH")
    };
    assert!(uid);
    assert_eq!(options, Some(vec!["ALL".into()]));
    assert_eq!(charset.as_deref(), Some("UTF-8"));
    assert_eq!(
        key,
        SearchKey::And(vec![
            SearchKey::NoFlag("\\Seen".into()),
            SearchKey::Since(date!(2026 - 02 - 01)),
            SearchKey::Or(
                Box::new(SearchKey::And(vec![
                    SearchKey::Uid(set("1:3")),
                    SearchKey::Not(Box::new(SearchKey::Flag("\\Deleted".into()))),
                ])),
                Box::new(SearchKey::Header(
                    "Message-ID".into(),
                    "<m1@example.com>".into()
                )),
            ),
            SearchKey::GmRaw("a b".into()),
        ])
    );
    let deep = format!("a SEARCH {}ALL", "NOT ".repeat(5000));
    assert!(parse_command(deep.as_bytes()).is_err());
    let deep = format!("a SEARCH {}", "(".repeat(5000));
    assert!(parse_command(deep.as_bytes()).is_err());
}

#[test]
fn extended_list_keeps_its_options_apart() {
    let items = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        body_of(
            "a LIST (SPECIAL-USE) \"\" (\"*\" %) RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT) CHILDREN)"
        ),
        CommandBody::List(List {
            kind: ListKind::List,
            select: items(&["SPECIAL-USE"]),
            reference: String::new(),
            patterns: items(&["*", "%"]),
            returns: items(&["SUBSCRIBED", "CHILDREN"]),
            status: Some(items(&["MESSAGES", "UIDNEXT"])),
        })
    );
}

#[test]
fn append_reads_flags_date_and_message() {
    assert_eq!(
        body_of("A4 APPEND inbox (\\Seen $X) \"06-Nov-2024 01:02:03 +0900\" {5+}\r\na\r\nb}"),
        CommandBody::Append {
            mailbox: "INBOX".into(),
            flags: vec!["\\Seen".into(), "$X".into()],
            date: Some(datetime!(2024-11-06 01:02:03 +9)),
            message: b"a\r\nb}".to_vec(),
        }
    );
}

#[test]
fn the_simple_commands_are_known_by_name() {
    assert_eq!(body_of("a ID NIL"), CommandBody::Id(vec![]));
    assert_eq!(
        body_of("a ID (\"name\" \"tegata\" \"v\" NIL)"),
        CommandBody::Id(vec![
            ("name".into(), Some("tegata".into())),
            ("v".into(), None)
        ])
    );
    assert_eq!(
        body_of("a ENABLE UTF8=ACCEPT"),
        CommandBody::Enable(vec!["UTF8=ACCEPT".into()])
    );
    assert_eq!(
        body_of("a SELECT \"[Gmail]/All Mail\" (CONDSTORE)"),
        CommandBody::Select {
            mailbox: "[Gmail]/All Mail".into(),
            condstore: true,
            read_only: false
        }
    );
    assert_eq!(
        body_of("a UID MOVE 1:3 \"Level1\""),
        CommandBody::Move {
            uid: true,
            set: set("1:3"),
            mailbox: "Level1".into()
        }
    );
    assert_eq!(
        body_of("a UID EXPUNGE 4"),
        CommandBody::Expunge {
            uids: Some(set("4"))
        }
    );
    assert_eq!(body_of("a idle"), CommandBody::Idle);
}

#[test]
fn a_wrong_line_still_tells_its_tag() {
    let wrong = |line: &[u8]| parse_command(line).expect_err("a wrong line");
    assert_eq!(wrong(b"a7 FROB x").tag.as_deref(), Some("a7"));
    assert_eq!(wrong(b"a7 IDLE ").name.as_deref(), Some("IDLE"));
    assert_eq!(wrong(b"* NOOP").tag, None);
    assert_eq!(wrong(b"a7 UID NOOP").tag.as_deref(), Some("a7"));
    assert_eq!(wrong(b"").tag, None);
}
