//! Facts 8.5, Exchange Online: the lines of transcripts B.

use sandbox::ProviderKind::Microsoft;

use crate::row::Again::{In, No};
use crate::row::Said::{Imap, ImapEnd};
use crate::row::{ADMIN, Data, NOBODY, Via, rows};
use crate::stage::Stage;
use crate::tally::Tally;

#[rustfmt::skip]
const LINES: &[Data] = &[
    (Imap("authenticate", &["{tag} NO AUTHENTICATE failed."]),
     "exchange-auth-failed", ADMIN, In(3500, 7200), &["IMAP.AccessAsUser.All", "「フル アクセス」", "「メール アプリを管理する」", "ライセンス", "1～2 時間"], &["IMAP.AccessAsUser.All", "Full Access", "Manage email apps", "licence", "1–2 hours"]),
    (Imap("after_login", &["{tag} BAD User is authenticated but not connected."]),
     "exchange-not-connected", ADMIN, In(60, 7200), &["「アクティブなユーザー」", "「メール アプリを管理する」", "ライセンス", "「転送と IMAP」"], &["Active users", "Manage email apps", "licence", "Forwarding and IMAP"]),
    (ImapEnd("LIST", &["{tag} BAD User is authenticated but not connected.", "* BYE Connection closed. 14"]),
     "exchange-not-connected", ADMIN, In(60, 7200), &["「メール アプリを管理する」"], &["Manage email apps"]),
    (Imap("SELECT", &["{tag} BAD Command received in Invalid state."]),
     "exchange-invalid-state", NOBODY, In(1, 60), &["自動で接続"], &["by ourselves"]),
    (Imap("SELECT", &["{tag} BAD Command Error. 10"]),
     "exchange-command-too-long", ADMIN, No, &["開発元"], &["report"]),
    (Imap("SELECT", &["{tag} BAD Command Argument Error. 11"]),
     "exchange-bad-argument", NOBODY, No, &["飛ばして"], &["skip"]),
    (Imap("SELECT", &["{tag} BAD Command Argument Error. 12"]),
     "exchange-bad-argument", NOBODY, No, &["飛ばして"], &["skip"]),
    (Imap("SELECT", &["{tag} BAD Command Error. 12"]),
     "exchange-command-error", NOBODY, In(1, 60), &["一度だけ再試行"], &["once more"]),
    (Imap("authenticate", &["{tag} NO Server Unavailable. 15"]),
     "exchange-server-unavailable", NOBODY, In(60, 900), &["自動で再試行"], &["keep trying"]),
    (Imap("LIST", &["{tag} NO Server Unavailable. 15"]),
     "exchange-server-unavailable", NOBODY, In(60, 900), &["自動で再試行"], &["keep trying"]),
    (ImapEnd("LIST", &["Server Unavailable. 15"]),
     "exchange-server-unavailable", NOBODY, In(60, 900), &["自動で再試行"], &["keep trying"]),
    (ImapEnd("LIST", &["{tag} BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds", "* BYE Connection closed. 14"]),
     "exchange-throttled", NOBODY, In(298, 300), &["自動で再開"], &["by ourselves"]),
    (Imap("SELECT", &["{tag} NO Request is throttled. Suggested Backoff Time: 89117 milliseconds"]),
     "exchange-throttled", NOBODY, In(87, 90), &["自動で再開"], &["by ourselves"]),
    (ImapEnd("LIST", &["* BYE Session invalidated - AccessTokenExpired"]),
     "exchange-access-token-expired", NOBODY, No, &["自動で接続"], &["by ourselves"]),
    (Imap("authenticate", &["{tag} NO Basic authentication is disabled."]),
     "exchange-basic-auth-disabled", ADMIN, No, &["再接続"], &["Reconnect"]),
    (ImapEnd("greeting", &["* BYE Connection is closed. 13"]),
     "exchange-connection-closed", NOBODY, In(1, 60), &["自動で接続"], &["by ourselves"]),
    (ImapEnd("LIST", &["* BYE Connection closed. 14"]),
     "exchange-connection-closed", NOBODY, In(1, 60), &["自動で接続"], &["by ourselves"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_exchange_says_in_imap_is_named() {
    let mut tally = Tally::of("8.5 IMAP, Exchange Online");
    let mut stage = Stage::of(Microsoft).await;
    stage
        .play(&mut tally, rows(Microsoft, Via::Account, LINES))
        .await;
    tally.close();
}
