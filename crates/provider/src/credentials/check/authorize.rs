//! A consent that may show nothing: where does the provider send the browser?
//!
//! To our own address, with whatever error a browser without a session gets: client ID and redirect URI are
//! right. To a page of its own: that page says what is wrong, in its words.

use std::time::Instant;

use base64::Engine;
use wire::oauth;

use super::{Check, DEADLINE, millis, unreachable};
use crate::advice::{self, Case};
use crate::cause::Step;
use crate::guide;
use crate::http::Page;
use crate::profile::Kind;
use store::credentials::Access;

/// So much of a page's text is shown.
const LONGEST_WORDS: usize = 600;

impl Check<'_> {
    pub(super) async fn authorize(&self) -> Step {
        if self.credential.fields.access == Access::AppOnly {
            // Nobody is sent anywhere: the app's own token needs no redirect URI.
            return Step::skip("authorize", &self.uri);
        }
        let Some(url) = self.request() else {
            return Step::skip("authorize", &self.uri);
        };
        let began = Instant::now();
        let page = self
            .providers
            .http()
            .get(self.profile, &url, "en", DEADLINE)
            .await;
        let ms = millis(began);
        match page {
            Err(failure) => {
                Step::fail("authorize", &self.uri, ms, self.facts(unreachable(failure)))
            }
            Ok(page) => self.judge(&page, ms),
        }
    }

    fn request(&self) -> Option<String> {
        let world = self.providers.store().world();
        let pkce = oauth::Pkce::new(&world.random());
        let scope = self.profile.scopes.join(" ");
        let parameters = [
            ("client_id", self.credential.fields.client_id.as_str()),
            ("redirect_uri", self.uri.as_str()),
            ("response_type", "code"),
            ("scope", scope.as_str()),
            ("state", "tegata-check"),
            ("nonce", "tegata-check"),
            ("code_challenge", pkce.challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("prompt", "none"),
        ];
        let endpoint = self.profile.authorization_url_for(self.tenant_name());
        oauth::authorization_url(&endpoint, &parameters).ok()
    }

    fn judge(&self, page: &Page, ms: u64) -> Step {
        let kind = self.profile.kind;
        if let Some(query) = page
            .location
            .as_deref()
            .and_then(|to| self.query_of_ours(to))
        {
            let callback = oauth::parse_callback(query);
            let error = callback.error.unwrap_or_default();
            let description = callback.error_description.unwrap_or_default();
            return match error.as_str() {
                // Nobody is signed in with us: any of these says that the request itself was taken up.
                "interaction_required"
                | "login_required"
                | "consent_required"
                | "account_selection_required"
                | "access_denied"
                | "" => Step::ok("authorize", &self.uri, ms).said(&error),
                _ => {
                    let case = advice::callback_error(kind, &error, &description);
                    Step::fail("authorize", &self.uri, ms, self.facts(case))
                }
            };
        }
        let words = match &page.location {
            Some(to) => words_of_location(to),
            None => words_of_page(&page.body),
        };
        let case = advice::page_error(kind, &words);
        if case.cause_id == "unknown-answer" {
            // A sign-in page, say: neither proof nor refusal.
            let case = self.facts(Case::new("authorize-page").said(&words));
            return Step::warn("authorize", &self.uri, ms, case);
        }
        if case.cause_id == "redirect-uri-mismatch"
            && let Some(wait) = self.still_settling()
        {
            let case = self.facts(Case::new("redirect-uri-may-be-fresh").said(&words));
            return Step::warn("authorize", &self.uri, ms, case.retry(wait));
        }
        Step::fail("authorize", &self.uri, ms, self.facts(case))
    }

    /// Seconds that a redirect URI which was registered lately may still be on its way.
    fn still_settling(&self) -> Option<u64> {
        let settles = guide::settles_in(self.profile.kind, "client")?;
        let left = self.uri_done? + settles - self.providers.store().now();
        (self.profile.kind == Kind::Google && left > 0).then(|| left.unsigned_abs() / 1_000)
    }

    /// The query of an address that is our redirect URI.
    fn query_of_ours<'a>(&self, location: &'a str) -> Option<&'a str> {
        let rest = location.strip_prefix(self.uri.as_str())?;
        let rest = rest.split('#').next().unwrap_or_default();
        match rest.strip_prefix('?') {
            Some(query) => Some(query),
            None => rest.is_empty().then_some(""),
        }
    }
}

/// Google sends the browser to an error page whose address holds the reason in `authError`, in base64 around
/// plain words; other pages name it in `error`.
fn words_of_location(to: &str) -> String {
    let Ok(url) = url::Url::parse(to) else {
        return bounded(to);
    };
    for (name, value) in url.query_pairs() {
        if name == "authError" {
            let raw: String = value.chars().filter(|c| !c.is_whitespace()).collect();
            let engines = [
                base64::engine::general_purpose::URL_SAFE_NO_PAD,
                base64::engine::general_purpose::STANDARD_NO_PAD,
            ];
            let decoded = engines
                .iter()
                .find_map(|engine| engine.decode(raw.trim_end_matches('=')).ok());
            if let Some(bytes) = decoded {
                let text: String = String::from_utf8_lossy(&bytes)
                    .chars()
                    .map(|c| {
                        if c.is_control() || c == '\u{fffd}' {
                            ' '
                        } else {
                            c
                        }
                    })
                    .collect();
                return bounded(&text);
            }
        }
        if matches!(name.as_ref(), "error" | "error_description") {
            return bounded(&value);
        }
    }
    // Without its query: that holds our own request.
    bounded(&format!(
        "{}{}",
        url.host_str().unwrap_or_default(),
        url.path()
    ))
}

fn words_of_page(body: &[u8]) -> String {
    bounded(&wire::mime::html_to_text(&String::from_utf8_lossy(body)))
}

fn bounded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_error_address_gives_its_words() {
        let raw = "\u{a}\u{15}redirect_uri_mismatch\u{12}\u{b0}\u{1}You can't sign in to this app";
        let error = base64::engine::general_purpose::STANDARD.encode(raw);
        let mut url = url::Url::parse("https://accounts.google.com/signin/oauth/error/v2").unwrap();
        url.query_pairs_mut().append_pair("authError", &error);
        let words = words_of_location(url.as_str());
        assert!(words.contains("redirect_uri_mismatch"), "{words}");
        let case = advice::page_error(Kind::Google, &words);
        assert_eq!(case.cause_id, "redirect-uri-mismatch");
    }

    #[test]
    fn a_foreign_address_is_told_without_its_query() {
        let words = words_of_location("https://login.example/kmsi?state=s3cret&client_id=x");
        assert_eq!(words, "login.example/kmsi");
    }
}
