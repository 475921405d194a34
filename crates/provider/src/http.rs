//! Requests to a provider's OAuth endpoints.
//!
//! What always holds: no redirect is followed, no `Origin` is sent (Microsoft refuses it, AADSTS90023), an
//! answer is cut at 256 KiB, and every request has a deadline.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use wire::oauth::{self, Form, TokenReply};

use crate::profile::ProviderProfile;

/// An answer of a token endpoint is some kilobytes; what is longer is no such answer.
const LONGEST_BODY: usize = 256 * 1024;

/// Why there was no token.
#[derive(Debug)]
pub enum Failure {
    /// The endpoint answered, and it was no token.
    Refused(Box<oauth::TokenError>),
    /// There was no answer, or only a part of one, though the request may have arrived. In words without secrets.
    Unreachable(String),
    /// Nothing was sent: name, connection, TLS. In words without secrets.
    NotSent(String),
}

/// A client for each set of certificate authorities.
pub struct Http {
    proxy: Option<Url>,
    clients: Mutex<HashMap<String, reqwest::Client>>,
}

impl Http {
    /// Requests go through `proxy` where one is configured.
    pub fn new(proxy: Option<Url>) -> Http {
        Http {
            proxy,
            clients: Mutex::new(HashMap::new()),
        }
    }

    fn client(&self, profile: &ProviderProfile) -> anyhow::Result<reqwest::Client> {
        let key = profile
            .ca_file
            .as_ref()
            .map(|path| path.display().to_string())
            .unwrap_or_default();
        let mut clients = self
            .clients
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tegata/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(30))
            .no_proxy();
        if let Some(proxy) = &self.proxy {
            builder =
                builder.proxy(reqwest::Proxy::all(proxy.as_str()).context("[outgoing] proxy")?);
        }
        if let Some(path) = &profile.ca_file {
            let pem = std::fs::read(path).with_context(|| format!("ca_file {}", path.display()))?;
            builder = builder
                .tls_certs_merge(reqwest::Certificate::from_pem_bundle(&pem).context("ca_file")?);
        }
        let client = builder
            .build()
            .context("TLS for requests to the provider")?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    /// Posts a form to a token endpoint.
    pub async fn token(
        &self,
        profile: &ProviderProfile,
        url: &str,
        form: &Form,
        deadline: Duration,
    ) -> Result<TokenReply, Failure> {
        let (status, content_type, retry_after, body) =
            self.post(profile, url, form, deadline).await?;
        oauth::parse_token_reply(
            status,
            content_type.as_deref(),
            retry_after.as_deref(),
            &body,
        )
        .map_err(Failure::Refused)
    }

    /// Posts a form to a revocation endpoint (RFC 7009). Google answers 400 for a token that is already dead:
    /// that is as good.
    pub async fn revoke(
        &self,
        profile: &ProviderProfile,
        url: &str,
        token: &SecretString,
    ) -> Result<(), Failure> {
        let form = oauth::revoke_form(token);
        let (status, ..) = self
            .post(profile, url, &form, Duration::from_secs(20))
            .await?;
        if status < 300 || status == 400 {
            Ok(())
        } else {
            Err(Failure::Unreachable(format!("HTTP {status}")))
        }
    }

    /// Fetches a page as a browser without cookies would, following nothing.
    pub async fn get(
        &self,
        profile: &ProviderProfile,
        url: &str,
        language: &str,
        deadline: Duration,
    ) -> Result<Page, Failure> {
        let request = async {
            let client = self.client(profile)?;
            let response = client
                .get(url)
                .header("accept", "text/html,application/json")
                .header("accept-language", language)
                .send()
                .await?;
            let header = |name: &str| {
                response
                    .headers()
                    .get(name)
                    .and_then(|value| value.to_str().ok())
                    .map(str::to_owned)
            };
            let (location, date) = (header("location"), header("date"));
            let status = response.status().as_u16();
            let body = read_bounded(response).await?;
            anyhow::Ok(Page {
                status,
                location,
                date,
                body,
            })
        };
        answer_in(deadline, request).await
    }

    async fn post(
        &self,
        profile: &ProviderProfile,
        url: &str,
        form: &Form,
        deadline: Duration,
    ) -> Result<(u16, Option<String>, Option<String>, Vec<u8>), Failure> {
        let request = async {
            let client = self.client(profile)?;
            let body = oauth::encode_form(form);
            let response = client
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json")
                .body(body.expose_secret().to_owned())
                .send()
                .await?;
            let header = |name: &str| {
                response
                    .headers()
                    .get(name)
                    .and_then(|value| value.to_str().ok())
                    .map(str::to_owned)
            };
            let (content_type, retry_after) = (header("content-type"), header("retry-after"));
            let status = response.status().as_u16();
            let bytes = read_bounded(response).await?;
            anyhow::Ok((status, content_type, retry_after, bytes))
        };
        answer_in(deadline, request).await
    }
}

/// What a GET brought.
#[derive(Debug)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// `Location`, not followed.
    pub location: Option<String>,
    /// `Date`, by the provider's clock.
    pub date: Option<String>,
    /// At most 256 KiB of it.
    pub body: Vec<u8>,
}

/// What is cut off is no JSON any more and is told as such.
async fn read_bounded(mut response: reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = LONGEST_BODY - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    Ok(bytes)
}

async fn answer_in<T>(
    deadline: Duration,
    request: impl Future<Output = anyhow::Result<T>>,
) -> Result<T, Failure> {
    // No grace after the deadline: whoever slept over it may not have sent anything yet, and would now.
    match tokio::time::timeout(deadline, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if was_sent(&error) => Err(Failure::Unreachable(in_words(&error))),
        Ok(Err(error)) => Err(Failure::NotSent(in_words(&error))),
        Err(_) => Err(Failure::Unreachable(format!(
            "no answer within {} seconds",
            deadline.as_secs()
        ))),
    }
}

/// Whether anything can have reached the other side.
fn was_sent(error: &anyhow::Error) -> bool {
    let failed = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    failed.is_some_and(|error| !error.is_connect() && !error.is_builder())
}

/// The chain of causes, without the address: it may hold what is nobody's business.
fn in_words(error: &anyhow::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = match cause.downcast_ref::<reqwest::Error>() {
            Some(error) if error.is_connect() => "no connection".to_owned(),
            Some(error) if error.is_timeout() => "no answer in time".to_owned(),
            Some(_) => "the request failed".to_owned(),
            None => cause.to_string(),
        };
        if !words.contains(&text) {
            words.push(text);
        }
    }
    words.join(": ")
}
