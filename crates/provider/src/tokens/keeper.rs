//! Keeps grants fresh ahead of their end, ends them by a person's order, and forgets what others changed.
//!
//!     keep_fresh -> a lane for each credential with something due -> refresh, refresh, ... -> nothing due: the lane ends
//!
//! What always holds: the lanes know nothing of each other, so that a dead or slow provider delays only its own.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use store::{Announcement, CredentialId, GrantId, Millis, World, credentials, grants};
use tokio::task::{JoinHandle, JoinSet};

use super::{refresh, step};
use crate::{Error, Providers};

/// Refreshes of a lane under way at once. Fewer than pass the gate: who needs a token now is not kept waiting.
const AT_ONCE: usize = 12;
/// Due grants that are looked up in one go.
const BATCH: i64 = 96;
/// At least so often the keeper looks at the clock.
const LONGEST_PAUSE: Millis = 20_000;
/// After a wake-up so long passes before the next one: thousands of refreshes announce themselves.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
/// A clock that is set back by less is believed to be kept right by the network.
const SET_BACK: Millis = 5_000;

/// Keeps all grants fresh: refreshes each ahead of its end, until the program ends.
pub async fn keep_fresh(providers: Providers) {
    let store = providers.store().clone();
    let mut heard = store.listen();
    let mut lanes: HashMap<CredentialId, JoinHandle<()>> = HashMap::new();
    let mut clock = ClockWatch::default();
    loop {
        if clock.was_set_back(store.world()) || from_the_future(&providers).await {
            distrust(&providers).await;
        }
        if let Err(error) = end_given_up(&providers).await {
            tracing::warn!(%error, "grants that were given up wait");
        }
        lanes.retain(|_, lane| !lane.is_finished());
        let due = store
            .read(|tx| Box::pin(async move { grants::next_due(tx).await }))
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "cannot see which grants are due; trying again");
                Vec::new()
            });
        let now = store.now();
        let mut next = now + LONGEST_PAUSE;
        for (credential, time) in due {
            if time > now {
                next = next.min(time);
            } else {
                let providers = providers.clone();
                lanes
                    .entry(credential)
                    .or_insert_with(|| tokio::spawn(lane(providers, credential)));
            }
        }
        tokio::time::sleep(SHORTEST_PAUSE).await;
        let wait = Duration::from_millis((next - store.now()).max(0).unsigned_abs());
        let _ = tokio::time::timeout(wait, async {
            while !matches!(
                heard.recv().await,
                Ok(Announcement::Grant(_) | Announcement::Anything)
                    | Err(tokio::sync::broadcast::error::RecvError::Lagged(_))
            ) {}
        })
        .await;
    }
}

/// Refreshes what is due of one credential until nothing is.
async fn lane(providers: Providers, credential: CredentialId) {
    let mut flights = JoinSet::new();
    let mut waiting: VecDeque<grants::Due> = VecDeque::new();
    // Each grant once: one that is still due afterwards waits for the next lane.
    let mut begun: HashSet<GrantId> = HashSet::new();
    loop {
        if waiting.is_empty() {
            waiting.extend(look(&providers, credential).await);
            waiting.retain(|due| !begun.contains(&due.id));
        }
        while flights.len() < AT_ONCE
            && let Some(due) = waiting.pop_front()
        {
            begun.insert(due.id);
            let providers = providers.clone();
            flights.spawn(async move {
                // A planned refresh wants more life than the old token has: one millisecond more.
                let left = due
                    .access_ends_at
                    .map_or(0, |ends| ends - providers.store().now() + 1);
                let asked = refresh(&providers, due.id, left.max(step::LEAST_LIFE)).await;
                if let Err(error) = asked {
                    tracing::error!(grant.id = %due.id, %error, "a grant could not be kept fresh");
                }
            });
        }
        if flights.join_next().await.is_none() {
            return;
        }
    }
}

async fn look(providers: &Providers, credential: CredentialId) -> Vec<grants::Due> {
    let due = providers
        .store()
        .read(move |tx| Box::pin(async move { grants::due(tx, credential, BATCH).await }))
        .await;
    due.unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot see which grants are due; trying again");
        Vec::new()
    })
}

/// Compares the clock with time since boot, which nobody sets.
#[derive(Default)]
struct ClockWatch {
    booted: Option<Millis>,
}

impl ClockWatch {
    fn was_set_back(&mut self, world: &World) -> bool {
        let up = i64::try_from(world.since_boot().as_millis()).unwrap_or(i64::MAX);
        let booted = world.now() - up;
        let before = self.booted.replace(booted);
        before.is_some_and(|before| booted < before - SET_BACK)
    }
}

/// Whether the clock was set back while nobody watched it: then there are tokens that are yet to be got.
async fn from_the_future(providers: &Providers) -> bool {
    let found = providers
        .store()
        .read(|tx| Box::pin(async move { grants::got_after(tx, tx.now() + step::SKEW).await }))
        .await;
    found.unwrap_or(false)
}

async fn distrust(providers: &Providers) {
    tracing::warn!("the clock of this machine was set back: every access token is refreshed");
    providers.memory().forget(None);
    let done = providers
        .store()
        .write(|tx| Box::pin(async move { grants::distrust_access_tokens(tx).await }))
        .await;
    if let Err(error) = done {
        tracing::error!(%error, "access tokens from before the clock was set back could not be set aside");
    }
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
    // Who gave up two at once is revoked once: that ends both.
    let mut revoked = HashSet::new();
    for id in given_up {
        end_grant(providers, id, &mut revoked).await?;
    }
    Ok(())
}

/// A person at a client: what one revocation ends (facts providers 4.7).
type PersonAtClient = (String, String, String);

async fn end_grant(
    providers: &Providers,
    id: GrantId,
    revoked: &mut HashSet<PersonAtClient>,
) -> Result<(), Error> {
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
                let client = credential.fields.client_id.clone();
                let person = (grant.subject.issuer, grant.subject.key, client);
                Ok(Some((credential, others, token, person)))
            })
        })
        .await?;
    let Some((credential, others, token, person)) = found else {
        return Ok(());
    };
    if let (Ok(profile), 0, Some(token)) = (
        providers.profile(&credential.fields.provider),
        others,
        token,
    ) && let Some(url) = &profile.revocation_url
        && revoked.insert(person)
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
