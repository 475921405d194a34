use std::time::Duration;

use time::macros::datetime;
use wire::imap::command::{StoreChange, StoreItem, StoreMode};
use wire::imap::{FetchItem, SearchKey};

use super::super::{Appended, Body, IdleEnd, Moved, News};
use super::*;

const GMAIL: &str = "IMAP4rev1 X-GM-EXT-1 UIDPLUS MOVE CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE IDLE";
const EXCHANGE: &str = "IMAP4 IMAP4rev1 UIDPLUS MOVE UNSELECT CHILDREN IDLE NAMESPACE LITERAL+";

#[tokio::test]
async fn folders_come_with_their_numbers_where_the_server_can() {
    let (mut connection, script) = opened(
        GMAIL,
        "C: T1 LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT))
         S: * LIST (\\HasNoChildren) \"/\" \"INBOX\"
         S: * STATUS \"INBOX\" (MESSAGES 60 UIDNEXT 410)
         S: * LIST (\\HasChildren \\NonExistent) \"/\" \"[Gmail]\"
         S: * LIST (\\HasNoChildren \\Trash) \"/\" \"[Gmail]/&MLQw33ux-\"
         S: T1 OK Success",
    )
    .await;
    let lines = connection
        .list_folders_with_status(&["MESSAGES", "UIDNEXT"])
        .await
        .expect("folders");
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0].status.as_ref().and_then(|s| s.messages), Some(60));
    assert_eq!(
        (lines[1].entry.is_selectable(), lines[1].status.is_none()),
        (false, true)
    );
    assert_eq!(lines[2].entry.name, "[Gmail]/&MLQw33ux-");
    script.done().await;

    let (mut connection, script) = opened(
        EXCHANGE,
        "C: T1 LIST \"\" \"*\"
         S: * LIST (\\Marked \\HasNoChildren) \"/\" Inbox
         S: T1 OK LIST completed.",
    )
    .await;
    assert!(connection.list_folders().await.expect("folders")[0].is_inbox());
    script.done().await;
}

#[tokio::test]
async fn select_tells_everything_replication_needs() {
    let (mut connection, script) = opened(
        GMAIL,
        "C: T1 SELECT \"[Gmail]/All Mail\" (CONDSTORE)
         S: * FLAGS (\\Answered \\Seen)
         S: * OK [PERMANENTFLAGS (\\Answered \\Seen \\*)] Flags permitted.
         S: * OK [UIDVALIDITY 11] UIDs valid.
         S: * 67 EXISTS
         S: * 0 RECENT
         S: * OK [UIDNEXT 68] Predicted next UID.
         S: * OK [HIGHESTMODSEQ 41234]
         S: T1 OK [READ-WRITE] [Gmail]/Visi laiškai selected. (Success) [THROTTLED]",
    )
    .await;
    let selected = connection
        .select("[Gmail]/All Mail", true)
        .await
        .expect("a folder");
    assert_eq!(
        (selected.uidvalidity, selected.uidnext, selected.exists),
        (11, Some(68), 67)
    );
    assert_eq!(
        (selected.highestmodseq, selected.read_only),
        (Some(41234), false)
    );
    assert!(connection.take_throttled() && !connection.take_throttled());
    assert!(
        connection.take_news().is_empty(),
        "what SELECT tells is no news"
    );
    script.done().await;
}

#[tokio::test]
async fn select_without_uidvalidity_is_an_error_and_a_missing_folder_is_not_the_end() {
    let (mut connection, script) = opened(
        EXCHANGE,
        "C: T1 SELECT \"gone\"
         S: T1 NO [NONEXISTENT] Unknown Mailbox: Gönderilmiş Postalar (Failure)
         C: T2 SELECT \"INBOX\"
         S: * 5 EXISTS
         S: T2 OK [READ-WRITE] SELECT completed.",
    )
    .await;
    let error = connection
        .select("gone", true)
        .await
        .expect_err("a refusal");
    assert_eq!(cause(&error), "imap-nonexistent");
    assert!(
        error
            .provider_said()
            .is_some_and(|s| s.contains("Gönderilmiş Postalar"))
    );
    assert!(connection.is_alive(), "both sides know where they are");
    let error = connection
        .select("INBOX", true)
        .await
        .expect_err("no UIDVALIDITY");
    assert_eq!(
        error.provider_said(),
        Some("UIDVALIDITY of INBOX was not told")
    );
    script.done().await;
}

