//! What can go wrong on an IMAP connection. Every variant knows its verdict and the server's words.

use std::time::Duration;

use wire::imap::commands::UnfitArgument;
use wire::imap::status::{Code, Status};
use wire::outcome::{Outcome, Verdict};

use crate::net::NetError;

#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    #[error(transparent)]
    Net(#[from] NetError),
    /// A tagged NO or BAD. After a refused command (not a refused login) the connection can go on.
    #[error("{}: {said}", verdict.cause_id)]
    Refused {
        verdict: Verdict,
        said: String,
        code: Option<Code>,
    },
    /// The server ended the session.
    #[error("{}: {said}", verdict.cause_id)]
    Bye { verdict: Verdict, said: String },
    /// The server said something that fits nowhere; or left out what it must say.
    #[error("net-protocol: {said}")]
    Protocol { said: String },
    /// A message above our limit. The message's UID, if it was told before its body.
    #[error("message-too-large: {announced} octets, {limit} are allowed")]
    TooLarge {
        uid: Option<u32>,
        announced: u64,
        limit: u64,
    },
    #[error(transparent)]
    Unfit(#[from] UnfitArgument),
    /// A large message could not be written to the spill folder.
    #[error("a message could not be kept: {0}")]
    Spill(#[source] std::io::Error),
    /// An earlier command broke off.
    #[error("the connection is not usable any more")]
    Poisoned,
}

impl ImapError {
    pub(super) fn refused(status: Status, verdict: Verdict, alert: Option<String>) -> Self {
        let said = spoken(&status, alert);
        Self::Refused {
            verdict,
            said,
            code: status.code,
        }
    }

    pub(super) fn protocol(said: impl Into<String>) -> Self {
        Self::Protocol { said: said.into() }
    }

    /// What to do next.
    pub fn verdict(&self) -> Verdict {
        let of = |outcome, cause_id| Verdict {
            outcome,
            cause_id,
            refresh_first: false,
        };
        let soon = Outcome::Later {
            after: Duration::from_secs(60),
        };
        match self {
            Self::Net(error) => error.verdict(),
            Self::Refused { verdict, .. } | Self::Bye { verdict, .. } => *verdict,
            Self::Protocol { .. } => of(soon, "net-protocol"),
            // Its size was told smaller before, or it would not have been asked for: worth another look.
            Self::TooLarge { .. } => of(soon, "message-too-large"),
            Self::Unfit(_) => of(Outcome::Broken, "imap-client-bug"),
            Self::Spill(_) => of(soon, "spill-failed"),
            Self::Poisoned => of(
                Outcome::Later {
                    after: Duration::ZERO,
                },
                "net-closed",
            ),
        }
    }

    /// The server's own words.
    pub fn provider_said(&self) -> Option<&str> {
        match self {
            Self::Net(error) => Some(&error.said),
            Self::Refused { said, .. } | Self::Bye { said, .. } | Self::Protocol { said } => {
                Some(said)
            }
            _ => None,
        }
    }

    /// The response code of a refusal, e.g. to tell a folder that is gone.
    pub fn code(&self) -> Option<&Code> {
        match self {
            Self::Refused { code, .. } => code.as_ref(),
            _ => None,
        }
    }
}

/// `NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)`, with an earlier alert in front.
pub(super) fn spoken(status: &Status, alert: Option<String>) -> String {
    let kind = format!("{:?}", status.kind).to_ascii_uppercase();
    let code = match &status.code {
        None => String::new(),
        Some(Code::WebAlert(url)) => format!(" [WEBALERT {url}]"),
        Some(Code::Other { name, .. }) => format!(" [{name}]"),
        Some(code) => {
            let name = format!("{code:?}");
            let name = name
                .split([' ', '(', '{'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            format!(" [{name}]")
        }
    };
    let line = format!("{kind}{code} {}", status.text);
    match alert {
        Some(alert) => format!("{alert}; {line}"),
        None => line,
    }
}
