//! What to tell people when something does not work: one catalogue, Japanese and English.
//!
//! How things move: whoever meets a trouble makes a [`Case`] (a cause id, the facts of the
//! moment, the provider's own words) and may store it. Only when it is shown is it put into the
//! reader's language, by [`Case::advise`]. The lookups in `lookup` turn answers of token and
//! authorization endpoints into cases; the cause ids of IMAP and SMTP come from `wire`.
//!
//! What always holds: a cause id never changes its meaning; every row has what happened, why
//! and what to do in both languages; an unknown id or code is shown verbatim, never swallowed,
//! with a phrase to search for ([`search_words`]) and can be counted ([`is_unknown`]).
//! Source: facts providers.md section 8, webmail.md section 8.

mod aadsts;
mod app_only;
mod case;
mod lookup;
mod rows;
mod search;

use serde::{Deserialize, Serialize};

pub use aadsts::{aadsts, numbers_in};
pub use app_only::app_only;
pub use case::{Advice, Case};
pub use lookup::{
    PAGE_ERRORS, PageError, TokenError, TokenStep, callback_error, page_error, token_error,
};
pub use search::{is_unknown, search_words};

/// The languages of every text that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Ja,
    #[default]
    En,
}

impl Language {
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Ja => "ja",
            Language::En => "en",
        }
    }

    /// A language tag such as `ja` or `ja-JP`; None for a language that we do not have.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "ja" => Some(Language::Ja),
            "en" => Some(Language::En),
            _ => None,
        }
    }

    /// `Accept-Language` (RFC 9110 section 12.5.4): the highest weight that we have, the first
    /// among equals; English where nothing fits.
    pub fn from_accept(header: &str) -> Self {
        let mut best = (0.0_f32, Language::default());
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let language = parts.next().and_then(Language::from_tag);
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=")?.trim().parse().ok())
                .unwrap_or(1.0_f32);
            if let Some(language) = language
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// Who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Member,
    Administrator,
    /// The administrator of the organisation at Google or Microsoft.
    ProviderAdministrator,
    /// Time alone helps, and we wait by ourselves.
    Nobody,
}

/// The kind of trouble (providers.md section 8). It chooses colours and retries, never whether
/// a grant lives: that is the token core's to decide, by `error` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A setting, here or in the console.
    Config,
    /// Somebody must approve.
    Consent,
    /// The member connects again.
    Reauth,
    /// The member does something at the provider.
    Person,
    /// Passes by itself.
    Transient,
    /// A limit; wait.
    Throttle,
    /// This message or item will not go; the account is well.
    Permanent,
    /// Our fault.
    Bug,
}

/// The page of the web app that mends it (routes of look.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    None,
    /// `/admin/credentials/{id}`
    Credential,
    /// `/admin/self-check`
    SelfCheck,
    /// `/connect?account={id}`
    Connect,
    /// `/settings/accounts/{id}`
    Account,
    /// `/admin/guide/{guide}/{card}`: the step of a provider's guide; empty where that provider's
    /// guide has none. The fact `guide` is the provider's name in the configuration. Without a
    /// step it is as [`Card::Credential`].
    Guide {
        google: &'static str,
        microsoft: &'static str,
    },
}

/// The three sentences, with `{placeholders}`.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub what: &'static str,
    pub why: &'static str,
    pub cure: &'static str,
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub id: &'static str,
    pub class: Class,
    pub who: Who,
    /// Seconds until the next attempt makes sense, where the answer names none itself.
    pub retry_after: Option<u64>,
    pub card: Card,
    pub ja: Text,
    pub en: Text,
}

impl Row {
    pub fn text(&self, language: Language) -> &Text {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// All rows; the ids are unique.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    rows::ALL.iter().flat_map(|part| part.iter())
}

/// The row of a cause id.
pub fn find(cause_id: &str) -> Option<&'static Row> {
    rows().find(|row| row.id == cause_id)
}

#[cfg(test)]
mod tests;
