//! The workers against the sandbox, with a clock in the test's hand: what takes a minute or hours.

mod scene;
mod sending;
mod settling;
