//! Who comes in and who does not: every scene on SQLite and on PostgreSQL, ended by the store's check.

#[macro_use]
mod scene;

mod callers;
mod links;
mod sign_in;
