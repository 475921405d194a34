//! Keeps grants fresh ahead of their end, ends them by a person's order, and forgets what others changed.

use std::sync::Arc;
use std::time::Duration;

use store::{Announcement, GrantId, Millis, credentials, grants};

use super::{refresh, step};
use crate::{Error, Providers};

/// Refreshes of the keeper that run at once.
const AT_ONCE: usize = 16;

/// Keeps all grants fresh: refreshes each ahead of its end, until the program ends.
pub async fn keep_fresh(providers: Providers) {
    let store = providers.store().clone();
    let mut heard = store.listen();
    let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    loop {
        if let Err(error) = end_given_up(&providers).await {
            tracing::warn!(%error, "grants that were given up wait");
        }
        let due = store
            .read(|tx| Box::pin(async move { grants::due(tx, 64).await }))
            .await;
        match due {
            Ok(due) if !due.is_empty() => {
                let mut flights = tokio::task::JoinSet::new();
                for id in due {
                    let Ok(turn) = turns.clone().acquire_owned().await else {
                        return;
                    };
                    let providers = providers.clone();
                    flights.spawn(async move {
                        let _turn = turn;
                        if let Err(error) = refresh(&providers, id, planned_life(&providers, id).await).await {
                            tracing::error!(grant.id = %id, %error, "a grant could not be kept fresh");
                        }
                    });
                }
                while flights.join_next().await.is_some() {}
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot see which grants are due; trying again"),
        }
        let next = store
            .read(|tx| Box::pin(async move { grants::next_due(tx).await }))
            .await
            .ok()
            .flatten();
        let wait = next.map_or(30_000, |next| (next - store.now()).clamp(250, 30_000));
        let _ = tokio::time::timeout(Duration::from_millis(wait.unsigned_abs()), async {
            while !matches!(
                heard.recv().await,
                Ok(Announcement::Grant(_) | Announcement::Anything)
            ) {}
        })
        .await;
    }
}

/// A planned refresh wants more life than the old token has: one millisecond more.
async fn planned_life(providers: &Providers, id: GrantId) -> Millis {
    let now = providers.store().now();
    let grant = providers
        .store()
        .read(move |tx| Box::pin(async move { grants::find(tx, id).await }))
        .await
        .ok()
        .flatten();
    grant
        .and_then(|grant| grant.access_ends_at)
        .map_or(step::LEAST_LIFE, |ends| {
            (ends - now + 1).max(step::LEAST_LIFE)
        })
}

/// Forgets tokens in memory when another process changed the grant, until the program ends.
pub async fn forget_changed(providers: Providers) {
    let mut heard = providers.store().listen();
    loop {
        match heard.recv().await {
            Ok(Announcement::Grant(id)) => providers.memory().forget(Some(id)),
            Ok(Announcement::Anything)
            | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                providers.memory().forget(None)
            }
            Ok(_) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Ends the grants that people gave up: revoked at the provider where that hurts no other grant of the same
/// person, then forgotten. What the order was is in the store, so a restart in between loses nothing.
pub async fn end_given_up(providers: &Providers) -> Result<(), Error> {
    let given_up = providers
        .store()
        .read(|tx| Box::pin(async move { grants::given_up(tx).await }))
        .await?;
    for id in given_up {
        end_grant(providers, id).await?;
    }
    Ok(())
}

async fn end_grant(providers: &Providers, id: GrantId) -> Result<(), Error> {
    let found = providers
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let Some(grant) = grants::find(tx, id).await? else {
                    return Ok(None);
                };
                let Some(credential) = credentials::find(tx, grant.credential_id).await? else {
                    return Ok(None);
                };
                let others =
                    grants::others_of_subject(tx, &grant, &credential.fields.client_id).await?;
                let token = grants::refresh_token(tx, id).await?;
                Ok(Some((credential, others, token)))
            })
        })
        .await?;
    let Some((credential, others, token)) = found else {
        return Ok(());
    };
    if let (Ok(profile), 0, Some(token)) = (
        providers.profile(&credential.fields.provider),
        others,
        token,
    ) && let Some(url) = &profile.revocation_url
        && let Err(failure) = providers.http().revoke(profile, url, &token).await
    {
        tracing::warn!(grant.id = %id, ?failure, "the grant could not be revoked at the provider; it is forgotten here");
    }
    providers.memory().forget(Some(id));
    providers
        .store()
        .write(move |tx| Box::pin(async move { grants::remove_given_up(tx, id).await }))
        .await?;
    Ok(())
}
