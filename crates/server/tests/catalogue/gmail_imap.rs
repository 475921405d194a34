//! Facts 8.5, Gmail: the lines of transcripts A9 and the codes of RFC 5530.

use sandbox::ProviderKind::Google;

use crate::row::Again::{Any, In, No};
use crate::row::Said::{Imap, ImapEnd};
use crate::row::{ADMIN, Data, MEMBER, NOBODY, PROVIDER_ADMIN, Via, rows};
use crate::stage::Stage;
use crate::tally::Tally;

/// `{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`
const CHALLENGE: &str = "+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";
/// `{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}` and a line end.
const DOCUMENTED: &str = "+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K";

#[rustfmt::skip]
const AT_LOGIN: &[Data] = &[
    (Imap("authenticate", &[CHALLENGE, "{tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"]),
     "imap-auth-failed", MEMBER, No, &["IMAP", "再接続"], &["IMAP", "reconnect"]),
    (Imap("authenticate", &[DOCUMENTED, "{tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"]),
     "imap-auth-failed", MEMBER, No, &["再接続"], &["reconnect"]),
    (Imap("authenticate", &[CHALLENGE, "{tag} NO [ALERT] Invalid credentials (Failure)"]),
     "imap-auth-failed", MEMBER, No, &["再接続"], &["reconnect"]),
    (Imap("authenticate", &["{tag} BAD Invalid SASL argument"]),
     "imap-sasl-malformed", ADMIN, No, &["開発元"], &["Report"]),
    (Imap("authenticate", &["{tag} NO Invalid SASL argument"]),
     "imap-sasl-malformed", ADMIN, No, &["開発元"], &["Report"]),
    (Imap("authenticate", &[CHALLENGE, "{tag} NO [ALERT] Too many simultaneous connections. (Failure)"]),
     "gmail-too-many-connections", MEMBER, In(60, 300), &["閉じて"], &["Close"]),
    (Imap("authenticate", &["* NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=EXAMPLE] Web login required.", "{tag} NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)"]),
     "gmail-web-login", MEMBER, In(3600, 3600), &["ブラウザで Gmail"], &["Gmail with a browser"]),
    (Imap("authenticate", &["{tag} NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1] Web login required."]),
     "gmail-web-login", MEMBER, In(3600, 3600), &["ブラウザで Gmail"], &["Gmail with a browser"]),
    (Imap("authenticate", &["{tag} NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)"]),
     "gmail-app-password", ADMIN, No, &["再接続"], &["Reconnect"]),
    (Imap("authenticate", &[CHALLENGE, "{tag} NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)"]),
     "gmail-imap-disabled-user", MEMBER, In(3500, 7200), &["「設定」", "「メール転送と POP/IMAP」"], &["Settings > Forwarding and POP/IMAP"]),
    (Imap("authenticate", &[CHALLENGE, "{tag} NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about this feature. (Failure)"]),
     "gmail-imap-disabled-domain", PROVIDER_ADMIN, In(3500, 7200), &["「アプリ」", "「Google Workspace」", "「エンドユーザーのアクセス」"], &["Apps > Google Workspace > Gmail > End user access"]),
    (Imap("authenticate", &["{tag} NO Lookup failed 00000000EXAMPLE"]),
     "gmail-service-off", PROVIDER_ADMIN, In(3500, 7200), &["「サービスのステータス」"], &["Service status"]),
    (Imap("authenticate", &["{tag} NO [UNAVAILABLE] Temporary System Error"]),
     "gmail-system-error", NOBODY, In(1, 60), &["自動で再試行"], &["keep trying"]),
    (Imap("authenticate", &["{tag} NO [AUTHORIZATIONFAILED] No right to act as this user"]),
     "imap-authorization-failed", ADMIN, No, &["フル アクセス", "「委任」"], &["Full Access", "Delegation"]),
    (Imap("authenticate", &["{tag} NO [EXPIRED] The login has expired"]),
     "imap-expired", MEMBER, No, &["再接続"], &["Reconnect"]),
    (Imap("authenticate", &["{tag} NO [PRIVACYREQUIRED] Connect with TLS first"]),
     "imap-login-not-allowed", ADMIN, No, &["imap_tls"], &["imap_tls"]),
    (ImapEnd("greeting", &["* BYE System error"]),
     "gmail-system-error", NOBODY, In(1, 60), &["自動で再試行"], &["keep trying"]),
    (Imap("CAPABILITY", &["* CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS", "{tag} OK done"]),
     "imap-mechanism-missing", ADMIN, Any, &["imap"], &["imap"]),
    // LOGIN is never used, so nothing is wrong.
    (Imap("CAPABILITY", &["* CAPABILITY IMAP4rev1 ID IDLE LOGINDISABLED SASL-IR AUTH=XOAUTH2", "{tag} OK done"]),
     "", "", Any, &[], &[]),
];

