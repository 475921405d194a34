//! What the answers to the guide's questions lead to: said before the work, never a failure.

use super::row;
use crate::advice::{
    Card,
    Class::Consent,
    Row,
    Who::{Administrator, Member, ProviderAdministrator},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "guide-unverified-screen",
        Consent,
        Member,
        0,
        Card::None,
        [
            "接続する人には、「このアプリは Google で確認されていません」という画面が表示されます。",
            "「外部」のアプリが Google の審査を受けていないためです。使えなくなるわけではありません。",
            "接続する人は「詳細」を開き、アプリ名の付いた「(安全ではないページ) に移動」を選びます。自分の組織だけで使う場合は、対象を「内部」にすると表示されません。",
        ],
        [
            "Everybody who connects will see the page “Google hasn't verified this app”.",
            "The app is External and Google has not verified it. It works all the same.",
            "People open “Advanced” and follow “Go to … (unsafe)”. For your own organisation only, the audience Internal spares the page.",
        ],
    ),
    row(
        "guide-multi-tenant",
        Consent,
        ProviderAdministrator,
        0,
        Card::None,
        [
            "マルチテナントのアプリになります。ほかの組織の人が接続するには、その組織の管理者の同意が必要です。",
            "発行者が確認されていない新しいマルチテナントのアプリには、2020 年 11 月以降、利用者自身は同意できません。",
            "ほかの組織の管理者には、このガイドの「管理者の同意」のリンクを渡してください。自分の組織だけで使う場合は、シングル テナントをお勧めします。",
        ],
        [
            "The app becomes multi-tenant. People of another organisation can connect once an administrator there has consented.",
            "Since November 2020 users cannot consent by themselves to a new multi-tenant app of an unverified publisher.",
            "Give the administrators of the other organisations the admin consent link of this guide. For your own organisation only, single tenant is advised.",
        ],
    ),
    row(
        "guide-member-consent",
        Consent,
        ProviderAdministrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "admin-consent",
        },
        [
            "多くの組織では、利用者が自分で IMAP の権限に同意することはできません。",
            "Microsoft の既定の設定では、2025 年 11 月末から、登録したアプリの IMAP.AccessAsUser.All には管理者の同意が必要です。",
            "「管理者の同意」のカードで一度だけ同意してください。その後は、利用者がそれぞれ接続できます。",
        ],
        [
            "In most organisations people cannot consent to IMAP for themselves.",
            "By Microsoft's default, since the end of November 2025 an administrator must consent to IMAP.AccessAsUser.All for an app of one's own.",
            "Consent once on the card “Admin consent”. After that each person can connect.",
        ],
    ),
    row(
        "guide-app-only-own",
        Consent,
        Administrator,
        0,
        Card::None,
        [
            "アプリケーションのアクセス許可で使えるのは、アプリを登録した組織のメールボックスだけです。",
            "ほかの組織のメールボックスには、その組織でのサービス プリンシパルと権限の設定が必要です。",
            "組織外の人には、別の認証情報 (委任されたアクセス許可) を登録して、それぞれ接続してもらってください。",
        ],
        [
            "App-only access opens mailboxes of the organisation that registered the app, and no others.",
            "Another organisation would need a service principal and permissions of its own.",
            "For people outside, register a second credential with delegated access, and let each of them connect.",
        ],
    ),
];
