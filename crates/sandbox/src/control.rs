//! The control API: JSON over HTTP, for tests in other processes and for `tegata demo`.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::deliver::{Delivery, deliver, fill};
use crate::faults::{Fault, FaultKind};
use crate::people::{NewApp, NewPerson};
use crate::world::World;
use crate::{ProviderKind, report};

#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) world: Arc<World>,
    pub(crate) ca_pem: Arc<str>,
    /// Provider sections of a configuration; the path of the CA file is put in for `{ca_file}`.
    pub(crate) config: Arc<dyn Fn(&str) -> String + Send + Sync>,
}

type Said = (StatusCode, Json<Value>);

fn done() -> Said {
    (StatusCode::OK, Json(json!({"ok": true})))
}

fn wrong(detail: impl std::fmt::Display) -> Said {
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        Json(json!({"error": detail.to_string()})),
    )
}

pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/people", post(people))
        .route("/apps", post(apps))
        .route("/deliver", post(deliver_raw))
        .route("/fill", post(fill_mailbox))
        .route("/clock", post(clock))
        .route(
            "/faults",
            post(set_fault).get(list_faults).delete(clear_faults),
        )
        .route("/state", get(state))
        .route("/messages", get(messages))
        .route(
            "/ca.pem",
            get(async |State(c): State<Control>| c.ca_pem.to_string()),
        )
        .route("/config.toml", get(config))
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20))
        .with_state(control)
}

async fn people(State(c): State<Control>, body: String) -> Said {
    match serde_json::from_str::<NewPerson>(&body) {
        Ok(person) => {
            c.world.books().add_person(person);
            done()
        }
        Err(error) => wrong(error),
    }
}

/// A whole app, or `{provider, client_id, add_redirect_uri}` for one more redirect URI, or
/// `{provider, client_id, set_secrets, set_expired_secrets}` for other secrets.
async fn apps(State(c): State<Control>, body: String) -> Said {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct AddUri {
        provider: Option<ProviderKind>,
        client_id: Option<String>,
        add_redirect_uri: String,
    }
    if let Ok(add) = serde_json::from_str::<AddUri>(&body) {
        let mut books = c.world.books();
        for app in books.apps.iter_mut().filter(|a| {
            add.provider.is_none_or(|p| p == a.provider)
                && add.client_id.as_ref().is_none_or(|id| *id == a.client_id)
        }) {
            if !app.redirect_uris.contains(&add.add_redirect_uri) {
                app.redirect_uris.push(add.add_redirect_uri.clone());
            }
        }
        return done();
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct SetSecrets {
        provider: ProviderKind,
        client_id: String,
        set_secrets: Vec<String>,
        #[serde(default)]
        set_expired_secrets: Vec<String>,
    }
    if let Ok(set) = serde_json::from_str::<SetSecrets>(&body) {
        let (valid, expired) = (set.set_secrets, set.set_expired_secrets);
        let mut books = c.world.books();
        return match books.set_secrets(set.provider, &set.client_id, valid, expired) {
            true => done(),
            false => wrong("there is no such app"),
        };
    }
    match serde_json::from_str::<NewApp>(&body) {
        Ok(app) => {
            c.world.books().add_app(app);
            done()
        }
        Err(error) => wrong(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDelivery {
    address: String,
    #[serde(default)]
    raw: Option<String>,
    #[serde(default)]
    raw_base64: Option<String>,
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    flags: Vec<String>,
    /// Unix seconds.
    #[serde(default)]
    internal_date: Option<i64>,
    /// Google: labels besides the folder.
    #[serde(default)]
    labels: Vec<String>,
}

async fn deliver_raw(State(c): State<Control>, body: String) -> Said {
    let asked: RawDelivery = match serde_json::from_str(&body) {
        Ok(asked) => asked,
        Err(error) => return wrong(error),
    };
    let raw = match (asked.raw, asked.raw_base64) {
        (Some(raw), None) => raw.into_bytes(),
        (None, Some(text)) => match STANDARD.decode(text) {
            Ok(raw) => raw,
            Err(error) => return wrong(error),
        },
        _ => return wrong("one of raw and raw_base64 is wanted"),
    };
    let delivery = Delivery {
        folder: asked.folder.as_deref(),
        raw: &raw,
        internal_date: asked.internal_date.unwrap_or_else(|| c.world.now()),
        flags: &asked.flags,
        labels: &asked.labels,
    };
    match deliver(&c.world, &asked.address, &delivery) {
        Ok(uid) => (StatusCode::OK, Json(json!({"ok": true, "uid": uid}))),
        Err(error) => wrong(error),
    }
}

async fn fill_mailbox(State(c): State<Control>, body: String) -> Said {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fill {
        address: String,
        count: usize,
        #[serde(default)]
        seed: u64,
    }
    let filled = serde_json::from_str::<Fill>(&body)
        .map_err(anyhow::Error::from)
        .and_then(|f| fill(&c.world, &f.address, f.seed, f.count));
    match filled {
        Ok(filed) => (StatusCode::OK, Json(json!({"ok": true, "filed": filed}))),
        Err(error) => wrong(error),
    }
}

async fn clock(State(c): State<Control>, body: String) -> Said {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        advance_seconds: i64,
    }
    match serde_json::from_str::<Advance>(&body) {
        Ok(by) => {
            c.world.advance(by.advance_seconds);
            (
                StatusCode::OK,
                Json(json!({"ok": true, "now": c.world.now()})),
            )
        }
        Err(error) => wrong(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clear {
    clear: bool,
    #[serde(default)]
    kind: Option<FaultKind>,
    #[serde(default)]
    provider: Option<ProviderKind>,
    #[serde(default)]
    address: Option<String>,
}

async fn set_fault(State(c): State<Control>, body: String) -> Said {
    if let Ok(clear) = serde_json::from_str::<Clear>(&body) {
        if clear.clear {
            let address = clear.address.as_deref();
            c.world
                .books()
                .faults
                .clear(clear.kind, clear.provider, address);
        }
        return done();
    }
    match serde_json::from_str::<Fault>(&body) {
        Ok(fault) if (fault.kind == FaultKind::Reply) != fault.reply.is_some() => {
            wrong("`reply` is the answer of the kind `reply`")
        }
        Ok(fault) => {
            c.world.fault(fault);
            done()
        }
        Err(error) => wrong(error),
    }
}

async fn list_faults(State(c): State<Control>) -> Json<Value> {
    Json(json!({"items": c.world.books().faults.all()}))
}

async fn clear_faults(State(c): State<Control>) -> Said {
    c.world.books().faults.clear(None, None, None);
    done()
}

async fn state(State(c): State<Control>) -> Json<Value> {
    Json(report::state(&c.world))
}

#[derive(Deserialize)]
struct Where {
    address: String,
    #[serde(default)]
    folder: Option<String>,
}

async fn messages(State(c): State<Control>, Query(place): Query<Where>) -> Json<Value> {
    Json(report::messages(
        &c.world,
        &place.address,
        place.folder.as_deref(),
    ))
}

#[derive(Deserialize)]
struct CaFile {
    ca_file: String,
}

async fn config(State(c): State<Control>, Query(query): Query<CaFile>) -> String {
    (c.config)(&query.ca_file)
}
