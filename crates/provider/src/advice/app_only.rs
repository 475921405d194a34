//! What Exchange's words mean where the app itself logs in (facts providers.md 5.11).

/// The row for a login without a person. `has_role`: whether the access token's `roles` hold the
/// one for this server (`IMAP.AccessAsApp`, `SMTP.SendAsApp`), where the token was looked at.
///
/// None: the words mean the same as for a person.
pub fn app_only(cause_id: &str, has_role: Option<bool>) -> Option<&'static str> {
    Some(match (cause_id, has_role) {
        ("exchange-auth-failed" | "exchange-smtp-auth-failed", Some(false)) => "app-role-missing",
        ("exchange-auth-failed" | "exchange-smtp-auth-failed", _) => "app-service-principal-wrong",
        ("exchange-not-connected" | "imap-authorization-failed", _) => "app-no-mailbox-permission",
        ("permission-missing" | "admin-consent-needed", _) => "app-role-missing",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::find;

    #[test]
    fn the_same_words_mean_something_else_where_the_app_itself_logs_in() {
        for (said, has_role, meant) in [
            ("exchange-auth-failed", None, "app-service-principal-wrong"),
            (
                "exchange-auth-failed",
                Some(true),
                "app-service-principal-wrong",
            ),
            ("exchange-auth-failed", Some(false), "app-role-missing"),
            (
                "exchange-not-connected",
                Some(true),
                "app-no-mailbox-permission",
            ),
        ] {
            assert_eq!(app_only(said, has_role), Some(meant), "{said}");
            assert!(find(meant).is_some(), "{meant}");
        }
        assert_eq!(app_only("exchange-throttled", None), None);
    }
}
