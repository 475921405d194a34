//! The program itself, as it is installed: a process, a folder, clients.
//!
//!     Setup -> Tegata::start -> tegata serve (its own folder, a free port of loopback)
//!                 |  administrator, member, stranger -> Client, Jmap -> HTTP
//!                 |  run -> the same program as a command, beside the server
//!                 v  drop: stopped; `tegata check`; the search for secrets that leaked
//!
//! What always holds: whatever the program answered, printed, logged, stored or backed up is searched for every
//! secret that came up, and its data is sound when it ends. A failed test keeps its own message: nothing of
//! this is asserted while panicking, but the end of the log is shown.

mod client;
mod consent;
mod jmap;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sandbox::Sandbox;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;

use crate::daemon::{Daemon, Goodbye};
use crate::place::{free_port, temporary_folder, write};
use crate::wait_until;
use watch::{Data, Watch};

pub use client::{Answer, Ask, Client};
pub use consent::{
    Begun, begin, begin_with, call_back, connect, decide, finished, google, microsoft, register,
    register_google, register_microsoft,
};
pub use jmap::Jmap;
pub use reqwest::Method;
pub use watch::Kind;

/// How long a start may take; a second on an idle machine.
const START: Duration = Duration::from_secs(60);

/// Everything of ours, without the chatter below it.
const LOG: &str =
    "TEGATA_LOG=debug,sqlx=info,hyper=info,hyper_util=info,h2=info,rustls=info,reqwest=info";

/// Where the program keeps its data.
#[derive(Clone, Default)]
pub enum Place {
    #[default]
    Sqlite,
    /// A database's URL.
    Postgres(String),
}

/// How a program is set up.
#[derive(Clone, Default)]
pub struct Setup<'a> {
    /// `""` or `"/gsession"`.
    pub public_path: &'a str,
    /// Fills in the providers, registers the redirect URIs, and has its tokens searched for.
    pub sandbox: Option<&'a Sandbox>,
    /// Further `[providers.…]` sections, or the only ones.
    pub providers_toml: String,
    pub store: Place,
    /// Another public URL than `http://localhost:PORT` and the path; clients go to the port all the same.
    pub public_url: Option<String>,
    /// Lines of `[server]`: `tls = "self-signed"`, `trusted_proxies = [...]`. `{folder}` is filled in.
    pub server_toml: String,
    /// Further sections.
    pub extra_toml: String,
    /// Clients speak TLS and trust `{folder}/NAME`, a PEM file.
    pub ca_file: Option<&'a str>,
    /// Without [`ADMINISTRATOR`], as after the installation.
    pub bare: bool,
    /// Put into the folder before the start: name, content.
    pub files: Vec<(&'a str, String)>,
}

impl<'a> Setup<'a> {
    /// Everything as it comes, below `/gsession`, at a sandbox.
    #[must_use]
    pub fn with(sandbox: &'a Sandbox) -> Setup<'a> {
        Setup {
            public_path: "/gsession",
            sandbox: Some(sandbox),
            ..Setup::default()
        }
    }
}

/// A running program.
pub struct Tegata {
    // Stopped before its folder goes: fields are dropped in this order.
    daemon: Option<Daemon>,
    starts: usize,
    program: PathBuf,
    watch: Arc<Watch>,
    ca_file: Option<String>,
    data: Data,
    /// Where it is reached, with its path: `http://localhost:PORT/gsession`.
    pub base: String,
    /// `http://localhost:PORT`
    pub origin: String,
    pub port: u16,
    /// Configuration, data and logs.
    pub folder: PathBuf,
    _folder: TempDir,
}

/// The administrator who is there from the start, with password.
pub const ADMINISTRATOR: (&str, &str) = ("admin", "correct horse admin");

/// The password of a person whom [`Tegata::member`] makes.
#[must_use]
pub fn password_of(login: &str) -> String {
    format!("correct horse {login}")
}

impl Tegata {
    /// Starts `program` (`env!("CARGO_BIN_EXE_tegata")`).
    ///
    /// # Panics
    /// With its log, when it does not come up.
    #[must_use]
    pub fn start(program: &str, setup: Setup<'_>) -> Tegata {
        // A free port can be taken between the asking and the using: then another one will do.
        for attempt in 0.. {
            let mut tegata = Tegata::prepare(program, &setup);
            if !setup.bare {
                tegata.add_administrator();
            }
            if tegata.came_up() {
                return tegata;
            }
            let taken = tegata.log().contains("cannot listen on");
            assert!(
                taken && attempt < 3,
                "tegata does not start:\n{}",
                tegata.log()
            );
            tegata.starts = 0;
        }
        unreachable!("it comes up or it does not")
    }

