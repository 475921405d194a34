//! What only Google says: token endpoint and Gmail's IMAP (facts providers.md 8.3, 8.5).

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Person, Reauth, Throttle, Transient},
    Row,
    Who::{Administrator, Member, Nobody, ProviderAdministrator},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "session-control",
        Reauth,
        ProviderAdministrator,
        0,
        Card::Connect,
        [
            "組織の設定により、{address} の再ログインが必要です。",
            "Google Workspace の管理者が、一定時間ごとの再認証 (セッションの制御) を設定しています。",
            "再接続してください。繰り返さないようにするには、Workspace の管理者が「セキュリティ」>「API の制御」でこのアプリを「信頼できる」にして、再認証の対象から除外します。",
        ],
        [
            "Your organisation asks {address} to sign in again.",
            "The Google Workspace administrator set a time after which people must sign in again (session control).",
            "Reconnect. To avoid it in future, the Workspace administrator trusts this app (Security > API controls) and exempts it.",
        ],
    ),
    row(
        "delegation-not-set",
        Config,
        ProviderAdministrator,
        0,
        Card::Credential,
        [
            "ドメイン全体の委任が設定されていません。",
            "クライアントIDまたはスコープが、管理コンソールに登録されたものと異なります。",
            "Workspace の特権管理者が「API の制御」>「ドメイン全体の委任」で、クライアントIDとスコープを確認してください。",
        ],
        [
            "Domain-wide delegation is not set up.",
            "Client ID or scopes differ from what the admin console holds.",
            "A Workspace super administrator checks both under API controls > Domain-wide delegation.",
        ],
    ),
    row(
        "delegation-wrong-user",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "指定されたユーザーが Google に見つかりません。",
            "メールアドレスが誤っているか、アカウントが削除されています。",
            "アドレスを確認し、正しいユーザーを指定してください。",
        ],
        [
            "Google does not know the user that was named.",
            "The address is wrong, or the account was deleted.",
            "Check the address and name the right user.",
        ],
    ),
    row(
        "gmail-too-many-connections",
        Throttle,
        Member,
        180,
        Card::None,
        [
            "Gmail への同時接続が多すぎます。",
            "1 つのアカウントに接続できるのは、すべてのメール ソフトを合わせて 15 までです。",
            "使っていないメール ソフトや端末を閉じてください。数分後に自動で再試行します。",
        ],
        [
            "Too many programs are connected to this Gmail account.",
            "All mail programs together may hold 15 connections.",
            "Close mail programs and devices that are not in use. We try again in some minutes.",
        ],
    ),
    row(
        "gmail-overquota",
        Throttle,
        Nobody,
        3600,
        Card::None,
        [
            "Gmail の 1 日の通信量の上限に達しました。",
            "受信は 1 日およそ 2,500 MB までです。最初の取り込みで起こることがあります。",
            "自動で再開します (次回 {time})。操作は必要ありません。",
        ],
        [
            "Gmail's daily limit of traffic was reached.",
            "It allows about 2,500 MB of download a day; a first fetch can reach that.",
            "We go on by ourselves (next: {time}). Nothing needs to be done.",
        ],
    ),
    row(
        "gmail-throttled",
        Throttle,
        Nobody,
        0,
        Card::None,
        [
            "Gmail が通信の速度を制限しています。",
            "短い時間に多くの通信がありました。受信は続いています。",
            "自動で間隔を空けます。操作は必要ありません。",
        ],
        [
            "Gmail has slowed this account down.",
            "There was much traffic in a short time. Receiving goes on.",
            "We go slower by ourselves. Nothing needs to be done.",
        ],
    ),
    row(
        "gmail-web-login",
        Person,
        Member,
        3600,
        Card::Account,
        [
            "Google が {address} のログインの確認を求めています。",
            "普段と異なる場所からのログインと判断されました。",
            "ブラウザで Gmail にログインし、表示される確認に答えてください。1 時間後に自動で再試行します。",
        ],
        [
            "Google wants {address} to confirm the sign-in.",
            "It found the place of the sign-in unusual.",
            "Sign in to Gmail with a browser and answer what is asked. We try again in an hour.",
        ],
    ),
    row(
        "gmail-app-password",
        Config,
        Administrator,
        0,
        Card::Account,
        [
            "Gmail がアプリ パスワードを求めました。",
            "OAuth ではなくパスワードでのログインと判断されています。",
            "再接続してください。続く場合は、設定ファイルの imap と smtp のホスト名を確認してください。",
        ],
        [
            "Gmail asked for an app password.",
            "It took the login for one by password, not by OAuth.",
            "Reconnect. If it comes again, check the hosts under imap and smtp in the configuration.",
        ],
    ),
    row(
        "gmail-imap-disabled-user",
        Person,
        Member,
        3600,
        Card::Account,
        [
            "{address} の IMAP が無効になっています。",
            "Gmail の設定で IMAP アクセスが無効です。",
            "Gmail の「設定」>「メール転送と POP/IMAP」で「IMAP を有効にする」を選んでください。自動で再試行します。",
        ],
        [
            "IMAP is off for {address}.",
            "It is switched off in the settings of Gmail.",
            "Switch it on under Settings > Forwarding and POP/IMAP in Gmail. We keep trying.",
        ],
    ),
    row(
        "gmail-imap-disabled-domain",
        Config,
        ProviderAdministrator,
        3600,
        Card::Guide {
            google: "imap",
            microsoft: "",
        },
        [
            "組織全体で IMAP が無効になっています。",
            "Google Workspace の管理者が IMAP アクセスを無効にしています。",
            "Workspace の管理者が「アプリ」>「Google Workspace」>「Gmail」>「エンドユーザーのアクセス」>「POP と IMAP アクセス」で IMAP を有効にしてください。",
        ],
        [
            "IMAP is off for the whole organisation.",
            "The Google Workspace administrator switched it off.",
            "The Workspace administrator switches it on: Apps > Google Workspace > Gmail > End user access > POP and IMAP access.",
        ],
    ),
    row(
        "gmail-service-off",
        Config,
        ProviderAdministrator,
        3600,
        Card::Account,
        [
            "{address} では Gmail を利用できません。",
            "Gmail のサービスがこのユーザーに対して無効か、Gmail のメールボックスがないアカウントです。",
            "Workspace の管理者が「アプリ」>「Google Workspace」>「Gmail」>「サービスのステータス」で、このユーザーの Gmail を有効にしてください。個人の場合は、Gmail のあるアカウントで接続してください。",
        ],
        [
            "Gmail is not available for {address}.",
            "The service is off for this user, or the account has no Gmail mailbox.",
            "The Workspace administrator switches Gmail on for this user: Apps > Google Workspace > Gmail > Service status. Otherwise connect an account that has Gmail.",
        ],
    ),
    row(
        "gmail-session-expired",
        Transient,
        Nobody,
        0,
        Card::None,
        [
            "Gmail との接続の有効時間が終わりました。",
            "トークンの期限に合わせて接続が終わる、通常の動作です。",
            "自動で接続し直します。操作は必要ありません。",
        ],
        [
            "The session with Gmail ended.",
            "It ends with its token, as usual.",
            "We connect again by ourselves.",
        ],
    ),
    row(
        "gmail-system-error",
        Transient,
        Nobody,
        30,
        Card::None,
        [
            "Gmail 側で一時的なエラーが起きています。",
            "Google のサーバが要求を処理できませんでした。",
            "自動で再試行します。操作は必要ありません。",
        ],
        [
            "Gmail has a passing fault.",
            "Google's server could not carry out the request.",
            "We keep trying. Nothing needs to be done.",
        ],
    ),
];
