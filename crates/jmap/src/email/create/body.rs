//! The bodies of a new email: `textBody`, `htmlBody` and `attachments`, or one `bodyStructure`
//! (RFC 8621, 4.6). Language and location of a part are not written into the mail.

use serde_json::Value;
use wire::mime::Part;

use crate::error::SetError;
use crate::types::Object;

/// Parts may be nested so deep, and be so many.
const MAX_DEPTH: usize = 6;
const MAX_PARTS: usize = 500;

/// Where a part's octets are.
pub enum PartSource {
    /// A text of `bodyValues`.
    Value(String),
    /// A blob, or a part of one.
    Blob(String),
}

/// A part that is no multipart.
pub struct NewPart {
    pub source: PartSource,
    pub content_type: Option<String>,
    pub charset: Option<String>,
    pub name: Option<String>,
    pub cid: Option<String>,
    pub inline: bool,
}

/// The bodies.
#[derive(Default)]
pub struct Bodies {
    pub text: Option<NewPart>,
    pub html: Option<NewPart>,
    pub attachments: Vec<NewPart>,
    /// What `bodyStructure` asked for: what is written must be like it.
    pub shape: Option<Shape>,
}

/// The types of a tree of parts.
pub struct Shape {
    content_type: String,
    below: Vec<Shape>,
}

impl Shape {
    /// Whether a mail is built like this.
    pub fn is_like(&self, part: &Part) -> bool {
        self.content_type == part.content_type
            && self.below.len() == part.sub_parts.len()
            && self
                .below
                .iter()
                .zip(&part.sub_parts)
                .all(|(shape, part)| shape.is_like(part))
    }
}

fn bad(property: &str, words: &str) -> SetError {
    SetError::properties(&[property], words)
}

/// Takes the bodies out of the object.
pub fn take(object: &mut Object) -> Result<Bodies, SetError> {
    let values = match object.remove("bodyValues") {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Object(values)) => values,
        Some(_) => return Err(bad("bodyValues", "bodyValues must be an object")),
    };
    for value in values.values() {
        let flag = |name: &str| {
            value
                .get(name)
                .is_some_and(|flag| flag != &Value::Bool(false))
        };
        if !value["value"].is_string() || flag("isEncodingProblem") || flag("isTruncated") {
            return Err(bad(
                "bodyValues",
                "a body value is a whole text: isEncodingProblem and isTruncated are false",
            ));
        }
    }
    let mut lists: Vec<(&str, Vec<Value>)> = Vec::new();
    for name in ["textBody", "htmlBody", "attachments"] {
        match object.remove(name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) => lists.push((name, list)),
            Some(_) => return Err(bad(name, "this must be a list of parts")),
        }
    }
    if let Some(structure) = object
        .remove("bodyStructure")
        .filter(|value| !value.is_null())
    {
        if let Some((name, _)) = lists.first() {
            let words = "either bodyStructure or textBody, htmlBody and attachments";
            return Err(SetError::properties(&["bodyStructure", name], words));
        }
        let mut bodies = Bodies::default();
        let mut left = MAX_PARTS;
        let shape = walk(&structure, &values, "mixed", 0, &mut left, &mut bodies)?;
        bodies.shape = Some(shape);
        return Ok(bodies);
    }
    let mut bodies = Bodies::default();
    for (name, list) in lists {
        let wanted = match name {
            "textBody" => Some("text/plain"),
            "htmlBody" => Some("text/html"),
            _ => None,
        };
        if wanted.is_some() && list.len() != 1 {
            return Err(bad(name, "this has exactly one part"));
        }
        if list.len() > MAX_PARTS {
            return Err(bad(name, "too many parts"));
        }
        for value in list {
            let part = part(&value, &values, name)?;
            match wanted {
                Some(wanted)
                    if part
                        .content_type
                        .as_deref()
                        .is_some_and(|kind| kind != wanted) =>
                {
                    return Err(bad(name, &format!("the part must be {wanted}")));
                }
                Some("text/plain") => bodies.text = Some(part),
                Some(_) => bodies.html = Some(part),
                None => bodies.attachments.push(attachment(part)),
            }
        }
    }
    Ok(bodies)
}

