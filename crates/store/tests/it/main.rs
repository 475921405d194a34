//! The store's suite: every scene runs on SQLite and on PostgreSQL, and ends with the check of all invariants.
//!
//!     on_both! { async fn a_sentence(t) { … } }  ->  a_sentence::on_sqlite, a_sentence::on_postgres

#[macro_use]
mod scene;

mod accounts;
mod backup;
mod blobs;
mod changes;
mod connects;
mod credentials;
mod emails;
mod faults;
mod folders;
mod grants;
mod guide;
mod heartbeat;
mod intents;
mod jobs;
mod keys;
mod notices;
mod odd_mails;
mod people;
mod reconnect_links;
mod schema;
mod search;
mod secrets;
mod submissions;
mod threads;
mod transactions;
mod ways_in;
