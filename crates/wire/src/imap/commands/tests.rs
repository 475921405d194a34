use time::macros::datetime;

use super::super::command_parser::{CommandEvent, CommandLimits, CommandReader, parse_command};
use super::*;

/// The bytes of a command; `+` stands for each wait, `<message>` for the message.
fn wire(request: &Request, literals: LiteralMode) -> String {
    let steps = request.encode("a1", literals).expect("fit arguments");
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Send(bytes) => out.push_str(std::str::from_utf8(&bytes).expect("text")),
            Step::AwaitContinuation => out.push('+'),
            Step::Message => out.push_str("<message>"),
        }
    }
    out
}

fn plain(request: &Request) -> String {
    wire(request, LiteralMode::Wait)
}

fn uids() -> SequenceSet {
    SequenceSet::of([1, 2, 3, 7])
}

#[test]
fn the_commands_look_as_the_transcripts_show_them() {
    let set = uids();
    let whole = [FetchItem::Uid, FetchItem::GmLabels, FetchItem::whole()];
    let cases = [
        (Request::Capability, "a1 CAPABILITY\r\n"),
        (
            Request::Id(&[("name", "tegata")]),
            "a1 ID (\"name\" \"tegata\")\r\n",
        ),
        (Request::Id(&[]), "a1 ID NIL\r\n"),
        (
            Request::List {
                reference: "",
                pattern: "*",
                special_use: false,
                status: &[],
            },
            "a1 LIST \"\" \"*\"\r\n",
        ),
        (
            Request::List {
                reference: "",
                pattern: "*",
                special_use: true,
                status: &["MESSAGES", "UIDNEXT"],
            },
            "a1 LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT))\r\n",
        ),
        (
            Request::Status {
                folder: "INBOX",
                items: &["MESSAGES"],
            },
            "a1 STATUS \"INBOX\" (MESSAGES)\r\n",
        ),
        (
            Request::Select {
                folder: "[Gmail]/All Mail",
                condstore: true,
                read_only: false,
            },
            "a1 SELECT \"[Gmail]/All Mail\" (CONDSTORE)\r\n",
        ),
        (
            Request::UidFetch {
                uids: &set,
                items: &whole,
                changed_since: Some(41234),
            },
            "a1 UID FETCH 1:3,7 (UID X-GM-LABELS BODY.PEEK[]) (CHANGEDSINCE 41234)\r\n",
        ),
        (
            Request::UidMove {
                uids: &set,
                folder: "Level1",
            },
            "a1 UID MOVE 1:3,7 \"Level1\"\r\n",
        ),
        (
            Request::UidExpunge { uids: &set },
            "a1 UID EXPUNGE 1:3,7\r\n",
        ),
        (
            Request::UidSearch {
                key: &SearchKey::Header("Message-ID".into(), "<m1@example.com>".into()),
                all_as_set: true,
            },
            "a1 UID SEARCH RETURN (ALL) HEADER \"Message-ID\" \"<m1@example.com>\"\r\n",
        ),
    ];
    for (request, wanted) in cases {
        assert_eq!(plain(&request), wanted);
    }
}

#[test]
fn append_waits_unless_the_server_takes_small_literals() {
    let flags = ["\\Seen".to_owned()];
    let date = Some(datetime!(2024-11-06 01:02:03 +9));
    let append = |size| Request::Append {
        folder: "INBOX",
        flags: &flags,
        date,
        size,
    };
    let head = "a1 APPEND \"INBOX\" (\\Seen) \" 6-Nov-2024 01:02:03 +0900\" ";
    assert_eq!(
        wire(&append(310), LiteralMode::Wait),
        format!("{head}{{310}}\r\n+<message>\r\n")
    );
    assert_eq!(
        wire(&append(310), LiteralMode::Minus),
        format!("{head}{{310+}}\r\n<message>\r\n")
    );
    assert_eq!(
        wire(&append(4097), LiteralMode::Plus),
        format!("{head}{{4097}}\r\n+<message>\r\n")
    );
}

#[test]
fn japanese_search_words_are_literals_with_a_charset() {
    let key = SearchKey::And(vec![
        SearchKey::NoFlag("\\Seen".into()),
        SearchKey::Field("SUBJECT", "日本".into()),
    ]);
    assert_eq!(
        plain(&Request::UidSearch {
            key: &key,
            all_as_set: false
        }),
        "a1 UID SEARCH CHARSET UTF-8 UNSEEN SUBJECT {6}\r\n+日本\r\n"
    );
}

