//! The program and its providers: consent, tokens, mail in, mail out, and what goes wrong there.

mod app_only;
mod backup;
mod consent;
mod doctor;
mod endings;
mod faults;
mod mail_oddities;
mod notices;
mod reach;
mod receive;
mod reconnect;
mod rotation;
mod s67;
mod scene;
mod send;
mod shared_mailbox;
mod tokens;
