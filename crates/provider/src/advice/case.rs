//! One trouble of one moment, and how it is put into words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Card, Language, Row, Who, find, rows, search_words};
use crate::profile::Kind;

/// The provider's own words are kept up to this many characters (an Exchange line is up to
/// 2 kB long).
const LONGEST_SAID: usize = 2000;
const LONGEST_FACT: usize = 500;

/// What is stored: no sentence, so that each reader gets a language of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub cause_id: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_said: Option<String>,
    /// Seconds, where the answer itself named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// What is shown (the shape of architecture.md section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    pub cause_id: String,
    /// What happened, and why.
    pub cause: String,
    /// What to do.
    pub cure: String,
    pub who: Who,
    /// Seconds.
    pub retry_after: Option<u64>,
    /// A route of the web app.
    pub card: Option<String>,
    pub provider_said: Option<String>,
}

/// What stands for a fact that is not known, Japanese and English.
pub(super) const UNKNOWN_FACTS: [(&str, &str, &str); 18] = [
    ("provider", "プロバイダ", "the provider"),
    ("address", "このメールボックス", "this mailbox"),
    ("person", "ログインした人", "the person who signed in"),
    ("sender", "この差出人", "this sender"),
    ("got", "別のアカウント", "another account"),
    ("expected", "このメールボックスのもの", "for this mailbox"),
    (
        "uri",
        "(認証情報の画面に表示されています)",
        "(shown on the credential's page)",
    ),
    ("time", "しばらくあと", "in a while"),
    ("date", "未登録", "not recorded"),
    (
        "link",
        "(認証情報の画面に表示されています)",
        "(shown on the credential's page)",
    ),
    (
        "organisation",
        "アプリの所有者の組織",
        "the organisation that owns the app",
    ),
    ("n", "不明", "unknown"),
    ("code", "不明なコード", "an unknown code"),
    ("search", "エラー コード", "the error code"),
    ("scope", "メールの権限", "the mail permission"),
    ("host", "メール サーバ", "the mail server"),
    ("rule", "公開URLの条件", "a rule for the public address"),
    ("name", "公開URLの名前", "The public name"),
];

impl Case {
    pub fn new(cause_id: impl Into<String>) -> Self {
        Case {
            cause_id: cause_id.into(),
            facts: BTreeMap::new(),
            provider_said: None,
            retry_after: None,
        }
    }

