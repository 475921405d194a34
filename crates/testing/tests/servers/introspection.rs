//! An introspection endpoint (RFC 7662) that knows whose token is whose.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Form, Json, Router};
use serde_json::{Value, json};

type Tokens = Arc<Mutex<HashMap<String, String>>>;

/// A running endpoint. It ends with the test's runtime.
pub(crate) struct Introspection {
    pub(crate) url: String,
    tokens: Tokens,
}

impl Introspection {
    pub(crate) async fn start() -> Introspection {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/introspect", listener.local_addr().unwrap());
        let tokens = Tokens::default();
        let router = Router::new()
            .route("/introspect", post(introspect))
            .with_state(tokens.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Introspection { url, tokens }
    }

    pub(crate) fn give(&self, token: &str, user: &str) {
        self.tokens
            .lock()
            .unwrap()
            .insert(token.to_owned(), user.to_owned());
    }

    pub(crate) fn revoke(&self, token: &str) {
        self.tokens.lock().unwrap().remove(token);
    }
}

async fn introspect(
    State(tokens): State<Tokens>,
    Form(form): Form<HashMap<String, String>>,
) -> Json<Value> {
    let tokens = tokens.lock().unwrap();
    match form.get("token").and_then(|token| tokens.get(token)) {
        Some(user) => Json(json!({"active": true, "username": user, "scope": "mail"})),
        None => Json(json!({"active": false})),
    }
}
