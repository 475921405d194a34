//! Result references (RFC 8620, 3.7): arguments that are taken from an earlier answer of the same request.

use serde_json::Value;

use crate::error::{MethodError, Result};
use crate::types::Object;

/// An answer so far: name, arguments, call id.
pub type Answer = (String, Value, String);

/// So many values may a path with `*` bring together.
const MOST: usize = 100_000;

/// Puts the values in the place of the references (`#name`).
pub fn resolve(arguments: Object, answers: &[Answer]) -> Result<Object> {
    if !arguments.keys().any(|name| name.starts_with('#')) {
        return Ok(arguments);
    }
    let mut resolved = Object::new();
    for (name, value) in &arguments {
        let Some(plain) = name.strip_prefix('#') else {
            resolved.insert(name.clone(), value.clone());
            continue;
        };
        if arguments.contains_key(plain) {
            return Err(MethodError::invalid(format!(
                "{plain} is given twice, once as a reference"
            )));
        }
        resolved.insert(plain.to_owned(), look_up(value, answers)?);
    }
    Ok(resolved)
}

fn look_up(reference: &Value, answers: &[Answer]) -> Result<Value> {
    let wrong = |why: &str| MethodError::new("invalidResultReference").because(why);
    let member = |name: &str| reference.get(name).and_then(Value::as_str);
    let (Some(result_of), Some(name), Some(path)) =
        (member("resultOf"), member("name"), member("path"))
    else {
        return Err(wrong("a reference needs resultOf, name and path"));
    };
    let (found, value, _) = answers
        .iter()
        .find(|(_, _, call)| call == result_of)
        .ok_or_else(|| wrong("no earlier call has this id"))?;
    if found != name {
        return Err(wrong("the earlier answer has another name"));
    }
    if path.is_empty() {
        return Ok(value.clone());
    }
    let path = path
        .strip_prefix('/')
        .ok_or_else(|| wrong("the path must begin with a slash"))?;
    let tokens: Vec<String> = path
        .split('/')
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    let mut left = MOST;
    follow(value, &tokens, &mut left).ok_or_else(|| wrong("the path leads nowhere"))
}

/// RFC 6901, and `*` over a list; lists found that way are joined.
fn follow(value: &Value, tokens: &[String], left: &mut usize) -> Option<Value> {
    let Some((token, rest)) = tokens.split_first() else {
        return Some(value.clone());
    };
    match value {
        Value::Array(list) if token == "*" => {
            let mut joined = Vec::new();
            for item in list {
                match follow(item, rest, left)? {
                    Value::Array(items) => joined.extend(items),
                    item => joined.push(item),
                }
                *left = left.checked_sub(1).filter(|_| joined.len() <= MOST)?;
            }
            Some(Value::Array(joined))
        }
        Value::Array(list) => {
            let index =
                Some(token).filter(|token| *token == "0" || !token.starts_with(['0', '+']))?;
            follow(list.get(index.parse::<usize>().ok()?)?, rest, left)
        }
        Value::Object(object) => follow(object.get(token)?, rest, left),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(path: &str) -> Result<Value> {
        let answers = [(
            "Thing/get".to_owned(),
            json!({ "list": [{ "ids": ["a", "b"], "id": "1" }, { "ids": ["c"], "id": "2" }], "a/b": 5 }),
            "c0".to_owned(),
        )];
        let arguments = json!({ "#ids": { "resultOf": "c0", "name": "Thing/get", "path": path } });
        let Value::Object(arguments) = arguments else {
            return Err(MethodError::new("no object"));
        };
        resolve(arguments, &answers).map(|mut resolved| resolved.remove("ids").unwrap_or_default())
    }

    #[test]
    fn a_star_joins_the_lists_below_it() {
        assert_eq!(ask("/list/*/ids"), Ok(json!(["a", "b", "c"])));
        assert_eq!(ask("/list/*/id"), Ok(json!(["1", "2"])));
        assert_eq!(ask("/list/1/id"), Ok(json!("2")));
        assert_eq!(ask("/a~1b"), Ok(json!(5)));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_an_invalid_reference() {
        for path in [
            "/list/9/id",
            "/list/01/id",
            "/nothing",
            "list",
            "/list/*/nothing",
        ] {
            let error = ask(path).expect_err(path).to_json();
            assert_eq!(error["type"], "invalidResultReference", "{path}");
        }
    }
}
