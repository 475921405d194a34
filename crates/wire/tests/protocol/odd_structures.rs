//! Wrong ENVELOPEs and BODYSTRUCTUREs that real servers sent (facts/transcripts.md, A4 and B4): none of them may
//! cost the items around it.

use super::fetch_of;

const ADDRESSES: &[&str] = &[
    "((NIL NIL \"nsb\" NIL))",
    "((NIL NIL NIL NIL))",
    "((NIL NIL \"<members=example.com\" \"members.example.com>\"))",
    "((\"<sender@example.com>\" NIL \"=?UTF-8?Q?\"Dummy=C3=ADa_Algo\"?=\" NIL))",
    "((\"=?ISO-2022-JP?B?WXV0YWthIFNhdG8gGyRCOjRGI0stGyhC?=\" NIL \"ysato\" \"etl.go.jp\"))",
];

const STRUCTURES: &[&str] = &[
    // Gmail
    "(\"ALTERNATIVE\" (\"BOUNDARY\" \"==alternative_xad5934455aeex\") NIL NIL)",
    "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1 NIL NIL NIL)(\"RELATED\" NIL (\"ATTACHMENT\" NIL) NIL) \"MIXED\" (\"BOUNDARY\" \"x\") NIL NIL)",
    "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 2942 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) (\"ALTERNATIVE\") 51)",
    "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"7BIT\" 1 1)(\"TEXT\" \"HTML\" NIL NIL NIL \"7BIT\" 1 1) \"ALTERNATIVE\")",
    "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"ISO-2022-JP\") NIL NIL \"7BIT\" 1164 39)",
    // Exchange
    "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"base64\" 2 1 NIL \"inline\" NIL NIL)",
    "(\"text\" \"plain\" NIL NIL NIL \"base64\" 2 1 NIL (NIL NIL) NIL NIL)",
    "((NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"----=_Part_0_1\") \"S/MIME Encrypted Message\" NIL)",
    "(NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)",
    "((NIL NIL NIL NIL NIL \"7BIT\" 563 NIL NIL NIL NIL)(\"message\" \"delivery-status\" NIL NIL NIL \"7BIT\" 1 NIL NIL NIL ()) \"report\" NIL NIL NIL)",
    "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0) 0 NIL NIL NIL)",
    "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) () 0)",
    "(NIL \"alternative\" NIL NIL)",
    "(\"text\" \"plain\" NIL NIL NIL \"7bit\" -1 0)",
    "NIL",
    "()",
];

#[test]
fn wrong_envelopes_do_not_hide_what_follows() {
    for addresses in ADDRESSES {
        let envelope = format!(
            "(\"Sat, 13 Jun 92 11:23:08 JST\" \"Re: x\" {addresses} NIL NIL NIL NIL NIL NIL \"<m@x>\")"
        );
        let fetch = fetch_of(&format!(
            "* 4 FETCH (UID 9 ENVELOPE {envelope} BODY[] {{3}}\r\nabc FLAGS (\\Seen))"
        ));
        assert_eq!(fetch.uid, Some(9), "{addresses}");
        assert_eq!(fetch.envelope, Some(envelope.into_bytes()));
        assert_eq!(fetch.flags, Some(vec!["\\Seen".to_owned()]));
        assert!(fetch.body("").is_some());
    }
}

#[test]
fn wrong_structures_do_not_hide_what_follows() {
    for structure in STRUCTURES {
        for name in ["BODY", "BODYSTRUCTURE"] {
            let fetch = fetch_of(&format!(
                "* 4 FETCH (UID 9 {name} {structure} FLAGS (\\Seen) MODSEQ (7))"
            ));
            assert_eq!(fetch.bodystructure.as_deref(), Some(structure.as_bytes()));
            assert_eq!((fetch.uid, fetch.modseq), (Some(9), Some(7)), "{structure}");
            assert_eq!(fetch.flags, Some(vec!["\\Seen".to_owned()]));
        }
    }
}

#[test]
fn dates_of_both_padding_styles_are_read_and_senseless_ones_kept() {
    for text in [
        "\" 1-Apr-2017 15:51:32 +0900\"",
        "\"01-Apr-2017 15:51:32 +0900\"",
        "\"1-Apr-2017 15:51:32 +0900\"",
    ] {
        let fetch = fetch_of(&format!("* 4 FETCH (INTERNALDATE {text} UID 9)"));
        let date = fetch.internal_date.expect(text);
        assert_eq!(date.unix_timestamp(), 1_491_029_492);
    }
    let fetch = fetch_of("* 4 FETCH (INTERNALDATE \"yesterday\" UID 9)");
    assert_eq!((fetch.internal_date, fetch.uid), (None, Some(9)));
    assert_eq!(
        fetch.others,
        [("INTERNALDATE".to_owned(), b"\"yesterday\"".to_vec())]
    );
}
