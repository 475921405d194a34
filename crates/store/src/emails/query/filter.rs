//! Conditions on emails (RFC 8621, 4.4.1), written as SQL.

use std::future::Future;
use std::pin::Pin;

use wire::mime::{Address, Message};

use crate::args;
use crate::db::Value;
use crate::error::Result;
use crate::id::{AccountId, FolderId};
use crate::search;
use crate::tx::Tx;
use crate::world::Millis;

/// So many emails are looked at one by one, where no column answers.
pub const MAX_LOOKED_AT: usize = 10_000;

/// A tree of conditions (RFC 8620, 5.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter<C> {
    /// All of them hold.
    All(Vec<Filter<C>>),
    /// At least one holds.
    Any(Vec<Filter<C>>),
    /// None holds.
    Not(Vec<Filter<C>>),
    /// This holds.
    Is(C),
}

/// Where a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// From, To, Cc, Bcc, Subject, bodies, names of attachments.
    Text,
    /// From.
    From,
    /// To.
    To,
    /// Cc.
    Cc,
    /// Bcc.
    Bcc,
    /// Subject.
    Subject,
    /// Bodies.
    Body,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It is in this folder.
    InMailbox(FolderId),
    /// It is in a folder that is none of these.
    InMailboxOtherThan(Vec<FolderId>),
    /// Received before.
    Before(Millis),
    /// Received then or later.
    After(Millis),
    /// At least so many octets.
    MinSize(i64),
    /// Fewer octets.
    MaxSize(i64),
    /// All emails of its thread have the keyword.
    AllInThreadHaveKeyword(String),
    /// Some email of its thread has it.
    SomeInThreadHaveKeyword(String),
    /// No email of its thread has it.
    NoneInThreadHaveKeyword(String),
    /// It has the keyword.
    HasKeyword(String),
    /// It does not have it.
    NotKeyword(String),
    /// Whether something is attached.
    HasAttachment(bool),
    /// A text is found.
    Contains(Field, String),
    /// The Message-ID contains this.
    MessageId(String),
    /// It is one of these rows: the answer of a look at the bytes.
    OneOf(Vec<i64>),
}

/// Over which emails of a thread a keyword is asked.
#[derive(Clone, Copy)]
pub(super) enum InThread {
    All,
    Some,
    None,
}

/// Conditions with the values of their parameters; `$1` is the account.
pub(super) struct Sql {
    account: AccountId,
    pub(super) values: Vec<Value>,
}

type Written<'t> = Pin<Box<dyn Future<Output = Result<Option<String>>> + Send + 't>>;

impl Sql {
    pub(super) fn new(account: AccountId) -> Sql {
        Sql {
            account,
            values: args![account].to_vec(),
        }
    }

    fn value(&mut self, value: impl Into<Value>) -> usize {
        self.values.push(value.into());
        self.values.len()
    }

