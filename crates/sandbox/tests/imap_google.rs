//! Gmail's IMAP, line by line (transcripts.md A).

mod common;

use common::tls::{Raw, xoauth2};
use common::*;
use sandbox::{Fault, FaultKind, Protocol, ProviderKind::Google, Sandbox};

const ALICE: &str = "alice@example.com";
const MAIL: &[u8] = b"Date: Sat, 01 Apr 2017 15:51:32 +0000\r\nFrom: Bob <bob@example.org>\r\nTo: alice@example.com\r\nSubject: =?UTF-8?B?44GT44KT?=\r\nMessage-ID: <m1@example.org>\r\n\r\nHello\r\n";

async fn token(sandbox: &Sandbox, address: &str) -> String {
    tokens(sandbox, Google, address)
        .await
        .member("access_token")
        .to_owned()
}

async fn logged_in(sandbox: &Sandbox, address: &str) -> Raw {
    let token = token(sandbox, address).await;
    let mut raw = Raw::tls(sandbox, &sandbox.google.imap).await;
    raw.line().await;
    let said = raw
        .command(&format!(
            "A1 AUTHENTICATE XOAUTH2 {}",
            xoauth2(address, &token)
        ))
        .await;
    assert!(said.last().unwrap().starts_with("A1 OK "), "{said:?}");
    raw
}

fn add(sandbox: &Sandbox, folder: &str, flags: &[&str], labels: &[&str]) -> u32 {
    let flags: Vec<String> = flags.iter().map(|f| (*f).to_owned()).collect();
    let labels: Vec<String> = labels.iter().map(|f| (*f).to_owned()).collect();
    sandbox
        .deliver_to(ALICE, folder, MAIL, 1_491_061_892, &flags, &labels)
        .unwrap()
}

#[tokio::test]
async fn capability_comes_untagged_before_the_tagged_ok_of_the_login() {
    let sandbox = sandbox().await;
    let token = token(&sandbox, ALICE).await;
    let mut raw = Raw::tls(&sandbox, &sandbox.google.imap).await;
    let greeting = raw.line().await;
    let id = greeting
        .strip_prefix("* OK Gimap ready for requests from 192.0.2.10 ")
        .unwrap();
    let said = raw.command("A0 CAPABILITY").await;
    assert_eq!(said, [
        "* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER AUTH=XOAUTH".to_owned(),
        format!("A0 OK Thats all she wrote! {id}"),
    ]);
    let said = raw
        .command(&format!(
            "A1 AUTHENTICATE XOAUTH2 {}",
            xoauth2(ALICE, &token)
        ))
        .await;
    assert_eq!(
        said,
        [
            "* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584",
            "A1 OK alice@example.com authenticated (Success)",
        ]
    );
    assert_eq!(
        raw.command("A2 LOGOUT").await,
        ["* BYE LOGOUT Requested", "A2 OK 73 good day (Success)"]
    );
    assert_eq!(raw.rest().await, "");
}

#[tokio::test]
async fn a_wrong_token_gets_the_challenge_first_and_the_reason_after_the_empty_line() {
    let sandbox = sandbox().await;
    let mut raw = Raw::tls(&sandbox, &sandbox.google.imap).await;
    raw.line().await;
    raw.send("A1 AUTHENTICATE XOAUTH2").await;
    assert_eq!(raw.line().await, "+ ");
    raw.send(&xoauth2(ALICE, "wrong")).await;
    assert_eq!(
        raw.line().await,
        "+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
    );
    raw.send("").await;
    assert_eq!(
        raw.line().await,
        "A1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
    );
    let token = token(&sandbox, ALICE).await;
    for (kind, said) in [
        (
            FaultKind::TooManyConnections,
            "A2 NO [ALERT] Too many simultaneous connections. (Failure)",
        ),
        (
            FaultKind::ImapOff,
            "A2 NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)",
        ),
    ] {
        sandbox.fault(Fault::new(kind).of(ALICE).times(1));
        raw.send(&format!(
            "A2 AUTHENTICATE XOAUTH2 {}",
            xoauth2(ALICE, &token)
        ))
        .await;
        assert!(raw.line().await.starts_with("+ eyJ"));
        raw.send("").await;
        assert_eq!(raw.line().await, said);
    }
    let bob = xoauth2("bob@example.com", &token);
    raw.send(&format!("A3 AUTHENTICATE XOAUTH2 {bob}")).await;
    assert!(
        raw.line().await.starts_with("+ eyJ"),
        "another person's mailbox"
    );
}

