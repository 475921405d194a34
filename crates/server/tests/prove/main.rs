//! Kill tests on the real program: no grant is lost while its processes are killed and held at any moment.
//!
//!     Plan (seed) -> stage: sandbox, programs, 200 grants with short access tokens
//!                 -> demand over HTTP and by `tegata token`; kills and holds by the plan
//!                 -> settled: every grant refreshed once more after the last of it
//!                 -> the sandbox's ledger against the diary of kills -> verdict -> figures
//!
//! The short form is part of all tests; the long form is `make prove`.

mod demand;
mod diary;
mod judge;
mod losses;
mod node;
mod plan;
mod report;
mod run;
mod stage;

use plan::{Place, Plan, Rule};
use run::run;

/// Kills in a run of the short form: two of them make thirty.
const SHORT: usize = 15;

/// Kills in a run of the long form: four of them make three hundred.
fn long() -> usize {
    let given = std::env::var("TEGATA_KILLS").ok();
    given.and_then(|kills| kills.parse().ok()).unwrap_or(75)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_beside_another_on_postgresql_no_grant_is_lost_but_by_a_cut_answer() {
    run(Plan::new(Place::Postgres, Rule::OldDies, SHORT, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_beside_commands_on_sqlite_no_grant_is_lost_but_by_a_cut_answer() {
    run(Plan::new(Place::Sqlite, Rule::OldDies, SHORT, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes long: make prove"]
async fn long_on_postgresql_where_the_old_refresh_token_stays_valid() {
    run(Plan::new(Place::Postgres, Rule::OldStaysValid, long(), 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes long: make prove"]
async fn long_on_postgresql_where_the_old_refresh_token_dies() {
    run(Plan::new(Place::Postgres, Rule::OldDies, long(), 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes long: make prove"]
async fn long_on_sqlite_where_the_old_refresh_token_stays_valid() {
    run(Plan::new(Place::Sqlite, Rule::OldStaysValid, long(), 3)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes long: make prove"]
async fn long_on_sqlite_where_the_old_refresh_token_dies() {
    run(Plan::new(Place::Sqlite, Rule::OldDies, long(), 3)).await;
}
