//! Who calls: what the outer layer has found out, checked for the right to mail.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use store::accounts::{self, Rights};
use store::api_tokens::Scope;
use store::{AccountId, Store, UserId};

use crate::error::Problem;

/// A caller who may use mail.
pub struct Who(pub access::Caller);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Who, Problem> {
        let Some(caller) = parts.extensions.get::<access::Caller>() else {
            return Err(Problem::plain(
                StatusCode::UNAUTHORIZED,
                "/problems/not-signed-in",
                "Sign in, or show an API token.",
            ));
        };
        if !caller.may(Scope::Mail) {
            return Err(Problem::plain(
                StatusCode::FORBIDDEN,
                "/problems/wrong-scope",
                "This API token does not open mail.",
            ));
        }
        Ok(Who(caller.clone()))
    }
}

/// The account that a text names, where this person may read it.
pub async fn account(
    store: &Store,
    user: UserId,
    id: &str,
) -> store::Result<Option<(AccountId, Rights)>> {
    let Ok(id) = id.parse::<AccountId>() else {
        return Ok(None);
    };
    let rights = store
        .read(move |tx| Box::pin(async move { accounts::rights(tx, id, user).await }))
        .await?;
    Ok(rights
        .filter(|rights| rights.read)
        .map(|rights| (id, rights)))
}
