//! Style attributes of mails: a list of properties, each with a value of plain words, numbers and colours.
//!
//! What is not understood is dropped, declaration by declaration: escapes, comments, functions other than colours, quotes
//! that do not close. So nothing that a browser could read as an address, in whatever spelling, comes through.

const PROPERTIES: [&str; 62] = [
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-left-radius",
    "border-bottom-right-radius",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-left-radius",
    "border-top-right-radius",
    "border-top-style",
    "border-top-width",
    "border-width",
    "caption-side",
    "clear",
    "color",
    "direction",
    "display",
    "empty-cells",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
];
const MORE_PROPERTIES: [&str; 8] = [
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-wrap",
    "background",
];
const COLOUR_FUNCTIONS: [&str; 4] = ["rgb", "rgba", "hsl", "hsla"];
const MAX_STYLE: usize = 10_000;

/// All properties that may stay.
pub(super) fn properties() -> impl Iterator<Item = &'static str> {
    PROPERTIES.into_iter().chain(MORE_PROPERTIES)
}

/// The declarations that may stay, and whether one that named an outside address was dropped.
pub(super) fn filter(style: &str) -> (String, bool) {
    if style.len() > MAX_STYLE {
        return (String::new(), false);
    }
    let mut kept = String::new();
    let mut remote = false;
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        if properties().any(|known| known == name) && is_plain(value) {
            kept.push_str(&name);
            kept.push(':');
            kept.push_str(value);
            kept.push(';');
        } else {
            let lower = value.to_ascii_lowercase();
            remote |= lower.contains("url") && (lower.contains("//") || lower.contains('\\'));
        }
    }
    (kept, remote)
}

fn is_plain(value: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || " #.,%+-!'\"()/_".contains(c);
    if value.is_empty()
        || !value.chars().all(allowed)
        || value.contains("//")
        || value.contains("/*")
    {
        return false;
    }
    let even = |quote: char| value.matches(quote).count().is_multiple_of(2);
    even('"') && even('\'') && functions_are_colours(value)
}

fn functions_are_colours(value: &str) -> bool {
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('(') {
        let name: String = before
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || *c == '-' || *c == '_')
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        if before.contains(')')
            || !COLOUR_FUNCTIONS
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        {
            return false;
        }
        let Some((inside, next)) = after.split_once(')') else {
            return false;
        };
        if inside.contains(['(', '"', '\'']) {
            return false;
        }
        rest = next;
    }
    !rest.contains(')')
}
