//! Google's words on its pages.

use axum::http::StatusCode;

use super::Answer;
use super::pages::{self, Look};

/// Scopes that exist. `https://mail.google.com` without the final slash does not.
pub(crate) fn knows_scope(scope: &str) -> bool {
    scope == "openid"
        || scope == "https://mail.google.com/"
        || scope.starts_with("https://www.googleapis.com/auth/")
}

/// Google's error page: "Access blocked", code and reason.
pub(crate) fn error_page(look: Look, status: StatusCode, code: &str, detail: &str) -> Answer {
    let title = match code {
        "access_denied" | "org_internal" => {
            look.say("アクセスをブロック", "Access blocked").to_owned()
        }
        "invalid_client" | "deleted_client" => look
            .say(
                "アクセスをブロック: 認証エラーです",
                "Access blocked: Authorization Error",
            )
            .to_owned(),
        _ => look
            .say(
                "アクセスをブロック: このアプリのリクエストは無効です",
                "Access blocked: This app's request is invalid",
            )
            .to_owned(),
    };
    let word = look.say("エラー", "Error");
    let detail = format!("{detail}\n\n{word} {}: {code}", status.as_u16());
    Answer::Page {
        status,
        html: pages::error(look, code, &title, &detail),
    }
}
