//! A PostgreSQL of one test, for the tests in which it goes away and comes back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::Database;
use crate::daemon::{Daemon, Goodbye};
use crate::place::{folder_of, free_port, is_root, run, temporary_folder, write};
use crate::{skip, wait_until};

const START: Duration = Duration::from_secs(60);

/// Whom the server runs as: PostgreSQL refuses root. Debian's package makes this user.
const USER: &str = "postgres";

const PASSWORD: &str = "tegata-tests";

/// A running server, or a stopped one that can be started again with its data.
#[derive(Debug)]
pub struct Server {
    // Stopped before its folder goes: fields are dropped in this order.
    daemon: Option<Daemon>,
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

/// Starts a server of the test's own; takes about two seconds. `None` is a skip.
///
/// # Panics
/// With PostgreSQL's own words when it does not come up, and under `TEGATA_STRICT=1` when it is not there.
#[must_use]
pub fn server() -> Option<Server> {
    let Some(programs) = programs() else {
        return skip("PostgreSQL", "it is not installed (scripts/bootstrap test)");
    };
    let folder = temporary_folder("postgres");
    let mut server = Server {
        daemon: None,
        folder,
        programs,
        port: free_port(),
    };
    server.make_cluster();
    server.start();
    Some(server)
}

impl Server {
    /// Where it listens: `postgres://…@127.0.0.1:port/postgres`. The port stays over a restart.
    #[must_use]
    pub fn url(&self) -> String {
        format!(
            "postgres://{USER}:{PASSWORD}@127.0.0.1:{}/postgres",
            self.port
        )
    }

    /// A fresh database on it.
    ///
    /// # Panics
    /// When the server is stopped.
    #[must_use]
    pub fn database(&self) -> Database {
        Database::on(&self.url())
    }

    /// Stops it at once; its clients are cut off.
    pub fn stop(&mut self) {
        self.daemon = None;
    }

    /// Starts it, with the data it had.
    ///
    /// # Panics
    /// With PostgreSQL's own words when it does not come up.
    pub fn start(&mut self) {
        let program = self.programs.join("postgres").display().to_string();
        let data = self.path("data").display().to_string();
        let port = self.port.to_string();
        let sockets = format!("unix_socket_directories={data}");
        let mut command = as_owner();
        command.extend([
            program.as_str(),
            "-D",
            &data,
            "-p",
            &port,
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            &sockets,
            // The machine does not fall over between two tests.
            "-c",
            "fsync=off",
        ]);
        let daemon = Daemon::start(
            Path::new(command[0]),
            &command[1..],
            &self.path("log"),
            Goodbye::Int,
        );
        let mut said = String::new();
        wait_until("PostgreSQL takes connections", START, || {
            said = daemon.printed();
            said.contains("ready to accept connections")
                || said.contains("database system is shut down")
        });
        // "FATAL: the database system is starting up" is only told to clients that come too early.
        assert!(
            said.contains("ready to accept connections"),
            "PostgreSQL does not start:\n{said}"
        );
        self.daemon = Some(daemon);
    }

    fn make_cluster(&self) {
        let data = self.path("data");
        let password = self.path("password");
        write(&password, PASSWORD);
        if is_root() {
            folder_of(USER, &data);
        }
        let program = self.programs.join("initdb").display().to_string();
        let data = data.display().to_string();
        let password = format!("--pwfile={}", password.display());
        let superuser = format!("--username={USER}");
        let mut command = as_owner();
        command.extend([
            program.as_str(),
            "-D",
            &data,
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--auth=password",
            &superuser,
            &password,
        ]);
        run(command[0], &command[1..]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The words before a command that make it run as [`USER`], where we are root.
fn as_owner<'a>() -> Vec<&'a str> {
    if is_root() {
        vec!["setpriv", "--reuid", USER, "--regid", USER, "--init-groups"]
    } else {
        Vec::new()
    }
}

/// Where `initdb` and `postgres` stand; Debian keeps them out of PATH, a folder for each version.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, programs)| programs)
}
