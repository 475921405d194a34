use std::time::Duration;

use super::super::reply::ReplyReader;
use super::*;

fn reply(lines: &str) -> Reply {
    let mut reader = ReplyReader::new();
    reader.feed(lines.replace('\n', "\r\n").as_bytes());
    reader.feed(b"\r\n");
    reader.next_reply().expect("SMTP").expect("whole")
}

/// Refusals of facts/transcripts.md C and D and facts/providers.md 8.6.
#[test]
fn each_logged_refusal_has_its_cause() {
    use Phase::{Auth, Data, MailFrom, Message, RcptTo};
    let cases = [
        (
            "535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials s68sm6561971pjb.38 - gsmtp",
            Auth,
            "smtp-auth-failed",
        ),
        (
            "454 4.7.0 Too many login attempts, please try again later. s68sm6561971pjb.38 - gsmtp",
            Auth,
            "smtp-too-many-logins",
        ),
        (
            "454-4.7.0 Too many login attempts, please try again later. For more information,\n454 4.7.0  https://support.google.com/mail/answer/7126229",
            Auth,
            "smtp-too-many-logins",
        ),
        (
            "454 4.7.0 Cannot authenticate due to temporary system problem. x - gsmtp",
            Auth,
            "smtp-auth-unavailable",
        ),
        (
            "534-5.7.9 Please log in with your web browser and then try again. For more\n534 5.7.9 information",
            Auth,
            "smtp-web-login",
        ),
        (
            "534-5.7.9 Application-specific password required\n534 5.7.9 x",
            Auth,
            "smtp-app-password",
        ),
        (
            "550 5.4.5 Daily user sending quota exceeded. o65sm000000wmo.1 - gsmtp",
            Message,
            "smtp-daily-limit",
        ),
        (
            "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n550-5.4.5 sending limits go to\n550 5.4.5  https://support.google.com/a/answer/166852 d2e1a72fcca58-EXAMPLE - gsmtp",
            RcptTo,
            "smtp-daily-limit",
        ),
        (
            "552-5.2.3 Your message exceeded Google's message size limits. Please visit\n552-5.2.3  https://support.google.com/mail/?p=MaxSizeError to view our size\n552 5.2.3 guidelines. 98e67ed59e1d1-EXAMPLE - gsmtp",
            MailFrom,
            "smtp-too-large",
        ),
        (
            "550-5.7.26 Your email has been blocked because the sender is unauthenticated. ...\n550 5.7.26  https://support.google.com/mail/answer/81126#authentication EXAMPLE - gsmtp",
            Message,
            "smtp-unauthenticated-domain",
        ),
        (
            "550-5.7.1 [192.0.2.1      12] Our system has detected that this message is\n550 5.7.1 likely unsolicited mail. ...",
            Message,
            "smtp-content-refused",
        ),
        (
            "421 4.7.0 Try again later, closing connection.",
            Message,
            "smtp-busy",
        ),
        (
            "421 4.7.0 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail",
            Data,
            "smtp-unusual-rate",
        ),
        (
            "450 4.2.1 The user you are trying to contact is receiving mail too quickly.",
            RcptTo,
            "smtp-recipient-rate",
        ),
        (
            "452 4.5.3 Your message has too many recipients.",
            RcptTo,
            "smtp-too-many-recipients",
        ),
        (
            "550 5.1.1 The email account that you tried to reach does not exist.",
            RcptTo,
            "smtp-recipient-refused",
        ),
        (
            "555 5.5.2 Syntax error. h5sm23980368wjn.20 - gsmtp",
            MailFrom,
            "smtp-refused",
        ),
        (
            "535 5.7.3 Authentication unsuccessful [NT0PR01CA0010.CHNPR01.prod.partner.outlook.cn 2024-03-14T00:58:28.419Z 08DC432AD9175861]",
            Auth,
            "exchange-smtp-auth-failed",
        ),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com 2023-09-12T20:59:57.214Z 08DBB276B7E699C4]",
            Auth,
            "smtp-auth-disabled-tenant",
        ),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information. [X]",
            Auth,
            "smtp-auth-disabled-mailbox",
        ),
        (
            "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [PN0PR01CA0024.INDPRD01.PROD.OUTLOOK.COM 2025-01-26T18:54:30.055Z 08DD3DD7D75D7743]",
            Auth,
            "smtp-basic-auth-disabled",
        ),
        (
            "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.",
            Auth,
            "smtp-auth-policy",
        ),
        (
            "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
            Auth,
            "exchange-smtp-auth-failed",
        ),
        (
            "501 5.5.124 Invalid XOAUTH2 auth data",
            Auth,
            "smtp-sasl-malformed",
        ),
        (
            "504 5.7.4 Unrecognized authentication type",
            Auth,
            "smtp-mechanism-missing",
        ),
        (
            "451 4.7.0 Temporary server error. Please try again later. PRX4 [AM5PR0701CA0008.eurprd07.prod.outlook.com]",
            MailFrom,
            "smtp-busy",
        ),
        (
            "530 5.7.57 Client not authenticated to send mail.",
            MailFrom,
            "smtp-not-authenticated",
        ),
        (
            "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [Hostname=OS0PR01MB6099.jpnprd01.prod.outlook.com]",
            Message,
            "smtp-concurrent-limit",
        ),
        (
            "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [Hostname=DM5SPR00MB2471.namprd08.prod.outlook.com]",
            Message,
            "smtp-concurrent-limit",
        ),
        (
            "554 5.2.252 SendAsDenied; alice@example.com not allowed to send as other@example.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; ...",
            Message,
            "send-as-denied",
        ),
        (
            "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message",
            Message,
            "send-as-denied",
        ),
        (
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            Message,
            "send-as-denied",
        ),
        (
            "554 5.2.0 x MapiExceptionMaxSubmissionExceeded; Message size exceeds maximum size limit.; STOREDRV.Submission.Exception:MessageSubmissionExceededException.MapiExceptionMaxSubmissionExceeded",
            Message,
            "smtp-too-large",
        ),
        (
            "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException ...",
            Message,
            "smtp-daily-limit",
        ),
        (
            "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
            Message,
            "smtp-daily-limit",
        ),
        (
            "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException",
            Message,
            "smtp-mailbox-full",
        ),
        (
            "550 5.1.8 Access denied, bad outbound sender",
            Message,
            "smtp-sender-blocked",
        ),
        (
            "552 5.3.4 Message size exceeds fixed maximum message size",
            MailFrom,
            "smtp-too-large",
        ),
        ("421 4.4.2 Connection dropped", Data, "smtp-busy"),
        (
            "451 4.3.111 Temporary server error. Please try again later MRH1 [Hostname=GVXP192MB1782.EURP192.PROD.OUTLOOK.COM]",
            Message,
            "smtp-busy",
        ),
        (
            "535 5.7.8 Error: authentication failed:",
            Auth,
            "smtp-auth-failed",
        ),
    ];
    for (lines, phase, cause) in cases {
        assert_eq!(classify(&reply(lines), phase).cause_id, cause, "{lines}");
    }
}