    /// The filter as a condition on `e`; `None` when too many emails would have to be looked at.
    /// The caller bounds the filter's depth and number of conditions.
    pub(super) fn filter<'t>(
        &'t mut self,
        tx: &'t mut Tx,
        filter: &'t Filter<Condition>,
    ) -> Written<'t> {
        Box::pin(async move {
            let (list, between, not, empty) = match filter {
                Filter::Is(condition) => return self.condition(tx, condition).await,
                Filter::All(list) => (list, " AND ", "", "1 = 1"),
                Filter::Any(list) => (list, " OR ", "", "1 = 0"),
                Filter::Not(list) => (list, " OR ", "NOT ", "1 = 0"),
            };
            let mut written = Vec::with_capacity(list.len());
            for filter in list {
                match self.filter(tx, filter).await? {
                    Some(condition) => written.push(format!("({condition})")),
                    None => return Ok(None),
                }
            }
            let inner = if written.is_empty() {
                empty.to_owned()
            } else {
                written.join(between)
            };
            Ok(Some(format!("{not}({inner})")))
        })
    }

    async fn condition(&mut self, tx: &mut Tx, condition: &Condition) -> Result<Option<String>> {
        let in_folder = "SELECT 1 FROM email_folders f WHERE f.account_id = e.account_id AND f.email_id = e.id AND f.folder_id";
        Ok(Some(match condition {
            Condition::InMailbox(folder) => {
                format!("EXISTS ({in_folder} = ${})", self.value(*folder))
            }
            Condition::InMailboxOtherThan(folders) if folders.is_empty() => "1 = 1".to_owned(),
            Condition::InMailboxOtherThan(folders) => {
                let places: Vec<String> = folders
                    .iter()
                    .map(|folder| format!("${}", self.value(*folder)))
                    .collect();
                format!("EXISTS ({in_folder} NOT IN ({}))", places.join(", "))
            }
            Condition::Before(time) => format!("e.received_at < ${}", self.value(*time)),
            Condition::After(time) => format!("e.received_at >= ${}", self.value(*time)),
            Condition::MinSize(size) => format!("e.size >= ${}", self.value(*size)),
            Condition::MaxSize(size) => format!("e.size < ${}", self.value(*size)),
            Condition::AllInThreadHaveKeyword(word) => self.thread_keyword(word, InThread::All),
            Condition::SomeInThreadHaveKeyword(word) => self.thread_keyword(word, InThread::Some),
            Condition::NoneInThreadHaveKeyword(word) => self.thread_keyword(word, InThread::None),
            Condition::HasKeyword(word) => self.has_keyword("e", word),
            Condition::NotKeyword(word) => format!("NOT ({})", self.has_keyword("e", word)),
            Condition::HasAttachment(has) => format!("e.has_attachment = ${}", self.value(*has)),
            Condition::MessageId(text) => {
                let pattern = format!("%{}%", escaped(&text.to_lowercase()));
                format!(
                    "COALESCE(LOWER(e.message_id), '') LIKE ${} ESCAPE '!'",
                    self.value(pattern)
                )
            }
            Condition::OneOf(rows) => one_of(rows),
            Condition::Contains(field, text) => return self.contains(tx, *field, text).await,
        }))
    }

    pub(super) fn has_keyword(&mut self, table: &str, word: &str) -> String {
        let pattern = format!("% {} %", escaped(word));
        format!("{table}.keywords LIKE ${} ESCAPE '!'", self.value(pattern))
    }

    pub(super) fn thread_keyword(&mut self, word: &str, over: InThread) -> String {
        let has = self.has_keyword("t", word);
        let thread = "EXISTS (SELECT 1 FROM emails t WHERE t.account_id = e.account_id AND t.thread_id = e.thread_id AND";
        match over {
            InThread::All => format!("NOT {thread} NOT ({has}))"),
            InThread::Some => format!("{thread} {has})"),
            InThread::None => format!("NOT {thread} {has})"),
        }
    }

    async fn contains(&mut self, tx: &mut Tx, field: Field, text: &str) -> Result<Option<String>> {
        // Every text contains the empty one; a text without a letter is found nowhere.
        if text.trim().is_empty() {
            return Ok(Some("1 = 1".to_owned()));
        }
        let (column, header) = match field {
            Field::Text => (search::Field::Everything, None),
            Field::From => (search::Field::Sender, None),
            Field::Subject => (search::Field::Subject, None),
            Field::Body => (search::Field::Body, None),
            Field::To | Field::Cc | Field::Bcc => (search::Field::Recipients, Some(field)),
        };
        let Some(header) = header else {
            let place = self.values.len() + 1;
            let Some((sql, value)) = search::condition(tx, column, text, place) else {
                return Ok(Some("1 = 0".to_owned()));
            };
            self.values.push(Value::from(value));
            return Ok(Some(sql));
        };
        let Some((sql, value)) = search::condition(tx, column, text, 2) else {
            return Ok(Some("1 = 0".to_owned()));
        };
        let rows = tx
            .rows(
                format!("SELECT e.seq, e.message FROM emails e WHERE e.account_id = $1 AND {sql} LIMIT {}", MAX_LOOKED_AT + 1),
                args![self.account, value],
            )
            .await?;
        if rows.len() > MAX_LOOKED_AT {
            return Ok(None);
        }
        let phrases = search::phrases(text);
        let mut found = Vec::new();
        for row in rows {
            let message: Message = serde_json::from_str(&row.get::<String>(1)?).unwrap_or_default();
            let addresses = match header {
                Field::Cc => &message.headers.cc,
                Field::Bcc => &message.headers.bcc,
                _ => &message.headers.to,
            };
            if has_phrases(addresses, &phrases) {
                found.push(row.get(0)?);
            }
        }
        Ok(Some(one_of(&found)))
    }
}

fn one_of(rows: &[i64]) -> String {
    if rows.is_empty() {
        return "1 = 0".to_owned();
    }
    let rows: Vec<String> = rows.iter().map(i64::to_string).collect();
    format!("e.seq IN ({})", rows.join(", "))
}

/// For LIKE with `ESCAPE '!'`.
fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, letter| {
            if matches!(letter, '!' | '%' | '_') {
                escaped.push('!');
            }
            escaped.push(letter);
            escaped
        })
}

/// Whether every phrase stands somewhere in these addresses, as the search index would say of them alone.
fn has_phrases(addresses: &[Address], phrases: &[(Vec<String>, bool)]) -> bool {
    let mut text = String::new();
    for address in addresses.iter().take(500) {
        text.push_str(address.name.as_deref().unwrap_or_default());
        text.push(' ');
        text.push_str(&address.email);
        text.push('\n');
    }
    let tokens = search::tokens(&text);
    phrases.iter().all(|(words, prefix)| {
        tokens.windows(words.len()).any(|window| {
            let last = words.len() - 1;
            window
                .iter()
                .zip(words)
                .enumerate()
                .all(|(index, (token, word))| {
                    token == word || (*prefix && index == last && token.starts_with(word.as_str()))
                })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_by_its_name_and_by_the_beginning_of_its_last_word() {
        let addresses = [
            Address::named("佐藤 花子", "hanako@example.jp"),
            Address::bare("bob@example.com"),
        ];
        let found = |text: &str| has_phrases(&addresses, &search::phrases(text));
        assert!(
            found("佐藤") && found("hanako@example.jp") && found("bob@exa") && found("花子 bob")
        );
        assert!(!found("鈴木") && !found("ob@example.com") && !found("example.net"));
    }

    #[test]
    fn what_like_takes_for_a_wild_card_is_escaped() {
        assert_eq!(escaped("a_b%c!"), "a!_b!%c!!");
    }
}
