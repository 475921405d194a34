//! What only Google says.

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Reauth},
    Row,
    Who::{Administrator, ProviderAdministrator},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "session-control",
        Reauth,
        ProviderAdministrator,
        0,
        Card::Connect,
        [
            "組織の設定により、{address} の再ログインが必要です。",
            "Google Workspace の管理者が、一定時間ごとの再認証 (セッションの制御) を設定しています。",
            "再接続してください。繰り返さないようにするには、Workspace の管理者がこのアプリを「信頼できる」にして再認証の対象から除外します。",
        ],
        [
            "Your organisation asks {address} to sign in again.",
            "The Google Workspace administrator set a time after which people must sign in again (session control).",
            "Reconnect. To avoid it in future, the Workspace administrator trusts this app and exempts it.",
        ],
    ),
    row(
        "delegation-not-set",
        Config,
        ProviderAdministrator,
        0,
        Card::Credential,
        [
            "ドメイン全体の委任が設定されていません。",
            "クライアントIDまたはスコープが、管理コンソールに登録されたものと異なります。",
            "Workspace の特権管理者が「API の制御」>「ドメイン全体の委任」で、クライアントIDとスコープを確認してください。",
        ],
        [
            "Domain-wide delegation is not set up.",
            "Client ID or scopes differ from what the admin console holds.",
            "A Workspace super administrator checks both under API controls > Domain-wide delegation.",
        ],
    ),
    row(
        "delegation-wrong-user",
        Config,
        Administrator,
        0,
        Card::Credential,
        [
            "指定されたユーザーが Google に見つかりません。",
            "メールアドレスが誤っているか、アカウントが削除されています。",
            "アドレスを確認し、正しいユーザーを指定してください。",
        ],
        [
            "Google does not know the user that was named.",
            "The address is wrong, or the account was deleted.",
            "Check the address and name the right user.",
        ],
    ),
];
