//! The real servers do what the other crates' tests rely on.

mod introspection;
mod mail;
mod postgres;
