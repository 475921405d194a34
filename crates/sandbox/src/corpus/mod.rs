//! A mailbox full of office mail, Japanese and English, for demonstrations, screenshots and load.
//!
//! Told from templates ([`japanese`], [`english`]) by a cast of made-up people; charsets and MIME are those of the mailers
//! that such people use: UTF-8, ISO-2022-JP, Shift_JIS, EUC-JP, with files and threads. The same arguments give the same
//! octets.

mod cast;
mod chance;
mod english;
mod facts;
mod files;
mod japanese;
mod render;
mod story;
mod teller;
#[cfg(test)]
mod tests;

use wire::mime::Address;

use chance::Chance;
use story::{Kind, Who};
use teller::{Reader, Told};

const DAY: i64 = 86_400;
/// The oldest story begins so many days ago.
const DAYS: u64 = 150;

/// A mail and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorpusMail {
    pub raw: Vec<u8>,
    pub internal_date_unix: i64,
    /// `\Seen`, `\Answered`, `\Flagged`.
    pub flags: Vec<String>,
    /// `inbox`, `sent`, `archive`, `junk` or `trash`.
    pub folder: &'static str,
    /// Google only: `\Important`, `\Starred` and labels of the reader's own.
    pub gmail_labels: Vec<String>,
}

/// Exactly `count` mails of and to the reader, oldest first; at least one holds ①, ㈱ and 髙.
pub fn mails(seed: u64, count: usize, to: &Address, now_unix: i64) -> Vec<CorpusMail> {
    let mut chance = Chance::new(seed);
    let reader = Reader::new(to);
    let mut told = teller::tell(
        &japanese::NEC_CHARACTERS,
        &reader,
        DAY,
        now_unix,
        &mut chance,
    );
    let mut deck = Vec::new();
    while told.len() < count {
        if deck.is_empty() {
            deck = japanese::STORIES.iter().chain(english::STORIES).collect();
            chance.shuffle(&mut deck);
        }
        let Some(story) = deck.pop() else { break };
        // Recent days are fuller than old ones.
        let back = chance.below(1_000) * chance.below(1_000);
        let age = (back * DAYS / 1_000_000) as i64 * DAY + chance.below(86_400) as i64 + 600;
        told.extend(teller::tell(story, &reader, age, now_unix, &mut chance));
    }
    told.truncate(count);
    told.sort_by_key(|one| one.letter.date.unix);
    told.iter()
        .map(|one| place(one, now_unix, &mut chance))
        .collect()
}

fn place(told: &Told, now: i64, chance: &mut Chance) -> CorpusMail {
    let sent = told.letter.date.unix;
    let days = (now - sent) / DAY;
    let folder = match (told.who, told.kind) {
        (Who::Me, _) => "sent",
        (Who::Them, Kind::Junk) => "junk",
        (Who::Them, Kind::Newsletter) if days > 7 && chance.percent(40) => "trash",
        (Who::Them, _) if days > 21 && chance.percent(60) => "archive",
        (Who::Them, _) => "inbox",
    };
    let seen = folder == "sent"
        || told.answered
        || days > 14
        || chance.percent(if days > 2 { 85 } else { 40 });
    let flagged = folder == "inbox" && chance.percent(6);
    let flags = [
        ("\\Seen", seen),
        ("\\Answered", told.answered),
        ("\\Flagged", flagged),
    ];
    let mut gmail_labels = Vec::new();
    if !told.label.is_empty() {
        gmail_labels.push(told.label.to_owned());
    }
    if folder == "inbox"
        && matches!(told.kind, Kind::Customer | Kind::Partner)
        && chance.percent(40)
    {
        gmail_labels.push("\\Important".to_owned());
    }
    if flagged {
        gmail_labels.push("\\Starred".to_owned());
    }
    CorpusMail {
        raw: render::render(&told.letter),
        internal_date_unix: sent
            + if told.who == Who::Me {
                0
            } else {
                2 + chance.below(50) as i64
            },
        flags: flags
            .iter()
            .filter(|(_, set)| *set)
            .map(|(flag, _)| (*flag).to_owned())
            .collect(),
        folder,
        gmail_labels,
    }
}
