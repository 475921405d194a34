//! One IMAP session: who is logged in, what is selected, what was said.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::envelope::Manner;
use super::words::{self, BAD_STATE};
use super::{After, SLOW};
use crate::ProviderKind;
use crate::faults::{Fault, FaultKind, Place, Reply, Scope};
use crate::world::{Books, World};

pub(crate) struct Login {
    /// The mailbox, lower case.
    pub(crate) mailbox: String,
    pub(crate) token: String,
    /// Exchange lets one in and then knows no mailbox.
    pub(crate) connected: bool,
}

/// A message as the session has been told of it.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) uid: u32,
    pub(crate) message: u64,
    pub(crate) modseq: u64,
    pub(crate) recent: bool,
}

pub(crate) struct Selected {
    /// Decoded.
    pub(crate) name: String,
    pub(crate) uidvalidity: u32,
    pub(crate) read_only: bool,
    pub(crate) view: Vec<Seen>,
    /// Announced, but not to be fetched yet (Exchange, transcripts.md B5).
    pub(crate) late: BTreeSet<u32>,
}

pub(crate) struct Session {
    pub(crate) world: Arc<World>,
    pub(crate) provider: ProviderKind,
    /// Gmail's connection id.
    pub(crate) id: String,
    greeting_host: String,
    pub(crate) login: Option<Login>,
    pub(crate) selected: Option<Selected>,
    pub(crate) out: Vec<u8>,
    pub(crate) condstore: bool,
    pub(crate) utf8: bool,
    pub(crate) delay: Duration,
    throttled: bool,
    bad: u32,
    /// The connection ends after this command.
    pub(crate) over: bool,
    pub(crate) long_line: bool,
    pub(crate) bare_copyuid_shown: bool,
}

impl Session {
    pub(crate) fn new(provider: ProviderKind, world: Arc<World>) -> Self {
        let (id, host) = {
            let mut books = world.books();
            let n = books.dice.number();
            let host = format!("MWHPR21CA{:04}.namprd21.prod.outlook.com", n % 10_000);
            (
                format!("x{}mb{}vke", n % 1_000, n % 1_000_000_000_000),
                host,
            )
        };
        Self {
            world,
            provider,
            id,
            greeting_host: host,
            login: None,
            selected: None,
            out: Vec::new(),
            condstore: false,
            utf8: false,
            delay: Duration::ZERO,
            throttled: false,
            bad: 0,
            over: false,
            long_line: false,
            bare_copyuid_shown: false,
        }
    }

    pub(crate) fn greeting(&self) -> String {
        match self.provider {
            ProviderKind::Google => {
                format!(
                    "* OK Gimap ready for requests from 192.0.2.10 {}\r\n",
                    self.id
                )
            }
            ProviderKind::Microsoft => {
                let wide: Vec<u8> = self
                    .greeting_host
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect();
                format!(
                    "* OK The Microsoft Exchange IMAP4 service is ready. [{}]\r\n",
                    STANDARD.encode(wide)
                )
            }
        }
    }

    pub(crate) fn slow(&mut self, fault: &Fault) {
        self.delay = fault.ms.map_or(SLOW, Duration::from_millis);
        self.throttled = self.provider == ProviderKind::Google;
    }

    pub(crate) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// One line.
    pub(crate) fn put(&mut self, text: &str) {
        self.raw(text);
        self.raw("\r\n");
    }

    pub(crate) fn tagged(&mut self, tag: &str, text: &str) {
        let tail = if self.throttled { " [THROTTLED]" } else { "" };
        self.put(&format!("{tag} {text}{tail}"));
    }

    pub(crate) fn done(&mut self, tag: &str, command: &str) {
        let text = words::completed(self.provider, command);
        self.tagged(tag, &text);
    }

    /// A refusal that counts: after three of them Exchange closes (providers.md 8.5).
    pub(crate) fn bad(&mut self, tag: &str, text: &str) -> After {
        self.tagged(tag, text);
        self.bad += 1;
        if self.provider == ProviderKind::Microsoft && self.bad >= 3 {
            self.put("* BYE Connection closed. 14");
            self.over = true;
            return After::Close;
        }
        After::GoOn
    }

    pub(crate) fn address(&self) -> String {
        self.login
            .as_ref()
            .map_or_else(String::new, |l| l.mailbox.clone())
    }

    pub(crate) fn strikes(&self, books: &mut Books, kind: FaultKind) -> Option<Fault> {
        let address = self.address();
        let scope = Scope {
            address: Some(&address).filter(|a| !a.is_empty()).map(String::as_str),
            ..Scope::provider(self.provider)
        };
        books.faults.strike(kind, scope)
    }

