//! Facts 8.2: what comes back from the authorization page, and what was left unticked there.
//!
//! What a provider shows on its own page never comes back; it is found from what people type.

use sandbox::ProviderKind::{Google, Microsoft};

use crate::row::Again::{Any, In, No};
use crate::row::Said::{Back, Page, Ticked};
use crate::row::{ADMIN, Data, MEMBER, NOBODY, PROVIDER_ADMIN, Via, rows};
use crate::stage::Stage;
use crate::tally::Tally;

#[rustfmt::skip]
const GOOGLE: &[Data] = &[
    (Back("access_denied", ""),
     "consent-cancelled", MEMBER, No, &["もう一度"], &["try again"]),
    (Back("redirect_uri_mismatch", ""),
     "redirect-uri-mismatch", ADMIN, In(300, 86_400), &["「クライアント」", "「承認済みのリダイレクト URI」", "/common/cmn270.do"], &["Clients", "Authorized redirect URIs", "/common/cmn270.do"]),
    (Back("invalid_client", "The OAuth client was not found."),
     "client-not-found", ADMIN, No, &["「クライアント」"], &["Clients"]),
    (Back("deleted_client", "The OAuth client was deleted."),
     "app-disabled", ADMIN, No, &["「削除された認証情報」"], &["Deleted credentials"]),
    (Back("org_internal", ""),
     "org-internal", MEMBER, No, &["「対象」", "「外部」"], &["Audience", "External"]),
    (Back("admin_policy_enforced", ""),
     "admin-policy-enforced", PROVIDER_ADMIN, No, &["「アクセスとデータ管理」", "「アプリのアクセス制御」"], &["Access and data control", "App access control"]),
    (Back("disallowed_useragent", ""),
     "disallowed-useragent", MEMBER, No, &["通常のブラウザ"], &["ordinary browser"]),
    (Back("invalid_request", "Required parameter is missing: response_type"),
     "request-malformed", ADMIN, No, &["開発元"], &["report this"]),
    (Back("invalid_scope", "Some requested scopes were invalid. {invalid=[https://mail.google.com]}"),
     "scope-wrong", ADMIN, No, &["scopes"], &["scopes"]),
    (Back("unauthorized_client", ""),
     "app-not-allowed", ADMIN, No, &["ウェブ アプリケーション"], &["Web application"]),
    (Back("server_error", ""),
     "provider-server-error", NOBODY, In(2, 300), &["自動で再試行"], &["keep trying"]),
    (Back("rate_limit_exceeded", ""),
     "new-user-rate", NOBODY, In(3600, 86_400), &["「対象」"], &["Audience"]),
    (Ticked(&["openid", "email"]),
     "scope-missing-mail", MEMBER, No, &["チェック"], &["tick all boxes"]),
];

