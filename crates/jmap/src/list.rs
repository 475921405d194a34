//! What `/get` and `/query` of all types share (RFC 8620, 5.1 and 5.5).

use std::collections::HashSet;
use std::str::FromStr;

use serde_json::{Value, json};
use store::AccountId;
use store::accounts::Rights;
use store::emails::query::Filter;

use crate::error::{MethodError, Result};
use crate::limits;
use crate::request::Context;
use crate::types::{Args, Object};

/// The standard arguments of a `/get`.
pub struct Get {
    /// Whose objects.
    pub account: AccountId,
    /// What the caller may do there.
    pub rights: Rights,
    /// Which, each once; all where `None`.
    pub ids: Option<Vec<String>>,
    /// Which properties; the default ones where `None`.
    pub properties: Option<Vec<String>>,
}

/// Takes the standard arguments of a `/get`.
pub async fn get(context: &Context<'_>, args: &mut Args) -> Result<Get> {
    let (account, rights) = context.account(args).await?;
    let ids = args.strings("ids")?.map(|ids| {
        let mut seen = HashSet::new();
        ids.iter()
            .map(|id| context.real_id(id))
            .filter(|id| seen.insert(id.clone()))
            .collect::<Vec<_>>()
    });
    if ids
        .as_ref()
        .is_some_and(|ids| ids.len() > limits::OBJECTS_IN_GET)
    {
        return Err(too_many());
    }
    let properties = args.strings("properties")?;
    Ok(Get {
        account,
        rights,
        ids,
        properties,
    })
}

/// More objects than `maxObjectsInGet`.
pub fn too_many() -> MethodError {
    MethodError::new("requestTooLarge").because(format!(
        "at most {} objects at once",
        limits::OBJECTS_IN_GET
    ))
}

impl Get {
    /// Refuses properties that the type does not have.
    pub fn check_properties(&self, known: &[&str]) -> Result<()> {
        match self
            .properties
            .iter()
            .flatten()
            .find(|name| !known.contains(&name.as_str()))
        {
            Some(name) => Err(MethodError::invalid(format!("there is no property {name}"))),
            None => Ok(()),
        }
    }

    /// The ids that are ids of this type; the others are `notFound`.
    pub fn parsed<I: FromStr>(&self) -> Option<(Vec<I>, Vec<String>)> {
        let mut bad = Vec::new();
        let ids = self.ids.as_ref()?;
        let good = ids
            .iter()
            .filter_map(|id| id.parse().map_err(|_| bad.push(id.clone())).ok())
            .collect();
        Some((good, bad))
    }

    /// Only the wanted properties, and the id always.
    pub fn cut(&self, mut object: Object) -> Value {
        if let Some(wanted) = &self.properties {
            object.retain(|name, _| name == "id" || wanted.iter().any(|wanted| wanted == name));
        }
        Value::Object(object)
    }
}

/// The answer of a `/get`.
pub fn answer(account: AccountId, state: i64, list: Vec<Value>, not_found: Vec<String>) -> Value {
    json!({ "accountId": account, "state": state.to_string(), "list": list, "notFound": not_found })
}

/// The window that a `/query` asks for.
pub struct Window {
    /// From an index; negative ones count from the end.
    pub position: i64,
    /// From an object, in place of the position.
    pub anchor: Option<String>,
    /// Moves the anchor.
    pub anchor_offset: i64,
    /// At most so many.
    pub limit: i64,
    /// Whether the limit is ours and not the caller's.
    pub limit_is_ours: bool,
    /// Whether to count all.
    pub total: bool,
}

