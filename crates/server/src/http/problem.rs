//! Errors as problem+json (RFC 9457): a stable `type`, `title` and `detail` in the caller's language, and
//! `advice` where the catalogue has a row. What went wrong inside is logged, never shown.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use provider::advice::{Advice, Language};
use provider::credentials::Remark;
use serde_json::{Map, Value, json};

/// An error answer.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    texts: [&'static str; 2],
    detail: Option<String>,
    more: Map<String, Value>,
    retry_after: Option<i64>,
}

tokio::task_local! {
    /// The language of the request that is being answered.
    pub static LANGUAGE: Language;
}

/// The language of the request that is being answered.
pub fn language() -> Language {
    LANGUAGE.try_with(|language| *language).unwrap_or_default()
}

impl Problem {
    /// A problem with its title in Japanese and English.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        ja: &'static str,
        en: &'static str,
    ) -> Problem {
        Problem {
            status,
            kind,
            texts: [ja, en],
            detail: None,
            more: Map::new(),
            retry_after: None,
        }
    }

    /// What exactly, and what to do.
    pub fn detail(mut self, ja: impl Into<String>, en: impl Into<String>) -> Problem {
        self.detail = Some(match language() {
            Language::Ja => ja.into(),
            Language::En => en.into(),
        });
        self
    }

    /// A further member.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// With a row of the catalogue; its cure is the detail.
    pub fn advice(mut self, advice: &Advice) -> Problem {
        self.detail = Some(advice.cure.clone());
        self.with("advice", json!(advice))
    }

    /// Worth another try after so many seconds.
    pub fn retry_after(mut self, seconds: i64) -> Problem {
        self.retry_after = Some(seconds);
        self.with("retry_after", seconds)
    }

    /// There is no such thing, or it is not the caller's.
    pub fn not_found() -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "見つかりません。",
            "There is no such thing here.",
        )
    }

    /// The address is there, the method is not.
    pub fn no_such_method() -> Problem {
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "この操作には対応していません。",
            "This address does not take that method.",
        )
    }

    /// Nobody is signed in.
    pub fn signed_out() -> Problem {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "signed-out",
            "ログインが必要です。",
            "Sign in first.",
        )
    }

    /// Signed in, and not allowed to.
    pub fn forbidden() -> Problem {
        Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "この操作を行う権限がありません。",
            "You are not allowed to do this.",
        )
    }

    /// Our fault; the log knows.
    pub fn internal() -> Problem {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "サーバでエラーが発生しました。しばらくしてからもう一度お試しください。",
            "Something failed on the server. Try again in a while; the server's log says what it was.",
        )
    }

    /// The database is away; nothing was changed.
    pub fn unavailable() -> Problem {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-unavailable",
            "データベースに接続できません。変更は保存されていません。しばらくしてからもう一度お試しください。",
            "The database cannot be reached, so nothing was changed. Try again in a while.",
        )
        .retry_after(5)
    }

    /// Fields that cannot be taken.
    pub fn fields(remarks: Vec<Remark>) -> Problem {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-fields",
            "入力内容を確認してください。",
            "Some fields need another look.",
        )
        .with("errors", json!(remarks))
    }

    /// One field that cannot be taken.
    pub fn field(field: &'static str, ja: &str, en: &str) -> Problem {
        let message = match language() {
            Language::Ja => ja,
            Language::En => en,
        };
        Problem::fields(vec![Remark {
            field,
            message: message.to_owned(),
        }])
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = match language() {
            Language::Ja => self.texts[0],
            Language::En => self.texts[1],
        };
        let mut body = self.more;
        body.insert("type".into(), json!(format!("/problems/{}", self.kind)));
        body.insert("title".into(), json!(title));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert(
            "detail".into(),
            json!(self.detail.as_deref().unwrap_or(title)),
        );
        let mut response = (self.status, Json(Value::Object(body))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        if error.is_passing() {
            tracing::warn!(%error, "a request could not reach the store");
            return Problem::unavailable();
        }
        tracing::error!(%error, "a request failed");
        Problem::internal()
    }
}

impl From<provider::Error> for Problem {
    fn from(error: provider::Error) -> Problem {
        match error {
            provider::Error::Store(error) => error.into(),
            provider::Error::NoGrant => Problem::not_found(),
            provider::Error::NoProvider(name) => Problem::new(
                StatusCode::CONFLICT,
                "no-provider",
                "設定ファイルにないプロバイダです。",
                "The configuration does not know this provider.",
            )
            .detail(
                format!("設定ファイルに [providers.{name}] を戻してください。"),
                format!("Put the section [providers.{name}] back into the configuration."),
            ),
        }
    }
}

impl From<store::users::Refusal> for Problem {
    fn from(refusal: store::users::Refusal) -> Problem {
        use store::users::Refusal;
        match refusal {
            Refusal::NotFound => Problem::not_found(),
            Refusal::LoginTaken => Problem::field(
                "login",
                "このユーザIDは既に使われています。",
                "Somebody has this login already. Choose another.",
            ),
            Refusal::LastAdministrator => Problem::new(
                StatusCode::CONFLICT,
                "last-administrator",
                "最後の管理者のため、変更できません。",
                "This is the last active administrator.",
            )
            .detail(
                "先にほかの利用者を管理者にしてください。",
                "Make somebody else an administrator first.",
            ),
            Refusal::HasAccounts => Problem::new(
                StatusCode::CONFLICT,
                "has-accounts",
                "接続中のメールボックスがあるため、削除できません。",
                "This user still has mailboxes.",
            )
            .detail(
                "利用を止めるだけなら「無効」にしてください。メールは残ります。削除するには、先にメールボックスの接続を解除してください。",
                "To keep the person out, disable the user: the mail is kept. To remove the user, disconnect the mailboxes first.",
            ),
            Refusal::Store(error) => error.into(),
        }
    }
}
