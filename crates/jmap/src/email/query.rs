//! Email/query (RFC 8621, 4.4). Columns and the search index answer nearly all; a condition on any header
//! field looks at the emails' bytes, after every other condition has made them few.

use serde_json::{Value, json};
use store::AccountId;
use store::changes::{self, Kind};
use store::emails::keywords::is_keyword;
use store::emails::query::{
    self, Condition, Field, Filter, From, Page, Query, Refusal, Sort, SortBy,
};
use wire::mime::{HeaderForm, HeaderValue, header_values};

use crate::error::{MethodError, Result};
use crate::list::{self, Comparator};
use crate::request::Context;
use crate::types::{Args, utc_date};

/// So often the question is asked again when mail comes in between the look at bytes and the answer.
const TRIES: usize = 3;

/// A condition as it came: one for the store, or one on a header field.
#[derive(Clone)]
enum Wish {
    Plain(Condition),
    Header(String, Option<String>),
}

/// The answer.
pub async fn query(context: &Context<'_>, mut args: Args) -> Result<Value> {
    let (account, _) = context.account(&mut args).await?;
    let filter = args
        .value("filter")
        .map(|value| list::filter(value, &mut |name, value| leaf(context, name, value)));
    let filter = filter.transpose()?;
    let sort = list::sort(&mut args)?
        .into_iter()
        .map(comparator)
        .collect::<Result<Vec<_>>>()?;
    let window = list::window(context, &mut args)?;
    let collapse_threads = args.boolean("collapseThreads")?;
    args.finish()?;
    let from = match &window.anchor {
        Some(anchor) => {
            let anchor = anchor
                .parse()
                .map_err(|_| MethodError::new("anchorNotFound"))?;
            From::Anchor(anchor, window.anchor_offset)
        }
        None => From::Position(window.position),
    };
    let mut tries = 0;
    let (state, page) = loop {
        tries += 1;
        let (seen, plain) = match &filter {
            Some(filter) => resolve(context, account, filter).await?,
            None => (None, None),
        };
        let question = Query {
            filter: plain,
            sort: sort.clone(),
            collapse_threads,
            from: from.clone(),
            limit: window.limit,
            total: window.total,
        };
        let (state, page) = ask(context, account, question).await?;
        if seen.is_none_or(|seen| seen == state) || tries == TRIES {
            break (state, page);
        }
    };
    let page = page.map_err(|refusal| match refusal {
        Refusal::AnchorNotFound => MethodError::new("anchorNotFound"),
        Refusal::TooMany => too_many(),
    })?;
    let mut answer = json!({
        "accountId": account, "queryState": state.to_string(), "canCalculateChanges": false, "position": page.position,
        "ids": page.ids, "collapseThreads": collapse_threads,
    });
    if let Some(total) = page.total {
        answer["total"] = json!(total);
    }
    if window.limit_is_ours {
        answer["limit"] = json!(window.limit);
    }
    Ok(answer)
}

async fn ask(
    context: &Context<'_>,
    account: AccountId,
    question: Query,
) -> Result<(i64, Result<Page, Refusal>)> {
    let read = context.store().read(move |tx| {
        Box::pin(async move {
            let state = changes::state(tx, account, Kind::Email).await?;
            Ok::<_, store::Error>((state, query::query(tx, account, &question).await?))
        })
    });
    Ok(read.await?)
}

fn too_many() -> MethodError {
    let words = format!(
        "this filter would have to look at more than {} emails one by one",
        query::MAX_LOOKED_AT
    );
    MethodError::new("unsupportedFilter").because(words)
}

