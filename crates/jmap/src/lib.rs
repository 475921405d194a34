//! JMAP, as RFC 8620 and RFC 8621 say: the door for our web mail and for every other JMAP client.
//!
//!     POST /api -> request (limits, capabilities) -> a method per call, results referred to -> answers
//!     GET /session, /events (state changes), /download; POST /upload
//!
//! A folder per type, a file per method. A method checks its arguments, then reads state and rows in one
//! snapshot of the store, or writes in one transaction. What always holds: an account is opened only for a
//! member of it, a blob only through an account that may read it, and what comes from outside is bounded.

mod binary;
mod capabilities;
mod changes;
mod core;
mod email;
mod error;
pub mod html;
mod identity;
mod limits;
mod list;
mod mailbox;
mod push;
mod reference;
mod request;
mod session;
mod set;
mod submission;
mod thread;
mod types;
mod who;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use store::Store;

/// What the door stands on.
#[derive(Clone)]
pub struct JmapState {
    /// Everything we know.
    pub store: Store,
    /// Where browsers and programs reach us: absolute, with its base path, without a slash at the end.
    pub public_url: String,
}

/// The state with what is counted beside it.
pub(crate) struct Door {
    pub(crate) store: Store,
    pub(crate) public_url: String,
    pub(crate) limits: limits::Limits,
}

pub(crate) type SharedDoor = Arc<Door>;

/// The routes, relative to `{public_url}/jmap`. An outer layer puts [`access::Caller`] into the request's
/// extensions and has checked its CSRF token; without a caller every route answers 401.
pub fn router(state: JmapState) -> Router {
    let public_url = state.public_url.trim_end_matches('/').to_owned();
    let door = Arc::new(Door {
        store: state.store,
        public_url,
        limits: limits::Limits::default(),
    });
    Router::new()
        .route("/session", get(session::get))
        .route("/api", post(request::post))
        .route("/upload/{account}/", post(binary::upload::post))
        .route("/upload/{account}", post(binary::upload::post))
        .route(
            "/download/{account}/{blob}/{name}",
            get(binary::download::get),
        )
        .route("/events", get(push::event_source::get))
        .with_state(door)
}
