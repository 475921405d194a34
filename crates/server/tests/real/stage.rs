//! The stage of one test: sandbox, Dovecot, Postfix and the program, with one mailbox connected by consent.

use std::path::PathBuf;

use sandbox::browser::Choice;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use testing::dovecot::{Folders, Setup};
use testing::program::{self, Client, Jmap, Tegata};
use testing::{Dovecot, Postfix, dovecot, postfix, wait_for};

use crate::mail::{Mailbox, PATIENCE};

/// What a test wants.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Whose manners the provider has: `google` or `microsoft`.
    pub kind: &'static str,
    /// Who is connected; one of the sandbox's people.
    pub person: &'static str,
    /// Who else has a mailbox there.
    pub other: &'static str,
    pub mechanisms: &'static str,
    pub folders: Folders,
    /// STARTTLS for IMAP and TLS from the first octet for SMTP; else the other way round.
    pub swapped_tls: bool,
    /// Whether IMAP offers IDLE.
    pub idle: bool,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            kind: "google",
            person: "alice@example.com",
            other: "bob@example.com",
            mechanisms: "xoauth2",
            folders: Folders::English,
            swapped_tls: false,
            idle: true,
        }
    }
}

/// Everything that runs. Dropped from the top: the program first.
pub struct Stage {
    tegata: Tegata,
    administrator: Client,
    credential: String,
    pub sandbox: Sandbox,
    // Stopped with the stage; talked to by the program only.
    _postfix: Postfix,
    pub dovecot: Dovecot,
    pub plan: Plan,
}

/// The section of the configuration: a provider of the administrator's own.
const PROVIDER: &str = "house";

impl Stage {
    /// Starts everything, and registers a credential; `None` is a skip.
    pub async fn set(plan: Plan) -> Option<Stage> {
        let sandbox = sandbox::start(Options::default()).await.expect("a sandbox");
        let urls = match plan.kind {
            "microsoft" => &sandbox.microsoft,
            _ => &sandbox.google,
        };
        let setup = Setup {
            folders: plan.folders,
            mechanisms: plan.mechanisms.to_owned(),
            idle: plan.idle,
            ..Setup::new(&urls.introspection_url, &[plan.person, plan.other])
        };
        let dovecot = dovecot::start(setup)?;
        let postfix = postfix::start(&dovecot)?;
        let setup = program::Setup {
            providers_toml: section(plan, &sandbox, &dovecot, &postfix),
            ..program::Setup::with(&sandbox)
        };
        let tegata = Tegata::start(env!("CARGO_BIN_EXE_tegata"), setup);
        let administrator = tegata.administrator().await;
        let mut body = match plan.kind {
            "microsoft" => program::microsoft(),
            _ => program::google(),
        };
        body["provider"] = PROVIDER.into();
        let credential = program::register(&administrator, &body).await;
        Some(Stage {
            tegata,
            administrator,
            credential,
            sandbox,
            _postfix: postfix,
            dovecot,
            plan,
        })
    }

    /// The consent of `plan.person`, from the click to the finished checks, each of which is ok: the mailbox.
    pub async fn connect(&self) -> Mailbox {
        let person = self.plan.person;
        let choice = Choice::allow(person);
        let done = program::connect(&self.administrator, &self.credential, person, choice).await;
        let steps = done["steps"].as_array().expect("steps");
        let bad = steps.iter().find(|step| step["outcome"] != "ok");
        assert!(bad.is_none(), "{done:#}");
        let account = done["account_id"].as_str().expect("an account").to_owned();
        let jmap = Jmap::open(&self.administrator).await;
        Mailbox { jmap, account }
    }

    /// The account with its states and their history.
    pub async fn account(&self, id: &str) -> Value {
        let path = format!("/api/accounts/{id}");
        self.administrator.get(&path).await.ok()
    }

    /// Checks the account now, as its button does.
    pub async fn check(&self, id: &str) {
        let path = format!("/api/accounts/{id}/check");
        let answer = self.administrator.post(&path, &json!({})).await.ok();
        let steps = answer["steps"].as_array().expect("steps");
        let bad = steps.iter().find(|step| step["outcome"] != "ok");
        assert!(bad.is_none(), "{answer:#}");
    }

    /// Waits until the account is as wanted.
    pub async fn until(&self, what: &str, id: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, PATIENCE, async || {
            Some(self.account(id).await).filter(|account| is(account))
        })
        .await
    }

    /// Waits until the account stays on its inbox.
    pub async fn live(&self, id: &str) {
        let live = |account: &Value| account["sync"]["status"] == "live";
        self.until("the account is live", id, live).await;
    }

    /// Ends Dovecot's connections, as its restart would: whoever was logged in must log in again.
    pub fn restart_dovecot(&mut self) {
        self.dovecot.stop();
        self.dovecot.start_again();
    }

    /// How many refreshes the grants saw, and how many of them brought tokens.
    pub fn refreshes(&self) -> (usize, usize) {
        let state = self.sandbox.state();
        let grants = state["grants"].as_array().cloned().unwrap_or_default();
        let all: Vec<&Value> = grants
            .iter()
            .filter_map(|grant| grant["refreshes"].as_array())
            .flatten()
            .collect();
        let granted = all.iter().filter(|refresh| refresh["granted"] == true);
        (all.len(), granted.count())
    }

    /// What the program logged.
    pub fn log(&self) -> String {
        self.tegata.log()
    }

    /// A folder of somebody's Maildir; `""` is the inbox.
    pub fn maildir(&self, user: &str, folder: &str) -> PathBuf {
        let inbox = self.dovecot.maildir(user);
        if folder.is_empty() {
            inbox
        } else {
            inbox.join(format!(".{folder}"))
        }
    }
}

/// The sandbox's own section under another name, its mail servers replaced by the real ones.
fn section(plan: Plan, sandbox: &Sandbox, dovecot: &Dovecot, postfix: &Postfix) -> String {
    let ca = dovecot.ca_file().display().to_string();
    let all: toml::Table = sandbox.config_toml(&ca).parse().expect("TOML");
    let section = all["providers"][plan.kind].as_table().expect("a section");
    let mut section = section.clone();
    // On 127.0.0.1 Dovecot would offer its mechanisms before STARTTLS already.
    let (imap, smtp, imap_tls, smtp_tls) = if plan.swapped_tls {
        let imap = format!("127.0.0.2:{}", dovecot.imap_port);
        (imap, postfix.smtps_port, "starttls", "implicit")
    } else {
        let imap = format!("127.0.0.1:{}", dovecot.imaps_port);
        (imap, postfix.submission_port, "implicit", "starttls")
    };
    for (key, value) in [
        ("imap", imap),
        ("smtp", format!("127.0.0.1:{smtp}")),
        ("imap_tls", imap_tls.to_owned()),
        ("smtp_tls", smtp_tls.to_owned()),
    ] {
        section.insert(key.to_owned(), value.into());
    }
    let section = toml::to_string(&section).expect("TOML");
    format!("[providers.{PROVIDER}]\n{section}")
}
