//! SEARCH: charsets at Gmail, none at Exchange (transcripts.md A7, B7).

use std::sync::Arc;

use mail_parser::{HeaderValue, MessageParser};
use wire::imap::SearchKey;

use super::mime;
use super::session::{Seen, Session};
use super::words;
use crate::ProviderKind;
use crate::mailbox::{Mailbox, Message, Role};

pub(crate) struct Asked<'a> {
    pub(crate) uid: bool,
    pub(crate) options: Option<Vec<String>>,
    pub(crate) charset: Option<String>,
    pub(crate) key: SearchKey,
    /// The command as it came.
    pub(crate) bytes: &'a [u8],
}

pub(crate) fn search(session: &mut Session, tag: &str, asked: &Asked<'_>) {
    let google = session.provider == ProviderKind::Google;
    if session.selected.is_none() {
        session.not_selected(tag, "SEARCH");
        return;
    }
    if !google {
        if asked
            .charset
            .as_deref()
            .is_some_and(|c| !c.eq_ignore_ascii_case("US-ASCII"))
        {
            session.tagged(
                tag,
                "NO [BADCHARSET (US-ASCII)] The specified charset is not supported.",
            );
            return;
        }
        if !asked.bytes.is_ascii() {
            session.bad(tag, "BAD Command Error. 11");
            return;
        }
        if asked.options.is_some() || foreign(&asked.key) {
            session.bad(tag, "BAD Command Argument Error. 11");
            return;
        }
    } else if !asked.bytes.is_ascii() && asked.charset.is_none() && !session.utf8 {
        session.bad(tag, "BAD Could not parse command");
        return;
    }
    let hits = hits(session, asked);
    match &asked.options {
        None => {
            let list: String = hits.iter().map(|n| format!(" {n}")).collect();
            session.put(&format!("* SEARCH{list}"));
        }
        Some(options) => {
            let mut said = format!("* ESEARCH (TAG \"{tag}\")");
            if asked.uid {
                said.push_str(" UID");
            }
            let all = options.is_empty() || options.iter().any(|o| o == "ALL");
            for option in options {
                match (option.as_str(), hits.first(), hits.last()) {
                    ("MIN", Some(first), _) => said.push_str(&format!(" MIN {first}")),
                    ("MAX", _, Some(last)) => said.push_str(&format!(" MAX {last}")),
                    ("COUNT", _, _) => said.push_str(&format!(" COUNT {}", hits.len())),
                    _ => {}
                }
            }
            if all && !hits.is_empty() {
                said.push_str(&format!(" ALL {}", words::set(&hits)));
            }
            session.put(&said);
        }
    }
    session.done(tag, "SEARCH");
}

fn foreign(key: &SearchKey) -> bool {
    match key {
        SearchKey::GmRaw(_)
        | SearchKey::GmMsgId(_)
        | SearchKey::GmThrId(_)
        | SearchKey::GmLabels(_)
        | SearchKey::ModSeq(_) => true,
        SearchKey::And(keys) => keys.iter().any(foreign),
        SearchKey::Or(a, b) => foreign(a) || foreign(b),
        SearchKey::Not(a) => foreign(a),
        _ => false,
    }
}

fn hits(session: &Session, asked: &Asked<'_>) -> Vec<u32> {
    let Some(selected) = &session.selected else {
        return Vec::new();
    };
    let address = session.address();
    let world = Arc::clone(&session.world);
    let mut books = world.books();
    let Some(mailbox) = books.mailbox(&address) else {
        return Vec::new();
    };
    let Some(at) = mailbox.find(&selected.name) else {
        return Vec::new();
    };
    let last = selected.view.last().map_or(0, |r| r.uid);
    let count = u32::try_from(selected.view.len()).unwrap_or(u32::MAX);
    let mut hits = Vec::new();
    for (index, row) in selected.view.iter().enumerate() {
        if selected.late.contains(&row.uid) {
            continue;
        }
        let Some(message) = mailbox.messages.get(&row.message) else {
            continue;
        };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let candidate = Candidate {
            mailbox,
            message,
            row,
            at,
            number,
            last,
            count,
        };
        if candidate.meets(&asked.key) {
            hits.push(if asked.uid { row.uid } else { number });
        }
    }
    hits
}

struct Candidate<'a> {
    mailbox: &'a Mailbox,
    message: &'a Message,
    row: &'a Seen,
    at: usize,
    number: u32,
    last: u32,
    count: u32,
}

