//! Refusals of the login at the SMTP server (facts providers.md 8.6). The ids are given by
//! `wire`.

use super::row;
use crate::advice::{
    Card,
    Class::{Bug, Config, Person, Reauth, Throttle, Transient},
    Row,
    Who::{Administrator, Member, Nobody, ProviderAdministrator},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "smtp-auth-failed",
        Reauth,
        Member,
        0,
        Card::Connect,
        [
            "{address} の送信サーバにログインできませんでした。",
            "許可が取り消されたか、ログインした人とメールボックスが異なります。",
            "再接続してください。未送信のメールは残っています。",
        ],
        [
            "The outgoing server did not let us in for {address}.",
            "The permission was removed, or person and mailbox differ.",
            "Reconnect. Mail that waits to be sent is kept.",
        ],
    ),
    row(
        "smtp-login-refused",
        Config,
        Administrator,
        3600,
        Card::Account,
        [
            "{address} の送信サーバが接続またはログインを拒否しました。",
            "登録されていない応答です。理由は下の原文のとおりです。許可が失われたとは限りません。",
            "「{search}」で検索するか、原文と日時を添えて {provider} のサポートに問い合わせてください。自動で再試行します。",
        ],
        [
            "The outgoing server refused the connection or the login for {address}.",
            "The answer is not in our list; its own words below say why. The permission may be sound.",
            "Search for “{search}”, or give these words and their time to the support of {provider}. We keep trying.",
        ],
    ),
    row(
        "exchange-smtp-auth-failed",
        Config,
        Administrator,
        3600,
        Card::Guide {
            google: "",
            microsoft: "mail-apps",
        },
        [
            "{address} の送信サーバにログインできませんでした。",
            "SMTP.Send の権限がない、「認証済み SMTP」が無効、または本人以外のアドレスでログインした場合に起こります。",
            "管理者の同意 (SMTP.Send) と、「メール アプリを管理する」の「認証済み SMTP」を確認してください。共有メールボックスの送信は、ログインした本人で行います。変更後は反映まで 1～2 時間かかることがあります。",
        ],
        [
            "The outgoing server did not let us in for {address}.",
            "SMTP.Send is missing, Authenticated SMTP is off, or the address is not the person's own.",
            "Check admin consent for SMTP.Send, and Authenticated SMTP under Manage email apps. For a shared mailbox the person who signed in sends. After a change wait up to 1–2 hours.",
        ],
    ),
    row(
        "smtp-auth-disabled-tenant",
        Config,
        ProviderAdministrator,
        3600,
        Card::Guide {
            google: "",
            microsoft: "mail-apps",
        },
        [
            "組織全体で「認証済み SMTP」が無効です。",
            "Exchange Online の組織の設定で、SMTP での送信が無効になっています。受信はできます。",
            "メールボックスで有効にしてください: Microsoft 365 管理センター >「アクティブなユーザー」>「メール」>「メール アプリを管理する」>「認証済み SMTP」。組織全体は Set-TransportConfig -SmtpClientAuthenticationDisabled $false です。反映まで 1～2 時間かかることがあります。",
        ],
        [
            "Sending is switched off for the whole organisation (Authenticated SMTP).",
            "The organisation's setting in Exchange Online forbids sending by SMTP. Receiving works.",
            "Switch it on for the mailbox: Microsoft 365 admin center > Active users > Mail > Manage email apps > Authenticated SMTP. For the whole organisation: Set-TransportConfig -SmtpClientAuthenticationDisabled $false. It can take 1–2 hours.",
        ],
    ),
    row(
        "smtp-auth-disabled-mailbox",
        Config,
        ProviderAdministrator,
        3600,
        Card::Guide {
            google: "",
            microsoft: "mail-apps",
        },
        [
            "このメールボックスの送信が無効です。",
            "{address} の「認証済み SMTP」が無効になっています。受信はできます。",
            "Microsoft 365 管理センター >「アクティブなユーザー」>「メール」>「メール アプリを管理する」>「認証済み SMTP」を有効にしてください。反映まで 1～2 時間かかることがあります。",
        ],
        [
            "Sending is switched off for this mailbox.",
            "Authenticated SMTP is off for {address}. Receiving works.",
            "Switch it on: Microsoft 365 admin center > Active users > Mail > Manage email apps > Authenticated SMTP. It can take 1–2 hours.",
        ],
    ),
    row(
        "smtp-basic-auth-disabled",
        Config,
        Administrator,
        0,
        Card::Account,
        [
            "送信サーバがパスワードでのログインを拒否しました。",
            "基本認証は無効です。OAuth で接続していません。",
            "再接続してください。続く場合は、設定ファイルの smtp のホスト名を確認してください。",
        ],
        [
            "The outgoing server refused a login by password.",
            "Basic authentication is off; this login was not by OAuth.",
            "Reconnect. If it comes again, check the host under smtp in the configuration.",
        ],
    ),
    row(
        "smtp-auth-policy",
        Config,
        ProviderAdministrator,
        3600,
        Card::Guide {
            google: "",
            microsoft: "conditional-access",
        },
        [
            "組織のポリシーにより、送信サーバへのログインが拒否されました。",
            "条件付きアクセスまたはセキュリティの既定値によるものです。",
            "管理者が Microsoft Entra 管理センターの「サインイン ログ」で理由を確認してください。セキュリティの既定値が有効な場合、SMTP での送信は無効になります。",
        ],
        [
            "A policy of your organisation refused the login to the outgoing server.",
            "It is Conditional Access or the security defaults.",
            "The administrator sees the reason in the sign-in logs of the Microsoft Entra admin center. With security defaults on, sending by SMTP is off.",
        ],
    ),
    row(
        "smtp-auth-unavailable",
        Transient,
        Nobody,
        300,
        Card::None,
        [
            "送信サーバが、一時的にログインを処理できません。",
            "{provider} 側の一時的な問題です。",
            "自動で再送します。操作は必要ありません。",
        ],
        [
            "The outgoing server cannot process logins at the moment.",
            "It is a passing fault at {provider}.",
            "We send again by ourselves.",
        ],
    ),
    row(
        "smtp-too-many-logins",
        Throttle,
        Nobody,
        1800,
        Card::None,
        [
            "送信サーバへのログインが多すぎます。",
            "短い時間に何度もログインしたため、制限されています。",
            "30 分後に自動で再送します。操作は必要ありません。",
        ],
        [
            "There were too many logins at the outgoing server.",
            "It limits how often one may log in within a short time.",
            "We send again in 30 minutes, by ourselves.",
        ],
    ),
    row(
        "smtp-web-login",
        Person,
        Member,
        3600,
        Card::Account,
        [
            "Google が {address} のログインの確認を求めています。",
            "普段と異なる場所からのログインと判断されました。",
            "ブラウザで Gmail にログインし、表示される確認に答えてください。1 時間後に自動で再送します。",
        ],
        [
            "Google wants {address} to confirm the sign-in.",
            "It found the place of the sign-in unusual.",
            "Sign in to Gmail with a browser and answer what is asked. We send again in an hour.",
        ],
    ),
    row(
        "smtp-app-password",
        Config,
        Administrator,
        0,
        Card::Account,
        [
            "送信サーバがアプリ パスワードを求めました。",
            "OAuth ではなくパスワードでのログインと判断されています。",
            "再接続してください。続く場合は、設定ファイルの smtp のホスト名を確認してください。",
        ],
        [
            "The outgoing server asked for an app password.",
            "It took the login for one by password, not by OAuth.",
            "Reconnect. If it comes again, check the host under smtp in the configuration.",
        ],
    ),
    row(
        "smtp-not-authenticated",
        Bug,
        Administrator,
        0,
        Card::None,
        [
            "ログインする前に送信しようとしました。",
            "このソフトウェアの不具合です。メールは送信されていません。",
            "原文を添えて開発元に知らせてください。",
        ],
        [
            "Sending was tried before the login.",
            "That is a fault of this software. The mail was not sent.",
            "Report it with the words below.",
        ],
    ),
    row(
        "smtp-sasl-malformed",
        Bug,
        Administrator,
        0,
        Card::None,
        [
            "送信サーバがログインの形式を受け付けませんでした。",
            "送った認証データの形式が誤っています。このソフトウェアの不具合です。",
            "原文を添えて開発元に知らせてください。",
        ],
        [
            "The outgoing server did not accept the form of our login.",
            "The login data was malformed, which is a fault of this software.",
            "Report it with the words below.",
        ],
    ),
    row(
        "smtp-mechanism-missing",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "送信サーバが OAuth でのログインに対応していません。",
            "XOAUTH2 が提供されていません。暗号化の前か、ホスト名が誤っている可能性があります。",
            "設定ファイルの smtp のホスト名、ポート、smtp_tls を確認してください。",
        ],
        [
            "The outgoing server offers no login by OAuth.",
            "XOAUTH2 is not there; the connection may not be encrypted yet, or the host is wrong.",
            "Check host and port under smtp, and smtp_tls, in the configuration.",
        ],
    ),
];
