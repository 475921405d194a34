//! Core/echo (RFC 8620, 4): the arguments come back as they are.

use serde_json::Value;

use crate::types::Object;

/// The answer.
pub fn echo(arguments: Object) -> Value {
    Value::Object(arguments)
}
