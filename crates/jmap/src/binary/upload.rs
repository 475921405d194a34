//! Upload (RFC 8620, 6.1): a blob that the account may read from now on.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;
use store::blobs;

use crate::SharedDoor;
use crate::error::Problem;
use crate::limits::{self, Kind};
use crate::who::{self, Who};

/// POST /upload/{accountId}/
pub async fn post(
    State(door): State<SharedDoor>,
    Who(caller): Who,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let found = who::account(&door.store, caller.user.id, &account).await?;
    let (account, _) = found.ok_or_else(Problem::not_found)?;
    let too_large = || Problem::limit(StatusCode::PAYLOAD_TOO_LARGE, "maxSizeUpload");
    let told = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > limits::SIZE_UPLOAD) {
        return Err(too_large());
    }
    let Some(_place) = door.limits.take(caller.user.id, Kind::Upload) else {
        return Err(Problem::limit(
            StatusCode::TOO_MANY_REQUESTS,
            "maxConcurrentUpload",
        ));
    };
    let bytes = match Limited::new(body, limits::SIZE_UPLOAD).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(_) => {
            return Err(Problem::plain(
                StatusCode::BAD_REQUEST,
                "/problems/broken-off",
                "The upload broke off.",
            ));
        }
    };
    let media_type = media_type(
        headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok()),
    );
    let blob = door.store.blobs().put(&bytes).await?;
    let (size, kind) = (bytes.len(), media_type.clone());
    let allow = door.store.write(move |tx| {
        Box::pin(async move { blobs::allow(tx, account, blob, size, &kind).await })
    });
    allow
        .await
        .map_err(|error: store::Error| Problem::from(error))?;
    let body = json!({ "accountId": account, "blobId": blob.to_string(), "type": media_type, "size": size });
    Ok((
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        Json(body),
    )
        .into_response())
}

/// The type as it was told, in one spelling; never guessed from the bytes.
fn media_type(told: Option<&str>) -> String {
    let told = told.unwrap_or_default().trim();
    let (kind, parameters) = told
        .split_once(';')
        .map_or((told, ""), |(kind, rest)| (kind, rest.trim()));
    let kind = kind.trim().to_ascii_lowercase();
    let token = |half: &str| {
        !half.is_empty()
            && half
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    if told.len() > 255
        || !kind
            .split_once('/')
            .is_some_and(|(kind, sub)| token(kind) && token(sub))
    {
        return "application/octet-stream".to_owned();
    }
    if parameters.is_empty() {
        kind
    } else {
        format!("{kind}; {parameters}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_normalised_and_never_guessed() {
        assert_eq!(
            media_type(Some("Text/PLAIN;charset=UTF-8")),
            "text/plain; charset=UTF-8"
        );
        assert_eq!(media_type(Some("image/png")), "image/png");
        for bad in [None, Some(""), Some("png"), Some("a b/c"), Some("a/b/c")] {
            assert_eq!(media_type(bad), "application/octet-stream", "{bad:?}");
        }
    }
}