#[rustfmt::skip]
const MICROSOFT: &[Data] = &[
    (Back("access_denied", "the user canceled the authentication"),
     "consent-cancelled", MEMBER, No, &["もう一度"], &["try again"]),
    (Back("consent_required", "AADSTS65004: User declined to consent to access the app."),
     "consent-cancelled", MEMBER, No, &["もう一度"], &["try again"]),
    (Back("consent_required", ""),
     "admin-consent-needed", PROVIDER_ADMIN, No, &["/adminconsent?"], &["/adminconsent?"]),
    (Back("login_required", ""),
     "browser-session-trouble", MEMBER, No, &["ログアウト"], &["Sign out"]),
    (Back("temporarily_unavailable", "The server is temporarily too busy to handle the request."),
     "provider-server-error", NOBODY, Any, &["自動で再試行"], &["keep trying"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_from_the_authorization_page_is_named() {
    let mut tally = Tally::of("8.2 Authorization page, what comes back");
    let mut google = Stage::of(Google).await;
    google
        .play(&mut tally, rows(Google, Via::Connect, GOOGLE))
        .await;
    let mut microsoft = Stage::of(Microsoft).await;
    microsoft
        .play(&mut tally, rows(Microsoft, Via::Connect, MICROSOFT))
        .await;
    tally.close();
}

/// As people read it off the page; the long words are what the page shows.
#[rustfmt::skip]
const GOOGLES_PAGES: &[Data] = &[
    (Page("Error 400: redirect_uri_mismatch"),
     "redirect-uri-mismatch", ADMIN, In(300, 86_400), &["「承認済みのリダイレクト URI」"], &["Authorized redirect URIs"]),
    (Page("エラー 400: redirect_uri_mismatch"),
     "redirect-uri-mismatch", ADMIN, In(300, 86_400), &["「承認済みのリダイレクト URI」"], &["Authorized redirect URIs"]),
    (Page("Error 401: invalid_client The OAuth client was not found."),
     "client-not-found", ADMIN, No, &["「クライアント」"], &["Clients"]),
    (Page("Error 401: deleted_client The OAuth client was deleted."),
     "app-disabled", ADMIN, No, &["「削除された認証情報」"], &["Deleted credentials"]),
    (Page("Error 403: org_internal Tegata is restricted to users within its organization."),
     "org-internal", MEMBER, No, &["「外部」"], &["External"]),
    (Page("Access blocked: Tegata has not completed the Google verification process. Error 403: access_denied"),
     "access-blocked-testing", ADMIN, No, &["「対象」", "「アプリを公開」"], &["Audience", "Publish app"]),
    (Page("アクセスをブロック: Tegata は Google の審査プロセスを完了していません"),
     "access-blocked-testing", ADMIN, No, &["「アプリを公開」"], &["Publish app"]),
    (Page("Google hasn't verified this app"),
     "unverified-app", MEMBER, No, &["「詳細」"], &["Advanced"]),
    (Page("このアプリは Google で確認されていません"),
     "unverified-app", MEMBER, No, &["「詳細」"], &["Advanced"]),
    (Page("Error 401: disabled_client Sign in with Google temporarily disabled for this app. This app has not been verified yet by Google in order to use Google Sign In."),
     "user-cap-reached", ADMIN, No, &["「対象」", "「内部」"], &["Internal", "Audience"]),
    (Page("Error 401: disabled_client The OAuth client was disabled."),
     "app-disabled", ADMIN, No, &["「クライアント」"], &["Clients"]),
    (Page("Error 403: rate_limit_exceeded"),
     "new-user-rate", NOBODY, In(3600, 86_400), &["「対象」"], &["Audience"]),
    (Page("Error 400: admin_policy_enforced"),
     "admin-policy-enforced", PROVIDER_ADMIN, No, &["「アプリのアクセス制御」"], &["App access control"]),
    (Page("Error 403: disallowed_useragent"),
     "disallowed-useragent", MEMBER, No, &["通常のブラウザ"], &["ordinary browser"]),
    (Page("Error 400: invalid_request"),
     "request-malformed", ADMIN, No, &["開発元"], &["report this"]),
    (Page("Error 400: invalid_scope"),
     "scope-wrong", ADMIN, No, &["scopes"], &["scopes"]),
    (Page("Something new went wrong"),
     "unknown-answer", ADMIN, No, &["「Gmail Something new went wrong」"], &["“Gmail Something new went wrong”"]),
];

#[rustfmt::skip]
const MICROSOFTS_PAGES: &[Data] = &[
    (Page("Need admin approval / AADSTS90094"),
     "admin-consent-needed", PROVIDER_ADMIN, No, &["リンク"], &["link"]),
    (Page("AADSTS50011: The redirect URI 'https://mail.example.jp/x' specified in the request does not match"),
     "redirect-uri-mismatch", ADMIN, In(300, 86_400), &["「リダイレクト URI の構成」"], &["Redirect URI configuration"]),
    (Page("AADSTS7999999: Something new."),
     "unknown-answer", ADMIN, No, &["「AADSTS7999999」"], &["“AADSTS7999999”"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_providers_own_pages_show_is_named_from_what_people_type() {
    let mut tally = Tally::of("8.2 The providers' own pages, as typed");
    for (provider, pages) in [(Google, GOOGLES_PAGES), (Microsoft, MICROSOFTS_PAGES)] {
        let stage = Stage::of(provider).await;
        for row in rows(provider, Via::Page, pages) {
            let Page(words) = row.said else {
                continue;
            };
            tally.count(&row, &stage.page(words).await);
        }
    }
    tally.close();
}
