//! What only Microsoft says (AADSTS numbers).

use super::row;
use crate::advice::{
    Card,
    Class::{Bug, Config, Person, Reauth},
    Row,
    Who::{Administrator, Member, ProviderAdministrator},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "app-not-found",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "このテナントにはアプリが見つかりません。",
            "テナント ID またはクライアントID (アプリケーション ID) が正しくないか、そのテナントでまだ同意されていません。",
            "Microsoft Entra 管理センターのアプリの「概要」で 2 つの値を確認し、認証情報を修正してください。",
        ],
        [
            "{provider} does not know this app in this tenant.",
            "The tenant ID or the client ID (application ID) is wrong, or nobody in that tenant has consented yet.",
            "Compare both values with the app's overview in the Microsoft Entra admin center and correct the credential.",
        ],
    ),
    row(
        "tenant-unknown",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "指定されたテナントが見つかりません。",
            "テナント ID またはドメイン名が誤っています。",
            "アプリの「概要」にある「ディレクトリ (テナント) ID」をコピーして、認証情報のテナントに設定してください。",
        ],
        [
            "{provider} does not know this tenant.",
            "The tenant ID or the domain is wrong.",
            "Copy the Directory (tenant) ID from the app's overview into the credential's tenant.",
        ],
    ),
    row(
        "single-tenant-app",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "このアプリは単一の組織専用です。",
            "アプリが「この組織のディレクトリ内のアカウントのみ」で登録されているため、テナントの指定が必要です。",
            "認証情報のテナントに「ディレクトリ (テナント) ID」を入力してください。",
        ],
        [
            "This app belongs to one organisation only.",
            "It was registered as single tenant, so the tenant must be named.",
            "Enter the Directory (tenant) ID in the credential.",
        ],
    ),
    row(
        "tenant-needed",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "この方法ではテナントの指定が必要です。",
            "common や consumers では、アプリとしてのトークンを取得できません。",
            "認証情報のテナントに「ディレクトリ (テナント) ID」を入力してください。",
        ],
        [
            "This needs a named tenant.",
            "With common or consumers no token for the app itself is given.",
            "Enter the Directory (tenant) ID in the credential.",
        ],
    ),
    row(
        "tenant-changed",
        Bug,
        Member,
        0,
        Card::Connect,
        [
            "手続きの途中でテナントが変わりました。",
            "許可を求めたときと異なるテナントでコードを交換しようとしました。認証情報が途中で変更された場合に起こります。",
            "もう一度接続してください。",
        ],
        [
            "The tenant changed in the middle of a consent.",
            "The code was given at another tenant, as happens when the credential is edited meanwhile.",
            "Connect again.",
        ],
    ),
    row(
        "account-type-not-allowed",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "app",
        },
        [
            "この種類のアカウントは、このアプリでは使えません。",
            "アプリの「サポートされているアカウントの種類」またはテナントの指定と合っていません。",
            "「アプリの登録」> アプリ >「認証」の「サポートされているアカウントの種類」を確認するか、認証情報のテナントを変更してください (職場または学校は organizations、個人も含む場合は common)。",
        ],
        [
            "This app cannot be used with this type of account.",
            "The supported account types of the app, or the tenant of the credential, do not include it.",
            "Check Supported account types under App registrations > the app > Authentication, or change the tenant (organizations for work or school, common to include personal accounts).",
        ],
    ),
    row(
        "account-not-in-tenant",
        Person,
        Member,
        0,
        Card::Connect,
        [
            "ログインしたアカウントは、この組織に属していません。",
            "認証情報は特定の組織のアカウントだけを受け付けます。",
            "組織のアカウントを選んで、もう一度接続してください。正しいアカウントの場合は、管理者がテナントを確認してください。",
        ],
        [
            "The account that signed in does not belong to this organisation.",
            "The credential accepts accounts of one organisation only.",
            "Choose an account of that organisation and connect again. If it was the right one, the administrator checks the tenant.",
        ],
    ),
    row(
        "client-secret-missing",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "シークレットキーが送られていません。",
            "このアプリはシークレットまたは証明書を必要とします。",
            "「証明書とシークレット」で作成したシークレットの「値」を、認証情報に登録してください。",
        ],
        [
            "No client secret was sent.",
            "This app needs a secret or a certificate.",
            "Enter the value of a client secret (Certificates & secrets) in the credential.",
        ],
    ),
    row(
        "client-is-public",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "platform",
        },
        [
            "アプリがパブリック クライアントとして登録されています。",
            "リダイレクト URI のプラットフォームが「Web」ではないため、シークレットを使えません。",
            "アプリの「認証」で、リダイレクト URI をプラットフォーム「Web」に登録し直してください。",
        ],
        [
            "The app is registered as a public client.",
            "Its redirect URI is not under the platform Web, so a secret must not be used.",
            "Register the redirect URI again under Authentication, platform Web.",
        ],
    ),
    row(
        "platform-not-web",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "platform",
        },
        [
            "リダイレクト URI が「シングルページ アプリケーション」として登録されています。",
            "この種類では、サーバからトークンを取得できないか、24 時間で切れます。",
            "アプリの「認証」でその URI を削除し、プラットフォーム「Web」に登録してから、接続し直してください。",
        ],
        [
            "The redirect URI is registered as a single-page application.",
            "With this platform a server gets no token, or one that ends after 24 hours.",
            "Remove it under Authentication, register it under the platform Web, and connect again.",
        ],
    ),
    row(
        "certificate-wrong",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "{provider} がアプリの証明書を受け付けませんでした。",
            "証明書が登録されたものと異なるか、期限切れか、サーバの時計がずれています。",
            "「証明書とシークレット」に登録した証明書とその期限、およびサーバの時計を確認してください。",
        ],
        [
            "{provider} does not accept the app's certificate.",
            "It is not the registered one, it has ended, or the server's clock is wrong.",
            "Check the certificate and its end under Certificates & secrets, and the server's clock.",
        ],
    ),
    row(
        "permission-missing",
        Config,
        Administrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "permissions",
        },
        [
            "アプリにメールの権限が登録されていないか、組織に Exchange Online がありません。",
            "要求した権限が、アプリの「APIのアクセス許可」に見つかりません。",
            "「APIのアクセス許可」で Microsoft Graph の委任されたアクセス許可 IMAP.AccessAsUser.All と SMTP.Send を追加してください。ある場合は Exchange Online のライセンスを確認してください。",
        ],
        [
            "The app has no permission for mail, or the organisation has no Exchange Online.",
            "What was asked for is not among the API permissions of the app.",
            "Add the delegated Microsoft Graph permissions IMAP.AccessAsUser.All and SMTP.Send. If they are there, check the Exchange Online licences.",
        ],
    ),
    row(
        "sign-in-again",
        Reauth,
        Member,
        0,
        Card::Connect,
        [
            "組織のセキュリティ ポリシーにより、再度のサインインが必要です。",
            "多要素認証の要求、またはサインインの頻度の設定によるものです。",
            "再接続してください。繰り返す場合は、管理者がこのアプリまたは当サーバのアドレスをポリシーから除外できます。",
        ],
        [
            "A security policy of your organisation asks you to sign in again.",
            "It wants a second factor, or limits how long a sign-in lasts.",
            "Reconnect. If it comes again and again, the administrator can exempt this app or our server's address.",
        ],
    ),
    row(
        "password-problem",
        Person,
        Member,
        0,
        Card::Connect,
        [
            "{provider} でのパスワードに問題があります。",
            "パスワードが期限切れか、変更が必要です。",
            "{provider} の画面にサインインしてパスワードを更新してから、再接続してください。",
        ],
        [
            "There is a problem with the password at {provider}.",
            "It has ended or must be changed.",
            "Sign in at {provider}, change the password, then reconnect.",
        ],
    ),
    row(
        "account-disabled",
        Config,
        ProviderAdministrator,
        0,
        Card::Account,
        [
            "{address} のアカウントが {provider} で無効になっています。",
            "組織の管理者が無効にしたか、削除しました。",
            "使い続ける場合は、組織の管理者が「ユーザー」の画面でアカウントを有効にしてください。有効になったら再接続します。",
        ],
        [
            "The account of {address} is disabled at {provider}.",
            "An administrator of the organisation disabled or deleted it.",
            "If it is still needed, the organisation's administrator enables it again under Users; then reconnect.",
        ],
    ),
    row(
        "account-locked",
        Person,
        Member,
        3600,
        Card::Account,
        [
            "{address} のアカウントが {provider} でロックされています。",
            "サインインの失敗が続いたか、不審な場所からのサインインと判断されました。",
            "15 分から 1 時間ほど待つと解除されます。続く場合は、{provider} のサインインの画面でパスワードを再設定するか、組織の管理者に解除を依頼してください。",
        ],
        [
            "The account of {address} is locked at {provider}.",
            "Too many sign-ins failed, or one came from a suspicious place.",
            "It opens again after 15 minutes to an hour. If it stays locked, reset the password on the sign-in page of {provider}, or ask the organisation's administrator.",
        ],
    ),
    row(
        "account-locked-abuse",
        Person,
        Member,
        0,
        Card::Account,
        [
            "{address} のアカウントが {provider} により一時的に制限されています。",
            "不正利用の疑いがあると判断されています (service abuse mode)。",
            "ブラウザで Microsoft アカウントにサインインし、表示される手順でロックを解除してから、再接続してください。",
        ],
        [
            "{provider} has restricted the account of {address}.",
            "It suspects abuse (service abuse mode).",
            "Sign in to the Microsoft account with a browser, unlock it there, then reconnect.",
        ],
    ),
    row(
        "blocked-by-policy",
        Config,
        ProviderAdministrator,
        0,
        Card::Guide {
            google: "",
            microsoft: "conditional-access",
        },
        [
            "組織のポリシーにより当サーバがブロックされています。",
            "条件付きアクセスまたはセキュリティの既定値によるものです。",
            "管理者が Microsoft Entra 管理センターの「サインイン ログ」で理由を確認し、「条件付きアクセス」>「ネームド ロケーション」に当サーバのアドレスを信頼できる場所として追加してください。",
        ],
        [
            "A policy of your organisation blocks our server.",
            "It is Conditional Access or the security defaults.",
            "The administrator sees the reason in the sign-in logs of the Microsoft Entra admin center and adds our server's address as a trusted location under Conditional Access > Named locations.",
        ],
    ),
    row(
        "tenant-restrictions",
        Config,
        ProviderAdministrator,
        0,
        Card::Credential,
        [
            "組織間のアクセス制限により拒否されました。",
            "テナントの制限またはテナント間アクセスの設定で、この組織への接続が許可されていません。",
            "双方の組織の管理者が、Microsoft Entra 管理センターの「外部 ID」>「テナント間アクセス設定」を確認してください。",
        ],
        [
            "Access between the organisations is restricted.",
            "Tenant restrictions or the cross-tenant access settings do not allow it.",
            "The administrators of both organisations check External Identities > Cross-tenant access settings in the Microsoft Entra admin center.",
        ],
    ),
    row(
        "wrong-cloud",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "このアカウントは、別の Microsoft クラウドに属しています。",
            "米国政府機関向けや中国 (21Vianet) などのクラウドは、接続先が異なります。",
            "設定ファイルの [providers.microsoft] に、そのクラウドの URL とメール サーバを設定し、アプリもそのクラウドに登録してください。",
        ],
        [
            "This account belongs to another Microsoft cloud.",
            "The clouds for US government and for China (21Vianet) have addresses of their own.",
            "Set that cloud's addresses and mail servers under [providers.microsoft], and register the app in that cloud.",
        ],
    ),
];
