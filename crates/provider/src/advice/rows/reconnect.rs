//! Reconnect links, and the time in which Tegata itself did not run.

use super::row;
use crate::advice::{
    Card,
    Class::{Person, Transient},
    Row,
    Who::{Administrator, Member},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "reconnect-foreign-browser",
        Person,
        Member,
        0,
        Card::None,
        [
            "この再接続は別のブラウザで始められたか、始めてから時間がたっています。",
            "安全のため、リンクを開いて始めたブラウザでなければ完了できません。",
            "案内のメールにあるリンクをこのブラウザで開き、もう一度始めてください。リンクはまだ使えます。",
        ],
        [
            "This reconnection was begun in another browser, or too long ago.",
            "For safety it can be finished only in the browser that opened the link.",
            "Open the link of the message in this browser and begin again. The link still works.",
        ],
    ),
    row(
        "reconnect-link-used",
        Person,
        Member,
        0,
        Card::None,
        [
            "このメールボックスは、もう再接続されています。",
            "リンクは一度だけ使えます。先に完了した手続きがあったため、この手続きは中止しました。",
            "何もする必要はありません。この画面は閉じて構いません。",
        ],
        [
            "This mailbox has been reconnected already.",
            "A link works once, and another consent was finished first, so this one was dropped.",
            "There is nothing left to do. You may close this page.",
        ],
    ),
    row(
        "service-stopped",
        Transient,
        Administrator,
        0,
        Card::None,
        [
            "Tegata 自体が動いていませんでした。",
            "サーバの停止、再起動、更新などの間は、どのメールボックスも受信できません。その間のメールはプロバイダに残り、再開後に取り込まれます。",
            "停止に心当たりがなければ、サーバのログ (journalctl -u tegata) を確認してください。",
        ],
        [
            "Tegata itself was not running.",
            "While the server is stopped, restarted or updated no mailbox receives. The mail waits at the provider and is fetched afterwards.",
            "If nobody stopped it on purpose, look at the server's log (journalctl -u tegata).",
        ],
    ),
];
