//! The advice catalogue against the real program: an answer's bytes in, the advice in both languages out.
//!
//! The sandbox says what a provider was seen to say, at the place where it says it ([`row::Said`]); the row is looked
//! for where people meet it ([`row::Via`]). Each file holds one section of the error catalogue in the facts, as data, and
//! its test; a row that is named wrong does not hide the others. With `TEGATA_FIGURES=path` each test adds its line to
//! a table of that file.

mod aadsts;
mod callback;
mod exchange_imap;
mod gmail_imap;
mod row;
mod smtp_login;
mod smtp_mail;
mod stage;
mod tally;
mod token;
mod unknown;
