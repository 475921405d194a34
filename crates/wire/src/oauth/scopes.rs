//! Scopes: what was asked for and what was granted, which providers write differently.

use std::collections::BTreeSet;

const MAX_SCOPES: usize = 200;

/// The scopes of a reply. Google gives `email` and `profile` back under their long names; here they have the short ones.
pub fn granted_scopes(scope: &str) -> BTreeSet<String> {
    scope
        .split_whitespace()
        .take(MAX_SCOPES)
        .map(|one| short(one).to_owned())
        .collect()
}

fn short(scope: &str) -> &str {
    match scope {
        "https://www.googleapis.com/auth/userinfo.email" => "email",
        "https://www.googleapis.com/auth/userinfo.profile" => "profile",
        other => other,
    }
}

/// The scopes that were asked for and are not in `granted`, as they were asked for. Case and a last slash do not matter.
/// `offline_access` and `openid` are never echoed reliably; what they are for shows in the tokens, so they are not missed.
pub fn missing_scopes(asked: &[&str], granted: &str) -> Vec<String> {
    let have: BTreeSet<String> = granted_scopes(granted)
        .iter()
        .map(|scope| comparable(scope))
        .collect();
    asked
        .iter()
        .flat_map(|scope| scope.split_whitespace())
        .filter(|scope| !matches!(*scope, "offline_access" | "openid"))
        .filter(|scope| !have.contains(&comparable(short(scope))))
        .map(str::to_owned)
        .collect()
}

fn comparable(scope: &str) -> String {
    scope.trim_end_matches('/').to_ascii_lowercase()
}
