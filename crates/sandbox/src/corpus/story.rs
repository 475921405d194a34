//! What a story is made of.

/// Who writes to whom, which decides names, charsets and folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Japanese, from another company.
    Customer,
    /// Japanese, from one's own.
    Colleague,
    /// English, from another company.
    Partner,
    /// Text and HTML to many.
    Newsletter,
    /// English, from a program.
    Machine,
    Junk,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Them,
    Me,
}

/// What is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    None,
    Quotation,
    Invoice,
    Order,
    Table,
    Note,
    Picture,
}

/// One mail of a story.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) who: Who,
    /// Hours after the mail before it.
    pub(super) hours: u32,
    pub(super) text: &'static str,
    pub(super) files: Files,
}

/// A thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    pub(super) kind: Kind,
    /// The local part of the one who writes; empty for anybody of that kind.
    pub(super) by: &'static str,
    pub(super) subject: &'static str,
    /// A label of the reader's own; empty for none.
    pub(super) label: &'static str,
    pub(super) turns: &'static [Turn],
}

impl Story {
    /// Japanese subjects are never ASCII alone.
    pub(super) fn is_english(&self) -> bool {
        self.subject.is_ascii()
    }
}