#[test]
fn words_that_nobody_knows_keep_a_general_cause() {
    use Phase::{Auth, Data, Ehlo, MailFrom, Message, RcptTo};
    for (lines, phase, cause) in [
        (
            "550 5.3.0 Quantum flux exceeded",
            Auth,
            "smtp-login-refused",
        ),
        (
            "534 5.7.14 Quantum flux exceeded",
            Auth,
            "smtp-login-refused",
        ),
        (
            "550 5.4.300 Quantum flux exceeded",
            MailFrom,
            "smtp-refused",
        ),
        ("554 Quantum flux exceeded", Message, "smtp-refused"),
        ("550 5.3.0 Quantum flux exceeded", Data, "smtp-refused"),
        ("554 Quantum flux exceeded", Ehlo, "smtp-login-refused"),
        ("451 4.9.9 Quantum flux exceeded", Message, "smtp-later"),
        ("550 5.1.8 not yours", MailFrom, "smtp-sender-blocked"),
        ("550 5.7.1 not yours", MailFrom, "smtp-sender-refused"),
        ("553 not yours", MailFrom, "smtp-sender-refused"),
        (
            "554 Message rejected as spam",
            Message,
            "smtp-content-refused",
        ),
        (
            "552 5.7.0 This message was blocked because its content presents a potential",
            Message,
            "smtp-content-refused",
        ),
        (
            "550 Quantum flux exceeded",
            RcptTo,
            "smtp-recipient-refused",
        ),
    ] {
        assert_eq!(classify(&reply(lines), phase).cause_id, cause, "{lines}");
    }
}

#[test]
fn waits_follow_the_catalogue() {
    let wait = |lines, phase| classify(&reply(lines), phase).outcome;
    let after = |s| Outcome::Later {
        after: Duration::from_secs(s),
    };
    assert_eq!(
        wait("550 5.4.5 Daily user sending limit exceeded", Phase::RcptTo),
        after(24 * 3600)
    );
    assert_eq!(
        wait(
            "454 4.7.0 Too many login attempts, please try again later.",
            Phase::Auth
        ),
        after(1800)
    );
    assert_eq!(wait("250 2.0.0 OK", Phase::Message), Outcome::Done);
    assert_eq!(wait("354 Go ahead", Phase::Data), Outcome::Done);
}

#[test]
fn a_disabled_switch_asks_for_no_new_token() {
    let tenant = reply(
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
    );
    assert!(!classify(&tenant, Phase::Auth).refresh_first);
    assert!(classify(&reply("535 5.7.3 Authentication unsuccessful"), Phase::Auth).refresh_first);
}