#[rustfmt::skip]
const AT_A_COMMAND: &[Data] = &[
    (Imap("LIST", &["{tag} NO [OVERQUOTA] Account exceeded command or bandwidth limits."]),
     "gmail-overquota", NOBODY, In(3590, 3600), &["自動で再開"], &["by ourselves"]),
    (ImapEnd("SELECT", &["{tag} NO [OVERQUOTA] Account exceeded command or bandwidth limits.", "* BYE Connection closed"]),
     "gmail-overquota", NOBODY, In(3590, 3600), &["自動で再開"], &["by ourselves"]),
    // Slow is no fault (transcripts A9).
    (Imap("ID", &["* ID NIL", "{tag} OK Success [THROTTLED]"]),
     "", "", Any, &[], &[]),
    (Imap("LIST", &["{tag} NO [ALERT] full IMAP support is NOT enabled for this account"]),
     "gmail-service-off", PROVIDER_ADMIN, In(3500, 7200), &["「サービスのステータス」"], &["Service status"]),
    (ImapEnd("LIST", &["* BYE Session expired, please login again."]),
     "gmail-session-expired", NOBODY, No, &["自動で接続"], &["by ourselves"]),
    (Imap("SELECT", &["{tag} NO System error (Failure)"]),
     "gmail-system-error", NOBODY, In(1, 60), &["自動で再試行"], &["keep trying"]),
    (ImapEnd("SELECT", &["* BYE System error"]),
     "gmail-system-error", NOBODY, In(1, 60), &["自動で再試行"], &["keep trying"]),
    (Imap("SELECT", &["{tag} NO [INUSE] Mailbox is in use"]),
     "imap-in-use", NOBODY, In(59, 60), &["自動で再試行"], &["keep trying"]),
    (Imap("SELECT", &["{tag} NO [LIMIT] Too many folders are open"]),
     "imap-in-use", NOBODY, In(59, 60), &["自動で再試行"], &["keep trying"]),
    (Imap("SELECT", &["{tag} NO [CONTACTADMIN] Ask your administrator"]),
     "imap-contact-admin", PROVIDER_ADMIN, In(3600, 3600), &["組織の管理者"], &["administrator"]),
    (Imap("SELECT", &["{tag} NO [SERVERBUG] This should not happen"]),
     "imap-server-bug", NOBODY, In(60, 900), &["自動で再試行"], &["keep trying"]),
    (Imap("SELECT", &["{tag} NO [CANNOT] Folder contains excess whitespace (Failure)"]),
     "imap-cannot", MEMBER, No, &["別の名前"], &["another name"]),
    (Imap("SELECT", &["{tag} NO [ALREADYEXISTS] Folder name conflicts with existing folder name. (Failure)"]),
     "imap-already-exists", MEMBER, No, &["別の名前"], &["another name"]),
    (Imap("SELECT", &["{tag} NO [NONEXISTENT] Unknown Mailbox: [Gmail]/Gönderilmiş Postalar (Failure)"]),
     "imap-nonexistent", NOBODY, No, &["自動で更新"], &["by itself"]),
    (Imap("LIST", &["{tag} BAD Could not parse command"]),
     "imap-client-bug", ADMIN, In(3600, 3600), &["開発元"], &["report"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_gmail_says_in_imap_is_named() {
    let mut tally = Tally::of("8.5 IMAP, Gmail and RFC 5530");
    let mut stage = Stage::of(Google).await;
    stage
        .play(&mut tally, rows(Google, Via::Account, AT_LOGIN))
        .await;
    stage
        .play(&mut tally, rows(Google, Via::Account, AT_A_COMMAND))
        .await;
    tally.close();
}
