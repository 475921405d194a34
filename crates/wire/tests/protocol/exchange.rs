//! facts/transcripts.md, part B.

use wire::imap::response::Response;
use wire::imap::{Code, LiteralMode, SequenceSet, StatusKind};

use super::{code_of, fetch_of, folder_names, one, read, status_of};

/// B1.
#[test]
fn the_bracket_of_the_greeting_is_text() {
    let greeting = status_of(
        "* OK The Microsoft Exchange IMAP4 service is ready. [TQBXAEgAUABSADIAMQBDAEEAMAAwADYAMAAuAG4AYQBtAHAAcgBkADIAMQAuAHAAcgBvAGQALgBvAHUAdABsAG8AbwBrAC4AYwBvAG0A]",
    );
    assert_eq!((greeting.kind, &greeting.code), (StatusKind::Ok, &None));
    assert!(greeting.text.ends_with("AG0A]"));
    assert_eq!(
        status_of("* OK Microsoft Exchange IMAP4 service ready.").code,
        None
    );
}

/// B1.
#[test]
fn capabilities_are_a_set() {
    let got = read(
        "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+
A2 OK CAPABILITY completed.
A1 OK AUTHENTICATE completed.
A1 NO AUTHENTICATE failed.
A1 NO LOGIN failed.
* BYE Microsoft Exchange Server IMAP4 server signing off.
* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" \"15.20\")
A3 OK ID completed.
* NAMESPACE ((\"\" \"/\")) NIL NIL
A4 OK NAMESPACE completed.
* LIST (\\Noselect \\HasChildren) \"/\" \"\"
",
    );
    let Response::Capability(caps) = &got[0] else {
        panic!("{:?}", got[0])
    };
    assert!(caps.has("IMAP4rev1") && caps.has("MOVE") && !caps.has("CONDSTORE"));
    assert_eq!(LiteralMode::of(caps), LiteralMode::Plus);
    assert!(matches!(&got[10], Response::List(entry) if entry.name.is_empty()));
}

/// B2.
#[test]
fn unquoted_and_literal_names_are_read() {
    let got = read(
        "* LIST (\\HasNoChildren) \"/\" Archive
* LIST (\\Marked \\HasNoChildren \\Trash) \"/\" Deleted
* LIST (\\Marked \\HasNoChildren) \"/\" Inbox
* LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Items\"
* LIST (\\HasNoChildren) \"/\" {7}
Hell\"oh
* LIST (\\HasNoChildren) \"/\" INBOX/Da\tOggetto\tRicevuto\tDimensione
* LIST (\\HasNoChildren) \"/\" Entw&APw-rfe
* LIST (\\HasNoChildren) \"/\" \"Gel&APY-schte Elemente\"
* LIST (\\HasNoChildren \\Sent) \"/\" &kAFP4W4IMH8wojCkMMYw4A-
* LIST (\\HasNoChildren) \"/\" &Tohbmoho-/&ZeVnLDBuTxFl5Q-
A5 OK LIST completed.
",
    );
    assert_eq!(
        folder_names(&got),
        [
            "Archive",
            "Deleted",
            "Inbox",
            "Deleted Items",
            "Hell\"oh",
            "INBOX/Da\tOggetto\tRicevuto\tDimensione",
            "Entwürfe",
            "Gelöschte Elemente",
            "送信済みアイテム",
            "予定表/日本の休日",
        ]
    );
    assert!(matches!(&got[2], Response::List(entry) if entry.is_inbox()));
}

/// B3.
#[test]
fn status_has_a_space_at_its_end_and_recent_equals_exists() {
    let got = read(
        "* STATUS INBOX (MESSAGES 7075 RECENT 0 UNSEEN 0 UIDNEXT 36023) 
A6 OK STATUS completed.
* 6995 EXISTS
* 6995 RECENT
* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)
* OK [PERMANENTFLAGS ()] Permanent flags
* OK [UNSEEN 1] Is the first unseen message
* OK [UIDVALIDITY 14] UIDVALIDITY value
* OK [UIDNEXT 22588] The next unique identifier value
A7 OK [READ-ONLY] EXAMINE completed.
* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] Permanent flags
A8 OK [READ-WRITE] SELECT completed.
",
    );
    let Response::MailboxStatus(status) = &got[0] else {
        panic!("{:?}", got[0])
    };
    assert_eq!(
        (status.messages, status.uidnext, status.uidvalidity),
        (Some(7075), Some(36023), None)
    );
    assert_eq!(
        code_of("* OK [UNSEEN 1] Is the first unseen message"),
        Code::Unseen(1)
    );
    let Response::Status(flags) = &got[10] else {
        panic!("{:?}", got[10])
    };
    assert!(
        matches!(&flags.code, Some(Code::PermanentFlags(list)) if !list.contains(&"\\*".to_owned()))
    );
}