#[tokio::test]
async fn fetch_streams_rows_and_spills_large_bodies() {
    let large = "x".repeat(90_000);
    let script = Script::start(&format!(
        "S: * OK [CAPABILITY {GMAIL}] ready
         C: T1 UID FETCH 1:3 (UID FLAGS BODY.PEEK[])
         S: * 1 FETCH (UID 1 FLAGS (\\Seen) BODY[] {{5}}
         S~ hello
         S: )
         S: * 9 FETCH (UID 99 FLAGS ())
         S: * 2 FETCH (UID 2 BODY[] {{90000}}
         S~ {large}
         S:  FLAGS ())
         S: * 3 FETCH (UID 3 FLAGS () BODY[] NIL)
         S: T1 OK Success
         C: T2 NOOP
         S: T2 OK Success"
    ))
    .await;
    let spill = tempfile::tempdir().expect("a folder");
    let bodies = BodyLimits {
        memory: 80_000,
        most: 100_000,
        spill_dir: spill.path().to_owned(),
    };
    let limits = Limits { bodies, ..limits() };
    let mut connection = Connection::open(&script.target, limits)
        .await
        .expect("a greeting");
    let items = [FetchItem::Uid, FetchItem::Flags, FetchItem::whole()];
    let mut run = connection.fetch(&uids("1:3"), &items, None);
    let mut first = run.next().await.expect("a row").expect("a row");
    let body = first
        .take_body("")
        .expect("a body")
        .into_bytes()
        .await
        .expect("octets");
    assert_eq!((first.fetch.uid, body.as_slice()), (Some(1), &b"hello"[..]));
    let other = run.next().await.expect("a row").expect("a row");
    assert_eq!((other.fetch.uid, other.fetch.bodies.len()), (Some(99), 0));
    let mut second = run.next().await.expect("a row").expect("a row");
    let body = second.take_body("").expect("a body");
    assert!(matches!(body, Body::File(_)));
    assert_eq!(
        std::fs::read_dir(spill.path()).expect("a folder").count(),
        1
    );
    assert_eq!(body.into_bytes().await.expect("octets"), large.as_bytes());
    assert_eq!(
        std::fs::read_dir(spill.path()).expect("a folder").count(),
        0,
        "the file went with the body"
    );
    let mut third = run.next().await.expect("a row").expect("a row");
    assert!(third.take_body("").is_none(), "NIL is no empty message");
    assert!(run.next().await.expect("the end").is_none());
    connection.noop().await.expect("still in step");
    script.done().await;
}

#[tokio::test]
async fn long_sets_become_several_commands() {
    let set = SequenceSet::of((1..4000).filter(|n| n % 2 == 0));
    let count = set.split(3800).len();
    let mut lines = format!("S: * OK [CAPABILITY {EXCHANGE}] ready\n");
    for n in 1..=count {
        lines.push_str(&format!(
            "C: T{n} UID FETCH *\nS: * {n} FETCH (UID {n})\nS: T{n} OK FETCH completed.\n"
        ));
    }
    let script = Script::start(&lines).await;
    let mut connection = Connection::open(&script.target, limits())
        .await
        .expect("a greeting");
    let rows = connection
        .fetch_all(&set, &[FetchItem::Flags], None)
        .await
        .expect("rows");
    assert_eq!(rows.len(), count);
    assert!(count > 1 && script.done().await.iter().all(|line| line.len() < 4000));
}

