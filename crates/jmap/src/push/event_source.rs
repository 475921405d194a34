//! EventSource (RFC 8620, 7.3).
//!
//!     announcement (or a lag) -> states of the caller's accounts, in one snapshot -> what is new -> `state`
//!     every `ping` seconds -> `ping`
//!
//! What always holds: listening begins before the first states are read, so nothing falls between; a caller
//! who may not come in any more is told nothing further.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use store::changes::{self, Kind};
use store::users::Status;
use store::{AccountId, Announcement, BlobId, accounts, api_tokens, login_sessions, users};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::Instant;

use crate::SharedDoor;
use crate::error::Problem;
use crate::who::Who;

/// Shortest and longest time between pings, in seconds.
const PING: (u64, u64) = (5, 900);

/// `types`, `closeafter` and `ping` of the URL.
#[derive(serde::Deserialize)]
pub struct Parameters {
    types: Option<String>,
    closeafter: Option<String>,
    ping: Option<String>,
}

type States = BTreeMap<AccountId, BTreeMap<&'static str, i64>>;

struct Listener {
    door: SharedDoor,
    caller: access::Caller,
    kinds: Vec<Kind>,
    close_after_state: bool,
    ping: Option<u64>,
    announcements: Receiver<Announcement>,
    known: States,
    next_ping: Instant,
    /// What is to be said before anything else.
    first: Vec<Event>,
    over: bool,
}

