//! Download (RFC 8620, 6.2). The caller chooses the type and mail chooses the bytes: so it is always a file,
//! never sniffed, and should a browser show it after all, it is shown in a sandbox without a right.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::SharedDoor;
use crate::error::Problem;
use crate::who::{self, Who};

/// `type` of the URL; other parameters mean nothing.
#[derive(serde::Deserialize)]
pub struct Parameters {
    #[serde(rename = "type")]
    media_type: Option<String>,
}

/// GET /download/{accountId}/{blobId}/{name}
pub async fn get(
    State(door): State<SharedDoor>,
    Who(caller): Who,
    Path((account, blob, name)): Path<(String, String, String)>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let found = who::account(&door.store, caller.user.id, &account).await?;
    let (account, _) = found.ok_or_else(Problem::not_found)?;
    let bytes = super::load(&door.store, account, &blob)
        .await?
        .ok_or_else(Problem::not_found)?;
    let media_type = parameters.media_type.filter(|kind| !kind.is_empty());
    let media_type = media_type.as_deref().unwrap_or("application/octet-stream");
    let media_type = HeaderValue::from_str(media_type).map_err(|_| {
        Problem::plain(
            StatusCode::BAD_REQUEST,
            "/problems/bad-type",
            "The type cannot be a Content-Type.",
        )
    })?;
    let disposition =
        HeaderValue::from_str(&disposition(&name)).map_err(|_| Problem::not_found())?;
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'"),
        ),
        // A blob's name is its hash: it never changes.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, immutable, max-age=31536000"),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// RFC 6266: an ASCII name for old readers, the whole one in UTF-8.
fn disposition(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect();
    let ascii: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii() && !"\"\\/%".contains(letter) {
                letter
            } else {
                '_'
            }
        })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_japanese_name_has_an_ascii_stand_in_and_its_own_form() {
        assert_eq!(
            disposition("請求.pdf"),
            "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E8%AB%8B%E6%B1%82.pdf"
        );
        assert_eq!(
            disposition("a\r\nb\"c"),
            "attachment; filename=\"ab_c\"; filename*=UTF-8''ab%22c"
        );
    }
}