/// Header conditions become lists of rows; with them comes the state they were found in.
async fn resolve(
    context: &Context<'_>,
    account: AccountId,
    filter: &Filter<Wish>,
) -> Result<(Option<i64>, Option<Filter<Condition>>)> {
    let mut wishes = Vec::new();
    collect(filter, &mut wishes);
    if wishes.is_empty() {
        return Ok((None, Some(replace(filter, &mut Vec::new(), true))));
    }
    // Whatever the header conditions say, nothing outside of this is found.
    let wide = replace(filter, &mut Vec::new(), false);
    let (state, rows) = context
        .store()
        .read(move |tx| {
            Box::pin(async move {
                let state = changes::state(tx, account, Kind::Email).await?;
                Ok::<_, store::Error>((state, query::candidates(tx, account, &wide).await?))
            })
        })
        .await?;
    let rows = rows.ok_or_else(too_many)?;
    let mut found: Vec<Vec<i64>> = vec![Vec::new(); wishes.len()];
    for (row, blob) in rows {
        let raw = context
            .store()
            .blobs()
            .get(blob)
            .await
            .map_err(MethodError::from)?
            .unwrap_or_default();
        for ((name, value), found) in wishes.iter().zip(&mut found) {
            if has_header(&raw, name, value.as_deref()) {
                found.push(row);
            }
        }
    }
    found.reverse();
    Ok((Some(state), Some(replace(filter, &mut found, true))))
}

fn collect(filter: &Filter<Wish>, wishes: &mut Vec<(String, Option<String>)>) {
    match filter {
        Filter::All(list) | Filter::Any(list) | Filter::Not(list) => {
            list.iter().for_each(|filter| collect(filter, wishes))
        }
        Filter::Is(Wish::Header(name, value)) => wishes.push((name.clone(), value.clone())),
        Filter::Is(Wish::Plain(_)) => {}
    }
}

/// The filter for the store. With `exact`, header conditions take their rows from `found` (last first);
/// without, the answer is a filter that finds at least as much whatever they say.
fn replace(filter: &Filter<Wish>, found: &mut Vec<Vec<i64>>, exact: bool) -> Filter<Condition> {
    let mut all = |list: &[Filter<Wish>]| {
        list.iter()
            .map(|filter| replace(filter, found, exact))
            .collect::<Vec<_>>()
    };
    match filter {
        Filter::All(list) => Filter::All(all(list)),
        Filter::Any(list) => Filter::Any(all(list)),
        // Below a NOT, finding more would be finding less.
        Filter::Not(list) if !exact && has_wish(list) => Filter::All(Vec::new()),
        Filter::Not(list) => Filter::Not(all(list)),
        Filter::Is(Wish::Plain(condition)) => Filter::Is(condition.clone()),
        Filter::Is(Wish::Header(..)) if !exact => Filter::All(Vec::new()),
        Filter::Is(Wish::Header(..)) => {
            Filter::Is(Condition::OneOf(found.pop().unwrap_or_default()))
        }
    }
}

fn has_wish(list: &[Filter<Wish>]) -> bool {
    list.iter().any(|filter| match filter {
        Filter::All(list) | Filter::Any(list) | Filter::Not(list) => has_wish(list),
        Filter::Is(wish) => matches!(wish, Wish::Header(..)),
    })
}

fn has_header(raw: &[u8], name: &str, value: Option<&str>) -> bool {
    let values = header_values(raw, name, HeaderForm::Text);
    match value.map(str::to_lowercase) {
        None => !values.is_empty(),
        Some(wanted) => values
            .iter()
            .any(|value| matches!(value, HeaderValue::Text(text) if text.to_lowercase().contains(&wanted))),
    }
}

