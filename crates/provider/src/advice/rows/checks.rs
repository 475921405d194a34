//! What the check of a connected mailbox finds besides refusals: mail on its way, folders, permissions.

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Transient},
    Row,
    Who::{Administrator, Nobody},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "mail-not-arrived",
        Transient,
        Nobody,
        300,
        Card::Account,
        [
            "確認のために送ったメールが、まだ届いていません。",
            "送信は受け付けられました。{provider} の中での配送が遅れているか、迷惑メールのフォルダに入っています。",
            "数分待ってから受信トレイと迷惑メールのフォルダを確認し、もう一度確認を行ってください。",
        ],
        [
            "The mail that was sent as a test has not arrived yet.",
            "The outgoing server took it. Its delivery at {provider} is late, or it went to the spam folder.",
            "Wait some minutes, look into inbox and spam folder, then check once more.",
        ],
    ),
    row(
        "mail-no-sent-copy",
        Transient,
        Nobody,
        300,
        Card::Account,
        [
            "送信したメールの控えが、送信済みのフォルダに見つかりません。",
            "{provider} は送信したメールを自動で保存しますが、遅れることがあります。",
            "見つからない場合は、このサーバが控えを保存します。操作は必要ありません。",
        ],
        [
            "The copy of the sent mail is not in the Sent folder.",
            "{provider} files one by itself, but it can be late.",
            "If it does not appear, this server files it. Nothing needs to be done.",
        ],
    ),
    row(
        "idle-missing",
        Transient,
        Nobody,
        0,
        Card::None,
        [
            "受信サーバは、新着メールの即時の通知 (IDLE) に対応していません。",
            "新着メールは、数分ごとの確認で届きます。",
            "操作は必要ありません。",
        ],
        [
            "The incoming server does not tell of new mail at once (IDLE).",
            "New mail is found by looking every few minutes.",
            "Nothing needs to be done.",
        ],
    ),
    row(
        "scopes-partly",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "scopes",
            microsoft: "permissions",
        },
        [
            "求めた権限の一部だけが許可されています。",
            "許可されていない権限: {scope}",
            "アプリの権限に追加し (Microsoft では「APIのアクセス許可」、Google では「データアクセス」)、必要なら管理者の同意を与えてから、接続し直してください。",
        ],
        [
            "Only some of the permissions that were asked for are granted.",
            "What is missing: {scope}",
            "Add it to the app (at Microsoft under API permissions, at Google under Data Access), grant admin consent where needed, then connect again.",
        ],
    ),
];
