//! What is printed of a panic: where, and what of its message cannot hold data.
//!
//! A message that stands in the program's text is printed. One that was put together at run time
//! (`unwrap` on an error, say) may hold what somebody sent or what a provider said, so only its beginning is
//! printed, up to the first colon. The backtrace names functions only and stays as it is.

use std::any::Any;
use std::panic::PanicHookInfo;

/// So many characters of a message that was put together.
const BEGINNING: usize = 80;

/// Replaces the standard hook, which prints messages whole.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        eprintln!("{}", told(info));
    }));
}

fn told(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    let trace = std::backtrace::Backtrace::capture();
    let trace = match trace.status() {
        std::backtrace::BacktraceStatus::Captured => format!("\n{trace}"),
        _ => String::new(),
    };
    format!("a panic at {place}: {}{trace}", message(info.payload()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        return (*text).to_owned();
    }
    let Some(text) = payload.downcast_ref::<String>() else {
        return "(no message)".to_owned();
    };
    let beginning: String = text
        .split(':')
        .next()
        .unwrap_or_default()
        .chars()
        .take(BEGINNING)
        .collect();
    // What stands in quotes was put in.
    let beginning = beginning.split(['"', '`']).next().unwrap_or_default();
    format!("{beginning} (the rest is left out: it may hold data)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(work: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let payload = std::panic::catch_unwind(work).expect_err("it panics");
        message(payload.as_ref())
    }

    #[test]
    fn a_message_of_the_program_is_told_and_one_with_values_is_cut() {
        let secret = "GOCSPX-planted-secret";
        assert_eq!(
            of(|| panic!("the lock is poisoned")),
            "the lock is poisoned"
        );
        let refused = |text: &str| -> Result<(), String> { Err(text.to_owned()) };
        let told = of(move || refused(secret).expect("the secret opens"));
        assert!(told.starts_with("the secret opens"), "{told}");
        assert!(!told.contains(secret), "{told}");
        let told = of(move || panic!("cannot parse \"{secret}\" as a token"));
        assert!(!told.contains(secret), "{told}");
        let told = of(|| assert_eq!(std::hint::black_box(vec![1])[std::hint::black_box(5)], 1));
        assert!(told.starts_with("index out of bounds"), "{told}");
    }

    #[test]
    fn a_value_that_panics_with_something_else_is_told_as_that() {
        assert_eq!(of(|| std::panic::panic_any(7)), "(no message)");
    }
}
