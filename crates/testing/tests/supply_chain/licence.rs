//! Licence expressions (SPDX), as far as crates and packages use them.

/// Licences that ask for nothing but their text and the author's name.
const FREE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether some choice that `expression` leaves us holds only licences of the
/// list, or of `more`. `AND` binds stronger than `OR`; `MIT/Apache-2.0` is the old way to write OR.
pub(crate) fn allowed(expression: &str, more: &[&str]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest, more) && rest.is_empty()
}

fn either(rest: &mut &[&str], more: &[&str]) -> bool {
    let mut good = both(rest, more);
    while rest.first() == Some(&"OR") {
        *rest = &rest[1..];
        good |= both(rest, more);
    }
    good
}

fn both(rest: &mut &[&str], more: &[&str]) -> bool {
    let mut good = one(rest, more);
    while rest.first() == Some(&"AND") {
        *rest = &rest[1..];
        good &= one(rest, more);
    }
    good
}

fn one(rest: &mut &[&str], more: &[&str]) -> bool {
    let Some((word, after)) = rest.split_first() else {
        return false;
    };
    *rest = after;
    if *word == "(" {
        let good = either(rest, more);
        let closed = rest.first() == Some(&")");
        *rest = rest.get(1..).unwrap_or_default();
        return good && closed;
    }
    let mut name = (*word).to_owned();
    if let ["WITH", exception, after @ ..] = *rest {
        name = format!("{name} WITH {exception}");
        *rest = after;
    }
    FREE.contains(&name.as_str()) || more.contains(&name.as_str())
}

#[test]
fn a_choice_is_fine_when_one_side_is() {
    assert!(allowed("Apache-2.0 OR GPL-2.0", &[]));
    assert!(allowed("MIT/Apache-2.0", &[]));
    assert!(allowed("(GPL-3.0 OR MIT) AND Unicode-3.0", &[]));
    assert!(allowed("Apache-2.0 WITH LLVM-exception OR AGPL-3.0", &[]));
    assert!(allowed("MPL-2.0", &["MPL-2.0"]));
}

#[test]
fn all_of_a_combination_must_be_fine() {
    assert!(!allowed("MIT AND GPL-2.0-only", &[]));
    assert!(!allowed("(MIT OR Apache-2.0) AND MPL-2.0", &[]));
    assert!(!allowed("AGPL-3.0-only", &[]));
    assert!(!allowed("GPL-2.0 WITH Classpath-exception-2.0", &[]));
    assert!(!allowed("(MIT", &[]));
    assert!(!allowed("", &[]));
}
