//! Where a test server lives: its folder and its port.

use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// A TCP port of 127.0.0.1 that nobody held a moment ago.
///
/// Whoever can, should bind port 0 instead; this is for programs that are told
/// their port in a configuration file.
///
/// # Panics
/// When loopback has no free port.
#[must_use]
pub fn free_port() -> u16 {
    static TURN: AtomicU64 = AtomicU64::new(0);
    // Below the ports that the system gives out by itself: nobody takes one between here and its use.
    for _ in 0..1000 {
        let mut chance = std::hash::RandomState::new().build_hasher();
        chance.write_u64(TURN.fetch_add(1, Ordering::Relaxed));
        let port = 20_000 + u16::try_from(chance.finish() % 12_000).unwrap_or(0);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("loopback has no free port");
}

/// A folder that is deleted with the value and that other Unix users may enter:
/// the servers give up root before they open their files.
///
/// # Panics
/// When the temporary folder cannot be written.
#[must_use]
pub fn temporary_folder(name: &str) -> tempfile::TempDir {
    let folder = tempfile::Builder::new()
        .prefix(&format!("tegata-{name}-"))
        .tempdir()
        .expect("the temporary folder can be written");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))
        .expect("our own folder's mode can be set");
    folder
}

/// Writes one file of a server's folder.
pub(crate) fn write(path: &Path, content: &str) {
    fs::write(path, content).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
}

/// Makes a folder and gives it to `owner` ("user" or "user:group").
pub(crate) fn folder_of(owner: &str, path: &Path) {
    fs::create_dir_all(path).unwrap_or_else(|e| panic!("cannot make {}: {e}", path.display()));
    run("chown", &[owner, &path.display().to_string()]);
}

/// Whether we may start servers that give up root.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// The first of `candidates` that is a file.
pub(crate) fn installed(candidates: &[&'static str]) -> Option<&'static Path> {
    candidates
        .iter()
        .map(|path| Path::new(*path))
        .find(|path| path.is_file())
}

/// Runs a program to its end.
///
/// # Panics
/// With what it said, when it fails.
pub(crate) fn run(program: &str, arguments: &[&str]) {
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("cannot run {program}: {e}"));
    assert!(
        output.status.success(),
        "{program} {} failed:\n{}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}
