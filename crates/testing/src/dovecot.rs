//! A real Dovecot as the receiving side of a provider.
//!
//!     IMAP client -- XOAUTH2 --> Dovecot -- RFC 7662 POST --> introspection_url
//!     Postfix or `deliver` -- LMTP --> Maildir of the user
//!
//! What always holds: tokens are asked for at every login (no cache), a failed
//! login does not slow the next one down, and nothing but loopback is listened on.
//! 127.0.0.2 is listened on as well, because Dovecot takes a client that comes
//! from its own address for a safe one: only there it hides AUTH before STARTTLS.

mod config;
mod lmtp;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::authority::{Authority, NAMES};
use crate::daemon::{Daemon, Goodbye};
use crate::place::{folder_of, free_port, installed, is_root, run, temporary_folder, write};
use crate::{skip, wait_until};

const PROGRAM: &[&str] = &["/usr/sbin/dovecot", "/usr/local/sbin/dovecot"];

/// How long it may take to listen; it takes a tenth of a second on an idle machine.
const START: Duration = Duration::from_secs(30);

/// How the folders of a mailbox are called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Folders {
    /// Drafts, Sent, Trash, Junk.
    #[default]
    English,
    /// 下書き, 送信済みアイテム, 削除済みアイテム, 迷惑メール, as Microsoft names them.
    Japanese,
}

/// What one Dovecot shall be like.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where tokens are checked: an `http://` URL, asked by POST as RFC 7662 says.
    pub introspection_url: String,
    /// The member of the answer that holds the address (Dovecot compares it with the login).
    pub username_attribute: String,
    /// Addresses, all of one or more test domains. Their mailboxes are empty.
    pub users: Vec<String>,
    pub folders: Folders,
    /// What IMAP and, through it, Postfix offer for signing in: `xoauth2`, `oauthbearer` or both.
    pub mechanisms: String,
    /// Whether IMAP offers IDLE.
    pub idle: bool,
}

impl Setup {
    /// Users with English folders, known to the introspection by `username`.
    #[must_use]
    pub fn new(introspection_url: &str, users: &[&str]) -> Setup {
        Setup {
            introspection_url: introspection_url.to_owned(),
            username_attribute: "username".to_owned(),
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            folders: Folders::English,
            mechanisms: "xoauth2 oauthbearer".to_owned(),
            idle: true,
        }
    }
}

/// A running Dovecot. Dropping it stops it and deletes its mail.
#[derive(Debug)]
pub struct Dovecot {
    // Stopped before its folder goes: fields are dropped in this order.
    daemon: Option<Daemon>,
    folder: TempDir,
    authority: Authority,
    setup: Setup,
    /// IMAP with TLS from the first byte, on 127.0.0.1.
    pub imaps_port: u16,
    /// IMAP with STARTTLS, on 127.0.0.1 and 127.0.0.2.
    pub imap_port: u16,
}

/// Starts a Dovecot for `setup.users`; `None` is a skip.
///
/// # Panics
/// With Dovecot's own words when it does not come up, and under `TEGATA_STRICT=1` when it is not there.
#[must_use]
pub fn start(setup: Setup) -> Option<Dovecot> {
    if installed(PROGRAM).is_none() {
        return skip("Dovecot", "it is not installed (scripts/bootstrap test)");
    }
    if !is_root() {
        return skip("Dovecot", "it is started by root only");
    }
    let folder = temporary_folder("dovecot");
    let authority = Authority::new();
    let issued = authority.issue(&NAMES);
    write(&folder.path().join("ca.pem"), &authority.pem());
    write(&folder.path().join("cert.pem"), &issued.certificate_pem);
    write(&folder.path().join("key.pem"), &issued.key_pem);
    folder_of(config::MAIL_OWNER, &folder.path().join("mail"));
    let dovecot = Dovecot {
        daemon: None,
        folder,
        authority,
        setup,
        imaps_port: free_port(),
        imap_port: free_port(),
    };
    dovecot.write_users();
    Some(dovecot.started())
}

impl Dovecot {
    /// The authority that signed its certificate (localhost, 127.0.0.1, 127.0.0.2).
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The file with the authority's certificate, for programs that are given a path.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The Unix socket where Postfix asks who may send (`smtpd_sasl_path`).
    #[must_use]
    pub fn auth_socket(&self) -> PathBuf {
        self.path("auth")
    }

    /// The Unix socket that takes mail by LMTP.
    #[must_use]
    pub fn lmtp_socket(&self) -> PathBuf {
        self.path("lmtp")
    }

    /// The addresses that have a mailbox here.
    #[must_use]
    pub fn users(&self) -> &[String] {
        &self.setup.users
    }

    /// The user's Maildir: it is there after the first login or delivery.
    #[must_use]
    pub fn maildir(&self, user: &str) -> PathBuf {
        self.path("mail").join(user).join("Maildir")
    }

    /// Everything it logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("dovecot.log")).unwrap_or_default()
    }

    /// Puts a message into the inbox of `to`, by LMTP. Line ends may be LF or CRLF.
    ///
    /// # Panics
    /// When Dovecot refuses it.
    pub fn deliver(&self, to: &str, message: &[u8]) {
        lmtp::deliver(&self.lmtp_socket(), to, message);
    }

    /// Gives `user` a mailbox, from now on.
    pub fn add_user(&mut self, user: &str) {
        self.setup.users.push(user.to_owned());
        self.write_users();
    }

    /// Stops it; the mail stays. Open connections end.
    pub fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.stop();
        }
    }

    /// Starts it again on the same ports after [`Dovecot::stop`].
    ///
    /// # Panics
    /// With Dovecot's own words when it does not come up.
    pub fn start_again(&mut self) {
        assert!(self.came_up(), "Dovecot does not start:\n{}", self.said());
    }

    fn started(mut self) -> Dovecot {
        // A free port can be taken between the asking and the using, by another
        // test's server for instance. At the first start another port will do.
        for _ in 1..3 {
            if self.came_up() {
                return self;
            }
            self.daemon = None;
            self.imaps_port = free_port();
            self.imap_port = free_port();
        }
        self.start_again();
        self
    }

    fn came_up(&mut self) -> bool {
        let file = self.path("dovecot.conf").display().to_string();
        write(Path::new(&file), &config::main(self));
        write(&self.path("oauth2.conf"), &config::oauth2(&self.setup));
        write(&self.path("dovecot.log"), "");
        run("doveconf", &["-c", &file, "-n"]);
        let program = installed(PROGRAM).expect("it was there before");
        self.daemon = Some(Daemon::start(
            program,
            &["-F", "-c", &file],
            &self.path("console.log"),
            Goodbye::Term,
        ));
        let mut said = String::new();
        wait_until("Dovecot listens", START, || {
            said = self.said();
            // It says so after it has bound its ports.
            said.contains("starting up") || said.contains("Fatal:")
        });
        !said.contains("Fatal:")
    }

    fn said(&self) -> String {
        let console = self.daemon.as_ref().map(Daemon::printed);
        console.unwrap_or_default() + &self.log()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_users(&self) {
        write(
            &self.path("users"),
            &config::users(&self.setup.users, &self.path("mail")),
        );
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Dovecot said:\n{}", self.said());
        }
    }
}
