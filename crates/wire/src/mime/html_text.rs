//! HTML to text in one pass, without a tree: cost grows with the length alone, whatever the markup.

use mail_parser::decoders::html::add_html_token;

/// Octets of HTML that are looked at.
const MAX_HTML: usize = 4 * 1024 * 1024;

/// Elements whose content is not text to read.
const SILENT: [&str; 9] = [
    "script", "style", "title", "template", "noframes", "iframe", "object", "svg", "textarea",
];
const BREAKS: [&str; 24] = [
    "br",
    "p",
    "div",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "blockquote",
    "pre",
    "section",
    "article",
    "header",
    "footer",
    "dt",
    "dd",
    "center",
];
const GAPS: [&str; 3] = ["td", "th", "img"];

/// The text of HTML: entities decoded, white space folded, a line for each block.
pub fn html_to_text(html: &str) -> String {
    let end = (0..=html.len().min(MAX_HTML))
        .rev()
        .find(|at| html.is_char_boundary(*at))
        .unwrap_or(0);
    let mut rest = html.get(..end).unwrap_or_default();
    let mut out = Text::default();
    while let Some(open) = rest.find('<') {
        out.words(rest.get(..open).unwrap_or_default());
        rest = rest.get(open..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment
                .find("-->")
                .and_then(|at| comment.get(at + 3..))
                .unwrap_or_default();
            continue;
        }
        let tag = rest.get(1..).unwrap_or_default();
        if !tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!' || c == '?') {
            out.words("<");
            rest = tag;
            continue;
        }
        let length = tag_length(tag);
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(20)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let closing = tag.starts_with('/');
        rest = tag.get(length..).unwrap_or_default();
        if !closing && SILENT.contains(&name.as_str()) {
            rest = after_closing_tag(rest, &name);
        } else if BREAKS.contains(&name.as_str()) {
            out.line();
        } else if GAPS.contains(&name.as_str()) {
            out.gap = true;
        }
    }
    out.words(rest);
    out.text.trim().to_owned()
}

/// Length of a tag from behind its `<` to behind its `>`; quotes may hide a `>`.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    // A quote that never closes would swallow the rest of the mail: it counts only for so far.
    for (at, byte) in tag.bytes().enumerate().take(20_000) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.find('>').map_or(tag.len(), |at| at + 1)
}

fn after_closing_tag<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|tail| tail.find("</")) {
        let start = at + found + 2;
        let here = rest.get(start..start + name.len());
        if here.is_some_and(|here| here.eq_ignore_ascii_case(name)) {
            return rest
                .get(start..)
                .and_then(|tail| tail.find('>').and_then(|end| tail.get(end + 1..)))
                .unwrap_or_default();
        }
        at = start;
    }
    ""
}

#[derive(Default)]
struct Text {
    text: String,
    gap: bool,
}

impl Text {
    fn words(&mut self, piece: &str) {
        if piece.starts_with(|c: char| c.is_whitespace()) {
            self.gap = true;
        }
        for word in piece.split_whitespace() {
            if self.gap && !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text.push(' ');
            }
            self.entities(word);
            self.gap = true;
        }
        self.gap =
            piece.ends_with(|c: char| c.is_whitespace()) || (self.gap && piece.trim().is_empty());
    }

    fn entities(&mut self, word: &str) {
        let mut rest = word;
        while let Some(at) = rest.find('&') {
            self.text.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at..).unwrap_or_default();
            let semicolon = rest.bytes().take(32).position(|byte| byte == b';');
            match semicolon.and_then(|end| rest.get(..=end).map(|entity| (entity, end))) {
                Some((entity, end))
                    if entity
                        .bytes()
                        .skip(1)
                        .take(end - 1)
                        .all(|b| b.is_ascii_alphanumeric() || b == b'#') =>
                {
                    if entity.eq_ignore_ascii_case("&nbsp;") {
                        self.text.push(' ');
                    } else {
                        add_html_token(&mut self.text, entity.as_bytes(), false);
                    }
                    rest = rest.get(end + 1..).unwrap_or_default();
                }
                _ => {
                    self.text.push('&');
                    rest = rest.get(1..).unwrap_or_default();
                }
            }
        }
        self.text.push_str(rest);
    }

    fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self.gap = false;
    }
}

/// The charset that HTML declares about itself in its first kilobytes.
pub(super) fn declared_charset(html: &[u8]) -> Option<String> {
    let start: String = html
        .iter()
        .take(4096)
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    let at = start
        .find("<meta")
        .and_then(|meta| start.get(meta..)?.find("charset").map(|at| meta + at))?;
    let rest = start
        .get(at + "charset".len()..)?
        .trim_start()
        .strip_prefix('=')?;
    let label: String = rest
        .trim_start()
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_.:".contains(*c))
        .take(60)
        .collect();
    (!label.is_empty()).then_some(label)
}