#[tokio::test]
async fn folders_are_listed_with_attributes_in_alphabetical_order() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox, ALICE).await;
    assert_eq!(
        raw.command("A2 LIST \"\" \"*\"").await,
        [
            "* LIST (\\HasNoChildren) \"/\" \"INBOX\"",
            "* LIST (\\HasChildren \\Noselect) \"/\" \"[Gmail]\"",
            "* LIST (\\All \\HasNoChildren) \"/\" \"[Gmail]/All Mail\"",
            "* LIST (\\Drafts \\HasNoChildren) \"/\" \"[Gmail]/Drafts\"",
            "* LIST (\\HasNoChildren \\Important) \"/\" \"[Gmail]/Important\"",
            "* LIST (\\HasNoChildren \\Sent) \"/\" \"[Gmail]/Sent Mail\"",
            "* LIST (\\HasNoChildren \\Junk) \"/\" \"[Gmail]/Spam\"",
            "* LIST (\\Flagged \\HasNoChildren) \"/\" \"[Gmail]/Starred\"",
            "* LIST (\\HasNoChildren \\Trash) \"/\" \"[Gmail]/Trash\"",
            "A2 OK Success",
        ]
    );
    let said = raw.command("A3 LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))").await;
    assert_eq!(
        said[..3],
        [
            "* LIST (\\HasNoChildren \\Subscribed) \"/\" \"INBOX\"",
            "* STATUS \"INBOX\" (HIGHESTMODSEQ 41234 MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0)",
            "* LIST (\\HasChildren \\NonExistent \\Subscribed) \"/\" \"[Gmail]\"",
        ]
    );
    let mut raw = logged_in(&sandbox, "hanako@example.jp").await;
    let said = raw.command("A4 LIST \"\" \"*\"").await;
    assert_eq!(
        said[2],
        "* LIST (\\All \\HasNoChildren) \"/\" \"[Gmail]/&MFkweTBmMG4w4TD8MOs-\""
    );
    assert_eq!(
        said[3],
        "* LIST (\\HasNoChildren \\Trash) \"/\" \"[Gmail]/&MLQw33ux-\""
    );
}

#[tokio::test]
async fn select_has_no_text_behind_highestmodseq() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox, ALICE).await;
    assert_eq!(
        raw.command("A2 SELECT \"[Gmail]/All Mail\"").await,
        [
            "* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $Phishing $NotPhishing)",
            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $Phishing $NotPhishing \\*)] Flags permitted.",
            "* OK [UIDVALIDITY 11] UIDs valid.",
            "* 0 EXISTS",
            "* 0 RECENT",
            "* OK [UIDNEXT 1] Predicted next UID.",
            "* OK [HIGHESTMODSEQ 41234]",
            "A2 OK [READ-WRITE] [Gmail]/All Mail selected. (Success)",
        ]
    );
    assert_eq!(
        raw.command("A3 SELECT [Gmail]").await,
        ["A3 NO [NONEXISTENT] Unknown Mailbox: [Gmail] (now in authenticated state) (Failure)"]
    );
    assert_eq!(
        raw.command("A4 EXAMINE INBOX").await.last().unwrap(),
        "A4 OK [READ-ONLY] INBOX selected. (Success)"
    );
    assert_eq!(
        raw.command("A5 CLOSE").await,
        ["A5 OK Returned to authenticated state. (Success)"]
    );
}

#[tokio::test]
async fn fetch_keeps_gmails_order_of_items_and_leaves_the_folders_own_label_out() {
    let sandbox = sandbox().await;
    add(
        &sandbox,
        "INBOX",
        &["\\Flagged"],
        &["\\Important", "仕事", "Alpha"],
    );
    let mut raw = logged_in(&sandbox, ALICE).await;
    raw.command("A2 SELECT INBOX").await;
    let said = raw
        .command("A3 UID FETCH 1:* (FLAGS X-GM-LABELS RFC822.SIZE INTERNALDATE ENVELOPE)")
        .await;
    assert_eq!(
        said[0],
        format!(
            "* 1 FETCH (X-GM-LABELS (\"\\\\Important\" \"\\\\Starred\" Alpha &TtVOiw- NIL) UID 1 RFC822.SIZE {} INTERNALDATE \"01-Apr-2017 15:51:32 +0000\" FLAGS (\\Flagged) ENVELOPE (\"Sat, 01 Apr 2017 15:51:32 +0000\" \"=?UTF-8?B?44GT44KT?=\" ((\"Bob\" NIL \"bob\" \"example.org\")) ((\"Bob\" NIL \"bob\" \"example.org\")) ((\"Bob\" NIL \"bob\" \"example.org\")) ((NIL NIL \"alice\" \"example.com\")) NIL NIL NIL \"<m1@example.org>\"))",
            MAIL.len()
        )
    );
    assert_eq!(said[1], "A3 OK Success");
    let said = raw
        .command("A4 UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODYSTRUCTURE BODY.PEEK[2])")
        .await;
    assert_eq!(
        said[0],
        "* 1 FETCH (UID 1 BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 7 1 NIL NIL NIL) BODY[HEADER.FIELDS (SUBJECT)] {33}"
    );
    assert_eq!(said[1..3], ["Subject: =?UTF-8?B?44GT44KT?=", ""]);
    let said = raw.command("A5 FETCH 1 BODY[]").await;
    assert_eq!(
        said[0],
        format!(
            "* 1 FETCH (FLAGS (\\Seen \\Flagged) BODY[] {{{}}}",
            MAIL.len()
        )
    );
}

