//! Requests to the authority: our own HTTP client, as instant-acme wants it.
//!
//! It knows `[outgoing] proxy` and `[acme] ca_file`, follows no redirect, and remembers the last `Retry-After`
//! of an answer that says "not now" (RFC 8555, 6.6), which instant-acme does not hand on.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::http;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use store::{Millis, World};
use url::Url;

/// No answer of ACME comes near it.
const LONGEST_BODY: usize = 1024 * 1024;

/// The client; clones share it.
#[derive(Clone)]
pub(super) struct Http(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    world: World,
    not_before: Mutex<Option<Millis>>,
}

impl Http {
    /// Errors: `proxy` or `ca_file` cannot be used.
    pub(super) fn new(
        proxy: Option<&Url>,
        ca_file: Option<&Path>,
        world: World,
    ) -> anyhow::Result<Http> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tegata/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(30))
            .no_proxy();
        if let Some(proxy) = proxy {
            builder =
                builder.proxy(reqwest::Proxy::all(proxy.as_str()).context("[outgoing] proxy")?);
        }
        if let Some(path) = ca_file {
            let pem = std::fs::read(path)
                .with_context(|| format!("[acme] ca_file: cannot read {}", path.display()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .context("[acme] ca_file is no PEM certificate")?;
            builder = builder.tls_certs_merge(certificates);
        }
        Ok(Http(Arc::new(Inner {
            client: builder
                .build()
                .context("TLS for requests to the authority")?,
            world,
            not_before: Mutex::new(None),
        })))
    }

    /// "Not before", if the authority said so since this was asked last.
    pub(super) fn take_not_before(&self) -> Option<Millis> {
        let not_before = self.0.not_before.lock();
        not_before.unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl HttpClient for Http {
    fn request(
        &self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let inner = self.0.clone();
        Box::pin(async move {
            inner
                .ask(request)
                .await
                .map(BytesResponse::from)
                .map_err(|error| Error::Other(in_words(&error).into()))
        })
    }
}

impl Inner {
    async fn ask(
        &self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> anyhow::Result<http::Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let Ok(body) = body.collect().await;
        let mut response = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body.to_bytes())
            .send()
            .await?;
        let mut answer = http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            headers.clone_from(response.headers());
        }
        if matches!(response.status().as_u16(), 429 | 503) {
            let said = response.headers().get(http::header::RETRY_AFTER);
            let now = self.world.now();
            let at = said.and_then(|value| retry_after(value.to_str().ok()?, now));
            // Anybody in between can say 503: nobody holds a certificate up for longer than a week.
            let at = at.map(|at| at.min(now + LONGEST_WAIT));
            *self
                .not_before
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = at;
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            anyhow::ensure!(
                bytes.len() + chunk.len() <= LONGEST_BODY,
                "an endless answer"
            );
            bytes.extend_from_slice(&chunk);
        }
        Ok(answer.body(Full::new(Bytes::from(bytes)))?)
    }
}

/// The longest wait that an answer can ask for, in milliseconds.
const LONGEST_WAIT: Millis = 7 * 24 * 3_600_000;

/// Seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(value: &str, now: Millis) -> Option<Millis> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(now + i64::from(seconds) * 1000);
    }
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(value.trim(), format).ok()?;
    Some(date.assume_utc().unix_timestamp() * 1000)
}

/// The chain of causes, without the address: it says nothing new.
fn in_words(error: &anyhow::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = match cause.downcast_ref::<reqwest::Error>() {
            Some(error) if error.is_connect() => "no connection".to_owned(),
            Some(error) if error.is_timeout() => "no answer in time".to_owned(),
            Some(_) => "the request failed".to_owned(),
            None => cause.to_string(),
        };
        if !words.iter().any(|word| word.contains(&text)) {
            words.push(text);
        }
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(retry_after("120", 1000), Some(121_000));
        let date = retry_after("Sun, 22 Nov 2026 00:00:00 GMT", 0);
        assert_eq!(date, Some(1_795_305_600_000));
        assert_eq!(retry_after("soon", 0), None);
    }
}
