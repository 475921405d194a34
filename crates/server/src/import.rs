//! Accounts from a CSV file, as the original writes them (G-111, G-112): header line, line-numbered errors, dry run.
//!
//!     bytes -> text (UTF-8 or Windows-31J) -> rows by column name -> judged against what is here -> one commit
//!
//! What always holds: with one wrong line nothing is stored; no password is taken, whatever the file holds; an
//! imported account waits (`pending_accounts`) until its person authorises it.

mod columns;
mod judge;

use access::Link;
use provider::Providers;
use provider::advice::Language;
use serde_json::json;
use store::audit::{self, Actor};
use store::users::{Refusal, Role};
use store::{pending_accounts, users};

pub use columns::SAMPLE;
use columns::read_rows;
use judge::{Change, House, Judged, judge};

/// A file has at most so many lines (G-112).
pub const MOST_LINES: usize = 50_000;
/// And so many octets.
pub const MOST_BYTES: usize = 32 << 20;

/// A sentence about one line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Remark {
    /// As an editor counts; the header is 1.
    pub line: u64,
    /// The column as the file names it; empty for the line as a whole.
    pub field: String,
    /// The sentence that helps.
    pub message: String,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Judge only.
    pub dry_run: bool,
    /// Replace what is known of the same アカウントID or mailbox.
    pub overwrite: bool,
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    /// Lines with an account.
    pub lines: usize,
    /// New ones.
    pub added: usize,
    /// Known ones that were replaced.
    pub changed: usize,
    /// Known ones that stay as they are.
    pub unchanged: usize,
    /// People who were invited, with their links: shown once.
    pub links: Vec<Link>,
    /// How many people are, or would be, invited.
    pub invited: usize,
    /// What should be known.
    pub warnings: Vec<Remark>,
    /// What is wrong; then nothing was stored.
    pub errors: Vec<Remark>,
}

/// Sentences in the caller's language.
#[derive(Clone, Copy)]
struct Say(Language);

impl Say {
    fn remark(self, line: u64, field: &str, ja: &str, en: &str) -> Remark {
        Remark {
            line,
            field: field.to_owned(),
            message: self.either(ja, en).to_owned(),
        }
    }

    fn either<'a>(self, ja: &'a str, en: &'a str) -> &'a str {
        match self.0 {
            Language::Ja => ja,
            Language::En => en,
        }
    }
}

/// Reads, judges and, unless it is a dry run or something is wrong, stores.
pub async fn import(
    providers: &Providers,
    actor: Actor,
    bytes: &[u8],
    options: Options,
    language: Language,
) -> store::Result<Outcome> {
    let say = Say(language);
    let mut outcome = Outcome::default();
    let rows = match read_rows(bytes, say) {
        Ok((rows, warnings)) => {
            outcome.warnings = warnings;
            rows
        }
        Err(errors) => {
            outcome.errors = errors;
            return Ok(outcome);
        }
    };
    outcome.lines = rows.len();
    let known = providers.clone();
    if options.dry_run {
        return providers
            .store()
            .read(move |tx| {
                Box::pin(async move {
                    let house = House::read(tx, &known).await?;
                    add_up(
                        &mut outcome,
                        &mut judge(&house, &rows, options.overwrite, say),
                    );
                    Ok(outcome)
                })
            })
            .await;
    }
    // Judged and stored in one transaction: nobody changes the house in between.
    let stored = providers
        .store()
        .try_write(move |tx| {
            Box::pin(async move {
                let house = House::read(tx, &known).await?;
                let mut judged = judge(&house, &rows, options.overwrite, say);
                add_up(&mut outcome, &mut judged);
                if !outcome.errors.is_empty() {
                    return Err(Ended::Judged(Box::new(outcome)));
                }
                store_rows(tx, &actor, &judged, &mut outcome).await?;
                Ok(outcome)
            })
        })
        .await;
    match stored {
        Ok(outcome) => Ok(outcome),
        Err(Ended::Judged(outcome)) => Ok(*outcome),
        Err(Ended::Store(error)) => Err(error),
    }
}

/// Why the transaction was taken back.
enum Ended {
    /// Something is wrong.
    Judged(Box<Outcome>),
    Store(store::Error),
}

impl From<store::Error> for Ended {
    fn from(error: store::Error) -> Ended {
        Ended::Store(error)
    }
}

/// What the judgement comes to, in numbers and sentences.
fn add_up(outcome: &mut Outcome, judged: &mut Judged) {
    outcome.warnings.append(&mut judged.warnings);
    outcome.errors.append(&mut judged.errors);
    outcome.invited = judged.people.len();
    for planned in &judged.planned {
        match planned.change {
            Change::Add => outcome.added += 1,
            Change::Replace => outcome.changed += 1,
            Change::Keep => outcome.unchanged += 1,
        }
    }
}

async fn store_rows(
    tx: &mut store::Tx,
    actor: &Actor,
    judged: &Judged,
    outcome: &mut Outcome,
) -> store::Result<()> {
    for person in &judged.people {
        let (login, name, address) = (&person.login, &person.name, &person.address);
        match access::invite(tx, actor, login, name, address, Role::Member).await {
            Ok(link) => outcome.links.push(link),
            Err(Refusal::Store(error)) => return Err(error),
            // It was judged as free in this transaction.
            Err(_) => return Err(store::Error::BrokenOff),
        }
    }
    let changing = || {
        let all = judged.planned.iter();
        all.filter(|planned| planned.change != Change::Keep)
    };
    // All that is replaced goes first: two lines may exchange their mailboxes.
    for before in changing().filter_map(|planned| planned.replaces) {
        pending_accounts::remove(tx, before).await?;
    }
    for planned in changing() {
        let user = users::by_login(tx, &planned.login)
            .await?
            .ok_or(store::Error::BrokenOff)?;
        pending_accounts::put(tx, &planned.pending(user.id)).await?;
    }
    let detail = json!({
        "added": outcome.added, "changed": outcome.changed, "invited": outcome.links.len(),
    });
    audit::add(tx, actor, "accounts.imported", "csv", detail).await
}
