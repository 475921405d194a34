//! What a SEARCH can ask for (RFC 9051, 6.4.4, and Gmail's X-GM keys). Written by `commands`, read by
//! `command_parser`.

use time::Date;

use super::sequence::SequenceSet;

/// One condition of a SEARCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchKey {
    All,
    /// Every one of them.
    And(Vec<SearchKey>),
    Or(Box<SearchKey>, Box<SearchKey>),
    Not(Box<SearchKey>),
    /// Message sequence numbers.
    Sequence(SequenceSet),
    Uid(SequenceSet),
    /// A flag is set: `\Seen` for SEEN, `\Flagged` for FLAGGED; keywords as they are.
    Flag(String),
    /// A flag is not set: UNSEEN and so on.
    NoFlag(String),
    /// `HEADER name value`; an empty value asks whether the field exists.
    Header(String, String),
    /// SUBJECT, FROM, TO, CC, BCC are header searches of their own; the name is upper case.
    Field(&'static str, String),
    Body(String),
    Text(String),
    Since(Date),
    Before(Date),
    On(Date),
    SentSince(Date),
    SentBefore(Date),
    SentOn(Date),
    Larger(u64),
    Smaller(u64),
    ModSeq(u64),
    /// `X-GM-RAW`: Gmail's own search words.
    GmRaw(String),
    GmMsgId(u64),
    GmThrId(u64),
    GmLabels(String),
}