    /// Everything but the start: folder, port, configuration. [`Tegata::run`] works on it.
    #[must_use]
    pub fn prepare(program: &str, setup: &Setup<'_>) -> Tegata {
        let folder = temporary_folder("program");
        let path = folder.path().to_owned();
        let shown = path.display().to_string();
        let port = free_port();
        let scheme = if setup.ca_file.is_some() {
            "https"
        } else {
            "http"
        };
        let origin = format!("{scheme}://localhost:{port}");
        let base = format!("{origin}{}", setup.public_path);
        for (name, content) in &setup.files {
            write(&path.join(name), content);
        }
        let public_url = setup.public_url.clone().unwrap_or_else(|| base.clone());
        let tls = if setup.server_toml.contains("tls =") {
            ""
        } else {
            "tls = \"off\"\n"
        };
        let server_toml = setup.server_toml.replace("{folder}", &shown);
        let mut toml = format!(
            "[server]\npublic_url = \"{public_url}\"\nlisten = \"127.0.0.1:{port}\"\n{tls}{server_toml}\n\n[store]\n"
        );
        if let Place::Postgres(url) = &setup.store {
            toml += &format!("database = \"{url}\"\n");
        }
        let watch = Arc::new(Watch::default());
        if let Some(sandbox) = setup.sandbox {
            let ca = path.join("sandbox-ca.pem");
            write(&ca, &sandbox.ca_pem);
            toml += &sandbox.config_toml(&ca.display().to_string());
            for page in ["cmn270.do", "cm270.do"] {
                sandbox.register_redirect_uri(&format!("{public_url}/common/{page}"));
            }
            watch.follow(sandbox.issued());
            watch.plant(Kind::ClientSecret, sandbox::GOOGLE_CLIENT_SECRET);
            watch.plant(Kind::ClientSecret, sandbox::MICROSOFT_CLIENT_SECRET);
        }
        toml += &format!("\n{}\n{}\n", setup.providers_toml, setup.extra_toml);
        write(&path.join("tegata.toml"), &toml);
        Tegata {
            daemon: None,
            starts: 0,
            program: program.into(),
            watch,
            ca_file: setup.ca_file.map(str::to_owned),
            data: match &setup.store {
                Place::Sqlite => Data::File(path.join("data/tegata.db")),
                Place::Postgres(url) => Data::Url(url.clone()),
            },
            base,
            origin,
            port,
            folder: path,
            _folder: folder,
        }
    }

    fn came_up(&mut self) -> bool {
        self.starts += 1;
        let log = self.folder.join(format!("serve-{}.log", self.starts));
        let (program, config) = (self.program.display().to_string(), self.config());
        let arguments = [LOG, &program, "--config", &config, "serve"];
        let daemon = Daemon::start(Path::new("env"), &arguments, &log, Goodbye::Term);
        let (mut up, mut down) = (false, false);
        wait_until("tegata serves or says why not", START, || {
            let printed = daemon.printed();
            up = printed.contains("(listening on ");
            down = printed.lines().any(|line| line.starts_with("tegata: "));
            up || down
        });
        self.daemon = Some(daemon);
        up
    }

    fn config(&self) -> String {
        self.folder.join("tegata.toml").display().to_string()
    }