/// GET /events
pub async fn get(
    State(door): State<SharedDoor>,
    Who(caller): Who,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bad =
        |words: &str| Problem::plain(StatusCode::BAD_REQUEST, "/problems/bad-parameter", words);
    let types = parameters.types.unwrap_or_else(|| "*".to_owned());
    let named: Vec<&str> = types.split(',').map(str::trim).collect();
    // Types that we do not have never change: naming them is no error.
    let kinds = Kind::ALL
        .into_iter()
        .filter(|kind| named.contains(&"*") || named.contains(&kind.name()))
        .collect();
    let close_after_state = match parameters.closeafter.as_deref() {
        Some("state") => true,
        None | Some("no" | "") => false,
        Some(_) => return Err(bad("closeafter is state or no")),
    };
    let ping = match parameters.ping.as_deref().unwrap_or("0") {
        "" => 0,
        text => text
            .parse::<u64>()
            .map_err(|_| bad("ping is a number of seconds"))?,
    };
    let ping = (ping > 0).then(|| ping.clamp(PING.0, PING.1));
    let announcements = door.store.listen();
    let mut listener = Listener {
        door,
        caller,
        kinds,
        close_after_state,
        ping,
        announcements,
        known: States::new(),
        next_ping: Instant::now() + Duration::from_secs(ping.unwrap_or(PING.1)),
        first: Vec::new(),
        over: false,
    };
    listener.known = listener.states().await?.unwrap_or_default();
    // Something is sent at once: proxies and clients see that the stream stands.
    listener.first.push(listener.beat());
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    if last.is_some_and(|last| !last.is_empty() && last != name(&listener.known)) {
        // It has missed something: all states.
        let event = state_event(&listener.known, &listener.known);
        listener.first.push(event);
        listener.over = close_after_state;
    }
    listener.first.reverse();
    let stream = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok::<Event, Infallible>(event), listener))
    });
    let headers = [
        (header::CACHE_CONTROL, "no-cache, no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Sse::new(stream)).into_response())
}

/// A state of the world has a name, by which a client that comes back says what it saw last.
fn name(states: &States) -> String {
    let text = format!("{states:?}");
    BlobId::of(text.as_bytes())
        .to_string()
        .chars()
        .skip(1)
        .take(16)
        .collect()
}

fn state_event(changed: &States, now: &States) -> Event {
    let changed: BTreeMap<String, BTreeMap<&str, String>> = changed
        .iter()
        .map(|(account, states)| {
            (
                account.to_string(),
                states
                    .iter()
                    .map(|(kind, state)| (*kind, state.to_string()))
                    .collect(),
            )
        })
        .collect();
    let data = json!({ "@type": "StateChange", "changed": changed });
    Event::default()
        .event("state")
        .id(name(now))
        .data(data.to_string())
}

impl Listener {
    /// The ping, or a comment where the client wants none.
    fn beat(&self) -> Event {
        match self.ping {
            Some(seconds) => Event::default()
                .event("ping")
                .data(json!({ "interval": seconds }).to_string()),
            None => Event::default().comment("listening"),
        }
    }

    /// The next thing to say; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.first.pop() {
            return Some(event);
        }
        if self.over {
            return None;
        }
        loop {
            let heard = tokio::select! {
                heard = self.announcements.recv() => heard,
                () = tokio::time::sleep_until(self.next_ping) => {
                    self.next_ping = Instant::now() + Duration::from_secs(self.ping.unwrap_or(PING.1));
                    // Also the moment to see whether the caller may still come in.
                    self.states().await.ok()??;
                    return Some(self.beat());
                }
            };
            let concerns = match heard {
                Ok(announcement) => self.concerns(&announcement),
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return None,
            };
            if !self.drain(concerns) {
                continue;
            }
            let now = match self.states().await {
                Ok(Some(now)) => now,
                // The caller may not come in any more, or the database is away: it will come back and ask.
                Ok(None) | Err(_) => return None,
            };
            let mut changed = now.clone();
            for (account, states) in &mut changed {
                let known = self.known.get(account);
                states.retain(|kind, state| known.and_then(|known| known.get(kind)) != Some(state));
            }
            changed.retain(|_, states| !states.is_empty());
            self.known = now;
            if !changed.is_empty() {
                self.over = self.close_after_state;
                return Some(state_event(&changed, &self.known));
            }
        }
    }

    fn concerns(&self, announcement: &Announcement) -> bool {
        match announcement {
            Announcement::Account(id) => self.known.contains_key(id),
            Announcement::Accounts | Announcement::Anything => true,
            _ => false,
        }
    }

    /// Hears all that has been said meanwhile, so that it is answered once.
    fn drain(&mut self, mut concerns: bool) -> bool {
        loop {
            match self.announcements.try_recv() {
                Ok(announcement) => concerns |= self.concerns(&announcement),
                Err(TryRecvError::Lagged(_)) => concerns = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return concerns,
            }
        }
    }

    /// The states of the caller's accounts; `None` when the caller may not come in any more.
    async fn states(&self) -> store::Result<Option<States>> {
        let user = self.caller.user.id;
        let session = self.caller.session.as_ref().map(|session| session.id);
        let token = self.caller.token.as_ref().map(|token| token.id);
        let kinds = self.kinds.clone();
        self.door
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let now = tx.now();
                    if users::find(tx, user)
                        .await?
                        .is_none_or(|user| user.status != Status::Active)
                    {
                        return Ok(None);
                    }
                    if let Some(id) = session
                        && !login_sessions::list(tx, user)
                            .await?
                            .iter()
                            .any(|session| session.id == id)
                    {
                        return Ok(None);
                    }
                    if let Some(id) = token {
                        let tokens = api_tokens::list(tx, user).await?;
                        let good = |ends: Option<i64>| ends.is_none_or(|ends| ends > now);
                        if !tokens
                            .iter()
                            .any(|token| token.id == id && good(token.expires_at))
                        {
                            return Ok(None);
                        }
                    }
                    let mut states = States::new();
                    for (account, rights) in accounts::of_user(tx, user).await? {
                        if !rights.read {
                            continue;
                        }
                        let mut of_account = BTreeMap::new();
                        for kind in &kinds {
                            of_account
                                .insert(kind.name(), changes::state(tx, account.id, *kind).await?);
                        }
                        states.insert(account.id, of_account);
                    }
                    Ok(Some(states))
                })
            })
            .await
    }
}