    /// Adds a fact for a placeholder (`address`, `provider`, `time`, ...), or `credential` and
    /// `account`, the ids that the card's route needs. An empty value is no fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = shorten(&value.into(), LONGEST_FACT);
        if !value.is_empty() {
            self.facts.insert(name.to_owned(), value);
        }
        self
    }

    /// The provider's own words. Whoever calls this has made sure that no secret is in them.
    #[must_use]
    pub fn said(mut self, words: impl AsRef<str>) -> Self {
        let words = shorten(words.as_ref(), LONGEST_SAID);
        self.provider_said = Some(words).filter(|words| !words.is_empty());
        self
    }

    #[must_use]
    pub fn retry(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The row; an id that no row has (written by a newer version, say) gets the general one.
    pub fn row(&self) -> &'static Row {
        find(&self.cause_id)
            .or_else(|| find("unknown-answer"))
            .or_else(|| rows().next())
            .unwrap_or(&super::rows::UNKNOWN)
    }

    /// Puts it into words.
    pub fn advise(&self, language: Language) -> Advice {
        let row = self.row();
        let text = row.text(language);
        let mut facts = self.facts.clone();
        // A fact that is a sentence comes in both languages: `rule_ja` and `rule_en` are `{rule}`.
        let suffix = format!("_{}", language.as_str());
        for (name, value) in &self.facts {
            if let Some(base) = name.strip_suffix(&suffix) {
                facts.insert(base.to_owned(), value.clone());
            }
        }
        if row.id == "unknown-answer" && row.id != self.cause_id {
            facts
                .entry("code".to_owned())
                .or_insert_with(|| self.cause_id.clone());
            facts
                .entry("search".to_owned())
                .or_insert_with(|| self.cause_id.clone());
        }
        if let Some(said) = &self.provider_said {
            facts
                .entry("search".to_owned())
                .or_insert_with(|| search_words(self.kind(), said));
        }
        let retry_after = self.retry_after.or(row.retry_after);
        if let Some(seconds) = retry_after {
            facts
                .entry("time".to_owned())
                .or_insert_with(|| about(seconds, language));
        }
        let between = match language {
            Language::Ja => "",
            Language::En => " ",
        };
        Advice {
            cause_id: self.cause_id.clone(),
            cause: fill(
                &format!("{}{between}{}", text.what, text.why),
                &facts,
                language,
            ),
            cure: fill(text.cure, &facts, language),
            who: row.who,
            retry_after,
            card: self.card(row.card),
            provider_said: self.provider_said.clone(),
        }
    }

    /// The guide and its step. Without the fact a row of one provider alone names its guide itself.
    fn guide_card(
        &self,
        google: &'static str,
        microsoft: &'static str,
    ) -> Option<(&str, &'static str)> {
        let named = self.facts.get("guide").map(String::as_str);
        let (guide, card) = match (named.filter(|name| plain_name(name)), google, microsoft) {
            (Some("google"), card, _) => ("google", card),
            (Some("microsoft"), _, card) => ("microsoft", card),
            (Some(name), card, "") | (Some(name), "", card) => (name, card),
            (None, card, "") => ("google", card),
            (None, "", card) => ("microsoft", card),
            _ => return None,
        };
        (!card.is_empty()).then_some((guide, card))
    }

    /// Whose answer it is, as far as the facts tell.
    fn kind(&self) -> Kind {
        let fact = |name: &str| self.facts.get(name).map(|value| value.to_ascii_lowercase());
        let named = [fact("guide"), fact("provider")];
        let says = |word: &str| named.iter().flatten().any(|name| name.contains(word));
        if says("google") || says("gmail") {
            Kind::Google
        } else if says("microsoft") || says("exchange") || says("outlook") {
            Kind::Microsoft
        } else {
            Kind::Generic
        }
    }

    fn card(&self, card: Card) -> Option<String> {
        let with_id = |fact: &str, route: &str, before: &str| {
            Some(match self.facts.get(fact).filter(|id| plain_id(id)) {
                Some(id) => format!("{route}{before}{id}"),
                None => route.to_owned(),
            })
        };
        match card {
            Card::None => None,
            Card::Credential => with_id("credential", "/admin/credentials", "/"),
            Card::Guide { google, microsoft } => match self.guide_card(google, microsoft) {
                Some((guide, card)) => Some(format!("/admin/guide/{guide}/{card}")),
                None => with_id("credential", "/admin/credentials", "/"),
            },
            Card::SelfCheck => Some("/admin/self-check".to_owned()),
            Card::Connect => with_id("account", "/connect", "?account="),
            Card::Account => with_id("account", "/settings/accounts", "/"),
        }
    }
}

/// A wait in words, for who did not give the time of day.
fn about(seconds: u64, language: Language) -> String {
    match (seconds, language) {
        (0..60, Language::Ja) => "まもなく".to_owned(),
        (0..60, Language::En) => "in a moment".to_owned(),
        (60..7200, Language::Ja) => format!("約 {} 分後", seconds.div_ceil(60)),
        (60..120, Language::En) => "in about a minute".to_owned(),
        (120..7200, Language::En) => format!("in about {} minutes", seconds.div_ceil(60)),
        (_, Language::Ja) => format!("約 {} 時間後", seconds.div_ceil(3600)),
        (_, Language::En) => format!("in about {} hours", seconds.div_ceil(3600)),
    }
}

/// Puts facts in place of `{names}`, in one pass: a fact that itself holds `{...}` stays as it is.
fn fill(template: &str, facts: &BTreeMap<String, String>, language: Language) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let unknown = UNKNOWN_FACTS.iter().find(|(fact, ..)| *fact == name);
        out.push_str(match (facts.get(name), unknown, language) {
            (Some(value), ..) => value,
            (None, Some((_, ja, _)), Language::Ja) => ja,
            (None, Some((.., en)), Language::En) => en,
            (None, None, _) => name,
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Ids of ours are a letter and base32; nothing else becomes part of a route.
fn plain_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A provider's name in the configuration.
fn plain_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}

/// One line, without control characters, cut at a character.
fn shorten(text: &str, longest: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(longest)
        .collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}
