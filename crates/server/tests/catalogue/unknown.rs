//! Answers that nobody has seen yet: shown as they are, with a phrase to search for.

use sandbox::ProviderKind::{Google, Microsoft};

use crate::row::Again::{Any, In, No};
use crate::row::Said::{Back, Imap, ImapEnd, Smtp, Token};
use crate::row::{ADMIN, Data, MEMBER, NOBODY, Via, rows};
use crate::stage::Stage;
use crate::tally::Tally;

#[rustfmt::skip]
const BY_CREDENTIAL: &[Data] = &[
    (Token(400, r#"{"error":"flux_exceeded","error_description":"Quantum flux exceeded."}"#),
     "unknown-answer", ADMIN, No, &["OAuth flux_exceeded"], &["OAuth flux_exceeded"]),
    (Token(418, r#"{"error":"teapot_only"}"#),
     "unknown-answer", ADMIN, No, &["OAuth teapot_only"], &["OAuth teapot_only"]),
];

#[rustfmt::skip]
const BY_NUMBER: &[Data] = &[
    (Token(400, r#"{"error":"flux_exceeded","error_description":"AADSTS7999999: Quantum flux exceeded. Trace ID: 00000000-0000-0000-0000-000000000001 Correlation ID: 00000000-0000-0000-0000-000000000002 Timestamp: 2026-11-28 06:03:00Z","error_codes":[7999999]}"#),
     "unknown-answer", ADMIN, No, &["「AADSTS7999999」"], &["“AADSTS7999999”"]),
];

#[rustfmt::skip]
const BY_CALLBACK: &[Data] = &[
    (Back("flux_exceeded", "Quantum flux exceeded."),
     "unknown-answer", ADMIN, No, &["OAuth flux_exceeded"], &["OAuth flux_exceeded"]),
];

#[rustfmt::skip]
const BY_MAIL_SERVER: &[Data] = &[
    (Imap("authenticate", &["{tag} NO [ALERT] Quantum flux exceeded for person1@example.com (Failure)"]),
     "imap-login-refused", ADMIN, In(3600, 3600), &["Quantum flux exceeded for」"], &["Quantum flux exceeded for”"]),
    (Imap("SELECT", &["{tag} NO Quantum flux exceeded. 77"]),
     "imap-refused", ADMIN, In(900, 900), &["Quantum flux exceeded"], &["Quantum flux exceeded"]),
    (Imap("SELECT", &["{tag} BAD Quantum flux exceeded. 77"]),
     "imap-refused", ADMIN, In(900, 900), &["Quantum flux exceeded"], &["Quantum flux exceeded"]),
    (ImapEnd("LIST", &["* BYE Quantum flux exceeded"]),
     "imap-bye", NOBODY, Any, &["Quantum flux exceeded"], &["Quantum flux exceeded"]),
    (Smtp("auth", &["550 5.9.9 Quantum flux exceeded [MN2PR05CA0004.namprd05.prod.outlook.com 2026-09-12T20:59:57.214Z 08DBB276B7E699C4]"]),
     "smtp-login-refused", ADMIN, In(3600, 3600), &["550 5.9.9 Quantum flux exceeded」"], &["550 5.9.9 Quantum flux exceeded”"]),
    (Smtp("ehlo", &["554 5.9.9 Quantum flux exceeded"]),
     "smtp-login-refused", ADMIN, In(3600, 3600), &["Quantum flux exceeded"], &["Quantum flux exceeded"]),
];

#[rustfmt::skip]
const BY_MAIL: &[Data] = &[
    (Smtp("message", &["554 5.9.9 Quantum flux exceeded"]),
     "smtp-refused", MEMBER, No, &["554 5.9.9 Quantum flux exceeded"], &["554 5.9.9 Quantum flux exceeded"]),
    (Smtp("mail", &["550 5.4.300 Quantum flux exceeded"]),
     "smtp-refused", MEMBER, No, &["Quantum flux exceeded"], &["Quantum flux exceeded"]),
    (Smtp("message", &["451 4.9.9 Quantum flux exceeded"]),
     "smtp-later", NOBODY, In(60, 300), &["451 4.9.9 Quantum flux exceeded"], &["451 4.9.9 Quantum flux exceeded"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_shown_as_it_is_with_a_phrase_to_search_for() {
    let mut tally = Tally::of("Answers in no row: shown verbatim, with a phrase to search for");
    for provider in [Google, Microsoft] {
        let mut stage = Stage::of(provider).await;
        stage
            .play(&mut tally, rows(provider, Via::Credential, BY_CREDENTIAL))
            .await;
        if provider == Microsoft {
            stage
                .play(&mut tally, rows(provider, Via::Credential, BY_NUMBER))
                .await;
        }
        stage
            .play(&mut tally, rows(provider, Via::Connect, BY_CALLBACK))
            .await;
        stage
            .play(&mut tally, rows(provider, Via::Account, BY_MAIL_SERVER))
            .await;
        stage
            .play(&mut tally, rows(provider, Via::Submission, BY_MAIL))
            .await;
    }
    tally.close();
}
