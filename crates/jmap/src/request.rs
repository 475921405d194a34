//! One API request (RFC 8620, 3): checked as a whole, then call by call, in order.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value, json};
use store::accounts::Rights;
use store::{AccountId, Store};

use crate::error::{MethodError, Problem, Result};
use crate::reference::{self, Answer};
use crate::types::{Args, Object};
use crate::who::{self, Who};
use crate::{
    Door, SharedDoor, capabilities, core, email, identity, limits, mailbox, session, submission,
    thread,
};

/// What the calls of a request share.
pub struct Context<'a> {
    door: &'a Door,
    /// Who calls.
    pub caller: &'a access::Caller,
    /// Creation ids and the ids they became.
    pub created: BTreeMap<String, String>,
}

impl Context<'_> {
    /// The store.
    pub fn store(&self) -> &Store {
        &self.door.store
    }

    /// The account of the argument `accountId`.
    pub async fn account(&self, args: &mut Args) -> Result<(AccountId, Rights)> {
        let id = args.required_string("accountId")?;
        let found = who::account(self.store(), self.caller.user.id, &id).await?;
        found.ok_or_else(|| MethodError::new("accountNotFound"))
    }

    /// The id that a creation id (`#name`) became; other ids, and unknown ones, as they are.
    pub fn real_id(&self, id: &str) -> String {
        id.strip_prefix('#')
            .and_then(|name| self.created.get(name))
            .map_or(id, String::as_str)
            .to_owned()
    }
}

struct Request {
    using: Vec<String>,
    calls: Vec<(String, Object, String)>,
    created: Option<BTreeMap<String, String>>,
}

/// Reads the request's form; `None` when it is not a Request.
fn read(value: Value) -> Option<Request> {
    let Value::Object(mut members) = value else {
        return None;
    };
    let Some(Value::Array(using)) = members.remove("using") else {
        return None;
    };
    let Some(Value::Array(calls)) = members.remove("methodCalls") else {
        return None;
    };
    let using = using
        .iter()
        .map(|uri| uri.as_str().map(str::to_owned))
        .collect::<Option<Vec<_>>>()?;
    let calls = calls
        .into_iter()
        .map(|call| match call {
            Value::Array(parts) => match <[Value; 3]>::try_from(parts) {
                Ok(
                    [
                        Value::String(name),
                        Value::Object(arguments),
                        Value::String(id),
                    ],
                ) => Some((name, arguments, id)),
                _ => None,
            },
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    let created = match members.remove("createdIds") {
        None | Some(Value::Null) => None,
        Some(Value::Object(map)) => Some(
            map.into_iter()
                .map(|(name, id)| id.as_str().map(|id| (name, id.to_owned())))
                .collect::<Option<BTreeMap<_, _>>>()?,
        ),
        Some(_) => return None,
    };
    Some(Request {
        using,
        calls,
        created,
    })
}

/// POST /api
pub async fn post(
    State(door): State<SharedDoor>,
    Who(caller): Who,
    headers: HeaderMap,
    body: Body,
) -> std::result::Result<Response, Problem> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/json")
    {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::plain(
            status,
            "urn:ietf:params:jmap:error:notJSON",
            "The body must be application/json.",
        ));
    }
    let Some(_place) = door.limits.take(caller.user.id, limits::Kind::Request) else {
        return Err(Problem::limit(
            StatusCode::TOO_MANY_REQUESTS,
            "maxConcurrentRequests",
        ));
    };
    let bytes = match Limited::new(body, limits::SIZE_REQUEST).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(Problem::limit(StatusCode::BAD_REQUEST, "maxSizeRequest"));
        }
        Err(_) => return Err(Problem::request("notJSON", "The body broke off.")),
    };
    // serde_json bounds the nesting itself.
    let value = serde_json::from_slice::<Value>(&bytes)
        .map_err(|error| Problem::request("notJSON", format!("The body is no JSON: {error}")))?;
    let request = read(value).ok_or_else(|| {
        Problem::request(
            "notRequest",
            "The body is JSON, but no Request object of RFC 8620, 3.3.",
        )
    })?;
    if let Some(uri) = request
        .using
        .iter()
        .find(|uri| !capabilities::is_known(uri))
    {
        let uri: String = uri.chars().take(200).collect();
        return Err(Problem::request(
            "unknownCapability",
            format!("{uri} is unknown here."),
        ));
    }
    if request.calls.len() > limits::CALLS {
        return Err(Problem::limit(StatusCode::BAD_REQUEST, "maxCallsInRequest"));
    }
    let wants_created = request.created.is_some();
    let mut context = Context {
        door: &door,
        caller: &caller,
        created: request.created.unwrap_or_default(),
    };
    let mut answers: Vec<Answer> = Vec::new();
    for (name, arguments, id) in request.calls {
        match call(&mut context, &request.using, &name, arguments, &answers).await {
            Ok(responses) => {
                answers.extend(
                    responses
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value, id.clone())),
                );
            }
            Err(error) => answers.push(("error".to_owned(), error.to_json(), id)),
        }
    }
    let answers: Vec<Value> = answers
        .into_iter()
        .map(|(name, value, id)| json!([name, value, id]))
        .collect();
    let mut body = json!({ "methodResponses": answers });
    if wants_created {
        body["createdIds"] = json!(context.created);
    }
    body["sessionState"] = json!(session::state(&door, &caller).await?);
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache, no-store"),
    ];
    Ok((headers, body.to_string()).into_response())
}

