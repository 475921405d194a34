//! The program `tegata`.

mod cli;
mod config;
mod endings;
mod health;
mod http;
mod import;
mod json;
mod notices;
mod panics;
mod reach;
mod self_check;
mod serve;
mod tls;

use std::process::ExitCode;

fn main() -> ExitCode {
    panics::install();
    // One crypto provider for the whole program; a second one would make TLS panic at run time.
    let _ = rustls::crypto::ring::default_provider().install_default();
    cli::run()
}
