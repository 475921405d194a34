//! What the tests of the other crates stand on: real servers, started for one
//! test and gone with it, and the few helpers that every test wants.
//!
//!     postgres::database()  a fresh database in the server of `scripts/test`
//!     postgres::server()    a PostgreSQL of one's own, to be stopped and started again
//!     dovecot::start(...)   IMAP with XOAUTH2, checked at an introspection endpoint
//!     postfix::start(...)   submission, signed in through that Dovecot
//!     pebble::start(...)    a certificate authority that speaks ACME, with a DNS of its own
//!     chromium::path()      the browser for the stories
//!     program::Tegata       the program itself, with clients, watched for secrets that leak
//!     talk::Talk            a line-by-line conversation over TCP or TLS
//!
//! What always holds: everything listens on loopback only, lives in a folder of
//! its own below the system's temporary folder, and ends with the value that
//! stands for it, even when the test process is killed (`daemon`).
//! What is not there is a skip that says so; with `TEGATA_STRICT=1` it is a failure.

pub mod authority;
pub mod chromium;
mod daemon;
pub mod dovecot;
pub mod pebble;
mod place;
pub mod postfix;
pub mod postgres;
pub mod program;
mod skip;
pub mod talk;
mod wait;

pub use authority::Authority;
pub use dovecot::Dovecot;
pub use pebble::Pebble;
pub use place::{free_port, temporary_folder};
pub use postfix::Postfix;
pub use program::{Setup, Tegata};
pub use skip::{skip, strict};
pub use talk::Talk;
pub use wait::{wait_for, wait_until};
