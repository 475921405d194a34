//! Notices by mail: nothing stops silently, and nobody is told twice.
//!
//!     plan     what people should know now (from the state of credentials and grants) -> rows, each once
//!     deliver  rows -> mails of the system mailbox (a submission in the same commit) -> sent
//!
//! Both look at the state and not at events, so a restart, a lost announcement or a second node loses and repeats
//! nothing. What always holds: a notice that is no longer true before it goes is withdrawn; nothing is sent through
//! a mailbox that is stopped; what cannot be sent is told in the log, by `tegata doctor` and on the screen.

pub mod mailbox;
pub mod words;
