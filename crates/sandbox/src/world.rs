//! Everything the sandbox knows, in memory, behind one lock.
//!
//! HTTP pages, mail sessions and the control API all work on the same [`Books`]; whoever changes a
//! mailbox or a token calls [`World::announce`], which wakes the sessions that wait in IDLE. The lock
//! is never held across an await.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::dice::Dice;
use crate::faults::{Fault, FaultKind, Faults};
use crate::grants::{End, Grants};
use crate::ledger::LateUse;
use crate::mailbox::Mailbox;
use crate::oauth::sitting::Sitting;
use crate::people::{NewApp, NewPerson, PERSONAL_TENANT_ID, Person};
use crate::{MICROSOFT_TENANT_ID, Options, ProviderKind};

/// A clock in Unix seconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

pub(crate) struct World {
    books: Mutex<Books>,
    clock: Clock,
    offset: AtomicI64,
    started: Instant,
    news: watch::Sender<u64>,
}

/// The content of the world.
pub(crate) struct Books {
    pub(crate) dice: Dice,
    pub(crate) people: Vec<Person>,
    pub(crate) apps: Vec<NewApp>,
    /// Tenant GUID to verified domain.
    pub(crate) tenants: BTreeMap<String, String>,
    /// (tenant, client) where an administrator consented.
    pub(crate) admin_consents: BTreeSet<(String, String)>,
    pub(crate) grants: Grants,
    pub(crate) faults: Faults,
    pub(crate) sittings: BTreeMap<String, Sitting>,
    /// By lower-case address.
    pub(crate) mailboxes: BTreeMap<String, Mailbox>,
    /// Mail to addresses nobody here has: (recipient, raw).
    pub(crate) elsewhere: Vec<(String, Vec<u8>)>,
    pub(crate) counts: Counts,
    /// Access tokens that came to be used.
    pub(crate) uses: u64,
    pub(crate) late_uses: Vec<LateUse>,
    /// Connection to the time of its end, in milliseconds since the start.
    pub(crate) lines: BTreeMap<u64, u64>,
}

/// What happened so far, for `GET /state`.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) authorizations: u64,
    pub(crate) token_requests: u64,
    pub(crate) token_refusals: u64,
    pub(crate) revocations: u64,
    pub(crate) introspections: u64,
    /// By address: good logins.
    pub(crate) imap_logins: BTreeMap<String, u64>,
    pub(crate) smtp_logins: BTreeMap<String, u64>,
    pub(crate) imap_refusals: u64,
    pub(crate) smtp_refusals: u64,
    pub(crate) imap_open: BTreeMap<String, u64>,
    pub(crate) smtp_open: BTreeMap<String, u64>,
    pub(crate) submissions: u64,
}

impl World {
    pub(crate) fn new(options: &Options) -> Self {
        let mut books = Books {
            dice: Dice::new(options.seed),
            people: Vec::new(),
            apps: crate::people::seeded_apps(&options.redirect_uris),
            tenants: BTreeMap::from([
                (MICROSOFT_TENANT_ID.to_owned(), "contoso.example".to_owned()),
                (PERSONAL_TENANT_ID.to_owned(), "outlook.example".to_owned()),
            ]),
            admin_consents: BTreeSet::new(),
            grants: Grants::default(),
            faults: Faults::default(),
            sittings: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            elsewhere: Vec::new(),
            counts: Counts::default(),
            uses: 0,
            late_uses: Vec::new(),
            lines: BTreeMap::new(),
        };
        for person in crate::people::seeded_people() {
            books.add_person(person);
        }
        Self {
            books: Mutex::new(books),
            clock: Arc::clone(&options.clock),
            offset: AtomicI64::new(0),
            started: Instant::now(),
            news: watch::Sender::new(0),
        }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        // A panic elsewhere leaves at worst a half-made fake; tests see that panic anyway.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unix seconds, with what the control API added.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)().saturating_add(self.offset.load(Ordering::SeqCst))
    }

    /// Milliseconds since the start, on a clock nobody moves.
    pub(crate) fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds, Ordering::SeqCst);
        self.announce();
    }

    /// Wakes whoever waits for news.
    pub(crate) fn announce(&self) {
        self.news.send_modify(|n| *n = n.wrapping_add(1));
    }

    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Sets a fault, or carries it out if it is an act.
    pub(crate) fn fault(&self, fault: Fault) {
        let now = self.now();
        self.books().fault(fault, now);
        self.announce();
    }
}

impl Books {
    pub(crate) fn person(&self, provider: ProviderKind, address: &str) -> Option<&Person> {
        self.people
            .iter()
            .find(|p| p.provider == provider && p.address.eq_ignore_ascii_case(address))
    }

