//! facts/transcripts.md, part A.

use time::macros::datetime;
use wire::imap::response::{ListEntry, MailboxStatus, Response};
use wire::imap::{Code, FetchData, LiteralMode, SequenceSet, StatusKind};

use super::{code_of, fetch_of, folder_names, one, read, status_of};

fn set(text: &str) -> SequenceSet {
    SequenceSet::parse(text.as_bytes()).expect("a set")
}

/// A1.
#[test]
fn capabilities_come_untagged_before_the_tagged_ok() {
    let got = read(
        "* OK Gimap ready for requests from 192.0.2.10 x145mb143154643vke
* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER AUTH=XOAUTH
A0 OK Thats all she wrote! x145mb143154643vke
* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584
A1 OK alice@example.com authenticated (Success)
",
    );
    let Response::Capability(before) = &got[1] else {
        panic!("{:?}", got[1])
    };
    assert!(before.has("sasl-ir") && before.has("AUTH=XOAUTH2") && !before.has("CONDSTORE"));
    let Response::Capability(after) = &got[3] else {
        panic!("{:?}", got[3])
    };
    assert!(after.has("X-GM-EXT-1") && after.has("CONDSTORE") && after.has("MOVE"));
    assert_eq!(after.append_limit(), Some(35_651_584));
    assert_eq!(LiteralMode::of(after), LiteralMode::Minus);
    let Response::Status(greeting) = &got[0] else {
        panic!("{:?}", got[0])
    };
    assert_eq!((greeting.tag.as_deref(), &greeting.code), (None, &None));
    let Response::Status(tagged) = &got[4] else {
        panic!("{:?}", got[4])
    };
    assert_eq!(tagged.tag.as_deref(), Some("A1"));
}

