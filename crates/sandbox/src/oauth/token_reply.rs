//! The bytes of a token endpoint's answer, and the faults that replace or damage them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use hyper::body::Frame;
use serde_json::Value;

use crate::ProviderKind;

/// A JSON object on one line, members in the order given.
pub(crate) fn object(members: &[(&str, Value)]) -> String {
    let rows: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", rows.join(","))
}

/// The same, indented by two spaces, as Google writes it.
pub(crate) fn indented_object(members: &[(&str, Value)]) -> String {
    let rows: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("  \"{name}\": {value}"))
        .collect();
    format!("{{\n{}\n}}", rows.join(",\n"))
}

/// An answer that is not sent yet.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) html: bool,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
    pub(crate) delay: Duration,
    /// The body breaks off after so many octets.
    pub(crate) cut: Option<u64>,
    /// Headers that win over the provider's own.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: String) -> Self {
        Self {
            status,
            body,
            html: false,
            retry_after: None,
            delay: Duration::ZERO,
            cut: None,
            headers: Vec::new(),
        }
    }
    pub(crate) fn html(status: StatusCode, body: &str) -> Self {
        Self {
            html: true,
            ..Self::json(status, body.to_owned())
        }
    }

    /// With the headers each provider sends (transcripts.md E).
    pub(crate) async fn send(self, provider: ProviderKind) -> Response {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let bytes = Bytes::from(self.body);
        let body = match self.cut {
            None => Body::from(bytes),
            Some(cut) => {
                let cut = usize::try_from(cut).unwrap_or(usize::MAX).min(bytes.len());
                Body::new(Broken {
                    first: Some(bytes.slice(..cut)),
                })
            }
        };
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        let kind = match (self.html, provider) {
            (true, _) => "text/html; charset=utf-8",
            (false, _) => "application/json; charset=utf-8",
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        let cache = match provider {
            ProviderKind::Google => "no-cache, no-store, max-age=0, must-revalidate",
            ProviderKind::Microsoft => "no-store, no-cache",
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        if provider == ProviderKind::Google {
            headers.insert(
                header::SERVER,
                HeaderValue::from_static("scaffolding on HTTPServer2"),
            );
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        headers.extend(self.headers);
        response
    }
}

/// A body that ends in an error, so that the connection is cut in its middle.
struct Broken {
    first: Option<Bytes>,
}

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.first.take() {
            Some(bytes) if !bytes.is_empty() => Ok(Frame::data(bytes)),
            _ => Err(std::io::Error::other("hung up on command")),
        }))
    }
}