    pub(crate) fn app(&self, provider: ProviderKind, client_id: &str) -> Option<&NewApp> {
        self.apps
            .iter()
            .find(|a| a.provider == provider && a.client_id == client_id)
    }

    pub(crate) fn mailbox(&mut self, address: &str) -> Option<&mut Mailbox> {
        self.mailboxes.get_mut(&address.to_ascii_lowercase())
    }

    /// Adds a person, or changes the switches and rights of one that exists.
    pub(crate) fn add_person(&mut self, new: NewPerson) {
        let tenant = match new.provider {
            ProviderKind::Google => new.tenant.clone(),
            ProviderKind::Microsoft => Some(
                new.tenant
                    .clone()
                    .unwrap_or_else(|| MICROSOFT_TENANT_ID.to_owned()),
            ),
        };
        if let Some(tid) = tenant
            .as_ref()
            .filter(|_| new.provider == ProviderKind::Microsoft)
        {
            let domain = new
                .address
                .rsplit('@')
                .next()
                .unwrap_or_default()
                .to_owned();
            self.tenants.entry(tid.clone()).or_insert(domain);
        }
        let subject = match new.provider {
            ProviderKind::Google => self.dice.digits(21),
            ProviderKind::Microsoft if tenant.as_deref() == Some(PERSONAL_TENANT_ID) => {
                let hex = self.dice.hex(16);
                format!("00000000-0000-0000-{}-{}", &hex[..4], &hex[4..])
            }
            ProviderKind::Microsoft => self.dice.guid(),
        };
        let known = self
            .people
            .iter_mut()
            .find(|p| p.provider == new.provider && p.address.eq_ignore_ascii_case(&new.address));
        if let Some(person) = known {
            person.name = new.name;
            person.imap = new.imap;
            person.smtp = new.smtp;
            person.rights = new.rights;
            person.admin = new.admin;
            return;
        }
        let mailbox = Mailbox::new(new.provider, new.japanese, self.dice.number());
        self.mailboxes
            .entry(new.address.to_ascii_lowercase())
            .or_insert(mailbox);
        self.people.push(Person {
            provider: new.provider,
            address: new.address,
            name: new.name,
            subject,
            tenant,
            imap: new.imap,
            smtp: new.smtp,
            rights: new.rights,
            shared: new.shared,
            admin: new.admin,
        });
    }

    pub(crate) fn add_app(&mut self, app: NewApp) {
        self.apps
            .retain(|a| !(a.provider == app.provider && a.client_id == app.client_id));
        self.apps.push(app);
    }

    /// Puts other secrets in the place of an app's; `false` where there is no such app.
    pub(crate) fn set_secrets(
        &mut self,
        provider: ProviderKind,
        client_id: &str,
        secrets: Vec<String>,
        expired: Vec<String>,
    ) -> bool {
        let found = self
            .apps
            .iter_mut()
            .find(|a| a.provider == provider && a.client_id == client_id);
        let Some(app) = found else { return false };
        app.secrets = secrets;
        app.expired_secrets = expired;
        true
    }

    /// The tenant GUID that a tenant part of an address names (a GUID or a verified domain).
    pub(crate) fn tenant_id(&self, part: &str) -> Option<String> {
        self.tenants
            .iter()
            .find(|(id, domain)| id.eq_ignore_ascii_case(part) || domain.eq_ignore_ascii_case(part))
            .map(|(id, _)| id.clone())
    }

    fn fault(&mut self, fault: Fault, now: i64) {
        if !fault.kind.is_act() {
            self.faults.add(fault);
            return;
        }
        let address = fault.address.as_deref();
        let client = fault.client_id.as_deref();
        match fault.kind {
            FaultKind::ExpireAccess => {
                let numbers = self.grants.in_scope(fault.provider, address, client);
                for token in self.grants.access.values_mut() {
                    if token.grant.is_some_and(|n| numbers.contains(&n)) {
                        token.expires_at = token.expires_at.min(now);
                    }
                }
            }
            FaultKind::UidvalidityChange => {
                for (name, mailbox) in &mut self.mailboxes {
                    let right = address.is_none_or(|a| a.eq_ignore_ascii_case(name))
                        && fault.provider.is_none_or(|p| p == mailbox.dialect);
                    if right {
                        mailbox.change_uidvalidity(fault.folder.as_deref());
                    }
                }
            }
            kind => {
                let why = if kind == FaultKind::SevenDays {
                    End::Testing
                } else {
                    End::Revoked
                };
                for number in self.grants.in_scope(fault.provider, address, client) {
                    let pair = self
                        .grants
                        .grants
                        .get(&number)
                        .map(|g| (g.client_id.clone(), g.address.clone()));
                    self.grants.end(number, why);
                    if let Some(pair) = pair {
                        self.grants.consented.remove(&pair);
                    }
                }
            }
        }
    }
}
