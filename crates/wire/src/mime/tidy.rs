//! HTML rewritten in its plainest form before a parser sees it: tags with few, quoted attributes, and text.
//!
//! A parser compares each attribute of a tag with all before it, so one tag with a hundred thousand of them would keep it
//! busy for minutes. Elements whose content is not markup are dropped with it here: then no later parser can disagree with
//! this one about where a tag begins.

/// Attributes kept of one tag.
const MAX_ATTRIBUTES: usize = 60;
const MAX_NAME: usize = 40;

/// Elements that are dropped with their content.
const DROPPED: [&str; 15] = [
    "script",
    "style",
    "title",
    "textarea",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
    "svg",
    "math",
    "template",
    "object",
    "applet",
];

/// The same HTML with nothing in it that parsers may read in two ways.
pub(super) fn tidy(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        push_text(&mut out, rest.get(..open).unwrap_or_default());
        rest = rest.get(open + 1..).unwrap_or_default();
        let closing = rest.starts_with('/');
        let name_part = rest.strip_prefix('/').unwrap_or(rest);
        if name_part.starts_with(|c: char| c.is_ascii_alphabetic()) {
            rest = tag(&mut out, name_part, closing);
        } else if let Some(comment) = rest.strip_prefix("!--") {
            // "<!-->" is a whole comment.
            rest = match comment.strip_prefix('>') {
                Some(after) => after,
                None => after(comment, "-->"),
            };
        } else if rest.starts_with(['!', '?', '/']) {
            rest = after(rest, ">");
        } else {
            out.push_str("&lt;");
        }
    }
    push_text(&mut out, rest);
    out
}

/// What follows the next `mark`; nothing where it does not come.
fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark)
        .map(|(_, after)| after)
        .unwrap_or_default()
}

fn push_text(out: &mut String, text: &str) {
    out.extend(text.chars().filter(|c| *c != '\0'));
}

/// Reads a tag from its name on, writes it, and gives back what follows it.
fn tag<'a>(out: &mut String, text: &'a str, closing: bool) -> &'a str {
    let ends_name = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let length = text.find(ends_name).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(length);
    let name = name.to_ascii_lowercase();
    let mut attributes: Vec<(String, &str)> = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            rest = after;
            break;
        }
        if rest.is_empty() {
            // A tag that never ends is none.
            return "";
        }
        let (attribute, value, after) = attribute(rest);
        rest = after;
        let sound = attribute.len() <= MAX_NAME
            && attribute
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte));
        let attribute = attribute.to_ascii_lowercase();
        if sound
            && attributes.len() < MAX_ATTRIBUTES
            && attributes.iter().all(|(known, _)| *known != attribute)
        {
            attributes.push((attribute, value));
        }
    }
    if !closing && DROPPED.contains(&name.as_str()) {
        return after_element(rest, &name);
    }
    let sound = name.len() <= MAX_NAME
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !sound || DROPPED.contains(&name.as_str()) {
        return rest;
    }
    out.push('<');
    if closing {
        out.push('/');
    }
    out.push_str(&name);
    for (attribute, value) in attributes.iter().filter(|_| !closing) {
        out.push(' ');
        out.push_str(attribute);
        out.push_str("=\"");
        for c in value.chars().filter(|c| *c != '\0') {
            match c {
                '"' => out.push_str("&quot;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                _ => out.push(c),
            }
        }
        out.push('"');
    }
    out.push('>');
    rest
}

/// Name, value, and what follows (HTML standard, sections 13.2.5.33 to 13.2.5.38).
fn attribute(text: &str) -> (&str, &str, &str) {
    // A first `=` belongs to the name.
    let length = text
        .char_indices()
        .skip(1)
        .find(|(_, c)| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='))
        .map_or(text.len(), |(at, _)| at);
    let (name, rest) = text.split_at(length);
    let Some(value) = rest
        .trim_start_matches(|c: char| c.is_ascii_whitespace())
        .strip_prefix('=')
    else {
        return (name, "", rest);
    };
    let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, after) = quoted.split_once(quote).unwrap_or((quoted, ""));
            return (name, value, after);
        }
    }
    let length = value
        .find(|c: char| c.is_ascii_whitespace() || c == '>')
        .unwrap_or(value.len());
    let (value, after) = value.split_at(length);
    (name, value, after)
}

/// What follows the closing tag of a dropped element.
fn after_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|tail| tail.find("</")) {
        let start = at + found + 2;
        if rest
            .get(start..start + name.len())
            .is_some_and(|here| here.eq_ignore_ascii_case(name))
        {
            return after(rest.get(start..).unwrap_or_default(), ">");
        }
        at = start;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_out_quoted_and_their_content_unchanged() {
        assert_eq!(
            tidy("<P Class=a b='x\"<y' c = \"d>e\"/>a &amp; b < c</p >"),
            "<p class=\"a\" b=\"x&quot;&lt;y\" c=\"d&gt;e\">a &amp; b &lt; c</p>"
        );
        assert_eq!(tidy("a<!-- <b> -->c<!DOCTYPE x><?php y ?>d<!-->e"), "acde");
        assert_eq!(tidy("a<b c=\"never closed"), "a");
    }

    #[test]
    fn elements_that_hold_no_markup_are_dropped_whole() {
        assert_eq!(
            tidy("a<style>b{} </b></STYLE >c<svg><a/></svg>d<script>x"),
            "acd"
        );
    }

    #[test]
    fn attributes_are_few_and_each_once() {
        let many: String = (0..300_000).map(|n| format!(" a{n}=\"<\"")).collect();
        assert!(tidy(&format!("<p{many} a0=x>")).len() < 2_000);
    }
}
