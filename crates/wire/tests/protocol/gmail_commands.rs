//! facts/transcripts.md, A6 to A9: APPEND, SEARCH, IDLE and refusals of Gmail.

use wire::imap::response::Response;
use wire::imap::{Code, SequenceSet, StatusKind};

use super::{code_of, one, read, status_of};

fn set(text: &str) -> SequenceSet {
    SequenceSet::parse(text.as_bytes()).expect("a set")
}

/// A6.
#[test]
fn append_answers_come_with_and_without_a_space() {
    assert_eq!(one("+ go ahead"), Response::Continuation("go ahead".into()));
    assert_eq!(
        one("+ go ahead with 24 octets"),
        Response::Continuation("go ahead with 24 octets".into())
    );
    let wanted = Code::AppendUid {
        uidvalidity: 641_429_830,
        uids: set("111"),
    };
    assert_eq!(code_of("A8 OK [APPENDUID 641429830 111](Success)"), wanted);
    assert_eq!(
        code_of("A4 OK [APPENDUID 23 1] (Success)"),
        Code::AppendUid {
            uidvalidity: 23,
            uids: set("1")
        }
    );
    let too_big = status_of(
        "A5 BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit",
    );
    assert_eq!(
        (too_big.kind, too_big.code),
        (StatusKind::Bad, Some(Code::TooBig))
    );
    assert_eq!(
        code_of("A6 NO [ALREADYEXISTS] Folder name conflicts with existing folder name. (Failure)"),
        Code::AlreadyExists
    );
    assert_eq!(
        code_of("A7 NO [CANNOT] Folder contains excess whitespace (Failure)"),
        Code::Cannot
    );
}

/// A7.
#[test]
fn search_answers_in_both_forms() {
    let got = read(
        "* ESEARCH (TAG \"A1\") UID ALL 1:3,5,7:9
A1 OK SEARCH completed (Success)
* SEARCH 123 12344 5992
a005 OK SEARCH (Success)
A2 BAD Could not parse command
+ go ahead with 9 octets
* SEARCH 7 9
A3 OK SEARCH completed (Success)
* SEARCH
a OK SEARCH completed (no messages)
* ESEARCH (TAG \"A9\") UID
a OK SEARCH completed (Success)
",
    );
    assert!(matches!(&got[0], Response::Search(hits) if hits.all == Some(set("1:3,5,7:9"))));
    assert!(matches!(&got[2], Response::Search(hits) if hits.hits == [123, 12344, 5992]));
    assert!(matches!(&got[8], Response::Search(hits) if hits.hits.is_empty()));
    assert!(matches!(&got[10], Response::Search(hits) if hits.all.is_none()));
}

/// A8.
#[test]
fn idle_and_its_end_are_read() {
    let got = read(
        "+ idling
* 1 EXISTS
TAG322 OK IDLE terminated (Success)
* BYE Session expired, please login again.
MMDG4 BAD Could not parse command
* BYE LOGOUT Requested
A9 OK 73 good day (Success)
",
    );
    let Response::Status(bye) = &got[3] else {
        panic!("{:?}", got[3])
    };
    assert_eq!((bye.kind, bye.tag.as_deref()), (StatusKind::Bye, None));
    assert_eq!(bye.text, "Session expired, please login again.");
}

/// A9. Their causes are tested in `imap::classify`.
#[test]
fn refusals_keep_code_and_text() {
    let challenge = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";
    assert_eq!(
        one(&format!("+ {challenge}")),
        Response::Continuation(challenge.into())
    );
    let got = read(
        "A1 NO [ALERT] Too many simultaneous connections. (Failure)
* NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=EXAMPLE] Web login required.
A1 NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)
A00000002 OK Success [THROTTLED]
A12 NO [OVERQUOTA] Account exceeded command or bandwidth limits.
A13 BAD Could not parse command
A14 BAD Unknown command ...
* BAD [CLIENTBUG] Invalid tag
* BYE System error
A15 NO System error (Failure)
",
    );
    assert_eq!(got.len(), 10);
    let url = "https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=EXAMPLE";
    assert_eq!(
        code_of(
            "* NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=EXAMPLE] Web login required."
        ),
        Code::WebAlert(url.into())
    );
    assert_eq!(
        code_of("A12 NO [OVERQUOTA] Account exceeded command or bandwidth limits."),
        Code::OverQuota
    );
    assert!(status_of("A00000002 OK Success [THROTTLED]").is_throttled());
}
