//! A client of the program as anybody could write one: cookie, CSRF token, Bearer.
//!
//! Redirects are not followed. What always holds: whatever came back is known to the watch.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE,
};
use serde_json::Value;

use super::watch::{Kind, Watch};

/// One browser or program. What it holds may be changed by a test.
#[derive(Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) watch: Arc<Watch>,
    /// Where paths start: the public URL, as reached from here.
    pub base: String,
    /// `tegata_session=...`
    pub cookie: Option<String>,
    /// Sent with writes when there is a cookie.
    pub csrf: Option<String>,
    /// An API token.
    pub bearer: Option<String>,
    /// `Accept-Language`; `en` at first.
    pub language: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    what: String,
}

/// A request that is being put together.
pub struct Ask<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    csrf: Option<String>,
    learn: Value,
}

impl Client {
    pub(super) fn new(base: &str, watch: Arc<Watch>, ca_pem: Option<&str>) -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .no_proxy();
        if let Some(pem) = ca_pem {
            let certificate =
                reqwest::Certificate::from_pem(pem.as_bytes()).expect("a PEM certificate");
            builder = builder.tls_certs_only([certificate]);
        }
        Client {
            http: builder.build().expect("an HTTP client can be built"),
            watch,
            base: base.to_owned(),
            cookie: None,
            csrf: None,
            bearer: None,
            language: "en".to_owned(),
        }
    }

    /// A request; `path` is below the base, or a whole URL.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            client: self,
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
            csrf: self.csrf.clone().filter(|_| self.cookie.is_some()),
            learn: Value::Null,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path).json(body).send().await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path).json(body).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path).send().await
    }

    /// The same browser, asking for another language.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Client {
        Client {
            language: language.to_owned(),
            ..self.clone()
        }
    }

    /// Another browser that nobody is signed in at.
    #[must_use]
    pub fn stranger(&self) -> Client {
        Client {
            cookie: None,
            csrf: None,
            bearer: None,
            ..self.clone()
        }
    }

    /// A program with an API token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Client {
        self.watch.plant(Kind::ApiToken, token);
        Client {
            bearer: Some(token.to_owned()),
            ..self.stranger()
        }
    }

    /// This browser after an answer that signed it in.
    ///
    /// # Panics
    /// With the answer, when it did not.
    #[must_use]
    pub fn came_in(&self, answer: &Answer) -> Client {
        let answer = answer.is(200);
        let cookie = answer
            .cookie()
            .expect("an answer to a sign-in sets a cookie");
        let csrf = answer.json()["csrf_token"].as_str().map(str::to_owned);
        Client {
            cookie: Some(cookie),
            csrf,
            ..self.stranger()
        }
    }
}

impl Ask<'_> {
    /// One more header.
    ///
    /// # Panics
    /// When it cannot be one.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = value.parse().expect("a header's value");
        self.headers.append(name, value);
        self
    }

    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.learn = body.clone();
        let text = body.to_string();
        self.bytes("application/json", text.into_bytes())
    }

    #[must_use]
    pub fn bytes(mut self, content_type: &str, body: Vec<u8>) -> Self {
        let value = content_type.parse().expect("a content type");
        self.headers.insert(CONTENT_TYPE, value);
        self.body = Some(body);
        self
    }

    /// Another CSRF token than the right one, or none.
    #[must_use]
    pub fn csrf(mut self, token: Option<&str>) -> Self {
        self.csrf = token.map(str::to_owned);
        self
    }

    pub async fn send(self) -> Answer {
        let (watch, what) = (
            self.client.watch.clone(),
            (self.method.clone(), self.path.clone()),
        );
        let response = self.stream().await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response
            .bytes()
            .await
            .unwrap_or_else(|e| panic!("{} {}: the answer broke off: {e}", what.0, what.1));
        let shown: String = headers
            .iter()
            .filter(|(name, _)| *name != SET_COOKIE)
            .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        watch.answer(what.0.as_str(), &what.1, &shown, &bytes);
        let answer = Answer {
            status,
            headers,
            bytes: bytes.to_vec(),
            what: format!("{} {}", what.0, what.1),
        };
        if let Some((_, value)) = answer.cookie().as_deref().and_then(|c| c.split_once('=')) {
            watch.plant(Kind::Cookie, value);
        }
        answer
    }

    /// The answer unread, for what does not end.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn stream(self) -> reqwest::Response {
        let client = self.client;
        client.watch.request(&self.learn);
        let url = if self.path.starts_with("http") {
            self.path.clone()
        } else {
            format!("{}{}", client.base, self.path)
        };
        let reads = matches!(self.method, Method::GET | Method::HEAD);
        let mut request = client.http.request(self.method, &url);
        if !self.headers.contains_key(ACCEPT_LANGUAGE) {
            request = request.header(ACCEPT_LANGUAGE, &client.language);
        }
        request = request.headers(self.headers);
        if let Some(cookie) = &client.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(token) = &client.bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let (false, Some(csrf)) = (reads, self.csrf) {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        request
            .send()
            .await
            .unwrap_or_else(|e| panic!("no answer at {url}: {e:?}"))
    }
}

impl Answer {
    /// # Panics
    /// When it is not text.
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("the answer is text")
    }

    /// # Panics
    /// With the answer, when it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| {
            panic!(
                "{}: {} is no JSON ({e}): {}",
                self.what,
                self.status,
                self.shown()
            )
        })
    }

    /// A header's value, empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// `name=value` of the cookie that it sets.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        let set = self.header(SET_COOKIE.as_str()).split(';').next()?;
        (!set.is_empty()).then(|| set.to_owned())
    }

    /// Itself, when it has this status.
    ///
    /// # Panics
    /// With the answer, when it has not.
    #[must_use]
    #[track_caller]
    pub fn is(&self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}: {}", self.what, self.shown());
        self.clone()
    }

    /// Its JSON, when it is a 2xx.
    ///
    /// # Panics
    /// With the answer, when it is not.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{}: {} {}",
            self.what,
            self.status,
            self.shown()
        );
        if self.bytes.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// Its JSON, when it is this problem: whole, in its own media type, with its own `type`.
    ///
    /// # Panics
    /// With the answer, when it is not.
    #[track_caller]
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, self.shown());
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.what
        );
        let json = self.json();
        assert_eq!(
            json["type"],
            format!("/problems/{kind}"),
            "{}: {json}",
            self.what
        );
        assert_eq!(json["status"], status, "{json}");
        for member in ["title", "detail"] {
            assert!(
                json[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {json}"
            );
        }
        json
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.bytes)
            .chars()
            .take(2000)
            .collect()
    }
}
