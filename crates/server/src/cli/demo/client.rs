//! A client of Tegata as anybody could write one: sign-in, REST and JMAP over HTTP.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use tokio::process::Child;

/// A signed-in client.
pub struct Client {
    http: reqwest::Client,
    base: String,
    cookie: String,
    csrf: String,
}

fn http() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .no_proxy()
        .build()?)
}

fn cookie_of(headers: &HeaderMap) -> Option<String> {
    headers
        .get(SET_COOKIE)?
        .to_str()
        .ok()?
        .split(';')
        .next()
        .map(str::to_owned)
}

async fn answer(response: reqwest::Response) -> Result<Value> {
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{status}: {text}");
    if text.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_str(&text).with_context(|| text.clone())
    }
}

impl Client {
    /// `POST /api/sign-in`
    pub async fn sign_in(base: &str, login: &str, password: &str) -> Result<Client> {
        Client::come_in(
            base,
            "/api/sign-in",
            json!({ "login": login, "password": password }),
        )
        .await
    }

    /// `POST /api/invitations/redeem`
    pub async fn redeem(base: &str, token: &str, password: &str) -> Result<Client> {
        Client::come_in(
            base,
            "/api/invitations/redeem",
            json!({ "token": token, "password": password }),
        )
        .await
    }

    async fn come_in(base: &str, path: &str, body: Value) -> Result<Client> {
        let http = http()?;
        let response = http
            .post(format!("{base}{path}"))
            .json(&body)
            .send()
            .await?;
        let cookie = cookie_of(response.headers()).unwrap_or_default();
        let body = answer(response).await?;
        let csrf = body["csrf_token"]
            .as_str()
            .context("no CSRF token")?
            .to_owned();
        Ok(Client {
            http,
            base: base.to_owned(),
            cookie,
            csrf,
        })
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        answer(
            self.http
                .get(format!("{}{path}", self.base))
                .header(COOKIE, &self.cookie)
                .send()
                .await?,
        )
        .await
        .with_context(|| path.to_owned())
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header(COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf);
        answer(request.json(body).send().await?)
            .await
            .with_context(|| path.to_owned())
    }

    /// Goes where the provider sends the browser; answers where that leads.
    pub async fn follow_callback(&self, url: &str) -> Result<String> {
        let response = self
            .http
            .get(url)
            .header(COOKIE, &self.cookie)
            .send()
            .await?;
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        match location {
            Some(location) => Ok(location),
            None => bail!(
                "the callback answered {}: {}",
                response.status(),
                response.text().await?
            ),
        }
    }
}

/// JMAP over a signed-in client.
pub struct Jmap<'a> {
    client: &'a Client,
    session: Value,
}

impl<'a> Jmap<'a> {
    /// Reads the session.
    pub async fn open(client: &'a Client) -> Result<Jmap<'a>> {
        let session = client.get("/jmap/session").await?;
        Ok(Jmap { client, session })
    }

    /// The account of an address.
    pub fn account(&self, address: &str) -> Result<String> {
        let accounts = self.session["accounts"]
            .as_object()
            .context("no accounts")?;
        let found = accounts.iter().find(|(_, account)| {
            account["name"]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(address))
        });
        Ok(found
            .with_context(|| format!("no account {address} in the JMAP session"))?
            .0
            .clone())
    }

    /// Several methods in one request; answers their responses.
    pub async fn calls(&self, calls: Value) -> Result<Value> {
        let using = [
            "urn:ietf:params:jmap:core",
            "urn:ietf:params:jmap:mail",
            "urn:ietf:params:jmap:submission",
        ];
        let answer = self
            .client
            .post(
                "/jmap/api",
                &json!({ "using": using, "methodCalls": calls }),
            )
            .await?;
        Ok(answer["methodResponses"].clone())
    }

    /// One method.
    pub async fn call(&self, account: &str, method: &str, mut arguments: Value) -> Result<Value> {
        arguments["accountId"] = json!(account);
        let answers = self.calls(json!([[method, arguments, "0"]])).await?;
        ensure!(answers[0][0] == method, "{method}: {}", answers[0][1]);
        Ok(answers[0][1].clone())
    }
}

/// Waits until an address answers, or its process has ended.
pub async fn wait_for_answer(url: &str, child: &mut Child, most: Duration) -> Result<()> {
    let (http, began) = (http()?, Instant::now());
    loop {
        if let Ok(response) = http.get(url).send().await
            && response.status().is_success()
        {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            bail!("the process ended: {status}");
        }
        ensure!(began.elapsed() < most, "no answer at {url}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
