//! The sentences of [`super`], Japanese and English side by side.

use super::{Field, Finding};

/// A sentence before it is known which field it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    id: &'static str,
    ja: &'static str,
    en: &'static str,
}

impl Message {
    pub(super) fn at(self, field: Field) -> Finding {
        Finding {
            field,
            id: self.id,
            ja: self.ja,
            en: self.en,
        }
    }
}

macro_rules! messages {
    ($($name:ident $id:literal $ja:literal $en:literal)*) => {
        $(pub(super) const $name: Message = Message { id: $id, ja: $ja, en: $en };)*
        /// All of them, for the tests.
        #[cfg(test)]
        pub(super) const ALL: &[Message] = &[$($name),*];
    };
}

messages! {
    TOO_LONG "too-long"
        "1,000 文字以内で入力してください。"
        "Use at most 1,000 characters."
    CONTROL_CHARACTER "control-character"
        "使用できない制御文字が含まれています。入力し直してください。"
        "It holds control characters that cannot be stored. Type it again."
    BLANK_INSIDE "blank-inside"
        "途中に空白または改行が含まれています。コンソールのコピー ボタンで値だけをコピーし直してください。"
        "There is a blank or a line break inside. Copy the value again with the copy button of the console."
    NOT_ASCII "not-ascii"
        "全角文字などが含まれています。半角英数字の値をコンソールからコピーしてください。"
        "It holds characters that such a value never has (full-width letters, for example). Copy the value from the console."
    BLANKS_TRIMMED "blanks-trimmed"
        "前後の空白を取り除きました。"
        "Blanks around the value were removed."
    CLIENT_ID_EMPTY "client-id-empty"
        "クライアントIDを入力してください。"
        "Enter the client ID."
    SECRET_EMPTY "client-secret-empty"
        "シークレットキーを入力してください。"
        "Enter the client secret."
    JSON_IN_FIELD "json-in-field"
        "JSON ファイルの内容が貼り付けられています。この欄には値だけを入力するか、ファイルをそのまま画面にドロップしてください。"
        "This is the content of a JSON file. Enter only the value here, or drop the file itself on the page."
    API_KEY "api-key"
        "これは API キーです。Google Auth Platform の「クライアント」で、OAuth クライアントの ID とシークレットをコピーしてください。"
        "This is an API key. Copy ID and secret of the OAuth client, in Google Auth Platform under Clients."
    SECRET_IN_ID_FIELD "secret-in-id-field"
        "これはクライアント シークレットです。クライアントIDは「.apps.googleusercontent.com」で終わる値です。"
        "This is the client secret. The client ID ends in .apps.googleusercontent.com."
    ID_IN_SECRET_FIELD "id-in-secret-field"
        "これはクライアントIDです。この欄にはシークレットを入力してください。"
        "This is the client ID. The secret belongs here."
    SERVICE_ACCOUNT "service-account"
        "これはサービス アカウントの情報です。「クライアントを作成」で種類「ウェブ アプリケーション」を選び、その ID とシークレットを使用してください。"
        "This belongs to a service account. Use Create client with the type Web application, and take its ID and secret."
    DESKTOP_CLIENT "desktop-client"
        "これは「デスクトップ アプリ」のクライアントです。種類「ウェブ アプリケーション」でクライアントを作成し直してください。"
        "This is a client of the type Desktop app. Create a client of the type Web application."
    JSON_UNREADABLE "json-unreadable"
        "Google のクライアント ファイルとして読み取れません。クライアントの作成画面でダウンロードした JSON ファイルを選んでください。"
        "This cannot be read as Google's client file. Choose the JSON file that the console offers when the client is created."
    JSON_WITHOUT_SECRET "json-without-secret"
        "このファイルにはシークレットがありません。Google は作成時に一度だけシークレットを表示します。新しいシークレットを追加してコピーしてください。"
        "This file holds no secret. Google shows the secret only once, when it is made. Add a new secret and copy it."
    PROJECT_NUMBER "project-number"
        "これはプロジェクト番号です。クライアントIDは「.apps.googleusercontent.com」で終わる値です。"
        "This is the project number. The client ID ends in .apps.googleusercontent.com."
    ADDRESS_AS_CLIENT_ID "address-as-client-id"
        "これはメールアドレスです。コンソールに表示されるクライアントIDを入力してください。"
        "This is a mail address. Enter the client ID that the console shows."
    MICROSOFT_ID_AT_GOOGLE "microsoft-id-at-google"
        "これは Microsoft のアプリケーション ID の形式です。プロバイダの選択を確認してください。"
        "This looks like an application ID of Microsoft. Check which provider is chosen."
    GOOGLE_ID_AT_MICROSOFT "google-id-at-microsoft"
        "これは Google のクライアントIDです。プロバイダの選択を確認してください。"
        "This is a client ID of Google. Check which provider is chosen."
    GOOGLE_ID_UNUSUAL "google-id-unusual"
        "Google のクライアントIDは通常「数字-英数字.apps.googleusercontent.com」の形式です。値を確認してください。"
        "A client ID of Google usually looks like number-letters.apps.googleusercontent.com. Check the value."
    MICROSOFT_ID_UNUSUAL "microsoft-id-unusual"
        "Microsoft の「アプリケーション (クライアント) ID」は通常 8-4-4-4-12 桁の形式です。値を確認してください。"
        "Microsoft's Application (client) ID usually has the form 8-4-4-4-12. Check the value."
    SECRET_ID_NOT_VALUE "secret-id-not-value"
        "これは「シークレット ID」です。「証明書とシークレット」の画面で、その左にある「値」をコピーしてください。「値」が隠れている場合は、新しいクライアント シークレットを追加してください。"
        "This is the Secret ID. Copy the Value that stands beside it under Certificates & secrets. If the value is hidden by now, add a new client secret."
    SECRET_MASKED "secret-masked"
        "伏せ字のシークレットです。コンソールは作成後に末尾 4 文字しか表示しません。控えがなければ、新しいシークレットを追加してください。"
        "This is the masked secret. After its making the console shows only the last four characters. If it was not kept, add a new one."
    TOKEN_AS_SECRET "token-as-secret"
        "これはトークンであり、クライアント シークレットではありません。コンソールのクライアントの画面からシークレットをコピーしてください。"
        "This is a token, not the client secret. Copy the secret from the client's page in the console."
    KEY_AS_SECRET "key-as-secret"
        "これは鍵または証明書です。この欄にはクライアント シークレットの値を入力してください。"
        "This is a key or a certificate. The value of the client secret belongs here."
    GOOGLE_SECRET_AT_MICROSOFT "google-secret-at-microsoft"
        "これは Google のシークレットです。プロバイダの選択を確認してください。"
        "This is a secret of Google. Check which provider is chosen."
    GOOGLE_SECRET_UNUSUAL "google-secret-unusual"
        "Google のシークレットは通常「GOCSPX-」で始まる 35 文字です。最後までコピーされているか確認してください。"
        "A secret of Google usually begins with GOCSPX- and has 35 characters. Check that it was copied to its end."
    MICROSOFT_SECRET_UNUSUAL "microsoft-secret-unusual"
        "Microsoft の現在のシークレット (値) は通常 40 文字前後で「Q~」を含みます。「値」を最後までコピーしたか確認してください。"
        "A current secret (Value) of Microsoft has about 40 characters with Q~ near its start. Check that the Value was copied to its end."
    TENANT_NOT_USED "tenant-not-used"
        "Google にはテナントがないため、この値は使用しません。"
        "Google has no tenants; this value is not used."
    TENANT_ADDRESS "tenant-address"
        "メールアドレスではなく、テナント ID または「@」より後ろのドメイン名を入力してください。"
        "Enter the tenant ID or the domain after the @, not a mail address."
    TENANT_URL "tenant-url"
        "URL ではなく、「ディレクトリ (テナント) ID」の値だけを入力してください。"
        "Enter only the Directory (tenant) ID, not an address."
    TENANT_FORM "tenant-form"
        "テナントには common、organizations、consumers、「ディレクトリ (テナント) ID」、または確認済みドメインを入力できます。"
        "The tenant is common, organizations, consumers, the Directory (tenant) ID, or a verified domain."
    TENANT_IS_CLIENT_ID "tenant-is-client-id"
        "テナントにクライアントIDと同じ値が入力されています。「概要」の「ディレクトリ (テナント) ID」をコピーしてください。"
        "The tenant is the same as the client ID. Copy the Directory (tenant) ID from the overview."
}
