//! Full text: our own tokens, in FTS5 on SQLite and in `tsvector` on PostgreSQL. The honest exception to
//! "one statement for both": the two texts stand side by side here.
//!
//! Text is folded (NFKC, lower case); runs of Han, kana and hangul become overlapping pairs of characters
//! plus the last single one, other runs become words. A query is cut the same way and becomes a phrase, so
//! 京都 is found in 東京都庁 on both databases alike. Neither database's own parser is ever used.

use unicode_normalization::UnicodeNormalization;
use wire::mime::{Address, Message};

use crate::args;
use crate::error::Result;
use crate::id::AccountId;
use crate::tx::Tx;

/// A tsvector holds positions up to 16,383; what lies behind is not indexed.
const MAX_TOKENS: usize = 12_000;
/// The last position that a tsvector tells from the next.
const MAX_POSITION: usize = 16_000;
/// So many octets of tokens are indexed of a field: a tsvector of all fields holds 1 MiB, positions included.
const MAX_OCTETS: usize = 200_000;
/// Longer words are noise: encoded data, not language.
const MAX_WORD: usize = 60;

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// From.
    Sender,
    /// To, Cc, Bcc.
    Recipients,
    /// Subject.
    Subject,
    /// Bodies.
    Body,
    /// Everywhere.
    Everything,
}

impl Field {
    fn column(self) -> &'static str {
        match self {
            Field::Sender => "sender",
            Field::Recipients => "recipients",
            Field::Subject => "subject",
            Field::Body => "body",
            Field::Everything => "everything",
        }
    }
}

