//! Stories told: a cast, dates and numbers put into the templates, one letter for each mail.

use wire::mime::{Address, DateTime};

use super::cast::{self, Person};
use super::chance::Chance;
use super::facts::{at, day, facts, office_hours};
use super::files;
use super::render::{Charset, Letter};
use super::story::{Kind, Story, Turn, Who};

/// A letter and what the mailbox knows of it.
pub(super) struct Told {
    pub(super) letter: Letter,
    pub(super) kind: Kind,
    pub(super) who: Who,
    pub(super) label: &'static str,
    /// A mail of the reader's own follows.
    pub(super) answered: bool,
}

/// The reader of the corpus.
pub(super) struct Reader {
    email: String,
    name: String,
    domain: String,
    pub(super) japanese: String,
    pub(super) english: String,
}

impl Reader {
    pub(super) fn new(address: &Address) -> Reader {
        let (local, domain) = address
            .email
            .split_once('@')
            .unwrap_or((&address.email, "example.jp"));
        let given: String = local
            .chars()
            .take_while(|c| c.is_ascii_alphabetic())
            .collect();
        let mut letters = given.chars();
        let capital: String = letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect();
        let name = address.name.clone().unwrap_or_else(|| capital.clone());
        let first = name.split([' ', '　']).next().unwrap_or(&name).to_owned();
        let (japanese, english) = if name.is_ascii() {
            (name.clone(), first)
        } else {
            (first, capital)
        };
        Reader {
            email: address.email.clone(),
            name,
            domain: domain.to_owned(),
            japanese,
            english,
        }
    }
}

/// Tells a story that began `age` seconds before `now`; mails that would come after `now` are not told.
pub(super) fn tell(
    story: &Story,
    reader: &Reader,
    age: i64,
    now: i64,
    chance: &mut Chance,
) -> Vec<Told> {
    let them = *cast_for(story, chance);
    let others: Vec<&Person> = cast::COLLEAGUES
        .iter()
        .filter(|one| one.local != them.local)
        .collect();
    let third = **chance.pick(&others);
    let begin = office_hours(now - age, false, chance).min(now);
    let facts = facts(story.is_english(), reader, &them, &third, begin, chance);
    let fill = |text: &str| {
        facts.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    };
    let number = facts
        .iter()
        .find(|(name, _)| *name == "{no}")
        .map(|(_, value)| value.clone())
        .unwrap_or_default();
    let amount = facts
        .iter()
        .find(|(name, _)| *name == "{amount}")
        .map(|(_, value)| value.clone())
        .unwrap_or_default();
    let mut when = begin;
    let mut told: Vec<Told> = Vec::new();
    for (index, turn) in story.turns.iter().enumerate() {
        if index > 0 {
            let jitter = chance.below(3_600) as i64;
            when = office_hours(when + i64::from(turn.hours) * 3_600 + jitter, true, chance);
        }
        if when > now {
            break;
        }
        let own_text = fill(turn.text);
        let mut letter = letter(story, turn, reader, &them, &third, when, chance);
        letter.subject = subject(&fill(story.subject), index);
        letter.files = files::make(turn.files, story.is_english(), &number, &amount, &own_text);
        letter.text = format!("{own_text}\n{}", signature(story, turn.who, &them, reader));
        if story.kind == Kind::Newsletter {
            letter.html = Some(newsletter(&letter.subject, &own_text, &them, &number));
            letter.more = vec![
                format!(
                    "List-Unsubscribe: <https://{}/stop?n={number}>",
                    them.domain
                ),
                format!("List-Id: <news.{}>", them.domain),
            ];
        }
        if let Some(before) = told.last_mut() {
            letter.references.clone_from(&before.letter.references);
            letter.references.push(before.letter.id.clone());
            letter
                .text
                .push_str(&quote(&before.letter, story.is_english()));
            before.answered = turn.who == Who::Me;
        }
        told.push(Told {
            letter,
            kind: story.kind,
            who: turn.who,
            label: story.label,
            answered: false,
        });
    }
    told
}

fn subject(subject: &str, index: usize) -> String {
    if index == 0 {
        subject.to_owned()
    } else {
        format!("Re: {subject}")
    }
}

fn cast_for(story: &Story, chance: &mut Chance) -> &'static Person {
    if story.subject.contains('㈱') {
        return &cast::TAKAHASHI;
    }
    let list = match story.kind {
        Kind::Customer => cast::CUSTOMERS,
        Kind::Colleague => cast::COLLEAGUES,
        Kind::Partner => cast::PARTNERS,
        Kind::Newsletter if !story.is_english() => cast::SENDERS,
        Kind::Newsletter | Kind::Machine => cast::MACHINES,
        Kind::Junk => cast::STRANGERS,
    };
    list.iter()
        .find(|person| person.local == story.by)
        .unwrap_or_else(|| chance.pick(list))
}

