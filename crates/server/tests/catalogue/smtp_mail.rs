//! Facts 8.6, after the login: what is said to sender, recipients and message.

use sandbox::ProviderKind::{Google, Microsoft};

use crate::row::Again::{In, No};
use crate::row::Said::Smtp;
use crate::row::{ADMIN, Data, MEMBER, NOBODY, PROVIDER_ADMIN, Via, rows};
use crate::stage::Stage;
use crate::tally::Tally;

#[rustfmt::skip]
const GMAIL: &[Data] = &[
    (Smtp("rcpt", &["550-5.1.1 The email account that you tried to reach does not exist. Please try", "550 5.1.1 double-checking the recipient's email address for typos. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-recipient-refused", MEMBER, No, &["宛先のアドレス"], &["address"]),
    (Smtp("rcpt", &["550 5.2.1 The email account that you tried to reach is disabled. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-recipient-refused", MEMBER, No, &["宛先のアドレス"], &["address"]),
    (Smtp("rcpt", &["553 5.1.2 We weren't able to find the recipient domain. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-recipient-refused", MEMBER, No, &["宛先のアドレス"], &["address"]),
    (Smtp("rcpt", &["450 4.2.1 The user you are trying to contact is receiving mail too quickly. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-recipient-rate", NOBODY, In(900, 900), &["15 分"], &["15 minutes"]),
    (Smtp("rcpt", &["452 4.5.3 Your message has too many recipients. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-too-many-recipients", MEMBER, No, &["宛先を分けて"], &["Split the recipients"]),
    (Smtp("message", &["550 5.4.5 Daily user sending quota exceeded. o65sm000000wmo.1 - gsmtp"]),
     "smtp-daily-limit", NOBODY, In(86_400, 86_400), &["自動で再開"], &["by ourselves"]),
    (Smtp("rcpt", &["550-5.4.5 Daily user sending limit exceeded. For more information on Gmail", "550-5.4.5 sending limits go to", "550 5.4.5  https://support.google.com/a/answer/166852 d2e1a72fcca58-EXAMPLE - gsmtp"]),
     "smtp-daily-limit", NOBODY, In(86_400, 86_400), &["自動で再開"], &["by ourselves"]),
    (Smtp("mail", &["552-5.2.3 Your message exceeded Google's message size limits. Please visit", "552-5.2.3  https://support.google.com/mail/?p=MaxSizeError to view our size", "552 5.2.3 guidelines. 98e67ed59e1d1-EXAMPLE - gsmtp"]),
     "smtp-too-large", MEMBER, No, &["添付ファイル"], &["attachments"]),
    (Smtp("message", &["552 5.3.4 Your message exceeded Google's message size limits. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-too-large", MEMBER, No, &["添付ファイル"], &["attachments"]),
    (Smtp("message", &["550-5.7.1 [192.0.2.1      12] Our system has detected that this message is", "550 5.7.1 likely unsolicited mail. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-content-refused", MEMBER, No, &["添付ファイル"], &["attachments"]),
    (Smtp("message", &["552-5.7.0 This message was blocked because its content presents a potential", "552 5.7.0 security issue. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-content-refused", MEMBER, No, &["添付ファイル"], &["attachments"]),
    (Smtp("message", &["554 5.7.0 Too many unauthenticated commands. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-content-refused", MEMBER, No, &["添付ファイル"], &["attachments"]),
    (Smtp("message", &["550-5.7.26 Your email has been blocked because the sender is unauthenticated.", "550 5.7.26  https://support.google.com/mail/answer/81126#authentication EXAMPLE - gsmtp"]),
     "smtp-unauthenticated-domain", ADMIN, No, &["SPF", "DMARC"], &["SPF", "DMARC"]),
    (Smtp("data", &["421-4.7.0 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail", "421 4.7.0 originating from your IP address. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-unusual-rate", ADMIN, In(3600, 3600), &["1 時間後"], &["in an hour"]),
    (Smtp("data", &["421 4.7.0 Try again later, closing connection. h5sm23980368wjn.20 - gsmtp"]),
     "smtp-busy", NOBODY, In(60, 60), &["自動で再送"], &["by ourselves"]),
];

#[rustfmt::skip]
const EXCHANGE: &[Data] = &[
    (Smtp("mail", &["530 5.7.57 Client not authenticated to send mail. [MN2PR05CA0004.namprd05.prod.outlook.com]"]),
     "smtp-not-authenticated", ADMIN, No, &["開発元"], &["Report"]),
    (Smtp("message", &["550 5.7.60 SMTP; Client does not have permissions to send as this sender [MN2PR05CA0004.namprd05.prod.outlook.com]"]),
     "send-as-denied", ADMIN, No, &["「委任」", "「メールボックス所有者として送信する」"], &["Delegation", "Send As"]),
    (Smtp("message", &["554 5.2.252 SendAsDenied; alice@example.com not allowed to send as other@example.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message [BeginDiagnosticData]Cannot submit message. 0.35250:1F009983, 1.36674:0A000000, [EndDiagnosticData] [Hostname=MN2PR05MB0004.namprd05.prod.outlook.com]"]),
     "send-as-denied", ADMIN, No, &["「メールボックス所有者として送信する」"], &["Send As"]),
    (Smtp("message", &["554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message Cannot submit message. 0.35250:1F009983"]),
     "send-as-denied", ADMIN, No, &["「メールボックス所有者として送信する」"], &["Send As"]),
    (Smtp("data", &["432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [Hostname=OS0PR01MB6099.jpnprd01.prod.outlook.com]"]),
     "smtp-concurrent-limit", NOBODY, In(30, 60), &["自動で再送"], &["by ourselves"]),
    (Smtp("message", &["432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [Hostname=DM5SPR00MB2471.namprd08.prod.outlook.com]"]),
     "smtp-concurrent-limit", NOBODY, In(30, 60), &["自動で再送"], &["by ourselves"]),
    (Smtp("message", &["554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception with message Cannot submit message."]),
     "smtp-daily-limit", NOBODY, In(86_400, 86_400), &["自動で再開"], &["by ourselves"]),
    (Smtp("message", &["550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients"]),
     "smtp-daily-limit", NOBODY, In(86_400, 86_400), &["自動で再開"], &["by ourselves"]),
    (Smtp("message", &["554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message due to a permanent exception"]),
     "smtp-mailbox-full", MEMBER, No, &["削除"], &["Delete"]),
    (Smtp("message", &["550 5.1.8 Access denied, bad outbound sender. [Hostname=MN2PR05MB0004.namprd05.prod.outlook.com]"]),
     "smtp-sender-blocked", PROVIDER_ADMIN, No, &["Microsoft 365 Defender", "「制限されたエンティティ」"], &["Restricted entities", "Microsoft 365 Defender"]),
    (Smtp("message", &["552 5.3.4 Message size exceeds fixed maximum message size"]),
     "smtp-too-large", MEMBER, No, &["添付ファイル"], &["attachments"]),
    (Smtp("message", &["554 5.2.0 STOREDRV.Submission; MapiExceptionMaxSubmissionExceeded; Message size exceeds maximum size limit.; STOREDRV.Submission.Exception:MessageSubmissionExceededException.MapiExceptionMaxSubmissionExceeded"]),
     "smtp-too-large", MEMBER, No, &["添付ファイル"], &["attachments"]),
    (Smtp("message", &["451 4.7.0 Temporary server error. Please try again later. PRX4 [AM5PR0701CA0008.eurprd07.prod.outlook.com]"]),
     "smtp-busy", NOBODY, In(60, 60), &["自動で再送"], &["by ourselves"]),
    (Smtp("message", &["451 4.3.111 Temporary server error. Please try again later MRH1 [Hostname=GVXP192MB1782.EURP192.PROD.OUTLOOK.COM]"]),
     "smtp-busy", NOBODY, In(60, 60), &["自動で再送"], &["by ourselves"]),
    (Smtp("data", &["421 4.4.2 Connection dropped"]),
     "smtp-busy", NOBODY, In(60, 60), &["自動で再送"], &["by ourselves"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_smtp_servers_say_to_a_mail_is_named() {
    let mut tally = Tally::of("8.6 SMTP, sender, recipients, message");
    let mut google = Stage::of(Google).await;
    google
        .play(&mut tally, rows(Google, Via::Submission, GMAIL))
        .await;
    let mut microsoft = Stage::of(Microsoft).await;
    microsoft
        .play(&mut tally, rows(Microsoft, Via::Submission, EXCHANGE))
        .await;
    tally.close();
}