    /// Ends it by SIGTERM.
    pub fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.stop();
        }
    }

    /// Ends it by SIGKILL.
    pub fn kill(&mut self) {
        self.daemon = None;
    }

    /// Holds it with SIGSTOP, in the middle of whatever it does.
    ///
    /// # Panics
    /// When it does not run.
    pub fn hold(&self) {
        self.daemon.as_ref().expect("it runs").signal("STOP");
    }

    /// Lets it go on with SIGCONT.
    ///
    /// # Panics
    /// When it does not run.
    pub fn go_on(&self) {
        self.daemon.as_ref().expect("it runs").signal("CONT");
    }

    /// Starts it again on its data and port, after ending it by SIGTERM if it runs.
    ///
    /// # Panics
    /// With its log, when it does not come up.
    pub fn restart(&mut self) {
        self.stop();
        let mut up = self.came_up();
        // A killed one may not have given its port back yet.
        for _ in 0..100 {
            let printed = self.daemon.as_ref().map(Daemon::printed);
            if up || !printed.unwrap_or_default().contains("cannot listen on") {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
            up = self.came_up();
        }
        assert!(up, "tegata does not start again:\n{}", self.log());
    }

    /// What it printed and logged, in all its runs.
    #[must_use]
    pub fn log(&self) -> String {
        (1..=self.starts)
            .map(|run| {
                fs::read_to_string(self.folder.join(format!("serve-{run}.log"))).unwrap_or_default()
            })
            .collect()
    }

    /// Runs a command on the same configuration, beside the server if it runs.
    ///
    /// # Panics
    /// When the program cannot be run at all.
    pub async fn run(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut command = self.command(arguments);
        if arguments.iter().any(|one| one.ends_with("secret-stdin")) {
            self.plant(Kind::ClientSecret, stdin.trim());
        }
        let stdin = stdin.to_owned();
        // Not on the runtime: the sandbox may be on it, and the command may ask the sandbox.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut child = command.spawn().expect("the program runs");
            if let Some(mut pipe) = child.stdin.take() {
                // Closed early by a command that reads nothing.
                let _ = std::io::Write::write_all(&mut pipe, stdin.as_bytes());
            }
            let _ = sender.send(child.wait_with_output().expect("the program ends"));
        });
        let output = receiver.await.expect("the thread ends with an output");
        self.watch.output(arguments, &output);
        output
    }

    /// [`Tegata::run`] for a command that must succeed: its standard output.
    ///
    /// # Panics
    /// With what it said, when it fails.
    pub async fn done(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.run(arguments, stdin).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success(),
            "tegata {}: {said}",
            arguments.join(" ")
        );
        String::from_utf8(output.stdout).expect("the output is text")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--config", &self.config()])
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Changes the data behind the program's back (SQLite only): to make something old, say.
    ///
    /// # Panics
    /// When the statement fails or changes nothing.
    pub async fn sql(&self, statement: &str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(self.folder.join("data/tegata.db"))
            .busy_timeout(Duration::from_secs(10));
        let mut connection = sqlx::SqliteConnection::connect_with(&options)
            .await
            .expect("the database opens");
        let done = sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap_or_else(|e| panic!("{statement}: {e}"));
        assert!(done.rows_affected() > 0, "{statement} changes nothing");
        connection.close().await.expect("the connection closes");
    }

    /// Has a secret searched for that does not come up by itself.
    pub fn plant(&self, kind: Kind, secret: &str) {
        self.watch.plant(kind, secret);
    }

    /// A browser that nobody is signed in at.
    #[must_use]
    pub fn stranger(&self) -> Client {
        self.client_at(&self.base)
    }

    /// A browser that opened another address.
    #[must_use]
    pub fn client_at(&self, base: &str) -> Client {
        let pem = self.ca_file.as_ref().map(|name| {
            fs::read_to_string(self.folder.join(name)).expect("the CA file can be read")
        });
        Client::new(base, self.watch.clone(), pem.as_deref())
    }

    /// Signs in.
    ///
    /// # Panics
    /// With the answer, when that is refused.
    pub async fn sign_in(&self, login: &str, password: &str) -> Client {
        let browser = self.stranger();
        let body = json!({ "login": login, "password": password });
        browser.came_in(&browser.post("/api/sign-in", &body).await)
    }

    /// Redeems an invitation or reset link.
    ///
    /// # Panics
    /// With the answer, when that is refused.
    pub async fn redeem(&self, link: &str, password: &str) -> Client {
        let browser = self.stranger();
        let token = link.rsplit('#').next().unwrap_or_default();
        let body = json!({ "token": token, "password": password });
        browser.came_in(&browser.post("/api/invitations/redeem", &body).await)
    }

    /// Before the first start: a server without an administrator would invite one.
    fn add_administrator(&self) {
        let (login, password) = ADMINISTRATOR;
        let file = self.folder.join("admin-password");
        write(&file, password);
        self.watch.plant(Kind::Password, password);
        let file = file.display().to_string();
        let arguments = [
            "user",
            "add",
            login,
            "--admin",
            "--name",
            "管理者",
            "--password-file",
            &file,
        ];
        let output = self.command(&arguments).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "tegata user add {login}: {said}");
    }

    /// Makes a person with the command line, if not made before, and signs in.
    async fn person(&self, login: &str, password: &str) -> Client {
        self.watch.plant(Kind::Password, password);
        let arguments = ["user", "add", login, "--password-stdin"];
        let output = self.run(&arguments, &format!("{password}\n")).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() || said.contains("the login is taken"),
            "tegata user add {login}: {said}"
        );
        self.sign_in(login, password).await
    }

    /// A new browser of [`ADMINISTRATOR`].
    pub async fn administrator(&self) -> Client {
        let (login, password) = ADMINISTRATOR;
        self.sign_in(login, password).await
    }

    /// A new browser of a member.
    pub async fn member(&self, login: &str) -> Client {
        self.person(login, &password_of(login)).await
    }
}

impl Drop for Tegata {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "the end of its log:\n{}",
                lines[lines.len().saturating_sub(40)..].join("\n")
            );
            return;
        }
        if self.starts == 0 {
            return;
        }
        let output = self.command(&["check"]).output().expect("the program runs");
        assert!(
            output.status.success(),
            "its data is not sound:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let path = self.folder.join("at-the-end.backup");
        let arguments = ["backup", "--to", &path.display().to_string()];
        let output = self.command(&arguments).output().expect("the program runs");
        assert!(
            output.status.success(),
            "it cannot be backed up:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.watch.output(&arguments, &output);
        let backup = fs::read(&path).unwrap_or_default();
        let leaks = self.watch.leaks(&self.log(), Some(&self.data), &backup);
        assert!(leaks.is_empty(), "secrets leaked:\n{}", leaks.join("\n"));
    }
}
