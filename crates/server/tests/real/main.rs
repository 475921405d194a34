//! Tegata itself against a real Dovecot and a real Postfix: the program as it is shipped, talked to by HTTP
//! and JMAP only.
//!
//!     test -- HTTP, JMAP --> tegata serve -- OAuth --> sandbox (in this process)
//!                                         -- IMAP --> Dovecot -- introspection --> sandbox
//!                                         -- SMTP --> Postfix -- Dovecot's auth socket
//!
//! What is proven here is proven on the servers' side too: in a Maildir, in a log, in the sandbox's books.
//! Every stage ends as `testing::program` ends: `tegata check`, and the search for tokens that leaked.

mod mail;
mod outage;
mod receive;
mod send;
mod stage;
mod tokens;
