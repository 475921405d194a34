//! HTML of mails made harmless, by `ammonia` with a policy for mail.
//!
//! Kept: text, tables, pictures, links, plain styles. Gone: everything that runs, sends, embeds or loads by itself. What a
//! mail would load from outside is blocked and counted until the reader asks for it; pictures of the mail itself stay as
//! `cid:`. The web app sanitises once more and shows the result in a sandboxed frame.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::{html_text, style, tidy};

/// Octets of HTML that are shown.
const MAX_HTML: usize = 4 * 1024 * 1024;
/// Open elements at one time; browsers and parsers search this stack again and again.
const MAX_NESTING: usize = 2_000;
/// Open formatting elements are made anew in every block: their product is what a parser has to build.
const MAX_REBUILT: usize = 1_000_000;
const BLOCKED: &str = "tegata-blocked:";

/// What becomes of pictures from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Remote {
    /// Their address moves to `data-tegata-src`.
    #[default]
    Block,
    /// They stay as they are.
    Keep,
    /// They are asked for at this address, to which the percent-encoded original is appended.
    Proxy(String),
}

/// How to sanitise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SanitizeOptions {
    pub remote: Remote,
}

/// Harmless HTML, and how many things from outside were blocked in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanitized {
    pub html: String,
    pub blocked_remote: usize,
}

const TAGS: [&str; 65] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
];
const MORE_TAGS: [&str; 7] = ["thead", "time", "tr", "tt", "u", "ul", "wbr"];
/// Gone with all that is in them.
const EMPTIED: [&str; 20] = [
    "script", "style", "title", "iframe", "frame", "frameset", "object", "embed", "applet", "svg",
    "math", "template", "textarea", "select", "noscript", "noembed", "noframes", "xmp", "video",
    "audio",
];

/// Makes HTML harmless. Bounded in time and size; markup made to exhaust parsers comes out as its text.
pub fn sanitize(html: &str, options: &SanitizeOptions) -> Sanitized {
    let end = (0..=html.len().min(MAX_HTML))
        .rev()
        .find(|at| html.is_char_boundary(*at))
        .unwrap_or(0);
    let html = html.get(..end).unwrap_or_default();
    let tidy = tidy::tidy(html);
    if too_expensive(&tidy) {
        let text = ammonia::clean_text(&html_text::html_to_text(html));
        return Sanitized {
            html: format!("<div>{text}</div>"),
            blocked_remote: 0,
        };
    }
    let blocked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&blocked);
    let remote = options.remote.clone();
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.into_iter().chain(MORE_TAGS).collect())
        .clean_content_tags(EMPTIED.into_iter().collect())
        .generic_attributes(HashSet::from([
            "align",
            "alt",
            "bgcolor",
            "border",
            "color",
            "dir",
            "height",
            "lang",
            "style",
            "title",
            "valign",
            "width",
            "background",
        ]))
        .tag_attributes(tag_attributes())
        .url_schemes(HashSet::from([
            "http", "https", "mailto", "tel", "cid", "data",
        ]))
        .url_relative(UrlRelative::PassThrough)
        .filter_style_properties(style::properties().collect())
        .link_rel(Some("noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(move |element, attribute, value| {
            filter_attribute(element, attribute, value, &remote, &counter).map(Into::into)
        });
    let clean = builder.clean(&tidy).to_string();
    // The filter can change a value, not a name. In text this marker means nothing and stays text.
    let html = clean.replace(&format!(" src=\"{BLOCKED}"), " data-tegata-src=\"");
    Sanitized {
        html,
        blocked_remote: blocked.load(Ordering::Relaxed),
    }
}

fn tag_attributes() -> HashMap<&'static str, HashSet<&'static str>> {
    HashMap::from([
        ("a", HashSet::from(["href", "name"])),
        ("img", HashSet::from(["src", "srcset"])),
        ("font", HashSet::from(["face", "size"])),
        (
            "table",
            HashSet::from(["cellpadding", "cellspacing", "rules", "frame", "summary"]),
        ),
        ("td", HashSet::from(["colspan", "rowspan", "nowrap"])),
        (
            "th",
            HashSet::from(["colspan", "rowspan", "nowrap", "scope"]),
        ),
        ("col", HashSet::from(["span"])),
        ("colgroup", HashSet::from(["span"])),
        ("ol", HashSet::from(["start", "type"])),
        ("ul", HashSet::from(["type"])),
        ("li", HashSet::from(["value", "type"])),
        ("details", HashSet::from(["open"])),
        ("hr", HashSet::from(["size", "noshade"])),
        ("time", HashSet::from(["datetime"])),
    ])
}

