//! A browser without a window: goes through a provider's pages as a person would.
//!
//! It reads the hidden field `sitting` of the page and posts everything it wants at once, then takes
//! the `Location` of the last redirect. It never follows that one: the client's callback is for the
//! test to call.

use reqwest::header::LOCATION;

/// What the person does.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Whom to sign in as.
    pub account: String,
    /// The ticked scopes, in full; `None` ticks all that are asked for.
    pub scopes: Option<Vec<String>>,
    /// Says no on the permission page.
    pub refuse: bool,
}

impl Choice {
    /// Says yes to everything.
    pub fn allow(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            scopes: None,
            refuse: false,
        }
    }
    /// Says no.
    pub fn refuse(account: &str) -> Self {
        Self {
            refuse: true,
            ..Self::allow(account)
        }
    }
    /// Ticks only these.
    pub fn only(account: &str, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        Self {
            scopes: Some(scopes),
            ..Self::allow(account)
        }
    }
}

/// Why no callback came of it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The provider keeps the person on a page of its own.
    #[error("the provider shows an error page ({status}, {code})")]
    Page {
        status: u16,
        code: String,
        text: String,
    },
    /// Neither a redirect nor a page of the sandbox.
    #[error("unexpected answer {status}")]
    Unexpected { status: u16, text: String },
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("not an address: {0}")]
    Address(#[from] url::ParseError),
}

/// From an authorization address to the address of the callback, with code or error in its query.
pub async fn consent(authorization_url: &str, choice: &Choice) -> Result<String, Refused> {
    crate::use_ring();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let url = url::Url::parse(authorization_url)?;
    let asked: Vec<String> = url
        .query_pairs()
        .find(|(name, _)| name == "scope")
        .map(|(_, value)| value.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default();
    let first = client.get(url.clone()).send().await?;
    let page = match outcome(first).await? {
        Outcome::Callback(to) => return Ok(to),
        Outcome::Page { text, .. } => text,
    };
    let sitting = between(&page, "name=\"sitting\" value=\"", "\"").unwrap_or_default();
    let mut form: Vec<(&str, String)> = vec![
        ("sitting", sitting.to_owned()),
        ("account", choice.account.clone()),
        ("proceed", "1".to_owned()),
        (
            "decision",
            if choice.refuse { "refuse" } else { "allow" }.to_owned(),
        ),
    ];
    for scope in choice.scopes.as_ref().unwrap_or(&asked) {
        form.push(("scope", scope.clone()));
    }
    let target = url.join("/decide")?;
    match outcome(client.post(target).form(&form).send().await?).await? {
        Outcome::Callback(to) => Ok(to),
        Outcome::Page { status, text } => Err(Refused::Unexpected { status, text }),
    }
}

enum Outcome {
    Callback(String),
    Page { status: u16, text: String },
}

async fn outcome(response: reqwest::Response) -> Result<Outcome, Refused> {
    let status = response.status();
    if status.is_redirection() {
        let to = response
            .headers()
            .get(LOCATION)
            .and_then(|v| v.to_str().ok());
        return Ok(Outcome::Callback(to.unwrap_or_default().to_owned()));
    }
    let status = status.as_u16();
    let text = response.text().await?;
    match between(&text, "data-error=\"", "\"") {
        Some(code) => Err(Refused::Page {
            status,
            code: code.to_owned(),
            text,
        }),
        None if text.contains("name=\"sitting\"") => Ok(Outcome::Page { status, text }),
        None => Err(Refused::Unexpected { status, text }),
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?
        .1
        .split_once(to)
        .map(|(inside, _)| inside)
}
