//! What only Exchange Online's IMAP says (facts providers.md 8.5). The ids are given by `wire`.

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Permanent, Throttle, Transient},
    Row,
    Who::{Administrator, Nobody},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "exchange-auth-failed",
        Config,
        Administrator,
        3600,
        Card::Guide {
            google: "",
            microsoft: "permissions",
        },
        [
            "ログインは成功しましたが、{address} のメールボックスを開けませんでした。",
            "IMAP の権限がない、メールボックスの IMAP が無効、または別の人でログインした場合などが考えられます。",
            "順に確認してください: 1. 管理者の同意 (IMAP.AccessAsUser.All)、2. ログインしたのがメールボックスの本人か「フル アクセス」を持つ人か、3. 「メール アプリを管理する」の IMAP、4. Exchange Online のライセンス。変更後は反映まで 1～2 時間かかることがあります。",
        ],
        [
            "Signing in worked, but the mailbox {address} did not open.",
            "Usual causes: the IMAP permission is missing, IMAP is off for the mailbox, or somebody else signed in.",
            "Check in this order: 1. admin consent for IMAP.AccessAsUser.All; 2. the person is the owner or has Full Access; 3. IMAP under Manage email apps; 4. an Exchange Online licence. After a change wait up to 1–2 hours.",
        ],
    ),
    row(
        "exchange-not-connected",
        Config,
        Administrator,
        900,
        Card::Guide {
            google: "",
            microsoft: "mail-apps",
        },
        [
            "ログインは成功しましたが、{address} のメールボックスを開けませんでした。",
            "IMAP が無効、ライセンスがない、権限がない場合のほか、Microsoft 側の一時的な問題でも起こります。",
            "Microsoft 365 管理センター >「アクティブなユーザー」>「メール」>「メール アプリを管理する」の IMAP、ライセンス、メールボックスの権限を確認してください (個人用アカウントは Outlook.com の「設定」>「メール」>「転送と IMAP」で有効にします)。変更後は反映まで 1～2 時間かかることがあります。自動で再試行します。",
        ],
        [
            "Signing in worked, but the mailbox {address} did not open.",
            "Usual causes: IMAP is off for the mailbox, no licence, or no right on it. A passing fault at Microsoft looks the same.",
            "Check IMAP (Microsoft 365 admin center > Active users > Mail > Manage email apps), the licence, and the rights on the mailbox (personal accounts: Settings > Mail > Forwarding and IMAP in Outlook.com). After a change wait up to 1–2 hours. We keep trying.",
        ],
    ),
    row(
        "shared-mailbox",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "shared-mailbox",
        },
        [
            "共有メールボックス {address} を使えませんでした。",
            "共有メールボックスでは、受信 (IMAP) のユーザーは共有アドレス、送信 (SMTP) のユーザーはログインした本人です。",
            "Exchange 管理センターの「メールボックス」> 共有メールボックス >「委任」で、{person} に「フル アクセス」と「メールボックス所有者として送信する」の権限を付けてください。",
        ],
        [
            "The shared mailbox {address} could not be used.",
            "For a shared mailbox the IMAP user is the shared address, and the SMTP user is the person who signed in.",
            "Give {person} Full Access and Send As: Exchange admin center > Mailboxes > the mailbox > Delegation.",
        ],
    ),
    row(
        "exchange-access-token-expired",
        Transient,
        Nobody,
        0,
        Card::None,
        [
            "Exchange Online との接続の有効時間が終わりました。",
            "アクセス トークンの期限に合わせて接続が終わる、通常の動作です。",
            "新しいトークンで自動で接続し直します。操作は必要ありません。",
        ],
        [
            "The session with Exchange Online ended.",
            "It ends with its access token, as usual.",
            "We connect again with a new token, by ourselves.",
        ],
    ),
    row(
        "exchange-throttled",
        Throttle,
        Nobody,
        300,
        Card::None,
        [
            "Exchange Online の制限により一時停止しています。",
            "短い時間に多くの要求があったため、間隔を空けるよう求められました。",
            "自動で再開します (次回 {time})。操作は必要ありません。",
        ],
        [
            "Exchange Online asked us to slow down.",
            "There were many requests in a short time.",
            "We go on by ourselves (next: {time}). Nothing needs to be done.",
        ],
    ),
    row(
        "exchange-server-unavailable",
        Transient,
        Nobody,
        60,
        Card::None,
        [
            "Exchange Online が一時的に利用できません。",
            "Microsoft のサーバが停止しているか、混み合っています。",
            "自動で再試行します (次回 {time})。",
        ],
        [
            "Exchange Online is not available at the moment.",
            "A server of Microsoft is down or busy.",
            "We keep trying (next: {time}).",
        ],
    ),
    row(
        "exchange-connection-closed",
        Transient,
        Nobody,
        30,
        Card::None,
        [
            "Exchange Online が接続を閉じました。",
            "一定時間操作がなかったか、続けて拒否されたためです。",
            "自動で接続し直します。操作は必要ありません。",
        ],
        [
            "Exchange Online closed the connection.",
            "It was idle for a time, or several commands were refused.",
            "We connect again by ourselves.",
        ],
    ),
    row(
        "exchange-invalid-state",
        Transient,
        Nobody,
        30,
        Card::None,
        [
            "Exchange Online が操作を受け付けませんでした。",
            "接続のログインまたはフォルダの選択が失われています。",
            "自動で接続し直します。操作は必要ありません。",
        ],
        [
            "Exchange Online did not take the command.",
            "The connection had lost its login or its folder.",
            "We connect again by ourselves.",
        ],
    ),
    row(
        "exchange-command-too-long",
        Permanent,
        Administrator,
        0,
        Card::None,
        [
            "Exchange Online が操作を受け付けませんでした (10)。",
            "命令が長すぎるか、保存しようとしたメールに極端に長い行があります。",
            "ほかのメールには影響しません。続く場合は、原文を添えて開発元に知らせてください。",
        ],
        [
            "Exchange Online refused a command (10).",
            "It was too long, or a mail to be stored has extremely long lines.",
            "Other mail is not affected. If it comes again, report it with the words below.",
        ],
    ),
    row(
        "exchange-bad-argument",
        Permanent,
        Nobody,
        0,
        Card::None,
        [
            "Exchange Online が 1 件の項目を返せませんでした (11)。",
            "メールが移動または削除されたか、IMAP で扱えない項目です。",
            "その項目を飛ばして続けます。操作は必要ありません。",
        ],
        [
            "Exchange Online could not give one item (11).",
            "It was moved or deleted, or IMAP cannot show it.",
            "We skip it and go on. Nothing needs to be done.",
        ],
    ),
    row(
        "exchange-command-error",
        Transient,
        Nobody,
        60,
        Card::None,
        [
            "Exchange Online が操作を実行できませんでした (12)。",
            "原因は Microsoft から公開されていません。",
            "接続し直して一度だけ再試行し、それでも失敗する項目は飛ばして続けます。",
        ],
        [
            "Exchange Online could not carry out a command (12).",
            "Microsoft does not publish what it means.",
            "We try once more on a new connection, then skip the item and go on.",
        ],
    ),
    row(
        "exchange-basic-auth-disabled",
        Config,
        Administrator,
        0,
        Card::Account,
        [
            "Exchange Online がパスワードでのログインを拒否しました。",
            "基本認証は廃止されています。OAuth で接続していません。",
            "再接続してください。続く場合は、設定ファイルの imap のホスト名を確認してください。",
        ],
        [
            "Exchange Online refused a login by password.",
            "Basic authentication is gone; this login was not by OAuth.",
            "Reconnect. If it comes again, check the host under imap in the configuration.",
        ],
    ),
];
