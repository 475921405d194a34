//! Puts arguments on the wire: atoms, strings, literals, flags, dates, search keys.

use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::super::cursor::is_atom_byte;
use super::super::search_key::SearchKey;
use super::super::sequence::SequenceSet;
use super::{LiteralMode, Step, UnfitArgument};

/// What RFC 7888 lets `LITERAL-` send without waiting, in octets.
const LITERAL_MINUS_LIMIT: u64 = 4096;

const DATE: &[FormatItem<'_>] = format_description!("[day padding:none]-[month repr:short]-[year]");
const DATE_TIME: &[FormatItem<'_>] = format_description!(
    "[day padding:space]-[month repr:short]-[year] [hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
);

pub(super) struct Writer {
    literals: LiteralMode,
    line: Vec<u8>,
    steps: Vec<Step>,
}

impl Writer {
    pub(super) fn new(literals: LiteralMode) -> Self {
        Self {
            literals,
            line: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Our own words: never anything from outside.
    pub(super) fn raw(&mut self, words: &str) {
        self.line.extend_from_slice(words.as_bytes());
    }

    pub(super) fn step(&mut self, step: Step) {
        self.flush();
        self.steps.push(step);
    }

    fn flush(&mut self) {
        if !self.line.is_empty() {
            self.steps.push(Step::Send(std::mem::take(&mut self.line)));
        }
    }

    pub(super) fn finish(mut self) -> Vec<Step> {
        self.flush();
        self.steps
    }

    pub(super) fn separated<T>(
        &mut self,
        items: &[T],
        mut one: impl FnMut(&mut Self, &T) -> Result<(), UnfitArgument>,
    ) -> Result<(), UnfitArgument> {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.raw(" ");
            }
            one(self, item)?;
        }
        Ok(())
    }

    pub(super) fn atom(&mut self, what: &'static str, atom: &str) -> Result<(), UnfitArgument> {
        let fit = |b: u8| b.is_ascii_graphic() && is_atom_byte(b) && !matches!(b, b'%' | b'*');
        if atom.is_empty() || !atom.bytes().all(fit) {
            return Err(UnfitArgument {
                what,
                why: "it is not an atom",
            });
        }
        self.raw(atom);
        Ok(())
    }

    /// A flag or keyword: an atom, maybe behind a backslash.
    pub(super) fn flag(&mut self, flag: &str) -> Result<(), UnfitArgument> {
        if flag.starts_with('\\') {
            self.raw("\\");
        }
        self.atom("a flag", flag.strip_prefix('\\').unwrap_or(flag))
    }

    /// Something that is already in wire form and only must not break out of its line.
    pub(super) fn line_part(
        &mut self,
        what: &'static str,
        part: &str,
    ) -> Result<(), UnfitArgument> {
        if part.bytes().any(|b| b.is_ascii_control() || b == b'{') || !part.is_ascii() {
            return Err(UnfitArgument {
                what,
                why: "it holds a control character, a brace or an 8-bit one",
            });
        }
        self.raw(part);
        Ok(())
    }

    /// A quoted string, or a literal where quoting is not enough.
    pub(super) fn string(&mut self, what: &'static str, text: &str) -> Result<(), UnfitArgument> {
        if text.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return Err(UnfitArgument {
                what,
                why: "it holds a line end or NUL",
            });
        }
        // Exchange takes no TAB in a quoted name and sends quotes as literals itself (facts B2, B7).
        let literal = |b: u8| b.is_ascii_control() || b == b'"' || !b.is_ascii();
        if text.bytes().any(literal) {
            self.announce(text.len() as u64);
            self.raw(text);
        } else {
            self.raw("\"");
            self.raw(&text.replace('\\', "\\\\"));
            self.raw("\"");
        }
        Ok(())
    }

    /// `{n}` and the wait for it, or `{n+}`.
    pub(super) fn announce(&mut self, len: u64) {
        let free = match self.literals {
            LiteralMode::Wait => false,
            // Above this size waiting is worth it everywhere: a refusal then costs no upload.
            LiteralMode::Minus | LiteralMode::Plus => len <= LITERAL_MINUS_LIMIT,
        };
        if free {
            self.raw(&format!("{{{len}+}}\r\n"));
        } else {
            self.raw(&format!("{{{len}}}\r\n"));
            self.step(Step::AwaitContinuation);
        }
    }

    pub(super) fn set(&mut self, set: &SequenceSet) -> Result<(), UnfitArgument> {
        if set.is_empty() {
            return Err(UnfitArgument {
                what: "an empty set of UIDs",
                why: "servers refuse it",
            });
        }
        self.raw(&set.to_string());
        Ok(())
    }

    pub(super) fn date_time(&mut self, date: OffsetDateTime) -> Result<(), UnfitArgument> {
        let unfit = |_| UnfitArgument {
            what: "a date",
            why: "it has no IMAP form",
        };
        let text = date.format(DATE_TIME).map_err(unfit)?;
        self.raw(&format!("\"{text}\""));
        Ok(())
    }

    fn date(&mut self, word: &str, date: Date) -> Result<(), UnfitArgument> {
        let unfit = |_| UnfitArgument {
            what: "a date",
            why: "it has no IMAP form",
        };
        let text = date.format(DATE).map_err(unfit)?;
        self.raw(&format!("{word} {text}"));
        Ok(())
    }

    /// `CHARSET UTF-8` only where it is needed: Exchange refuses it even for ASCII words.
    pub(super) fn search(&mut self, key: &SearchKey) -> Result<(), UnfitArgument> {
        if !is_ascii(key) {
            self.raw("CHARSET UTF-8 ");
        }
        match key {
            SearchKey::And(keys) if !keys.is_empty() => self.separated(keys, Self::key),
            _ => self.key(key),
        }
    }

    fn key(&mut self, key: &SearchKey) -> Result<(), UnfitArgument> {
        match key {
            SearchKey::All => self.raw("ALL"),
            SearchKey::And(keys) if keys.is_empty() => self.raw("ALL"),
            SearchKey::And(keys) => {
                self.raw("(");
                self.separated(keys, Self::key)?;
                self.raw(")");
            }
            SearchKey::Or(a, b) => {
                self.raw("OR ");
                self.key(a)?;
                self.raw(" ");
                self.key(b)?;
            }
            SearchKey::Not(inner) => {
                self.raw("NOT ");
                self.key(inner)?;
            }
            SearchKey::Sequence(set) => self.set(set)?,
            SearchKey::Uid(set) => {
                self.raw("UID ");
                self.set(set)?;
            }
            SearchKey::Flag(flag) => self.flag_key("", flag)?,
            SearchKey::NoFlag(flag) => self.flag_key("UN", flag)?,
            SearchKey::Header(name, value) => {
                self.raw("HEADER ");
                self.string("a header name", name)?;
                self.raw(" ");
                self.string("a header value", value)?;
            }
            SearchKey::Field(name, value) => self.worded(name, value)?,
            SearchKey::Body(text) => self.worded("BODY", text)?,
            SearchKey::Text(text) => self.worded("TEXT", text)?,
            SearchKey::Since(date) => self.date("SINCE", *date)?,
            SearchKey::Before(date) => self.date("BEFORE", *date)?,
            SearchKey::On(date) => self.date("ON", *date)?,
            SearchKey::SentSince(date) => self.date("SENTSINCE", *date)?,
            SearchKey::SentBefore(date) => self.date("SENTBEFORE", *date)?,
            SearchKey::SentOn(date) => self.date("SENTON", *date)?,
            SearchKey::Larger(n) => self.raw(&format!("LARGER {n}")),
            SearchKey::Smaller(n) => self.raw(&format!("SMALLER {n}")),
            SearchKey::ModSeq(n) => self.raw(&format!("MODSEQ {n}")),
            SearchKey::GmRaw(words) => self.worded("X-GM-RAW", words)?,
            SearchKey::GmMsgId(n) => self.raw(&format!("X-GM-MSGID {n}")),
            SearchKey::GmThrId(n) => self.raw(&format!("X-GM-THRID {n}")),
            SearchKey::GmLabels(label) if label.starts_with('\\') => {
                self.raw("X-GM-LABELS ");
                self.flag(label)?;
            }
            SearchKey::GmLabels(label) => self.worded("X-GM-LABELS", label)?,
        }
        Ok(())
    }

    fn worded(&mut self, word: &str, value: &str) -> Result<(), UnfitArgument> {
        self.raw(word);
        self.raw(" ");
        self.string("a search word", value)
    }

    /// System flags have search words of their own; keywords go by KEYWORD.
    fn flag_key(&mut self, prefix: &str, flag: &str) -> Result<(), UnfitArgument> {
        let word = match flag
            .strip_prefix('\\')
            .map(str::to_ascii_uppercase)
            .as_deref()
        {
            Some("RECENT") if prefix == "UN" => "OLD",
            Some("RECENT") => "RECENT",
            Some("ANSWERED") => return self.prefixed(prefix, "ANSWERED"),
            Some("DELETED") => return self.prefixed(prefix, "DELETED"),
            Some("DRAFT") => return self.prefixed(prefix, "DRAFT"),
            Some("FLAGGED") => return self.prefixed(prefix, "FLAGGED"),
            Some("SEEN") => return self.prefixed(prefix, "SEEN"),
            Some(_) => {
                return Err(UnfitArgument {
                    what: "a flag",
                    why: "no search word stands for it",
                });
            }
            None => {
                self.prefixed(prefix, "KEYWORD ")?;
                return self.atom("a keyword", flag);
            }
        };
        self.raw(word);
        Ok(())
    }

    fn prefixed(&mut self, prefix: &str, word: &str) -> Result<(), UnfitArgument> {
        self.raw(prefix);
        self.raw(word);
        Ok(())
    }
}

fn is_ascii(key: &SearchKey) -> bool {
    match key {
        SearchKey::And(keys) => keys.iter().all(is_ascii),
        SearchKey::Or(a, b) => is_ascii(a) && is_ascii(b),
        SearchKey::Not(inner) => is_ascii(inner),
        SearchKey::Header(name, value) => name.is_ascii() && value.is_ascii(),
        SearchKey::Field(_, text)
        | SearchKey::Body(text)
        | SearchKey::Text(text)
        | SearchKey::GmRaw(text)
        | SearchKey::GmLabels(text) => text.is_ascii(),
        _ => true,
    }
}