/// A1.
#[test]
fn id_quota_namespace_and_enabled_are_read() {
    let got = read(
        "* ID (\"name\" \"GImap\" \"vendor\" \"Google, Inc.\" \"support-url\" \"https://support.google.com/mail\" \"version\" \"gmail_imap_200428.12_p0\" \"remote-host\" \"192.0.2.10\")
4 OK Success
* QUOTAROOT \"INBOX\" \"\"
* QUOTA \"\" (STORAGE 450 31457280)
5 OK Success
* NAMESPACE ((\"\" \"/\")) NIL NIL
6 OK Success
* ENABLED UTF8=ACCEPT
7 OK Success
",
    );
    let Response::Id(pairs) = &got[0] else {
        panic!("{:?}", got[0])
    };
    assert_eq!(
        pairs[1],
        ("vendor".to_owned(), Some("Google, Inc.".to_owned()))
    );
    assert_eq!(
        got[2],
        Response::QuotaRoot {
            mailbox: "INBOX".into(),
            roots: vec![String::new()]
        }
    );
    let Response::Quota(quota) = &got[3] else {
        panic!("{:?}", got[3])
    };
    assert_eq!(quota.resources, [("STORAGE".to_owned(), 450, 31_457_280)]);
    let Response::Namespace(spaces) = &got[5] else {
        panic!("{:?}", got[5])
    };
    assert_eq!(spaces.personal, [(String::new(), Some('/'))]);
    assert!(spaces.others.is_empty() && spaces.shared.is_empty());
    assert_eq!(got[7], Response::Enabled(vec!["UTF8=ACCEPT".into()]));
    let big = one("* QUOTA \"\" (STORAGE 450 5368709120)");
    assert!(matches!(big, Response::Quota(q) if q.resources[0].2 == 5_368_709_120));
}

/// A2.
#[test]
fn special_use_comes_with_a_plain_list_in_any_order() {
    let got = read(
        "* LIST (\\HasNoChildren) \"/\" \"INBOX\"
* LIST (\\HasChildren \\Noselect) \"/\" \"[Gmail]\"
* LIST (\\All \\HasNoChildren) \"/\" \"[Gmail]/All Mail\"
* LIST (\\Drafts \\HasNoChildren) \"/\" \"[Gmail]/Drafts\"
* LIST (\\HasNoChildren \\Important) \"/\" \"[Gmail]/Important\"
* LIST (\\HasNoChildren \\Sent) \"/\" \"[Gmail]/Sent Mail\"
* LIST (\\HasNoChildren \\Junk) \"/\" \"[Gmail]/Spam\"
* LIST (\\Flagged \\HasNoChildren) \"/\" \"[Gmail]/Starred\"
* LIST (\\HasNoChildren \\Trash) \"/\" \"[Gmail]/Trash\"
LS02 OK Success
",
    );
    let entry = |i: usize| match &got[i] {
        Response::List(entry) => entry,
        other => panic!("{other:?}"),
    };
    assert!(entry(0).is_inbox());
    assert!(!entry(1).is_selectable());
    assert!(entry(2).has("\\All") && entry(2).is_selectable());
    assert!(entry(6).has("\\junk"));
    assert_eq!(entry(5).delimiter, Some('/'));
}

/// A2.
#[test]
fn extended_list_mixes_status_lines_and_atoms() {
    let got = read(
        "* LIST (\\All \\HasNoChildren \\Subscribed) \"/\" \"[Gmail]/All Mail\"
* LIST (\\HasNoChildren \\Subscribed) \"/\" \"INBOX\"
* STATUS \"INBOX\" (HIGHESTMODSEQ 41234 MESSAGES 60 RECENT 0 UIDNEXT 410 UIDVALIDITY 1 UNSEEN 0)
* LIST (\\HasChildren \\NonExistent \\Subscribed) \"/\" \"[Gmail]\"
* LIST (\\HasNoChildren \\Subscribed) \"/\" +Folder
A6 OK Success
* LSUB (\\HasNoChildren) \"/\" \"INBOX\"
* LSUB (\\HasChildren \\NonExistent) \"/\" \"[Gmail]\"
A7 OK Success
* XLIST (\\HasNoChildren \\Inbox) \"/\" \"Inbox\"
* XLIST (\\Noselect \\HasChildren) \"/\" \"[Gmail]\"
* XLIST (\\HasNoChildren \\AllMail) \"/\" \"[Gmail]/All Mail\"
* XLIST (\\HasNoChildren \\Spam) \"/\" \"[Gmail]/Spam\"
A8 OK Success
",
    );
    let wanted = MailboxStatus {
        mailbox: "INBOX".into(),
        messages: Some(60),
        recent: Some(0),
        uidnext: Some(410),
        uidvalidity: Some(1),
        unseen: Some(0),
        highestmodseq: Some(41234),
        size: None,
    };
    assert_eq!(got[2], Response::MailboxStatus(wanted));
    assert!(matches!(&got[3], Response::List(entry) if !entry.is_selectable()));
    assert!(matches!(&got[4], Response::List(entry) if entry.name == "+Folder"));
}

/// A2.
#[test]
fn japanese_names_are_decoded_and_kept_as_sent() {
    let got = read(
        "* LIST (\\HasNoChildren) \"/\" \"INBOX\"
* LIST (\\HasChildren \\Noselect) \"/\" \"[Gmail]\"
* LIST (\\All \\HasNoChildren) \"/\" \"[Gmail]/&MFkweTBmMG4w4TD8MOs-\"
* LIST (\\HasNoChildren \\Trash) \"/\" \"[Gmail]/&MLQw33ux-\"
* LIST (\\HasNoChildren) \"/\" \"[Gmail]/全部郵件\"
a OK Success
A4 NO [NONEXISTENT] Unknown Mailbox: [Gmail]/Gönderilmiş Postalar (Failure)
",
    );
    assert_eq!(
        folder_names(&got),
        [
            "INBOX",
            "[Gmail]",
            "[Gmail]/すべてのメール",
            "[Gmail]/ゴミ箱",
            "[Gmail]/全部郵件"
        ]
    );
    let Response::List(ListEntry { name, .. }) = &got[2] else {
        panic!("{:?}", got[2])
    };
    assert_eq!(name, "[Gmail]/&MFkweTBmMG4w4TD8MOs-");
    let Response::Status(refusal) = &got[6] else {
        panic!("{:?}", got[6])
    };
    assert_eq!(
        (refusal.kind, &refusal.code),
        (StatusKind::No, &Some(Code::NonExistent))
    );
    assert!(refusal.text.contains("Gönderilmiş Postalar"));
}

/// A3.
#[test]
fn select_is_read_with_a_code_that_has_neither_text_nor_space() {
    let got = read(
        "* STATUS \"INBOX\" (MESSAGES 2108 RECENT 0 UIDNEXT 7202 UIDVALIDITY 3 UNSEEN 0)
44 OK Success
* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $Phishing $NotPhishing)
* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $Phishing $NotPhishing \\*)] Flags permitted.
* OK [UIDVALIDITY 11] UIDs valid.
* 67 EXISTS
* 0 RECENT
* OK [UIDNEXT 68] Predicted next UID.
* OK [HIGHESTMODSEQ 41234]
2 OK [READ-WRITE] [Gmail]/All Mail selected. (Success)
* OK [PERMANENTFLAGS ()] Flags permitted.
3 OK [READ-ONLY] INBOX selected. (Success)
4 OK Returned to authenticated state. (Success)
",
    );
    let code = |i: usize| match &got[i] {
        Response::Status(status) => status.code.clone(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(&got[2], Response::Flags(flags) if flags.len() == 7));
    assert!(
        matches!(code(3), Some(Code::PermanentFlags(flags)) if flags.contains(&"\\*".to_owned()))
    );
    assert_eq!(code(4), Some(Code::UidValidity(11)));
    assert_eq!(
        (&got[5], &got[6]),
        (&Response::Exists(67), &Response::Recent(0))
    );
    assert_eq!(code(8), Some(Code::HighestModSeq(41234)));
    assert_eq!(code(9), Some(Code::ReadWrite));
    assert_eq!(
        status_of("2 OK [READ-WRITE] [Gmail]/All Mail selected. (Success)").text,
        "[Gmail]/All Mail selected. (Success)"
    );
    assert_eq!(code(10), Some(Code::PermanentFlags(vec![])));
    assert_eq!(code(11), Some(Code::ReadOnly));
    let throttled =
        status_of("F OK [READ-WRITE] [Gmail]/Visi laiškai selected. (Success) [THROTTLED]");
    assert!(throttled.is_throttled());
    let refused = status_of(
        "43 NO [NONEXISTENT] Unknown Mailbox: [Gmail] (now in authenticated state) (Failure)",
    );
    assert_eq!(refused.code, Some(Code::NonExistent));
    let keyword =
        code_of("* OK [PERMANENTFLAGS (\\Seen oczekiwanie_na_faktur&ark-)] Flags permitted.");
    assert!(
        matches!(keyword, Code::PermanentFlags(flags) if flags[1] == "oczekiwanie_na_faktur&ark-")
    );
}

