//! Answers made of steps: all at the end as `{steps}`, or one event a step with `Accept: text/event-stream`.

use std::future::Future;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use provider::cause::{Step, Told};
use serde_json::{Value, json};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::problem::{Problem, language};

/// Whether the caller wants events.
pub fn wants_events(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"))
}

/// One step as an event.
pub fn event(step: &Value) -> String {
    format!("event: step\ndata: {step}\n\n")
}

/// A stream of events as an answer.
pub fn events<S>(stream: S) -> Response
where
    S: futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + 'static,
{
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

/// All steps at once.
pub fn all(steps: &[Step]) -> Response {
    let language = language();
    let steps: Vec<Value> = steps.iter().map(|step| step.to_json(language)).collect();
    Json(json!({ "steps": steps })).into_response()
}

/// Runs a check and answers in the way that the caller wants. A follower that hangs up does not stop it.
pub async fn run<F, W>(headers: &HeaderMap, check: F) -> Result<Response, Problem>
where
    F: FnOnce(Told) -> W,
    W: Future<Output = Result<Vec<Step>, Problem>> + Send + 'static,
{
    if !wants_events(headers) {
        return Ok(all(&check(Told::default()).await?));
    }
    let language = language();
    let (follower, steps) = tokio::sync::mpsc::unbounded_channel();
    let work = check(Told::to(follower));
    tokio::spawn(async move {
        if let Err(problem) = work.await {
            tracing::warn!(?problem, "a check ended before its end");
        }
    });
    let stream = UnboundedReceiverStream::new(steps)
        .map(move |step| Ok(Bytes::from(event(&step.to_json(language)))));
    Ok(events(stream))
}
