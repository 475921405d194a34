//! One row: what is said and where, and what must be told of it.

use sandbox::{ProviderKind, Reply};

/// What the provider says.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// Status and JSON body of the token endpoint.
    Token(u16, &'static str),
    /// `error` and `error_description` of the way back.
    Back(&'static str, &'static str),
    /// What a page of the provider shows, as people type it.
    Page(&'static str),
    /// Nothing is played: the person ticks only these scopes.
    Ticked(&'static [&'static str]),
    /// Lines of the IMAP server at a place.
    Imap(&'static str, &'static [&'static str]),
    /// The same, and the connection is closed.
    ImapEnd(&'static str, &'static [&'static str]),
    /// Lines of the SMTP server at a place.
    Smtp(&'static str, &'static [&'static str]),
}

impl Said {
    pub fn reply(self) -> Option<Reply> {
        Some(match self {
            Said::Ticked(_) | Said::Page(_) => return None,
            Said::Token(status, body) => Reply::token(status, body),
            Said::Back(error, "") => Reply::redirect(&[("error", error)]),
            Said::Back(error, words) => {
                Reply::redirect(&[("error", error), ("error_description", words)])
            }
            Said::Imap(when, lines) => Reply::imap(when, lines),
            Said::ImapEnd(when, lines) => Reply::imap(when, lines).closing(),
            Said::Smtp(when, lines) => Reply::smtp(when, lines),
        })
    }

    /// Words that must be shown as they are: the last line without tag, code in brackets and links.
    pub fn verbatim(self) -> String {
        let line = match self {
            // What is missing is no refusal of the server's.
            Said::Ticked(_) | Said::Imap("CAPABILITY", _) => return String::new(),
            Said::Token(_, body) => return description(body),
            Said::Back(_, words) | Said::Page(words) => words,
            Said::Imap(_, lines) | Said::ImapEnd(_, lines) => lines
                .iter()
                .rev()
                .find(|line| line.starts_with("{tag} ") || !line.starts_with("* BYE Connection"))
                .or(lines.last())
                .copied()
                .unwrap_or_default(),
            Said::Smtp(_, lines) => lines
                .iter()
                .find(|line| !line.starts_with("334"))
                .copied()
                .unwrap_or_default(),
        };
        let words = line.rsplit(']').next().unwrap_or(line);
        let words = if words.trim().is_empty() { line } else { words };
        let words = ["{tag} ", "* ", "NO ", "BAD ", "BYE "]
            .iter()
            .fold(words.trim(), |words, mark| {
                words.strip_prefix(mark).unwrap_or(words)
            });
        let skip = if matches!(self, Said::Smtp(..)) { 4 } else { 0 };
        let words: String = words.chars().skip(skip).take(24).collect();
        words.trim().to_owned()
    }

    /// Whether it is said before anybody has named themselves.
    pub fn is_for_everybody(self) -> bool {
        matches!(
            self,
            Said::Back(..)
                | Said::Imap("greeting" | "CAPABILITY", _)
                | Said::ImapEnd("greeting", _)
                | Said::Smtp("greeting" | "ehlo", _)
        )
    }
}

/// The beginning of `error_description`.
fn description(body: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let words = json["error_description"].as_str().unwrap_or_default();
    let words: String = words.chars().take(40).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where people meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `POST /api/credentials/{id}/check`
    Credential,
    /// `GET /api/connect/{id}` after a consent.
    Connect,
    /// `POST /api/accounts/{id}/check`
    Account,
    /// `GET /api/accounts/{id}/submissions` after a mail was handed in.
    Submission,
    /// What people type from a provider's own page.
    Page,
}

impl Via {
    pub fn name(self) -> &'static str {
        match self {
            Via::Credential => "`POST /api/credentials/{id}/check`",
            Via::Connect => "`GET /api/connect/{id}`",
            Via::Account => "`POST /api/accounts/{id}/check`",
            Via::Submission => "`GET /api/accounts/{id}/submissions`",
            Via::Page => "`POST /api/page-errors`",
        }
    }
}

/// When the next attempt makes sense.
#[derive(Clone, Copy, Debug)]
pub enum Again {
    /// Not by itself.
    No,
    /// Between so many seconds.
    In(u64, u64),
    /// Whether or not a time is told does not matter.
    Any,
}

impl Again {
    pub fn fits(self, told: Option<u64>) -> bool {
        match (self, told) {
            (Again::Any, _) | (Again::No, None) => true,
            (Again::In(from, to), Some(told)) => (from..=to).contains(&told),
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Row {
    pub provider: ProviderKind,
    pub via: Via,
    pub said: Said,
    /// The row of the catalogue; empty: nothing is wrong, and nothing is told.
    pub cause: &'static str,
    pub who: &'static str,
    pub again: Again,
    /// Words of the cure, among them the menus of the console.
    pub ja: &'static [&'static str],
    pub en: &'static [&'static str],
}

pub const MEMBER: &str = "member";
pub const ADMIN: &str = "administrator";
pub const PROVIDER_ADMIN: &str = "provider_administrator";
pub const NOBODY: &str = "nobody";

/// What is said, the row, who acts, when again, words of the cure in Japanese and in English.
pub type Data = (
    Said,
    &'static str,
    &'static str,
    Again,
    &'static [&'static str],
    &'static [&'static str],
);

/// Rows of one provider that are met at one place.
pub fn rows(provider: ProviderKind, via: Via, data: &[Data]) -> impl Iterator<Item = Row> {
    data.iter()
        .map(move |(said, cause, who, again, ja, en)| Row {
            provider,
            via,
            said: *said,
            cause,
            who,
            again: *again,
            ja,
            en,
        })
}