#[tokio::test]
async fn deleted_expunges_inside_the_store_and_exists_follows() {
    let sandbox = sandbox().await;
    for _ in 0..4 {
        add(&sandbox, "INBOX", &[], &[]);
    }
    let mut raw = logged_in(&sandbox, ALICE).await;
    raw.command("A2 SELECT INBOX").await;
    assert_eq!(
        raw.command("A3 UID STORE 1 +FLAGS (\\Answered)").await,
        ["* 1 FETCH (FLAGS (\\Answered) UID 1)", "A3 OK Success"]
    );
    assert_eq!(
        raw.command("A4 UID STORE 1:3 +FLAGS.SILENT (\\Deleted)")
            .await,
        [
            "* 1 EXPUNGE",
            "* 1 EXPUNGE",
            "* 1 EXPUNGE",
            "* 1 EXISTS",
            "A4 OK Success"
        ]
    );
    let said = raw.command("A5 SELECT \"[Gmail]/All Mail\"").await;
    assert!(
        said.contains(&"* 4 EXISTS".to_owned()),
        "only the label went"
    );
}

#[tokio::test]
async fn move_has_copyuid_in_the_tagged_line_with_sets_that_descend() {
    let sandbox = sandbox().await;
    for _ in 0..3 {
        add(&sandbox, "INBOX", &[], &[]);
    }
    let mut raw = logged_in(&sandbox, ALICE).await;
    raw.command("A2 SELECT INBOX").await;
    assert_eq!(
        raw.command("A3 UID MOVE 1,3 \"[Gmail]/Trash\"").await,
        [
            "* 1 EXPUNGE",
            "* 2 EXPUNGE",
            "* 1 EXISTS",
            "A3 OK [COPYUID 2 1,3 2,1] (Success)"
        ]
    );
    assert_eq!(
        raw.command("A4 UID COPY 2 \"[Gmail]/Starred\"")
            .await
            .last()
            .unwrap(),
        "A4 OK [COPYUID 4 2 1] (Success)"
    );
    assert_eq!(
        raw.command("A5 UID MOVE 2 Nowhere").await,
        ["A5 NO [TRYCREATE] No folder Nowhere (Failure)"]
    );
}

#[tokio::test]
async fn append_search_and_their_words() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox, ALICE).await;
    raw.command("A2 SELECT INBOX").await;
    raw.send(&format!(
        "A3 APPEND INBOX (\\Seen) \"06-Nov-2024 01:02:03 +0000\" {{{}}}",
        MAIL.len()
    ))
    .await;
    assert_eq!(raw.line().await, "+ go ahead");
    raw.send(std::str::from_utf8(MAIL).unwrap()).await;
    assert_eq!(
        raw.until("A3 ").await,
        ["* 1 EXISTS", "A3 OK [APPENDUID 1 1] (Success)"]
    );
    assert_eq!(
        raw.command("A4 UID SEARCH RETURN (ALL) ALL").await,
        [
            "* ESEARCH (TAG \"A4\") UID ALL 1",
            "A4 OK SEARCH completed (Success)"
        ]
    );
    assert_eq!(
        raw.command("A5 UID SEARCH HEADER Message-ID \"<m1@example.org>\"")
            .await[0],
        "* SEARCH 1"
    );
    assert_eq!(
        raw.command("A6 UID SEARCH X-GM-RAW \"rfc822msgid:m1@example.org\"")
            .await[0],
        "* SEARCH 1"
    );
    assert_eq!(raw.command("A7 UID SEARCH UNSEEN").await[0], "* SEARCH");
    raw.send("A8 UID SEARCH CHARSET UTF-8 SUBJECT {6}").await;
    raw.line().await;
    raw.send("こん").await;
    assert_eq!(
        raw.until("A8 ").await,
        ["* SEARCH 1", "A8 OK SEARCH completed (Success)"]
    );
    raw.send("A9 APPEND INBOX {40000000}").await;
    assert_eq!(
        raw.line().await,
        "A9 BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit"
    );
    assert_eq!(
        raw.command("B1 WHAT").await,
        ["B1 BAD Could not parse command"]
    );
}

