//! Access as the application itself, without a person (Microsoft; facts providers.md 5.11).
//!
//! Exchange says the same words as to a person; which row they mean here is told by
//! [`crate::advice::app_only`].

use super::row;
use crate::advice::{
    Card,
    Class::Config,
    Row,
    Who::{Administrator, ProviderAdministrator},
};

const fn guide(microsoft: &'static str) -> Card {
    Card::Guide {
        google: "",
        microsoft,
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "app-role-missing",
        Config,
        ProviderAdministrator,
        3600,
        guide("app-permissions"),
        [
            "アプリにメールの「アプリケーションの許可」がありません。",
            "IMAP.AccessAsApp または SMTP.SendAsApp が追加されていないか、管理者の同意が与えられていません。",
            "アプリの「APIのアクセス許可」>「アクセス許可の追加」>「所属する組織で使用している API」>「Office 365 Exchange Online」>「アプリケーションの許可」で 2 つを追加し、「管理者の同意を与えます」を選んでください。",
        ],
        [
            "The app has no application permission for mail.",
            "IMAP.AccessAsApp or SMTP.SendAsApp was not added, or admin consent was not granted.",
            "Add both: API permissions > Add a permission > APIs my organization uses > Office 365 Exchange Online > Application permissions. Then choose Grant admin consent.",
        ],
    ),
    row(
        "app-service-principal-wrong",
        Config,
        ProviderAdministrator,
        3600,
        guide("service-principal"),
        [
            "Exchange Online がアプリのログインを拒否しました。",
            "Exchange Online にサービス プリンシパルが登録されていないか、別のオブジェクト ID で登録されています。「アプリの登録」の画面のオブジェクト ID は使えません。",
            "Microsoft Entra 管理センターの「エンタープライズ アプリケーション」> アプリ >「概要」のオブジェクト ID をコピーし、Exchange Online PowerShell の New-ServicePrincipal -AppId (クライアントID) -ObjectId (オブジェクト ID) で登録してください。誤ったものは先に Remove-ServicePrincipal で削除します。",
        ],
        [
            "Exchange Online refused the login of the app.",
            "Its service principal is not registered in Exchange Online, or with another object ID. The one on the App registrations page does not work.",
            "Copy the object ID from Enterprise apps > the app > Overview in the Microsoft Entra admin center and run New-ServicePrincipal -AppId (client ID) -ObjectId (object ID) in Exchange Online PowerShell. Remove a wrong one first with Remove-ServicePrincipal.",
        ],
    ),
    row(
        "app-no-mailbox-permission",
        Config,
        ProviderAdministrator,
        3600,
        guide("mailbox-permissions"),
        [
            "アプリには {address} のメールボックスを開く権限がありません。",
            "アプリのサービス プリンシパルに、このメールボックスの「フル アクセス」が与えられていないか、メールボックスの IMAP が無効です。",
            "Exchange Online PowerShell で Add-MailboxPermission -Identity {address} -User (サービス プリンシパルの ID) -AccessRights FullAccess を実行してください。送信するには Add-RecipientPermission で SendAs も与えます。反映まで 1～2 時間かかることがあります。",
        ],
        [
            "The app has no right to open the mailbox {address}.",
            "Its service principal was not given Full Access on this mailbox, or IMAP is off for it.",
            "Run Add-MailboxPermission -Identity {address} -User (ID of the service principal) -AccessRights FullAccess in Exchange Online PowerShell. To send, also give SendAs with Add-RecipientPermission. It can take 1–2 hours.",
        ],
    ),
    row(
        "address-not-allowed",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "{address} は、この認証情報で接続できるアドレスに含まれていません。",
            "アプリとしてのアクセスは、許可したアドレスのメールボックスだけに使われます。",
            "接続する場合は、認証情報の「許可するアドレス」に {address} を追加してください。",
        ],
        [
            "{address} is not among the addresses of this credential.",
            "Access as the app is used only for mailboxes that were named.",
            "To connect it, add {address} to the allowed addresses of the credential.",
        ],
    ),
];
