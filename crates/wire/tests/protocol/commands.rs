//! Every client line of facts/transcripts.md, part A and B, read by the server side.

use wire::imap::command_parser::parse_command;

#[test]
fn every_client_line_of_the_transcripts_is_read() {
    for line in [
        "A0 CAPABILITY",
        "A1 AUTHENTICATE XOAUTH2 dXNlcj0=",
        "7 ENABLE UTF8=ACCEPT",
        "LS02 LIST \"\" \"*\"",
        "A5 LIST (SPECIAL-USE) \"\" \"*\" RETURN (SUBSCRIBED CHILDREN)",
        "A6 LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))",
        "A7 LSUB \"\" \"*\"",
        "A8 XLIST \"\" \"*\"",
        "44 STATUS \"INBOX\" (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)",
        "2 SELECT \"[Gmail]/All Mail\"",
        "3 EXAMINE INBOX",
        "4 CLOSE",
        "5 FETCH 1:* (UID FLAGS X-GM-LABELS) (CHANGEDSINCE 41234)",
        "A5 UID STORE 1 +X-GM-LABELS (\\Important \"Custom Label\" NIL)",
        "a STORE 1 +X-GM-LABELS (foo)",
        "A6 UID STORE 1 +FLAGS (\\Answered)",
        "A7 UID STORE 1:3 +FLAGS.SILENT (\\Deleted)",
        "A8 CHECK",
        "A9 NOOP",
        "A1 UID COPY 488 \"[Gmail]/Trash\"",
        "A3 UID MOVE 1:3,5,7:9 Level1",
        "A4 APPEND INBOX (\\Seen) \"06-Nov-2024 01:02:03 +0000\" {3}\r\nabc",
        "A1 UID SEARCH RETURN (ALL) ALL",
        "a005 SEARCH X-GM-RAW \"has:attachment in:unread\"",
        "A3 UID SEARCH CHARSET UTF-8 SUBJECT {9}\r\n日本語",
        "TAG322 IDLE",
        "A9 LOGOUT",
        "A3 ID (\"name\" \"tegata\")",
        "A4 NAMESPACE",
        "A5 LIST \"\" \"%\"",
        "A3 UID STORE 326199536 FLAGS.SILENT (\\Seen)",
        "A5 UID FETCH 1620:* (UID FLAGS)",
        "A3 APPEND \"Sent Items\" (\\Seen) {3}\r\nabc",
        "A3 UID SEARCH UNSEEN",
        "A5 LIST \"\" \"...\\\"Vxx\\\".../%\"",
        "a UNSELECT",
        "a UID EXPUNGE 3",
        "a GETQUOTAROOT INBOX",
        "a STARTTLS",
        "a CREATE \"x\" (USE (\\Archive))",
    ] {
        if let Err(error) = parse_command(line.as_bytes()) {
            panic!("{line}: {error}");
        }
    }
    for wrong in [
        "TAG IDLE ",
        "a SELECT",
        "a LIST \"\"",
        "a UID FETCH 0 (UID)",
        "a APPEND INBOX (\\Seen)",
    ] {
        assert!(parse_command(wrong.as_bytes()).is_err(), "{wrong}");
    }
}