#[tokio::test]
async fn idle_tells_what_arrives_and_the_session_ends_with_its_token() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox, ALICE).await;
    raw.command("A2 SELECT INBOX (CONDSTORE)").await;
    raw.send("A3 IDLE").await;
    assert_eq!(raw.line().await, "+ idling");
    add(&sandbox, "INBOX", &[], &[]);
    assert_eq!(raw.line().await, "* 1 EXISTS");
    raw.send("DONE").await;
    assert_eq!(raw.line().await, "A3 OK IDLE terminated (Success)");
    let mut other = logged_in(&sandbox, ALICE).await;
    other.command("B2 SELECT INBOX").await;
    other.command("B3 UID STORE 1 +FLAGS (\\Seen)").await;
    let said = raw.command("A4 NOOP").await;
    assert!(
        said[0].starts_with("* 1 FETCH (UID 1 MODSEQ (4"),
        "{said:?}"
    );
    assert!(said[0].ends_with(") FLAGS (\\Seen))"), "{said:?}");
    let said = raw
        .command("A5 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 41235)")
        .await;
    assert!(said[0].starts_with("* 1 FETCH (UID 1 MODSEQ ("), "{said:?}");
    sandbox.fault(Fault::new(FaultKind::ExpireAccess).of(ALICE));
    raw.send("A6 NOOP").await;
    assert_eq!(
        raw.rest().await,
        "* BYE Session expired, please login again.\r\n"
    );
}

#[tokio::test]
async fn throttling_hang_ups_and_a_new_uidvalidity_come_on_command() {
    let sandbox = sandbox().await;
    add(&sandbox, "INBOX", &[], &[]);
    let mut raw = logged_in(&sandbox, ALICE).await;
    raw.command("A2 SELECT INBOX").await;
    sandbox.fault(Fault::new(FaultKind::ImapThrottled).of(ALICE).times(1));
    assert_eq!(
        raw.command("A3 NOOP").await,
        ["A3 NO [OVERQUOTA] Account exceeded command or bandwidth limits."]
    );
    sandbox.fault(Fault::new(FaultKind::Slow).of(ALICE).times(1).ms(1));
    assert_eq!(raw.command("A4 NOOP").await, ["A4 OK Success [THROTTLED]"]);
    sandbox.fault(
        Fault::new(FaultKind::UidvalidityChange)
            .of(ALICE)
            .folder("INBOX"),
    );
    raw.send("A5 NOOP").await;
    assert!(raw.rest().await.starts_with("* BYE System error\r\n"));
    let mut raw = logged_in(&sandbox, ALICE).await;
    assert!(
        raw.command("A6 SELECT INBOX")
            .await
            .contains(&"* OK [UIDVALIDITY 1001] UIDs valid.".to_owned())
    );
    sandbox.fault(
        Fault::new(FaultKind::HangUpAfterBytes)
            .after_bytes(Protocol::Imap, 10)
            .times(1),
    );
    let mut cut = Raw::tls(&sandbox, &sandbox.google.imap).await;
    assert_eq!(cut.rest().await, "* OK Gimap");
    sandbox.fault(Fault::new(FaultKind::GreetingBye).at(Google).times(1));
    let mut bye = Raw::tls(&sandbox, &sandbox.google.imap).await;
    assert_eq!(bye.rest().await, "* BYE System error\r\n");
    sandbox.fault(Fault::new(FaultKind::HugeLiteral).of(ALICE).times(1));
    raw.send("A7 UID FETCH 1 BODY.PEEK[]").await;
    assert_eq!(raw.line().await, "* 1 FETCH (UID 1 BODY[] {5368709120}");
}

#[tokio::test]
async fn a_filled_mailbox_is_read_whole() {
    let sandbox = sandbox().await;
    assert_eq!(sandbox.fill("hanako@example.jp", 1, 60).unwrap(), 60);
    let mut raw = logged_in(&sandbox, "hanako@example.jp").await;
    let said = raw.command("A2 SELECT INBOX").await;
    let exists = said
        .iter()
        .find(|l| l.ends_with(" EXISTS"))
        .unwrap()
        .clone();
    let count: usize = exists.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(count > 10, "{exists}");
    let said = raw
        .command(
            "A3 UID FETCH 1:* (X-GM-MSGID X-GM-THRID X-GM-LABELS FLAGS ENVELOPE BODYSTRUCTURE)",
        )
        .await;
    assert_eq!(
        said.iter()
            .filter(|l| l.starts_with("* ") && l.contains(" FETCH (X-GM-THRID "))
            .count(),
        count
    );
    assert_eq!(said.last().unwrap(), "A3 OK Success");
}
