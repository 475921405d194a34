//! What JMAP says when it says no: to a request (RFC 8620, 3.6.1), to a method call (3.6.2), to one record
//! of a `/set` (5.3). What is ours to mend is logged here and told without detail.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A problem document (RFC 9457) in place of an answer.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    kind: String,
    detail: String,
    limit: Option<&'static str>,
}

impl Problem {
    /// One of RFC 8620's request errors.
    pub fn request(kind: &str, detail: impl Into<String>) -> Problem {
        let kind = format!("urn:ietf:params:jmap:error:{kind}");
        Problem {
            status: StatusCode::BAD_REQUEST,
            kind,
            detail: detail.into(),
            limit: None,
        }
    }

    /// A promised limit was passed.
    pub fn limit(status: StatusCode, limit: &'static str) -> Problem {
        let problem = Problem::request(
            "limit",
            format!("The request is beyond the limit {limit} of the session."),
        );
        Problem {
            status,
            limit: Some(limit),
            ..problem
        }
    }

    /// A plain HTTP refusal of our own: `kind` is its path.
    pub fn plain(status: StatusCode, kind: &str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            kind: kind.to_owned(),
            detail: detail.into(),
            limit: None,
        }
    }

    /// There is no such thing, or not for this caller.
    pub fn not_found() -> Problem {
        Problem::plain(
            StatusCode::NOT_FOUND,
            "/problems/not-found",
            "There is no such thing here.",
        )
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        tracing::error!(%error, "a JMAP request failed in the store");
        let status = if error.is_passing() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        Problem::plain(
            status,
            "/problems/internal",
            "Something is wrong here; it has been logged.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": self.kind, "status": self.status.as_u16(), "detail": self.detail,
            "title": self.status.canonical_reason().unwrap_or("Error"),
        });
        if let Some(limit) = self.limit {
            body["limit"] = json!(limit);
        }
        let headers = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (self.status, headers, body.to_string()).into_response()
    }
}

/// A method call's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodError {
    kind: &'static str,
    description: Option<String>,
}

/// A method's result.
pub type Result<T, E = MethodError> = std::result::Result<T, E>;

impl MethodError {
    /// One of RFC 8620's or 8621's method errors.
    pub fn new(kind: &'static str) -> MethodError {
        MethodError {
            kind,
            description: None,
        }
    }

    /// `invalidArguments`, with what is wrong.
    pub fn invalid(description: impl Into<String>) -> MethodError {
        MethodError {
            kind: "invalidArguments",
            description: Some(description.into()),
        }
    }

    /// With words for who writes the client.
    pub fn because(mut self, description: impl Into<String>) -> MethodError {
        self.description = Some(description.into());
        self
    }

    /// The arguments of an `error` response.
    pub fn to_json(&self) -> Value {
        match &self.description {
            Some(description) => json!({ "type": self.kind, "description": description }),
            None => json!({ "type": self.kind }),
        }
    }
}

impl From<store::Error> for MethodError {
    fn from(error: store::Error) -> MethodError {
        tracing::error!(%error, "a JMAP method failed in the store");
        MethodError::new(if error.is_passing() {
            "serverUnavailable"
        } else {
            "serverFail"
        })
    }
}

/// One record's refusal in a `/set`.
#[derive(Debug, Clone, PartialEq)]
pub struct SetError(Map<String, Value>);

impl SetError {
    /// One of the RFCs' SetErrors.
    pub fn new(kind: &str) -> SetError {
        SetError(Map::from_iter([("type".to_owned(), json!(kind))]))
    }

    /// `invalidProperties`.
    pub fn properties(names: &[&str], description: impl Into<String>) -> SetError {
        SetError::new("invalidProperties")
            .with("properties", json!(names))
            .because(description)
    }

    /// With words.
    pub fn because(self, description: impl Into<String>) -> SetError {
        self.with("description", json!(description.into()))
    }

    /// With a member of its own.
    pub fn with(mut self, name: &str, value: Value) -> SetError {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// As it stands in the answer.
    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}