fn filter_attribute(
    element: &str,
    attribute: &str,
    value: &str,
    remote: &Remote,
    blocked: &AtomicUsize,
) -> Option<String> {
    let count = || blocked.fetch_add(1, Ordering::Relaxed);
    match (element, attribute) {
        (_, "style") => {
            let (kept, dropped_remote) = style::filter(value);
            if dropped_remote {
                count();
            }
            (!kept.is_empty()).then_some(kept)
        }
        (_, "background") | ("img", "srcset") => {
            if picture(value).is_some_and(|picture| matches!(picture, Picture::Remote(_)))
                || attribute == "srcset"
            {
                count();
            }
            None
        }
        ("img", "src") => match picture(value)? {
            Picture::Inside(url) => Some(url),
            Picture::Remote(url) => Some(match remote {
                Remote::Block => {
                    count();
                    format!("{BLOCKED}{url}")
                }
                Remote::Keep => url,
                Remote::Proxy(prefix) => {
                    format!(
                        "{prefix}{}",
                        url::form_urlencoded::byte_serialize(url.as_bytes()).collect::<String>()
                    )
                }
            }),
        },
        ("a", "href") => {
            let url = Url::parse(value.trim()).ok()?;
            matches!(url.scheme(), "http" | "https" | "mailto" | "tel").then(|| url.to_string())
        }
        _ => Some(value.to_owned()),
    }
}

enum Picture {
    /// A part of the mail, or in the address itself.
    Inside(String),
    Remote(String),
}

/// Where a picture comes from; the address is the parsed one, so that no spelling of it is lost on the way.
fn picture(value: &str) -> Option<Picture> {
    let value = value.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let flat: String = value
        .chars()
        .take(40)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if flat.starts_with("//") || flat.starts_with("\\\\") {
        return Url::parse(&format!("https:{value}"))
            .ok()
            .map(|url| Picture::Remote(url.to_string()));
    }
    let url = Url::parse(value).ok()?;
    match url.scheme() {
        "http" | "https" => Some(Picture::Remote(url.to_string())),
        "cid" => Some(Picture::Inside(value.to_owned())),
        "data" => {
            let harmless = ["png", "jpeg", "jpg", "gif", "webp"]
                .iter()
                .any(|kind| flat.starts_with(&format!("data:image/{kind};base64,")));
            harmless.then(|| Picture::Inside(value.to_owned()))
        }
        _ => None,
    }
}

/// Whether the markup would cost a parser the square of its length: a rough count of what stays open.
fn too_expensive(html: &str) -> bool {
    const FORMATTING: [&str; 13] = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
    ];
    const NEVER_OPEN: [&str; 22] = [
        "br", "img", "hr", "p", "li", "td", "th", "tr", "dt", "dd", "col", "meta", "link", "base",
        "input", "option", "area", "wbr", "body", "html", "head", "tbody",
    ];
    let (mut open, mut formatting, mut most_formatting, mut blocks) =
        (0usize, 0usize, 0usize, 1usize);
    for tag in html.split('<').skip(1) {
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(20)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if name.is_empty() {
            continue;
        }
        let formats = FORMATTING.contains(&name.as_str()) || name == "u";
        if !formats {
            blocks += 1;
        }
        if NEVER_OPEN.contains(&name.as_str()) {
            continue;
        }
        if closing {
            open = open.saturating_sub(1);
            formatting = formatting.saturating_sub(usize::from(formats));
        } else {
            open += 1;
            formatting += usize::from(formats);
            most_formatting = most_formatting.max(formatting);
        }
        if open > MAX_NESTING {
            return true;
        }
    }
    // A few that stay open are everyday carelessness.
    most_formatting > 20 && most_formatting.saturating_mul(blocks) > MAX_REBUILT
}
