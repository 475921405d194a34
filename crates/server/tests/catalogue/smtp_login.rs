//! Facts 8.6, up to the login: the lines of transcripts C and D.

use sandbox::ProviderKind::{Google, Microsoft};

use crate::row::Again::{Any, In, No};
use crate::row::Said::Smtp;
use crate::row::{ADMIN, Data, MEMBER, NOBODY, PROVIDER_ADMIN, Via, rows};
use crate::stage::Stage;
use crate::tally::Tally;

const CHALLENGE: &str = "334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";

#[rustfmt::skip]
const GMAIL: &[Data] = &[
    (Smtp("auth", &[CHALLENGE, "535-5.7.8 Username and Password not accepted. For more information, go to", "535 5.7.8  https://support.google.com/mail/?p=BadCredentials s68sm6561971pjb.38 - gsmtp"]),
     "smtp-auth-failed", MEMBER, No, &["再接続"], &["Reconnect"]),
    (Smtp("auth", &["534-5.7.9 Please log in with your web browser and then try again. For more", "534-5.7.9 information, go to", "534 5.7.9  https://support.google.com/mail/?p=WebLoginRequired s68sm6561971pjb.38 - gsmtp"]),
     "smtp-web-login", MEMBER, In(3600, 3600), &["ブラウザで Gmail"], &["Gmail with a browser"]),
    (Smtp("auth", &["534-5.7.9 Application-specific password required. For more information, go to", "534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor s68sm6561971pjb.38 - gsmtp"]),
     "smtp-app-password", ADMIN, No, &["再接続"], &["Reconnect"]),
    (Smtp("auth", &["454 4.7.0 Cannot authenticate due to temporary system problem. Try again later. s68sm6561971pjb.38 - gsmtp"]),
     "smtp-auth-unavailable", NOBODY, In(298, 300), &["自動で再送"], &["by ourselves"]),
    (Smtp("auth", &["454 4.7.0 Too many login attempts, please try again later. s68sm6561971pjb.38 - gsmtp"]),
     "smtp-too-many-logins", NOBODY, In(1798, 1800), &["30 分"], &["30 minutes"]),
    (Smtp("auth", &["454-4.7.0 Too many login attempts, please try again later. For more information,", "454-4.7.0 go to", "454 4.7.0  https://support.google.com/mail/answer/7126229 s68sm6561971pjb.38 - gsmtp"]),
     "smtp-too-many-logins", NOBODY, In(1798, 1800), &["30 分"], &["30 minutes"]),
    (Smtp("greeting", &["421 4.7.0 Try again later, closing connection. s68sm6561971pjb.38 - gsmtp"]),
     "smtp-busy", NOBODY, In(59, 60), &["自動で再送"], &["by ourselves"]),
    (Smtp("ehlo", &["421 4.4.5 Server busy, try again later."]),
     "smtp-busy", NOBODY, In(59, 60), &["自動で再送"], &["by ourselves"]),
    (Smtp("ehlo", &["421 4.7.2 Server busy"]),
     "smtp-busy", NOBODY, In(59, 60), &["自動で再送"], &["by ourselves"]),
];

#[rustfmt::skip]
const EXCHANGE: &[Data] = &[
    (Smtp("auth", &["535 5.7.3 Authentication unsuccessful [NT0PR01CA0010.CHNPR01.prod.partner.outlook.cn 2024-03-14T00:58:28.419Z 08DC432AD9175861]"]),
     "exchange-smtp-auth-failed", ADMIN, In(3500, 7200), &["SMTP.Send", "「メール アプリを管理する」", "「認証済み SMTP」"], &["SMTP.Send", "Manage email apps", "Authenticated SMTP"]),
    (Smtp("auth", &["535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com 2023-09-12T20:59:57.214Z 08DBB276B7E699C4]"]),
     "smtp-auth-disabled-tenant", PROVIDER_ADMIN, In(3500, 7200), &["「アクティブなユーザー」", "「メール アプリを管理する」", "「認証済み SMTP」", "Set-TransportConfig"], &["Active users > Mail > Manage email apps > Authenticated SMTP", "Set-TransportConfig"]),
    (Smtp("auth", &["535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com 2023-09-12T20:59:57.214Z 08DBB276B7E699C4]"]),
     "smtp-auth-disabled-mailbox", PROVIDER_ADMIN, In(3500, 7200), &["「アクティブなユーザー」", "「認証済み SMTP」", "1～2 時間"], &["Active users > Mail > Manage email apps > Authenticated SMTP", "1–2 hours"]),
    (Smtp("auth", &["535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [PN0PR01CA0024.INDPRD01.PROD.OUTLOOK.COM 2025-01-26T18:54:30.055Z 08DD3DD7D75D7743]"]),
     "smtp-basic-auth-disabled", ADMIN, No, &["再接続"], &["Reconnect"]),
    (Smtp("auth", &["535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator. [MN2PR05CA0004.namprd05.prod.outlook.com]"]),
     "smtp-auth-policy", PROVIDER_ADMIN, In(3500, 7200), &["「サインイン ログ」", "セキュリティの既定値"], &["sign-in logs", "security defaults"]),
    (Smtp("auth", &["535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator. [MN2PR05CA0004.namprd05.prod.outlook.com]"]),
     "smtp-auth-policy", PROVIDER_ADMIN, In(3500, 7200), &["「サインイン ログ」"], &["sign-in logs"]),
    (Smtp("auth", &["535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [MN2PR05CA0004.namprd05.prod.outlook.com]"]),
     "exchange-smtp-auth-failed", ADMIN, In(3500, 7200), &["SMTP.Send", "「認証済み SMTP」"], &["SMTP.Send", "Authenticated SMTP"]),
    (Smtp("auth", &["501 5.5.124 Invalid XOAUTH2 auth data"]),
     "smtp-sasl-malformed", ADMIN, No, &["開発元"], &["Report"]),
    (Smtp("auth", &["504 5.7.4 Unrecognized authentication type"]),
     "smtp-mechanism-missing", ADMIN, Any, &["smtp_tls"], &["smtp_tls"]),
    (Smtp("greeting", &["421 4.3.2 Service not active"]),
     "smtp-busy", NOBODY, In(59, 60), &["自動で再送"], &["by ourselves"]),
    (Smtp("auth", &["451 4.7.0 Temporary server error. Please try again later. PRX4 [AM5PR0701CA0008.eurprd07.prod.outlook.com]"]),
     "smtp-busy", NOBODY, In(59, 60), &["自動で再送"], &["by ourselves"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_smtp_servers_say_to_a_login_is_named() {
    let mut tally = Tally::of("8.6 SMTP, up to the login");
    let mut google = Stage::of(Google).await;
    google
        .play(&mut tally, rows(Google, Via::Account, GMAIL))
        .await;
    let mut microsoft = Stage::of(Microsoft).await;
    microsoft
        .play(&mut tally, rows(Microsoft, Via::Account, EXCHANGE))
        .await;
    tally.close();
}