/// Takes the arguments of the window.
pub fn window(context: &Context<'_>, args: &mut Args) -> Result<Window> {
    let limit = args.unsigned("limit")?;
    Ok(Window {
        position: args.int("position")?.unwrap_or(0),
        anchor: args.string("anchor")?.map(|id| context.real_id(&id)),
        anchor_offset: args.int("anchorOffset")?.unwrap_or(0),
        limit: limit
            .unwrap_or(limits::QUERY_RESULTS)
            .min(limits::QUERY_RESULTS),
        limit_is_ours: limit.is_some_and(|limit| limit > limits::QUERY_RESULTS),
        total: args.boolean("calculateTotal")?,
    })
}

/// A filter may be so deep and have so many conditions.
const MAX_DEPTH: usize = 12;
const MAX_CONDITIONS: usize = 200;

/// Reads a filter; `leaf` reads one property of a FilterCondition.
pub fn filter<C>(
    value: Value,
    leaf: &mut dyn FnMut(&str, &Value) -> Result<Filter<C>>,
) -> Result<Filter<C>> {
    let mut left = MAX_CONDITIONS;
    below(value, leaf, 0, &mut left)
}

fn below<C>(
    value: Value,
    leaf: &mut dyn FnMut(&str, &Value) -> Result<Filter<C>>,
    depth: usize,
    left: &mut usize,
) -> Result<Filter<C>> {
    let Value::Object(object) = value else {
        return Err(MethodError::invalid("a filter must be an object"));
    };
    if depth >= MAX_DEPTH {
        return Err(MethodError::new("unsupportedFilter").because("the filter is nested too deep"));
    }
    *left = left.checked_sub(1 + object.len()).ok_or_else(|| {
        MethodError::new("unsupportedFilter").because("the filter has too many conditions")
    })?;
    let Some(operator) = object.get("operator") else {
        let conditions = object
            .iter()
            .map(|(name, value)| leaf(name, value))
            .collect::<Result<Vec<_>>>()?;
        return Ok(Filter::All(conditions));
    };
    let operator = operator.as_str().unwrap_or_default().to_owned();
    let mut object = object;
    let Some(Value::Array(conditions)) = object.remove("conditions") else {
        return Err(MethodError::invalid("a FilterOperator needs conditions"));
    };
    if object.len() != 1 {
        return Err(MethodError::invalid(
            "a FilterOperator has operator and conditions only",
        ));
    }
    let conditions = conditions
        .into_iter()
        .map(|value| below(value, leaf, depth + 1, left))
        .collect::<Result<Vec<_>>>()?;
    Ok(match operator.as_str() {
        "AND" => Filter::All(conditions),
        "OR" => Filter::Any(conditions),
        "NOT" => Filter::Not(conditions),
        _ => return Err(MethodError::invalid("operator must be AND, OR or NOT")),
    })
}

/// One comparator of a sort (RFC 8620, 5.5).
pub struct Comparator {
    /// What is compared.
    pub property: String,
    /// Smaller first.
    pub ascending: bool,
    /// For the properties that ask for a keyword.
    pub keyword: Option<String>,
}

/// Takes the argument `sort`.
pub fn sort(args: &mut Args) -> Result<Vec<Comparator>> {
    let unsupported = |why: &str| MethodError::new("unsupportedSort").because(why);
    let list = args.objects("sort")?.unwrap_or_default();
    if list.len() > 10 {
        return Err(unsupported("at most 10 comparators"));
    }
    list.into_iter()
        .map(|comparator| {
            let ascending = !matches!(comparator.get("isAscending"), Some(Value::Bool(false)));
            let mut comparator = Args::new(comparator);
            let property = comparator.required_string("property")?;
            let keyword = comparator.string("keyword")?;
            comparator.boolean("isAscending")?;
            // Text is sorted in folded form whatever is asked; other collations than these are refused.
            match comparator.string("collation")?.as_deref() {
                None | Some("i;ascii-casemap" | "i;unicode-casemap") => {}
                Some(_) => return Err(unsupported("this collation is not offered")),
            }
            comparator.finish()?;
            Ok(Comparator {
                property,
                ascending,
                keyword,
            })
        })
        .collect()
}
