//! Push (RFC 8620, 7): who listens is told which states are new, never what is there.

pub mod event_source;
