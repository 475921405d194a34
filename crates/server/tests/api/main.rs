//! The program as others meet it: by HTTP, by its command line, by its configuration.
//!
//! Every test starts the program that is installed; `testing::program` looks for leaked secrets and checks
//! the data at the end of each.

mod credential_checks;
mod house;

/// The program.
const TEGATA: &str = env!("CARGO_BIN_EXE_tegata");
