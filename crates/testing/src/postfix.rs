//! A real Postfix as the sending side of a provider.
//!
//!     SMTP client -- AUTH XOAUTH2 --> Postfix -- Dovecot's auth socket --> introspection
//!                                     Postfix -- LMTP --> Dovecot's mailboxes
//!
//! It signs people in by the Dovecot it is started for, takes mail for that
//! Dovecot's users only, and lets everyone send only under the own address.
//! What always holds: nothing leaves loopback. There is no SMTP client in its
//! `master.cf`, and a recipient elsewhere is refused (554 5.7.1).

mod config;

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::authority::NAMES;
use crate::daemon::{Daemon, Goodbye};
use crate::place::{free_port, installed, is_root, run, temporary_folder, write};
use crate::{Dovecot, skip, wait_until};

const PROGRAM: &[&str] = &[
    "/usr/lib/postfix/sbin/master",
    "/usr/libexec/postfix/master",
];

const START: Duration = Duration::from_secs(30);

/// A running Postfix. Dropping it stops it and deletes its queue.
#[derive(Debug)]
pub struct Postfix {
    // Stopped before its folder goes: fields are dropped in this order.
    daemon: Option<Daemon>,
    folder: TempDir,
    /// SMTP with STARTTLS (required before AUTH and MAIL), on 127.0.0.1.
    pub submission_port: u16,
    /// SMTP with TLS from the first byte, on 127.0.0.1.
    pub smtps_port: u16,
}

/// Starts a Postfix in front of `dovecot`, with a certificate of the same
/// authority; `None` is a skip. Users added to Dovecot later get no mail through it.
///
/// # Panics
/// With Postfix's own words when it does not come up, and under `TEGATA_STRICT=1` when it is not there.
#[must_use]
pub fn start(dovecot: &Dovecot) -> Option<Postfix> {
    if installed(PROGRAM).is_none() {
        return skip("Postfix", "it is not installed (scripts/bootstrap test)");
    }
    if !is_root() {
        return skip("Postfix", "it is started by root only");
    }
    let folder = temporary_folder("postfix");
    let issued = dovecot.authority().issue(&NAMES);
    let postfix = Postfix {
        daemon: None,
        folder,
        submission_port: free_port(),
        smtps_port: free_port(),
    };
    postfix.make_folders();
    write(
        &postfix.path("conf/tls.pem"),
        &(issued.key_pem + &issued.certificate_pem),
    );
    write(
        &postfix.path("conf/recipients"),
        &config::recipients(dovecot),
    );
    write(&postfix.path("conf/senders"), config::SENDERS);
    write(
        &postfix.path("conf/main.cf"),
        &config::main(&postfix, dovecot),
    );
    Some(postfix.started())
}

impl Postfix {
    /// Everything it logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("mail.log")).unwrap_or_default()
    }

    /// Stops it; its queue stays. Open connections end.
    pub fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.stop();
        }
    }

    /// Starts it again on the same ports after [`Postfix::stop`].
    ///
    /// # Panics
    /// With Postfix's own words when it does not come up.
    pub fn start_again(&mut self) {
        assert!(self.came_up(), "Postfix does not start:\n{}", self.said());
    }

    fn started(mut self) -> Postfix {
        // As with Dovecot: somebody may have taken our free ports meanwhile.
        for _ in 1..3 {
            if self.came_up() {
                return self;
            }
            self.daemon = None;
            self.submission_port = free_port();
            self.smtps_port = free_port();
        }
        self.start_again();
        self
    }

    /// What `postfix check` would make, without the two seconds that it takes.
    fn make_folders(&self) {
        let make = |owner: &str, mode: &str, names: &[&str]| {
            let (user, group) = owner.split_once(':').expect("user:group");
            let paths: Vec<String> = names
                .iter()
                .map(|name| self.path(name).display().to_string())
                .collect();
            let mut arguments = vec!["-d", "-o", user, "-g", group, "-m", mode];
            arguments.extend(paths.iter().map(String::as_str));
            run("install", &arguments);
        };
        make("root:root", "755", &["conf", "queue", "queue/pid"]);
        make("postfix:root", "700", &["data"]);
        make("postfix:root", "700", config::QUEUES);
        make("postfix:postdrop", "730", &["queue/maildrop"]);
        make("postfix:postdrop", "710", &["queue/public"]);
    }

    /// Makes the configuration look old: Postfix waits until a file is two
    /// seconds old, since somebody might still be writing it.
    fn age(&self) {
        let old = SystemTime::now() - Duration::from_secs(60);
        for name in ["main.cf", "master.cf", "recipients", "senders"] {
            File::open(self.path("conf").join(name))
                .and_then(|file| file.set_modified(old))
                .expect("the age of our own file can be set");
        }
    }

    fn came_up(&mut self) -> bool {
        let conf = self.path("conf").display().to_string();
        write(&self.path("conf/master.cf"), &config::master(self));
        write(&self.path("mail.log"), "");
        self.age();
        let program = installed(PROGRAM).expect("it was there before");
        self.daemon = Some(Daemon::start(
            program,
            &["-d", "-c", &conf],
            &self.path("console.log"),
            Goodbye::Term,
        ));
        let mut said = String::new();
        wait_until("Postfix listens", START, || {
            said = self.said();
            // It says so after it has bound its ports.
            said.contains("daemon started") || said.contains("fatal:")
        });
        !said.contains("fatal:")
    }

    fn said(&self) -> String {
        let console = self.daemon.as_ref().map(Daemon::printed);
        console.unwrap_or_default() + &self.log()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Postfix said:\n{}", self.said());
        }
    }
}