fn address(person: &Person, reader: &Reader, english: bool) -> (String, String) {
    let domain = if person.domain.is_empty() {
        &reader.domain
    } else {
        person.domain
    };
    let name = match (english, person.unit.is_empty()) {
        (true, false) => format!("{} {}", person.given, person.family),
        (true, true) => format!("{} {}", person.family, person.given),
        (false, true) if person.family.is_ascii() => format!("{} {}", person.family, person.given),
        (false, true) => format!("{}{}", person.family, person.given),
        (false, false) => format!("{} {}", person.family, person.given),
    };
    (name, format!("{}@{domain}", person.local))
}

fn letter(
    story: &Story,
    turn: &Turn,
    reader: &Reader,
    them: &Person,
    third: &Person,
    when: i64,
    chance: &mut Chance,
) -> Letter {
    let english = story.is_english();
    let me = (reader.name.clone(), reader.email.clone());
    let other = address(them, reader, english);
    let mine = turn.who == Who::Me;
    let copied = turn.text.contains("{third}") || turn.text.starts_with("各位");
    let third = address(third, reader, english);
    let cc = if copied && third != other {
        vec![third]
    } else {
        Vec::new()
    };
    let domain = if mine || them.domain.is_empty() {
        &reader.domain
    } else {
        them.domain
    };
    let offset_minutes = if english && !mine { 60 } else { 540 };
    Letter {
        from: if mine { me.clone() } else { other.clone() },
        to: vec![if mine { other } else { me }],
        cc,
        subject: String::new(),
        date: DateTime {
            unix: when,
            offset_minutes,
        },
        id: format!(
            "<{:016x}{:08x}@{domain}>",
            chance.next(),
            chance.next() >> 32
        ),
        references: Vec::new(),
        charset: if mine { Charset::Utf8 } else { them.charset },
        mailer: if mine { "" } else { them.mailer },
        text: String::new(),
        html: None,
        files: Vec::new(),
        more: Vec::new(),
    }
}

fn signature(story: &Story, who: Who, them: &Person, reader: &Reader) -> String {
    if them.unit.is_empty() {
        return String::new();
    }
    let english = story.is_english();
    match (who, story.kind) {
        (_, Kind::Colleague) => String::new(),
        (Who::Me, _) if english => format!("\n-- \n{}\nMinato Seiki Co., Ltd.\n", reader.english),
        (Who::Me, _) => format!(
            "\n--\n{}\n{}\n〒210-0000 神奈川県川崎市\n{}\n",
            cast::HOME_COMPANY,
            reader.name,
            reader.email
        ),
        (Who::Them, _) if english => format!(
            "\n-- \n{} {}\n{}, {}\n",
            them.given, them.family, them.unit, them.company
        ),
        (Who::Them, _) => format!(
            "\n━━━━━━━━━━━━━━━━━━━━\n{}\n{}　{} {}\nTEL 03-0000-0000\n{}@{}\n━━━━━━━━━━━━━━━━━━━━\n",
            them.company, them.unit, them.family, them.given, them.local, them.domain
        ),
    }
}

/// The mail before, marked line by line, as long as people leave it below.
fn quote(before: &Letter, english: bool) -> String {
    let date = at(before.date.unix);
    let intro = if english {
        format!(
            "On {}, {} wrote:",
            day(before.date.unix, true),
            before.from.0
        )
    } else {
        format!(
            "{}年{} {}:{:02} {}:",
            date.year(),
            day(before.date.unix, false),
            date.hour(),
            date.minute(),
            before.from.0
        )
    };
    let lines: String = before
        .text
        .trim_end()
        .lines()
        .take(40)
        .map(|line| format!("> {line}\n"))
        .collect();
    format!("\n{intro}\n{lines}")
}

/// HTML as newsletters have it: tables, inline styles, a picture from outside and one that only counts readers.
fn newsletter(title: &str, text: &str, them: &Person, number: &str) -> String {
    let paragraphs: String = text
        .split("\n\n")
        .map(|paragraph| {
            format!(
                "<p style=\"margin:0 0 16px;line-height:1.8\">{}</p>\n",
                paragraph.replace('\n', "<br>\n")
            )
        })
        .collect();
    let domain = them.domain;
    format!(
        "<!DOCTYPE html>\n<html><head><title>{title}</title><style>a{{color:#0a6}}</style></head>\n<body style=\"background-color:#f4f4f4;margin:0\">\n\
         <table width=\"600\" align=\"center\" cellpadding=\"24\" bgcolor=\"#ffffff\" style=\"border-collapse:collapse\"><tr><td>\n\
         <img src=\"https://{domain}/banner.png\" width=\"552\" height=\"120\" alt=\"{}\">\n<h1 style=\"font-size:20px;color:#0a6\">{title}</h1>\n{paragraphs}\
         <p><a href=\"https://{domain}/read/{number}\" style=\"color:#0a6\">https://{domain}/</a></p>\n\
         <p style=\"font-size:11px;color:#888\"><a href=\"https://{domain}/stop?n={number}\">unsubscribe</a></p>\n</td></tr></table>\n\
         <img src=\"https://{domain}/open.gif?n={number}\" width=\"1\" height=\"1\" alt=\"\">\n</body></html>\n",
        them.company
    )
}
