//! The router on a fresh store with a fixed clock. Groups and names as in the public suites, so that a
//! failure there is found here.

mod binary;
mod changes;
mod core;
mod email_get;
mod email_query;
mod email_set;
mod identity;
mod mailbox;
mod push;
mod session;
mod submission;
mod support;
mod thread;
