//! Arguments of a method call, taken one by one: what is missing, of another type or unknown is
//! `invalidArguments` (RFC 8620, 3.6.2). Null counts as not given. Also dates (RFC 8620, 1.4).

use serde_json::{Map, Value};
use store::world::Millis;
use wire::mime::DateTime;

use crate::error::{MethodError, Result};

/// A JSON object.
pub type Object = Map<String, Value>;

/// Arguments that wait to be taken.
#[derive(Debug, Default)]
pub struct Args(Object);

impl Args {
    /// Those of a call.
    pub fn new(arguments: Object) -> Args {
        Args(arguments)
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Any value.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.take(name)
    }

    /// A text.
    pub fn string(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(MethodError::invalid(format!("{name} must be a string"))),
        }
    }

    /// A text that must be there.
    pub fn required_string(&mut self, name: &str) -> Result<String> {
        self.string(name)?
            .ok_or_else(|| MethodError::invalid(format!("{name} is missing")))
    }

    /// A truth value, `false` where not given.
    pub fn boolean(&mut self, name: &str) -> Result<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(value),
            Some(_) => Err(MethodError::invalid(format!(
                "{name} must be true or false"
            ))),
        }
    }

    /// An Int.
    pub fn int(&mut self, name: &str) -> Result<Option<i64>> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(MethodError::invalid(format!(
                    "{name} must be a whole number"
                ))),
            },
        }
    }

    /// An UnsignedInt.
    pub fn unsigned(&mut self, name: &str) -> Result<Option<i64>> {
        match self.int(name)? {
            Some(number) if number < 0 => {
                Err(MethodError::invalid(format!("{name} must not be negative")))
            }
            number => Ok(number),
        }
    }

    /// A list of texts.
    pub fn strings(&mut self, name: &str) -> Result<Option<Vec<String>>> {
        let wrong = || MethodError::invalid(format!("{name} must be a list of strings"));
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|item| match item {
                    Value::String(text) => Ok(text),
                    _ => Err(wrong()),
                })
                .collect::<Result<Vec<_>>>()
                .map(Some),
            Some(_) => Err(wrong()),
        }
    }

    /// A list of objects.
    pub fn objects(&mut self, name: &str) -> Result<Option<Vec<Object>>> {
        let wrong = || MethodError::invalid(format!("{name} must be a list of objects"));
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|item| match item {
                    Value::Object(object) => Ok(object),
                    _ => Err(wrong()),
                })
                .collect::<Result<Vec<_>>>()
                .map(Some),
            Some(_) => Err(wrong()),
        }
    }

    /// An object.
    pub fn object(&mut self, name: &str) -> Result<Option<Object>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(MethodError::invalid(format!("{name} must be an object"))),
        }
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<()> {
        match self.0.keys().next() {
            Some(name) => Err(MethodError::invalid(format!(
                "{name} is no argument of this method"
            ))),
            None => Ok(()),
        }
    }
}

/// Reads a Date (RFC 3339, any offset).
pub fn date(text: &str) -> Option<DateTime> {
    let read =
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    Some(DateTime {
        unix: read.unix_timestamp(),
        offset_minutes: i32::from(read.offset().whole_minutes()),
    })
}

/// Reads a UTCDate.
pub fn utc_date(text: &str) -> Option<Millis> {
    date(text)
        .filter(|_| text.ends_with('Z'))
        .map(|date| date.unix.saturating_mul(1000))
}

/// Writes a UTCDate.
pub fn write_utc_date(time: Millis) -> String {
    DateTime {
        unix: time.div_euclid(1000),
        offset_minutes: 0,
    }
    .to_rfc3339()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_utc_date_survives_and_an_offset_is_refused() {
        let time = utc_date("2026-11-23T02:40:00Z").expect("a date");
        assert_eq!(write_utc_date(time), "2026-11-23T02:40:00Z");
        assert_eq!(utc_date("2026-11-23T11:40:00+09:00"), None);
        assert_eq!(
            date("2026-11-23T11:40:00+09:00").map(|date| date.unix * 1000),
            Some(time)
        );
        assert_eq!(utc_date("yesterday"), None);
    }
}