/// B4.
#[test]
fn fetch_tolerates_nil_senders_and_the_substitute_message() {
    let fetch = fetch_of(
        "* 37 FETCH (UID 67 FLAGS (\\Seen \\Recent) RFC822.SIZE 14801 ENVELOPE (\"Mon, 2 Sep 2019 10:00:00 +0200\" \"subject\" ((\"Alice\" NIL \"alice\" \"example.com\")) NIL NIL ((NIL NIL \"bob\" \"example.org\")) NIL NIL NIL \"<m1@example.com>\") BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 120 4 NIL NIL NIL NIL))",
    );
    assert_eq!((fetch.uid, fetch.rfc822_size), (Some(67), Some(14801)));
    let substitute = fetch_of(
        "* 3 FETCH (UID 3 ENVELOPE (NIL \"Retrieval using the IMAP4 protocol failed for the following message: 3\" ((\"Microsoft Exchange Server\" NIL NIL \".MISSING-HOST-NAME.\")) NIL NIL ((\"alice@example.com\" NIL \"alice\" \"example.com\")) NIL NIL NIL NIL))",
    );
    assert!(substitute.envelope.is_some());
    assert!(matches!(
        one("00005 OK FETCH completed."),
        Response::Status(_)
    ));
}

/// B5.
#[test]
fn news_comes_late_and_before_the_answer() {
    let got = read(
        "* 4 FETCH (FLAGS (\\Deleted \\Recent))
A1 OK STORE completed.
* 4 EXPUNGE
A2 OK EXPUNGE completed.
A3 OK STORE completed.
A4 NO EXPUNGE failed
* 10 RECENT
* 618 EXISTS
* 617 FETCH (UID 1619 FLAGS (\\Seen))
A5 OK FETCH completed.
* 1 RECENT
* 1521 EXISTS
TAG4 OK IDLE completed.
+ IDLE accepted, awaiting DONE command.
TAG6 BAD Command received in Invalid state.
",
    );
    assert_eq!(
        got[13],
        Response::Continuation("IDLE accepted, awaiting DONE command.".into())
    );
    assert_eq!(got.len(), 15);
}

/// B6.
#[test]
fn move_reads_copyuid_from_a_bare_line_and_with_empty_sets() {
    let got = read("[COPYUID 55 31 6]\n* 1 EXPUNGE\n* 0 EXISTS\nA1 OK MOVE completed.\n");
    let pair = |uidvalidity, source: &str, copies: &str| Code::CopyUid {
        uidvalidity,
        source: SequenceSet::parse(source.as_bytes()).expect("a set"),
        copies: SequenceSet::parse(copies.as_bytes()).expect("a set"),
    };
    let Response::Status(bare) = &got[0] else {
        panic!("{:?}", got[0])
    };
    assert_eq!(
        (bare.tag.as_deref(), bare.code.clone()),
        (None, Some(pair(55, "31", "6")))
    );
    assert_eq!(code_of("* OK [COPYUID 14  ]"), pair(14, "", ""));
    assert_eq!(code_of("* OK [COPYUID 14 31 6]"), pair(14, "31", "6"));
    assert_eq!(
        code_of("A2 OK [COPYUID 14 31 6] COPY completed."),
        pair(14, "31", "6")
    );
    assert_eq!(
        code_of("A11 OK [COPYUID 102494000 100090 100006] COPY completed"),
        pair(102_494_000, "100090", "100006")
    );
}

/// B6.
#[test]
fn a_body_read_as_commands_gives_a_tag_of_its_own() {
    let stray = status_of("<body BAD Command Error. 10");
    assert_eq!(
        (stray.tag.as_deref(), stray.kind),
        (Some("<body"), StatusKind::Bad)
    );
    assert_eq!(
        one("+ Ready for additional command text."),
        Response::Continuation("Ready for additional command text.".into())
    );
    assert!(matches!(
        code_of("A3 OK [APPENDUID 14 32] APPEND completed."),
        Code::AppendUid {
            uidvalidity: 14,
            ..
        }
    ));
    for line in [
        "A3 NO Request is throttled. Suggested Backoff Time: 299609 milliseconds",
        "A3 NO Maximum size of appendable message has been exceeded",
        "A4 NO Mailbox already exists.",
        "A5 NO Folder name is reserved",
    ] {
        assert_eq!(status_of(line).kind, StatusKind::No);
    }
}

/// B7 and B8.
#[test]
fn search_idle_and_ends_of_sessions_are_read() {
    assert_eq!(
        code_of("A1 NO [BADCHARSET (US-ASCII)] The specified charset is not supported."),
        Code::BadCharset
    );
    let got = read(
        "A2 BAD Command Error. 11
* SEARCH
A3 OK SEARCH completed.
A4 BAD Command Error. 10
A5 BAD Command Argument Error. 12
+ IDLE accepted, awaiting DONE command.
* 1521 EXISTS
A1 OK IDLE completed.
A2 OK NOOP completed.
A3 OK UNSELECT completed.
* BYE Microsoft Exchange Server 2016 IMAP4 server signing off.
A4 OK LOGOUT completed.
A5 BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds
* BYE Connection closed. 14
* BYE Connection is closed. 13
* BYE Session invalidated - AccessTokenExpired
A6 BAD User is authenticated but not connected.
A7 NO Server Unavailable. 15
",
    );
    assert_eq!(got.len(), 18);
    assert!(
        matches!(one("Server Unavailable. 15"), Response::Unknown { .. }),
        "no tag, no status: kept as it is"
    );
}

/// B9, and the greeting of the old service.
#[test]
fn the_old_outlook_service_is_read() {
    read(
        "* OK Outlook.com IMAP4rev1 server version 17.4.0.0 ready (BLU451-IMAP82)
* CAPABILITY IMAP4rev1 CHILDREN ID NAMESPACE UIDPLUS UNSELECT AUTH=PLAIN AUTH=XOAUTH2 SASL-IR
* OK [UIDVALIDITY 28517081] UIDs valid
",
    );
}
