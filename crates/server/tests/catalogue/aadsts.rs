//! Facts 8.4: every AADSTS number, said in the members of a real body (transcripts F).

use sandbox::ProviderKind::Microsoft;

use crate::row::Again::{self, In, No};
use crate::row::Said::{Back, Token};
use crate::row::{ADMIN, MEMBER, NOBODY, PROVIDER_ADMIN, Row, Via};
use crate::stage::Stage;
use crate::tally::Tally;

/// Numbers that mean one thing, and where they are said.
struct Group {
    at: At,
    /// `error`, or with a stroke `error/suberror`.
    error: &'static str,
    numbers: &'static [(u32, &'static str)],
    cause: &'static str,
    who: &'static str,
    again: Again,
    ja: &'static [&'static str],
    en: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// The check of ID and secret.
    Probe,
    /// The way back from the authorization page.
    Back,
    /// The code of a consent.
    Exchange,
    /// A refresh that ends the grant.
    Refresh,
}

/// The words of a number that no log shows.
const PLAIN: &str = "The request was refused.";

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    Group { at: At::Probe, error: "invalid_request", numbers: &[(50011, "The redirect URI 'https://mail.example.jp/common/cmn270.do' specified in the request does not match the redirect URIs configured for the application '11112222-bbbb-3333-cccc-4444dddd5555'."), (900_971, "No reply address provided.")],
      cause: "redirect-uri-mismatch", who: ADMIN, again: In(300, 86_400), ja: &["「認証」", "「リダイレクト URI の構成」"], en: &["Authentication > Redirect URI configuration"] },
    Group { at: At::Probe, error: "unauthorized_client", numbers: &[(700_016, "Application with identifier '11112222-bbbb-3333-cccc-4444dddd5555' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."), (700_011, PLAIN), (70001, "Application with identifier '11112222-bbbb-3333-cccc-4444dddd5555' was not found in the directory.")],
      cause: "app-not-found", who: ADMIN, again: No, ja: &["Microsoft Entra 管理センター", "「概要」"], en: &["overview", "Microsoft Entra admin center"] },
    Group { at: At::Probe, error: "unauthorized_client", numbers: &[(7_000_112, "Application '11112222-bbbb-3333-cccc-4444dddd5555'(Example) is disabled.")],
      cause: "app-switched-off", who: PROVIDER_ADMIN, again: No, ja: &["「エンタープライズ アプリケーション」", "「プロパティ」"], en: &["Enterprise apps > the app > Properties"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(90002, "Tenant 'contosso.example' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."), (50059, "No tenant-identifying information found in either the request or implied by any provided credentials."), (50128, PLAIN), (90019, PLAIN)],
      cause: "tenant-unknown", who: ADMIN, again: No, ja: &["「概要」", "「ディレクトリ (テナント) ID」"], en: &["Directory (tenant) ID", "overview"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(50194, "Application '11112222-bbbb-3333-cccc-4444dddd5555'(Example) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.")],
      cause: "single-tenant-app", who: ADMIN, again: No, ja: &["「ディレクトリ (テナント) ID」"], en: &["Directory (tenant) ID"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(9_002_332, "Application is configured for use by Azure Active Directory users only. Please do not use the /consumers endpoint to serve this request."), (90130, PLAIN), (90124, PLAIN)],
      cause: "account-type-not-allowed", who: ADMIN, again: No, ja: &["「サポートされているアカウントの種類」"], en: &["Supported account types"] },
    Group { at: At::Back, error: "access_denied", numbers: &[(500_208, PLAIN), (50020, "User account 'bob@elsewhere.example' from identity provider 'live.com' does not exist in tenant 'Contoso' and cannot access the application."), (16000, PLAIN), (50034, PLAIN), (51004, PLAIN), (90072, PLAIN)],
      cause: "account-not-in-tenant", who: MEMBER, again: No, ja: &["組織のアカウント"], en: &["account of that organisation"] },
    Group { at: At::Probe, error: "invalid_client", numbers: &[(7_000_215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '11112222-bbbb-3333-cccc-4444dddd5555'."), (70002, PLAIN)],
      cause: "client-secret-wrong", who: ADMIN, again: No, ja: &["「証明書とシークレット」", "「値」"], en: &["Certificates & secrets", "value, not its ID"] },
    Group { at: At::Probe, error: "invalid_client", numbers: &[(7_000_222, "The provided client secret keys for app '11112222-bbbb-3333-cccc-4444dddd5555' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.")],
      cause: "client-secret-expired", who: ADMIN, again: No, ja: &["「証明書とシークレット」", "「値」"], en: &["Certificates & secrets"] },
    Group { at: At::Probe, error: "invalid_client", numbers: &[(7_000_218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")],
      cause: "client-secret-missing", who: ADMIN, again: No, ja: &["「証明書とシークレット」"], en: &["Certificates & secrets"] },
    Group { at: At::Probe, error: "invalid_client", numbers: &[(700_025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")],
      cause: "client-is-public", who: ADMIN, again: No, ja: &["「認証」", "「Web」"], en: &["Authentication", "platform Web"] },
    Group { at: At::Probe, error: "invalid_client", numbers: &[(700_027, "Client assertion contains an invalid signature."), (700_030, PLAIN), (50012, PLAIN), (500_133, "Assertion is not within its valid time range.")],
      cause: "certificate-wrong", who: ADMIN, again: No, ja: &["「証明書とシークレット」", "時計"], en: &["Certificates & secrets", "clock"] },
    Group { at: At::Probe, error: "invalid_scope", numbers: &[(70011, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid."), (28002, PLAIN), (28003, PLAIN), (700_022, PLAIN), (700_023, PLAIN)],
      cause: "scope-wrong", who: ADMIN, again: No, ja: &["scopes"], en: &["scopes"] },
    Group { at: At::Probe, error: "invalid_resource", numbers: &[(500_011, "The resource principal named https://outlook.office.com was not found in the tenant named Contoso."), (650_052, "The app needs access to a service that your organization has not subscribed to or enabled."), (650_057, "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration."), (65005, PLAIN), (650_056, "Misconfigured application.")],
      cause: "permission-missing", who: ADMIN, again: No, ja: &["「APIのアクセス許可」", "IMAP.AccessAsUser.All", "ライセンス"], en: &["IMAP.AccessAsUser.All", "licences"] },
    Group { at: At::Back, error: "access_denied", numbers: &[(65001, "The user or administrator has not consented to use the application with ID '11112222-bbbb-3333-cccc-4444dddd5555' named 'Example'."), (90094, "Admin consent is required for the permissions requested by this application."), (90095, "Admin consent is required for the permissions requested by this application. An admin consent request may be sent to the admin."), (90008, PLAIN)],
      cause: "admin-consent-needed", who: PROVIDER_ADMIN, again: No, ja: &["/adminconsent?"], en: &["/adminconsent?"] },
    Group { at: At::Back, error: "consent_required", numbers: &[(65004, "User declined to consent to access the app.")],
      cause: "consent-cancelled", who: MEMBER, again: No, ja: &["もう一度"], en: &["try again"] },
    Group { at: At::Back, error: "access_denied", numbers: &[(50105, "Your administrator has configured the application Example ('11112222-bbbb-3333-cccc-4444dddd5555') to block users unless they are specifically granted ('assigned') access to the application.")],
      cause: "user-not-assigned", who: PROVIDER_ADMIN, again: No, ja: &["「エンタープライズ アプリケーション」", "「ユーザーとグループ」", "「割り当てが必要ですか」"], en: &["Enterprise apps > the app > Users and groups", "Assignment required"] },
    Group { at: At::Exchange, error: "invalid_grant", numbers: &[(54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."), (70008, "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."), (50089, PLAIN)],
      cause: "code-unusable", who: MEMBER, again: No, ja: &["もう一度"], en: &["Begin again"] },
    Group { at: At::Exchange, error: "invalid_grant", numbers: &[(501_481, "The Code_Verifier does not match the code_challenge supplied in the authorization request."), (50147, PLAIN), (501_491, PLAIN)],
      cause: "pkce-mismatch", who: MEMBER, again: No, ja: &["もう一度"], en: &["Connect again"] },
    Group { at: At::Exchange, error: "invalid_grant", numbers: &[(700_005, "Provided Authorization Code is intended to use against other tenant, thus rejected.")],
      cause: "tenant-changed", who: MEMBER, again: No, ja: &["もう一度接続"], en: &["Connect again"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(9_002_313, "Invalid request. Request is malformed or invalid."), (900_144, "The request body must contain the following parameter: 'scope'."), (90014, PLAIN), (90013, PLAIN), (90015, PLAIN)],
      cause: "request-malformed", who: ADMIN, again: No, ja: &["開発元"], en: &["report this"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(9_002_326, "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type."), (9_002_327, "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."), (90023, "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.")],
      cause: "platform-not-web", who: ADMIN, again: No, ja: &["「認証」", "「Web」"], en: &["Authentication", "platform Web"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(90038, PLAIN), (900_382, "Confidential Client is not supported in Cross Cloud request."), (900_432, PLAIN), (90051, PLAIN), (1_000_104, PLAIN)],
      cause: "wrong-cloud", who: ADMIN, again: No, ja: &["[providers.microsoft]"], en: &["[providers.microsoft]"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(9_001_023, "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.")],
      cause: "tenant-needed", who: ADMIN, again: No, ja: &["「ディレクトリ (テナント) ID」"], en: &["Directory (tenant) ID"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(50196, "The server terminated an operation because it encountered a client request loop. Please contact your app vendor.")],
      cause: "loop-detected", who: ADMIN, again: In(300, 3600), ja: &["10 分後"], en: &["ten minutes"] },
    Group { at: At::Probe, error: "temporarily_unavailable", numbers: &[(90055, "The tenant has been throttled. Please try again later.")],
      cause: "throttled", who: NOBODY, again: In(60, 60), ja: &["自動で再開"], en: &["by ourselves"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(90055, "The tenant has been throttled. Please try again later.")],
      cause: "throttled", who: NOBODY, again: In(60, 60), ja: &["自動で再開"], en: &["by ourselves"] },
    Group { at: At::Probe, error: "invalid_request", numbers: &[(50033, PLAIN), (50087, PLAIN), (50088, PLAIN), (90006, PLAIN), (90012, PLAIN), (90024, PLAIN), (90033, "A transient error has occurred. Please try again."), (90090, PLAIN), (70012, PLAIN), (80005, PLAIN), (40010, PLAIN)],
      cause: "provider-server-error", who: NOBODY, again: In(2, 300), ja: &["自動で再試行"], en: &["keep trying"] },
    Group { at: At::Back, error: "interaction_required", numbers: &[(50058, "Session information is not sufficient for single-sign-on."), (50061, PLAIN), (16001, PLAIN)],
      cause: "browser-session-trouble", who: MEMBER, again: No, ja: &["ログアウト"], en: &["Sign out"] },
    Group { at: At::Back, error: "access_denied", numbers: &[(53000, PLAIN), (53001, PLAIN), (53002, PLAIN), (53003, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."), (530_032, "Blocked by security policy."), (530_035, PLAIN), (50005, PLAIN), (50097, PLAIN), (50131, PLAIN)],
      cause: "blocked-by-policy", who: PROVIDER_ADMIN, again: No, ja: &["「サインイン ログ」", "「条件付きアクセス」", "「ネームド ロケーション」"], en: &["sign-in logs", "Conditional Access > Named locations"] },
    Group { at: At::Back, error: "access_denied", numbers: &[(500_021, "Access to 'Contoso' tenant is denied."), (500_022, PLAIN), (500_212, PLAIN), (500_213, PLAIN)],
      cause: "tenant-restrictions", who: PROVIDER_ADMIN, again: No, ja: &["「テナント間アクセス設定」"], en: &["Cross-tenant access settings"] },
    Group { at: At::Back, error: "access_denied", numbers: &[(50055, "The password is expired."), (50144, PLAIN), (50126, PLAIN), (50056, PLAIN)],
      cause: "password-problem", who: MEMBER, again: No, ja: &["パスワードを更新"], en: &["change the password"] },
    Group { at: At::Refresh, error: "invalid_grant/bad_token", numbers: &[(700_084, "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended.")],
      cause: "platform-not-web", who: ADMIN, again: No, ja: &["「認証」", "「Web」"], en: &["Authentication", "platform Web"] },
    Group { at: At::Refresh, error: "invalid_grant/consent_required", numbers: &[(65001, "The user or administrator has not consented to use the application with ID '11112222-bbbb-3333-cccc-4444dddd5555' named 'Example'. Send an interactive authorization request for this user and resource.")],
      cause: "admin-consent-needed", who: PROVIDER_ADMIN, again: No, ja: &["リンク"], en: &["link"] },
    Group { at: At::Refresh, error: "invalid_grant/bad_token", numbers: &[(70000, "The user could not be authenticated as the grant is expired. The user must sign in again.")],
      cause: "grant-ended", who: MEMBER, again: No, ja: &["再接続"], en: &["Reconnect"] },
    Group { at: At::Refresh, error: "invalid_grant", numbers: &[(70000, "User account is found to be in service abuse mode.")],
      cause: "account-locked-abuse", who: MEMBER, again: No, ja: &["ロックを解除"], en: &["unlock"] },
    Group { at: At::Refresh, error: "invalid_grant/bad_token", numbers: &[(700_082, "The refresh token has expired due to inactivity. The token was issued on 2026-05-20T16:18:37.2732417Z and was inactive for 90.00:00:00."), (70008, "The refresh token has expired due to inactivity.")],
      cause: "grant-unused", who: MEMBER, again: No, ja: &["再接続"], en: &["Reconnect"] },
    Group { at: At::Refresh, error: "invalid_grant/bad_token", numbers: &[(50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '2026-05-05T07:58:49.1784343Z' and the TokensValidFrom date (before which tokens are not valid) for this user is '2026-05-06T19:22:03.0000000Z'."), (50132, PLAIN), (50133, "The session is not valid due to password expiration or recent password change.")],
      cause: "grant-revoked", who: MEMBER, again: No, ja: &["再接続"], en: &["Reconnect"] },
    Group { at: At::Refresh, error: "invalid_grant/basic_action", numbers: &[(70043, "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access."), (50072, PLAIN), (50074, "Strong Authentication is required."), (50076, "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000002-0000-0ff1-ce00-000000000000'."), (50078, "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication."), (50079, PLAIN), (50158, "External security challenge not satisfied."), (53004, PLAIN)],
      cause: "sign-in-again", who: MEMBER, again: No, ja: &["再接続", "除外"], en: &["Reconnect", "exempt"] },
    Group { at: At::Refresh, error: "invalid_grant/bad_token", numbers: &[(50057, "The user account is disabled. The account has been disabled by an administrator.")],
      cause: "account-disabled", who: PROVIDER_ADMIN, again: No, ja: &["「ユーザー」"], en: &["under Users"] },
    Group { at: At::Refresh, error: "invalid_grant", numbers: &[(50053, "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.")],
      cause: "account-locked", who: MEMBER, again: In(900, 3600), ja: &["15 分から 1 時間"], en: &["15 minutes to an hour"] },
    Group { at: At::Refresh, error: "invalid_grant/message_only", numbers: &[(53003, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.")],
      cause: "blocked-by-policy", who: PROVIDER_ADMIN, again: No, ja: &["「ネームド ロケーション」"], en: &["Named locations"] },
];

const TRAIL: &str = " Trace ID: 00000000-0000-0000-0000-000000000001 Correlation ID: 00000000-0000-0000-0000-000000000002 Timestamp: 2026-11-28 06:03:00Z";

/// Rows live as long as the test.
fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn body(error: &str, number: u32, words: &str) -> String {
    let (error, suberror) = error.split_once('/').unwrap_or((error, ""));
    let mut body = serde_json::json!({
        "error": error, "error_description": format!("AADSTS{number}: {words}{TRAIL}"), "error_codes": [number],
        "timestamp": "2026-11-28 06:03:00Z", "trace_id": "00000000-0000-0000-0000-000000000001",
        "correlation_id": "00000000-0000-0000-0000-000000000002",
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
    });
    if !suberror.is_empty() {
        body["suberror"] = suberror.into();
    }
    body.to_string()
}

fn rows_at(at: At) -> impl Iterator<Item = Row> {
    let groups = GROUPS.iter().filter(move |group| group.at == at);
    groups.flat_map(|group| {
        group
            .numbers
            .iter()
            .map(|(number, words)| row_of(group, *number, words))
    })
}

fn row_of(group: &Group, number: u32, words: &str) -> Row {
    let status = if group.error == "invalid_client" {
        401
    } else {
        400
    };
    let said = match group.at {
        At::Back => Back(group.error, kept(format!("AADSTS{number}: {words}{TRAIL}"))),
        _ => Token(status, kept(body(group.error, number, words))),
    };
    Row {
        provider: Microsoft,
        via: match group.at {
            At::Probe => Via::Credential,
            At::Back | At::Exchange => Via::Connect,
            At::Refresh => Via::Account,
        },
        said,
        cause: group.cause,
        who: group.who,
        again: group.again,
        ja: group.ja,
        en: group.en,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aadsts_numbers_of_app_and_request_are_named() {
    let mut tally = Tally::of("8.4 Microsoft, AADSTS: app and request");
    let mut stage = Stage::of(Microsoft).await;
    stage.play(&mut tally, rows_at(At::Probe)).await;
    tally.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn aadsts_numbers_of_a_consent_are_named() {
    let mut tally = Tally::of("8.4 Microsoft, AADSTS: consent");
    let mut stage = Stage::of(Microsoft).await;
    stage.play(&mut tally, rows_at(At::Back)).await;
    stage.play(&mut tally, rows_at(At::Exchange)).await;
    tally.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn aadsts_numbers_of_a_refresh_are_named() {
    let mut tally = Tally::of("8.4 Microsoft, AADSTS: refresh");
    let mut stage = Stage::of(Microsoft).await;
    stage
        .play_refreshes(&mut tally, 0, rows_at(At::Refresh))
        .await;
    tally.close();
}

#[test]
fn every_number_of_the_facts_is_said_once_at_least() {
    const FACTS: &[u32] = &[
        50011, 900_971, 700_016, 700_011, 70001, 7_000_112, 90002, 50059, 50128, 90019, 50194,
        9_002_332, 90130, 90124, 500_208, 50020, 16000, 50034, 51004, 90072, 7_000_215, 70002,
        7_000_222, 7_000_218, 700_025, 700_027, 700_030, 50012, 500_133, 70011, 28002, 28003,
        700_022, 700_023, 500_011, 650_052, 650_057, 65005, 650_056, 65001, 65004, 90094, 90095,
        90008, 50105, 54005, 70008, 50089, 501_481, 50147, 501_491, 700_005, 9_002_313, 900_144,
        90014, 90013, 90015, 9_002_326, 9_002_327, 70000, 700_082, 700_084, 50173, 50132, 50133,
        70043, 50055, 50144, 50126, 50056, 50057, 50053, 50072, 50074, 50076, 50078, 50079, 50158,
        53004, 53000, 53001, 53002, 53003, 530_032, 530_035, 50005, 50097, 50131, 500_021, 500_022,
        500_212, 500_213, 90038, 900_382, 900_432, 90051, 1_000_104, 9_001_023, 50196, 90055,
        50033, 50087, 50088, 90006, 90012, 90024, 90033, 90090, 70012, 80005, 40010, 50058, 50061,
        16001,
    ];
    for number in FACTS {
        let said = GROUPS
            .iter()
            .flat_map(|group| group.numbers)
            .any(|(one, _)| one == number);
        assert!(said, "{number}");
        assert!(provider::advice::aadsts(*number).is_some(), "{number}");
    }
}
