//! Microsoft's words: AADSTS numbers, their texts and the error body around them.

use axum::http::StatusCode;

use super::Answer;
use super::pages::{self, Look};
use crate::ProviderKind;
use crate::people::PERSONAL_TENANT_ID;
use crate::world::Books;

/// Scopes that exist here.
pub(crate) fn knows_scope(scope: &str) -> bool {
    matches!(scope, "openid" | "profile" | "email" | "offline_access")
        || [
            "https://outlook.office.com/",
            "https://outlook.office365.com/",
            "https://graph.microsoft.com/",
            "https://ps.outlook.com/",
        ]
        .iter()
        .any(|base| scope.starts_with(base))
}

/// `2023-05-06 06:03:00Z`
pub(crate) fn timestamp(now: i64) -> String {
    let t =
        time::OffsetDateTime::from_unix_timestamp(now).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// `2026-05-05T07:58:49.1784343Z`, as inside the texts.
pub(crate) fn long_timestamp(now: i64) -> String {
    timestamp(now).replace(' ', "T").replace('Z', ".1784343Z")
}

pub(crate) fn redirect_text(uri: &str, client_id: &str) -> String {
    format!(
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs \
         configured for the application '{client_id}'. Make sure the redirect URI sent in the \
         request matches one added to your application in the Azure portal. Navigate to \
         https://aka.ms/redirectUriMismatchError to learn more about how to troubleshoot this error."
    )
}

/// Tenant and client must exist and go together; the same rule on the page and at the token
/// endpoint.
pub(crate) fn wrong_tenant_or_app(
    books: &Books,
    tenant: &str,
    client_id: &str,
) -> Option<(u32, String)> {
    let many = matches!(tenant, "common" | "organizations" | "consumers");
    let id = books.tenant_id(tenant);
    if !many && id.is_none() {
        return Some((
            90002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            ),
        ));
    }
    let not_found = || {
        (
            700_016,
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    };
    let Some(app) = books.app(ProviderKind::Microsoft, client_id) else {
        return Some(not_found());
    };
    match (&app.tenant, id) {
        (None, _) => None,
        (Some(_), None) => Some((
            50194,
            format!(
                "Application '{client_id}'({}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.",
                app.name
            ),
        )),
        (Some(own), Some(id)) if books.tenant_id(own).as_deref() == Some(id.as_str()) => None,
        (Some(_), Some(_)) => Some(not_found()),
    }
}

/// Does the account belong to where it signs in? Else AADSTS50020.
pub(crate) fn wrong_account(
    books: &Books,
    tenant: &str,
    address: &str,
    person_tenant: &str,
    app_name: &str,
) -> Option<(u32, String)> {
    let personal = person_tenant == PERSONAL_TENANT_ID;
    let fits = match tenant {
        "common" => true,
        "organizations" => !personal,
        "consumers" => personal,
        part => books.tenant_id(part).as_deref() == Some(person_tenant),
    };
    (!fits).then(|| {
        (50020, format!("User account '{address}' from identity provider 'https://sts.windows.net/{person_tenant}/' does not exist in tenant '{tenant}' and cannot access the application '{app_name}' in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."))
    })
}

/// The text of an error: number, words, trace id, correlation id, time.
pub(crate) struct Said {
    pub(crate) number: u32,
    pub(crate) description: String,
    pub(crate) timestamp: String,
    pub(crate) trace: String,
    pub(crate) correlation: String,
}

pub(crate) fn say(books: &mut Books, now: i64, number: u32, text: &str) -> Said {
    let trace = books.dice.guid();
    let correlation = books.dice.guid();
    let timestamp = timestamp(now);
    Said {
        number,
        // Newer bodies have a space before each of the three (transcripts.md F).
        description: format!(
            "AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
        ),
        timestamp,
        trace,
        correlation,
    }
}

/// The page "trouble signing you in".
pub(crate) fn error_page(
    books: &mut Books,
    look: Look,
    now: i64,
    number: u32,
    text: &str,
) -> Answer {
    let said = say(books, now, number, text);
    let detail = format!(
        "AADSTS{number}: {text}\n\nRequest Id: {}\nCorrelation Id: {}\nTimestamp: {}",
        said.trace, said.correlation, said.timestamp
    );
    let title = look.say(
        "申し訳ありませんが、サインイン中に問題が発生しました。",
        "Sorry, but we’re having trouble signing you in.",
    );
    let html = pages::error(look, &format!("AADSTS{number}"), title, &detail);
    Answer::Page {
        status: StatusCode::BAD_REQUEST,
        html,
    }
}