/// A4.
#[test]
fn fetch_gives_identities_labels_dates_and_sizes() {
    let fetch = fetch_of(
        "* 56697 FETCH (X-GM-THRID 1563190496481790748 X-GM-MSGID 1563491715126921418 X-GM-LABELS (\"\\\\Sent\") UID 227195 RFC822.SIZE 87705 MODSEQ (10677203) INTERNALDATE \"01-Apr-2017 15:51:32 +0000\" FLAGS (\\Seen) ENVELOPE (\"Sat, 01 Apr 2017 15:51:32 +0000\" \"=?UTF-8?B?44GT44KT?=\" ((\"Alice\" NIL \"alice\" \"example.com\")) ((\"Alice\" NIL \"alice\" \"example.com\")) ((\"Alice\" NIL \"alice\" \"example.com\")) ((NIL NIL \"bob\" \"example.org\")) NIL NIL NIL \"<m1@example.com>\") BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"7BIT\" 10 1 NIL NIL NIL))",
    );
    assert_eq!(fetch.seq, 56697);
    assert_eq!(
        (fetch.gm_thrid, fetch.gm_msgid),
        (
            Some(1_563_190_496_481_790_748),
            Some(1_563_491_715_126_921_418)
        )
    );
    assert_eq!(fetch.gm_labels, Some(vec!["\\Sent".into()]));
    assert_eq!(
        (fetch.uid, fetch.rfc822_size, fetch.modseq),
        (Some(227_195), Some(87705), Some(10_677_203))
    );
    assert_eq!(
        fetch.internal_date,
        Some(datetime!(2017-04-01 15:51:32 UTC))
    );
    assert_eq!(fetch.flags, Some(vec!["\\Seen".into()]));
    assert!(fetch.envelope.is_some() && fetch.bodystructure.is_some());
    assert!(fetch.bodies.is_empty());
}

