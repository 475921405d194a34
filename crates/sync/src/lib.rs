//! The talk with the mail servers: workers that carry out what doors wrote, and bring in what came.
//!
//!     supervisor -> one task per account: session -> pull -> (IDLE | poll) -> pull …
//!                                                 -> intents
//!     submissions -> SMTP -> the copy in Sent
//!     checks      -> the steps of a connect or of an account
//!
//! Workers meet doors only in the store. `imap`, `smtp` and `net` are the connections; the other modules
//! know accounts. What always holds: a token is asked for before each login and never kept; a mail is stored
//! before the folder's position moves; a refusal becomes a state with a cause, never silence.

pub mod checks;
pub mod folders;
pub mod imap;
pub mod intents;
pub mod net;
pub mod pull;
pub mod session;
pub mod smtp;
pub mod standing;
pub mod submissions;
pub mod supervisor;

use provider::Providers;

/// Runs all workers until the program ends.
pub async fn run(providers: Providers) {
    let mut workers = tokio::task::JoinSet::new();
    workers.spawn(supervisor::run(providers.clone()));
    workers.spawn(submissions::run(providers.clone()));
    workers.spawn(checks::run(providers.clone()));
    workers.spawn(write_taps(providers.clone()));
    workers.spawn(provider::tokens::keep_fresh(providers.clone()));
    workers.spawn(provider::tokens::keep_trying(providers.clone()));
    workers.spawn(provider::tokens::forget_changed(providers));
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker ended");
        }
    }
}

/// What went over the connections is written this often; a log that was switched on begins as soon.
const TAPS: std::time::Duration = std::time::Duration::from_secs(3);

/// Writes counts and protocol logs now and then.
async fn write_taps(providers: Providers) {
    loop {
        tokio::time::sleep(TAPS).await;
        if let Err(error) = providers.store().flush_taps().await {
            tracing::warn!(%error, "traffic and protocol logs wait for the store");
        }
    }
}
