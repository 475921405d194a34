//! What a set-up meets before and while its cards are worked off: caps, delays, what cannot be seen.

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Consent, Throttle, Transient},
    Row,
    Who::{Administrator, Nobody, ProviderAdministrator},
};

/// The card of Google's guide where the audience is chosen and the app is published.
const PUBLISH: Card = Card::Guide {
    google: "publish",
    microsoft: "",
};

pub(super) const ROWS: &[Row] = &[
    row(
        "user-cap-reached",
        Config,
        Administrator,
        0,
        PUBLISH,
        [
            "Google のユーザー数の上限 (100 人) に達したため、新しい人は許可できません。",
            "審査を受けていない「外部」のアプリを許可できるのは、アプリの全期間を通して 100 ユーザーまでです。許可を取り消しても、人数は減りません。",
            "同じ Google Workspace の組織のアカウントだけなら、Google Auth Platform の「対象」を「内部」に変更してください。組織外のアカウントも接続する場合は、「検証センター」で Google の審査を受ける必要があります。接続済みのメールボックスはそのまま使えます。",
        ],
        [
            "Google's cap of 100 users is reached, so nobody new can allow this app.",
            "An External app that Google has not verified can be allowed by 100 users over its whole life. Removing a permission does not lower the count.",
            "If all accounts are of one Google Workspace organisation, make the audience Internal: Google Auth Platform > Audience. For other accounts the app must be verified by Google (Verification Center). Mailboxes that are connected go on working.",
        ],
    ),
    row(
        "user-cap-impossible",
        Config,
        Administrator,
        0,
        PUBLISH,
        [
            "この構成では、{n} 人全員を接続することはできません。",
            "審査を受けていない「外部」のアプリを許可できるのは、アプリの全期間を通して 100 ユーザーまでです。",
            "全員が同じ Google Workspace の組織のアカウントなら、「自分の組織だけ」を選び、対象を「内部」にしてください。組織外のアカウントがある場合は、始める前に Google の審査を受けるか、接続する人を 100 人までにしてください。",
        ],
        [
            "With these choices not all of the {n} people can be connected.",
            "An External app that Google has not verified can be allowed by 100 users over its whole life.",
            "If all accounts are of one Google Workspace organisation, choose your own organisation only, with the audience Internal. Otherwise have the app verified by Google before you begin, or connect no more than 100 people.",
        ],
    ),
    row(
        "user-cap-near",
        Config,
        Administrator,
        0,
        PUBLISH,
        [
            "このアプリを許可した人が {n} 人になりました (上限は 100 人です)。",
            "審査を受けていない「外部」のアプリには、アプリの全期間を通した上限があります。達すると、新しい人は接続できません。",
            "上限に達する前に、Google Auth Platform の「対象」を「内部」に変更するか、Google の審査を受けてください。",
        ],
        [
            "{n} people have allowed this app; the cap is 100.",
            "An External app that Google has not verified has this cap over its whole life. After that nobody new can connect.",
            "Before that, make the audience Internal (Google Auth Platform > Audience) or have the app verified by Google.",
        ],
    ),
    row(
        "new-user-rate",
        Throttle,
        Nobody,
        3600,
        Card::None,
        [
            "Google が、このアプリを新しく許可する人の数を一時的に制限しています。",
            "短い時間に多くの人が新しく許可しました。設定の問題ではありません。",
            "しばらく待ってから、もう一度接続してください (目安: {time})。1 日待っても続く場合は、管理者が Google Auth Platform の「対象」で上限を確認してください。",
        ],
        [
            "Google limits for now how many new people may allow this app.",
            "Many did so within a short time. Your settings are not the cause.",
            "Wait and connect again later ({time}). If it lasts a day, the administrator sees the limit in Google Auth Platform, under Audience.",
        ],
    ),
    row(
        "redirect-uri-may-be-fresh",
        Transient,
        Nobody,
        3600,
        Card::Guide {
            google: "wait",
            microsoft: "",
        },
        [
            "登録したリダイレクト URI が、まだ反映されていない可能性があります。",
            "Google では、登録や変更の反映に 5 分から数時間、長いときは 1 日かかることがあります。",
            "このままお待ちください (目安: {time})。それを過ぎても同じ場合は、「クライアント」>「承認済みのリダイレクト URI」の値を確認してください。",
        ],
        [
            "The redirect URI that was registered may not work yet.",
            "At Google a change takes from 5 minutes to some hours, at times a day.",
            "Wait ({time}). If it is still the same then, compare the value under Clients > Authorized redirect URIs.",
        ],
    ),
    row(
        "admin-consent-not-seen",
        Consent,
        ProviderAdministrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "admin-consent",
        },
        [
            "管理者の同意が与えられているかどうかは、外からは確認できません。",
            "同意の状態は、組織の管理者だけが見られます。最初の接続が成功すれば、同意されています。",
            "まだの場合は、次のリンクを組織の管理者が開いて承認してください: {link}",
        ],
        [
            "Whether an administrator has consented cannot be seen from outside.",
            "Only administrators of the organisation see it. A first connection that works proves it.",
            "If it was not done yet, an administrator of the organisation opens this link and approves: {link}",
        ],
    ),
    row(
        "authorize-page",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "client",
            microsoft: "app",
        },
        [
            "{provider} は、許可の画面に進まずエラーの画面を表示しました。",
            "認証情報の値、またはコンソールの設定が受け付けられていません。画面の文言は下の原文のとおりです。",
            "原文を確認し、クライアントID、リダイレクト URI、テナントをコンソールの値と比べてください。分からない場合は「{search}」で検索してください。",
        ],
        [
            "{provider} showed an error page in place of its consent page.",
            "A value of the credential or a setting in the console is not accepted. The page's words are below.",
            "Read them and compare client ID, redirect URI and tenant with the console. If they do not help, search for “{search}”.",
        ],
    ),
    row(
        "app-switched-off",
        Config,
        ProviderAdministrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "assignment",
        },
        [
            "OAuth アプリが {provider} の組織で無効にされています。",
            "管理者がアプリのサインインを止めたか、Microsoft が無効にしました。",
            "Microsoft Entra 管理センターの「エンタープライズ アプリケーション」> アプリ >「プロパティ」で「ユーザーのサインインが有効になっていますか」を「はい」にしてください。",
        ],
        [
            "The OAuth app is switched off in the organisation at {provider}.",
            "An administrator stopped sign-ins to it, or Microsoft did.",
            "In the Microsoft Entra admin center set Enabled for users to sign-in to Yes: Enterprise apps > the app > Properties.",
        ],
    ),
];
