//! Consent and tokens against the sandbox, with a clock in the test's hand.

mod consent;
mod fairness;
mod odd_replies;
mod paused;
mod scene;
mod secrets;
mod tokens;
