//! A server process that cannot outlive its test.
//!
//!     test process ---- pipe ----> shell ---- starts ----> server, its children
//!        stop, or its end:  pipe closes -> signal to the server -> its end
//!                                       -> KILL to what is left of the group
//!        drop:              KILL to the group, where nothing is worth a goodbye
//!
//! The shell is there for the test process that is killed before it can drop
//! anything: the pipe closes all the same.
//! What always holds: only processes of the group that we made ourselves are ended.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to end in good order.
const GOODBYE: Duration = Duration::from_secs(10);

const SHELL: &str = r#"signal=$1; shift
"$@" & server=$!
cat > /dev/null
kill -s $signal $server 2> /dev/null
wait $server
kill -s KILL 0"#;

/// How a server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goodbye {
    /// By TERM when it is to come back. Dropped, it goes with all its files, so
    /// it is killed: Dovecot's own goodbye takes a second.
    Term,
    /// By INT, always: killed, PostgreSQL would leave shared memory behind;
    /// after TERM it would wait for its clients.
    Int,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Daemon {
    shell: Child,
    log: PathBuf,
    goodbye: Goodbye,
}

impl Daemon {
    /// Starts `program`, which must stay in the foreground; what it prints goes to `log`.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        log: &Path,
        goodbye: Goodbye,
    ) -> Daemon {
        let signal = match goodbye {
            Goodbye::Term => "TERM",
            Goodbye::Int => "INT",
        };
        let output = File::create(log).expect("the log's folder can be written");
        let errors = output.try_clone().expect("a file handle can be doubled");
        let shell = Command::new("sh")
            .args(["-c", SHELL, "sh", signal])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {}: {e}", program.display()));
        Daemon {
            shell,
            log: log.to_owned(),
            goodbye,
        }
    }

    /// Ends the server so that it can be started again on its files.
    pub(crate) fn stop(mut self) {
        self.end_in_good_order();
    }

    fn end_in_good_order(&mut self) {
        drop(self.shell.stdin.take());
        let start = Instant::now();
        while matches!(self.shell.try_wait(), Ok(None)) && start.elapsed() < GOODBYE {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal (`STOP`, `CONT`) to the server and its children.
    pub(crate) fn signal(&self, name: &str) {
        let group = format!("kill -s {name} -- -{}", self.shell.id());
        let sent = Command::new("sh").args(["-c", &group]).status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "{name} cannot be sent"
        );
    }

    /// What the server printed so far.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Nobody hears a failure here, and a panic in drop would hide the test's own.
        if self.goodbye == Goodbye::Int {
            self.end_in_good_order();
        }
        let group = format!("kill -s KILL -- -{}", self.shell.id());
        let _ = Command::new("sh")
            .args(["-c", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{temporary_folder, wait_until};

    fn alive(process: &str) -> bool {
        // A zombie still has a folder in /proc, so the state is looked at.
        fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[test]
    fn a_dropped_daemon_takes_its_stubborn_children_along() {
        let folder = temporary_folder("daemon");
        let log = folder.path().join("log");
        let script = "trap '' TERM; sleep 600 & echo $!; trap 'exit 0' TERM; wait";
        let daemon = Daemon::start(Path::new("sh"), &["-c", script], &log, Goodbye::Term);
        wait_until("the child's id is printed", Duration::from_secs(5), || {
            daemon.printed().ends_with('\n')
        });
        let child = daemon.printed().trim().to_owned();
        assert!(alive(&child));
        drop(daemon);
        wait_until("the child is gone", Duration::from_secs(5), || {
            !alive(&child)
        });
    }
}
