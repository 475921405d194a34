//! Refusals at the provider's authorization page, of either provider.

use super::row;
use crate::advice::{
    Card,
    Class::{Bug, Config, Consent, Person},
    Row,
    Who::{Administrator, Member, ProviderAdministrator},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "redirect-uri-mismatch",
        Config,
        Administrator,
        300,
        Card::Guide {
            google: "client",
            microsoft: "platform",
        },
        [
            "{provider} に登録されたリダイレクト URI が一致しません。",
            "大文字と小文字、http と https、末尾の「/」も含めて、完全に同じである必要があります。",
            "次の値をそのまま登録してください: {uri}。登録する場所は、Google では「クライアント」> クライアント名 >「承認済みのリダイレクト URI」、Microsoft では「認証」>「リダイレクト URI の構成」(Web) です。反映まで 5 分から数時間かかることがあります。",
        ],
        [
            "The redirect URI registered at {provider} differs from ours.",
            "It must be the same to the last character: case, http or https, and a slash at its end.",
            "Register exactly this one: {uri}. At Google: Clients > the client > Authorized redirect URIs; at Microsoft: Authentication > Redirect URI configuration (Web). A change can take from 5 minutes to some hours.",
        ],
    ),
    row(
        "redirect-uri-changed",
        Bug,
        Administrator,
        0,
        Card::Credential,
        [
            "手続きの途中でリダイレクト URI が変わりました。",
            "許可を求めたときと、コードを交換したときの値が異なります。",
            "もう一度接続してください。続く場合は、原文を添えて開発元に知らせてください。",
        ],
        [
            "The redirect URI changed in the middle of a consent.",
            "The one at the exchange of the code is not the one of the request.",
            "Connect again. If it happens again, report it with the words below.",
        ],
    ),
    row(
        "consent-cancelled",
        Person,
        Member,
        0,
        Card::Connect,
        [
            "許可がキャンセルされたか、{provider} に拒否されました。",
            "{provider} の画面で「キャンセル」を選んだ場合などに起こります。設定は変更されていません。",
            "接続するには、もう一度行って許可してください。",
        ],
        [
            "The consent was cancelled, or {provider} refused it.",
            "It happens when Cancel was chosen at {provider}. Nothing was changed.",
            "To connect, try again and allow it.",
        ],
    ),
    row(
        "client-not-found",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "{provider} にこのクライアントIDのアプリが見つかりません。",
            "クライアントIDが誤っているか、アプリが削除されています。",
            "Google Auth Platform の「クライアント」でクライアントIDを確認し、認証情報を修正してください。",
        ],
        [
            "{provider} knows no app with this client ID.",
            "The client ID is wrong, or the app was deleted.",
            "Compare the client ID with Google Auth Platform, under Clients, and correct the credential.",
        ],
    ),
    row(
        "app-disabled",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "client",
            microsoft: "",
        },
        [
            "OAuth アプリが {provider} 側で削除または無効化されています。",
            "手動で削除されたか、Google では 6 か月間使用されなかったため削除された可能性があります。",
            "Google の場合は 30 日以内なら「クライアント」>「削除された認証情報」から復元できます。できなければ新しいアプリを登録してください。",
        ],
        [
            "The OAuth app was deleted or disabled at {provider}.",
            "Somebody did it, or Google deleted it because it was not used for six months.",
            "At Google restore it within 30 days under Clients > Deleted credentials; otherwise register a new app.",
        ],
    ),
    row(
        "org-internal",
        Person,
        Member,
        0,
        Card::Connect,
        [
            "このアプリは {organisation} のアカウント専用です。",
            "アプリの対象が「内部」のため、ほかの組織や個人の Google アカウントでは許可できません。",
            "該当する組織のアカウントでログインしてください。ほかのアカウントも接続する場合は、管理者が Google Auth Platform の「対象」を「外部」に変更します。",
        ],
        [
            "This app is for accounts of {organisation} only.",
            "Its audience is Internal, so other Google accounts cannot allow it.",
            "Sign in with an account of that organisation. To connect others, the administrator makes the audience External (Google Auth Platform > Audience).",
        ],
    ),
    row(
        "access-blocked-testing",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "publish",
            microsoft: "",
        },
        [
            "Google が「アクセスをブロック」と表示し、許可できませんでした。",
            "アプリが「テスト中」で、このアカウントはテストユーザーに登録されていません。",
            "Google Auth Platform の「対象」で「アプリを公開」を選んでください。組織内だけで使う場合は「内部」にするか、テストユーザーに追加しても接続できます。",
        ],
        [
            "Google showed “Access blocked” and did not allow it.",
            "The app is in testing and this account is not one of its test users.",
            "In Google Auth Platform, under Audience, choose Publish app. For one organisation only, Internal works too, and so does adding a test user.",
        ],
    ),
    row(
        "unverified-app",
        Person,
        Member,
        0,
        Card::Connect,
        [
            "Google が「このアプリは Google で確認されていません」と表示しています。",
            "自社で登録したアプリのため、Google の審査を受けていません。誤りではありません。",
            "アプリ名が自社のものであれば、「詳細」を開き、「（アプリ名）（安全ではないページ）に移動」を選んで続けてください。許可できるのは全期間で 100 ユーザーまでです。",
        ],
        [
            "Google shows “Google hasn't verified this app”.",
            "The app is your own organisation's and was not reviewed by Google. This is no error.",
            "If the app's name is yours, open Advanced and go on. At most 100 users can do so over the app's life.",
        ],
    ),
    row(
        "admin-policy-enforced",
        Consent,
        ProviderAdministrator,
        0,
        Card::Guide {
            google: "trust",
            microsoft: "",
        },
        [
            "Google Workspace でこのアプリが許可されていません。",
            "組織の管理者が、Gmail に接続できるアプリを制限しています。",
            "Workspace の管理者が、管理コンソールの「セキュリティ」>「アクセスとデータ管理」>「API の制御」>「アプリのアクセス制御」で、このクライアントIDを「信頼できる」に設定してください。",
        ],
        [
            "Your Google Workspace does not trust this app yet.",
            "The administrator of the organisation limits which apps may use Gmail.",
            "The Workspace administrator sets this client ID to Trusted: Security > Access and data control > API controls > App access control.",
        ],
    ),
    row(
        "disallowed-useragent",
        Person,
        Member,
        0,
        Card::Connect,
        [
            "このブラウザでは Google の許可画面を開けません。",
            "アプリに組み込まれた画面からの許可を、Google は認めていません。",
            "Chrome、Edge、Safari、Firefox などの通常のブラウザで開いて、もう一度接続してください。",
        ],
        [
            "Google's consent page does not open in this browser.",
            "Google refuses pages that are embedded in another app.",
            "Open this server in an ordinary browser (Chrome, Edge, Safari, Firefox) and connect again.",
        ],
    ),
    row(
        "admin-consent-needed",
        Consent,
        ProviderAdministrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "admin-consent",
        },
        [
            "組織の管理者による承認が一度必要です。",
            "{provider} では、メールを扱うアプリを一般のユーザーが許可できない設定が標準です。",
            "次のリンクを組織の管理者に送り、承認してもらってから接続してください: {link}",
        ],
        [
            "An administrator of your organisation must approve this app once.",
            "At {provider} ordinary users may by default not allow an app to use their mail.",
            "Send this link to that administrator, and connect after the approval: {link}",
        ],
    ),
    row(
        "user-not-assigned",
        Consent,
        ProviderAdministrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "assignment",
        },
        [
            "このアプリに {person} が割り当てられていません。",
            "アプリで「割り当てが必要ですか」が「はい」になっています。",
            "管理者が「エンタープライズ アプリケーション」> アプリ >「ユーザーとグループ」で割り当てるか、「プロパティ」の「割り当てが必要ですか」を「いいえ」にしてください。",
        ],
        [
            "This app is not assigned to {person}.",
            "Assignment required is on for the app.",
            "An administrator assigns it under Enterprise apps > the app > Users and groups, or sets Assignment required to No under Properties.",
        ],
    ),
    row(
        "browser-session-trouble",
        Person,
        Member,
        0,
        Card::Connect,
        [
            "{provider} でのログインが完了しませんでした。",
            "ブラウザに残っているログインの状態に問題があります。",
            "{provider} から一度ログアウトするか、別のブラウザ ウィンドウで、もう一度接続してください。",
        ],
        [
            "The sign-in at {provider} was not finished.",
            "Something is wrong with the session in this browser.",
            "Sign out of {provider} or use another browser window, then connect again.",
        ],
    ),
];
