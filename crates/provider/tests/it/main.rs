//! Consent and tokens against the sandbox, with a clock in the test's hand.

mod consent;
mod scene;
mod secrets;
mod tokens;