/// An attachment without a type is octets, or the text that it is.
fn attachment(mut part: NewPart) -> NewPart {
    let default = match part.source {
        PartSource::Value(_) => "text/plain",
        PartSource::Blob(_) => "application/octet-stream",
    };
    part.content_type.get_or_insert_with(|| default.to_owned());
    part
}

fn walk(
    value: &Value,
    values: &Object,
    property: &str,
    depth: usize,
    left: &mut usize,
    bodies: &mut Bodies,
) -> Result<Shape, SetError> {
    let name = "bodyStructure";
    *left = left
        .checked_sub(1)
        .filter(|_| depth <= MAX_DEPTH)
        .ok_or_else(|| bad(name, "too many parts, or too deep"))?;
    let kind = value["type"]
        .as_str()
        .map(str::to_ascii_lowercase)
        .unwrap_or_default();
    if kind.starts_with("multipart/") {
        if ["partId", "blobId", "charset"]
            .iter()
            .any(|member| !value[member].is_null())
        {
            return Err(bad(name, "a multipart has subParts only"));
        }
        no_headers(value, name)?;
        let below = value["subParts"].as_array().filter(|list| !list.is_empty());
        let below = below.ok_or_else(|| bad(name, "a multipart needs subParts"))?;
        let below = below
            .iter()
            .map(|value| walk(value, values, &kind, depth + 1, left, bodies))
            .collect::<Result<Vec<_>, _>>()?;
        return Ok(Shape {
            content_type: kind,
            below,
        });
    }
    if !value["subParts"].is_null() {
        return Err(bad(name, "only a multipart has subParts"));
    }
    let mut part = part(value, values, name)?;
    let content_type = part
        .content_type
        .get_or_insert_with(|| "text/plain".to_owned())
        .clone();
    let is_file = value["disposition"].as_str() == Some("attachment") || part.name.is_some();
    match content_type.as_str() {
        "text/plain" if !is_file && bodies.text.is_none() => bodies.text = Some(part),
        "text/html" if !is_file && bodies.html.is_none() => bodies.html = Some(part),
        _ => {
            part.inline |= property == "multipart/related" && part.cid.is_some();
            bodies.attachments.push(part);
        }
    }
    Ok(Shape {
        content_type,
        below: Vec::new(),
    })
}

fn no_headers(value: &Value, property: &str) -> Result<(), SetError> {
    let named = value
        .as_object()
        .into_iter()
        .flatten()
        .any(|(name, _)| name == "headers" || name.starts_with("header:"));
    if named {
        Err(bad(property, "header fields of parts are the server's"))
    } else {
        Ok(())
    }
}

fn part(value: &Value, values: &Object, property: &str) -> Result<NewPart, SetError> {
    let fail = |words: &str| bad(property, words);
    let object = value
        .as_object()
        .ok_or_else(|| fail("a part is an object"))?;
    no_headers(value, property)?;
    const KNOWN: [&str; 11] = [
        "partId",
        "blobId",
        "size",
        "name",
        "type",
        "charset",
        "disposition",
        "cid",
        "language",
        "location",
        "subParts",
    ];
    if let Some(name) = object.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(fail(&format!("a part has no property {name}")));
    }
    let text = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(fail(&format!("{name} must be a string"))),
    };
    let charset = text("charset")?;
    let source = match (text("partId")?, text("blobId")?) {
        (Some(_), Some(_)) => return Err(fail("either partId or blobId")),
        (None, None) => return Err(fail("a part needs partId or blobId")),
        (None, Some(blob)) => PartSource::Blob(blob),
        (Some(id), None) => {
            if charset.is_some() || !object.get("size").unwrap_or(&Value::Null).is_null() {
                return Err(fail("charset and size of a body value are the server's"));
            }
            let value = values.get(&id).and_then(|value| value["value"].as_str());
            PartSource::Value(
                value
                    .ok_or_else(|| fail(&format!("bodyValues has no {id}")))?
                    .to_owned(),
            )
        }
    };
    Ok(NewPart {
        source,
        charset,
        content_type: text("type")?.map(|kind| kind.to_ascii_lowercase()),
        name: text("name")?,
        cid: text("cid")?,
        inline: text("disposition")?.is_some_and(|word| word.eq_ignore_ascii_case("inline")),
    })
}