fn is_cjk(letter: char) -> bool {
    matches!(letter as u32,
        0x3005..=0x3007 | 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// Cuts text into tokens, in order.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut run: Vec<char> = Vec::new();
    for letter in text.nfkc().flat_map(char::to_lowercase) {
        if tokens.len() >= MAX_TOKENS {
            break;
        }
        if is_cjk(letter) {
            flush_word(&mut word, &mut tokens);
            if let Some(before) = run.last() {
                tokens.push([*before, letter].iter().collect());
            }
            run.push(letter);
        } else {
            flush_run(&mut run, &mut tokens);
            if letter.is_alphanumeric() {
                word.push(letter);
            } else {
                flush_word(&mut word, &mut tokens);
            }
        }
    }
    flush_word(&mut word, &mut tokens);
    flush_run(&mut run, &mut tokens);
    tokens.truncate(MAX_TOKENS);
    let mut octets = 0;
    tokens.retain(|token| {
        octets += token.len();
        octets <= MAX_OCTETS
    });
    tokens
}

fn flush_word(word: &mut String, tokens: &mut Vec<String>) {
    if !word.is_empty() {
        if word.chars().count() <= MAX_WORD {
            tokens.push(std::mem::take(word));
        }
        word.clear();
    }
}

fn flush_run(run: &mut Vec<char>, tokens: &mut Vec<String>) {
    if let Some(last) = run.last() {
        tokens.push(last.to_string());
    }
    run.clear();
}

/// The phrases of a query: a word each, or what stands between quotes. Every phrase must be found; the
/// flag says whether its last token may be the beginning of a longer one.
pub fn phrases(query: &str) -> Vec<(Vec<String>, bool)> {
    let mut phrases = Vec::new();
    for (index, piece) in query.split('"').enumerate() {
        let quoted = index % 2 == 1;
        let parts: Vec<&str> = if quoted {
            vec![piece]
        } else {
            piece.split_whitespace().collect()
        };
        for part in parts {
            let folded: String = part.nfkc().flat_map(char::to_lowercase).collect();
            let single = folded.chars().count() == 1 && folded.chars().all(is_cjk);
            let mut cut = tokens(part);
            // A run's last single character matches only at the end of a run: the pairs before it suffice.
            if cut.len() > 1
                && cut
                    .last()
                    .is_some_and(|last| last.chars().count() == 1 && last.chars().all(is_cjk))
            {
                cut.pop();
            }
            let latin = cut.last().is_some_and(|last| !last.chars().any(is_cjk));
            if !cut.is_empty() {
                phrases.push((cut, single || (latin && !quoted)));
            }
            if phrases.len() >= 20 {
                return phrases;
            }
        }
    }
    phrases
}

/// A condition on `e.seq` for a WHERE, with the value of its one parameter; `None` when the query has no word.
pub fn condition(tx: &Tx, field: Field, query: &str, parameter: usize) -> Option<(String, String)> {
    let phrases = phrases(query);
    if phrases.is_empty() {
        return None;
    }
    if tx.is_sqlite() {
        let match_text: Vec<String> = phrases
            .iter()
            .map(|(cut, prefix)| format!("\"{}\"{}", cut.join(" "), if *prefix { "*" } else { "" }))
            .collect();
        let text = match_text.join(" AND ");
        let text = match field {
            Field::Everything => text,
            field => format!("{{{}}} : ({text})", field.column()),
        };
        Some((
            format!(
                "e.seq IN (SELECT rowid FROM email_search WHERE email_search MATCH ${parameter})"
            ),
            text,
        ))
    } else {
        let queries: Vec<String> = phrases
            .iter()
            .map(|(cut, prefix)| {
                let last = cut.len() - 1;
                let words: Vec<String> = cut
                    .iter()
                    .enumerate()
                    .map(|(index, word)| {
                        format!(
                            "'{word}'{}",
                            if *prefix && index == last { ":*" } else { "" }
                        )
                    })
                    .collect();
                format!("({})", words.join(" <-> "))
            })
            .collect();
        let sql = format!(
            "e.seq IN (SELECT seq FROM email_search WHERE {} @@ CAST(${parameter} AS tsquery))",
            field.column()
        );
        Some((sql, queries.join(" & ")))
    }
}

fn addresses(lists: &[&[Address]]) -> String {
    let mut text = String::new();
    for address in lists.iter().flat_map(|list| list.iter()).take(500) {
        text.push_str(address.name.as_deref().unwrap_or_default());
        text.push(' ');
        text.push_str(&address.email);
        text.push('\n');
    }
    text
}

/// Makes an email findable.
pub async fn index(
    tx: &mut Tx,
    account: AccountId,
    seq: i64,
    message: &Message,
    body: &str,
) -> Result<()> {
    let headers = &message.headers;
    let mut body = body.to_owned();
    for part in message.parts() {
        if let Some(name) = &part.name {
            body.push('\n');
            body.push_str(name);
        }
    }
    let fields = [
        tokens(&addresses(&[&headers.from])),
        tokens(&addresses(&[&headers.to, &headers.cc, &headers.bcc])),
        tokens(headers.subject.as_deref().unwrap_or_default()),
        tokens(&body),
    ];
    if tx.is_sqlite() {
        let [sender, recipients, subject, body] = fields.map(|tokens| tokens.join(" "));
        tx.execute(
            "INSERT INTO email_search (rowid, sender, recipients, subject, body) VALUES ($1, $2, $3, $4, $5)",
            args![seq, sender, recipients, subject, body],
        )
        .await?;
    } else {
        let everything = vector(&fields);
        let [sender, recipients, subject, body] = fields.map(|tokens| vector(&[tokens]));
        tx.execute(
            "INSERT INTO email_search (account_id, seq, sender, recipients, subject, body, everything) VALUES \
             ($1, $2, CAST($3 AS tsvector), CAST($4 AS tsvector), CAST($5 AS tsvector), CAST($6 AS tsvector), CAST($7 AS tsvector))",
            args![account, seq, sender, recipients, subject, body, everything],
        )
        .await?;
    }
    Ok(())
}

fn vector(fields: &[Vec<String>]) -> String {
    let mut text = String::new();
    let mut position = 0;
    for tokens in fields {
        for token in tokens {
            position += 1;
            if position > MAX_POSITION {
                return text;
            }
            // Tokens hold letters and digits only, so nothing needs escaping.
            text.push_str(&format!("'{token}':{position} "));
        }
        // A gap: no phrase runs from one field into the next.
        position += 1;
    }
    text
}

/// Makes an email unfindable.
pub async fn forget(tx: &mut Tx, seq: i64) -> Result<()> {
    let sql = if tx.is_sqlite() {
        "DELETE FROM email_search WHERE rowid = $1"
    } else {
        "DELETE FROM email_search WHERE seq = $1"
    };
    tx.execute(sql, args![seq]).await?;
    Ok(())
}

/// Makes all emails of an account unfindable.
pub async fn forget_account(tx: &mut Tx, account: AccountId) -> Result<()> {
    let sql = if tx.is_sqlite() {
        "DELETE FROM email_search WHERE rowid IN (SELECT seq FROM emails WHERE account_id = $1)"
    } else {
        "DELETE FROM email_search WHERE account_id = $1"
    };
    tx.execute(sql, args![account]).await?;
    Ok(())
}

/// Makes all emails unfindable.
pub(crate) async fn forget_everything(tx: &mut Tx) -> Result<()> {
    let sql = if tx.is_sqlite() {
        "INSERT INTO email_search (email_search) VALUES ('delete-all')"
    } else {
        "DELETE FROM email_search"
    };
    tx.execute(sql, args![]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_becomes_pairs_and_latin_becomes_words() {
        assert_eq!(
            tokens("東京都庁 Meeting"),
            ["東京", "京都", "都庁", "庁", "meeting"]
        );
        assert_eq!(tokens("ﾃｽﾄ"), tokens("テスト"));
        assert_eq!(tokens("a'b\"c"), ["a", "b", "c"]);
    }

    #[test]
    fn a_query_becomes_phrases_without_the_lonely_last_character() {
        assert_eq!(phrases("京都"), [(vec!["京都".to_owned()], false)]);
        assert_eq!(phrases("都"), [(vec!["都".to_owned()], true)]);
        assert_eq!(phrases("会議 tok").len(), 2);
        assert!(phrases("  \"\" ").is_empty());
    }
}
