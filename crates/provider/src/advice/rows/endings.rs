//! What ends by itself, told before it ends; and notices that cannot be sent.

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Consent, Person, Reauth, Transient},
    Row,
    Who::{Administrator, Member, Nobody, ProviderAdministrator},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "grant-ends-testing",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "publish",
            microsoft: "",
        },
        [
            "{address} の許可は {date} に切れます。",
            "アプリが「テスト中」の間、Google の許可は接続から 7 日で切れます。",
            "Google Auth Platform の「対象」でアプリを公開し、そのあと再接続してください。公開しても、すでにある許可の期限は延びません。",
        ],
        [
            "The permission for {address} ends on {date}.",
            "Google ends permissions 7 days after connecting while the app is in testing.",
            "Publish the app (Google Auth Platform, Audience), then reconnect. Publishing does not prolong a permission that is there already.",
        ],
    ),
    row(
        "grant-ends-time-based",
        Reauth,
        Member,
        0,
        Card::Connect,
        [
            "{address} の許可は {date} に切れます。",
            "{provider} の画面で、期間を限って許可されました。",
            "{date} までに再接続してください。期間を限らずに許可すると、繰り返す必要がありません。メールはそのまま使えます。",
        ],
        [
            "The permission for {address} ends on {date}.",
            "It was given for a limited time on the page of {provider}.",
            "Reconnect before {date}. Allow it without a limit, and it need not be repeated. No mail is lost.",
        ],
    ),
    row(
        "grant-ends-sign-in",
        Reauth,
        ProviderAdministrator,
        0,
        Card::Connect,
        [
            "{address} の許可は {date} ごろに切れる見込みです。",
            "前回の許可は、組織のサインインの頻度の設定により、同じ日数で切れました。",
            "その前に再接続すると、メールは止まりません。繰り返さないようにするには、組織の管理者がこのアプリをポリシーから除外します。",
        ],
        [
            "The permission for {address} will probably end around {date}.",
            "The last one ended after as many days, because the organisation limits how long a sign-in lasts.",
            "Reconnect before that, and no mail is held up. To end the repetition, the organisation's administrator exempts this app from the policy.",
        ],
    ),
    row(
        "grant-ends-policy",
        Reauth,
        ProviderAdministrator,
        0,
        Card::Connect,
        [
            "{address} の許可は {date} に切れます。",
            "組織のポリシーが許可の期間を限っています。{provider} がこの期間を通知しました。",
            "{date} までに再接続してください。繰り返さないようにするには、組織の管理者がこのアプリをポリシーから除外します。",
        ],
        [
            "The permission for {address} ends on {date}.",
            "A policy of the organisation limits its life, and {provider} said how long that is.",
            "Reconnect before {date}. To end the repetition, the organisation's administrator exempts this app from the policy.",
        ],
    ),
    row(
        "grant-kept-alive",
        Transient,
        Nobody,
        0,
        Card::None,
        [
            "{address} の許可は、使われなければ {date} に切れます。",
            "{provider} は、長い間使われない許可を無効にします。",
            "サーバが自動で更新するため、操作は必要ありません。この日付が近づいている場合は、サーバが長く停止していたか、更新に失敗し続けています。",
        ],
        [
            "The permission for {address} would end on {date} if nobody used it.",
            "{provider} ends permissions that are unused for long.",
            "The server refreshes it by itself, so nothing needs to be done. If this date comes near, the server was off for long or its refreshes fail.",
        ],
    ),
    row(
        "system-mailbox-none",
        Config,
        Administrator,
        0,
        Card::None,
        [
            "通知を送るメールボックスが選ばれていません。",
            "許可が切れたことや期限が近いことをメールで知らせるには、送信に使うメールボックスが必要です。",
            "管理者が「通知を送るメールボックス」を選んでください (tegata account system-mailbox)。止まっていた通知は、そのあと自動で送られます。",
        ],
        [
            "No mailbox is chosen that sends notices.",
            "Telling people by mail that a permission ended or will end needs a mailbox to send from.",
            "An administrator chooses the system mailbox (tegata account system-mailbox). Notices that wait go out by themselves afterwards.",
        ],
    ),
    row(
        "system-mailbox-stopped",
        Config,
        Administrator,
        0,
        Card::Account,
        [
            "通知を送るメールボックス {address} が、送信できない状態です。",
            "このメールボックスの許可が切れているか、送信が止まっています。止まったメールボックスからは通知を送りません。",
            "このメールボックスを復旧するか、別のメールボックスを選んでください。止まっていた通知は、そのあと自動で送られます。",
        ],
        [
            "The mailbox {address}, which sends notices, cannot send.",
            "Its permission has ended, or sending is stopped. Notices are never sent through a mailbox that is stopped.",
            "Mend this mailbox, or choose another one. Notices that wait go out by themselves afterwards.",
        ],
    ),
    row(
        "notice-no-address",
        Person,
        Administrator,
        0,
        Card::None,
        [
            "{name} への通知の宛先がわかりません。",
            "この利用者にはメールアドレスが登録されておらず、接続されたメールボックスもありません。",
            "利用者の画面でメールアドレスを登録してください。通知はそのあと自動で送られます。",
        ],
        [
            "There is no address to send the notice for {name} to.",
            "This user has no mail address here, and no connected mailbox.",
            "Enter an address for the user. The notice goes out by itself afterwards.",
        ],
    ),
    row(
        "notices-undelivered",
        Config,
        Administrator,
        0,
        Card::None,
        [
            "送れない通知が {n} 件あります。",
            "知らせるべきことが、メールでは誰にも届いていません。",
            "通知の一覧で理由を確認してください。内容は画面とこの診断でも確認できます。",
        ],
        [
            "There are {n} notices that could not be sent.",
            "People who should know something were not told by mail.",
            "See the list of notices for the reason. What they say also stands on the screens and in this report.",
        ],
    ),
    row(
        "grants-end-testing",
        Consent,
        Administrator,
        0,
        Card::Guide {
            google: "publish",
            microsoft: "",
        },
        [
            "認証情報「{name}」のアプリは「テスト中」です。",
            "「テスト中」の間、Google の許可は接続から 7 日で切れ、全員が毎週再接続することになります。",
            "Google Auth Platform の「対象」でアプリを公開してください。そのあと再接続した許可は、7 日では切れません。",
        ],
        [
            "The app of the credential {name} is in testing.",
            "While it is, Google ends every permission 7 days after connecting, and everybody has to reconnect each week.",
            "Publish the app (Google Auth Platform, Audience). Permissions that are given afterwards do not end after 7 days.",
        ],
    ),
];