/// A4.
#[test]
fn absent_parts_are_nil_and_short_bodies_may_be_quoted() {
    let fetch = fetch_of(
        "* 1 FETCH (X-GM-THRID 1382927258807439521 X-GM-MSGID 1382927258807439521 X-GM-LABELS (\"\\\\Inbox\" \"\\\\Important\") UID 1 INTERNALDATE \"17-Oct-2011 14:36:48 +0000\" FLAGS (\\Seen) BODY[1.1.TEXT] NIL)",
    );
    assert_eq!(fetch.body("1.1.TEXT"), Some(&FetchData::Nil));
    let fetch = fetch_of("* 3 FETCH (UID 1 BODY[1.TEXT]<0> NIL)");
    assert_eq!(
        (fetch.bodies[0].origin, &fetch.bodies[0].data),
        (Some(0), &FetchData::Nil)
    );
    let fetch = fetch_of("* 3 FETCH (UID 1 BODY[] \"short \\\"body\\\"\")");
    assert_eq!(
        fetch.body(""),
        Some(&FetchData::Bytes(b"short \"body\"".to_vec()))
    );
    let got = read(
        "* 3 FETCH (UID 1 BODY[HEADER.FIELDS (MESSAGE-ID)] {28}\nMessage-ID: <m1@a.example>\n FLAGS ())\n",
    );
    let Response::Fetch(fetch) = &got[0] else {
        panic!("{got:?}")
    };
    assert!(
        matches!(fetch.body("HEADER.FIELDS (Message-ID)"), Some(FetchData::Bytes(b)) if b.ends_with(b">\r\n"))
    );
    assert_eq!(fetch.flags, Some(vec![]));
}

/// A4, X-GM-LABELS forms seen.
#[test]
fn labels_are_read_in_every_form_seen() {
    let labels = |list: &str| {
        fetch_of(&format!("* 1 FETCH (UID 1 X-GM-LABELS {list} FLAGS ())"))
            .gm_labels
            .expect("labels")
    };
    assert_eq!(
        labels("(\"\\\\Inbox\" \"\\\\Important\" \"\\\\Starred\")"),
        ["\\Inbox", "\\Important", "\\Starred"]
    );
    assert_eq!(
        labels("(\"Test Messages\" \"\\\\Important\")"),
        ["Test Messages", "\\Important"]
    );
    assert_eq!(labels("(Alpha Beta Gamma)"), ["Alpha", "Beta", "Gamma"]);
    assert_eq!(labels("(\"\\\\Starred\" NIL)"), ["\\Starred"]);
    assert!(labels("()").is_empty());
    assert_eq!(
        labels("(\\Inbox \\Sent Important \"Muy Importante\")"),
        ["\\Inbox", "\\Sent", "Important", "Muy Importante"]
    );
    assert_eq!(
        labels("(\"\\\\Inbox\" &istsQmb4-)"),
        ["\\Inbox", "&istsQmb4-"]
    );
    assert_eq!(labels("([Mailbox] foo]bar)"), ["[Mailbox]", "foo]bar"]);
    assert_eq!(labels("({6}\r\na (b) c)"), ["a (b) ", "c"]);
}

/// A4: changes from another session; A5: STORE and its EXPUNGE; A6: COPY and MOVE.
#[test]
fn changes_arrive_in_every_place() {
    let fetch = fetch_of("* 1198 FETCH (UID 1731 MODSEQ (95244) FLAGS (\\Seen))");
    assert_eq!((fetch.uid, fetch.modseq), (Some(1731), Some(95244)));
    let got = read(
        "* 1 FETCH (X-GM-LABELS (\\Important \"Custom Label\" NIL) UID 1)
A5 OK Success
* 1 FETCH (X-GM-LABELS (\\Inbox \\Sent Important \"Muy Importante\" foo))
a OK STORE (Success)
* 1 FETCH (FLAGS (\\Seen \\Answered) UID 1)
A6 OK Success
* 1 EXPUNGE
* 1 EXPUNGE
* 1 EXPUNGE
* 18 EXISTS
A7 OK Success
* 216 EXISTS
A8 OK Success
* 1 EXPUNGE
A9 OK Success
* 1 FETCH (UID 488 FLAGS (\\Seen))
A1 OK [COPYUID 85 488 21] (Success)
* 16 FETCH (UID 17 FLAGS (\\Seen))
A2 OK [COPYUID 19 17 18] (Success)
* 1 EXPUNGE
* 0 EXISTS
A3 OK [COPYUID 85 1:3,5,7:9 1:7] (Success)
",
    );
    assert_eq!(got[6], Response::Expunge(1));
    assert_eq!(
        code_of("A3 OK [COPYUID 85 1:3,5,7:9 1:7] (Success)"),
        Code::CopyUid {
            uidvalidity: 85,
            source: set("1:3,5,7:9"),
            copies: set("1:7")
        }
    );
    let Code::CopyUid { copies, .. } = code_of("A3 OK [COPYUID 7 1747,1750 9,8] (Success)") else {
        panic!("COPYUID")
    };
    assert_eq!(
        copies.numbers(10),
        Some(vec![9, 8]),
        "the order of the wire pairs the sets"
    );
}