#[test]
fn no_argument_can_become_a_second_command() {
    let set = uids();
    let label = |l: &str| StoreChange {
        mode: StoreMode::Add,
        silent: false,
        what: StoreItem::GmLabels(vec![Some(l.to_owned())]),
    };
    let flags = |f: &str| StoreChange {
        mode: StoreMode::Add,
        silent: true,
        what: StoreItem::Flags(vec![f.to_owned()]),
    };
    let bad = ["x\r\na2 LOGOUT", "x\ny", "x\0y"];
    for text in bad {
        let search = SearchKey::GmRaw(text.to_owned());
        let requests = [
            Request::Select {
                folder: text,
                condstore: false,
                read_only: false,
            },
            Request::UidMove {
                uids: &set,
                folder: text,
            },
            Request::UidSearch {
                key: &search,
                all_as_set: false,
            },
            Request::UidStore {
                uids: &set,
                change: &label(text),
            },
            Request::UidStore {
                uids: &set,
                change: &flags(text),
            },
            Request::Enable(text),
        ];
        for request in requests {
            assert!(
                request.encode("a1", LiteralMode::Plus).is_err(),
                "{request:?}"
            );
        }
    }
    for flag in ["\\Seen) LOGOUT", "a b", "", "\\", "{5}"] {
        let change = flags(flag);
        let request = Request::UidStore {
            uids: &set,
            change: &change,
        };
        assert!(request.encode("a1", LiteralMode::Plus).is_err(), "{flag}");
    }
    let section = FetchItem::Section {
        peek: true,
        section: "{5}\r\nx".into(),
        partial: None,
    };
    let request = Request::UidFetch {
        uids: &set,
        items: &[section],
        changed_since: None,
    };
    assert!(request.encode("a1", LiteralMode::Wait).is_err());
}

#[test]
fn a_token_is_not_printed_with_its_step() {
    let token: SecretString = "c2VjcmV0".to_owned().into();
    let request = Request::Authenticate {
        mechanism: "XOAUTH2",
        initial: Some(&token),
    };
    let steps = request.encode("a1", LiteralMode::Wait).expect("fit");
    assert!(!format!("{steps:?} {request:?}").contains("c2VjcmV0"));
}

#[test]
fn our_server_side_reads_what_our_client_side_writes() {
    let set = uids();
    let change = StoreChange {
        mode: StoreMode::Remove,
        silent: false,
        what: StoreItem::GmLabels(vec![
            Some("\\Inbox".into()),
            Some("a \"b\" \\".into()),
            None,
        ]),
    };
    let key = SearchKey::Or(
        Box::new(SearchKey::Not(Box::new(SearchKey::Flag("$Done".into())))),
        Box::new(SearchKey::And(vec![
            SearchKey::GmMsgId(u64::MAX),
            SearchKey::GmRaw("東京 \"都\"".into()),
        ])),
    );
    let odd = "INBOX/Da\tOggetto";
    let requests = [
        Request::UidStore {
            uids: &set,
            change: &change,
        },
        Request::UidSearch {
            key: &key,
            all_as_set: true,
        },
        Request::Select {
            folder: odd,
            condstore: false,
            read_only: true,
        },
        Request::UidCopy {
            uids: &set,
            folder: "Hell\"oh",
        },
    ];
    for request in requests {
        for mode in [LiteralMode::Wait, LiteralMode::Minus, LiteralMode::Plus] {
            let mut reader = CommandReader::new(CommandLimits::default());
            for step in request.encode("a1", mode).expect("fit") {
                if let Step::Send(bytes) = step {
                    reader.feed(&bytes);
                }
            }
            let line = loop {
                match reader
                    .next_event()
                    .expect("within limits")
                    .expect("a whole command")
                {
                    CommandEvent::SendContinuation { .. } => {}
                    CommandEvent::Line(line) => break line,
                }
            };
            let command = parse_command(&line).expect("readable");
            let text = format!("{:?}", command.body);
            match request {
                Request::UidStore { .. } => {
                    assert!(text.contains(&format!("{change:?}")), "{text}")
                }
                Request::UidSearch { .. } => assert!(text.contains(&format!("{key:?}")), "{text}"),
                Request::Select { .. } => assert!(text.contains("Da\\tOggetto"), "{text}"),
                _ => assert!(text.contains("Hell\\\"oh"), "{text}"),
            }
        }
    }
}
