//! What to do after a server's answer. Both `imap::classify` and `smtp::classify` end in this.

use std::time::Duration;

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It worked.
    Done,
    /// Try the same again, not before this time has passed.
    Later { after: Duration },
    /// Trying again is useless until a person (user, sender or an administrator) has acted.
    NeedsPerson,
    /// Our own fault or this one item's: trying the same again gives the same.
    Broken,
}

/// An outcome with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub outcome: Outcome,
    /// Row of the advice catalogue, e.g. `imap-auth-failed`. Never changes its meaning.
    pub cause_id: &'static str,
    /// A fresh access token may mend it: refresh once and try once before believing `outcome`.
    pub refresh_first: bool,
}

impl Verdict {
    pub(crate) const fn new(outcome: Outcome, cause_id: &'static str) -> Self {
        Self {
            outcome,
            cause_id,
            refresh_first: false,
        }
    }

    pub(crate) const fn later(seconds: u64, cause_id: &'static str) -> Self {
        Self::new(
            Outcome::Later {
                after: Duration::from_secs(seconds),
            },
            cause_id,
        )
    }

    pub(crate) const fn person(cause_id: &'static str) -> Self {
        Self::new(Outcome::NeedsPerson, cause_id)
    }

    pub(crate) const fn broken(cause_id: &'static str) -> Self {
        Self::new(Outcome::Broken, cause_id)
    }

    pub(crate) const fn refreshing(self) -> Self {
        Self {
            refresh_first: true,
            ..self
        }
    }
}