    /// The fault `reply` that stands at this place.
    pub(crate) fn given(&self, when: &str) -> Option<Reply> {
        let address = self.address();
        let scope = Scope {
            address: Some(&address).filter(|a| !a.is_empty()).map(String::as_str),
            ..Scope::provider(self.provider)
        };
        self.world.books().faults.answer(Place::Imap(when), scope)
    }

    pub(crate) fn manner(&self, books: &Books) -> Manner {
        let address = self.address();
        let scope = Scope::of(self.provider, &address);
        let odd = !books.faults.stands(FaultKind::OdditiesOff, scope);
        Manner {
            provider: self.provider,
            odd,
        }
    }

    /// The token's own end, whether it was revoked or not: an open session outlives a revocation.
    pub(crate) fn expired(&self) -> bool {
        let Some(login) = &self.login else {
            return false;
        };
        let now = self.world.now();
        let books = self.world.books();
        books
            .grants
            .access
            .get(&login.token)
            .is_none_or(|t| t.expires_at <= now)
    }

    /// What keeps any command after login from being carried out.
    pub(crate) fn hindrance(&mut self, tag: &str) -> Option<After> {
        let connected = self.login.as_ref().map(|l| l.connected);
        match (connected, self.provider) {
            (None, ProviderKind::Google) => {
                let id = self.id.clone();
                return Some(self.bad(tag, &format!("BAD Unknown command {id}")));
            }
            (None, ProviderKind::Microsoft) => return Some(self.bad(tag, BAD_STATE)),
            (Some(false), _) => {
                return Some(self.bad(tag, "BAD User is authenticated but not connected."));
            }
            (Some(true), _) => {}
        }
        if self.expired() {
            self.raw(words::bye_expired(self.provider));
            return Some(After::Close);
        }
        let world = Arc::clone(&self.world);
        let mut books = world.books();
        if let Some(slow) = self.strikes(&mut books, FaultKind::Slow) {
            self.slow(&slow);
        }
        self.long_line = self.strikes(&mut books, FaultKind::LongLine).is_some();
        if let Some(fault) = self.strikes(&mut books, FaultKind::ImapThrottled) {
            drop(books);
            if self.provider == ProviderKind::Google {
                self.tagged(
                    tag,
                    "NO [OVERQUOTA] Account exceeded command or bandwidth limits.",
                );
                return Some(After::GoOn);
            }
            let ms = fault.ms.unwrap_or(89_117);
            self.tagged(
                tag,
                &format!("BAD Request is throttled. Suggested Backoff Time: {ms} milliseconds"),
            );
            self.put("* BYE Connection closed. 14");
            return Some(After::Close);
        }
        None
    }

    /// A command that needs a folder came without one.
    pub(crate) fn not_selected(&mut self, tag: &str, command: &str) {
        match self.provider {
            ProviderKind::Google => {
                self.bad(tag, &format!("BAD {command} not allowed now."));
            }
            ProviderKind::Microsoft => {
                self.bad(tag, BAD_STATE);
            }
        }
    }

    pub(crate) fn capability(&mut self) {
        let list = match (self.provider, self.login.is_some()) {
            (ProviderKind::Google, false) => {
                "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER AUTH=XOAUTH"
            }
            (ProviderKind::Google, true) => {
                "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584"
            }
            (ProviderKind::Microsoft, false) => {
                "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
            }
            (ProviderKind::Microsoft, true) => {
                "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+"
            }
        };
        self.put(&format!("* CAPABILITY {list}"));
    }

    pub(crate) fn identify(&mut self) {
        self.put(match self.provider {
            ProviderKind::Google => "* ID (\"name\" \"GImap\" \"vendor\" \"Google, Inc.\" \"support-url\" \"https://support.google.com/mail\" \"version\" \"gmail_imap_200428.12_p0\" \"remote-host\" \"192.0.2.10\")",
            ProviderKind::Microsoft => "* ID (\"name\" \"Microsoft.Exchange.Imap4.Imap4Server\" \"version\" \"15.20\")",
        });
    }

    pub(crate) fn enable(&mut self, tag: &str, what: &[String]) {
        let mut enabled = String::new();
        for word in what {
            match word.to_ascii_uppercase().as_str() {
                "UTF8=ACCEPT" => self.utf8 = true,
                "CONDSTORE" => self.condstore = true,
                _ => continue,
            }
            enabled.push(' ');
            enabled.push_str(&word.to_ascii_uppercase());
        }
        self.put(&format!("* ENABLED{enabled}"));
        self.done(tag, "ENABLE");
    }

    /// The session is counted as open no longer.
    pub(crate) fn leave(&mut self) {
        if let Some(login) = self.login.take() {
            let mut books = self.world.books();
            if let Some(open) = books.counts.imap_open.get_mut(&login.mailbox) {
                *open = open.saturating_sub(1);
            }
        }
    }
}
