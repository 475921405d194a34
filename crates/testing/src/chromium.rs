//! The browser for the stories.

use std::path::PathBuf;

use crate::skip;

/// Names by which distributions call it. Ubuntu's is a snap, which a test machine
/// rarely can run: there `CHROMIUM` names another one.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where Chromium stands: `CHROMIUM`, else the first one in `PATH`; `None` is a skip.
///
/// # Panics
/// When `CHROMIUM` names no file, and under `TEGATA_STRICT=1` when there is none.
#[must_use]
pub fn path() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        assert!(
            named.is_file(),
            "CHROMIUM names no file: {}",
            named.display()
        );
        return Some(named);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|candidate| candidate.is_file());
    found.or_else(|| skip("the browser", "no chromium in PATH, CHROMIUM is not set"))
}