/// Most methods answer once; `EmailSubmission/set` may answer for an `Email/set` too.
pub type Responses = Vec<(&'static str, Value)>;

async fn call(
    context: &mut Context<'_>,
    using: &[String],
    name: &str,
    arguments: Object,
    answers: &[Answer],
) -> Result<Responses> {
    let unknown = || MethodError::new("unknownMethod");
    let capability = capabilities::of_method(name).ok_or_else(unknown)?;
    if !using.iter().any(|uri| uri == capability) {
        return Err(unknown().because(format!("{capability} is not in using")));
    }
    let arguments = reference::resolve(arguments, answers)?;
    if name == "Core/echo" {
        return Ok(vec![("Core/echo", core::echo::echo(arguments))]);
    }
    let args = Args::new(arguments);
    Ok(match name {
        "Mailbox/get" => vec![("Mailbox/get", mailbox::get::get(context, args).await?)],
        "Mailbox/changes" => vec![(
            "Mailbox/changes",
            mailbox::changes::changes(context, args).await?,
        )],
        "Mailbox/query" => vec![("Mailbox/query", mailbox::query::query(context, args).await?)],
        "Thread/get" => vec![("Thread/get", thread::get::get(context, args).await?)],
        "Thread/changes" => vec![(
            "Thread/changes",
            thread::changes::changes(context, args).await?,
        )],
        "Email/get" => vec![("Email/get", email::get::get(context, args).await?)],
        "Email/changes" => vec![(
            "Email/changes",
            email::changes::changes(context, args).await?,
        )],
        "Email/query" => vec![("Email/query", email::query::query(context, args).await?)],
        "Email/set" => vec![("Email/set", email::set::set(context, args).await?)],
        "Identity/get" => vec![("Identity/get", identity::get::get(context, args).await?)],
        "Identity/changes" => vec![(
            "Identity/changes",
            identity::changes::changes(context, args).await?,
        )],
        "EmailSubmission/get" => vec![(
            "EmailSubmission/get",
            submission::get::get(context, args).await?,
        )],
        "EmailSubmission/changes" => vec![(
            "EmailSubmission/changes",
            submission::changes::changes(context, args).await?,
        )],
        "EmailSubmission/set" => submission::set::set(context, args).await?,
        _ => return Err(unknown()),
    })
}
