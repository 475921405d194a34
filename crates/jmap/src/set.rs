//! What `/set` of all types share (RFC 8620, 5.3): the arguments, and the answer that fills step by step.

use serde_json::{Map, Value, json};
use store::AccountId;

use crate::error::{MethodError, Result, SetError};
use crate::limits;
use crate::types::{Args, Object};

/// What is wanted.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Only if this is the state.
    pub if_in_state: Option<String>,
    /// New objects by creation id.
    pub create: Vec<(String, Object)>,
    /// Patches by id.
    pub update: Vec<(String, Object)>,
    /// Ids.
    pub destroy: Vec<String>,
}

/// Takes the standard arguments of a `/set`, without `accountId`.
pub fn wanted(args: &mut Args) -> Result<Wanted> {
    let if_in_state = args.string("ifInState")?;
    let mut objects = |name: &str| -> Result<Vec<(String, Object)>> {
        args.object(name)?
            .unwrap_or_default()
            .into_iter()
            .map(|(id, value)| match value {
                Value::Object(object) => Ok((id, object)),
                _ => Err(MethodError::invalid(format!("{name} must hold objects"))),
            })
            .collect()
    };
    let (create, update) = (objects("create")?, objects("update")?);
    let destroy = args.strings("destroy")?.unwrap_or_default();
    if create.len() + update.len() + destroy.len() > limits::OBJECTS_IN_SET {
        let words = format!("at most {} objects at once", limits::OBJECTS_IN_SET);
        return Err(MethodError::new("requestTooLarge").because(words));
    }
    Ok(Wanted {
        if_in_state,
        create,
        update,
        destroy,
    })
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Done {
    /// Server-made properties by creation id.
    pub created: Map<String, Value>,
    /// Ids; what the server changed besides is null.
    pub updated: Map<String, Value>,
    /// Ids.
    pub destroyed: Vec<String>,
    not_created: Map<String, Value>,
    not_updated: Map<String, Value>,
    not_destroyed: Map<String, Value>,
}

impl Done {
    /// An object was not made.
    pub fn refuse_create(&mut self, id: &str, error: SetError) {
        self.not_created.insert(id.to_owned(), error.into_json());
    }

    /// Files the end of an update.
    pub fn end_update(&mut self, id: &str, end: std::result::Result<(), SetError>) {
        match end {
            Ok(()) => self.updated.insert(id.to_owned(), Value::Null),
            Err(error) => self.not_updated.insert(id.to_owned(), error.into_json()),
        };
    }

    /// Files the end of a destroy.
    pub fn end_destroy(&mut self, id: &str, end: std::result::Result<(), SetError>) {
        match end {
            Ok(()) => self.destroyed.push(id.to_owned()),
            Err(error) => {
                self.not_destroyed.insert(id.to_owned(), error.into_json());
            }
        }
    }

    /// The answer; what is empty is null.
    pub fn answer(self, account: AccountId, old: i64, new: i64) -> Value {
        let map = |map: Map<String, Value>| {
            if map.is_empty() {
                Value::Null
            } else {
                Value::Object(map)
            }
        };
        json!({
            "accountId": account,
            "oldState": old.to_string(),
            "newState": new.to_string(),
            "created": map(self.created),
            "updated": map(self.updated),
            "destroyed": if self.destroyed.is_empty() { Value::Null } else { json!(self.destroyed) },
            "notCreated": map(self.not_created),
            "notUpdated": map(self.not_updated),
            "notDestroyed": map(self.not_destroyed),
        })
    }
}

/// A wanted object that is both updated and destroyed is only destroyed (RFC 8620, 5.3).
pub fn will_destroy() -> SetError {
    SetError::new("willDestroy")
}