impl Candidate<'_> {
    fn meets(&self, key: &SearchKey) -> bool {
        let sent = || {
            let mail = MessageParser::default().parse_headers(&*self.message.raw)?;
            let unix = mail.date()?.to_timestamp();
            time::OffsetDateTime::from_unix_timestamp(unix)
                .ok()
                .map(time::OffsetDateTime::date)
        };
        let received = || {
            time::OffsetDateTime::from_unix_timestamp(self.message.internal_date)
                .map(time::OffsetDateTime::date)
                .ok()
        };
        let size = u64::try_from(self.message.raw.len()).unwrap_or(u64::MAX);
        match key {
            SearchKey::All => true,
            SearchKey::And(keys) => keys.iter().all(|k| self.meets(k)),
            SearchKey::Or(a, b) => self.meets(a) || self.meets(b),
            SearchKey::Not(a) => !self.meets(a),
            SearchKey::Sequence(set) => set.contains(self.number, self.count),
            SearchKey::Uid(set) => set.contains(self.row.uid, self.last),
            SearchKey::Flag(flag) => self.flagged(flag),
            SearchKey::NoFlag(flag) => !self.flagged(flag),
            SearchKey::Header(name, value) => self.header(name, value),
            SearchKey::Field(name, value) => self.header(name, value),
            SearchKey::Body(text) => self.body(text),
            SearchKey::Text(text) => self.body(text) || self.any_header(text),
            SearchKey::Since(date) => received().is_some_and(|d| d >= *date),
            SearchKey::Before(date) => received().is_some_and(|d| d < *date),
            SearchKey::On(date) => received().is_some_and(|d| d == *date),
            SearchKey::SentSince(date) => sent().is_some_and(|d| d >= *date),
            SearchKey::SentBefore(date) => sent().is_some_and(|d| d < *date),
            SearchKey::SentOn(date) => sent().is_some_and(|d| d == *date),
            SearchKey::Larger(octets) => size > *octets,
            SearchKey::Smaller(octets) => size < *octets,
            SearchKey::ModSeq(modseq) => self.message.modseq >= *modseq,
            SearchKey::GmRaw(words) => words.split_whitespace().all(|w| self.gmail_word(w)),
            SearchKey::GmMsgId(id) => self.row.message == *id,
            SearchKey::GmThrId(id) => self.message.thread == *id,
            SearchKey::GmLabels(label) => self.labelled(label),
        }
    }

    fn flagged(&self, flag: &str) -> bool {
        if flag.eq_ignore_ascii_case("\\Deleted") {
            let entry = self
                .mailbox
                .folder(self.at)
                .and_then(|f| f.entry(self.row.uid));
            return entry.is_some_and(|e| e.deleted);
        }
        if flag.eq_ignore_ascii_case("\\Recent") {
            return self.row.recent;
        }
        self.message
            .flags
            .iter()
            .any(|f| f.eq_ignore_ascii_case(flag))
    }

    /// The field as it stands, or with its encoded words read.
    fn header(&self, name: &str, wanted: &str) -> bool {
        let fields = mime::headers(&self.message.raw);
        let Some(raw) = mime::value(&fields, name) else {
            return false;
        };
        if wanted.is_empty() || contains(&raw, wanted) {
            return true;
        }
        let mail = MessageParser::default().parse_headers(&*self.message.raw);
        mail.is_some_and(|mail| {
            mail.header(name.to_owned())
                .is_some_and(|value| contains(&words_of(value), wanted))
        })
    }

    fn any_header(&self, text: &str) -> bool {
        ["Subject", "From", "To", "Cc"]
            .iter()
            .any(|name| self.header(name, text))
    }

    fn body(&self, text: &str) -> bool {
        let Some(mail) = MessageParser::default().parse(&*self.message.raw) else {
            return false;
        };
        (0..mail.text_body_count()).any(|n| mail.body_text(n).is_some_and(|b| contains(&b, text)))
    }

    fn labelled(&self, label: &str) -> bool {
        let decoded = super::utf7::decode(label);
        self.mailbox
            .labels(self.row.message, usize::MAX)
            .iter()
            .any(|l| l.eq_ignore_ascii_case(&decoded))
    }

    /// The words of Gmail's search box that clients use most.
    fn gmail_word(&self, word: &str) -> bool {
        let word = word.trim_matches('"');
        if let Some(rest) = word.strip_prefix('-') {
            return !self.gmail_word(rest);
        }
        match word.split_once(':') {
            Some(("rfc822msgid", id)) => self.header("Message-ID", id),
            Some(("subject", text)) => self.header("Subject", text),
            Some(("from", text)) => self.header("From", text),
            Some(("to", text)) => self.header("To", text),
            Some(("is" | "in", "unread")) => !self.flagged("\\Seen"),
            Some(("is", "read")) => self.flagged("\\Seen"),
            Some(("is", "starred")) => self.flagged("\\Flagged"),
            Some(("has", "attachment")) => {
                let mail = MessageParser::default().parse(&*self.message.raw);
                mail.is_some_and(|m| m.attachment_count() > 0)
            }
            Some(("in", "anywhere")) => true,
            Some(("in", place)) => {
                let role = match place {
                    "inbox" => Role::Inbox,
                    "sent" => Role::Sent,
                    "trash" => Role::Trash,
                    "spam" => Role::Junk,
                    "drafts" => Role::Drafts,
                    _ => return self.labelled(place),
                };
                let folder = self
                    .mailbox
                    .role(role)
                    .and_then(|at| self.mailbox.folder(at));
                folder.is_some_and(|f| f.holds(self.row.message))
            }
            Some(("label", label)) => self.labelled(label),
            _ => self.body(word) || self.any_header(word),
        }
    }
}

/// What a person reads of a header field.
fn words_of(value: &HeaderValue<'_>) -> String {
    match value {
        HeaderValue::Text(text) => text.to_string(),
        HeaderValue::TextList(list) => list.join(" "),
        HeaderValue::Address(list) => list
            .iter()
            .map(|a| {
                let name = a.name.as_deref().unwrap_or_default();
                format!("{name} {} ", a.address.as_deref().unwrap_or_default())
            })
            .collect(),
        _ => String::new(),
    }
}

fn contains(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(&wanted.to_lowercase())
}
