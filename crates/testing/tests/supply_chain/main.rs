//! What we take in from others: which crates and packages, from where, under which licence.
//!
//!     Cargo.lock             names that are banned, and one source: crates.io
//!     cargo metadata         the licence of everything that is built
//!     web/package-lock.json  no addresses, a licence for everything
//!
//! A licence that is not on the list needs a decision, not a longer list.

mod crates;
mod licence;
mod web;

use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
