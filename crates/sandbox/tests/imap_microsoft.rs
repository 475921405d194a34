//! Exchange's IMAP, line by line (transcripts.md B).

mod common;

use common::tls::{Raw, xoauth2};
use common::*;
use sandbox::{Fault, FaultKind, ProviderKind::Microsoft, Sandbox};

const CAROL: &str = "carol@contoso.example";
const ICHIRO: &str = "ichiro@contoso.example";
const MAIL: &[u8] = b"Date: Mon, 2 Sep 2019 10:00:00 +0200\r\nFrom: Alice <alice@example.com>\r\nTo: bob@example.org\r\nSubject: subject\r\nMessage-ID: <m1@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n";

async fn token(sandbox: &Sandbox, address: &str) -> String {
    tokens(sandbox, Microsoft, address)
        .await
        .member("access_token")
        .to_owned()
}

async fn login(sandbox: &Sandbox, person: &str, user: &str) -> (Raw, String) {
    let token = token(sandbox, person).await;
    let mut raw = Raw::tls(sandbox, &sandbox.microsoft.imap).await;
    raw.line().await;
    let said = raw
        .command(&format!(
            "A1 AUTHENTICATE XOAUTH2 {}",
            xoauth2(user, &token)
        ))
        .await;
    (raw, said.concat())
}

async fn logged_in(sandbox: &Sandbox) -> Raw {
    let (raw, said) = login(sandbox, CAROL, CAROL).await;
    assert_eq!(said, "A1 OK AUTHENTICATE completed.");
    raw
}

#[tokio::test]
async fn the_greeting_is_base64_of_a_host_and_no_capability_follows_the_login() {
    let sandbox = sandbox().await;
    let token = token(&sandbox, CAROL).await;
    let mut raw = Raw::tls(&sandbox, &sandbox.microsoft.imap).await;
    let greeting = raw.line().await;
    assert!(
        greeting.starts_with("* OK The Microsoft Exchange IMAP4 service is ready. [TQBXAEgA"),
        "{greeting}"
    );
    assert_eq!(
        raw.command("A0 CAPABILITY").await,
        [
            "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
            "A0 OK CAPABILITY completed.",
        ]
    );
    let said = raw
        .command(&format!(
            "A1 AUTHENTICATE XOAUTH2 {}",
            xoauth2(CAROL, &token)
        ))
        .await;
    assert_eq!(said, ["A1 OK AUTHENTICATE completed."]);
    assert_eq!(
        raw.command("A2 CAPABILITY").await[0],
        "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+"
    );
    assert_eq!(
        raw.command("A3 ID (\"name\" \"tegata\")").await[0],
        "* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" \"15.20\")"
    );
    assert_eq!(
        raw.command("A4 LOGOUT").await,
        [
            "* BYE Microsoft Exchange Server IMAP4 server signing off.",
            "A4 OK LOGOUT completed."
        ]
    );
}

#[tokio::test]
async fn who_may_open_which_mailbox() {
    let sandbox = sandbox().await;
    let mut wrong = Raw::tls(&sandbox, &sandbox.microsoft.imap).await;
    wrong.line().await;
    let blob = xoauth2(CAROL, "wrong");
    assert_eq!(
        wrong
            .command(&format!("A1 AUTHENTICATE XOAUTH2 {blob}"))
            .await,
        ["A1 NO AUTHENTICATE failed."]
    );
    assert_eq!(
        login(&sandbox, CAROL, "nobody@contoso.example").await.1,
        "A1 NO AUTHENTICATE failed."
    );
    let (mut shared, said) = login(&sandbox, CAROL, "info@contoso.example").await;
    assert_eq!(said, "A1 OK AUTHENTICATE completed.");
    assert_eq!(
        shared.command("A2 SELECT INBOX").await.last().unwrap(),
        "A2 OK [READ-WRITE] SELECT completed."
    );
    let (mut foreign, said) = login(&sandbox, ICHIRO, "info@contoso.example").await;
    assert_eq!(said, "A1 OK AUTHENTICATE completed.");
    for tag in ["A2", "A3"] {
        assert_eq!(
            foreign.command(&format!("{tag} NOOP")).await,
            [format!(
                "{tag} BAD User is authenticated but not connected."
            )]
        );
    }
    foreign.send("A4 NOOP").await;
    assert_eq!(
        foreign.rest().await,
        "A4 BAD User is authenticated but not connected.\r\n* BYE Connection closed. 14\r\n"
    );
    sandbox.fault(Fault::new(FaultKind::ImapOff).of(CAROL));
    let (mut off, said) = login(&sandbox, CAROL, CAROL).await;
    assert_eq!(said, "A1 OK AUTHENTICATE completed.");
    assert_eq!(
        off.command("A2 LIST \"\" *").await,
        ["A2 BAD User is authenticated but not connected."]
    );
}