fn leaf(context: &Context<'_>, name: &str, value: &Value) -> Result<Filter<Wish>> {
    let wrong = || MethodError::invalid(format!("the filter's {name} has the wrong type"));
    let text = || value.as_str().map(str::to_owned).ok_or_else(wrong);
    let number = || {
        value
            .as_i64()
            .filter(|number| *number >= 0)
            .ok_or_else(wrong)
    };
    let time = || value.as_str().and_then(utc_date).ok_or_else(wrong);
    let keyword = || {
        value
            .as_str()
            .map(str::to_ascii_lowercase)
            .filter(|word| is_keyword(word))
            .ok_or_else(wrong)
    };
    let nothing = || Ok(Filter::Any(Vec::new()));
    let condition = match name {
        "inMailbox" => match context.real_id(&text()?).parse() {
            Ok(folder) => Condition::InMailbox(folder),
            // No email is in a mailbox that does not exist.
            Err(_) => return nothing(),
        },
        "inMailboxOtherThan" => {
            let ids = value.as_array().ok_or_else(wrong)?;
            let ids = ids
                .iter()
                .map(|id| id.as_str().ok_or_else(wrong))
                .collect::<Result<Vec<_>>>()?;
            Condition::InMailboxOtherThan(
                ids.iter()
                    .filter_map(|id| context.real_id(id).parse().ok())
                    .collect(),
            )
        }
        "before" => Condition::Before(time()?),
        "after" => Condition::After(time()?),
        "minSize" => Condition::MinSize(number()?),
        "maxSize" => Condition::MaxSize(number()?),
        "allInThreadHaveKeyword" => Condition::AllInThreadHaveKeyword(keyword()?),
        "someInThreadHaveKeyword" => Condition::SomeInThreadHaveKeyword(keyword()?),
        "noneInThreadHaveKeyword" => Condition::NoneInThreadHaveKeyword(keyword()?),
        "hasKeyword" => Condition::HasKeyword(keyword()?),
        "notKeyword" => Condition::NotKeyword(keyword()?),
        "hasAttachment" => Condition::HasAttachment(value.as_bool().ok_or_else(wrong)?),
        "text" => Condition::Contains(Field::Text, text()?),
        "from" => Condition::Contains(Field::From, text()?),
        "to" => Condition::Contains(Field::To, text()?),
        "cc" => Condition::Contains(Field::Cc, text()?),
        "bcc" => Condition::Contains(Field::Bcc, text()?),
        "subject" => Condition::Contains(Field::Subject, text()?),
        "body" => Condition::Contains(Field::Body, text()?),
        "header" => {
            let list = value.as_array().ok_or_else(wrong)?;
            let texts = list
                .iter()
                .map(|item| item.as_str().ok_or_else(wrong))
                .collect::<Result<Vec<_>>>()?;
            let (field, wanted) = match texts.as_slice() {
                [field] => (*field, None),
                [field, wanted] => (*field, Some((*wanted).to_owned())),
                _ => return Err(wrong()),
            };
            match wanted {
                // The row knows the id: no look at the bytes.
                Some(id) if field.eq_ignore_ascii_case("message-id") => Condition::MessageId(
                    id.trim()
                        .trim_start_matches('<')
                        .trim_end_matches('>')
                        .to_owned(),
                ),
                wanted => return Ok(Filter::Is(Wish::Header(field.to_owned(), wanted))),
            }
        }
        _ => {
            return Err(MethodError::new("unsupportedFilter")
                .because(format!("emails are not filtered by {name}")));
        }
    };
    Ok(Filter::Is(Wish::Plain(condition)))
}

fn comparator(comparator: Comparator) -> Result<Sort> {
    let keyword = || {
        let word = comparator
            .keyword
            .as_deref()
            .map(str::to_ascii_lowercase)
            .filter(|word| is_keyword(word));
        word.ok_or_else(|| MethodError::invalid(format!("{} needs a keyword", comparator.property)))
    };
    let by = match comparator.property.as_str() {
        "receivedAt" => SortBy::ReceivedAt,
        "sentAt" => SortBy::SentAt,
        "size" => SortBy::Size,
        "from" => SortBy::From,
        "to" => SortBy::To,
        "subject" => SortBy::Subject,
        "hasKeyword" => SortBy::HasKeyword(keyword()?),
        "allInThreadHaveKeyword" => SortBy::AllInThreadHaveKeyword(keyword()?),
        "someInThreadHaveKeyword" => SortBy::SomeInThreadHaveKeyword(keyword()?),
        other => {
            return Err(MethodError::new("unsupportedSort")
                .because(format!("emails are not sorted by {other}")));
        }
    };
    Ok(Sort {
        by,
        ascending: comparator.ascending,
    })
}
