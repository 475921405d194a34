//! Core (RFC 8620, 4).

pub mod echo;