#[tokio::test]
async fn names_are_unquoted_status_ends_with_a_space_and_flags_are_six() {
    let sandbox = sandbox().await;
    sandbox.deliver(CAROL, MAIL).unwrap();
    let mut raw = logged_in(&sandbox).await;
    let said = raw.command("A2 LIST \"\" \"*\"").await;
    assert_eq!(said[0], "* LIST (\\Marked \\HasNoChildren) \"/\" INBOX");
    assert!(
        said.contains(&"* LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Items\"".to_owned()),
        "{said:?}"
    );
    assert!(said.contains(&"* LIST (\\HasNoChildren) \"/\" Calendar".to_owned()));
    assert_eq!(
        raw.command("A3 STATUS INBOX (MESSAGES RECENT UNSEEN UIDNEXT)")
            .await,
        [
            "* STATUS INBOX (MESSAGES 1 RECENT 1 UNSEEN 1 UIDNEXT 2) ",
            "A3 OK STATUS completed."
        ]
    );
    assert_eq!(
        raw.command("A4 SELECT INBOX").await,
        [
            "* 1 EXISTS",
            "* 1 RECENT",
            "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)",
            "* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] Permanent flags",
            "* OK [UNSEEN 1] Is the first unseen message",
            "* OK [UIDVALIDITY 14] UIDVALIDITY value",
            "* OK [UIDNEXT 2] The next unique identifier value",
            "A4 OK [READ-WRITE] SELECT completed.",
        ]
    );
    let (mut ichiro, _) = login(&sandbox, ICHIRO, ICHIRO).await;
    let said = ichiro.command("A5 LIST \"\" \"*\"").await;
    assert!(
        said.contains(&"* LIST (\\HasNoChildren \\Sent) \"/\" &kAFP4W4IMH8wojCkMMYw4A-".to_owned()),
        "{said:?}"
    );
    assert!(said.contains(&"* LIST (\\HasNoChildren) \"/\" \"RSS &MNUwozD8MMk-\"".to_owned()));
}

#[tokio::test]
async fn fetch_has_nil_senders_lower_case_types_and_recent() {
    let sandbox = sandbox().await;
    sandbox.deliver(CAROL, MAIL).unwrap();
    let mut raw = logged_in(&sandbox).await;
    raw.command("A2 SELECT INBOX").await;
    let said = raw
        .command("A3 UID FETCH 1 (UID FLAGS ENVELOPE BODYSTRUCTURE)")
        .await;
    assert_eq!(
        said,
        [
            "* 1 FETCH (UID 1 FLAGS (\\Recent) ENVELOPE (\"Mon, 2 Sep 2019 10:00:00 +0200\" \"subject\" ((\"Alice\" NIL \"alice\" \"example.com\")) NIL NIL ((NIL NIL \"bob\" \"example.org\")) NIL NIL NIL \"<m1@example.com>\") BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 7 1 NIL NIL NIL NIL))",
            "A3 OK FETCH completed.",
        ]
    );
    assert_eq!(
        raw.command("A4 STORE 1 +FLAGS (\\Deleted $Label1)").await,
        [
            "* 1 FETCH (FLAGS (\\Deleted \\Recent))",
            "A4 OK STORE completed."
        ]
    );
    assert_eq!(
        raw.command("A5 EXPUNGE").await,
        ["* 1 EXPUNGE", "A5 OK EXPUNGE completed."]
    );
    assert_eq!(
        raw.command("A6 UID STORE 326199536 FLAGS.SILENT (\\Seen)")
            .await,
        ["A6 OK STORE completed."]
    );
}

