//! facts/transcripts.md, parts C and D. The causes of all refusals are tested in `smtp::classify`.

use secrecy::ExposeSecret as _;
use wire::smtp::{Auth, AuthStep, Extensions, Reply, ReplyReader};

fn replies(text: &str) -> Vec<Reply> {
    let mut reader = ReplyReader::new();
    let mut out = Vec::new();
    for piece in text.replace('\n', "\r\n").as_bytes().chunks(11) {
        reader.feed(piece);
        while let Some(reply) = reader.next_reply().expect("SMTP") {
            out.push(reply);
        }
    }
    assert_eq!(reader.buffered(), 0);
    out
}

#[test]
fn a_submission_to_gmail_is_read_from_banner_to_quit() {
    let got = replies(
        "220 smtp.gmail.com ESMTP x144sm11813878oif.23 - gsmtp
250-smtp.gmail.com at your service, [192.0.2.10]
250-SIZE 35882577
250-8BITMIME
250-STARTTLS
250-ENHANCEDSTATUSCODES
250-PIPELINING
250-CHUNKING
250 SMTPUTF8
220 2.0.0 Ready to start TLS
250-smtp.gmail.com at your service, [192.0.2.10]
250-SIZE 35882577
250-AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH
250 SMTPUTF8
334 
235 2.7.0 Accepted
250 2.1.0 OK h5sm23980368wjn.20 - gsmtp
250 2.1.5 OK h5sm23980368wjn.20 - gsmtp
354 Go ahead h5sm23980368wjn.20 - gsmtp
250 2.0.0 OK 1376056636 h5sm23980368wjn.20 - gsmtp
221 2.0.0 closing connection h5sm23980368wjn.20 - gsmtp
555 5.5.2 Syntax error. h5sm23980368wjn.20 - gsmtp
",
    );
    let plain = Extensions::of(&got[1]);
    assert!(plain.starttls && plain.smtputf8 && plain.eight_bit_mime && plain.auth.is_empty());
    assert_eq!(plain.size, Some(35_882_577));
    let inside = Extensions::of(&got[3]);
    assert!(inside.has_auth("xoauth2") && inside.has_auth("OAUTHBEARER") && !inside.starttls);
    let codes: Vec<u16> = got.iter().map(|r| r.code).collect();
    assert_eq!(
        codes,
        [220, 250, 220, 250, 334, 235, 250, 250, 354, 250, 221, 555]
    );
    assert_eq!(
        got[9].to_string(),
        "250 2.0.0 OK 1376056636 h5sm23980368wjn.20 - gsmtp"
    );
}

#[test]
fn a_submission_to_exchange_is_read_from_banner_to_quit() {
    let got = replies(
        "220 AM3PR05CA0094.outlook.office365.com Microsoft ESMTP MAIL Service ready at Wed, 9 Nov 2022 10:09:41 +0000
250-AM3PR05CA0094.outlook.office365.com Hello [192.0.2.10]
250-SIZE 157286400
250-PIPELINING
250-DSN
250-ENHANCEDSTATUSCODES
250-AUTH LOGIN XOAUTH2
250-8BITMIME
250-BINARYMIME
250-CHUNKING
250 SMTPUTF8
334 
235 2.7.0 Authentication successful
250 2.1.0 Sender OK
250 2.1.5 Recipient OK
354 Start mail input; end with <CRLF>.<CRLF>
250 2.0.0 OK <m1@example.com> [Hostname=OS0PR01MB0000.jpnprd01.prod.outlook.com]
221 2.0.0 Service closing transmission channel
250 2.6.0 <m1@example.com> [InternalId=2651569] Queued mail for delivery
",
    );
    let offers = Extensions::of(&got[1]);
    assert!(
        offers.dsn && offers.chunking && offers.has_auth("XOAUTH2") && !offers.has_auth("PLAIN")
    );
    assert_eq!(offers.size, Some(157_286_400));
    assert_eq!(got[4].enhanced, Some((2, 1, 0)));
    assert!(got.iter().all(|r| r.class() < 4));
}

#[test]
fn exchange_refuses_a_token_without_a_challenge() {
    let (first, mut auth) = Auth::xoauth2("QkxPQg==".to_owned().into());
    assert_eq!(first, "AUTH XOAUTH2");
    let mut got = replies(
        "334 
535 5.7.3 Authentication unsuccessful [NT0PR01CA0010.CHNPR01.prod.partner.outlook.cn 2024-03-14T00:58:28.419Z 08DC432AD9175861]
",
    );
    let refusal = got.pop().expect("two replies");
    match auth.on_reply(got.pop().expect("a challenge")) {
        AuthStep::Send(blob) => assert_eq!(blob.expose_secret(), "QkxPQg=="),
        other => panic!("{other:?}"),
    }
    match auth.on_reply(refusal) {
        AuthStep::Refused { reply, challenge } => {
            assert_eq!(
                (reply.code, reply.enhanced, challenge),
                (535, Some((5, 7, 3)), None)
            );
        }
        other => panic!("{other:?}"),
    }
}
