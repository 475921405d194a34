//! Which parts are the text and which are attachments: the algorithm of RFC 8621 section 4.1.4.

use super::Part;

/// Part ids, in the order of the message.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    pub(super) text: Vec<String>,
    pub(super) html: Vec<String>,
    pub(super) attachments: Vec<String>,
}

pub(super) fn of(root: &Part) -> Bodies {
    let mut bodies = Bodies::default();
    walk(
        std::slice::from_ref(root),
        "mixed",
        Place {
            in_alternative: false,
            text: true,
            html: true,
        },
        &mut bodies,
    );
    bodies
}

/// Where the walk is; `text` and `html` say whether the RFC's lists of that name are not null here.
#[derive(Clone, Copy)]
struct Place {
    in_alternative: bool,
    text: bool,
    html: bool,
}

fn is_inline_media(content_type: &str) -> bool {
    ["image/", "audio/", "video/"]
        .iter()
        .any(|kind| content_type.starts_with(kind))
}

/// Depth is bounded by the reader of the tree.
fn walk(parts: &[Part], multipart: &str, mut place: Place, bodies: &mut Bodies) {
    let (text_before, html_before) = (bodies.text.len(), bodies.html.len());
    for (index, part) in parts.iter().enumerate() {
        if part.is_multipart() {
            let sub = part
                .content_type
                .strip_prefix("multipart/")
                .unwrap_or_default();
            let in_alternative = place.in_alternative || sub == "alternative";
            walk(
                &part.sub_parts,
                sub,
                Place {
                    in_alternative,
                    ..place
                },
                bodies,
            );
            continue;
        }
        let Some(id) = part.part_id.clone() else {
            continue;
        };
        let media = is_inline_media(&part.content_type);
        let plain = part.content_type == "text/plain";
        let html = part.content_type == "text/html";
        let inline = part.disposition.as_deref() != Some("attachment")
            && (plain || html || media)
            && (index == 0 || (multipart != "related" && (media || part.name.is_none())));
        if !inline {
            bodies.attachments.push(id);
            continue;
        }
        if multipart == "alternative" {
            if plain {
                push(&mut bodies.text, place.text, &id);
            } else if html {
                push(&mut bodies.html, place.html, &id);
            } else {
                bodies.attachments.push(id);
            }
            continue;
        }
        if place.in_alternative {
            place.html &= !plain;
            place.text &= !html;
        }
        push(&mut bodies.text, place.text, &id);
        push(&mut bodies.html, place.html, &id);
        if media && !(place.text && place.html) {
            bodies.attachments.push(id);
        }
    }
    if multipart == "alternative" && place.text && place.html {
        // Only one of the two was found: it serves as the other too.
        let (found_text, found_html) = (
            bodies.text.len() > text_before,
            bodies.html.len() > html_before,
        );
        if found_html && !found_text {
            bodies
                .text
                .extend(bodies.html.get(html_before..).unwrap_or_default().to_vec());
        } else if found_text && !found_html {
            bodies
                .html
                .extend(bodies.text.get(text_before..).unwrap_or_default().to_vec());
        }
    }
}

fn push(list: &mut Vec<String>, wanted: bool, id: &str) {
    if wanted {
        list.push(id.to_owned());
    }
}
