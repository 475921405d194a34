//! One SMTP session: who is logged in, which envelope is open, what the server calls itself.

use std::sync::Arc;

use crate::ProviderKind;
use crate::faults::{Fault, FaultKind, Place, Reply, Scope};
use crate::world::{Books, World};

use super::words;

/// What follows a command.
pub(crate) enum Next {
    Reply(String),
    Close(String),
    StartTls(String),
}

/// Lines to be said in the place of our own.
pub(crate) struct Given {
    pub(crate) lines: Vec<String>,
    pub(crate) close: bool,
}

impl Given {
    pub(crate) fn next(self) -> Next {
        let said = self.lines.join("\n");
        if self.close {
            Next::Close(said)
        } else {
            Next::Reply(said)
        }
    }
}

pub(crate) struct Session {
    pub(crate) world: Arc<World>,
    pub(crate) provider: ProviderKind,
    pub(crate) tls: bool,
    /// Gmail's id of the connection.
    pub(crate) id: String,
    /// Exchange: name of the front end.
    pub(crate) host: String,
    /// Exchange: name of the mailbox server.
    pub(crate) backend: String,
    /// Exchange: id of the session, 16 hexadecimal digits.
    pub(crate) trace: String,
    /// The mailbox and the person, lower case.
    pub(crate) login: Option<(String, String)>,
    pub(crate) from: Option<String>,
    pub(crate) to: Vec<String>,
    pub(crate) chunks: Vec<u8>,
}

impl Session {
    pub(crate) fn new(provider: ProviderKind, world: Arc<World>, tls: bool) -> Self {
        let mut books = world.books();
        let n = books.dice.number();
        let trace = format!("08D{}", books.dice.hex(13).to_ascii_uppercase());
        drop(books);
        Self {
            world,
            provider,
            tls,
            id: format!("h{}sm{:08}wjn.{}", n % 10, n % 100_000_000, n % 90 + 10),
            host: format!("AM3PR05CA{:04}", n % 10_000),
            backend: format!("OS0PR01MB{:04}.jpnprd01.prod.outlook.com", n % 10_000),
            trace,
            login: None,
            from: None,
            to: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// TLS is under the connection now: what was said before does not count (RFC 3207, 4.2).
    pub(crate) fn secure(&mut self) {
        self.tls = true;
        self.reset();
    }

    pub(crate) fn reset(&mut self) {
        self.from = None;
        self.to.clear();
        self.chunks.clear();
    }

    pub(crate) fn banner(&self) -> String {
        match self.provider {
            ProviderKind::Google => format!("220 smtp.gmail.com ESMTP {} - gsmtp", self.id),
            ProviderKind::Microsoft => format!(
                "220 {}.outlook.office365.com Microsoft ESMTP MAIL Service ready at {} [{}]",
                self.host,
                words::mail_date(self.world.now()),
                self.trace
            ),
        }
    }

    pub(crate) fn hello(&self) -> String {
        let google = self.provider == ProviderKind::Google;
        let auth = match (self.tls, google) {
            (false, _) => "STARTTLS",
            (true, true) => "AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH",
            (true, false) => "AUTH LOGIN XOAUTH2",
        };
        if google {
            return format!(
                "250-smtp.gmail.com at your service, [192.0.2.10]\n250-SIZE 35882577\n\
                 250-8BITMIME\n250-{auth}\n250-ENHANCEDSTATUSCODES\n250-PIPELINING\n\
                 250-CHUNKING\n250 SMTPUTF8"
            );
        }
        format!(
            "250-{}.outlook.office365.com Hello [192.0.2.10]\n250-SIZE 157286400\n250-PIPELINING\n\
             250-DSN\n250-ENHANCEDSTATUSCODES\n250-{auth}\n250-8BITMIME\n250-BINARYMIME\n\
             250-CHUNKING\n250 SMTPUTF8",
            self.host
        )
    }

    /// Gmail's lines end in the connection's id.
    pub(crate) fn google_line(&self, text: &str) -> String {
        format!("{text} {} - gsmtp", self.id)
    }

    /// One of two texts; Gmail's gets the id.
    pub(crate) fn say(&self, google: &str, exchange: &str) -> Next {
        Next::Reply(match self.provider {
            ProviderKind::Google => self.google_line(google),
            ProviderKind::Microsoft => exchange.to_owned(),
        })
    }

    pub(crate) fn strikes(
        &self,
        books: &mut Books,
        kind: FaultKind,
        address: &str,
    ) -> Option<Fault> {
        let scope = Scope::of(self.provider, address);
        books.faults.strike(kind, scope)
    }

    /// The fault `reply` that stands at this place, for who is logged in or logs in.
    pub(crate) fn given(&self, when: &str, user: Option<&str>) -> Option<Given> {
        let mailbox = self.login.as_ref().map(|(mailbox, _)| mailbox.as_str());
        let scope = Scope {
            address: user.or(mailbox),
            ..Scope::provider(self.provider)
        };
        let mut books = self.world.books();
        match books.faults.answer(Place::Smtp(when), scope)? {
            Reply::Smtp { lines, close, .. } => Some(Given { lines, close }),
            _ => None,
        }
    }

    pub(crate) fn leave(&mut self) {
        if let Some((mailbox, _)) = self.login.take() {
            let mut books = self.world.books();
            if let Some(open) = books.counts.smtp_open.get_mut(&mailbox) {
                *open = open.saturating_sub(1);
            }
        }
    }
}