#[tokio::test]
async fn what_idle_announces_is_not_there_at_the_first_fetch() {
    let sandbox = sandbox().await;
    sandbox.deliver(CAROL, MAIL).unwrap();
    let mut raw = logged_in(&sandbox).await;
    raw.command("A2 SELECT INBOX").await;
    raw.send("A3 IDLE").await;
    assert_eq!(raw.line().await, "+ IDLE accepted, awaiting DONE command.");
    sandbox.deliver(CAROL, MAIL).unwrap();
    assert_eq!(raw.line().await, "* 2 RECENT");
    assert_eq!(raw.line().await, "* 2 EXISTS");
    raw.send("DONE").await;
    assert_eq!(raw.line().await, "A3 OK IDLE completed.");
    assert_eq!(
        raw.command("A4 UID FETCH 2:* (UID FLAGS)").await,
        [
            "* 1 FETCH (UID 1 FLAGS (\\Recent))",
            "A4 OK FETCH completed."
        ]
    );
    assert_eq!(raw.command("A5 NOOP").await, ["A5 OK NOOP completed."]);
    assert_eq!(
        raw.command("A6 UID FETCH 2:* (UID FLAGS)").await,
        [
            "* 2 FETCH (UID 2 FLAGS (\\Recent))",
            "A6 OK FETCH completed."
        ]
    );
}

#[tokio::test]
async fn search_knows_no_charset_and_long_lines_are_errors() {
    let sandbox = sandbox().await;
    sandbox.deliver(CAROL, MAIL).unwrap();
    let mut raw = logged_in(&sandbox).await;
    raw.command("A2 SELECT INBOX").await;
    assert_eq!(
        raw.command("A3 UID SEARCH CHARSET UTF-8 SUBJECT \"abc\"")
            .await,
        ["A3 NO [BADCHARSET (US-ASCII)] The specified charset is not supported."]
    );
    assert_eq!(
        raw.command("A4 UID SEARCH HEADER Message-ID \"<m1@example.com>\"")
            .await,
        ["* SEARCH 1", "A4 OK SEARCH completed."]
    );
    assert_eq!(
        raw.command("A5 UID SEARCH SUBJECT \"日本\"").await,
        ["A5 BAD Command Error. 11"]
    );
    let long: Vec<String> = (1..9_000).map(|n| (n * 2).to_string()).collect();
    assert_eq!(
        raw.command(&format!("A6 UID FETCH {} (FLAGS)", long.join(",")))
            .await,
        ["A6 BAD Command Error. 10"]
    );
}

#[tokio::test]
async fn move_shows_copyuid_bare_once_and_append_takes_non_synchronising_literals() {
    let sandbox = sandbox().await;
    sandbox.deliver(CAROL, MAIL).unwrap();
    sandbox.deliver(CAROL, MAIL).unwrap();
    let mut raw = logged_in(&sandbox).await;
    raw.command("A2 SELECT INBOX").await;
    assert_eq!(
        raw.command("A3 UID MOVE 1 Archive").await,
        ["[COPYUID 15 1 1]", "* 1 EXPUNGE", "A3 OK MOVE completed."]
    );
    assert_eq!(
        raw.command("A4 UID MOVE 2 Archive").await,
        [
            "* OK [COPYUID 15 2 2]",
            "* 1 EXPUNGE",
            "A4 OK MOVE completed."
        ]
    );
    assert_eq!(
        raw.command("A5 UID MOVE 2 Archive").await,
        ["* OK [COPYUID 15  ]", "A5 OK MOVE completed."]
    );
    raw.send(&format!(
        "A6 APPEND \"Sent Items\" (\\Seen) {{{}+}}",
        MAIL.len()
    ))
    .await;
    raw.send(std::str::from_utf8(MAIL).unwrap()).await;
    assert_eq!(raw.line().await, "A6 OK [APPENDUID 25 1] APPEND completed.");
    assert_eq!(
        raw.command("A7 CREATE Files").await,
        ["A7 NO Folder name is reserved"]
    );
    assert_eq!(
        raw.command("A8 CREATE Archive").await,
        ["A8 NO Mailbox already exists."]
    );
}

#[tokio::test]
async fn throttling_and_the_end_of_the_token_close_the_connection() {
    let sandbox = sandbox().await;
    let mut raw = logged_in(&sandbox).await;
    sandbox.fault(Fault::new(FaultKind::ImapThrottled).of(CAROL).times(1));
    raw.send("A2 NOOP").await;
    assert_eq!(
        raw.rest().await,
        "A2 BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds\r\n* BYE Connection closed. 14\r\n"
    );
    let mut raw = logged_in(&sandbox).await;
    raw.command("A3 SELECT INBOX").await;
    raw.send("A4 IDLE").await;
    raw.line().await;
    sandbox.advance_clock(3_600);
    assert_eq!(
        raw.rest().await,
        "* BYE Session invalidated - AccessTokenExpired\r\n"
    );
    sandbox.fault(Fault::new(FaultKind::ImapUnavailable).times(1));
    assert_eq!(
        login(&sandbox, CAROL, CAROL).await.1,
        "A1 NO Server Unavailable. 15"
    );
}
