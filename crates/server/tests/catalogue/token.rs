//! Facts 8.1 and 8.3: the token endpoint.

use sandbox::ProviderKind::{Google, Microsoft};

use crate::row::Again::{In, No};
use crate::row::Said::Token;
use crate::row::{ADMIN, Data, MEMBER, NOBODY, PROVIDER_ADMIN, Via, rows};
use crate::stage::Stage;
use crate::tally::Tally;

/// 8.1, where ID and secret are checked.
#[rustfmt::skip]
const EITHER_PROBED: &[Data] = &[
    (Token(500, r#"{"error":"server_error"}"#),
     "provider-server-error", NOBODY, In(2, 300), &["自動で再試行"], &["keep trying"]),
    (Token(503, r#"{"error":"temporarily_unavailable","error_description":"Try again later."}"#),
     "provider-server-error", NOBODY, In(2, 300), &["自動で再試行"], &["keep trying"]),
    (Token(502, "<html><title>502 Bad Gateway</title></html>"),
     "provider-server-error", NOBODY, In(2, 300), &["自動で再試行"], &["keep trying"]),
    (Token(429, r#"{"error":"rate_limit_exceeded","error_description":"Rate Limit Exceeded"}"#),
     "throttled", NOBODY, In(60, 60), &["自動で再開"], &["by ourselves"]),
    (Token(400, r#"{"error":"unauthorized_client","error_description":"The client is not authorized"}"#),
     "app-not-allowed", ADMIN, No, &["ウェブ アプリケーション", "「Web」"], &["Web application", "platform Web"]),
    (Token(400, r#"{"error":"unsupported_grant_type","error_description":"Invalid grant_type: x"}"#),
     "request-malformed", ADMIN, No, &["開発元"], &["report this"]),
    (Token(400, r#"{"error":"invalid_request","error_description":"Missing required parameter: code"}"#),
     "request-malformed", ADMIN, No, &["開発元"], &["report this"]),
    (Token(400, r#"{"error":"invalid_scope","error_description":"Some requested scopes were invalid."}"#),
     "scope-wrong", ADMIN, No, &["scopes"], &["scopes"]),
    (Token(200, "<!DOCTYPE html><title>Sign in to the network</title>"),
     "token-reply-unreadable", NOBODY, In(60, 300), &["プロキシ"], &["proxy"]),
    (Token(200, "{}"),
     "token-reply-unreadable", NOBODY, In(60, 300), &["プロキシ"], &["proxy"]),
];

/// 8.1, Microsoft's errors without a number.
#[rustfmt::skip]
const MICROSOFT_PROBED: &[Data] = &[
    (Token(401, r#"{"error":"invalid_client","error_description":"The client is refused."}"#),
     "client-refused", ADMIN, No, &["「値」"], &["value"]),
    (Token(400, r#"{"error":"interaction_required","error_description":"The user must sign in."}"#),
     "sign-in-again", MEMBER, No, &["再接続"], &["Reconnect"]),
    (Token(400, r#"{"error":"consent_required","error_description":"Consent is needed."}"#),
     "admin-consent-needed", PROVIDER_ADMIN, No, &["リンク"], &["link"]),
];

/// 8.3, where ID and secret are checked.
#[rustfmt::skip]
const GOOGLE_PROBED: &[Data] = &[
    (Token(401, r#"{"error":"invalid_client","error_description":"Unauthorized"}"#),
     "client-secret-wrong", ADMIN, No, &["「クライアント」", "「値」"], &["under Clients", "value"]),
    (Token(401, r#"{"error":"invalid_client","error_description":"The provided client secret is invalid."}"#),
     "client-secret-wrong", ADMIN, No, &["「クライアント」"], &["under Clients"]),
    (Token(401, r#"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#),
     "client-not-found", ADMIN, No, &["Google Auth Platform", "「クライアント」"], &["Google Auth Platform", "Clients"]),
    (Token(401, r#"{"error":"deleted_client","error_description":"The OAuth client was deleted."}"#),
     "app-disabled", ADMIN, No, &["「削除された認証情報」", "30 日"], &["Deleted credentials", "30 days"]),
    (Token(401, r#"{"error":"unauthorized_client","error_description":"Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}"#),
     "delegation-not-set", PROVIDER_ADMIN, No, &["「API の制御」", "「ドメイン全体の委任」"], &["API controls", "Domain-wide delegation"]),
];

/// 8.1 and 8.3, where the code of a consent is redeemed.
const GOOGLE_EXCHANGED: &[Data] = &[
    (
        Token(
            400,
            r#"{"error":"invalid_grant","error_description":"Bad Request"}"#,
        ),
        "code-unusable",
        MEMBER,
        No,
        &["もう一度"],
        &["Begin again"],
    ),
    (
        Token(
            400,
            r#"{"error":"invalid_grant","error_description":"Malformed auth code."}"#,
        ),
        "code-unusable",
        MEMBER,
        No,
        &["もう一度"],
        &["Begin again"],
    ),
    (
        Token(
            400,
            r#"{"error":"invalid_grant","error_description":"Code was already redeemed."}"#,
        ),
        "code-unusable",
        MEMBER,
        No,
        &["もう一度"],
        &["Begin again"],
    ),
    (
        Token(
            400,
            r#"{"error":"redirect_uri_mismatch","error_description":"Bad Request"}"#,
        ),
        "redirect-uri-changed",
        ADMIN,
        No,
        &["もう一度接続"],
        &["Connect again"],
    ),
    (
        Token(
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#,
        ),
        "clock-wrong",
        ADMIN,
        No,
        &["NTP"],
        &["NTP"],
    ),
    (
        Token(
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid email or User ID"}"#,
        ),
        "delegation-wrong-user",
        ADMIN,
        No,
        &["アドレス"],
        &["address"],
    ),
    (
        Token(
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid grant: account not found"}"#,
        ),
        "delegation-wrong-user",
        ADMIN,
        No,
        &["アドレス"],
        &["address"],
    ),
    (
        Token(
            400,
            r#"{"error":"invalid_request","error_description":"Invalid impersonation \"sub\" field."}"#,
        ),
        "delegation-wrong-user",
        ADMIN,
        No,
        &["アドレス"],
        &["address"],
    ),
    (
        Token(
            400,
            r#"{"error":"admin_policy_enforced","error_description":"Access to your account data is restricted by policies within your organization."}"#,
        ),
        "admin-policy-enforced",
        PROVIDER_ADMIN,
        No,
        &[
            "「セキュリティ」",
            "「API の制御」",
            "「アプリのアクセス制御」",
            "「信頼できる」",
        ],
        &["Security", "API controls", "App access control", "Trusted"],
    ),
    (
        Token(503, r#"{"error":"temporarily_unavailable"}"#),
        "provider-server-error",
        NOBODY,
        In(2, 300),
        &["自動で再試行"],
        &["keep trying"],
    ),
    (
        Token(429, r#"{"error":"rate_limit_exceeded"}"#),
        "throttled",
        NOBODY,
        In(60, 60),
        &["自動で再開"],
        &["by ourselves"],
    ),
];

/// 8.3, a week after the consent.
#[rustfmt::skip]
const GOOGLE_AFTER_A_WEEK: &[Data] = &[
    (Token(400, r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#),
     "grant-ended-testing", ADMIN, No, &["Google Auth Platform", "「対象」"], &["Google Auth Platform, Audience"]),
];

/// 8.1 and 8.3, at a refresh: the grant is over.
#[rustfmt::skip]
const GOOGLE_REFRESHED: &[Data] = &[
    (Token(400, r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#),
     "grant-ended", MEMBER, No, &["再接続"], &["Reconnect"]),
    (Token(400, r#"{"error":"invalid_grant","error_description":"Bad Request"}"#),
     "grant-ended", MEMBER, No, &["再接続"], &["Reconnect"]),
    (Token(400, r#"{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_uri":"https://support.google.com/a/answer/9368756","error_subtype":"invalid_rapt"}"#),
     "session-control", PROVIDER_ADMIN, No, &["「セキュリティ」", "「API の制御」", "「信頼できる」"], &["Security > API controls"]),
    (Token(400, r#"{"error":"invalid_grant","error_description":"The account has been deleted"}"#),
     "account-disabled", PROVIDER_ADMIN, No, &["「ユーザー」"], &["under Users"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_token_endpoint_of_either_provider_says_is_named() {
    let mut tally = Tally::of("8.1 Token endpoint, both providers");
    let mut google = Stage::of(Google).await;
    google
        .play(&mut tally, rows(Google, Via::Credential, EITHER_PROBED))
        .await;
    let mut microsoft = Stage::of(Microsoft).await;
    microsoft
        .play(&mut tally, rows(Microsoft, Via::Credential, EITHER_PROBED))
        .await;
    microsoft
        .play(
            &mut tally,
            rows(Microsoft, Via::Credential, MICROSOFT_PROBED),
        )
        .await;
    tally.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_googles_token_endpoint_says_is_named() {
    let mut tally = Tally::of("8.3 Google, token endpoint");
    let mut stage = Stage::of(Google).await;
    stage
        .play(&mut tally, rows(Google, Via::Credential, GOOGLE_PROBED))
        .await;
    stage
        .play(&mut tally, rows(Google, Via::Connect, GOOGLE_EXCHANGED))
        .await;
    stage
        .play_refreshes(&mut tally, 0, rows(Google, Via::Account, GOOGLE_REFRESHED))
        .await;
    stage
        .play_refreshes(
            &mut tally,
            7,
            rows(Google, Via::Account, GOOGLE_AFTER_A_WEEK),
        )
        .await;
    tally.close();
}