#[tokio::test]
async fn search_reads_both_answers_and_a_long_line() {
    let hits: String = (1..300_000).map(|n| format!(" {n}")).collect();
    let (mut connection, script) = opened(
        EXCHANGE,
        &format!(
            "C: T1 UID SEARCH ALL
             S: * SEARCH{hits}
             S: T1 OK SEARCH completed.
             C: T2 UID SEARCH HEADER \"Message-ID\" \"<m1@example.com>\"
             S: * SEARCH
             S: T2 OK SEARCH completed.
             C: T3 UID SEARCH UNSEEN
             S: T3 OK SEARCH completed."
        ),
    )
    .await;
    assert_eq!(
        connection
            .search(&SearchKey::All)
            .await
            .expect("hits")
            .len(),
        299_999
    );
    let by_id = SearchKey::Header("Message-ID".into(), "<m1@example.com>".into());
    assert!(connection.search(&by_id).await.expect("none").is_empty());
    let error = connection
        .search(&SearchKey::NoFlag("\\Seen".into()))
        .await
        .expect_err("nothing was said");
    assert_eq!(
        cause(&error),
        "net-protocol",
        "no answer is not the same as no hits"
    );
    script.done().await;

    let (mut connection, script) = opened(
        GMAIL,
        "C: T1 UID SEARCH RETURN (ALL) ALL
         S: * ESEARCH (TAG \"T1\") UID ALL 7:9,1:3
         S: T1 OK SEARCH completed (Success)",
    )
    .await;
    assert_eq!(
        connection.search(&SearchKey::All).await.expect("hits"),
        [1, 2, 3, 7, 8, 9]
    );
    script.done().await;
}

#[tokio::test]
async fn move_takes_copyuid_wherever_it_stands() {
    let (mut connection, script) = opened(
        EXCHANGE,
        "C: T1 UID MOVE 31 \"Level1\"
         S: [COPYUID 55 31 6]
         S: * 1 EXPUNGE
         S: * 0 EXISTS
         S: T1 OK MOVE completed.
         C: T2 UID MOVE 1747,1750 \"Level1\"
         S: * 1 EXPUNGE
         S: T2 OK [COPYUID 7 1747,1750 9,8] (Success)
         C: T3 UID MOVE 5 \"Level1\"
         S: * OK [COPYUID 14  ]
         S: T3 OK MOVE completed.",
    )
    .await;
    let moved = connection
        .uid_move(&uids("31"), "Level1")
        .await
        .expect("moved");
    assert_eq!(
        moved,
        Moved {
            uidvalidity: Some(55),
            pairs: vec![(31, 6)]
        }
    );
    assert_eq!(
        connection.take_news(),
        News {
            exists: Some(0),
            expunged: 1,
            flags: false
        }
    );
    let moved = connection
        .uid_move(&uids("1747,1750"), "Level1")
        .await
        .expect("moved");
    assert_eq!(moved.pairs, [(1747, 9), (1750, 8)]);
    let gone = connection
        .uid_move(&uids("5"), "Level1")
        .await
        .expect("gone");
    assert!(gone.pairs.is_empty());
    script.done().await;
}

#[tokio::test]
async fn without_move_only_these_messages_are_expunged() {
    let (mut connection, script) = opened(
        "IMAP4rev1 UIDPLUS",
        "C: T1 UID COPY 4 \"Archive\"
         S: T1 OK [COPYUID 9 4 1] COPY completed
         C: T2 UID STORE 4 +FLAGS.SILENT (\\Deleted)
         S: T2 OK STORE completed
         C: T3 UID EXPUNGE 4
         S: * 1 EXPUNGE
         S: T3 OK done",
    )
    .await;
    assert_eq!(
        connection
            .uid_move(&uids("4"), "Archive")
            .await
            .expect("moved")
            .pairs,
        [(4, 1)]
    );
    script.done().await;
}

#[tokio::test]
async fn store_gives_the_rows_the_server_sends() {
    let (mut connection, script) = opened(
        GMAIL,
        "C: T1 UID STORE 1:3 +FLAGS (\\Deleted)
         S: * 1 EXPUNGE
         S: * 1 FETCH (FLAGS (\\Deleted) UID 2)
         S: * 18 EXISTS
         S: T1 OK Success
         C: T2 UID STORE 1 -X-GM-LABELS (\\Inbox \"a b\")
         S: T2 OK Success",
    )
    .await;
    let deleted = StoreItem::Flags(vec!["\\Deleted".to_owned()]);
    let change = StoreChange {
        mode: StoreMode::Add,
        silent: false,
        what: deleted,
    };
    let rows = connection
        .store(&uids("1:3"), &change)
        .await
        .expect("stored");
    assert_eq!(rows.iter().map(|r| r.uid).collect::<Vec<_>>(), [Some(2)]);
    let labels = StoreItem::GmLabels(vec![Some("\\Inbox".to_owned()), Some("a b".to_owned())]);
    let change = StoreChange {
        mode: StoreMode::Remove,
        silent: false,
        what: labels,
    };
    connection.store(&uids("1"), &change).await.expect("stored");
    script.done().await;
}

#[tokio::test]
async fn append_waits_for_its_turn_and_gives_the_uid() {
    let message = format!("Subject: x\r\n\r\n{}\r\n", "y".repeat(5000));
    let (mut connection, script) = opened(
        GMAIL,
        &format!(
            "C: T1 APPEND \"INBOX\" (\\Seen) \" 6-Nov-2024 01:02:03 +0000\" {{{size}}}
             S: + go ahead
             C# {size}
             C:
             S: * 1 EXISTS
             S: T1 OK [APPENDUID 23 1] (Success)
             C: T2 APPEND \"INBOX\" {{{size}}}
             S: T2 BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit",
            size = message.len()
        ),
    )
    .await;
    let date = Some(datetime!(2024-11-06 01:02:03 UTC));
    let place = connection
        .append("INBOX", &["\\Seen".to_owned()], date, message.as_bytes())
        .await;
    assert_eq!(
        place.expect("appended"),
        Some(Appended {
            uidvalidity: 23,
            uid: 1
        })
    );
    let error = connection
        .append("INBOX", &[], None, message.as_bytes())
        .await
        .expect_err("too big");
    assert_eq!(cause(&error), "imap-too-big");
    let heard = script.done().await;
    assert!(heard.contains(&message), "the octets as they are");
}

#[tokio::test]
async fn idle_ends_with_done_for_news_time_and_interrupts() {
    let (mut connection, script) = opened(
        EXCHANGE,
        "C: T1 IDLE
         S: + IDLE accepted, awaiting DONE command.
         S: * 10 RECENT
         S: * 618 EXISTS
         C: DONE
         S: * 2 EXPUNGE
         S: T1 OK IDLE completed.
         C: T2 IDLE
         S: + idling
         C: DONE
         S: T2 OK IDLE terminated (Success)
         C: T3 IDLE
         S: + idling
         C: DONE
         S: T3 OK IDLE terminated (Success)
         C: T4 IDLE
         S: * 619 EXISTS
         S: + IDLE accepted, awaiting DONE command.
         C: DONE
         S: T4 OK IDLE completed.",
    )
    .await;
    let news = connection
        .idle(Duration::from_secs(60))
        .await
        .expect("news");
    assert_eq!(
        news,
        IdleEnd::News(News {
            exists: Some(618),
            expunged: 1,
            flags: false
        })
    );
    assert_eq!(
        connection
            .idle(Duration::from_millis(5))
            .await
            .expect("quiet"),
        IdleEnd::TimeOut
    );
    let end = connection
        .idle_until(Duration::from_secs(60), std::future::ready(()))
        .await;
    assert_eq!(end.expect("quiet"), IdleEnd::Interrupted);
    let news = connection
        .idle(Duration::from_secs(60))
        .await
        .expect("late news");
    assert!(matches!(
        news,
        IdleEnd::News(News {
            exists: Some(619),
            ..
        })
    ));
    script.done().await;
}
